/* How much noise is in pictures, and of which kind, from the noisy pictures alone.
 *
 *     gaussian      a number with mean 0 and the standard deviation `amount` added to every value
 *     saltpepper    a share `amount` of the values at the lowest or the highest value of all
 *     mask          a share `amount` of the values at exactly 0
 *     poisson       counts of light: at a value x the variance is x / amount, so `amount` is the
 *                   count at the value 1, and 0 must mean no light
 *
 * Made for photographs and pictures like them: smooth somewhere, with pixels that have neighbours.
 * Each test looks where a picture would be calm without noise: impulses stand out against all of
 * their neighbours; the rest is measured on patches without texture.  Texture everywhere is taken
 * for noise, faint Poisson noise in few pictures for Gaussian noise, and a photograph's own grain
 * counts as well.  More pictures with the same noise make every answer better.  One kind is
 * answered, mixtures are not taken apart.
 *
 * Pictures are as filters.h has them; their sigma is not read, and the threads are those of the
 * first.  Channels count as pictures of their own.  Answers are the same bits for any number of
 * threads.
 */
#ifndef LT_APP_NOISE_LEVEL_H
#define LT_APP_NOISE_LEVEL_H

#include "app/filters.h"
#include "base/error.h"
#include <stdint.h>

enum lt_noise_found {
    LT_FOUND_GAUSSIAN,
    LT_FOUND_SALTPEPPER,
    LT_FOUND_MASK,
    LT_FOUND_POISSON,
};

struct lt_noise_level {
    enum lt_noise_found kind;
    double amount; /* see above */
    double sigma;  /* standard deviation of the noise, over all pixels; 0 for impulses */
};

const char *lt_noise_found_name(enum lt_noise_found kind); /* "gaussian" */

/* LT_EUSAGE when the pictures are too small or too few to tell: fewer than LT_NOISE_PATCHES patches
 * of 7 x 7 pixels; LT_EFAIL when out of memory. */
enum { LT_NOISE_PATCHES = 200 };
int lt_noise_level(const struct lt_picture *pictures /* (count) */, int64_t count,
                   struct lt_noise_level *out, struct lt_error *err);

/* The standard deviation of noise that is known to be Gaussian, or of what is like it. */
int lt_noise_sigma(const struct lt_picture *pictures /* (count) */, int64_t count, double *sigma,
                   struct lt_error *err);

#endif
