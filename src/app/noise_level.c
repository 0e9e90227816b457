#include "app/noise_level.h"
#include "app/noise/evidence.h"

#include <math.h>

static const char *const names[] = {[LT_FOUND_GAUSSIAN] = "gaussian",
                                    [LT_FOUND_SALTPEPPER] = "saltpepper",
                                    [LT_FOUND_MASK] = "mask",
                                    [LT_FOUND_POISSON] = "poisson"};

const char *lt_noise_found_name(enum lt_noise_found kind)
{
    return names[kind];
}

static struct lt_noisy survey(const struct lt_picture *pictures, int64_t count)
{
    struct lt_noisy all = {pictures, count, INFINITY, -INFINITY};
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < pictures[i].h * pictures[i].w * pictures[i].c; j++) {
            all.low = fminf(all.low, pictures[i].values[j]); /* which pass NaN over */
            all.high = fmaxf(all.high, pictures[i].values[j]);
        }
    return all;
}

/* ---- impulses ---- */

/* False when there are none worth the name.  Zeros that are much more frequent than impulses at
 * the highest value are a mask; at other values impulses are salt and pepper. */
static bool find_impulses(const struct lt_noisy *all, struct lt_noise_level *out)
{
    const double least = 0.005;
    struct lt_impulses share;
    lt_noise_impulses(all, &share);
    double others = share.high + (all->low == 0 ? 0 : share.low);
    if (share.zero >= least && others < share.zero / 4)
        *out = (struct lt_noise_level){LT_FOUND_MASK, share.zero, 0};
    else if (share.low + share.high >= least)
        *out = (struct lt_noise_level){LT_FOUND_SALTPEPPER, share.low + share.high, 0};
    else
        return false;
    return true;
}

/* ---- counts of light ---- */

static double mean_of(const struct lt_noisy *all)
{
    double sum = 0, values = 0;
    for (int64_t i = 0; i < all->count; i++) {
        const struct lt_picture *p = &all->picture[i];
        for (int64_t j = 0; j < p->h * p->w * p->c; j++) {
            sum += isnan(p->values[j]) ? 0 : (double)p->values[j];
            values += isnan(p->values[j]) ? 0 : 1;
        }
    }
    return sum / values;
}

/* Anscombe ("The transformation of Poisson, binomial and negative-binomial data", Biometrika 35,
 * 1948): with x = n / amount and n Poisson, 2 sqrt(x + 3 / (8 amount)) has the variance 1 / amount
 * whatever the mean.  The amount is needed to find the amount, so it takes a few rounds. */
static int find_counts(const struct lt_noisy *all, struct lt_noise_level *out, struct lt_error *err)
{
    double variance = 0;
    for (int round = 0; round < 3; round++) {
        double sigma;
        int rc = lt_noise_sigma_of(all, 3 * variance / 8, &sigma, err);
        if (rc)
            return rc;
        variance = sigma * sigma;
    }
    *out = (struct lt_noise_level){LT_FOUND_POISSON, 1 / variance,
                                   sqrt(fmax(mean_of(all), 0) * variance)};
    return LT_OK;
}

/* ---- all together ---- */

static int check(const struct lt_picture *pictures, int64_t count, struct lt_error *err)
{
    if (count < 1)
        return lt_fail(err, LT_EUSAGE, "there are no pictures to estimate noise in");
    for (int64_t i = 0; i < count; i++)
        if (pictures[i].h < 1 || pictures[i].w < 1 || pictures[i].c < 1)
            return lt_fail(err, LT_EUSAGE, "a picture to estimate noise in has no pixels");
    return LT_OK;
}

int lt_noise_sigma(const struct lt_picture *pictures, int64_t count, double *sigma,
                   struct lt_error *err)
{
    int rc = check(pictures, count, err);
    if (rc)
        return rc;
    struct lt_noisy all = survey(pictures, count);
    return lt_noise_sigma_of(&all, -1, sigma, err);
}

int lt_noise_level(const struct lt_picture *pictures, int64_t count, struct lt_noise_level *out,
                   struct lt_error *err)
{
    int rc = check(pictures, count, err);
    if (rc)
        return rc;
    struct lt_noisy all = survey(pictures, count);
    double sigma;
    bool grows;
    rc = lt_noise_sigma_of(&all, -1, &sigma, err);
    if (rc || find_impulses(&all, out))
        return rc;
    rc = lt_noise_grows(&all, &grows, err);
    if (rc)
        return rc;
    if (grows && sigma > 0)
        return find_counts(&all, out, err);
    *out = (struct lt_noise_level){LT_FOUND_GAUSSIAN, sigma, sigma};
    return LT_OK;
}
