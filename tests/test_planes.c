/* Columns of cells as planes of integers and back. */
#include "base/fmath.h"
#include "base/mem.h"
#include "base/rng.h"
#include "codec/planes.h"
#include "t.h"

#include <float.h>

/* ---- random numbers ---------------------------------------------------- */

static uint32_t drawn;

static uint64_t draw(uint64_t n)
{
    struct lt_stream stream = lt_stream(7, LT_RNG_TEST, 0, 0);
    return lt_below(&stream, drawn++, n);
}

static uint64_t draw_bits(void)
{
    return draw((uint64_t)1 << 32) << 32 | draw((uint64_t)1 << 32);
}

static double draw_unit(void)
{
    return (double)draw((uint64_t)1 << 53) * 0x1p-53;
}

/* ---- arrays ------------------------------------------------------------ */

enum { MAX_GROUPS = 4 };

/* Arrays, blocks and what comes back of them. */
struct rig {
    struct lt_group group[MAX_GROUPS];
    struct lt_block_group in[MAX_GROUPS], out[MAX_GROUPS];
    int groups;
    int64_t rows;
    struct lt_planes *planes; /* as read from the head */
    size_t head, exceptions;  /* bytes */
};

static size_t rig_cells(const struct rig *rig, int i)
{
    return (size_t)(rig->rows * rig->group[i].width);
}

static void rig_group(struct rig *rig, enum lt_type type, int64_t width)
{
    int i = rig->groups++;
    rig->group[i] =
        (struct lt_group){.type = type, .width = width, .shape_rank = 1, .shape = {width}};
    struct lt_error err = {0};
    size_t bytes = rig_cells(rig, i) * lt_type_size(type);
    if (lt_alloc(&rig->in[i].values, bytes, 1, "test", &err) ||
        lt_alloc(&rig->out[i].values, bytes, 1, "test", &err) ||
        lt_alloc(&rig->out[i].valid, rig_cells(rig, i) / 8 + 1, 1, "test", &err))
        T_FAIL("%s", err.text);
}

static void rig_free(struct rig *rig)
{
    for (int i = 0; i < rig->groups; i++) {
        lt_free(rig->in[i].values);
        lt_free(rig->in[i].valid);
        lt_free(rig->out[i].values);
        lt_free(rig->out[i].valid);
    }
    lt_planes_free(&rig->planes);
    *rig = (struct rig){0};
}

/* The rows from `row` on, which must begin a byte of the bitmap. */
static void rig_at(const struct rig *rig, const struct lt_block_group *from, int64_t row,
                   struct lt_block_group *to)
{
    for (int i = 0; i < rig->groups; i++) {
        size_t cell = (size_t)(row * rig->group[i].width);
        to[i].values = (char *)from[i].values + cell * lt_type_size(rig->group[i].type);
        to[i].valid = from[i].valid ? from[i].valid + cell / 8 : NULL;
    }
}

/* The planes of a rig, by way of their head. */
static struct lt_planes *rig_plan(struct rig *rig, const struct lt_bound *bounds, int64_t block)
{
    struct lt_error err = {0};
    struct lt_planner *planner = NULL;
    struct lt_planes *planes = NULL;
    struct lt_growable head = {0};
    if (lt_planner_array(&planner, rig->group, rig->groups, bounds, &err))
        T_FAIL("%s", err.text);
    for (int64_t r = 0; r < rig->rows; r += block) {
        struct lt_block_group at[MAX_GROUPS];
        rig_at(rig, rig->in, r, at);
        T_INT(lt_planner_add(planner, at, rig->rows - r < block ? rig->rows - r : block, &err), 0);
    }
    if (lt_planner_finish(planner, &planes, &err) || lt_planes_write(planes, &head, &err) ||
        lt_planes_read(&rig->planes, "x", head.bytes, head.used, &err))
        T_FAIL("%s", err.text);
    rig->head = head.used;
    lt_planner_free(&planner);
    lt_growable_free(&head);
    return planes;
}

