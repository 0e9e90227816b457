#include "app/products.h"

#include "base/parallel.h"
#include <stddef.h>

enum {
    ROWS_PER_CHUNK = 64,
    LANES = 8, /* sums side by side: fixed, so that its bits are */
};

struct work {
    double *out;
    const float *x;
    const double *w;
    int64_t n, width, count;
};

static double scalar_product(const float *x, const double *w, int64_t n)
{
    double sum[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++)
            sum[j] += (double)x[i + j] * w[i + j];
    for (int j = 0; i < n; i++, j++)
        sum[j] += (double)x[i] * w[i];
    return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

static void run_chunk(void *context, size_t chunk, int thread)
{
    (void)thread;
    const struct work *w = context;
    int64_t end = (int64_t)lt_chunk_end(chunk, ROWS_PER_CHUNK, (size_t)w->n);
    for (int64_t i = (int64_t)lt_chunk_begin(chunk, ROWS_PER_CHUNK); i < end; i++)
        for (int64_t k = 0; k < w->count; k++)
            w->out[i * w->count + k] =
                scalar_product(w->x + i * w->width, w->w + k * w->width, w->width);
}

void lt_products(double *out, const float *x, int64_t n, int64_t width, const double *w,
                 int64_t count, int threads)
{
    struct work work = {out, x, w, n, width, count};
    lt_parallel(threads, lt_chunks((size_t)n, ROWS_PER_CHUNK), run_chunk, &work);
}
