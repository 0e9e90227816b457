/* Does noise grow with light?  The variance of the noise is measured in blocks of pixels, the
 * blocks are sorted by their mean into bins of equal count, and each bin gives the variance that a
 * fifth of its blocks stay below: those have the least texture.  Constant variances are equal;
 * those of Poisson noise are in proportion to the mean, so their ratio to it is equal. */
#include "app/noise/evidence.h"
#include "base/fmath.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

enum { SIDE = 8, BINS = 8, FEWEST = 8 * BINS };

struct block {
    double mean, variance;
    bool whole; /* no value of it at an extreme, where values may have been cut off */
};

struct blocks {
    struct block *block;
    size_t count, capacity;
};

/* Immerkaer ("Fast noise variance estimation", CVIU 64, 1996): second differences along y of those
 * along x are blind to planes, and in independent noise have 36 times its variance. */
static double curvature(const float *centre, int64_t width, int64_t step)
{
    const float *above = centre - width, *below = centre + width;
    double up = (double)above[-step] - 2 * (double)above[0] + (double)above[step];
    double here = (double)centre[-step] - 2 * (double)centre[0] + (double)centre[step];
    double down = (double)below[-step] - 2 * (double)below[0] + (double)below[step];
    return up - 2 * here + down;
}

static struct block measure(const struct lt_noisy *all, const struct lt_picture *p,
                            const float *corner)
{
    struct block b = {.whole = true};
    for (int64_t y = 0; y < SIDE; y++)
        for (int64_t x = 0; x < SIDE; x++) {
            const float *at = corner + (y * p->w + x) * p->c;
            double d = curvature(at, p->w * p->c, p->c);
            b.mean += (double)*at / (SIDE * SIDE);
            b.variance += d * d / (36 * SIDE * SIDE);
            b.whole = b.whole && !lt_at_extreme(all, *at);
        }
    return b;
}

static int add_blocks(const struct lt_noisy *all, const struct lt_picture *p, struct blocks *blocks,
                      struct lt_error *err)
{
    for (int64_t y = 1; y + SIDE < p->h; y += SIDE)
        for (int64_t x = 1; x + SIDE < p->w; x += SIDE)
            for (int64_t k = 0; k < p->c; k++) {
                struct block b = measure(all, p, p->values + (y * p->w + x) * p->c + k);
                if (isnan(b.variance))
                    continue;
                int rc = lt_grow(&blocks->block, &blocks->capacity, blocks->count + 1, sizeof b,
                                 "blocks of pictures", err);
                if (rc)
                    return rc;
                blocks->block[blocks->count++] = b;
            }
    return LT_OK;
}

/* Only whole blocks, unless they are too few to speak for the pictures. */
static void keep_whole(struct blocks *blocks)
{
    size_t whole = 0, kept = 0;
    for (size_t i = 0; i < blocks->count; i++)
        whole += blocks->block[i].whole;
    if (whole < FEWEST || whole < blocks->count / 10)
        return;
    for (size_t i = 0; i < blocks->count; i++)
        if (blocks->block[i].whole)
            blocks->block[kept++] = blocks->block[i];
    blocks->count = kept;
}

static int by_variance(const void *x, const void *y)
{
    double a = ((const struct block *)x)->variance, b = ((const struct block *)y)->variance;
    return (a > b) - (a < b);
}

static int by_mean(const void *x, const void *y)
{
    double a = ((const struct block *)x)->mean, b = ((const struct block *)y)->mean;
    return a == b ? by_variance(x, y) : (a > b) - (a < b);
}

/* log of the mean and of the low variance of a bin; false where they have none.  Reorders it. */
static bool describe_bin(struct block *block, size_t n, double *log_mean, double *log_variance)
{
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += block[i].mean / (double)n;
    qsort(block, n, sizeof *block, by_variance);
    double variance = block[n / 5].variance;
    if (!(mean > 0 && variance > 0))
        return false;
    *log_mean = lt_log(mean);
    *log_variance = lt_log(variance);
    return true;
}

/* The sum of (x - mean x)(y - mean y). */
static double comoment(const double *x /* (BINS) */, const double *y /* (BINS) */)
{
    double mx = 0, my = 0, sum = 0;
    for (int i = 0; i < BINS; i++) {
        mx += x[i] / BINS;
        my += y[i] / BINS;
    }
    for (int i = 0; i < BINS; i++)
        sum += (x[i] - mx) * (y[i] - my);
    return sum;
}

/* Proportional when the logarithms of variance / mean scatter much less than those of the variance,
 * which have to rise with those of the mean at a slope near 1.  Texture makes both scatter; the
 * bounds are where noise of either kind was told apart in photographs. */
static bool in_proportion(struct blocks *blocks)
{
    double mean[BINS], variance[BINS], ratio[BINS];
    qsort(blocks->block, blocks->count, sizeof *blocks->block, by_mean);
    for (size_t i = 0; i < BINS; i++) {
        size_t begin = blocks->count * i / BINS, end = blocks->count * (i + 1) / BINS;
        if (!describe_bin(blocks->block + begin, end - begin, &mean[i], &variance[i]))
            return false;
        ratio[i] = variance[i] - mean[i];
    }
    double slope = comoment(mean, variance) / comoment(mean, mean);
    return slope > 0.5 && slope < 1.6 && comoment(variance, variance) > 3 * comoment(ratio, ratio);
}

int lt_noise_grows(const struct lt_noisy *pictures, bool *grows, struct lt_error *err)
{
    struct blocks blocks = {0};
    int rc = LT_OK;
    *grows = false;
    for (int64_t i = 0; rc == LT_OK && i < pictures->count; i++)
        rc = add_blocks(pictures, &pictures->picture[i], &blocks, err);
    if (rc == LT_OK) {
        keep_whole(&blocks);
        *grows = blocks.count >= FEWEST && in_proportion(&blocks);
    }
    lt_free(blocks.block);
    return rc;
}
