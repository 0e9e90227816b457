#include "app/conformal.h"

#include "base/fmath.h"

#include "base/order.h"
#include <math.h>
#include <stdlib.h>

int lt_conformal_sort(double *calibration, int64_t n, struct lt_error *err)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(calibration[i]))
            return lt_fail(err, LT_ECONTENT,
                           "calibration row %lld has no finite score, so nothing can be "
                           "calibrated with it",
                           (long long)i + 1);
    qsort(calibration, (size_t)n, sizeof *calibration, lt_by_value);
    return LT_OK;
}

/* ---- p-values and their counterpart, the threshold ---- */

/* The p-value when `count` calibration scores are at least as high.  All that follows asks this
 * function, so that p-values, thresholds and needed rows agree to the last bit. */
static double p_of(int64_t count, int64_t n)
{
    return (1 + (double)count) / ((double)n + 1);
}

double lt_conformal_p(const double *calibration, int64_t n, double score)
{
    int64_t low = 0, high = n; /* all before low are < score, all from high on are >= score */
    if (isnan(score))
        return NAN;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (calibration[middle] < score)
            low = middle + 1;
        else
            high = middle;
    }
    return p_of(n - low, n);
}

double lt_conformal_smallest_p(int64_t n)
{
    return p_of(0, n);
}

int64_t lt_conformal_rows(double rate)
{
    if (!(rate > 0x1p-62)) /* so that what follows fits */
        return INT64_MAX;
    if (rate >= 1)
        return 0;
    int64_t n = (int64_t)ceil(1 / rate) - 1;
    while (p_of(0, n) > rate) /* 1 / rate was rounded down */
        n++;
    while (n > 0 && p_of(0, n - 1) <= rate) /* ... or up */
        n--;
    return n;
}

/* l = floor((n + 1) rate), the largest l with l / (n + 1) <= rate: a row alarms when fewer than l
 * calibration scores are at least as high as its own. */
static int64_t level(int64_t n, double rate)
{
    if (!(rate > 0))
        return 0;
    if (rate >= 1)
        return n + 1;
    int64_t l = (int64_t)(((double)n + 1) * rate);
    while (l <= n && p_of(l, n) <= rate)
        l++;
    while (l > 0 && p_of(l - 1, n) > rate)
        l--;
    return l;
}

/* Fewer than l are as high exactly where s is above the l-th largest of them. */
double lt_conformal_threshold(const double *calibration, int64_t n, double rate)
{
    int64_t l = level(n, rate);
    if (l == 0)
        return INFINITY;
    return l > n ? -INFINITY : nextafter(calibration[n - l], INFINITY);
}

/* ---- the realised rate ---- */

/* log(n!) - log(sqrt(2 pi n) (n / e)^n), the error of Stirling's formula, for n >= 1. */
static double stirling_error(double n)
{
    const double half_log_2pi = 0.91893853320467274178;
    if (n < 16) {
        double sum = 0;
        for (int i = 2; i <= (int)n; i++)
            sum += lt_log((double)i);
        return sum - ((n + 0.5) * lt_log(n) - n + half_log_2pi);
    }
    double z = 1 / (n * n);
    return (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z / 1188)))) / n;
}

/* x log(x / m) + m - x, without cancellation where x is near m. */
static double deviance(double x, double m)
{
    if (fabs(x - m) >= 0.1 * (x + m))
        return x * lt_log(x / m) + m - x;
    double v = (x - m) / (x + m), sum = (x - m) * v, term = 2 * x * v, before;
    int j = 1;
    do { /* 2 atanh(v) = log(x / m), less its first term */
        before = sum;
        term *= v * v;
        sum += term / (2 * j + 1);
        j++;
    } while (fabs(sum - before) > 0);
    return sum;
}

/* x^a (1 - x)^b / B(a, b), in the form of Loader ("Fast and accurate computation of binomial
 * probabilities", 2000), whose terms stay small where those of log-gamma functions would be large
 * and cancel. */
static double beta_front(double a, double b, double x)
{
    const double two_pi = 6.28318530717958647693;
    double n = a + b;
    double log_term = stirling_error(n) - stirling_error(a) - stirling_error(b) -
                      deviance(a, n * x) - deviance(b, n * (1 - x));
    return lt_exp(log_term) * sqrt(a / n * b / two_pi);
}

/* The continued fraction of the incomplete beta function, by Lentz's method; converges fast for
 * x < (a + 1) / (a + b + 2) (Abramowitz and Stegun 26.5.8). */
static double beta_fraction(double a, double b, double x)
{
    enum { MOST = 1000000 }; /* about sqrt(max(a, b)) terms are needed */
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int i = 1; i < MOST; i++) {
        double m = i, step = 1;
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        for (int half = 0; half < 2; half++) {
            double numerator = half ? odd : even;
            d = 1 + numerator * d;
            c = 1 + numerator / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            step = c * d;
            value *= step;
        }
        if (fabs(step - 1) < 1e-15)
            break;
    }
    return value;
}

/* P(Beta(a, b) <= x), for whole a, b >= 1. */
static double beta_cdf(double a, double b, double x)
{
    if (x <= 0 || x >= 1)
        return x > 0;
    double front = beta_front(a, b, x);
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* By bisection, as far as doubles go: slow beside Newton's method and never astray. */
static double beta_quantile(double a, double b, double p)
{
    double low = 0, high = 1;
    for (;;) {
        double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high)
            return middle;
        if (beta_cdf(a, b, middle) < p)
            low = middle;
        else
            high = middle;
    }
}

struct lt_interval lt_conformal_realised(int64_t n, double rate)
{
    int64_t l = level(n, rate);
    if (l == 0 || l > n) {
        double all = l > 0;
        return (struct lt_interval){all, all, all};
    }
    double a = (double)l, b = (double)(n + 1 - l);
    return (struct lt_interval){.value = p_of(l - 1, n),
                                .low = beta_quantile(a, b, 0.025),
                                .high = beta_quantile(a, b, 0.975)};
}
