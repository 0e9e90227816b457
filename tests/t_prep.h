/* Shared by the tests of src/prep: fitting a table and reading it. */
#ifndef LT_TESTS_T_PREP_H
#define LT_TESTS_T_PREP_H

#include "base/mem.h"
#include "data_help.h"
#include "prep/prep.h"

enum { ROWS_MOST = 5000 };

static int64_t all_rows[ROWS_MOST];

T_UNUSED static struct lt_prep fit_with(struct lt_table *t, enum lt_scaling scaling,
                                        const char *types)
{
    struct lt_error err = {0};
    struct lt_prep prep;
    int64_t n = lt_table_rows(t);
    for (int64_t i = 0; i < n; i++)
        all_rows[i] = i;
    if (lt_prep_fit(&prep, t, all_rows, n, &(struct lt_prep_options){scaling, types}, &err))
        T_FAIL("%s", err.text);
    return prep;
}

/* Features of all rows, (N, F); freed by the caller. */
T_UNUSED static float *features(struct lt_table *t, const struct lt_prep *prep)
{
    struct lt_error err = {0};
    struct lt_feed *feed = NULL;
    float *x = NULL;
    int64_t n = lt_table_rows(t);
    int rc = lt_alloc(&x, (size_t)(n * prep->features), sizeof *x, "features", &err);
    if (!rc)
        rc = lt_feed_create(&feed, t, prep, n, 2, &err);
    if (!rc)
        rc = lt_feed_rows(feed, all_rows, n, x, &err);
    lt_feed_free(&feed);
    if (rc)
        T_FAIL("%s", err.text);
    return x;
}

#endif
