/* The adaptive Wiener filter, as scipy.signal.wiener and MATLAB's wiener2 have it, except that the
 * picture continues mirrored beyond its edges where they put zeros, which darkens them.
 *
 *     out = m + max(v - n, 0) / max(v, n) (x - m)
 *
 * with the mean m and the variance v (1/N) of the window and the variance n of the noise: sigma^2,
 * or the mean of v over the channel. */
#include "app/filters/filter.h"
#include "base/mem.h"
#include "base/parallel.h"

#include <stdio.h>

enum { SUMS = 2 }; /* of a column of the window: x and x^2 */

struct work {
    const struct lt_picture *picture;
    int radius;
    double *mean, *variance; /* (H, W, C) of the windows */
    double *columns;         /* (threads, SUMS, W, C) */
    const double *noise;     /* (C) variances */
    float *out;              /* (H, W, C) */
};

/* The columns of the windows that are centred on row y. */
static void sum_columns(const struct work *work, int64_t y, double *columns /* (SUMS, W, C) */)
{
    const struct lt_picture *p = work->picture;
    int64_t width = p->w * p->c;
    for (int64_t i = 0; i < SUMS * width; i++)
        columns[i] = 0;
    for (int64_t dy = -work->radius; dy <= work->radius; dy++) {
        const float *row = p->values + lt_mirror(y + dy, p->h) * width;
        for (int64_t i = 0; i < width; i++) {
            double x = (double)row[i];
            columns[i] += x;
            columns[width + i] += x * x;
        }
    }
}

static void find_moments(const struct work *work, int64_t y, const double *columns)
{
    const struct lt_picture *p = work->picture;
    int64_t width = p->w * p->c;
    double side = 2 * work->radius + 1, pixels = side * side;
    for (int64_t i = 0; i < width; i++) {
        double sum = 0, squares = 0;
        for (int64_t dx = -work->radius; dx <= work->radius; dx++) {
            int64_t at = lt_mirror(i / p->c + dx, p->w) * p->c + i % p->c;
            sum += columns[at];
            squares += columns[width + at];
        }
        double mean = sum / pixels, variance = squares / pixels - mean * mean;
        work->mean[y * width + i] = mean;
        work->variance[y * width + i] = variance < 0 ? 0 : variance; /* of rounding */
    }
}

static void moments_of_band(void *context, size_t chunk, int thread)
{
    const struct work *work = context;
    const struct lt_picture *p = work->picture;
    double *columns = work->columns + thread * SUMS * p->w * p->c;
    int64_t end = (int64_t)lt_chunk_end(chunk, LT_FILTER_BAND, (size_t)p->h);
    for (int64_t y = (int64_t)lt_chunk_begin(chunk, LT_FILTER_BAND); y < end; y++) {
        sum_columns(work, y, columns);
        find_moments(work, y, columns);
    }
}

static void filter_band(void *context, size_t chunk, int thread)
{
    (void)thread;
    const struct work *work = context;
    const struct lt_picture *p = work->picture;
    int64_t width = p->w * p->c;
    int64_t end = (int64_t)lt_chunk_end(chunk, LT_FILTER_BAND, (size_t)p->h) * width;
    for (int64_t i = (int64_t)lt_chunk_begin(chunk, LT_FILTER_BAND) * width; i < end; i++) {
        double noise = work->noise[i % p->c], m = work->mean[i], v = work->variance[i];
        double kept = v <= noise ? 0 : (v - noise) / v;
        work->out[i] = (float)(m + kept * ((double)p->values[i] - m));
    }
}

static void find_noise(const struct work *work, double *noise /* (C) */)
{
    const struct lt_picture *p = work->picture;
    for (int64_t i = 0; i < p->h * p->w * p->c; i++)
        noise[i % p->c] += work->variance[i];
    for (int64_t k = 0; k < p->c; k++)
        noise[k] = p->sigma > 0 ? p->sigma * p->sigma : noise[k] / ((double)p->h * (double)p->w);
}

static int run(const struct lt_filter_setting *setting, const struct lt_picture *picture,
               float *out, struct lt_error *err)
{
    struct work work = {.picture = picture, .radius = setting->radius, .out = out};
    size_t width = (size_t)(picture->w * picture->c), values = (size_t)picture->h * width;
    size_t threads = picture->threads > 1 ? (size_t)picture->threads : 1;
    size_t bands = lt_chunks((size_t)picture->h, LT_FILTER_BAND);
    double *noise = NULL;
    int rc = lt_alloc(&work.mean, values, sizeof(double), "local means", err);
    if (rc == LT_OK)
        rc = lt_alloc(&work.variance, values, sizeof(double), "local variances", err);
    if (rc == LT_OK)
        rc = lt_alloc(&work.columns, threads * SUMS * width, sizeof(double), "sums", err);
    if (rc == LT_OK)
        rc = lt_alloc(&noise, (size_t)picture->c, sizeof(double), "variances of noise", err);
    if (rc)
        goto out;
    lt_parallel(picture->threads, bands, moments_of_band, &work);
    find_noise(&work, noise);
    work.noise = noise;
    lt_parallel(picture->threads, bands, filter_band, &work);
out:
    lt_free(work.mean);
    lt_free(work.variance);
    lt_free(work.columns);
    lt_free(noise);
    return rc;
}

static void describe(const struct lt_filter_setting *setting, char *text, size_t size)
{
    int side = 2 * setting->radius + 1;
    snprintf(text, size, "Wiener, %d x %d window", side, side);
}

static const struct lt_filter_setting settings[] = {{1, 0}, {2, 0}, {3, 0}};

const struct lt_filter lt_filter_wiener = {"Wiener", settings, sizeof settings / sizeof *settings,
                                           describe, run};
