#include "base/parallel.h"
#include "kernels/host.h"
#include <string.h>

/* Squares of pixels become one: the largest value of each channel, or the mean. */

enum { BLOCK = 64 }; /* channels whose gradients wait on the stack */

struct work {
    enum lt_pool kind;
    const struct lt_squares *s;
    const float *x, *y, *dy;
    float *out; /* y, or dx backward */
};

/* A square of a row's fine grid: its pixels in reading order. */
struct square {
    int64_t top, bottom, left, right;
};

static struct square square_of(const struct lt_squares *s, int64_t pixel)
{
    const int64_t across = lt_conv_coarse(s->w, s->factor);
    const int64_t top = pixel / across * s->factor, left = pixel % across * s->factor;
    const int64_t bottom = top + s->factor, right = left + s->factor;
    return (struct square){top, bottom < s->h ? bottom : s->h, left, right < s->w ? right : s->w};
}

static int64_t pixels_of(const struct square *q)
{
    return (q->bottom - q->top) * (q->right - q->left);
}

static int64_t coarse_pixels(const struct lt_squares *s)
{
    return lt_conv_coarse(s->h, s->factor) * lt_conv_coarse(s->w, s->factor);
}

/* ---- forward ---- */

static void take_largest(int64_t n, const float *x, float *y)
{
    for (int64_t c = 0; c < n; c++)
        y[c] = x[c] > y[c] ? x[c] : y[c];
}

static void add_values(int64_t n, const float *x, float *y)
{
    for (int64_t c = 0; c < n; c++)
        y[c] += x[c];
}

static void pool_square(const struct work *w, const struct square *q, const float *x, float *y)
{
    const int64_t n = w->s->channels;
    memcpy(y, x + (q->top * w->s->w + q->left) * n, (size_t)n * sizeof *y);
    for (int64_t i = q->top; i < q->bottom; i++)
        for (int64_t j = q->left; j < q->right; j++) {
            if (i == q->top && j == q->left)
                continue;
            if (w->kind == LT_POOL_MAX)
                take_largest(n, x + (i * w->s->w + j) * n, y);
            else
                add_values(n, x + (i * w->s->w + j) * n, y);
        }
    const float share = 1.0f / (float)pixels_of(q);
    for (int64_t c = 0; w->kind == LT_POOL_AVERAGE && c < n; c++)
        y[c] *= share;
}

static void pool_row(void *context, size_t row, int thread)
{
    const struct work *w = context;
    const struct lt_squares *s = w->s;
    const int64_t coarse = coarse_pixels(s);
    const float *x = w->x + (int64_t)row * s->h * s->w * s->channels;
    float *y = w->out + (int64_t)row * coarse * s->channels;
    (void)thread;
    for (int64_t p = 0; p < coarse; p++) {
        const struct square q = square_of(s, p);
        pool_square(w, &q, x, y + p * s->channels);
    }
}

void lt_host_pool(struct lt_backend *b, enum lt_pool kind, const struct lt_squares *s,
                  struct lt_buffer x, struct lt_buffer y)
{
    struct work w = {.kind = kind, .s = s, .x = lt_host_at(x), .out = lt_host_at(y)};
    lt_parallel(b->threads, (size_t)s->rows, pool_row, &w);
}

/* ---- backward ---- */

/* dx = what is left of the gradient where x is the largest value y, which then is gone. */
static void give_largest(int64_t n, const float *x, const float *y, float *left, float *dx)
{
    for (int64_t c = 0; c < n; c++) {
        const bool here = x[c] == y[c];
        dx[c] = here ? left[c] : 0.0f;
        left[c] = here ? 0.0f : left[c];
    }
}

static void give_share(int64_t n, const float *dy, float share, float *dx)
{
    for (int64_t c = 0; c < n; c++)
        dx[c] = dy[c] * share;
}

/* Of n channels, at most BLOCK: x and dx are the row's grids from the first of them on. */
static void spread_square(const struct work *w, const struct square *q, int64_t n, const float *x,
                          const float *y, const float *dy, float *dx)
{
    const float share = 1.0f / (float)pixels_of(q);
    float left[BLOCK];
    memcpy(left, dy, (size_t)n * sizeof *left);
    for (int64_t i = q->top; i < q->bottom; i++)
        for (int64_t j = q->left; j < q->right; j++) {
            const int64_t at = (i * w->s->w + j) * w->s->channels;
            if (w->kind == LT_POOL_MAX)
                give_largest(n, x + at, y, left, dx + at);
            else
                give_share(n, dy, share, dx + at);
        }
}

static void spread_row(void *context, size_t row, int thread)
{
    const struct work *w = context;
    const struct lt_squares *s = w->s;
    const int64_t coarse = coarse_pixels(s), fine = s->h * s->w;
    const int64_t x0 = (int64_t)row * fine * s->channels;
    const int64_t y0 = (int64_t)row * coarse * s->channels;
    (void)thread;
    for (int64_t p = 0; p < coarse; p++) {
        const struct square q = square_of(s, p);
        for (int64_t c = 0; c < s->channels; c += BLOCK) {
            const int64_t n = s->channels - c < BLOCK ? s->channels - c : BLOCK;
            const int64_t y = y0 + p * s->channels + c;
            spread_square(w, &q, n, w->x + x0 + c, w->y + y, w->dy + y, w->out + x0 + c);
        }
    }
}

void lt_host_pool_backward(struct lt_backend *b, enum lt_pool kind, const struct lt_squares *s,
                           struct lt_buffer x, struct lt_buffer y, struct lt_buffer dy,
                           struct lt_buffer dx)
{
    struct work w = {.kind = kind,
                     .s = s,
                     .x = lt_host_at(x),
                     .y = lt_host_at(y),
                     .dy = lt_host_at(dy),
                     .out = lt_host_at(dx)};
    lt_parallel(b->threads, (size_t)s->rows, spread_row, &w);
}
