/* The first values of rows, as many as each has drawn. */
#include "base/parallel.h"
#include "kernels/host.h"

enum { ROWS = 32, WHOLE_ONE_IN = 2 };

int64_t lt_prefix_of_row(const struct lt_prefix *p, int64_t r)
{
    if (!p->row_ids)
        return p->shown;
    const struct lt_stream stream =
        lt_stream(p->seed, LT_RNG_PREFIX, p->epoch, (uint64_t)p->row_ids[r]);
    if (lt_below(&stream, 0, WHOLE_ONE_IN) == 0)
        return p->last;
    return p->first + 1 + (int64_t)lt_below(&stream, 1, (uint64_t)(p->last - p->first));
}

struct work {
    const struct lt_prefix *p;
    const float *from;
    float *to;
};

static void show_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const size_t end = lt_chunk_end(chunk, ROWS, (size_t)w->p->rows);
    const int64_t first = w->p->first, last = w->p->last;
    (void)thread;
    for (size_t r = lt_chunk_begin(chunk, ROWS); r < end; r++) {
        const int64_t shown = lt_prefix_of_row(w->p, (int64_t)r);
        const float *x = w->from + (int64_t)r * w->p->width;
        float *y = w->to + (int64_t)r * (2 * last - first);
        for (int64_t j = 0; j < last; j++)
            y[j] = j < shown ? x[j] : 0.0f;
        for (int64_t j = first; j < last; j++)
            y[last + j - first] = j < shown ? 1.0f : 0.0f;
    }
}

void lt_host_prefix(struct lt_backend *b, const struct lt_prefix *p, struct lt_buffer x,
                    struct lt_buffer y)
{
    struct work w = {p, lt_host_at(x), lt_host_at(y)};
    lt_parallel(b->threads, lt_chunks((size_t)p->rows, ROWS), show_chunk, &w);
}

static void backward_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const size_t end = lt_chunk_end(chunk, ROWS, (size_t)w->p->rows);
    const int64_t width = w->p->width;
    (void)thread;
    for (size_t r = lt_chunk_begin(chunk, ROWS); r < end; r++) {
        const int64_t shown = lt_prefix_of_row(w->p, (int64_t)r);
        const float *dy = w->from + (int64_t)r * (2 * w->p->last - w->p->first);
        float *dx = w->to + (int64_t)r * width;
        for (int64_t j = 0; j < width; j++)
            dx[j] = j < shown ? dy[j] : 0.0f;
    }
}

void lt_host_prefix_backward(struct lt_backend *b, const struct lt_prefix *p, struct lt_buffer dy,
                             struct lt_buffer dx)
{
    struct work w = {p, lt_host_at(dy), lt_host_at(dx)};
    lt_parallel(b->threads, lt_chunks((size_t)p->rows, ROWS), backward_chunk, &w);
}
