/* Principal components: the baseline beside every verdict.
 *
 * PCA with K numbers is the best linear code of K numbers: it projects a row,
 * less the mean of the training rows, on the K directions in which those rows
 * vary most.  Rows are streamed in batches; products run on the backend in f32,
 * sums over batches in double; results do not depend on the number of threads.
 *
 * Up to LT_PCA_EXACT inputs the covariance matrix is formed and decomposed by
 * LAPACK: exact, with the whole spectrum.  Beyond it the leading directions
 * come from a randomised subspace iteration (Halko, Martinsson and Tropp,
 * "Finding structure with randomness", SIAM Review 2011, section 4.5), whose
 * error on held-out rows is within 1e-3 of the exact one where tested.
 *
 * A missing cell (NaN) stands at the mean of the cells present: PCA with mean
 * filling, the plain way to live with them.
 *
 * Needs LAPACK; without it lt_pca_fit fails with LT_EUSAGE.
 */
#ifndef LT_APP_PCA_H
#define LT_APP_PCA_H

#include "app/rows.h"
#include "base/error.h"
#include "kernels/backend.h"
#include "model/model.h"
#include <stdint.h>

enum { LT_PCA_EXACT = 2048 }; /* most inputs for the exact way: 32 MB of covariances */

enum lt_pca_method { LT_PCA_AUTO, LT_PCA_COVARIANCE, LT_PCA_RANDOMISED };

struct lt_pca_options {
    int64_t dims;               /* most directions wanted; fewer come when N or D allow no more */
    uint64_t seed;              /* of the random start */
    struct lt_backend *backend; /* does the products */
    enum lt_pca_method method;
};

struct lt_pca {
    int64_t rows, inputs; /* N, D */
    int64_t dims;         /* K <= min(wanted, D, N - 1), at least 1 */
    float *mean;          /* (D) */
    float *basis;         /* (K, D), orthonormal rows, largest variance first; in each row the
                             value of largest size is positive */
    int64_t known;        /* how many variances are known: D, or K when randomised */
    double *variance;     /* (known), along each direction, descending; 1/N inside */
    double total;         /* variance of the rows in all directions together */
};

/* Fits on rows->count >= 1 rows; two passes over them, or six when randomised. Freed with
 * lt_pca_free, which accepts a zeroed struct. */
int lt_pca_fit(struct lt_pca *out, const struct lt_rows *rows, const struct lt_pca_options *options,
               struct lt_error *err);
void lt_pca_free(struct lt_pca *pca);

/* What a model keeps of it: the mean and the first `dims` directions (or as many as there are),
 * copied; freed with the model. */
int lt_pca_baseline(struct lt_baseline *out, const struct lt_pca *pca, int64_t dims,
                    struct lt_error *err);

/* The squared error per training row of the first `dims` directions. */
double lt_pca_residual(const struct lt_pca *pca, int64_t dims);

/* The width of the code when the user names none: the fewest numbers with which PCA keeps 90 % of
 * the variance, for an autoencoder has to be at least as frugal as PCA to be worth its training;
 * never more than half the inputs, else it hardly squeezes; never more than PCA found directions.
 * Always 1 <= K, and K < D for D >= 2. `why` receives one sentence. */
int64_t lt_choose_dims(const struct lt_pca *pca, char *why, size_t size);

/* Directions to ask lt_pca_fit for before lt_choose_dims. */
static inline int64_t lt_choose_dims_most(int64_t inputs)
{
    return inputs / 2 < 1 ? 1 : inputs / 2 > 256 ? 256 : inputs / 2;
}

#endif
