/* Drawing each code to one neighbour and away from the others: all pairs of a batch. */
#include "base/fmath.h"
#include "base/parallel.h"
#include "kernels/host.h"

enum { ROWS = 8 };

struct work {
    const struct lt_attraction *a;
    const float *x, *z;
    double *sum, *row_loss;
    float scale;
    float *dx, *dz;
};

/* q = 1 / (1 + |x - z|^2): Student's t with one degree of freedom, as in t-SNE */
static float similarity(const float *x, const float *z, int64_t width)
{
    float square = 0;
    for (int64_t k = 0; k < width; k++)
        square += (x[k] - z[k]) * (x[k] - z[k]);
    return 1.0f / (1.0f + square);
}

static void forward_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const int64_t width = w->a->width;
    const size_t end = lt_chunk_end(chunk, ROWS, (size_t)w->a->rows);
    (void)thread;
    for (size_t i = lt_chunk_begin(chunk, ROWS); i < end; i++) {
        const float *x = w->x + (int64_t)i * width;
        const float own = similarity(x, w->z + (int64_t)i * width, width);
        double sum = 0;
        for (int64_t m = 0; m < w->a->rows; m++)
            sum += (double)similarity(x, w->z + m * width, width);
        w->sum[i] = sum;
        w->row_loss[i] = lt_log(sum) - lt_log((double)own);
    }
}

void lt_host_attract(struct lt_backend *b, const struct lt_attraction *a, struct lt_buffer x,
                     struct lt_buffer z, struct lt_buffer sum, struct lt_buffer row_loss)
{
    struct work w = {.a = a,
                     .x = lt_host_at(x),
                     .z = lt_host_at(z),
                     .sum = lt_host_at(sum),
                     .row_loss = lt_host_at(row_loss)};
    lt_parallel(b->threads, lt_chunks((size_t)a->rows, ROWS), forward_chunk, &w);
}

/* With S = sum over m of q_im, the loss of row i is log S - log q_ii, so its slope along log q_im is
 * q_im / S - [i = m]; and that of log q_im along x_i is -2 q_im (x_i - z_m), along z_m the opposite.
 * This is what the pair adds along x_i, divided by x_i - z_m. */
static float pull(const struct work *w, int64_t i, int64_t m, float inverse_sum)
{
    const int64_t width = w->a->width;
    const float q = similarity(w->x + i * width, w->z + m * width, width);
    return 2.0f * w->scale * q * ((i == m ? 1.0f : 0.0f) - q * inverse_sum);
}

static void add_pull(float *to, float pull, const float *from, const float *away, int64_t width)
{
    for (int64_t k = 0; k < width; k++)
        to[k] += pull * (from[k] - away[k]);
}

/* Rows of dx and of dz, each the sum over all rows on the other side, in order. */
static void backward_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const int64_t width = w->a->width;
    const int64_t end = (int64_t)lt_chunk_end(chunk, ROWS, (size_t)w->a->rows);
    (void)thread;
    for (int64_t i = (int64_t)lt_chunk_begin(chunk, ROWS); i < end; i++) {
        const int64_t at = i * width;
        for (int64_t k = 0; k < width; k++)
            w->dx[at + k] = w->dz[at + k] = 0;
        const float inverse = (float)(1 / w->sum[i]);
        for (int64_t m = 0; m < w->a->rows; m++)
            add_pull(w->dx + at, pull(w, i, m, inverse), w->x + at, w->z + m * width, width);
        for (int64_t m = 0; m < w->a->rows; m++)
            add_pull(w->dz + at, pull(w, m, i, (float)(1 / w->sum[m])), w->z + at, w->x + m * width,
                     width);
    }
}

void lt_host_attract_backward(struct lt_backend *b, const struct lt_attraction *a, float scale,
                              struct lt_buffer x, struct lt_buffer z, struct lt_buffer sum,
                              struct lt_buffer dx, struct lt_buffer dz)
{
    struct work w = {.a = a,
                     .x = lt_host_at(x),
                     .z = lt_host_at(z),
                     .sum = lt_host_at(sum),
                     .scale = scale,
                     .dx = lt_host_at(dx),
                     .dz = lt_host_at(dz)};
    lt_parallel(b->threads, lt_chunks((size_t)a->rows, ROWS), backward_chunk, &w);
}
