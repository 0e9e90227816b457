#include "data/resample.h"

#include "base/mem.h"
#include <string.h>

/* What one new sample takes of the old ones: those from `first` on, by weights that sum to `total`. */
struct taps {
    int64_t first, count;
    double head, inner, tail; /* weights of the first, of those between, of the last of several */
    double total;
};

/* New sample j of m from n.  In units of 1 / m it covers j n ... (j + 1) n, and sample i of the old ones
 * i m ... (i + 1) m. */
static struct taps area_of(int64_t j, int64_t n, int64_t m)
{
    const int64_t begin = j * n, end = begin + n;
    const int64_t first = begin / m, last = (end - 1) / m;
    const int64_t first_end = (first + 1) * m < end ? (first + 1) * m : end;
    return (struct taps){.first = first,
                         .count = last - first + 1,
                         .head = (double)(first_end - begin),
                         .inner = (double)m,
                         .tail = (double)(end - last * m),
                         .total = (double)n};
}

/* In units of 1 / (2 m) it lies at (2 j + 1) n - m among the old ones. */
static struct taps line_of(int64_t j, int64_t n, int64_t m)
{
    const int64_t unit = 2 * m, most = (n - 1) * unit;
    int64_t at = (2 * j + 1) * n - m;
    at = at < 0 ? 0 : at > most ? most : at;
    const int64_t past = at % unit;
    return (struct taps){.first = at / unit,
                         .count = past > 0 ? 2 : 1,
                         .head = (double)(unit - past),
                         .tail = (double)past,
                         .total = (double)unit};
}

static struct taps taps_of(int64_t j, int64_t n, int64_t m)
{
    if (m == n)
        return (struct taps){.first = j, .count = 1, .head = 1, .total = 1};
    return m < n ? area_of(j, n, m) : line_of(j, n, m);
}

static void add_scaled(double weight, const double *from, double *to, int64_t n)
{
    for (int64_t k = 0; k < n; k++)
        to[k] += weight * from[k];
}

static double weight_of(const struct taps *t, int64_t k)
{
    return k == 0 ? t->head : k == t->count - 1 ? t->tail : t->inner;
}

static void divide(double *to, double total, int64_t n)
{
    for (int64_t k = 0; k < n; k++)
        to[k] /= total;
}

/* An image at work: a line of it as it came, and the two lines resampled last. */
struct work {
    const struct lt_pixels *from;
    int64_t w;       /* pixels of a new line */
    double *came;    /* (W, C) */
    double *line[2]; /* (w, C), of even and of odd lines */
    int64_t held[2]; /* which they are; -1: none */
};

/* Line y of the image with the new number of pixels. */
static const double *across(struct work *work, int64_t y)
{
    const struct lt_pixels *from = work->from;
    const int64_t c = from->c, width = from->w * c;
    double *line = work->line[y & 1];
    if (work->held[y & 1] == y)
        return line;
    for (int64_t i = 0; i < width; i++)
        work->came[i] = lt_type_value(from->type, from->values, y * width + i);
    memset(line, 0, (size_t)(work->w * c) * sizeof *line);
    for (int64_t x = 0; x < work->w; x++) {
        const struct taps t = taps_of(x, from->w, work->w);
        for (int64_t k = 0; k < t.count; k++)
            add_scaled(weight_of(&t, k), work->came + (t.first + k) * c, line + x * c, c);
        divide(line + x * c, t.total, c);
    }
    work->held[y & 1] = y;
    return line;
}

int lt_resample(const struct lt_pixels *from, int64_t h, int64_t w, double *to, const char *name,
                struct lt_error *err)
{
    const int64_t width = w * from->c;
    struct work work = {.from = from, .w = w, .held = {-1, -1}};
    int rc =
        lt_alloc(&work.came, (size_t)(from->w * from->c + 2 * width), sizeof *work.came, name, err);
    if (rc)
        return rc;
    work.line[0] = work.came + from->w * from->c;
    work.line[1] = work.line[0] + width;
    memset(to, 0, (size_t)(h * width) * sizeof *to);
    for (int64_t y = 0; y < h; y++) {
        const struct taps t = taps_of(y, from->h, h);
        for (int64_t k = 0; k < t.count; k++)
            add_scaled(weight_of(&t, k), across(&work, t.first + k), to + y * width, width);
        divide(to + y * width, t.total, width);
    }
    lt_free(work.came);
    return LT_OK;
}
