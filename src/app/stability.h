/* Whether rows fall into k clusters: are clusters of other rows the same?
 *
 * K-means cuts any rows into k pieces.  Clusters that are there come back when other rows of the same
 * kind are cut; where there are none, chance moves the cuts.  So the rows are split at random into two
 * halves, each half is clustered, both sets of centres sort all rows, and the adjusted Rand index tells
 * how alike they do it (Lange, Roth, Braun and Buhmann, "Stability-based validation of clustering
 * solutions", Neural Computation 2004; Ben-Hur, Elisseeff and Guyon, PSB 2002; von Luxburg, "Clustering
 * stability: an overview", 2010).  The mean over LT_STABILITY_SPLITS splits is the stability.
 *
 * A cloud that is long in one direction is cut across it again and again although it has no clusters.
 * So the same is done with as many rows drawn from the normal distribution that has the mean and the
 * covariance of the rows.  k is stable when the stability is LT_STABILITY_LEAST per cent or more and exceeds the
 * cloud's by more than two standard errors of the difference, and no less of the squared distances is
 * left in it than the rows have left.
 *
 * That is evidence that rows fall apart other than a normal cloud does, no proof: a cloud of another
 * shape, flat or bent, may be called clusters.
 */
#ifndef LT_APP_STABILITY_H
#define LT_APP_STABILITY_H

#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    LT_STABILITY_SPLITS = 10,
    LT_STABILITY_LEAST = 80,       /* per cent */
    LT_STABILITY_ROWS = 50,        /* fewer tell too little */
    LT_STABILITY_ROWS_MOST = 3000, /* more are sampled by the caller */
    LT_STABILITY_K_MOST = 15       /* tried, and never more than a tenth of the rows */
};

struct lt_stability_of {     /* rows, or the cloud */
    double stability, error; /* mean over splits and its standard error */
    double left; /* inertia as a share of the squared distances to the mean, of all rows together */
};
struct lt_stability {
    int64_t k;
    struct lt_stability_of rows, cloud;
    bool beyond, stable; /* beyond: the stability exceeds the cloud's, as told above */
};

/* n rows of the normal distribution with mean and covariance of the rows,
 *
 *     mean + sum over i of g_i (x_i - mean) / sqrt(n),   g_i standard normal. */
int lt_stability_cloud(float *cloud /* (n, d) */, const float *x /* (n, d) */, int64_t n, int64_t d,
                       uint64_t seed, int threads, struct lt_error *err);

/* For one k, 1 <= k <= n / 4. */
int lt_stability_of(struct lt_stability *out, int64_t k, const float *x /* (n, d) */,
                    const float *cloud /* (n, d) */, int64_t n, int64_t d, uint64_t seed,
                    int threads, struct lt_error *err);

/* Of the stable ones the largest k within one standard error of the best; 0 when none is stable. */
int64_t lt_stability_choose(const struct lt_stability *s, int count);

#endif
