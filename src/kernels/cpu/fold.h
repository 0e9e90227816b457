/* Folding: a convolution with stride 2 as one with stride 1.
 *
 * Four neighbouring pixels of the fine grid become one of four times the
 * channels, (2, 2, in), so that the folded grid is as coarse as the other.  A kernel
 * of p pixels to each side, 2 p + 1 in all, then spans p + 1 folded pixels,
 * (p + 1) / 2 of them before the middle, and taps that fall outside of it have
 * weight 0.  That is more arithmetic (16 products for 9 with a kernel of 3), but
 * oneDNN's bf16 kernels from the coarse grid to the fine one are faster with stride 1
 * than with 2 all the same (docs/speed.md).  Where a side is odd the folded grid has a
 * line of zeros more.
 */
#ifndef LT_KERNELS_CPU_FOLD_H
#define LT_KERNELS_CPU_FOLD_H

#include "kernels/backend.h"

struct lt_fold {
    int64_t in, in_h, in_w; /* of the fine grid */
    int64_t h, w;           /* of the folded one, whose pixels have 4 in channels */
    int64_t kernel;         /* of the convolution as it is asked for, odd */
    int64_t folded, before; /* its size on the folded grid, and how much of it comes first */
};
struct lt_fold lt_fold_of(const struct lt_conv_spec *spec);
static inline int64_t lt_fold_values(const struct lt_fold *f) /* of a folded image */
{
    return f->h * f->w * 4 * f->in;
}
static inline int64_t lt_fold_patch(const struct lt_fold *f)
{
    return f->folded * f->folded * 4 * f->in;
}

/* Weights (out, kernel, kernel, in) -> (out, folded, folded, 4 in). */
void lt_fold_weights(const struct lt_fold *f, int64_t out, const float *plain, float *folded);

/* A folded image (h, w, 2, 2, in) back to (in_h, in_w, in), or added to it. */
void lt_unfold_image(const struct lt_fold *f, const float *folded, float *image, bool add);

#endif
