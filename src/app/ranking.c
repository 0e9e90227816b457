#include "app/ranking.h"

#include "base/mem.h"
#include "base/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int refuse_nan(const double *x, int64_t n, const char *what, struct lt_error *err)
{
    for (int64_t i = 0; i < n; i++)
        if (isnan(x[i]))
            return lt_fail(err, LT_ECONTENT, "%s of row %lld is not a number, so it has no rank",
                           what, (long long)i + 1);
    return LT_OK;
}

/* A value and whom it belongs to: a row, or 1 and 0 for the two classes. */
struct item {
    double value;
    int64_t owner;
};

static int compare_items(const void *x, const void *y)
{
    double a = ((const struct item *)x)->value, b = ((const struct item *)y)->value;
    return (a > b) - (a < b);
}

/* The end of the run of equal values that begins at `begin`. */
static int64_t run_end(const struct item *items, int64_t begin, int64_t n)
{
    int64_t end = begin + 1;
    while (end < n && items[end].value <= items[begin].value) /* sorted, so: equal */
        end++;
    return end;
}

/* ---- anomalies first? ---- */

/* From the lowest score up.  A run of equal scores holds `own` anomalies and `same` normal rows;
 * below it stand `below` normal rows:
 *
 *     AUROC = sum own (below + same / 2) / (anomalies normals)
 *     average precision = sum own precision / anomalies, where precision is the share of
 *     anomalies among the rows of this run and above. */
static void sum_runs(struct lt_ranking *out, const struct item *items)
{
    int64_t below = 0, above = out->anomalies;
    double pairs = 0, precision = 0, anomalies = (double)out->anomalies;
    for (int64_t i = 0; i < out->rows;) {
        int64_t end = run_end(items, i, out->rows), own = 0;
        for (int64_t j = i; j < end; j++)
            own += items[j].owner;
        int64_t same = end - i - own;
        pairs += (double)own * ((double)below + 0.5 * (double)same);
        precision += (double)own * ((double)above / (double)(out->rows - i));
        below += same;
        above -= own;
        i = end;
    }
    out->auroc = pairs / (anomalies * (double)(out->rows - out->anomalies));
    out->average_precision = precision / anomalies;
}

int lt_ranking(struct lt_ranking *out, const double *score, const bool *anomaly, int64_t n,
               struct lt_error *err)
{
    struct item *items = NULL;
    *out = (struct lt_ranking){.auroc = NAN, .average_precision = NAN, .rows = n};
    int rc = refuse_nan(score, n, "the score", err);
    if (rc == LT_OK)
        rc = lt_alloc(&items, (size_t)n, sizeof *items, "scores", err);
    if (rc)
        return rc;
    for (int64_t i = 0; i < n; i++) {
        items[i] = (struct item){score[i], anomaly[i]};
        out->anomalies += anomaly[i];
    }
    qsort(items, (size_t)n, sizeof *items, compare_items);
    if (out->anomalies > 0 && out->anomalies < n)
        sum_runs(out, items);
    lt_free(items);
    return LT_OK;
}

/* ---- rank correlation ---- */

/* Ranks from 0, less their mean (n - 1) / 2; multiples of 1/2, so exact. */
static void centred_ranks(double *rank /* (n) */, const double *x, struct item *items, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        items[i] = (struct item){x[i], i};
    qsort(items, (size_t)n, sizeof *items, compare_items);
    for (int64_t i = 0; i < n;) {
        int64_t end = run_end(items, i, n);
        for (int64_t j = i; j < end; j++)
            rank[items[j].owner] = 0.5 * (double)(i + end - n);
        i = end;
    }
}

int lt_rank_correlation(double *out, const double *a, const double *b, int64_t n,
                        struct lt_error *err)
{
    struct item *items = NULL;
    double *ranks = NULL, ab = 0, aa = 0, bb = 0;
    *out = NAN;
    int rc = refuse_nan(a, n, "the first value", err);
    if (rc == LT_OK)
        rc = refuse_nan(b, n, "the second value", err);
    if (rc == LT_OK)
        rc = lt_alloc(&items, (size_t)n, sizeof *items, "ranks", err);
    if (rc == LT_OK)
        rc = lt_alloc(&ranks, 2 * (size_t)n, sizeof *ranks, "ranks", err);
    if (rc)
        goto out;
    centred_ranks(ranks, a, items, n);
    centred_ranks(ranks + n, b, items, n);
    for (int64_t i = 0; i < n; i++) {
        ab += ranks[i] * ranks[n + i];
        aa += ranks[i] * ranks[i];
        bb += ranks[n + i] * ranks[n + i];
    }
    if (aa > 0 && bb > 0) {
        double r = ab / (sqrt(aa) * sqrt(bb));
        *out = r > 1 ? 1 : r < -1 ? -1 : r; /* rounding may step over */
    }
out:
    lt_free(items);
    lt_free(ranks);
    return rc;
}

