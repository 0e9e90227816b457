/* A denoiser at work: a network of convolutions run over images of any size.
 *
 * An image is continued beyond its edges by its mirror image and cut into square
 * tiles that overlap by what a pixel of the output sees of the input, so that the
 * result is that of the whole image at once, and memory is bounded by a tile's.
 * An image of the size that the network was trained on is taken as it was in
 * training, without anything beyond its edges.
 */
#ifndef LT_APP_DENOISER_H
#define LT_APP_DENOISER_H

#include "base/error.h"
#include "kernels/backend.h"
#include "model/model.h"

struct lt_denoiser;

/* For a model that lt_model_denoises; model and backend must outlive it. */
int lt_denoiser_create(struct lt_denoiser **out, const struct lt_model *model,
                       struct lt_backend *backend, enum lt_precision precision,
                       struct lt_error *err);
void lt_denoiser_free(struct lt_denoiser **denoiser);

/* One image in scaled units, with the channels of the model; `out` may be `image`. */
int lt_denoiser_run(struct lt_denoiser *denoiser, const float *image /* (H, W, C) */, int64_t h,
                    int64_t w, float *out /* (H, W, C) */, struct lt_error *err);

#endif
