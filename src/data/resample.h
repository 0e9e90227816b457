/* Resampling: an image in another size, stretched where the two sizes have other proportions.
 *
 * Lines first, then columns, each along one side.  Of n samples x_i, each of which stands for the
 * stretch [i, i + 1), sample j of m new ones is
 *
 *     m < n   the mean of x over [j n / m, (j + 1) n / m): the x_i weighted by how much of that stretch
 *             is theirs
 *     m > n   x at u = (j + 1/2) n / m - 1/2, cut to [0, n - 1], on the straight line between x_i and
 *             x_(i+1), i = floor(u): (1 - f) x_i + f x_(i+1), f = u - i
 *     m = n   x_j
 *
 * The first is what OpenCV calls INTER_AREA and Pillow BOX; no sample is passed over, so nothing
 * folds into false patterns.  The second is bilinear with pixels that are areas: OpenCV's
 * INTER_LINEAR, PyTorch's align_corners=False.  Weights are ratios of whole numbers and sums have a
 * fixed order, so results are the same bits everywhere, and an even area stays as it is.  A sample
 * with a missing one (NaN) under it is missing.
 */
#ifndef LT_DATA_RESAMPLE_H
#define LT_DATA_RESAMPLE_H

#include "base/error.h"
#include "data/table.h"

struct lt_pixels {
    int64_t h, w, c; /* each >= 1 */
    enum lt_type type;
    const void *values; /* (H, W, C) */
};

/* `from` with h x w pixels into `to`, neither rounded nor clipped.  Takes memory for a line of each
 * size; LT_EFAIL when there is none (`name` is for the message). */
int lt_resample(const struct lt_pixels *from, int64_t h, int64_t w, double *to /* (h, w, C) */,
                const char *name, struct lt_error *err);

#endif
