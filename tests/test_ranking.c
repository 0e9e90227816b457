/* Ranking measures against scikit-learn and scipy.
 *
 * The numbers were made with scikit-learn 1.9.1 and scipy 1.17.1 from the data that the formulas
 * beside them give, for i = 0, 1, 2, ...; all operations but the last in integers.
 */
#include "app/ranking.h"
#include "base/mem.h"
#include "t.h"
#include "t_alloc.h"

enum { N = 2000, M = 1500 };

static struct lt_ranking ranking(const double *score, const bool *anomaly, int64_t n)
{
    struct lt_error err = {0};
    struct lt_ranking out;
    lt_ranking(&out, score, anomaly, n, &err);
    T_STR(err.text, "");
    return out;
}

static double correlation(const double *a, const double *b, int64_t n)
{
    struct lt_error err = {0};
    double out;
    lt_rank_correlation(&out, a, b, n, &err);
    T_STR(err.text, "");
    return out;
}

static struct lt_ks ks(const double *a, int64_t n, const double *b, int64_t m)
{
    struct lt_error err = {0};
    struct lt_ks out;
    lt_ks(&out, a, n, b, m, &err);
    T_STR(err.text, "");
    return out;
}

TEST(auroc_and_average_precision_are_those_of_scikit_learn)
{
    static double fine[N], coarse[N], wrong[N];
    static bool anomaly[N];
    for (int i = 0; i < N; i++) {
        int s = (int)(i * 7919LL % 2003);
        anomaly[i] = i * 104729LL % 97 < 9;
        fine[i] = s / 100.0 + 4.0 * anomaly[i];
        coarse[i] = s / 250 + anomaly[i]; /* ten values: ties everywhere */
        wrong[i] = s / 100.0 - 4.0 * anomaly[i];
    }
    struct lt_ranking r = ranking(fine, anomaly, N);
    T_INT(r.rows, N);
    T_INT(r.anomalies, 187);
    T_NEAR(r.auroc, 0.7113715264975768, 1e-14);
    T_NEAR(r.average_precision, 0.39408708789506375, 1e-14);
    r = ranking(coarse, anomaly, N);
    T_NEAR(r.auroc, 0.6525081777182618, 1e-14);
    T_NEAR(r.average_precision, 0.23996425663441975, 1e-14);
    r = ranking(wrong, anomaly, N);
    T_NEAR(r.auroc, 0.3538039294341816, 1e-14);
    T_NEAR(r.average_precision, 0.06707135244197836, 1e-14);
}

TEST(perfect_and_indifferent_scores_are_known_by_heart)
{
    const double up[] = {-INFINITY, 1, 2, 3, INFINITY}, same[] = {7, 7, 7, 7, 7};
    const bool anomaly[] = {false, false, false, true, true};
    struct lt_ranking r = ranking(up, anomaly, 5);
    T_NEAR(r.auroc, 1, 0);
    T_NEAR(r.average_precision, 1, 0);
    r = ranking(same, anomaly, 5);
    T_NEAR(r.auroc, 0.5, 0);
    T_NEAR(r.average_precision, 0.4, 1e-15);
}

TEST(one_class_has_no_ranking)
{
    const double score[] = {1, 2, 3};
    const bool none[] = {false, false, false}, all[] = {true, true, true};
    struct lt_ranking r = ranking(score, none, 3);
    T_OK(isnan(r.auroc) && isnan(r.average_precision));
    T_INT(r.anomalies, 0);
    r = ranking(score, all, 3);
    T_OK(isnan(r.auroc) && isnan(r.average_precision));
    T_INT(r.anomalies, 3);
    r = ranking(score, all, 0);
    T_OK(isnan(r.auroc) && isnan(r.average_precision));
    T_INT(r.rows, 0);
}

TEST(not_a_number_is_refused)
{
    const double score[] = {1, NAN, 3}, fine[] = {1, 2, 3};
    const bool anomaly[] = {false, false, true};
    struct lt_error err = {0};
    struct lt_ranking ranks;
    struct lt_ks drift;
    double r;
    T_INT(lt_ranking(&ranks, score, anomaly, 3, &err), LT_ECONTENT);
    T_ERR(err, "the score of row 2 is not a number, so it has no rank");
    T_OK(isnan(ranks.auroc));
    err = (struct lt_error){0};
    T_INT(lt_rank_correlation(&r, fine, score, 3, &err), LT_ECONTENT);
    T_ERR(err, "the second value of row 2 is not a number, so it has no rank");
    err = (struct lt_error){0};
    T_INT(lt_ks(&drift, score, 3, fine, 3, &err), LT_ECONTENT);
    T_ERR(err, "the first sample's value of row 2 is not a number, so it has no rank");
    err = (struct lt_error){0};
    T_INT(lt_ks(&drift, fine, 3, fine, 0, &err), LT_EUSAGE);
    T_ERR(err, "two samples are compared, and one of them is empty");
}

