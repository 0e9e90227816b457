/* Calibration: p-values, thresholds, and what they promise. */
#include "app/conformal.h"
#include "base/rng.h"
#include "t.h"

TEST(p_counts_calibration_scores_at_least_as_high)
{
    const double c[] = {1, 2, 2, 2, 5, 5, 8, 9, 9};
    T_NEAR(lt_conformal_p(c, 9, 0), 1, 0);
    T_NEAR(lt_conformal_p(c, 9, 1), 1, 0);
    T_NEAR(lt_conformal_p(c, 9, 1.5), 0.9, 0);
    T_NEAR(lt_conformal_p(c, 9, 2), 0.9, 0);
    T_NEAR(lt_conformal_p(c, 9, 5), 0.6, 0);
    T_NEAR(lt_conformal_p(c, 9, 9), 0.3, 0);
    T_NEAR(lt_conformal_p(c, 9, 9.5), 0.1, 0);
    T_NEAR(lt_conformal_p(c, 9, INFINITY), lt_conformal_smallest_p(9), 0);
    T_OK(isnan(lt_conformal_p(c, 9, NAN)));
    T_NEAR(lt_conformal_p(c, 0, 3), 1, 0);
}

TEST(scores_are_sorted_and_odd_ones_refused)
{
    struct lt_error err = {0};
    double c[] = {3, -1, 2, 2}, odd[] = {1, INFINITY};
    T_INT(lt_conformal_sort(c, 4, &err), LT_OK);
    for (int i = 0; i < 4; i++)
        T_NEAR(c[i], ((const double[]){-1, 2, 2, 3})[i], 0);
    T_INT(lt_conformal_sort(odd, 2, &err), LT_ECONTENT);
    T_ERR(err, "calibration row 2 has no finite score, so nothing can be calibrated with it");
}

TEST(needed_rows_are_the_fewest_that_can_raise_an_alarm)
{
    T_INT(lt_conformal_rows(0.5), 1);
    T_INT(lt_conformal_rows(0.05), 19);
    T_INT(lt_conformal_rows(0.01), 99);
    T_INT(lt_conformal_rows(0.003), 333);
    T_INT(lt_conformal_rows(1e-6), 999999);
    T_INT(lt_conformal_rows(1), 0);
    T_INT(lt_conformal_rows(2), 0);
    T_INT(lt_conformal_rows(0), INT64_MAX);
    T_INT(lt_conformal_rows(-1), INT64_MAX);
    T_INT(lt_conformal_rows(NAN), INT64_MAX);
    for (int i = 1; i < 3000; i++) {
        int64_t n = lt_conformal_rows(i / 3000.0);
        T_OK(lt_conformal_smallest_p(n) <= i / 3000.0);
        T_OK(n == 0 || lt_conformal_smallest_p(n - 1) > i / 3000.0);
    }
}

/* Rates that are no exact doubles, such as 0.07 of 99 rows, would be off by one row if thresholds
 * and p-values rounded differently. */
TEST(threshold_alarms_exactly_where_p_is_at_most_the_rate)
{
    double c[299];
    for (int n = 0; n < 299; n += n < 30 ? 1 : 23) {
        for (int i = 0; i < n; i++)
            c[i] = i / 3; /* ties */
        for (int percent = 0; percent <= 100; percent++) {
            double rate = percent / 100.0, threshold = lt_conformal_threshold(c, n, rate);
            T_OK(!isfinite(threshold) == (percent == 100 || n < lt_conformal_rows(rate)));
            for (double s = -1; s <= n / 3 + 1; s += 0.5)
                T_OK((s >= threshold) == (lt_conformal_p(c, n, s) <= rate));
            if (!isfinite(threshold))
                continue;
            T_OK(lt_conformal_p(c, n, threshold) <= rate);
            T_OK(lt_conformal_p(c, n, nextafter(threshold, -INFINITY)) > rate);
        }
    }
}

