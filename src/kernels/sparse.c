#include "base/fmath.h"
#include "base/parallel.h"
#include "kernels/host.h"
#include <math.h>
#include <string.h>

enum { ROWS = 8, DIGIT = 8, BINS = 1 << DIGIT, PIECES = 32 };
static const float MEAN_LEAST = 1e-6f; /* of a unit's mean activity and of its distance from 1 */

struct work {
    const struct lt_sparse *s;
    const float *x, *dy;
    float *y, *mean;
    double *row_loss;
    float scale;
    double same; /* kl: the loss of every row */
};

/* ---- the largest values ---- */

/* Unsigned numbers in the order of the floats; NaN is beyond them all. */
static inline uint32_t key_of(float x)
{
    uint32_t bits = lt_float_bits(x);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

/* The search for the key of the keep-th largest value, digit by digit from the top. */
struct search {
    int shift;             /* of the digit that is looked for */
    uint32_t found, known; /* digits found so far, and the bits that they cover */
    int64_t larger;        /* values known to be larger */
};

/* Adds values to the counts of the digit among those that agree in the digits found. */
static void count_digit(const struct search *s, const float *x, size_t n, uint32_t count[BINS])
{
    for (size_t i = 0; i < n; i++) {
        uint32_t key = key_of(x[i]);
        if ((key & s->known) == s->found)
            count[key >> s->shift & (BINS - 1)]++;
    }
}

static void settle_digit(struct search *s, const uint32_t count[BINS], int64_t keep)
{
    int bin = BINS - 1;
    for (; bin > 0 && s->larger + count[bin] < keep; bin--)
        s->larger += count[bin];
    s->found |= (uint32_t)bin << s->shift;
    s->known |= (uint32_t)(BINS - 1) << s->shift;
}

/* Keeps what is larger than the key, and the first `ties` of those equal to it. */
static void keep_from(const float *x, size_t n, uint32_t threshold, int64_t ties, float *y)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t key = key_of(x[i]);
        bool kept = key > threshold || (key == threshold && ties-- > 0);
        y[i] = kept ? x[i] : 0.0f;
    }
}

static void keep_largest(const float *x, int64_t width, int64_t keep, float *y)
{
    struct search s = {0};
    for (s.shift = 32 - DIGIT; s.shift >= 0; s.shift -= DIGIT) {
        uint32_t count[BINS] = {0};
        count_digit(&s, x, (size_t)width, count);
        settle_digit(&s, count, keep);
    }
    keep_from(x, (size_t)width, s.found, keep - s.larger, y);
}

/* The same over a whole batch.  Counts are whole numbers, kept for each piece, so that neither the
 * threads that make them nor their order matter, and tell in the end how many of the equal values
 * stand in the pieces before. */
struct batch {
    struct search search;
    const float *x;
    float *y;
    size_t n, piece; /* values in all, and in a piece */
    int64_t keep;
    uint32_t count[PIECES][BINS];
};

static size_t piece_size(const struct batch *b, size_t piece)
{
    return lt_chunk_end(piece, b->piece, b->n) - lt_chunk_begin(piece, b->piece);
}

static void count_piece(void *context, size_t piece, int thread)
{
    struct batch *b = context;
    (void)thread;
    memset(b->count[piece], 0, sizeof b->count[piece]);
    count_digit(&b->search, b->x + lt_chunk_begin(piece, b->piece), piece_size(b, piece),
                b->count[piece]);
}

static void keep_piece(void *context, size_t piece, int thread)
{
    const struct batch *b = context;
    const size_t begin = lt_chunk_begin(piece, b->piece);
    int64_t ties = b->keep - b->search.larger;
    (void)thread;
    for (size_t p = 0; p < piece; p++)
        ties -= b->count[p][b->search.found & (BINS - 1)]; /* of the last digit */
    keep_from(b->x + begin, piece_size(b, piece), b->search.found, ties, b->y + begin);
}

static void keep_largest_of_batch(struct lt_backend *backend, const struct lt_sparse *s,
                                  const float *x, float *y)
{
    struct batch b = {.x = x, .y = y, .n = (size_t)(s->rows * s->width), .keep = s->keep * s->rows};
    b.piece = lt_chunks(b.n, PIECES);
    const size_t pieces = lt_chunks(b.n, b.piece);
    struct search *search = &b.search;
    for (search->shift = 32 - DIGIT; search->shift >= 0; search->shift -= DIGIT) {
        uint32_t count[BINS] = {0};
        lt_parallel(backend->threads, pieces, count_piece, &b);
        for (size_t p = 0; p < pieces; p++)
            for (int bin = 0; bin < BINS; bin++)
                count[bin] += b.count[p][bin];
        settle_digit(search, count, b.keep);
    }
    lt_parallel(backend->threads, pieces, keep_piece, &b);
}

/* ---- forward ---- */

static double absolute_sum(const float *x, int64_t width)
{
    double sum = 0;
    for (int64_t j = 0; j < width; j++)
        sum += (double)fabsf(x[j]);
    return sum;
}

static void keep_above(const float *x, int64_t width, float threshold, float *y)
{
    for (int64_t j = 0; j < width; j++)
        y[j] = x[j] >= threshold ? x[j] : 0.0f;
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
        else if (s->kind == LT_SPARSITY_BATCHTOPK)
            keep_above(x, s->width, s->threshold, y);
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
    if (s->kind == LT_SPARSITY_BATCHTOPK && isnan(s->threshold)) {
        keep_largest_of_batch(b, s, w.x, w.y);
        return;
    }
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
    const bool selects = s->kind == LT_SPARSITY_TOPK || s->kind == LT_SPARSITY_BATCHTOPK;
    (void)thread;
    for (size_t r = lt_chunk_begin(chunk, ROWS); r < lt_chunk_end(chunk, ROWS, (size_t)s->rows);
         r++)
        for (int64_t j = 0; j < s->width; j++) {
            int64_t at = (int64_t)r * s->width + j;
            bool dropped = selects && w->x[at] == 0.0f;
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
