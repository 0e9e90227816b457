/* Denoising files: noisy images in, clean ones out, judged where the truth is known.
 *
 * IN and OUT are a file each, or a folder each; every file of a folder is written
 * under its own name, with the size, depth, colours and units it came with.  With
 * the truth PSNR and SSIM are told per file before and after, beside the best of
 * the classical filters at its best setting (app/filters.h), which is chosen with
 * the truth at hand.  Values are in scaled units, in which white is 1.
 */
#ifndef LT_APP_DENOISE_H
#define LT_APP_DENOISE_H

#include "app/report.h"
#include "kernels/backend.h"
#include "latent.h"
#include "model/model.h"

struct lt_denoise_options {
    const char *in, *out;
    const char *truth; /* NULL: not known */
    int threads;
    const char *backend; /* NULL: the best in this build */
    enum lt_precision precision;
    const latent_listener *listener; /* or NULL */
};

/* `report` may be NULL.  LT_EUSAGE: the model is no denoiser; OUT is IN; LT_ECONTENT: a file is no
 * image, or unlike those that trained, or unlike its truth. */
int lt_denoise(const struct lt_model *model, const struct lt_denoise_options *options,
               struct lt_report **report, struct lt_error *err);

#endif
