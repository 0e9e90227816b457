/* Bounds on typed cells hold on what comes back. */
#include "t_planes_array.h"

/* As a reader of both files would check it: integers exactly, doubles as doubles. */
static bool within(enum lt_type type, const void *a, const void *b, int64_t k, double limit)
{
    if (type == LT_F32 || type == LT_F64) {
        double x = lt_type_value(type, a, k), y = lt_type_value(type, b, k);
        size_t size = lt_type_size(type);
        bool special = !isfinite(x) || (x == 0.0 && signbit(x)) ||
                       (x != 0.0 && fabs(x) < (type == LT_F32 ? (double)FLT_MIN : DBL_MIN));
        if (special || memcmp((const char *)a + (size_t)k * size,
                              (const char *)b + (size_t)k * size, size) == 0)
            return memcmp((const char *)a + (size_t)k * size, (const char *)b + (size_t)k * size,
                          size) == 0;
        return fabs(y - x) <= limit;
    }
    if (type == LT_U64) {
        uint64_t x = ((const uint64_t *)a)[k], y = ((const uint64_t *)b)[k];
        return (double)(x > y ? x - y : y - x) <= limit;
    }
    int64_t x = type == LT_I64 ? ((const int64_t *)a)[k] : (int64_t)lt_type_value(type, a, k);
    int64_t y = type == LT_I64 ? ((const int64_t *)b)[k] : (int64_t)lt_type_value(type, b, k);
    return (double)(x > y ? (uint64_t)x - (uint64_t)y : (uint64_t)y - (uint64_t)x) <= limit;
}

static void rig_within(const struct rig *rig, double limit)
{
    for (int i = 0; i < rig->groups; i++)
        for (size_t k = 0; k < rig_cells(rig, i); k++)
            if (!within(rig->group[i].type, rig->in[i].values, rig->out[i].values, (int64_t)k,
                        limit))
                T_FAIL("%s: %.17g became %.17g, bound %g", lt_type_name(rig->group[i].type),
                       lt_type_value(rig->group[i].type, rig->in[i].values, (int64_t)k),
                       lt_type_value(rig->group[i].type, rig->out[i].values, (int64_t)k), limit);
}

TEST(absolute_bounds_hold_for_every_value)
{
    for (int type = 0; type < LT_TEXT; type++)
        for (int style = 0; style < STYLES; style++)
            for (int power = -300; power <= 300; power += power > -12 && power < 20 ? 1 : 24) {
                struct rig rig = {.rows = 60};
                double limit = (1.0 + 8.0 * draw_unit()) * pow(10.0, power);
                struct lt_bound bound = {LT_BOUND_ABSOLUTE, draw(2) ? limit : pow(10.0, power),
                                         true};
                rig_group(&rig, (enum lt_type)type, 1);
                rig_fill(&rig, 0, style);
                rig_pass(&rig, &bound, 24);
                T_OK(lt_planes_limit(rig.planes, 0) <= bound.value);
                rig_within(&rig, bound.value);
                rig_free(&rig);
            }
}

TEST(relative_bounds_hold_for_every_value)
{
    for (int type = 0; type < LT_TEXT; type++)
        for (int style = 0; style < STYLES; style++)
            for (int power = -20; power <= 0; power++) {
                struct rig rig = {.rows = 60};
                struct lt_bound bound = {LT_BOUND_RELATIVE, (0.5 + draw_unit()) * pow(10.0, power),
                                         true};
                rig_group(&rig, (enum lt_type)type, 1);
                rig_fill(&rig, 0, style);
                double lo = INFINITY, hi = -INFINITY;
                for (int64_t k = 0; k < 60; k++) {
                    double x = lt_type_value((enum lt_type)type, rig.in[0].values, k);
                    lo = isfinite(x) && x < lo ? x : lo;
                    hi = isfinite(x) && x > hi ? x : hi;
                }
                rig_pass(&rig, &bound, 24);
                rig_within(&rig, bound.value * hi - bound.value * lo);
                rig_free(&rig);
            }
}

TEST(a_bound_makes_columns_shorter)
{
    struct rig rig;
    struct lt_bound bound = {LT_BOUND_ABSOLUTE, 0.01, true};
    struct lt_plane plane = only_column(&rig, LT_F64, 5000, irrational, &bound);
    T_STR(lt_planes_mapping(rig.planes, 0), "lattice");
    T_INT(lt_planes_count(rig.planes), 1);
    T_OK(plane.hi - plane.lo < 3500); /* sqrt(5000) / 0.02 */
    rig_within(&rig, 0.01);
    rig_free(&rig);
    bound = (struct lt_bound){LT_BOUND_RELATIVE, 0.01, true};
    plane = only_column(&rig, LT_F64, 5000, irrational, &bound);
    T_OK(plane.levels > 45 && plane.levels < 55);
    rig_free(&rig);
    bound = (struct lt_bound){LT_BOUND_ABSOLUTE, 3.9, true};
    plane = only_column(&rig, LT_I32, 5000, small_integer, &bound);
    T_INT(plane.levels, 7); /* -20 ... 19 in steps of 7 */
    rig_within(&rig, 3.0);
    rig_free(&rig);
}

