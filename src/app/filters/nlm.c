/* Non-local means (Buades, Coll and Morel, "A non-local algorithm for image denoising", CVPR 2005,
 * and "Non-local means denoising", Image Processing On Line 1, 2011):
 *
 *     out(p) = sum over q of w(p, q) x(q) / sum over q of w(p, q)
 *     w(p, q) = exp(-max(d^2(p, q) - 2 sigma^2, 0) / h^2)
 *
 * where d^2 is the mean square difference of the patches around p and q, over all channels, and q
 * runs over the pixels of the picture at most SEARCH from p in either direction.  Patches continue
 * mirrored beyond the edges.  2 sigma^2 is what two noisy copies of one patch differ by.
 *
 * Rather than comparing patches pixel by pixel, the picture is compared with itself shifted, once
 * for every shift: patches are then windows of one picture of squared differences, summed along x
 * and then along y.  So the side of a patch costs what it measures, not its square.  Integral
 * pictures would cost nothing for the side, but their sums are large and the differences of those
 * small, so they need double; these fit floats, of which twice as many are added at once. */
#include "app/filters/filter.h"
#include "base/fmath.h"
#include "base/mem.h"
#include "base/parallel.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    SEARCH = 10,
    RADIUS_MAX = 3,
    COLUMNS = 128, /* in a piece of work, which is LT_FILTER_BAND rows high: fits the L1 cache */
};

struct work {
    const struct lt_picture *picture;
    int radius;
    float *padded;         /* (C, H + 2 radius, W + 2 radius) the picture, mirrored */
    float scale, discount; /* w = exp(-scale max(sum of squares - discount, 0)) */
    float *totals;         /* (threads, LT_FILTER_BAND, COLUMNS, C + 1) */
    float *out;            /* (H, W, C) */
};

/* A piece of the picture and what is computed for it. */
struct tile {
    int64_t y0, y1, x0, x1;                                  /* from, and behind */
    float squares[COLUMNS + 2 * RADIUS_MAX];                 /* of a row */
    float sums[(LT_FILTER_BAND + 2 * RADIUS_MAX) * COLUMNS]; /* along x */
    float weight[COLUMNS];                                   /* of a row */
    float *total; /* (C + 1, LT_FILTER_BAND, COLUMNS) weighted values, then weights */
};

static const float *padded_at(const struct work *work, int64_t k, int64_t y, int64_t x)
{
    const struct lt_picture *p = work->picture;
    int64_t r = work->radius;
    return work->padded + (k * (p->h + 2 * r) + y + r) * (p->w + 2 * r) + x + r;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* out[i] = x[i] + x[i + step] + ... of `side` terms; inline, so that the usual sides unroll. */
static inline void sum_terms(const float *x, int64_t step, int side, float *out, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        float sum = x[i];
        for (int k = 1; k < side; k++)
            sum += x[i + k * step];
        out[i] = sum;
    }
}

static void sum_window(const float *x, int64_t step, int radius, float *out, int64_t n)
{
    if (radius == 2)
        sum_terms(x, step, 5, out, n);
    else if (radius == 3)
        sum_terms(x, step, 7, out, n);
    else
        sum_terms(x, step, 2 * radius + 1, out, n);
}

/* Squared differences of n pixels from (y, x) on and those shifted, summed over channels. */
static void square_row(const struct work *work, int64_t y, int64_t x, int64_t dy, int64_t dx,
                       float *squares /* (n) */, int64_t n)
{
    for (int64_t k = 0; k < work->picture->c; k++) {
        const float *a = padded_at(work, k, y, x), *b = padded_at(work, k, y + dy, x + dx);
        for (int64_t i = 0; i < n; i++) {
            float d = a[i] - b[i];
            squares[i] = k ? squares[i] + d * d : d * d;
        }
    }
}

/* Adds n shifted pixels, weighted, from (y, x) on; their square sums stand in tile->weight. */
static void add_row(const struct work *work, struct tile *tile, int64_t y, int64_t x, int64_t dy,
                    int64_t dx, int64_t n)
{
    int64_t at = (y - tile->y0) * COLUMNS + x - tile->x0, c = work->picture->c;
    float *weight = tile->weight, *weights = tile->total + c * LT_FILTER_BAND * COLUMNS + at;
    for (int64_t i = 0; i < n; i++) {
        float excess = weight[i] - work->discount;
        weight[i] = lt_expf(-(excess > 0 ? excess : 0) * work->scale);
        weights[i] += weight[i];
    }
    for (int64_t k = 0; k < c; k++) {
        const float *b = padded_at(work, k, y + dy, x + dx);
        float *total = tile->total + k * LT_FILTER_BAND * COLUMNS + at;
        for (int64_t i = 0; i < n; i++)
            total[i] += weight[i] * b[i];
    }
}

