#include "base/parallel.h"
#include "kernels/host.h"
#include <string.h>

/* Pixels become squares of pixels.  Fine pixel i of a line lies at (i + 1/2) / factor - 1/2 among the
 * coarse ones, between two of them, and takes from both by how near they are. */

struct work {
    enum lt_upsample kind;
    const struct lt_squares *s;
    const float *from;
    float *to;
};

/* The coarse pixels of a line that a fine one takes from, and the share of the second. */
struct place {
    int64_t low, high;
    float share;
};

static struct place place_of(enum lt_upsample kind, int64_t fine, int64_t factor, int64_t coarse)
{
    if (kind == LT_UPSAMPLE_NEAREST)
        return (struct place){fine / factor, fine / factor, 0};
    const int64_t at = 2 * fine + 1 - factor, unit = 2 * factor; /* in units of a coarse pixel */
    if (at <= 0)
        return (struct place){0, 0, 0};
    const int64_t low = at / unit, high = low + 1 < coarse ? low + 1 : low;
    return (struct place){low, high, (float)(at % unit) / (float)unit};
}

static void mix(int64_t n, const float weight[4], const float *const from[4], float *to)
{
    for (int64_t c = 0; c < n; c++)
        to[c] = weight[0] * from[0][c] + weight[1] * from[1][c] + weight[2] * from[2][c] +
                weight[3] * from[3][c];
}

static void add_scaled(int64_t n, float weight, const float *from, float *to)
{
    for (int64_t c = 0; c < n; c++)
        to[c] += weight * from[c];
}

/* The four coarse pixels around (y, x), as offsets into their grid, and their weights. */
static void surround(struct place y, struct place x, int64_t across, int64_t channels,
                     int64_t at[4], float weight[4])
{
    for (int k = 0; k < 4; k++) {
        const int64_t line = k / 2 ? y.high : y.low, column = k % 2 ? x.high : x.low;
        at[k] = (line * across + column) * channels;
        weight[k] = (k / 2 ? y.share : 1.0f - y.share) * (k % 2 ? x.share : 1.0f - x.share);
    }
}

typedef void pixel_fn(const struct work *w, const int64_t at[4], const float weight[4],
                      int64_t fine, const float *from, float *to);

/* Calls fn for every fine pixel of a row. */
static void each_pixel(const struct work *w, const float *from, float *to, pixel_fn *fn)
{
    const struct lt_squares *s = w->s;
    const int64_t down = lt_conv_coarse(s->h, s->factor), across = lt_conv_coarse(s->w, s->factor);
    int64_t at[4];
    float weight[4];
    for (int64_t i = 0; i < s->h; i++) {
        const struct place y = place_of(w->kind, i, s->factor, down);
        for (int64_t j = 0; j < s->w; j++) {
            const struct place x = place_of(w->kind, j, s->factor, across);
            surround(y, x, across, s->channels, at, weight);
            fn(w, at, weight, (i * s->w + j) * s->channels, from, to);
        }
    }
}

static int64_t fine_values(const struct lt_squares *s)
{
    return s->h * s->w * s->channels;
}

static int64_t coarse_values(const struct lt_squares *s)
{
    return lt_conv_coarse(s->h, s->factor) * lt_conv_coarse(s->w, s->factor) * s->channels;
}

/* ---- forward ---- */

static void make_pixel(const struct work *w, const int64_t at[4], const float weight[4],
                       int64_t fine, const float *from, float *to)
{
    const int64_t n = w->s->channels;
    const float *const around[4] = {from + at[0], from + at[1], from + at[2], from + at[3]};
    if (w->kind == LT_UPSAMPLE_NEAREST)
        memcpy(to + fine, around[0], (size_t)n * sizeof *to);
    else
        mix(n, weight, around, to + fine);
}

static void upsample_row(void *context, size_t row, int thread)
{
    const struct work *w = context;
    (void)thread;
    each_pixel(w, w->from + (int64_t)row * coarse_values(w->s),
               w->to + (int64_t)row * fine_values(w->s), make_pixel);
}

void lt_host_upsample(struct lt_backend *b, enum lt_upsample kind, const struct lt_squares *s,
                      struct lt_buffer x, struct lt_buffer y)
{
    struct work w = {.kind = kind, .s = s, .from = lt_host_at(x), .to = lt_host_at(y)};
    lt_parallel(b->threads, (size_t)s->rows, upsample_row, &w);
}

/* ---- backward ---- */

static void return_pixel(const struct work *w, const int64_t at[4], const float weight[4],
                         int64_t fine, const float *from, float *to)
{
    const int around = w->kind == LT_UPSAMPLE_NEAREST ? 1 : 4;
    for (int k = 0; k < around; k++)
        add_scaled(w->s->channels, weight[k], from + fine, to + at[k]);
}

/* A coarse pixel sums up fine ones in reading order, all of one row. */
static void return_row(void *context, size_t row, int thread)
{
    const struct work *w = context;
    float *dx = w->to + (int64_t)row * coarse_values(w->s);
    (void)thread;
    memset(dx, 0, (size_t)coarse_values(w->s) * sizeof *dx);
    each_pixel(w, w->from + (int64_t)row * fine_values(w->s), dx, return_pixel);
}

void lt_host_upsample_backward(struct lt_backend *b, enum lt_upsample kind,
                               const struct lt_squares *s, struct lt_buffer dy, struct lt_buffer dx)
{
    struct work w = {.kind = kind, .s = s, .from = lt_host_at(dy), .to = lt_host_at(dx)};
    lt_parallel(b->threads, (size_t)s->rows, return_row, &w);
}
