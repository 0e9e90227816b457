/* How close one image is to another: PSNR and SSIM, the two numbers that papers on denoising give.
 *
 * Images are floats of shape (H, W, C), row by row, channels last, in whatever unit the caller
 * works in; `peak` is the span from black to white in that unit (1 for [0, 1]).  Values are
 * neither rounded nor clipped.
 *
 * Sums run in double and in a fixed order, so an answer is the same bits wherever it is asked.  A
 * value that is not finite makes the answer NaN, or PSNR -infinity.
 */
#ifndef LT_APP_QUALITY_H
#define LT_APP_QUALITY_H

#include "base/error.h"
#include <stdint.h>

/* The peak signal-to-noise ratio of two images of n values each, in decibels:
 * 10 log10(peak^2 / mean((a - b)^2)).  INFINITY when they are equal. */
double lt_psnr(const float *a /* (n) */, const float *b /* (n) */, int64_t n, double peak);

/* The structural similarity of Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from
 * error visibility to structural similarity", IEEE Trans. Image Processing 13 (2004), eqs. 13-17:
 * 1 for equal images, near 0 for unrelated ones, negative where structures are inverted.
 *
 * Computed within a Gaussian window of 11 x 11 pixels (sigma 1.5) at each position where it lies
 * wholly inside the image, with K1 = 0.01 and K2 = 0.03, and averaged over positions and then
 * channels; variances are those of the window itself (1/N, not 1/(N-1)).  An image with a side
 * below 11 gets a smaller window, of the largest odd size that fits, with the same sigma.
 *
 * LT_EUSAGE for an empty image or a peak that is not above 0; LT_EFAIL when out of memory. */
int lt_ssim(const float *a /* (H, W, C) */, const float *b /* (H, W, C) */, int64_t h, int64_t w,
            int64_t c, double peak, double *out, struct lt_error *err);

#endif
