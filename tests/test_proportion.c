/* Intervals for shares of rows. */
#include "app/proportion.h"
#include "base/rng.h"
#include "t.h"

TEST(a_share_has_wilsons_interval)
{
    struct lt_interval v = lt_proportion(8, 10);
    T_NEAR(v.value, 0.8, 1e-15);
    T_NEAR(v.low, 0.4901624715366418, 1e-12);
    T_NEAR(v.high, 0.9433178485456247, 1e-12);
}

TEST(none_and_all_of_few_rows_are_not_certain)
{
    struct lt_interval none = lt_proportion(0, 20), all = lt_proportion(20, 20);
    T_OK(none.value == 0 && none.low == 0 && all.value == 1 && all.high == 1);
    T_NEAR(none.high, 0.16112515805281938, 1e-12);
    T_NEAR(all.low, 1 - none.high, 1e-12);
}

TEST(a_paired_difference_counts_the_rows_that_differ)
{
    struct lt_interval v = lt_proportion_difference(12, 4, 100);
    T_NEAR(v.value, 0.08, 1e-15);
    T_NEAR(v.low, -0.001658885352535222, 1e-12);
    T_NEAR(v.high, 0.15852163045057444, 1e-12);
    struct lt_interval turned = lt_proportion_difference(4, 12, 100);
    T_NEAR(turned.low, -v.high, 1e-15);
    struct lt_interval same = lt_proportion_difference(0, 0, 10);
    T_OK(same.value == 0 && same.low < -0.1 && same.high > 0.1);
    struct lt_interval opposite = lt_proportion_difference(10, 0, 10);
    T_OK(opposite.value == 1 && opposite.high <= 1 && opposite.low > 0.4);
}

/* Of 4,000 pairs of rules on 60 rows whose true difference is 0.07. */
TEST(nineteen_of_twenty_intervals_hold_the_truth)
{
    int held = 0;
    for (uint64_t trial = 0; trial < 4000; trial++) {
        const struct lt_stream stream = lt_stream(1, LT_RNG_TEST, 0, trial);
        int64_t first = 0, second = 0;
        for (uint32_t i = 0; i < 60; i++) {
            float u = lt_uniform(&stream, i);
            first += u < 0.12f;
            second += u >= 0.12f && u < 0.17f;
        }
        struct lt_interval v = lt_proportion_difference(first, second, 60);
        held += v.low <= 0.07 && 0.07 <= v.high;
    }
    T_NEAR(held / 4000., 0.955, 0.015);
}

T_MAIN
