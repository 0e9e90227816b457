/* What JPEG leaves of an image. */
#ifndef LT_KERNELS_JPEG_H
#define LT_KERNELS_JPEG_H

#include <stdint.h>

/* y = x (h, w, c) as a grey JPEG of each channel at this quality, 1 to 100, gives it back.  0 is black
 * and 1 white; values are taken as bytes and come back as such.  NaN stays, and counts as grey in its
 * block.  y may not be x. */
void lt_jpeg(int64_t h, int64_t w, int64_t c, int quality, const float *x, float *y);

#endif
