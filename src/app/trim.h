/* Trimming: rows that do not belong are refused before anything is learnt from them.
 *
 * A model that trains on anomalies learns to find them normal.  So the rows are cut in two at random,
 * a short-lived detector learns from each half and scores the other, and of each half the given share
 * with the highest scores is refused.  No row is judged by what has seen it.  That is done a few times
 * over, each time without the rows refused before, so that anomalies which resemble each other lose
 * the support that some of them gave to the others (the concentration steps of Rousseeuw and Van
 * Driessen, "A fast algorithm for the minimum covariance determinant estimator", Technometrics 41,
 * 1999); a row refused once may be taken back.
 */
#ifndef LT_APP_TRIM_H
#define LT_APP_TRIM_H

#include "data/table.h"
#include "kernels/backend.h"
#include "prep/prep.h"

struct lt_trim_options {
    double share; /* of the rows, above 0 and below 1/2 */
    struct lt_prep_options prep;
    struct lt_backend *backend;
    enum lt_precision precision;
    uint64_t seed;
};

struct lt_trimmed {
    struct lt_table *kept; /* a view of the rows that are left, in their order */
    int64_t refused;
    int64_t *row;  /* (refused) ascending, of the table */
    double *score; /* (refused) */
};

/* LT_ECONTENT when the rows are too few for two detectors.  Freed with lt_trimmed_free. */
int lt_trim(struct lt_trimmed *out, struct lt_table *table, const struct lt_trim_options *options,
            struct lt_error *err);
void lt_trimmed_free(struct lt_trimmed *trimmed);
/* "row,score" as CSV. */
int lt_trimmed_write(const struct lt_trimmed *trimmed, const char *path, struct lt_error *err);

#endif