/* Values too large for a lattice are kept beside it. */
static uint64_t irrational_or_fill(int64_t row)
{
    return row % 100 == 3 ? lt_double_bits(1e30) : irrational(row);
}

TEST(a_value_that_stands_for_a_missing_one_comes_back_under_a_bound)
{
    struct rig rig;
    struct lt_bound bound = {LT_BOUND_ABSOLUTE, 0.01, true};
    struct lt_plane plane = only_column(&rig, LT_F64, 5000, irrational_or_fill, &bound);
    T_STR(lt_planes_mapping(rig.planes, 0), "lattice");
    T_OK(plane.hi - plane.lo < 3500);
    T_INT(rig.exceptions, 50 * 8);
    T_OK(((double *)rig.out[0].values)[3] == 1e30);
    rig_within(&rig, 0.01);
    rig_free(&rig);
}

static uint64_t cents(int64_t row)
{
    return lt_double_bits((double)(row * 7919 % 100003) / 100.0);
}
static uint64_t cents_f4(int64_t row)
{
    return lt_float_bits((float)((double)(row * 7919 % 10007) / 100.0));
}

static uint64_t whole_or_subnormal(int64_t row)
{
    return lt_double_bits(row == 3 ? 5e-324 : (double)(row * 7919 % 10007));
}

TEST(subnormal_numbers_come_back_exactly_among_bounded_ones)
{
    struct rig rig;
    struct lt_bound bound = {LT_BOUND_ABSOLUTE, 1.2, true};
    only_column(&rig, LT_F64, 5000, whole_or_subnormal, &bound);
    T_STR(lt_planes_mapping(rig.planes, 0), "decimal");
    T_OK(((double *)rig.out[0].values)[3] == 5e-324);
    rig_within(&rig, 1.2);
    rig_free(&rig);
}

/* 0.57 - 0.56 > 0.01: what holds for the decimals need not hold for the doubles. */
TEST(bounds_of_whole_units_hold_for_decimals)
{
    for (int k = 1; k < 40; k++)
        for (int f4 = 0; f4 < 2; f4++) {
            struct rig rig;
            struct lt_bound bound = {LT_BOUND_ABSOLUTE, k / 100.0, true};
            only_column(&rig, f4 ? LT_F32 : LT_F64, 1000, f4 ? cents_f4 : cents, &bound);
            rig_within(&rig, bound.value);
            rig_free(&rig);
        }
}

static uint64_t largest(int64_t row)
{
    return lt_double_bits(row % 3 ? DBL_MAX : -DBL_MAX / (double)(row + 1));
}
static uint64_t largest_f4(int64_t row)
{
    return lt_float_bits(row % 3 ? FLT_MAX : -FLT_MAX / (float)(row + 1));
}

TEST(bounds_hold_at_the_ends_of_the_types)
{
    for (int k = 1; k < 300; k++)
        for (int f4 = 0; f4 < 2; f4++) {
            struct rig rig;
            struct lt_bound bound = {LT_BOUND_RELATIVE, k / 601.0, true};
            double most = f4 ? (double)FLT_MAX : DBL_MAX;
            only_column(&rig, f4 ? LT_F32 : LT_F64, 30, f4 ? largest_f4 : largest, &bound);
            T_STR(lt_planes_mapping(rig.planes, 0), "lattice");
            rig_within(&rig, bound.value * most + bound.value * most);
            rig_free(&rig);
        }
}

TEST(a_bound_of_nonsense_is_refused)
{
    struct lt_group group = {.type = LT_F64, .width = 1, .shape_rank = 1, .shape = {1}};
    struct lt_planner *planner = NULL;
    static const double values[] = {0.0, -1.0, INFINITY, NAN};
    for (int i = 0; i < 4; i++) {
        struct lt_error err = {0};
        struct lt_bound bound = {LT_BOUND_ABSOLUTE, values[i], true};
        T_INT(lt_planner_array(&planner, &group, 1, &bound, &err), LT_EUSAGE);
        T_OK(planner == NULL);
    }
}

T_MAIN