/* All integers are as their planes say. */
static void check_values(const struct lt_planes *planes, const int64_t *values, int64_t rows)
{
    int64_t count = lt_planes_count(planes);
    for (int64_t p = 0; p < count; p++) {
        struct lt_plane plane = lt_planes_plane(planes, p);
        T_OK((plane.kind == LT_PLANE_SYMBOL) == (plane.levels > 0));
        for (int64_t r = 0; r < rows && plane.levels; r++)
            T_OK(values[r * count + p] >= 0 && values[r * count + p] < plane.levels);
    }
}

/* Plans, maps and unmaps all rows in blocks of `block` rows, a multiple of 8. */
static void rig_pass(struct rig *rig, const struct lt_bound *bounds, int64_t block)
{
    struct lt_error err = {0};
    struct lt_planes *planes = rig_plan(rig, bounds, block);
    struct lt_growable exceptions = {0};
    int64_t *values = NULL;
    T_INT(lt_planes_count(planes), lt_planes_count(rig->planes));
    T_INT(lt_planes_rows(rig->planes), rig->rows);
    T_INT(
        lt_alloc(&values, (size_t)(block * lt_planes_count(planes)), sizeof *values, "test", &err),
        0);
    rig->exceptions = 0;
    for (int64_t r = 0; r < rig->rows; r += block) {
        int64_t n = rig->rows - r < block ? rig->rows - r : block;
        struct lt_block_group in[MAX_GROUPS], out[MAX_GROUPS];
        rig_at(rig, rig->in, r, in);
        rig_at(rig, rig->out, r, out);
        exceptions.used = 0;
        if (lt_planes_map(planes, in, n, values, &exceptions, &err))
            T_FAIL("%s", err.text);
        check_values(planes, values, n);
        if (lt_planes_unmap(rig->planes, values, n, exceptions.bytes, exceptions.used, out, &err))
            T_FAIL("%s", err.text);
        rig->exceptions += exceptions.used;
    }
    lt_free(values);
    lt_growable_free(&exceptions);
    lt_planes_free(&planes);
}

static bool rig_same_valid(const struct rig *rig, int i, int64_t cell)
{
    int groups;
    bool missing = lt_planes_groups(rig->planes, &groups)[i].missing;
    return lt_block_valid(&rig->in[i], cell) == (!missing || lt_block_valid(&rig->out[i], cell));
}

/* Every cell has the same bits, and is missing where it was. */
static void rig_same(const struct rig *rig)
{
    for (int i = 0; i < rig->groups; i++) {
        size_t size = lt_type_size(rig->group[i].type);
        for (size_t k = 0; k < rig_cells(rig, i); k++) {
            const char *a = (char *)rig->in[i].values + k * size;
            const char *b = (char *)rig->out[i].values + k * size;
            bool valid = lt_block_valid(&rig->in[i], (int64_t)k);
            if (!rig_same_valid(rig, i, (int64_t)k) || (valid && memcmp(a, b, size) != 0))
                T_FAIL("group %d (%s): cell %zu differs", i, lt_type_name(rig->group[i].type), k);
        }
    }
}

/* Columns by what they are like. */
enum { ANY_BITS, SPECIALS, SMALL, EXTREMES, FEW, DECIMALS, STYLES };

static double draw_special(void)
{
    static const double special[] = {
        0.0,    -0.0,    INFINITY, -INFINITY, 1e300,   -1e300,  DBL_MAX, -DBL_MAX,
        5e-324, -5e-324, 1e-310,   DBL_MIN,   FLT_MIN, FLT_MAX, 1e-40,   9.96921e36,
        0x1p53, -0x1p53, 0x1p63,   0.1,       1.0,     -1.5,    1e22,    123456789.125};
    return special[draw(sizeof special / sizeof *special)];
}

static double draw_real(int style)
{
    switch (style) {
    case SPECIALS:
        return draw_special();
    case SMALL:
        return (double)draw(100) - 50.0;
    case FEW:
        return ((double)draw(17) - 3.0) / 7.0;
    case DECIMALS:
        return ((double)draw(100000) - 30000.0) / 100.0;
    default:
        return draw_unit() * 1000.0 - 300.0;
    }
}

/* NaN of any sign and payload, and signalling ones. */
static uint64_t draw_nan(enum lt_type type)
{
    if (draw(2))
        return type == LT_F32 ? 0x7fc00000u : 0x7ff8000000000000u;
    uint64_t bits = draw_bits();
    if (type == LT_F32)
        return ((uint32_t)bits & 0xff800fffu) | 0x7f800001u;
    return bits | 0x7ff0000000000001u;
}

