#include "base/poisson.h"

#include "base/fmath.h"
#include <math.h>
#include <stdbool.h>

/* Below this mean the distribution is summed up until it passes a uniform number. */
static const double SMALL = 10;

/* log k!: the logarithm of the product, and Stirling's series where its next term, 1 / (1680 k^7), is
 * below 3e-12. */
static double log_factorial(double k)
{
    if (k < 16) {
        double product = 1;
        for (double i = 2; i <= k; i++)
            product *= i;
        return lt_log(product);
    }
    const double z = 1 / (k * k), half_log_2pi = 0.91893853320467274178;
    return (k + 0.5) * lt_log(k) - k + half_log_2pi + (1.0 / 12 - (1.0 / 360 - z / 1260) * z) / k;
}

static double by_inversion(double u, double mean)
{
    enum { MOST = 200 }; /* whose probability is far below what u can tell apart */
    double p = lt_exp(-mean);
    int k = 0;
    while (u >= p && k < MOST) {
        u -= p;
        p *= mean / ++k;
    }
    return k;
}

/* One try of the transformed rejection with squeeze PTRS of Hoermann, "The transformed rejection
 * method for generating Poisson random variables", Insurance: Mathematics and Economics 12, 1993;
 * false: rejected.  Seven to nine of ten are accepted. */
static bool by_rejection(double u, double v, double mean, double *out)
{
    const double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), squeeze = 0.9277 - 3.6224 / (b - 2);
    const double centred = u - 0.5, s = 0.5 - fabs(centred);
    if (s <= 0)
        return false;
    const double k = floor((2 * a / s + b) * centred + mean + 0.43);
    *out = k;
    if (s >= 0.07 && v <= squeeze)
        return true;
    if (k < 0 || (s < 0.013 && v > s))
        return false;
    return lt_log(v * inverse_alpha / (a / (s * s) + b)) <=
           k * lt_log(mean) - mean - log_factorial(k);
}

double lt_poisson(const struct lt_stream *stream, uint32_t index, uint32_t stride, double mean)
{
    double pair[2], k = 0;
    if (!(mean > 0))
        return 0;
    for (uint32_t i = 0; i < LT_POISSON_TRIES; i++) {
        lt_uniform_pair(stream, index + i * stride, pair);
        if (mean < SMALL)
            return by_inversion(pair[0], mean);
        if (by_rejection(pair[0], pair[1], mean, &k))
            return k;
    }
    return floor(mean); /* once in more than 10^30 */
}
