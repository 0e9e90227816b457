/* How good a map of rows is: whether what is near in it is near in the inputs, and the other way round.
 *
 * With the k nearest of each of N rows, itself left out, in the map and in the inputs, and r(i, j) the rank
 * of row j among the others by distance from row i (1: the nearest) in the one where j is not among the
 * k nearest,
 *
 *     trustworthiness = 1 - 2 / (N k (2N - 3k - 1)) sum over i, and j near in the map alone, of r_inputs(i, j) - k
 *     continuity      = 1 - 2 / (N k (2N - 3k - 1)) sum over i, and j near in the inputs alone, of r_map(i, j) - k
 *
 * (Venna and Kaski, "Neighborhood preservation in nonlinear projection methods: an experimental study",
 * 2001): 1 is the best, and what falls below tells of rows that the map puts together, or tears apart.
 * With labels, the share of rows whose label is the most frequent one among their k nearest in the map
 * (of equally frequent ones the smallest): leave-one-out accuracy.
 *
 * All pairs are looked at, N^2 of them, in blocks.  Distances in the inputs come from products in f32 of
 * rows less their mean; of equally distant rows the first is the nearer.
 */
#ifndef LT_APP_MAPQUALITY_H
#define LT_APP_MAPQUALITY_H

#include "base/error.h"
#include "kernels/backend.h"
#include <stdint.h>

enum { LT_MAP_NEAREST = 10 /* k */, LT_MAP_ROWS_LEAST = 2 * LT_MAP_NEAREST + 1 };

struct lt_map {
    const float *codes; /* (N, K) */
    int64_t dims;       /* K */
    double trustworthiness, continuity;
    double accuracy; /* NaN without labels */
};

/* Measures some maps of the same rows: N >= LT_MAP_ROWS_LEAST of D values without NaN.  `labels` are
 * numbers from 0 on, or NULL. */
int lt_map_quality(struct lt_map *maps /* (count) */, int count, const float *x /* (N, D) */,
                   int64_t rows, int64_t inputs, const int32_t *labels /* (N) */,
                   struct lt_backend *backend, struct lt_error *err);

#endif
