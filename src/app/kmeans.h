/* K-means: rows around a few centres.
 *
 * Looks for K centres c that make the inertia small,
 *
 *     sum over rows of min over k of |x - c_k|^2,
 *
 * by turns of giving every row to its nearest centre and moving every centre to the mean of its rows
 * (Lloyd, "Least squares quantization in PCM", 1982), until no row changes its centre.  That ends in a
 * minimum near the start, so there are several starts, each of rows drawn with a chance in proportion
 * to their squared distance to the centres drawn before (k-means++: Arthur and Vassilvitskii, SODA
 * 2007), and the least inertia counts.  Most distances are never computed, because bounds on them say
 * that a row stays (Hamerly, "Making k-means even faster", SDM 2010).
 *
 * A centre that no row is nearest to takes the row that lies farthest from its own, the first of equal
 * ones.  Where there are fewer different rows than centres, there are as many clusters as different
 * rows.  Clusters are numbered by size, the largest first, and of equal ones by their first row.
 *
 * Sums are in double and in the order of the rows: the same bits for any number of threads.  May be
 * called inside a chunk of lt_parallel, with one thread.
 */
#ifndef LT_APP_KMEANS_H
#define LT_APP_KMEANS_H

#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    LT_KMEANS_STARTS = 10,
    LT_KMEANS_ROUNDS = 300 /* of a start, at most; nearly all settle in fewer */
};

struct lt_kmeans_options {
    int64_t clusters; /* K, 1 ... N */
    int starts;       /* 0: LT_KMEANS_STARTS */
    int threads;
    uint64_t seed;
    uint32_t draw; /* names the starts: another number, others */
};

struct lt_kmeans {
    int64_t clusters, width; /* K, or fewer where rows are alike; D */
    double *centre;          /* (K, D) */
    int64_t *count;          /* (K) rows, descending */
    int32_t *cluster;        /* (N) 0 ... K - 1 */
    double *distance;        /* (N) to the own centre */
    double inertia;
    bool settled; /* no row changed in the last round of the start that counts */
};

/* Rows must be finite.  LT_EUSAGE unless 1 <= K <= N.  Freed with lt_kmeans_free, which accepts a
 * zeroed struct. */
int lt_kmeans_fit(struct lt_kmeans *out, const float *x /* (N, D) */, int64_t n, int64_t d,
                  const struct lt_kmeans_options *options, struct lt_error *err);
void lt_kmeans_free(struct lt_kmeans *k);

/* The nearest centre of each of n rows, the first of equal ones, and the distance to it (may be
 * NULL). */
void lt_kmeans_assign(const struct lt_kmeans *k, const float *x /* (n, D) */, int64_t n,
                      int threads, int32_t *cluster /* (n) */, double *distance /* (n) */);

#endif
