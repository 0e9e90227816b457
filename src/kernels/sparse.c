#include "base/fmath.h"
#include "base/parallel.h"
#include "kernels/host.h"
#include <math.h>
#include <string.h>

enum { ROWS = 8, DIGIT = 8, BINS = 1 << DIGIT };
static const float MEAN_LEAST = 1e-6f; /* of a unit's mean activity and of its distance from 1 */

struct work {
    const struct lt_sparse *s;
    const float *x, *dy;
    float *y, *mean;
    double *row_loss;
    float scale;
    double same; /* kl: the loss of every row */
};

/* ---- the largest values of a row ---- */

/* Unsigned numbers in the order of the floats; NaN is beyond them all. */
static inline uint32_t key_of(float x)
{
    uint32_t bits = lt_float_bits(x);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

/* The key of the keep-th largest value, found digit by digit from the top; *above receives how many
 * are larger. */
static uint32_t find_threshold(const float *x, int64_t width, int64_t keep, int64_t *above)
{
    uint32_t found = 0, known = 0; /* digits found so far, and the bits that they cover */
    int64_t larger = 0;
    for (int shift = 32 - DIGIT; shift >= 0; shift -= DIGIT) {
        int64_t count[BINS] = {0};
        int bin = BINS - 1;
        for (int64_t j = 0; j < width; j++)
            if ((key_of(x[j]) & known) == found)
                count[key_of(x[j]) >> shift & (BINS - 1)]++;
        for (; bin > 0 && larger + count[bin] < keep; bin--)
            larger += count[bin];
        found |= (uint32_t)bin << shift;
        known |= (uint32_t)(BINS - 1) << shift;
    }
    *above = larger;
    return found;
}

/* Of equal values the first are kept. */
static void keep_largest(const float *x, int64_t width, int64_t keep, float *y)
{
    int64_t above = 0;
    uint32_t threshold = find_threshold(x, width, keep, &above);
    int64_t ties = keep - above;
    for (int64_t j = 0; j < width; j++) {
        uint32_t key = key_of(x[j]);
        bool kept = key > threshold || (key == threshold && ties-- > 0);
        y[j] = kept ? x[j] : 0.0f;
    }
}

/* ---- forward ---- */

static double absolute_sum(const float *x, int64_t width)
{
    double sum = 0;
    for (int64_t j = 0; j < width; j++)
        sum += (double)fabsf(x[j]);
    return sum;
}

static void sparse_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const struct lt_sparse *s = w->s;
    (void)thread;
    for (size_t r = lt_chunk_begin(chunk, ROWS); r < lt_chunk_end(chunk, ROWS, (size_t)s->rows);
         r++) {
        const float *x = w->x + (int64_t)r * s->width;
        float *y = w->y + (int64_t)r * s->width;
        if (s->kind == LT_SPARSITY_TOPK)
            keep_largest(x, s->width, s->keep, y);
        else
            memcpy(y, x, (size_t)s->width * sizeof *y);
        if (w->row_loss)
            w->row_loss[r] = s->kind == LT_SPARSITY_L1   ? absolute_sum(x, s->width)
                             : s->kind == LT_SPARSITY_KL ? w->same
                                                         : 0;
    }
}

static float clamped(float mean)
{
    return mean < MEAN_LEAST ? MEAN_LEAST : mean > 1.0f - MEAN_LEAST ? 1.0f - MEAN_LEAST : mean;
}

/* Mean activities, and the divergences from rho of them all. */
static double diverge(struct lt_backend *b, const struct lt_sparse *s, const float *x, float *mean)
{
    double sum = 0, rho = (double)s->rho;
    lt_host_column_sums(b, s->rows, s->width, x, mean, false);
    for (int64_t j = 0; j < s->width; j++) {
        mean[j] = clamped(mean[j] / (float)s->rows);
        double m = (double)mean[j];
        sum += rho * lt_log(rho / m) + (1 - rho) * lt_log((1 - rho) / (1 - m));
    }
    return sum;
}

void lt_host_sparse(struct lt_backend *b, const struct lt_sparse *s, struct lt_buffer x,
                    struct lt_buffer y, struct lt_buffer mean, struct lt_buffer row_loss)
{
    struct work w = {.s = s,
                     .x = lt_host_at(x),
                     .y = lt_host_at(y),
                     .mean = lt_host_at(mean),
                     .row_loss = lt_host_at(row_loss)};
    if (s->kind == LT_SPARSITY_KL && w.mean)
        w.same = diverge(b, s, w.x, w.mean);
    lt_parallel(b->threads, lt_chunks((size_t)s->rows, ROWS), sparse_chunk, &w);
}

/* ---- backward ---- */

static float slope(const struct work *w, float y, int64_t j)
{
    const struct lt_sparse *s = w->s;
    if (s->kind == LT_SPARSITY_L1)
        return (y > 0.0f ? 1.0f : 0.0f) - (y < 0.0f ? 1.0f : 0.0f);
    if (s->kind == LT_SPARSITY_KL)
        return (1.0f - s->rho) / (1.0f - w->mean[j]) - s->rho / w->mean[j];
    return 0.0f;
}

static void backward_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const struct lt_sparse *s = w->s;
    (void)thread;
    for (size_t r = lt_chunk_begin(chunk, ROWS); r < lt_chunk_end(chunk, ROWS, (size_t)s->rows);
         r++)
        for (int64_t j = 0; j < s->width; j++) {
            int64_t at = (int64_t)r * s->width + j;
            bool dropped = s->kind == LT_SPARSITY_TOPK && w->x[at] == 0.0f;
            w->y[at] = dropped ? 0.0f : w->dy[at] + w->scale * slope(w, w->x[at], j);
        }
}

void lt_host_sparse_backward(struct lt_backend *b, const struct lt_sparse *s, float scale,
                             struct lt_buffer y, struct lt_buffer mean, struct lt_buffer dy,
                             struct lt_buffer dx)
{
    struct work w = {.s = s,
                     .x = lt_host_at(y),
                     .dy = lt_host_at(dy),
                     .y = lt_host_at(dx),
                     .mean = lt_host_at(mean),
                     .scale = scale};
    lt_parallel(b->threads, lt_chunks((size_t)s->rows, ROWS), backward_chunk, &w);
}
