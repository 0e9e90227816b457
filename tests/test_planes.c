/* Columns of typed cells as planes of integers and back. */
#include "t_alloc.h"
#include "t_planes_array.h"

TEST(every_type_comes_back_bit_for_bit)
{
    for (int type = 0; type < LT_TEXT; type++)
        for (int style = 0; style < STYLES; style++) {
            struct rig rig = {.rows = 400};
            rig_group(&rig, (enum lt_type)type, 3);
            rig_group(&rig, LT_F64, 1);
            rig_group(&rig, (enum lt_type)type, 1);
            rig_fill(&rig, 0, style);
            rig_fill(&rig, 1, (int)draw(STYLES));
            rig_fill(&rig, 2, style);
            if (style & 1)
                rig_lose_cells(&rig, 2);
            rig_pass(&rig, NULL, 8 * (1 + (int64_t)draw(60)));
            rig_same(&rig);
            rig_free(&rig);
        }
}

TEST(a_table_without_regular_cells_comes_back)
{
    struct rig rig = {.rows = 20};
    rig_group(&rig, LT_F64, 2);
    rig_group(&rig, LT_I32, 1);
    for (int64_t k = 0; k < 40; k++)
        set_cell(&rig, 0, k, draw_nan(LT_F64));
    rig_lose_cells(&rig, 1);
    memset(rig.in[1].valid, 0, 3);
    rig_pass(&rig, NULL, 8);
    rig_same(&rig);
    rig_free(&rig);
    rig.rows = 0;
    rig_group(&rig, LT_F64, 2);
    rig_pass(&rig, NULL, 8);
    rig_free(&rig);
}

static uint64_t z_scored_byte(int64_t row)
{
    return lt_double_bits(((double)(row * 2654435761 % 256) - 127.31) / 71.7);
}
static uint64_t two_decimals(int64_t row)
{
    return lt_double_bits((double)(row * 7919 % 100000 - 40000) / 100.0);
}
static uint64_t two_decimals_f4(int64_t row)
{
    return lt_float_bits((float)((double)(row * 7919 % 100000 - 40000) / 100.0));
}
static uint64_t widened_decimal(int64_t row)
{
    return lt_double_bits((double)(float)((double)(row * 7919 % 100000 - 40000) / 100.0));
}
static uint64_t widened(int64_t row)
{
    return lt_double_bits((double)lt_float_of((uint32_t)(0x3f800000 + row * 7919 % 1000003)));
}
static uint64_t decimal_or_sum(int64_t row)
{
    return row % 100 == 7 ? lt_double_bits(0.1 + 0.2) : two_decimals(row);
}
static uint64_t decimal_or_fill(int64_t row)
{
    return row % 50 == 7 ? lt_double_bits(9.96921e36) : two_decimals(row);
}
static uint64_t spread_integer(int64_t row)
{
    return (uint64_t)(row % 13 * row % 13 * 1000003);
}
static uint64_t large_unsigned(int64_t row)
{
    return UINT64_MAX - (uint64_t)(row * 7919 % 100);
}

