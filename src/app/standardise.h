/* Columns brought to mean 0 and variance 1, as fitted on some of the rows.
 *
 * z = (x - mean) / s with s the standard deviation of the fitted rows (1/N
 * inside).  A column that has one value in them, to the precision of its
 * mean, is only centred.  This is scikit-learn's StandardScaler.  A missing cell
 * (NaN) counts in neither, and becomes 0: it stands at the mean.
 */
#ifndef LT_APP_STANDARDISE_H
#define LT_APP_STANDARDISE_H

#include <stdint.h>

/* Mean and divisor of every column over n rows of x. */
void lt_standardise_fit(double *mean /* (D) */, double *divisor /* (D) */,
                        const float *x /* (N, D) */, int64_t columns, const int64_t *rows /* (n) */,
                        int64_t n, int threads);

/* The rows in those units, each with a 1 behind: the constant column that a classifier multiplies with
 * its intercepts, and that changes no distance. */
void lt_standardise(float *out /* (n, D + 1) */, const double *mean, const double *divisor,
                    const float *x /* (N, D) */, int64_t columns, const int64_t *rows /* (n) */,
                    int64_t n, int threads);

#endif
