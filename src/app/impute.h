/* Imputing: DATA with its missing cells filled, and nothing else changed.
 *
 * Text is copied byte for byte (data/csv_copy.h) and only missing fields are replaced; arrays keep
 * their type and the bits of their values.  Beside that stands an honest test: a tenth of the cells
 * that are present are hidden, and what the model says of them is compared with what the mean of
 * the training rows, or the most frequent level, says.
 */
#ifndef LT_APP_IMPUTE_H
#define LT_APP_IMPUTE_H

#include "app/imputer.h"
#include "app/pace.h"
#include "app/report.h"
#include "latent.h"

struct lt_impute_options {
    const char *data; /* a file, "-" or "builtin:..." */
    const char *path; /* where it goes; NULL: standard output */
    const char
        *uncertainty;    /* where intervals and probabilities of the filled cells go, as CSV with
                                the columns row,column,value,low,high,probability; NULL: nowhere */
    const char *backend; /* NULL: the best in this build */
    int threads;
    uint64_t seed;
    const latent_listener *listener; /* may be NULL */
};

/* `report` may be NULL. LT_EUSAGE when the model has no imputer. */
int lt_impute(const struct lt_model *model, const struct lt_impute_options *options,
              struct lt_report **report, struct lt_error *err);

/* ---- shared by the parts ---- */

enum { LT_IMPUTE_ROWS = 512 };

/* DATA seen through the model, and what was filled. */
struct lt_impute_work {
    const struct lt_model *model;
    const struct lt_impute_options *options;
    struct lt_table *table, *view; /* as it is; with the model's columns in the model's order */
    struct lt_backend *backend;
    int64_t *column;      /* (columns of table) which of the model's; -1: none */
    struct lt_feed *feed; /* of the view */
    struct lt_imputer *imputer;
    float *x, *expected;  /* (LT_IMPUTE_ROWS, F): as it is; what is expected */
    int64_t first, count; /* the rows they hold */
    struct lt_pace pace;
    int64_t *ids;           /* (LT_IMPUTE_ROWS) */
    int64_t cells;          /* filled */
    int64_t *filled, *left; /* (columns of table) cells filled; cells left missing */
};

/* Hides a tenth of the cells that are present and adds to the report how well they are filled. */
int lt_impute_judge(struct lt_impute_work *work, struct lt_report *report, struct lt_error *err);

#endif