TEST(each_kind_of_column_gets_its_mapping)
{
    static const struct {
        const char *what;
        enum lt_type type;
        cell_fn *fn;
        const char *mapping;
        enum lt_plane_kind kind;
        int32_t levels;
    } cases[] = {
        {"256 z-scored levels", LT_F64, z_scored_byte, "dictionary", LT_PLANE_SYMBOL, 256},
        {"two digits", LT_F64, two_decimals, "decimal", LT_PLANE_NUMBER, 0},
        {"two digits in f4", LT_F32, two_decimals_f4, "decimal", LT_PLANE_NUMBER, 0},
        {"two digits in f4 in f8", LT_F64, widened_decimal, "decimal", LT_PLANE_NUMBER, 0},
        {"f4 in f8", LT_F64, widened, "single", LT_PLANE_NUMBER, 0},
        {"any f8", LT_F64, irrational, "bits", LT_PLANE_NUMBER, 0},
        {"a value for missing", LT_F64, decimal_or_fill, "decimal", LT_PLANE_NUMBER, 0},
        {"two digits and rounding", LT_F64, decimal_or_sum, "decimal", LT_PLANE_NUMBER, 0},
        {"small integers", LT_I32, small_integer, "integer", LT_PLANE_SYMBOL, 40},
        {"few integers far apart", LT_I64, spread_integer, "dictionary", LT_PLANE_SYMBOL, 0},
        {"integers above 2^63", LT_U64, large_unsigned, "integer", LT_PLANE_SYMBOL, 100},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        struct lt_plane plane = only_column(&rig, cases[i].type, 5000, cases[i].fn, NULL);
        const char *mapping = lt_planes_mapping(rig.planes, 0);
        if (strcmp(mapping, cases[i].mapping) != 0)
            T_FAIL("%s: %s", cases[i].what, mapping);
        T_INT(plane.kind, cases[i].kind);
        if (cases[i].levels)
            T_INT(plane.levels, cases[i].levels);
        rig_same(&rig);
        rig_free(&rig);
    }
}

static uint64_t widened_z_score(int64_t row)
{
    return lt_double_bits((double)(float)((double)(row * 2654435761 % 256) / 3.0 - 77.7));
}
static uint64_t z_scored_with_gaps(int64_t row)
{
    return lt_double_bits(((double)(row * row % 1009 * 2 + (row % 1009 == 500)) - 700.5) / 313.77);
}

TEST(levels_at_equal_distances_take_little_of_the_head)
{
    struct rig rig;
    only_column(&rig, LT_F64, 5000, z_scored_byte, NULL);
    T_OK(rig.head < 256 * 2);
    rig_free(&rig);
    only_column(&rig, LT_F64, 5000, widened_z_score, NULL);
    T_OK(rig.head < 256 + 60);
    rig_same(&rig);
    rig_free(&rig);
    only_column(&rig, LT_F64, 40000, z_scored_with_gaps, NULL);
    T_STR(lt_planes_mapping(rig.planes, 0), "dictionary");
    T_OK(rig.head < 505 * 3);
    rig_same(&rig);
    rig_free(&rig);
}

TEST(a_column_without_exceptions_is_one_plane_of_its_values)
{
    struct rig rig;
    struct lt_plane plane = only_column(&rig, LT_F64, 1000, two_decimals, NULL);
    T_INT(lt_planes_count(rig.planes), 1);
    T_OK(plane.lo >= -40000 && plane.hi < 60000 && plane.hi - plane.lo > 90000);
    T_OK(rig.head < 40);
    rig_free(&rig);
    plane = only_column(&rig, LT_F64, 1000, decimal_or_fill, NULL);
    T_INT(lt_planes_count(rig.planes), 2);
    T_INT(lt_planes_plane(rig.planes, 0).role, LT_PLANE_CELL);
    T_INT(rig.exceptions, 20 * 8);
    rig_free(&rig);
}

TEST(images_share_one_mapping)
{
    struct rig rig = {.rows = 40};
    struct lt_pixels pixels;
    rig_group(&rig, LT_U8, 30);
    rig.group[0].shape_rank = 3;
    memcpy(rig.group[0].shape, (int64_t[]){5, 2, 3, 0}, sizeof rig.group[0].shape);
    rig_fill(&rig, 0, ANY_BITS);
    rig_pass(&rig, NULL, 16);
    rig_same(&rig);
    T_OK(lt_planes_pixels(rig.planes, &pixels));
    T_OK(pixels.h == 5 && pixels.w == 2 && pixels.c == 3 && pixels.per == 1);
    T_INT(lt_planes_plane(rig.planes, 7).levels, 256);
    T_INT(lt_planes_plane(rig.planes, 7).column, 7);
    T_OK(rig.head < 30);
    rig_free(&rig);
    rig.rows = 40;
    rig_group(&rig, LT_U8, 30);
    rig_fill(&rig, 0, SMALL);
    rig_pass(&rig, NULL, 16);
    T_OK(!lt_planes_pixels(rig.planes, &pixels));
    rig_free(&rig);
}

