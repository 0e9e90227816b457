/* The curve of an ordered code: which widths it looks at, and which of them it names. */
#include "app/ordered.h"
#include "t.h"

static void check_widths(int64_t dims, const int64_t *want, int points)
{
    struct lt_ordered_curve c;
    lt_ordered_widths(&c, dims);
    T_INT(c.points, points);
    for (int i = 0; i < points; i++)
        T_INT(c.dims[i], want[i]);
}

TEST(a_curve_looks_at_powers_of_two_what_lies_halfway_round_numbers_and_all)
{
    static const int64_t one[] = {1}, two[] = {1, 2}, five[] = {1, 2, 3, 4, 5},
                         many[] = {1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 30, 32, 48, 50, 64};
    check_widths(1, one, 1);
    check_widths(2, two, 2);
    check_widths(5, five, 5);
    check_widths(64, many, 16);
}

TEST(a_curve_has_room_for_the_widest_code)
{
    struct lt_ordered_curve c;
    lt_ordered_widths(&c, LT_WIDTH_MAX);
    T_OK(c.points <= LT_ORDERED_POINTS);
    T_INT(c.dims[c.points - 1], LT_WIDTH_MAX);
    for (int i = 1; i < c.points; i++)
        T_OK(c.dims[i] > c.dims[i - 1]);
}

static struct lt_ordered_curve curve_of(int64_t dims, const double *error, double mean_error)
{
    struct lt_ordered_curve c;
    lt_ordered_widths(&c, dims);
    c.mean_error = mean_error;
    for (int i = 0; i < c.points; i++)
        c.error[i] = error[i];
    return c;
}

/* Widths 1, 2, 3, 4, 6, 8. */
TEST(the_elbow_is_where_a_steep_fall_becomes_a_slow_one)
{
    static const double bent[] = {100, 60, 20, 18, 16, 14}, straight[] = {80, 70, 60, 50, 30, 10},
                        flat[] = {5, 5, 5, 5, 5, 5}, rising[] = {5, 6, 7, 8, 9, 10};
    struct lt_ordered_curve c = curve_of(8, bent, 120);
    T_INT(c.dims[lt_ordered_elbow(&c)], 3);
    c = curve_of(8, straight, 90); /* bends nowhere */
    T_INT(c.dims[lt_ordered_elbow(&c)], 8);
    c = curve_of(8, flat, 5);
    T_INT(c.dims[lt_ordered_elbow(&c)], 8);
    c = curve_of(8, rising, 20);
    T_INT(c.dims[lt_ordered_elbow(&c)], 8);
    c = curve_of(1, bent, 120);
    T_INT(lt_ordered_elbow(&c), 0);
}

TEST(recommended_is_the_smallest_width_that_keeps_95_per_cent_of_what_all_keep)
{
    static const double error[] = {60, 40, 16, 15.1, 15, 10};
    struct lt_ordered_curve c = curve_of(8, error, 110); /* 95 of 100 kept at an error of 15 */
    T_INT(c.dims[lt_ordered_recommended(&c)], 6);
    c.error[4] = 15.2;
    T_INT(c.dims[lt_ordered_recommended(&c)], 8);
    c.error[0] = 12;
    T_INT(c.dims[lt_ordered_recommended(&c)], 1);
}

T_MAIN