TEST(rank_correlation_is_that_of_scipy)
{
    static double a[M], b[M], c[M], d[M];
    for (int i = 0; i < M; i++) {
        a[i] = (double)(i * 7919LL % 1511) / 10.0;
        b[i] = a[i] * a[i] + (double)(i * 104729LL % 997) * 10.0;
        c[i] = (double)(i * 7919LL % 1511 / 300);
        d[i] = -floor(b[i] / 3000);
    }
    T_NEAR(correlation(a, b, M), 0.8931646314387955, 1e-14);
    T_NEAR(correlation(a, c, M), 0.9802412222107721, 1e-14); /* one has ties */
    T_NEAR(correlation(c, d, M), -0.8739270314136994, 1e-14);
    T_NEAR(correlation(a, a, M), 1, 1e-15);
    T_OK(isnan(correlation(a, (const double[]){4, 4, 4}, 3)));
    T_OK(isnan(correlation(a, b, 1)));
    T_OK(isnan(correlation(a, b, 0)));
}

/* floor((i 7919 mod 2003) / step), i < n, against floor((i 104729 mod 1999 + shift) / step), i < m;
 * what scipy.stats.ks_2samp(method='asymp') says. */
static const struct {
    int n, m, shift, step;
    double statistic, p;
    double tolerance; /* of p */
} drifts[] = {
    {1000, 1500, 0, 1, 0.008000000000000007, 0.9999999999990212, 1e-9},
    {1000, 1500, 60, 1, 0.03266666666666667, 0.5330078623762086, 1e-4},
    {1000, 1500, 130, 1, 0.06666666666666668, 0.009205221975964198, 1e-4},
    {1000, 1500, 100, 250, 0.05033333333333333, 0.09243542123494541, 1e-4},
    {300, 600, 200, 1, 0.10333333333333339, 0.025927408534653917, 1e-4},
    {300, 600, 200, 100, 0.09833333333333338, 0.038992701868940216, 1e-4},
    {40, 60, 300, 1, 0.16666666666666663, 0.4678433917500091, 1e-3},
    {20, 20, 500, 1, 0.25000000000000006, 0.48411153249999983, 3e-3},
    {20, 20, 100, 500, 0.050000000000000044, 1, 3e-3},
};

TEST(kolmogorov_smirnov_is_that_of_scipy)
{
    static double a[M], b[M];
    for (size_t c = 0; c < sizeof drifts / sizeof *drifts; c++) {
        int n = drifts[c].n, m = drifts[c].m, step = drifts[c].step;
        for (int i = 0; i < n; i++)
            a[i] = (double)(i * 7919LL % 2003 / step);
        for (int i = 0; i < m; i++)
            b[i] = (double)((i * 104729LL % 1999 + drifts[c].shift) / step);
        struct lt_ks there = ks(a, n, b, m), back = ks(b, m, a, n);
        T_NEAR(there.statistic, drifts[c].statistic, 1e-15);
        T_NEAR(there.p, drifts[c].p, drifts[c].tolerance);
        T_OK(there.statistic == back.statistic && there.p == back.p);
    }
}

/* With many rows the correction is small (0.3 % of p at z = 2) and p is the Kolmogorov
 * distribution's, scipy.special.kolmogorov(z).  The samples are 0 ... n-1 and the same moved by
 * n z / sqrt(n / 2) = 1,000 z. */
TEST(p_follows_both_series_of_kolmogorov)
{
    enum { MANY = 500000 };
    const double z[] = {0.3, 0.5, 0.8, 0.999, 1.001, 1.36, 2};
    const double tail[] = {0.9999906941986655,   0.9639452436648751,  0.5441424115741981,
                           0.27107316411506394,  0.26892926629862707, 0.049485876755377876,
                           0.0006709252557796953};
    double *a = NULL, *b = NULL;
    T_INT(lt_alloc(&a, MANY, sizeof *a, "a", NULL), LT_OK);
    T_INT(lt_alloc(&b, MANY, sizeof *b, "b", NULL), LT_OK);
    for (int c = 0; c < 7; c++) {
        for (int i = 0; i < MANY; i++) {
            a[i] = i;
            b[i] = i + rint(1000 * z[c]);
        }
        T_NEAR(ks(a, MANY, b, MANY).p / tail[c], 1, 4e-3);
    }
    lt_free(a);
    lt_free(b);
}

TEST(the_same_sample_has_not_drifted_and_another_has)
{
    static double a[M], b[M];
    for (int i = 0; i < M; i++) {
        a[i] = i % 7;
        b[i] = a[i] + 7;
    }
    struct lt_ks same = ks(a, M, a, M), other = ks(a, M, b, M);
    T_NEAR(same.statistic, 0, 0);
    T_NEAR(same.p, 1, 0);
    T_NEAR(other.statistic, 1, 0);
    T_NEAR(other.p, 0, 1e-300);
}

TEST(measuring_survives_every_failing_allocation)
{
    const double x[] = {1, 2, 3};
    const bool anomaly[] = {false, true, true};
    int failures = 0;
    T_EACH_ALLOCATION
    {
        struct lt_error err = {0};
        struct lt_ranking ranks;
        struct lt_ks drift;
        double r;
        if (lt_ranking(&ranks, x, anomaly, 3, &err) || lt_rank_correlation(&r, x, x, 3, &err) ||
            lt_ks(&drift, x, 3, x, 3, &err)) {
            failures++;
            T_OK(strstr(err.text, "out of memory"));
        }
    }
    T_INT(failures, 4);
}

T_MAIN
