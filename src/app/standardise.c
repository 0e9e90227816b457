#include "app/standardise.h"

#include "base/parallel.h"
#include <float.h>
#include <math.h>
#include <stdbool.h>

enum { COLUMNS_PER_CHUNK = 32, ROWS_PER_CHUNK = 64 };

struct work {
    double *mean, *divisor;
    const double *known_mean, *known_divisor;
    float *out;
    const float *x;
    int64_t columns;
    const int64_t *rows;
    int64_t n;
};

/* sklearn.preprocessing: one value only, when the variance is below what rounding leaves of it. */
static bool is_constant(double variance, double mean, double n)
{
    double rounding = n * mean * DBL_EPSILON;
    return variance <= n * DBL_EPSILON * variance + rounding * rounding;
}

/* Sums over the rows in their order, once for the means and once for the squares. */
static void fit_chunk(void *context, size_t chunk, int thread)
{
    (void)thread;
    const struct work *w = context;
    size_t begin = lt_chunk_begin(chunk, COLUMNS_PER_CHUNK);
    size_t end = lt_chunk_end(chunk, COLUMNS_PER_CHUNK, (size_t)w->columns);
    double seen[COLUMNS_PER_CHUNK] = {0}, sum[COLUMNS_PER_CHUNK] = {0};
    double square[COLUMNS_PER_CHUNK] = {0};
    for (int64_t i = 0; i < w->n; i++)
        for (size_t j = begin; j < end; j++) {
            float x = w->x[w->rows[i] * w->columns + (int64_t)j];
            seen[j - begin] += isnan(x) ? 0 : 1;
            sum[j - begin] += isnan(x) ? 0 : (double)x;
        }
    for (size_t j = begin; j < end; j++)
        w->mean[j] = seen[j - begin] > 0 ? sum[j - begin] / seen[j - begin] : 0;
    for (int64_t i = 0; i < w->n; i++)
        for (size_t j = begin; j < end; j++) {
            float x = w->x[w->rows[i] * w->columns + (int64_t)j];
            double d = isnan(x) ? 0 : (double)x - w->mean[j];
            square[j - begin] += d * d;
        }
    for (size_t j = begin; j < end; j++) {
        double n = seen[j - begin], variance = n > 0 ? square[j - begin] / n : 0;
        w->divisor[j] = is_constant(variance, w->mean[j], n) ? 1 : sqrt(variance);
    }
}

void lt_standardise_fit(double *mean, double *divisor, const float *x, int64_t columns,
                        const int64_t *rows, int64_t n, int threads)
{
    struct work w = {
        .mean = mean, .divisor = divisor, .x = x, .columns = columns, .rows = rows, .n = n};
    lt_parallel(threads, lt_chunks((size_t)columns, COLUMNS_PER_CHUNK), fit_chunk, &w);
}

static void apply_chunk(void *context, size_t chunk, int thread)
{
    (void)thread;
    const struct work *w = context;
    size_t end = lt_chunk_end(chunk, ROWS_PER_CHUNK, (size_t)w->n);
    for (size_t i = lt_chunk_begin(chunk, ROWS_PER_CHUNK); i < end; i++) {
        const float *x = w->x + w->rows[i] * w->columns;
        float *out = w->out + i * (size_t)(w->columns + 1);
        for (int64_t j = 0; j < w->columns; j++)
            out[j] = isnan(x[j]) ? 0.0f
                                 : (float)(((double)x[j] - w->known_mean[j]) / w->known_divisor[j]);
        out[w->columns] = 1;
    }
}

void lt_standardise(float *out, const double *mean, const double *divisor, const float *x,
                    int64_t columns, const int64_t *rows, int64_t n, int threads)
{
    struct work w = {.known_mean = mean,
                     .known_divisor = divisor,
                     .out = out,
                     .x = x,
                     .columns = columns,
                     .rows = rows,
                     .n = n};
    lt_parallel(threads, lt_chunks((size_t)n, ROWS_PER_CHUNK), apply_chunk, &w);
}