/* Pixels of the tile whose shifted ones are inside the picture. */
static void add_shift(const struct work *work, struct tile *tile, int64_t dy, int64_t dx)
{
    const struct lt_picture *p = work->picture;
    int64_t r = work->radius;
    int64_t y0 = larger(tile->y0, -dy), y1 = smaller(tile->y1, p->h - dy);
    int64_t x0 = larger(tile->x0, -dx), n = smaller(tile->x1, p->w - dx) - x0;
    if (y1 <= y0 || n <= 0)
        return;
    for (int64_t y = y0 - r; y < y1 + r; y++) {
        square_row(work, y, x0 - r, dy, dx, tile->squares, n + 2 * r);
        sum_window(tile->squares, 1, work->radius, tile->sums + (y - y0 + r) * COLUMNS, n);
    }
    for (int64_t y = y0; y < y1; y++) {
        sum_window(tile->sums + (y - y0) * COLUMNS, COLUMNS, work->radius, tile->weight, n);
        add_row(work, tile, y, x0, dy, dx, n);
    }
}

static void divide(const struct work *work, const struct tile *tile)
{
    const struct lt_picture *p = work->picture;
    for (int64_t y = tile->y0; y < tile->y1; y++)
        for (int64_t x = tile->x0; x < tile->x1; x++) {
            const float *total = tile->total + (y - tile->y0) * COLUMNS + x - tile->x0;
            float weight = total[p->c * LT_FILTER_BAND * COLUMNS]; /* at least its own, 1 */
            for (int64_t k = 0; k < p->c; k++)
                work->out[(y * p->w + x) * p->c + k] = total[k * LT_FILTER_BAND * COLUMNS] / weight;
        }
}

static void filter_tile(void *context, size_t chunk, int thread)
{
    const struct work *work = context;
    const struct lt_picture *p = work->picture;
    size_t across = lt_chunks((size_t)p->w, COLUMNS);
    size_t floats = (size_t)(p->c + 1) * LT_FILTER_BAND * COLUMNS;
    struct tile tile;
    tile.y0 = (int64_t)lt_chunk_begin(chunk / across, LT_FILTER_BAND);
    tile.y1 = (int64_t)lt_chunk_end(chunk / across, LT_FILTER_BAND, (size_t)p->h);
    tile.x0 = (int64_t)lt_chunk_begin(chunk % across, COLUMNS);
    tile.x1 = (int64_t)lt_chunk_end(chunk % across, COLUMNS, (size_t)p->w);
    tile.total = work->totals + (size_t)thread * floats;
    memset(tile.total, 0, floats * sizeof *tile.total);
    for (int64_t dy = -SEARCH; dy <= SEARCH; dy++)
        for (int64_t dx = -SEARCH; dx <= SEARCH; dx++)
            add_shift(work, &tile, dy, dx);
    divide(work, &tile);
}

/* Channel by channel, so that a row of one lies together. */
static void pad(const struct work *work)
{
    const struct lt_picture *p = work->picture;
    int64_t r = work->radius, h = p->h + 2 * r, w = p->w + 2 * r;
    for (int64_t k = 0; k < p->c; k++)
        for (int64_t y = 0; y < h; y++) {
            const float *row = p->values + lt_mirror(y - r, p->h) * p->w * p->c + k;
            for (int64_t x = 0; x < w; x++)
                work->padded[(k * h + y) * w + x] = row[lt_mirror(x - r, p->w) * p->c];
        }
}

static int run(const struct lt_filter_setting *setting, const struct lt_picture *picture,
               float *out, struct lt_error *err)
{
    const struct lt_picture *p = picture;
    struct work work = {.picture = p, .radius = setting->radius, .out = out};
    int64_t side = 2 * setting->radius + 1, extra = 2 * (int64_t)setting->radius;
    size_t threads = p->threads > 1 ? (size_t)p->threads : 1;
    size_t floats = (size_t)(p->c + 1) * LT_FILTER_BAND * COLUMNS;
    if (!(p->sigma > 0))
        return lt_fail(err, LT_EUSAGE,
                       "non-local means needs the standard deviation of the noise, above 0");
    double terms = (double)(side * side) * (double)p->c, h = setting->strength * p->sigma;
    work.discount = (float)(2 * p->sigma * p->sigma * terms);
    work.scale = (float)fmin(1 / (h * h * terms), FLT_MAX); /* not infinite: 0 times it is 0 */
    int rc = lt_alloc(&work.padded, (size_t)(p->c * (p->h + extra) * (p->w + extra)), sizeof(float),
                      "a mirrored picture", err);
    if (rc == LT_OK)
        rc = lt_alloc(&work.totals, threads * floats, sizeof(float), "weighted means", err);
    if (rc == LT_OK) {
        size_t tiles = lt_chunks((size_t)p->h, LT_FILTER_BAND) * lt_chunks((size_t)p->w, COLUMNS);
        pad(&work);
        lt_parallel(p->threads, tiles, filter_tile, &work);
    }
    lt_free(work.padded);
    lt_free(work.totals);
    return rc;
}

static void describe(const struct lt_filter_setting *setting, char *text, size_t size)
{
    int side = 2 * setting->radius + 1;
    snprintf(text, size, "non-local means, %d x %d patches, h %g sigma", side, side,
             setting->strength);
}

static const struct lt_filter_setting settings[] = {
    {2, 0.3},          {2, 0.4},          {2, 0.6},          {2, 0.8},          {2, 1.0},
    {RADIUS_MAX, 0.3}, {RADIUS_MAX, 0.4}, {RADIUS_MAX, 0.6}, {RADIUS_MAX, 0.8}, {RADIUS_MAX, 1.0}};

const struct lt_filter lt_filter_nlm = {"non-local means", settings,
                                        sizeof settings / sizeof *settings, describe, run};
