#include "app/shift.h"

#include "app/ranking.h"
#include "base/fmath.h"
#include "base/mem.h"
#include <math.h>
#include <stdlib.h>

/* ---- special functions ---- */

/* log Gamma(x), x > 0: Stirling's series from 10 on, below it the recurrence. */
static double log_gamma(double x)
{
    const double half_log_2pi = 0.91893853320467274178;
    double down = 0;
    while (x < 10)
        down += lt_log(x++);
    double z = 1 / (x * x);
    double series = (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680)))) / x;
    return (x - 0.5) * lt_log(x) - x + half_log_2pi + series - down;
}

enum { TERMS_MOST = 100000 }; /* about sqrt(a) are needed */

/* P(a, x) by its power series (Abramowitz and Stegun 6.5.29), for x < a + 1. */
static double lower_series(double a, double x)
{
    double term = 1 / a, sum = term;
    for (int i = 1; i < TERMS_MOST && term > 1e-16 * sum; i++) {
        term *= x / (a + i);
        sum += term;
    }
    return sum * lt_exp(a * lt_log(x) - x - log_gamma(a));
}

/* Q(a, x) by its continued fraction (6.5.31), by Lentz's method, for x >= a + 1. */
static double upper_fraction(double a, double x)
{
    const double tiny = 1e-300;
    double b = x + 1 - a, c = 1 / tiny, d = 1 / b, value = d;
    for (int i = 1; i < TERMS_MOST; i++) {
        double an = -i * (i - a);
        b += 2;
        d = an * d + b;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = b + an / c;
        c = fabs(c) < tiny ? tiny : c;
        value *= c * d;
        if (fabs(c * d - 1) < 1e-15)
            break;
    }
    return value * lt_exp(a * lt_log(x) - x - log_gamma(a));
}

double lt_gamma_upper(double a, double x)
{
    if (!(x > 0))
        return 1;
    return x < a + 1 ? 1 - lower_series(a, x) : upper_fraction(a, x);
}

/* ---- numbers ---- */

struct lt_shift lt_shift_numbers(const struct lt_profile_part *before, const float *now, int64_t m)
{
    const double *s = before->summary;
    int64_t knots = (int64_t)s[LT_SUMMARY_KNOTS], i = 0;
    int64_t n = (int64_t)(s[LT_SUMMARY_ROWS] - s[LT_SUMMARY_MISSING]);
    double gap = 0;
    if (n < 1 || m < 1)
        return (struct lt_shift){0, 1};
    for (int64_t k = 0; k < knots; k++) {
        while (i < m && now[i] < before->knot[k])
            i++;
        double below = (double)i / (double)m - (double)before->below[k] / (double)n;
        while (i < m && now[i] <= before->knot[k])
            i++;
        double up_to = (double)i / (double)m - (double)before->up_to[k] / (double)n;
        double wider = fmax(fabs(below), fabs(up_to));
        gap = wider > gap ? wider : gap; /* gcc 12 for aarch64 cannot compile fmax here */
    }
    return (struct lt_shift){gap, lt_ks_p(gap, n, m)};
}

/* ---- shares ---- */

/* log of the probability that of `draws` from an urn with n old and m new, b are new. */
static double log_urn(int64_t b, int64_t draws, int64_t n, int64_t m)
{
    double N = (double)n, M = (double)m, k = (double)draws, x = (double)b;
    return log_gamma(M + 1) - log_gamma(x + 1) - log_gamma(M - x + 1) + log_gamma(N + 1) -
           log_gamma(k - x + 1) - log_gamma(N - k + x + 1) - log_gamma(N + M + 1) +
           log_gamma(k + 1) + log_gamma(N + M - k + 1);
}

/* Given how many of all rows have the property, those that are new are drawn like balls from an
 * urn; p sums the chances of all that are no likelier than what was seen. */
struct lt_shift lt_shift_shares(int64_t a, int64_t n, int64_t b, int64_t m)
{
    struct lt_shift out = {0, 1};
    if (n < 1 || m < 1)
        return out;
    int64_t draws = a + b, least = draws > n ? draws - n : 0, most = draws < m ? draws : m;
    double seen = log_urn(b, draws, n, m), sum = 0;
    for (int64_t x = least; x <= most; x++) {
        double here = log_urn(x, draws, n, m);
        if (here <= seen + 1e-7) /* as likely, up to rounding */
            sum += lt_exp(here);
    }
    out.distance = fabs((double)b / (double)m - (double)a / (double)n);
    out.p = fmin(sum, 1);
    return out;
}

/* At least b new ones stand above the l-th largest old one exactly where, from the top of all rows
 * in order, the first b + l - 1 hold fewer than l old ones. */