/* scipy.stats.beta.ppf([0.025, 0.975], l, n + 1 - l), scipy 1.17.1. */
TEST(realised_rates_are_those_of_the_beta_distribution)
{
    static const struct {
        int64_t n;
        double rate, value, low, high;
    } known[] = {
        {19, 0.05, 0.05, 0.0013316288041794228, 0.17646691180696536},
        {99, 0.05, 0.05, 0.016599911329843488, 0.10022790656874934},
        {199, 0.05, 0.05, 0.02435727131620756, 0.084114637001735},
        {1000, 0.01, 10 / 1001.0, 0.004805510691049308, 0.017015783069894586},
        {9999, 0.001, 0.001, 0.0004796877026318104, 0.0017079604792524447},
        {100000, 0.05, 5000 / 100001.0, 0.048657255207270746, 0.05135879320507162},
        {10000000, 0.01, 100000 / 10000001.0, 0.009938423056847697, 0.01006176058498221},
        {1000000000, 0.001, 1000000 / 1000000001.0, 0.0009980419606762322, 0.0010019599278412855},
        {999, 0.9, 0.9, 0.8806735370332796, 0.9178117100304483},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct lt_interval r = lt_conformal_realised(known[i].n, known[i].rate);
        T_NEAR(r.value / known[i].value, 1, 1e-15);
        T_NEAR(r.low / known[i].low, 1, 1e-10);
        T_NEAR(r.high / known[i].high, 1, 1e-10);
    }
    struct lt_interval none = lt_conformal_realised(18, 0.05), all = lt_conformal_realised(18, 1);
    T_OK(none.value == 0 && none.low == 0 && none.high == 0);
    T_OK(all.value == 1 && all.low == 1 && all.high == 1);
    struct lt_interval one = lt_conformal_realised(1, 0.5); /* Beta(1, 1): uniform */
    T_NEAR(one.low, 0.025, 1e-14);
    T_NEAR(one.high, 0.975, 1e-14);
}

enum { SEEDS = 1000, CALIBRATION = 199, TESTED = 200 };

/* A fresh calibration set and fresh rows from the same source, in (0, 1) and without ties: sums of
 * two uniform numbers at scales of 1 and 2^-24, so that the share of a source above a score is
 * known. */
static void draw(uint64_t seed, double *x, int n)
{
    struct lt_stream coarse = lt_stream(seed, LT_RNG_TEST, 0, 0);
    struct lt_stream fine = lt_stream(seed, LT_RNG_TEST, 1, 0);
    for (int i = 0; i < n; i++)
        x[i] = (double)lt_uniform(&coarse, (uint32_t)i) +
               0x1p-24 * (double)lt_uniform(&fine, (uint32_t)i);
}

/* With n = 199 and rate 0.05, l = 10.  Over seeds,
 *   - the first tested row alarms with probability exactly 0.05: alarms among 1,000 seeds are
 *     Binomial(1000, 0.05), 50 with standard deviation 6.89;
 *   - alarms among the 200 tested rows of a seed are beta-binomial (200, 10, 190): mean 10,
 *     standard deviation 4.348, between 3 and 20 with probability 0.96425 (scipy.stats.betabinom);
 *   - the realised rate, 1 - threshold for uniform scores, is Beta(10, 190) and so within the
 *     interval with probability 0.95.
 * Each count may be 4 standard deviations off. */
TEST(exchangeable_rows_raise_false_alarms_at_the_promised_rate)
{
    struct lt_error err = {0};
    struct lt_interval realised = lt_conformal_realised(CALIBRATION, 0.05);
    double x[CALIBRATION + TESTED], alarms_in_all = 0;
    int first = 0, in_band = 0, in_interval = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        draw(seed, x, CALIBRATION + TESTED);
        T_INT(lt_conformal_sort(x, CALIBRATION, &err), LT_OK);
        double threshold = lt_conformal_threshold(x, CALIBRATION, 0.05);
        int alarms = 0;
        for (int i = CALIBRATION; i < CALIBRATION + TESTED; i++)
            alarms += lt_conformal_p(x, CALIBRATION, x[i]) <= 0.05;
        first += x[CALIBRATION] >= threshold;
        alarms_in_all += alarms;
        in_band += alarms >= 3 && alarms <= 20;
        in_interval += 1 - threshold >= realised.low && 1 - threshold <= realised.high;
    }
    T_NEAR(first, 50, 4 * 6.89);
    T_NEAR(alarms_in_all / SEEDS, 10, 4 * 4.348 / sqrt(SEEDS));
    T_NEAR(in_band, 964.25, 4 * 5.87);
    T_NEAR(in_interval, 950, 4 * 6.89);
}

/* For every rate at once: the mean of 1,000 p-values, each of a seed of its own, uniform on
 * 1/200 ... 1, whose mean is 0.5025 and standard deviation 0.2887. */
TEST(p_values_of_exchangeable_rows_are_uniform)
{
    struct lt_error err = {0};
    double x[CALIBRATION + 1], sum = 0, square = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        draw(SEEDS + seed, x, CALIBRATION + 1);
        T_INT(lt_conformal_sort(x, CALIBRATION, &err), LT_OK);
        double p = lt_conformal_p(x, CALIBRATION, x[CALIBRATION]);
        sum += p;
        square += (p - 0.5025) * (p - 0.5025);
    }
    T_NEAR(sum / SEEDS, 0.5025, 4 * 0.2887 / sqrt(SEEDS));
    T_NEAR(square / SEEDS, 1 / 12.0, 4 * 0.0745 / sqrt(SEEDS)); /* (x - 1/2)^2 varies by 1/180 */
}

T_MAIN