static uint64_t draw_cell(enum lt_type type, int style)
{
    bool real = type == LT_F32 || type == LT_F64;
    if (style == ANY_BITS)
        return draw_bits();
    if (real && style == SPECIALS && draw(4) == 0)
        return draw_nan(type);
    double x = real ? draw_real(style) : 0.0;
    if (type == LT_F32)
        return lt_float_bits((float)x);
    if (type == LT_F64)
        return lt_double_bits(x);
    static const uint64_t ends[] = {
        0,   1,     UINT64_MAX, (uint64_t)1 << 63, (uint64_t)INT64_MAX, 127, 128,
        255, 65535, 32768,      1u << 31,          UINT32_MAX};
    if (style == EXTREMES || style == SPECIALS)
        return ends[draw(sizeof ends / sizeof *ends)];
    return style == FEW ? draw(9) * 0x123456789u : draw(style == SMALL ? 90 : 100000);
}

static void set_cell(struct rig *rig, int i, int64_t cell, uint64_t raw)
{
    size_t size = lt_type_size(rig->group[i].type);
    if (rig->group[i].type == LT_BOOL)
        raw &= 1;
    memcpy((char *)rig->in[i].values + (size_t)cell * size, &raw, size); /* lowest byte first */
}

static void rig_fill(struct rig *rig, int i, int style)
{
    for (size_t k = 0; k < rig_cells(rig, i); k++)
        set_cell(rig, i, (int64_t)k, draw_cell(rig->group[i].type, style));
}

static void rig_lose_cells(struct rig *rig, int i)
{
    struct lt_error err = {0};
    T_INT(lt_alloc(&rig->in[i].valid, rig_cells(rig, i) / 8 + 1, 1, "test", &err), 0);
    for (size_t k = 0; k < rig_cells(rig, i); k++)
        if (draw(5))
            rig->in[i].valid[k / 8] |= (uint8_t)(1u << (k & 7));
}

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