double lt_shift_excess(int64_t l, int64_t n, int64_t b, int64_t m)
{
    int64_t draws = b + l - 1, most = draws < m ? draws : m;
    double sum = 0;
    if (b < 1)
        return 1;
    for (int64_t x = b; x <= most; x++)
        if (draws - x <= n)
            sum += lt_exp(log_urn(x, draws, n, m));
    return fmin(sum, 1);
}

/* ---- counts ---- */

/* Chi-square of a table of two rows, cell by cell. */
struct cells {
    double n, m;        /* rows of both samples */
    double before, now; /* the cell added last */
    double chi, ratio;  /* Pearson's statistic, and that of the likelihood ratio */
    int64_t count;
    double few_before, few_now; /* rows of rare levels that have no cell of their own */
};

static double log_ratio(double seen, double expected)
{
    return seen > 0 ? 2 * seen * lt_log(seen / expected) : 0;
}

static void add_cell(struct cells *c, double before, double now)
{
    double share = (before + now) / (c->n + c->m), e = c->n * share, f = c->m * share;
    c->before = before;
    c->now = now;
    c->count++;
    c->chi += (before - e) * (before - e) / e + (now - f) * (now - f) / f;
    c->ratio += log_ratio(before, e) + log_ratio(now, f);
}

/* Which levels are rare is a question to both samples together, so that the answer does not depend
 * on which of them a row stands in; and the others go with the rare ones, because whether a rare
 * level was kept at all depends on the older sample.  Together they are one cell, or, when they are too
 * few for that, go with the rarest of the common levels and are left to an exact test. */
static void add_cells(struct cells *c, const double *before, const double *now, int64_t levels)
{
    double both = c->n + c->m, enough = LT_SHIFT_EXPECTED * both / fmin(c->n, c->m);
    double common = fmax(enough, LT_SHIFT_KNOWN * both / c->n);
    double few_before = before[levels - 1], few_now = now[levels - 1];
    int64_t rarest = -1; /* of the common ones */
    for (int64_t k = 0; k < levels - 1; k++) {
        if (before[k] + now[k] < common) {
            few_before += before[k];
            few_now += now[k];
        } else if (rarest < 0 || before[k] + now[k] < before[rarest] + now[rarest]) {
            rarest = k;
        }
    }
    bool alone = few_before + few_now >= enough;
    for (int64_t k = 0; k < levels - 1; k++)
        if (before[k] + now[k] >= common && (alone || k != rarest))
            add_cell(c, before[k], now[k]);
    if (alone)
        add_cell(c, few_before, few_now);
    else if (rarest >= 0)
        add_cell(c, few_before + before[rarest], few_now + now[rarest]);
    c->few_before = alone ? 0 : few_before;
    c->few_now = alone ? 0 : few_now;
}

static double exact(const struct cells *c, double before, double now)
{
    return lt_shift_shares((int64_t)before, (int64_t)c->n, (int64_t)now, (int64_t)c->m).p;
}

struct lt_shift lt_shift_counts(const double *before, const double *now, int64_t levels)
{
    struct cells c = {0};
    struct lt_shift out = {0, 1};
    for (int64_t k = 0; k < levels; k++) {
        c.n += before[k];
        c.m += now[k];
    }
    if (c.n < 1 || c.m < 1)
        return out;
    for (int64_t k = 0; k < levels; k++)
        out.distance += fabs(now[k] / c.m - before[k] / c.n) / 2;
    add_cells(&c, before, now, levels);
    if (c.count == 2)
        out.p = exact(&c, c.before, c.now);
    else if (c.count > 2)
        out.p = lt_gamma_upper((double)(c.count - 1) / 2, fmin(c.chi, c.ratio) / 2);
    if (c.few_before + c.few_now > 0) /* where these are two tests, the smaller p counts twice */
        out.p = fmin(1, fmin(out.p, exact(&c, c.few_before, c.few_now)) * (c.count > 1 ? 2 : 1));
    return out;
}

/* ---- many tests ---- */

struct ranked {
    double p;
    int64_t at;
};

static int by_p(const void *a, const void *b)
{
    double x = ((const struct ranked *)a)->p, y = ((const struct ranked *)b)->p;
    return (x > y) - (x < y);
}

int lt_shift_correct(double *p, int64_t count, struct lt_error *err)
{
    struct ranked *list = NULL;
    double least = 0;
    int rc = lt_alloc(&list, (size_t)count, sizeof *list, "p-values", err);
    if (rc)
        return rc;
    for (int64_t i = 0; i < count; i++)
        list[i] = (struct ranked){p[i], i};
    qsort(list, (size_t)count, sizeof *list, by_p);
    for (int64_t i = 0; i < count; i++) {
        least = fmax(least, fmin(1, list[i].p * (double)(count - i)));
        p[list[i].at] = least;
    }
    lt_free(list);
    return LT_OK;
}
