/* The measures that the judge and the trainer share.
 *
 * Squared error per row = sum over the D inputs, in the data's scaled units;
 * its mean over rows is what is printed, and divided by D it is the MSE.
 */
#ifndef LT_APP_METRICS_H
#define LT_APP_METRICS_H

#include "app/rows.h"
#include "base/error.h"
#include "kernels/backend.h"
#include "model/model.h"
#include <stdbool.h>
#include <stdint.h>

/* ---- the baselines at work ---- */

struct lt_linear; /* a mean and a basis, planned for batches */

/* Uses the first `dims` rows of the basis, at most baseline->dims. The baseline must outlive it. */
int lt_linear_create(struct lt_linear **out, const struct lt_baseline *baseline, int64_t inputs,
                     int64_t dims, struct lt_backend *backend, int64_t batch, struct lt_error *err);
void lt_linear_free(struct lt_linear **linear);
/* Per row: |x - mean|^2 and |x - mean - B^T B (x - mean)|^2, for n <= batch rows.  A missing cell
 * (NaN) is projected as the mean and counts in neither error. */
void lt_linear_errors(struct lt_linear *linear, const float *x /* (n, D) */, int64_t n,
                      double *mean_error /* (n) */, double *pca_error /* (n) */);

/* Where n <= batch rows stand along the directions: B (x - mean). */
void lt_linear_codes(struct lt_linear *linear, const float *x /* (n, D) */, int64_t n,
                     float *codes /* (n, K) */);

/* Means of the same over all rows of a source; for the line that training has to beat. */
int lt_baseline_errors(const struct lt_baseline *baseline, int64_t dims, const struct lt_rows *rows,
                       struct lt_backend *backend, double *mean_error, double *pca_error,
                       struct lt_error *err);

/* ---- how much columns vary ---- */

struct lt_moments {
    int64_t width, rows;
    double *sum, *square; /* (width) of value - origin, of its square */
    double *seen;         /* (width) cells that are not NaN; the others are passed over */
    float *origin;        /* (width), the first cell seen: keeps the sums small */
    float *low, *high;    /* (width) */
};
int lt_moments_create(struct lt_moments *out, int64_t width, struct lt_error *err);
void lt_moments_free(struct lt_moments *m);
void lt_moments_add(struct lt_moments *m, const float *x /* (n, width) */, int64_t n);
double lt_moments_variance(const struct lt_moments *m); /* of all columns together, 1/N inside */
double lt_moments_variance_of(const struct lt_moments *m, int64_t column);
double lt_moments_mean(const struct lt_moments *m, int64_t column);
/* Columns that kept one value, to 1e-6 of its size, over all rows. */
int64_t lt_moments_constant(const struct lt_moments *m);

/* ---- certainty ---- */

struct lt_interval {
    double value, low, high;
};

/* sum(a) / sum(b) with a 95 % interval: percentiles of 1,000 resamples of the rows (bootstrap,
 * Efron 1979), a and b resampled together.  Beyond 4,096 rows, row i stands in group i mod 4,096
 * and the groups are resampled, which estimates the same interval.  0/0 counts as 1. */
int lt_bootstrap_ratio(struct lt_interval *out, const double *a /* (n) */,
                       const double *b /* (n) */, int64_t n, uint64_t seed, int threads,
                       struct lt_error *err);

/* Had training settled?  `errors` are the validations in order: no when the last tenth of them
 * (at least one) still lowered the best error by more than 10 %, or when there is only one. */
bool lt_converged(const double *errors /* (n) */, int64_t n);

/* ---- leaks ---- */

/* Which of the judged rows also stand in training, cell for cell (64-bit hashes of the cells).
 * rows and train_rows are indices into their tables, NULL for the first n; the tables may be the
 * same. */
int lt_duplicates(bool *duplicate /* (n) */, const struct lt_table *table, const int64_t *rows,
                  int64_t n, const struct lt_table *train, const int64_t *train_rows,
                  int64_t train_n, struct lt_error *err);

#endif