/* A single column filled by a function of the row; returns its value plane. */
typedef uint64_t cell_fn(int64_t row);
static struct lt_plane only_column(struct rig *rig, enum lt_type type, int64_t rows, cell_fn *fn,
                                   const struct lt_bound *bound)
{
    *rig = (struct rig){.rows = rows};
    rig_group(rig, type, 1);
    for (int64_t r = 0; r < rows; r++)
        set_cell(rig, 0, r, fn(r));
    rig_pass(rig, bound, 1000);
    return lt_planes_plane(rig->planes, lt_planes_count(rig->planes) - 1);
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
static uint64_t irrational(int64_t row)
{
    return lt_double_bits(sqrt((double)(row + 2)));
}
static uint64_t decimal_or_fill(int64_t row)
{
    return row % 50 == 7 ? lt_double_bits(9.96921e36) : two_decimals(row);
}
static uint64_t small_integer(int64_t row)
{
    return (uint64_t)(row * 7 % 40 - 20);
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

/* ---- bounds ------------------------------------------------------------ */

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

/* ---- text -------------------------------------------------------------- */

struct sheet {
    struct lt_text_format format;
    struct lt_planes *planes; /* as read from the head */
    struct lt_growable back;    /* the text again */
    struct lt_growable head;
    size_t exceptions;
};

static void sheet_free(struct sheet *sheet)
{
    lt_planes_free(&sheet->planes);
    lt_growable_free(&sheet->back);
    lt_growable_free(&sheet->head);
}

static void sheet_map(struct sheet *sheet, const struct lt_planes *planes, const char *p,
                      const char *end, int64_t block)
{
    struct lt_error err = {0};
    struct lt_growable exceptions = {0};
    int64_t *values = NULL, rows = 0;
    T_INT(
        lt_alloc(&values, (size_t)(block * lt_planes_count(planes)), sizeof *values, "test", &err),
        0);
    for (int64_t first = 0; p < end; first += rows) {
        const char *stop = lt_text_lines(p, end, block, &rows);
        exceptions.used = 0;
        if (lt_planes_map_lines(planes, p, stop, first, rows, values, &exceptions, &err))
            T_FAIL("%s", err.text);
        check_values(planes, values, rows);
        if (lt_planes_unmap_lines(sheet->planes, values, first, rows, exceptions.bytes,
                                  exceptions.used, &sheet->back, &err))
            T_FAIL("%s", err.text);
        sheet->exceptions += exceptions.used;
        p = stop;
    }
    lt_free(values);
    lt_growable_free(&exceptions);
}

/* Plans, maps and unmaps text in blocks of lines. */
static struct sheet sheet_pass(const char *text, size_t size, const struct lt_bound *bounds,
                               int64_t block)
{
    struct sheet sheet = {0};
    struct lt_error err = {0};
    struct lt_planner *planner = NULL;
    struct lt_planes *planes = NULL;
    if (lt_text_find(&sheet.format, text, size, &err) ||
        lt_planner_text(&planner, &sheet.format, text, bounds, &err))
        T_FAIL("%s", err.text);
    int64_t rows;
    for (const char *p = text + sheet.format.header, *end = text + size; p < end;) {
        const char *stop = lt_text_lines(p, end, block + 1, &rows);
        T_INT(lt_planner_add_lines(planner, p, stop, &err), 0);
        p = stop;
    }
    if (lt_planner_finish(planner, &planes, &err) || lt_planes_write(planes, &sheet.head, &err) ||
        lt_planes_read(&sheet.planes, "x", sheet.head.bytes, sheet.head.used, &err))
        T_FAIL("%s", err.text);
    const char *header;
    const struct lt_text_format *format = lt_planes_text(sheet.planes, &header);
    T_INT(lt_growable_put(&sheet.back, header, format->header, &err), 0);
    sheet_map(&sheet, planes, text + sheet.format.header, text + size, block);
    lt_planes_free(&planes);
    lt_planner_free(&planner);
    return sheet;
}

static struct sheet sheet_same(const char *text, size_t size, int64_t block)
{
    struct sheet sheet = sheet_pass(text, size, NULL, block);
    if (sheet.back.used != size || (size && memcmp(sheet.back.bytes, text, size) != 0))
        T_FAIL("became\n%.*s\nfrom\n%.*s", (int)sheet.back.used, (char *)sheet.back.bytes,
               (int)size, text);
    return sheet;
}

TEST(awkward_texts_come_back_byte_for_byte)
{
    static const char *const texts[] = {
        "",
        "\n",
        "\n\n\n",
        "a",
        "a,b",
        "a,b\n",
        "1,2\n3,4",
        "1,2\r\n3,4\r\n",
        "1,2\r\n3,4",
        "1,2\r\n3,4\r",
        "1,2\n3,4\r\n5,6\n",
        "1,2\r\n3,4\n5,6\r\n7,8\r\n",
        "a,b\n1,2\n1,2,3\n4\n\n5,6\n",
        "\"x,y\",1\n\"a \"\"quoted\"\" b\",2\n\"open,3\n\"z\"tail,4\n",
        "\"two\nlines\",1\n\"x\",2\n",
        "\xef\xbb\xbfname,size\nx,1\ny,2\n",
        "1;2,5\n3;4,5\n",
        "1\t2\n3\t4\n",
        ",\n,\n,,\n",
        "-0.0,1e5\n-0,+3\n00,1.\n.5,nan\n1e400,-inf\n",
        "1.50,2\n1.5,3\n-1.25,4\n",
        "99999999999999999999,1\n123456789012345678,2\n-999999999999999999,3\n1234567890123456789,"
        "5\n",
        "\"\n",
        "\r",
        "\r\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int64_t block = 1; block < 4; block++) {
            struct sheet sheet = sheet_same(texts[i], strlen(texts[i]), block);
            sheet_free(&sheet);
        }
}

/* A cell: of a column's own kind mostly, of any kind now and then. */
static int draw_text_cell(char *to, int64_t column, bool crazy)
{
    static const char *const odd[] = {"",      "NA",     "\"a,b\"", "\"q\"\"q\"", "-0.00", "1e5",
                                      "+1",    " 2",     "nan",     "x\ry",       "\"",    "\"open",
                                      "00.50", "1.0000", "inf",     "word",       "a\"b",  "-"};
    if (crazy && draw(10) == 0)
        return sprintf(to, "%s", odd[draw(sizeof odd / sizeof *odd)]);
    switch (column % 6) {
    case 0:
        return sprintf(to, "%lld", (long long)draw(200) - 100);
    case 1:
        return sprintf(to, "%.2f", (double)draw(100000) / 100.0 + 1.0);
    case 2:
        return sprintf(to, "%s", (const char *[]){"red", "green", "blue", "dark blue"}[draw(4)]);
    case 3:
        return sprintf(to, "%.17g", draw_unit());
    case 4:
        return sprintf(to, "%llu", (unsigned long long)draw_bits());
    default:
        return sprintf(to, "id%llx", (unsigned long long)draw_bits());
    }
}

static size_t draw_text(char *to, size_t room, bool crazy)
{
    int64_t columns = 1 + (int64_t)draw(7), rows = (int64_t)draw(60);
    const char *end = draw(2) ? "\n" : "\r\n";
    char delimiter = ",;\t|"[draw(4)];
    char *p = to;
    if (draw(2))
        for (int64_t j = 0; j < columns; j++)
            p += sprintf(p, "%sname %d", j ? (char[]){delimiter, 0} : "", (int)j);
    p += p > to ? sprintf(p, "%s", end) : 0;
    for (int64_t r = 0; r < rows; r++) {
        int64_t fields = crazy && draw(15) == 0 ? (int64_t)draw(9) : columns;
        for (int64_t j = 0; j < fields; j++) {
            if (j)
                *p++ = delimiter;
            p += draw_text_cell(p, j, crazy);
        }
        p += r == rows - 1 && draw(2) ? 0 : sprintf(p, "%s", crazy && draw(20) == 0 ? "\n" : end);
        T_OK((size_t)(p - to) + 1000 < room);
    }
    return (size_t)(p - to);
}

TEST(random_csv_comes_back_byte_for_byte)
{
    static char text[200000];
    for (int i = 0; i < 400; i++) {
        size_t size = draw_text(text, sizeof text, i & 1);
        struct sheet sheet = sheet_same(text, size, 1 + (int64_t)draw(30));
        sheet_free(&sheet);
    }
}

TEST(random_bytes_come_back)
{
    static const char alphabet[] = "0123456789.-,,,,;\t|\"\"\r\n\n\nab e+\xff";
    char text[300];
    for (int i = 0; i < 2000; i++) {
        size_t size = (size_t)draw(sizeof text);
        for (size_t k = 0; k < size; k++)
            text[k] =
                i & 1 ? (char)draw(256) : alphabet[draw(sizeof alphabet)]; /* its final zero too */
        struct sheet sheet = sheet_same(text, size, 1 + (int64_t)draw(9));
        sheet_free(&sheet);
    }
}

enum { LINES = 500, LINE = 200 };

TEST(columns_of_text_get_their_mappings)
{
    static char text[LINES * LINE];
    char *p = text;
    p += sprintf(p, "level,price,shortest,colour,mixed,any\n");
    for (int r = 0; r < LINES; r++) {
        p += sprintf(p, "%d,%.2f,", r * 37 % 100, (double)(r * 7919 % 100003) / 100.0);
        p +=
            sprintf(p, r % 4 ? "%d.%d," : "%d.0,", r * 17 % 1000, 1 + r % 9); /* as Python prints */
        p += sprintf(p, "%s,", r % 3 ? "red" : "green");
        p += r % 10 ? sprintf(p, "%d,", r * 7919 % 10007) : sprintf(p, "NA,");
        p += sprintf(p, "%x\n", (unsigned)r * 2654435761u);
    }
    struct sheet sheet = sheet_same(text, (size_t)(p - text), 64);
    static const char *const mappings[] = {"decimal",    "decimal", "decimal",
                                           "dictionary", "decimal", "none"};
    static const int32_t levels[] = {100, 0, 0, 2, 0, 1};
    char name[20];
    int64_t plane = 0;
    T_STR(lt_text_name(&sheet.format, text, 1, name, sizeof name), "price");
    for (int j = 0; j < 6; j++, plane++) {
        T_STR(lt_planes_mapping(sheet.planes, j), mappings[j]);
        if (lt_planes_plane(sheet.planes, plane).role == LT_PLANE_CELL) {
            T_OK(j >= 4);
            plane++;
        }
        T_INT(lt_planes_plane(sheet.planes, plane).column, j);
        T_INT(lt_planes_plane(sheet.planes, plane).levels, levels[j]);
    }
    T_INT(lt_planes_count(sheet.planes), plane);
    T_OK(sheet.exceptions < LINES * 9 + 20); /* of the last column only */
    sheet_free(&sheet);
}

/* ---- bounds on text ---------------------------------------------------- */

static double field_value(const char **p, char *field)
{
    size_t n = strcspn(*p, ",\n");
    memcpy(field, *p, n);
    field[n] = '\0';
    *p += n + 1;
    char *stop;
    double value = strtod(field, &stop);
    return n && !*stop ? value : (double)NAN;
}

/* Both texts have the same fields where these are no finite numbers, else numbers within the limit. */
static void check_text_bound(const char *a, const char *b, double limit)
{
    char x[LINE], y[LINE];
    while (*a && *b) {
        double u = field_value(&a, x), v = field_value(&b, y);
        if (!(strcmp(x, y) == 0 ||
              (isfinite(u) && fabs(u - v) <= limit && !(u == 0.0 && signbit(u)))))
            T_FAIL("%s became %s, bound %.17g", x, y, limit);
    }
    T_OK(!*a && !*b);
}

static void draw_number(char *to, int style)
{
    static const char *const odd[] = {"",       "NA",   "-0.00", "inf", "1e300",
                                      "2e-310", "-1E2", "+7",    " 3"};
    if (draw(30) == 0)
        strcpy(to, odd[draw(sizeof odd / sizeof *odd)]);
    else if (style == 6)
        sprintf(to, "%.5e", draw_unit() * 100.0);
    else if (style == 7)
        sprintf(to, "%.17g", draw_unit() * 100.0 - 50.0);
    else
        sprintf(to, "%.*f", style, draw_unit() * 100.0 - 50.0);
}

TEST(bounds_hold_on_the_numbers_that_text_prints)
{
    static char text[LINES * LINE];
    for (int i = 0; i < 160; i++) {
        int style = i % 8;
        double limit = pow(10.0, (double)draw(9) - 6.0) * (draw(2) ? 1.0 : draw_unit() + 0.1);
        char *p = text;
        for (int r = 0; r < 100; r++, p += strlen(p)) {
            draw_number(p, style);
            strcat(p, ",");
            draw_number(p + strlen(p), style);
            strcat(p, "\n");
        }
        struct lt_bound bounds[2] = {{LT_BOUND_ABSOLUTE, limit, true},
                                     {LT_BOUND_ABSOLUTE, limit, true}};
        struct sheet sheet = sheet_pass(text, (size_t)(p - text), bounds, 33);
        T_INT(lt_growable_put(&sheet.back, "", 1, NULL), 0);
        check_text_bound(text, (char *)sheet.back.bytes, limit);
        sheet_free(&sheet);
    }
}

TEST(a_bound_on_text_makes_it_shorter)
{
    static char text[LINES * LINE];
    char *p = text;
    for (int r = 0; r < LINES; r++)
        p += sprintf(p, "%.17g,%.3f\n", sqrt(r), sqrt(r));
    struct lt_bound bounds[2] = {{LT_BOUND_ABSOLUTE, 0.05, true}, {LT_BOUND_RELATIVE, 0.01, true}};
    struct sheet sheet = sheet_pass(text, (size_t)(p - text), bounds, 64);
    T_OK(sheet.exceptions == 0 && sheet.back.used < LINES * 15);
    struct lt_plane a = lt_planes_plane(sheet.planes, 0), b = lt_planes_plane(sheet.planes, 1);
    T_OK(a.levels > 220 && a.levels < 250); /* 22.3 / 0.1, a few per cent lost */
    T_OK(b.levels > 48 && b.levels < 56);
    T_NEAR(lt_planes_limit(sheet.planes, 1), 0.01 * 22.338, 1e-12);
    sheet_free(&sheet);
}

TEST(a_bound_named_for_words_is_refused_with_the_column)
{
    static const char text[] = "colour,size\nred,1.5\nblue,2.5\ngreen,3.25\n";
    struct lt_text_format format;
    struct lt_planner *planner = NULL;
    struct lt_planes *planes = NULL;
    struct lt_error err = {0};
    T_INT(lt_text_find(&format, text, strlen(text), &err), 0);
    for (int named = 0; named < 2; named++) {
        struct lt_bound bounds[2] = {{LT_BOUND_ABSOLUTE, 0.1, named},
                                     {LT_BOUND_ABSOLUTE, 0.1, named}};
        T_INT(lt_planner_text(&planner, &format, text, bounds, &err), 0);
        T_INT(lt_planner_add_lines(planner, text + format.header, text + strlen(text), &err), 0);
        T_INT(lt_planner_finish(planner, &planes, &err), named ? LT_EUSAGE : 0);
        lt_planner_free(&planner);
        lt_planes_free(&planes);
    }
    T_ERR(
        err,
        "column \"colour\" holds text, which no bound can hold for; keep it exactly (--lossless)");
}

/* ---- the head ---------------------------------------------------------- */

/* Whatever the head says, unmapping gives an error or something. */
static void try_head(const unsigned char *head, size_t size)
{
    struct lt_error err = {0};
    struct lt_planes *planes = NULL;
    if (lt_planes_read(&planes, "x", head, size, &err)) {
        T_OK(planes == NULL && err.code == LT_ECONTENT);
        return;
    }
    int groups;
    const char *header;
    int64_t rows = 4, count = lt_planes_count(planes), *values = NULL;
    struct lt_growable text = {0};
    T_INT(lt_alloc(&values, (size_t)(rows * count), sizeof *values, "test", &err), 0);
    for (int64_t i = 0; i < rows * count; i++) {
        struct lt_plane plane = lt_planes_plane(planes, i % count);
        values[i] = draw(2) ? plane.lo : plane.hi;
    }
    if (lt_planes_text(planes, &header)) {
        lt_planes_unmap_lines(planes, values, 0, rows, "\3abc", 4, &text, &err);
    } else {
        const struct lt_group *group = lt_planes_groups(planes, &groups);
        struct lt_block_group *out = NULL;
        T_INT(lt_alloc(&out, (size_t)groups, sizeof *out, "test", NULL), 0);
        for (int i = 0; i < groups; i++) {
            size_t cells = (size_t)(rows * group[i].width);
            T_INT(lt_alloc(&out[i].values, cells, lt_type_size(group[i].type), "test", NULL), 0);
            T_INT(lt_alloc(&out[i].valid, cells / 8 + 1, 1, "test", NULL), 0);
        }
        lt_planes_unmap(planes, values, rows, "01234567", 8, out, &err);
        for (int i = 0; i < groups; i++) {
            lt_free(out[i].values);
            lt_free(out[i].valid);
        }
        lt_free(out);
    }
    lt_free(values);
    lt_growable_free(&text);
    lt_planes_free(&planes);
}

static void try_heads(const unsigned char *head, size_t size)
{
    unsigned char *copy = malloc(size + 1);
    for (size_t i = 0; i < size; i++) {
        memcpy(copy, head, size);
        for (int k = 0; k < 12; k++) {
            copy[i] = k < 8 ? head[i] ^ (unsigned char)(1u << k) : (unsigned char)draw(256);
            try_head(copy, size);
        }
    }
    for (size_t n = 0; n < size; n++) {
        unsigned char *shorter = malloc(n + 1); /* its end is where the sanitizer looks */
        struct lt_planes *planes = NULL;
        memcpy(shorter, head, n);
        T_INT(lt_planes_read(&planes, "x", shorter, n, NULL), LT_ECONTENT);
        free(shorter);
    }
    free(copy);
}

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

TEST(a_damaged_head_of_text_never_does_harm)
{
    static char text[LINES * LINE];
    char *p = text + sprintf(text, "a,b,c\n");
    for (int r = 0; r < 100; r++)
        p += sprintf(p, r % 9 ? "%d,%s,%.1f\n" : "%d,%s,NA\n", r * 31 % 777,
                     (const char *[]){"red", "green", "grey"}[r % 3], r / 8.0);
    p += sprintf(p, "an irregular line\n1,,x");
    struct sheet sheet = sheet_same(text, (size_t)(p - text), 50);
    try_heads(sheet.head.bytes, sheet.head.used);
    sheet_free(&sheet);
}

T_MAIN
