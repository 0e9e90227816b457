#include "app/binarise.h"

#include "base/parallel.h"
#include "base/rng.h"
#include <math.h>

enum { ROWS = 16, BLOCK = 1024 }; /* numbers of a stream used; a wider row takes further streams */

void lt_binarise_row(uint64_t seed, uint32_t epoch, int64_t row, int64_t width, float *x)
{
    float u[BLOCK];
    for (int64_t first = 0; first < width; first += BLOCK) {
        const int64_t n = width - first < BLOCK ? width - first : BLOCK;
        const struct lt_stream s = lt_stream(seed, LT_RNG_BINARISE, epoch,
                                             (uint64_t)row | (uint64_t)(first / BLOCK) << 48);
        lt_fill_uniform(&s, u, (size_t)n);
        for (int64_t j = 0; j < n; j++) /* false for NaN */
            x[first + j] = u[j] < x[first + j] ? 1.0f : isnan(x[first + j]) ? x[first + j] : 0.0f;
    }
}

struct batch {
    const struct lt_binarise *b;
    uint32_t epoch;
    const int64_t *rows;
    int64_t n;
    float *x;
};

static void binarise_chunk(void *context, size_t chunk, int thread)
{
    const struct batch *w = context;
    (void)thread;
    for (size_t i = lt_chunk_begin(chunk, ROWS); i < lt_chunk_end(chunk, ROWS, (size_t)w->n); i++)
        lt_binarise_row(w->b->seed, w->epoch, w->rows[i], w->b->width,
                        w->x + (int64_t)i * w->b->width);
}

static int read_binarised(void *context, uint32_t epoch, const int64_t *rows, int64_t n, float *x,
                          struct lt_error *err)
{
    const struct lt_binarise *b = context;
    struct batch w = {b, epoch, rows, n, x};
    int rc = b->source.read(b->source.context, epoch, rows, n, x, err);
    if (!rc)
        lt_parallel(b->threads, lt_chunks((size_t)n, ROWS), binarise_chunk, &w);
    return rc;
}

struct lt_source lt_binarise_source(struct lt_binarise *b)
{
    return (struct lt_source){.read = read_binarised, .context = b, .rows = b->source.rows};
}
