/* How far a row is from the k-th nearest row of a reference: the plain anomaly score.
 *
 * A row in a place where training rows lie thickly has its k-th nearest of them
 * close by; a row where there are none does not (Ramaswamy, Rastogi and Shim,
 * "Efficient algorithms for mining outliers from large data sets", SIGMOD 2000).
 * It learns nothing and assumes little, so a trained detector has to beat it.
 * Distances are Euclidean over the D scaled columns.
 *
 * A missing cell (NaN) stands at the mean, which is 0 in scaled units, in the
 * reference and in the rows asked about alike.
 *
 * Exact.  |x - r|^2 = |x|^2 + |r|^2 - 2 x.r in f32 products only finds the rows
 * that may be near: a row is passed over when even with the worst rounding its
 * distance is beyond the k nearest so far.  The distances of the others are
 * summed in double from the differences, and only those are answered.  So the
 * answer is the same bits whatever the backend, the number of threads and the
 * rows that share a batch.  Where products cancel so badly that nothing can be
 * passed over (clusters far from each other and tight in themselves) it is no
 * less exact, only slower: up to the time of all distances in double.
 *
 * A row that itself stands in the reference finds itself at distance 0.
 */
#ifndef LT_APP_NEIGHBOURS_H
#define LT_APP_NEIGHBOURS_H

#include "base/error.h"
#include "kernels/backend.h"
#include <stdint.h>

enum {
    LT_NEIGHBOURS_K = 5,        /* the k-th nearest, when nothing else is asked for */
    LT_NEIGHBOURS_BLOCK = 1024, /* reference rows in a product: memory beside the reference is
                                   one float for each of its rows, plus a block and a batch */
};

struct lt_neighbours; /* a reference, planned for batches */

/* `reference` is not copied and must outlive it, unchanged; so must the backend.  k 0 stands for
 * LT_NEIGHBOURS_K; with fewer than k rows in the reference the farthest of them counts.  `batch`
 * is the most rows in a call, and what a call costs: products are computed for all of a batch.
 * LT_EUSAGE when the reference is empty. */
int lt_neighbours_create(struct lt_neighbours **out, const float *reference /* (M, D) */,
                         int64_t rows, int64_t inputs, int64_t k, struct lt_backend *backend,
                         int64_t batch, struct lt_error *err);
void lt_neighbours_free(struct lt_neighbours **neighbours);

/* The distance of each of n <= batch rows to its k-th nearest reference row.  Allocates nothing;
 * one call at a time. */
void lt_neighbours_distances(struct lt_neighbours *neighbours, const float *x /* (n, D) */,
                             int64_t n, double *distance /* (n) */);

/* Which rows of the reference, of fewer than 2^31, they are: the k nearest of each (k as it was asked for, or all rows), nearest
 * first, of equally near ones the first in the reference. */
void lt_neighbours_find(struct lt_neighbours *neighbours, const float *x /* (n, D) */, int64_t n,
                        int32_t *nearest /* (n, k) */);

#endif