TEST(very_wide_rows_share_one_mapping_without_being_images)
{
    struct rig rig = {.rows = 3};
    struct lt_pixels pixels;
    rig_group(&rig, LT_F32, 70000);
    for (int64_t k = 0; k < 3 * 70000; k++)
        set_cell(&rig, 0, k, two_decimals_f4(k));
    rig_pass(&rig, NULL, 8);
    rig_same(&rig);
    T_OK(rig.head < 40);
    T_OK(!lt_planes_pixels(rig.planes, &pixels));
    T_INT(lt_planes_plane(rig.planes, 69999).column, 69999);
    rig_free(&rig);
}

TEST(data_that_changed_between_the_passes_is_noticed)
{
    struct rig rig = {.rows = 100};
    rig_group(&rig, LT_F64, 1);
    rig_fill(&rig, 0, DECIMALS);
    struct lt_planes *planes = rig_plan(&rig, NULL, 1000);
    ((double *)rig.in[0].values)[50] = 0.12345;
    struct lt_error err = {0};
    int64_t values[200];
    struct lt_growable exceptions = {0};
    T_INT(lt_planes_map(planes, rig.in, 100, values, &exceptions, &err), LT_EFAIL);
    T_ERR(err, "column 0 holds what it did not hold before; the data changed while it was read");
    lt_growable_free(&exceptions);
    lt_planes_free(&planes);
    rig_free(&rig);
}

/* ---- the head ---------------------------------------------------------- */

TEST(a_damaged_head_never_does_harm)
{
    struct rig rig = {.rows = 800};
    struct lt_bound bounds[5] = {{LT_BOUND_NONE, 0, false},
                                 {LT_BOUND_ABSOLUTE, 0.1, true},
                                 {LT_BOUND_NONE, 0, false},
                                 {LT_BOUND_RELATIVE, 0.1, true},
                                 {LT_BOUND_ABSOLUTE, 5.0, true}};
    rig_group(&rig, LT_F64, 2);
    rig_group(&rig, LT_F32, 2);
    rig_group(&rig, LT_U64, 1);
    rig_fill(&rig, 0, FEW);
    rig_fill(&rig, 1, SPECIALS);
    rig_fill(&rig, 2, SMALL);
    rig_lose_cells(&rig, 2);
    struct lt_planes *planes = rig_plan(&rig, bounds, 800);
    struct lt_growable head = {0};
    T_INT(lt_planes_write(planes, &head, NULL), 0);
    try_heads(head.bytes, head.used);
    lt_growable_free(&head);
    lt_planes_free(&planes);
    rig_free(&rig);
}

/* Plans an array and reads its head, with every allocation failing in turn. */
TEST(a_planner_survives_any_allocation_that_fails)
{
    struct rig rig = {.rows = 64};
    rig_group(&rig, LT_F64, 2);
    rig_fill(&rig, 0, FEW);
    T_EACH_ALLOCATION
    {
        struct lt_planner *planner = NULL;
        struct lt_planes *planes = NULL, *again = NULL;
        struct lt_growable head = {0};
        struct lt_error err = {0};
        int rc = lt_planner_array(&planner, rig.group, 1, NULL, &err);
        if (!rc && !(rc = lt_planner_add(planner, rig.in, 64, &err)) &&
            !(rc = lt_planner_finish(planner, &planes, &err)) &&
            !(rc = lt_planes_write(planes, &head, &err)))
            rc = lt_planes_read(&again, "x", head.bytes, head.used, &err);
        T_OK(rc == 0 || (rc == LT_EFAIL && err.code == LT_EFAIL && !again));
        lt_planner_free(&planner);
        lt_planes_free(&planes);
        lt_planes_free(&again);
        lt_growable_free(&head);
    }
    rig_free(&rig);
}

T_MAIN
