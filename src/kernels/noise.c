/* Random corruption, one stream of numbers per row of the table, so that a
 * row's noise depends neither on its place in the batch nor on threads. */
#include "base/parallel.h"
#include "base/poisson.h"
#include "kernels/host.h"
#include "kernels/jpeg.h"

#include <math.h>
#include <string.h>

enum { ROWS = 4 /* rows in a chunk: a row of 784 costs some microseconds */ };

struct noise {
    const struct lt_elementwise *elementwise;
    struct lt_corruption of;
    float p; /* dropout */
    uint64_t seed;
    uint32_t epoch, layer;
    const int64_t *row_ids;
    int64_t rows, width;
    const float *x;
    float *mask, *y;
};

/* Which numbers of its stream a row needs beforehand, in y. */
static void draw(enum lt_noise kind, const struct lt_stream *stream, float *y, int64_t width)
{
    switch (kind) {
    case LT_NOISE_GAUSSIAN:
        lt_fill_normal(stream, y, (size_t)width);
        return;
    case LT_NOISE_MASK:
    case LT_NOISE_SALTPEPPER:
    case LT_NOISE_UNIFORM:
    case LT_NOISE_MISSING:
        lt_fill_uniform(stream, y, (size_t)width);
        return;
    default:
        return;
    }
}

static void count_light(const struct lt_stream *stream, float peak, const float *x, float *y,
                        int64_t width)
{
    for (int64_t i = 0; i < width; i++) {
        const double mean = (double)peak * (double)x[i];
        const double n = lt_poisson(stream, (uint32_t)i, (uint32_t)width, mean);
        y[i] = isnan(x[i]) ? x[i] : (float)(n / (double)peak);
    }
}

/* y (width) holds the row's random numbers and becomes the corrupted x; missing cells
 * (NaN) stay. */
static void corrupt(const struct noise *w, const struct lt_stream *stream, const float *x, float *y)
{
    const int64_t n = w->width;
    const float p = lt_corruption_of_row(&w->of, stream);
    const float low = w->of.low, high = w->of.high;
    switch (w->of.kind) {
    case LT_NOISE_GAUSSIAN:
        for (int64_t i = 0; i < n; i++)
            y[i] = x[i] + p * y[i];
        break;
    case LT_NOISE_UNIFORM:
        for (int64_t i = 0; i < n; i++)
            y[i] = x[i] + p * (2.0f * y[i] - 1.0f);
        break;
    case LT_NOISE_MASK:
        for (int64_t i = 0; i < n; i++)
            y[i] = y[i] < p && !isnan(x[i]) ? 0.0f : x[i];
        break;
    case LT_NOISE_MISSING:
        for (int64_t i = 0; i < n; i++)
            y[i] = y[i] < p ? (float)NAN : x[i];
        break;
    case LT_NOISE_SALTPEPPER:
        for (int64_t i = 0; i < n; i++)
            y[i] = isnan(x[i]) ? x[i] : y[i] < 0.5f * p ? low : y[i] < p ? high : x[i];
        break;
    case LT_NOISE_POISSON:
        count_light(stream, p, x, y, n);
        break;
    case LT_NOISE_JPEG:
        lt_jpeg(w->of.h, w->of.w, n / (w->of.h * w->of.w), (int)(p + 0.5f), x, y);
        break;
    default:
        memcpy(y, x, (size_t)n * sizeof *y);
    }
}

static void noise_chunk(void *context, size_t chunk, int thread)
{
    const struct noise *w = context;
    const size_t end = lt_chunk_end(chunk, ROWS, (size_t)w->rows);
    (void)thread;
    for (size_t r = lt_chunk_begin(chunk, ROWS); r < end; r++) {
        const struct lt_stream stream =
            lt_stream(w->seed, LT_RNG_NOISE, w->epoch, (uint64_t)w->row_ids[r]);
        const float *x = w->x + (int64_t)r * w->width;
        float *y = w->y + (int64_t)r * w->width;
        draw(w->of.kind, &stream, y, w->width);
        corrupt(w, &stream, x, y);
    }
}

void lt_host_noise(struct lt_backend *b, const struct lt_corruption *noise, uint64_t seed,
                   uint32_t epoch, const int64_t *row_ids, int64_t rows, int64_t width,
                   struct lt_buffer x, struct lt_buffer y)
{
    struct noise w = {.of = *noise,
                      .seed = seed,
                      .epoch = epoch,
                      .row_ids = row_ids,
                      .rows = rows,
                      .width = width,
                      .x = lt_host_at(x),
                      .y = lt_host_at(y)};
    lt_parallel(b->threads, lt_chunks((size_t)rows, ROWS), noise_chunk, &w);
}

static void dropout_chunk(void *context, size_t chunk, int thread)
{
    const struct noise *w = context;
    const size_t end = lt_chunk_end(chunk, ROWS, (size_t)w->rows);
    const float p = w->p, scale = 1.0f / (1.0f - p);
    (void)thread;
    for (size_t r = lt_chunk_begin(chunk, ROWS); r < end; r++) {
        const uint64_t row = (uint64_t)w->row_ids[r] | (uint64_t)w->layer << 48;
        const struct lt_stream stream = lt_stream(w->seed, LT_RNG_DROPOUT, w->epoch, row);
        float *mask = w->mask + (int64_t)r * w->width;
        lt_fill_uniform(&stream, mask, (size_t)w->width);
        for (int64_t i = 0; i < w->width; i++)
            mask[i] = mask[i] < p ? 0.0f : scale;
        w->elementwise->multiply((size_t)w->width, w->x + (int64_t)r * w->width, mask,
                                 w->y + (int64_t)r * w->width);
    }
}

void lt_host_dropout(struct lt_backend *b, float p, uint64_t seed, uint32_t epoch, uint32_t layer,
                     const int64_t *row_ids, int64_t rows, int64_t width, struct lt_buffer x,
                     struct lt_buffer mask, struct lt_buffer y)
{
    struct noise w = {.elementwise = lt_host_elementwise(b),
                      .p = p,
                      .seed = seed,
                      .epoch = epoch,
                      .layer = layer,
                      .row_ids = row_ids,
                      .rows = rows,
                      .width = width,
                      .x = lt_host_at(x),
                      .mask = lt_host_at(mask),
                      .y = lt_host_at(y)};
    lt_parallel(b->threads, lt_chunks((size_t)rows, ROWS), dropout_chunk, &w);
}
