#include "prep/curve.h"
#include "base/fmath.h"
#include <math.h>

/* ---- the normal quantile ---- */

/* M. J. Wichura, Algorithm AS 241: The Percentage Points of the Normal Distribution, Applied
 * Statistics 37 (1988), 477-484, routine PPND7: rational functions of (p - 1/2)^2 in the middle and
 * of sqrt(-log p) in the tails. */
static double ratio(const double a[4], const double b[3], double r)
{
    return (((a[3] * r + a[2]) * r + a[1]) * r + a[0]) / (((b[2] * r + b[1]) * r + b[0]) * r + 1.0);
}

double lt_normal_quantile(double p)
{
    static const double a[] = {3.3871327179, 50.434271938, 159.29113202, 59.109374720};
    static const double b[] = {17.895169469, 78.757757664, 67.187563600};
    static const double c[] = {1.4234372777, 2.7568153900, 1.3067284816, 0.17023821103};
    static const double d[] = {0.73700164250, 0.12021132975, 0};
    static const double e[] = {6.6579051150, 3.0812263860, 0.42868294337, 0.017337203997};
    static const double f[] = {0.24197894225, 0.012258202635, 0};
    double q = p - 0.5;
    if (fabs(q) <= 0.425)
        return q * ratio(a, b, 0.180625 - q * q);
    double r = sqrt(-lt_log(q < 0 ? p : 1 - p));
    double z = r <= 5 ? ratio(c, d, r - 1.6) : ratio(e, f, r - 5);
    return q < 0 ? -z : z;
}

/* ---- knots ---- */

/* The score of the values at begin ... end - 1 of n, which are equal. */
static double score_of(int64_t begin, int64_t end, int64_t n)
{
    return (double)(float)lt_normal_quantile((double)(begin + end) / (2.0 * (double)n));
}

static int64_t end_of_ties(const double *sorted, int64_t begin, int64_t n)
{
    int64_t end = begin + 1;
    while (end < n && sorted[end] <= sorted[begin])
        end++;
    return end;
}

int32_t lt_curve_fit(const double *sorted, int64_t n, double *value, double *score)
{
    int64_t distinct = 0, last = 0;
    int32_t knots = 0, target = 0;
    for (int64_t i = 0; i < n; i = end_of_ties(sorted, i, n)) {
        distinct++;
        last = i;
    }
    if (distinct < 2)
        return 0;
    double low = score_of(0, end_of_ties(sorted, 0, n), n), high = score_of(last, n, n);
    double step = distinct > LT_KNOTS_MAX ? (high - low) / (LT_KNOTS_MAX - 1) : 0;
    for (int64_t begin = 0, end; begin < n; begin = end) {
        end = end_of_ties(sorted, begin, n);
        double s = score_of(begin, end, n);
        if (begin != last && s < low + step * target)
            continue; /* the first value at or above each target */
        value[knots] = sorted[begin];
        score[knots++] = s;
        while (target < LT_KNOTS_MAX - 1 && low + step * target <= s)
            target++;
    }
    return knots;
}

bool lt_curve_sound(const struct lt_curve *c)
{
    bool sound = c->knots >= 2;
    for (int32_t k = 1; k < c->knots; k++)
        sound &= c->value[k] > c->value[k - 1] && c->score[k] > c->score[k - 1];
    return sound && isfinite(c->value[c->knots - 1] - c->value[0]) &&
           isfinite(c->score[c->knots - 1] - c->score[0]);
}

/* ---- along the curve ---- */

/* Two knots of the line on which the curve runs at a place; its values are exact at the first. */
struct line {
    int32_t from, to;
};

static struct line below(const struct lt_curve *c)
{
    int32_t k = 1;
    while (k < c->knots - 1 && (c->score[k] < c->score[0] + 1 || c->score[k] < 0))
        k++;
    return (struct line){0, k};
}

static struct line above(const struct lt_curve *c)
{
    int32_t last = c->knots - 1, k = last - 1;
    while (k > 0 && (c->score[k] > c->score[last] - 1 || c->score[k] > 0))
        k--;
    return (struct line){last, k};
}

/* The line at x, where x stands among knots[...], values or scores. */
static struct line line_at(const struct lt_curve *c, const double *knots, double x)
{
    int32_t low = 0, high = c->knots - 1;
    if (x < knots[0])
        return below(c);
    if (x >= knots[high])
        return above(c);
    while (high - low > 1) {
        int32_t middle = (low + high) / 2;
        if (x < knots[middle])
            high = middle;
        else
            low = middle;
    }
    return (struct line){low, high};
}

/* y = y0 + (x - x0) / (x1 - x0) (y1 - y0) */
static double follow(struct line l, const double *x, const double *y, double at)
{
    double share = (at - x[l.from]) / (x[l.to] - x[l.from]);
    return y[l.from] + share * (y[l.to] - y[l.from]);
}

double lt_curve_forward(const struct lt_curve *c, double value)
{
    return follow(line_at(c, c->value, value), c->value, c->score, value);
}

double lt_curve_inverse(const struct lt_curve *c, double score)
{
    return follow(line_at(c, c->score, score), c->score, c->value, score);
}
