/* Patches: what the pixels of a coarse grid see of a fine one (struct lt_conv_spec), as the rows of a
 * matrix.  A convolution is then a matrix product, for the plain backend and for optimizers that
 * look at what weights are multiplied with.
 */
#ifndef LT_KERNELS_PATCHES_H
#define LT_KERNELS_PATCHES_H

#include "kernels/backend.h"

/* Line y of the coarse grid: for each of its pixels a patch (kernel, kernel, in), 0 beyond the edges
 * of the image (in_h, in_w, in). */
void lt_patches_gather(const struct lt_conv_spec *spec, const float *image, int64_t y,
                       float *patches);
/* The adjoint: adds the patches of a line where they lie on the image. */
void lt_patches_scatter(const struct lt_conv_spec *spec, const float *patches, int64_t y,
                        float *image);

/* A backend's conv_patches, over threads. */
void lt_host_conv_patches(struct lt_backend *b, const struct lt_conv_spec *spec, int64_t rows,
                          struct lt_buffer x, struct lt_buffer patches);

#endif
