#include "app/quality.h"

#include "base/fmath.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

double lt_psnr(const float *a, const float *b, int64_t n, double peak)
{
    double squares = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = (double)a[i] - (double)b[i];
        squares += d * d;
    }
    if (squares == 0)
        return INFINITY;
    return 10 / 2.302585092994045684 * lt_log(peak * peak * (double)n / squares); /* ln 10 */
}

/* ---- structural similarity ---- */

enum {
    WINDOW = 11,
    SUMS = 5, /* of a window: a, b, a a, b b, a b */
};

/* The window is a product of a row and a column, so each row of pixels is weighted along x once
 * and kept until the rows below it no longer need it. */
struct similarity {
    int64_t columns; /* positions of the window in a row: W - size + 1 */
    int size;        /* of the window's side: odd, at most WINDOW */
    double weight[WINDOW];
    double *ring; /* (size, SUMS, columns) rows weighted along x; row y stands at y % size */
    double *sums; /* (SUMS, columns) of the windows whose lowest row has come */
    double c1, c2;
};

/* w[i] ~ exp(-(i - centre)^2 / (2 sigma^2)), sum 1. */
static void gaussian(double *weight /* (size) */, int size)
{
    const double sigma = 1.5;
    double sum = 0;
    for (int i = 0; i < size; i++) {
        double x = i - (size - 1) / 2;
        weight[i] = lt_exp(-x * x / (2 * sigma * sigma));
        sum += weight[i];
    }
    for (int i = 0; i < size; i++)
        weight[i] /= sum;
}

/* a and b: the first pixel of a row in one channel; `step` floats from pixel to pixel. */
static void weigh_row(const struct similarity *s, const float *a, const float *b, int64_t step,
                      double *out /* (SUMS, columns) */)
{
    int64_t n = s->columns;
    memset(out, 0, (size_t)(SUMS * n) * sizeof *out);
    for (int k = 0; k < s->size; k++)
        for (int64_t x = 0; x < n; x++) {
            double p = (double)a[(x + k) * step], q = (double)b[(x + k) * step];
            double wp = s->weight[k] * p, wq = s->weight[k] * q;
            out[x] += wp;
            out[n + x] += wq;
            out[2 * n + x] += wp * p;
            out[3 * n + x] += wq * q;
            out[4 * n + x] += wp * q;
        }
}

/* The windows whose rows are `top` and the size - 1 below it. */
static void weigh_columns(struct similarity *s, int64_t top)
{
    int64_t n = SUMS * s->columns;
    memset(s->sums, 0, (size_t)n * sizeof *s->sums);
    for (int k = 0; k < s->size; k++) {
        const double *row = s->ring + (top + k) % s->size * n;
        for (int64_t i = 0; i < n; i++)
            s->sums[i] += s->weight[k] * row[i];
    }
}

/* SSIM = (2 ma mb + C1)(2 sab + C2) / ((ma^2 + mb^2 + C1)(saa + sbb + C2)), Wang et al., eq. 13,
 * with the means ma, mb and the (co)variances saa, sbb, sab of the window, summed over a row. */
static double compare_row(const struct similarity *s)
{
    int64_t n = s->columns;
    double total = 0;
    for (int64_t x = 0; x < n; x++) {
        double ma = s->sums[x], mb = s->sums[n + x];
        double saa = s->sums[2 * n + x] - ma * ma, sbb = s->sums[3 * n + x] - mb * mb;
        double sab = s->sums[4 * n + x] - ma * mb;
        total += (2 * ma * mb + s->c1) * (2 * sab + s->c2) /
                 ((ma * ma + mb * mb + s->c1) * (saa + sbb + s->c2));
    }
    return total;
}

static double compare_channel(struct similarity *s, const float *a, const float *b, int64_t h,
                              int64_t width, int64_t step)
{
    double total = 0;
    for (int64_t y = 0; y < h; y++) {
        weigh_row(s, a + y * width, b + y * width, step, s->ring + y % s->size * SUMS * s->columns);
        if (y + 1 < s->size)
            continue;
        weigh_columns(s, y + 1 - s->size);
        total += compare_row(s);
    }
    return total / ((double)s->columns * (double)(h - s->size + 1));
}

int lt_ssim(const float *a, const float *b, int64_t h, int64_t w, int64_t c, double peak,
            double *out, struct lt_error *err)
{
    if (h < 1 || w < 1 || c < 1)
        return lt_fail(err, LT_EUSAGE, "SSIM needs an image of at least one pixel");
    if (!(peak > 0))
        return lt_fail(err, LT_EUSAGE, "SSIM needs a peak above 0, not %g", peak);
    int64_t side = h < w ? h : w;
    struct similarity s = {.size = side >= WINDOW ? WINDOW : (int)(side - 1) / 2 * 2 + 1};
    s.columns = w - s.size + 1;
    s.c1 = 0.01 * peak * (0.01 * peak);
    s.c2 = 0.03 * peak * (0.03 * peak);
    gaussian(s.weight, s.size);
    size_t row = (size_t)(SUMS * s.columns);
    int rc = lt_alloc(&s.ring, row * (size_t)s.size, sizeof *s.ring, "SSIM", err);
    if (rc == LT_OK)
        rc = lt_alloc(&s.sums, row, sizeof *s.sums, "SSIM", err);
    double total = 0;
    for (int64_t i = 0; rc == LT_OK && i < c; i++)
        total += compare_channel(&s, a + i, b + i, h, w * c, c);
    if (rc == LT_OK)
        *out = total / (double)c;
    lt_free(s.ring);
    lt_free(s.sums);
    return rc;
}
