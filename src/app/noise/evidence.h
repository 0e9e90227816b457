/* What noise_level.c decides by; a file each. */
#ifndef LT_APP_NOISE_EVIDENCE_H
#define LT_APP_NOISE_EVIDENCE_H

#include "app/filters.h"
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

struct lt_noisy {
    const struct lt_picture *picture; /* (count) */
    int64_t count;
    float low, high; /* of all values */
};

static inline bool lt_at_extreme(const struct lt_noisy *p, float x)
{
    return x == p->low || x == p->high;
}

/* Shares of values that became the lowest, the highest, or 0, and stand out against neighbours; 0
 * where noise is everywhere. */
struct lt_impulses {
    double low, high, zero;
};
void lt_noise_impulses(const struct lt_noisy *pictures, struct lt_impulses *out);

/* The standard deviation of Gaussian noise in x, or, with an offset >= 0, in
 * 2 sqrt(max(x + offset, 0)). */
int lt_noise_sigma_of(const struct lt_noisy *pictures, double offset, double *sigma,
                      struct lt_error *err);

/* Does the variance of the noise grow in proportion to the mean, rather than stay the same? */
int lt_noise_grows(const struct lt_noisy *pictures, bool *grows, struct lt_error *err);

#endif