/* ---- drift ---- */

/* P(K > z) of the Kolmogorov distribution, by the one of its two series that converges fast:
 *
 *     2 sum_k (-1)^(k-1) exp(-2 k^2 z^2)
 *     1 - sqrt(2 pi) / z sum_k exp(-(2k - 1)^2 pi^2 / (8 z^2)),   k = 1, 2, ... */
static double kolmogorov_tail(double z)
{
    const double pi = 3.14159265358979323846;
    enum { TERMS = 6 }; /* at z = 1 the seventh term of either is below 1e-40 */
    double sum = 0;
    if (z <= 0)
        return 1;
    for (int k = TERMS; k >= 1; k--) {
        double odd = (2 * k - 1) * pi / z;
        sum += z < 1 ? exp(-odd * odd / 8)
                     : (k % 2 ? 1 : -1) * exp(-2.0 * (double)k * (double)k * z * z);
    }
    double tail = z < 1 ? 1 - sqrt(2 * pi) / z * sum : 2 * sum;
    return tail < 0 ? 0 : tail > 1 ? 1 : tail;
}

/* The tail of the statistic d of a sample of e rows: Kolmogorov's limit at an argument corrected
 * for small e (Vrbik, "Small-sample corrections to Kolmogorov-Smirnov test statistic", Pioneer
 * Journal of Theoretical and Applied Statistics 2018).  As scipy does, two samples of n and m rows
 * count as one of n m / (n + m), rounded. */
double lt_ks_p(double d, int64_t n, int64_t m)
{
    double e = rint((double)n * (double)m / (double)(n + m)), x;
    e = e < 1 ? 1 : e;
    x = sqrt(e) * d;
    return d <= 0 ? 1 : kolmogorov_tail(x + 1 / (6 * sqrt(e)) + (x - 1) / (4 * e));
}

/* The largest |F(x) - G(x)|.  Both step functions are compared after all rows of a value have
 * been counted, so that ties between the samples are no difference. */
static double largest_gap(const double *a, int64_t n, const double *b, int64_t m)
{
    double gap = 0;
    for (int64_t i = 0, j = 0; i < n && j < m;) {
        double x = a[i] < b[j] ? a[i] : b[j];
        while (i < n && a[i] <= x)
            i++;
        while (j < m && b[j] <= x)
            j++;
        double d = fabs((double)i / (double)n - (double)j / (double)m);
        gap = d > gap ? d : gap;
    }
    return gap;
}

int lt_ks(struct lt_ks *out, const double *a, int64_t n, const double *b, int64_t m,
          struct lt_error *err)
{
    double *sorted = NULL;
    *out = (struct lt_ks){NAN, NAN};
    if (n < 1 || m < 1)
        return lt_fail(err, LT_EUSAGE, "two samples are compared, and one of them is empty");
    int rc = refuse_nan(a, n, "the first sample's value", err);
    if (rc == LT_OK)
        rc = refuse_nan(b, m, "the second sample's value", err);
    if (rc == LT_OK)
        rc = lt_alloc(&sorted, (size_t)n + (size_t)m, sizeof *sorted, "two samples", err);
    if (rc)
        return rc;
    memcpy(sorted, a, (size_t)n * sizeof *a);
    memcpy(sorted + n, b, (size_t)m * sizeof *b);
    qsort(sorted, (size_t)n, sizeof *sorted, lt_by_value);
    qsort(sorted + n, (size_t)m, sizeof *sorted, lt_by_value);
    out->statistic = largest_gap(sorted, n, sorted + n, m);
    out->p = lt_ks_p(out->statistic, n, m);
    lt_free(sorted);
    return LT_OK;
}
