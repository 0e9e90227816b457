/* Fewer levels for the pixels of images: the best that lose little and cost little.
 *
 * Of the 256 values of a byte, neighbours become one level each, whose value is their mean in the data.
 * Which do so is the partition that minimises
 *
 *     sum (v - level)^2 + lambda sum -log2 p(level)
 *
 * over all pixels, p the share of pixels that have the level: a scalar quantiser constrained by its entropy
 * (Chou, Lookabaugh and Gray, "Entropy-constrained vector quantization", 1989).  As both sums are sums over
 * levels, dynamic programming finds the best partition there is.  What comes after codes levels by what
 * surrounds them, in fewer bits than their entropy, by a ratio that changes little with lambda.
 */
#ifndef LT_APP_PACKLEVELS_H
#define LT_APP_PACKLEVELS_H

#include <stdint.h>

enum { LT_LEVELS = 256 };

struct lt_levels {
    unsigned char become[LT_LEVELS];
    int count;      /* how many levels there are */
    double error;   /* mean squared error of a pixel */
    double entropy; /* bits a pixel */
};

void lt_levels_best(struct lt_levels *out, const int64_t *seen /* (256): pixels of each value */,
                    double lambda);

/* The fewest with an error of at most `most`; the finest with an entropy of at most `most`, which, where
 * none has so little, is the coarsest. */
void lt_levels_within(struct lt_levels *out, const int64_t *seen, double most);
void lt_levels_below(struct lt_levels *out, const int64_t *seen, double most);

/* The error that a PSNR in dB stands for, and back; of a peak of 255. */
double lt_psnr_error(double psnr);
double lt_error_psnr(double error);

#endif
