/* builtin:curves: images of smooth curves in the manner of Hinton and
 * Salakhutdinov, "Reducing the dimensionality of data with neural networks",
 * Science 313, 2006 (whose own set this is not).
 *
 * Three points in [2, 26]^2, x growing by at least 2 from point to point, give
 * a curve: a natural cubic spline through them over the length of the chords.
 * 60 points at even distances along the curve ink the 28 x 28 pixels.  So every
 * image is a smooth function of six numbers.
 *
 * Plain arithmetic and square roots only, in double: the same bits everywhere.
 */
#include "data/builtin.h"

#include "base/mem.h"
#include "base/rng.h"
#include <math.h>
#include <string.h>

enum {
    LT_SIDE = 28, /* pixels */
    LT_POINTS = 3,
    LT_INK = 60,    /* drops of ink */
    LT_PIECES = 64, /* straight pieces that measure the length of the curve */
};

/* One coordinate of the curve: a natural cubic spline through value[] at
 * knot[].  With three knots one second derivative, at the middle, is not 0:
 *     2 (h0 + h1) m = 6 ((v2 - v1) / h1 - (v1 - v0) / h0) */
struct spline {
    double knot[LT_POINTS], value[LT_POINTS];
    double middle; /* second derivative at knot[1] */
};

static void spline_fit(struct spline *s)
{
    double h0 = s->knot[1] - s->knot[0], h1 = s->knot[2] - s->knot[1];
    s->middle =
        3.0 * ((s->value[2] - s->value[1]) / h1 - (s->value[1] - s->value[0]) / h0) / (h0 + h1);
}

/* On a piece of length h with second derivatives m0 and m1 at its ends, and
 * a = (end - t) / h, b = 1 - a:
 *     v(t) = a v0 + b v1 + ((a^3 - a) m0 + (b^3 - b) m1) h^2 / 6 */
static double spline_at(const struct spline *s, double t)
{
    int i = t > s->knot[1];
    double h = s->knot[i + 1] - s->knot[i];
    double a = (s->knot[i + 1] - t) / h;
    double b = 1.0 - a;
    double bend = (i == 0 ? b * b * b - b : a * a * a - a) * s->middle;
    return a * s->value[i] + b * s->value[i + 1] + bend * h * h / 6.0;
}

struct curve {
    struct spline x, y;
    double length; /* of the chords: the end of the parameter */
};

/* Six uniform numbers make the points: x is three sorted numbers of [2, 22]
 * spread by 0, 2 and 4, which is uniform among all x that keep the distance. */
static void draw_points(struct curve *c, const struct lt_stream *stream)
{
    double *x = c->x.value, *y = c->y.value;
    for (int i = 0; i < LT_POINTS; i++) {
        x[i] = 2.0 + 20.0 * (double)lt_uniform(stream, (uint32_t)i);
        y[i] = 2.0 + 24.0 * (double)lt_uniform(stream, (uint32_t)(LT_POINTS + i));
    }
    for (int i = 0; i < LT_POINTS; i++) { /* sort */
        for (int k = i + 1; k < LT_POINTS; k++) {
            double low = x[i] < x[k] ? x[i] : x[k];
            x[k] = x[i] < x[k] ? x[k] : x[i];
            x[i] = low;
        }
    }
    for (int i = 0; i < LT_POINTS; i++)
        x[i] += 2.0 * i;
    c->length = 0.0;
    for (int i = 0; i < LT_POINTS; i++) {
        if (i > 0) {
            double dx = x[i] - x[i - 1], dy = y[i] - y[i - 1];
            c->length += sqrt(dx * dx + dy * dy);
        }
        c->x.knot[i] = c->y.knot[i] = c->length;
    }
    spline_fit(&c->x);
    spline_fit(&c->y);
}

static double clamp(double v)
{
    return v < 0.0 ? 0.0 : v > LT_SIDE - 1 ? LT_SIDE - 1 : v;
}

/* One drop of ink at (x, y), spread bilinearly over the four pixels around. */
static void drop_ink(double *ink, double x, double y)
{
    x = clamp(x);
    y = clamp(y);
    int column = x < LT_SIDE - 2 ? (int)x : LT_SIDE - 2;
    int row = y < LT_SIDE - 2 ? (int)y : LT_SIDE - 2;
    double u = x - column, v = y - row;
    double *p = ink + row * LT_SIDE + column;
    p[0] += (1.0 - u) * (1.0 - v);
    p[1] += u * (1.0 - v);
    p[LT_SIDE] += (1.0 - u) * v;
    p[LT_SIDE + 1] += u * v;
}

/* Drops at even distances, from one end of the curve to the other. */
static void ink_curve(const struct curve *c, double *ink)
{
    double at[LT_PIECES + 1]; /* length of the curve up to each piece */
    double x0 = c->x.value[0], y0 = c->y.value[0];
    at[0] = 0.0;
    for (int i = 1; i <= LT_PIECES; i++) {
        double t = c->length * i / LT_PIECES;
        double x1 = spline_at(&c->x, t), y1 = spline_at(&c->y, t);
        at[i] = at[i - 1] + sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0));
        x0 = x1;
        y0 = y1;
    }
    for (int k = 0, i = 0; k < LT_INK; k++) {
        double goal = at[LT_PIECES] * k / (LT_INK - 1);
        while (i < LT_PIECES - 1 && at[i + 1] < goal)
            i++;
        double part = (goal - at[i]) / (at[i + 1] - at[i]);
        double t = c->length * (i + part) / LT_PIECES;
        drop_ink(ink, spline_at(&c->x, t), spline_at(&c->y, t));
    }
}

/* Blurs by the kernel (1 2 1; 2 4 2; 1 2 1) / 16 and clips at 1. */
static void blur(const double *ink, float *image)
{
    for (int r = 0; r < LT_SIDE; r++) {
        for (int c = 0; c < LT_SIDE; c++) {
            double sum = 0.0;
            for (int dr = -1; dr <= 1; dr++) {
                for (int dc = -1; dc <= 1; dc++) {
                    int weight = (2 - (dr != 0)) * (2 - (dc != 0));
                    if (r + dr >= 0 && r + dr < LT_SIDE && c + dc >= 0 && c + dc < LT_SIDE)
                        sum += weight * ink[(r + dr) * LT_SIDE + c + dc];
                }
            }
            sum /= 16.0;
            image[r * LT_SIDE + c] = (float)(sum > 1.0 ? 1.0 : sum);
        }
    }
}

int lt_curves_make(struct lt_table **out, const char *name,
                   const struct lt_builtin_options *options, struct lt_error *err)
{
    *out = NULL;
    struct lt_array array = {
        .type = LT_F32, .rows = options->rows, .rank = 2, .shape = {LT_SIDE, LT_SIDE}};
    int rc = lt_strdup(&array.name, name, err);
    if (!rc)
        rc = lt_alloc(&array.owned, (size_t)options->rows * LT_SIDE * LT_SIDE, sizeof(float), name,
                      err);
    if (rc) {
        lt_array_free(&array);
        return rc;
    }
    float *images = array.owned;
    for (int64_t row = 0; row < options->rows; row++) {
        struct lt_stream stream =
            lt_stream(options->seed, LT_RNG_BUILTIN, options->test, (uint64_t)row);
        double ink[LT_SIDE * LT_SIDE] = {0};
        struct curve curve = {0};
        draw_points(&curve, &stream);
        ink_curve(&curve, ink);
        blur(ink, images + row * LT_SIDE * LT_SIDE);
    }
    array.values = array.owned;
    return lt_table_of_arrays(out, &array, 1, false, err);
}
