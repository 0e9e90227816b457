/* Steps of one length, along a direction of each row's own. */
#include "base/parallel.h"
#include "kernels/host.h"
#include <math.h>

enum { ROWS = 8 };

struct work {
    float length;
    int64_t rows, width;
    const float *x, *direction;
    float *y;
};

static void step_row(const struct work *w, int64_t r)
{
    const float *x = w->x + r * w->width, *d = w->direction + r * w->width;
    float *y = w->y + r * w->width;
    double square = 0;
    for (int64_t j = 0; j < w->width; j++)
        square += (double)d[j] * (double)d[j];
    const float scale = square > 0 ? (float)((double)w->length / sqrt(square)) : 0;
    for (int64_t j = 0; j < w->width; j++)
        y[j] = x[j] + scale * d[j];
}

static void step_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const size_t end = lt_chunk_end(chunk, ROWS, (size_t)w->rows);
    (void)thread;
    for (size_t r = lt_chunk_begin(chunk, ROWS); r < end; r++)
        step_row(w, (int64_t)r);
}

void lt_host_step_rows(struct lt_backend *b, float length, int64_t rows, int64_t width,
                       struct lt_buffer x, struct lt_buffer direction, struct lt_buffer y)
{
    struct work w = {length, rows, width, lt_host_at(x), lt_host_at(direction), lt_host_at(y)};
    lt_parallel(b->threads, lt_chunks((size_t)rows, ROWS), step_chunk, &w);
}
