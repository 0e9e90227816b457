/* Shared by the tests of planes: arrays that are planned, mapped and unmapped. */
#ifndef LT_TESTS_T_PLANES_ARRAY_H
#define LT_TESTS_T_PLANES_ARRAY_H

#include "base/fmath.h"
#include "t_planes.h"

#include <float.h>

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

T_UNUSED static size_t rig_cells(const struct rig *rig, int i)
{
    return (size_t)(rig->rows * rig->group[i].width);
}

T_UNUSED static void rig_group(struct rig *rig, enum lt_type type, int64_t width)
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

T_UNUSED static void rig_free(struct rig *rig)
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
T_UNUSED static void rig_at(const struct rig *rig, const struct lt_block_group *from, int64_t row,
                            struct lt_block_group *to)
{
    for (int i = 0; i < rig->groups; i++) {
        size_t cell = (size_t)(row * rig->group[i].width);
        to[i].values = (char *)from[i].values + cell * lt_type_size(rig->group[i].type);
        to[i].valid = from[i].valid ? from[i].valid + cell / 8 : NULL;
    }
}

/* The planes of a rig, by way of their head. */
T_UNUSED static struct lt_planes *rig_plan(struct rig *rig, const struct lt_bound *bounds,
                                           int64_t block)
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

/* Plans, maps and unmaps all rows in blocks of `block` rows, a multiple of 8. */
T_UNUSED static void rig_pass(struct rig *rig, const struct lt_bound *bounds, int64_t block)
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

T_UNUSED static bool rig_same_valid(const struct rig *rig, int i, int64_t cell)
{
    int groups;
    bool missing = lt_planes_groups(rig->planes, &groups)[i].missing;
    return lt_block_valid(&rig->in[i], cell) == (!missing || lt_block_valid(&rig->out[i], cell));
}

/* Every cell has the same bits, and is missing where it was. */
T_UNUSED static void rig_same(const struct rig *rig)
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

T_UNUSED static double draw_special(void)
{
    static const double special[] = {
        0.0,    -0.0,    INFINITY, -INFINITY, 1e300,   -1e300,  DBL_MAX, -DBL_MAX,
        5e-324, -5e-324, 1e-310,   DBL_MIN,   FLT_MIN, FLT_MAX, 1e-40,   9.96921e36,
        0x1p53, -0x1p53, 0x1p63,   0.1,       1.0,     -1.5,    1e22,    123456789.125};
    return special[draw(sizeof special / sizeof *special)];
}

T_UNUSED static double draw_real(int style)
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
T_UNUSED static uint64_t draw_nan(enum lt_type type)
{
    if (draw(2))
        return type == LT_F32 ? 0x7fc00000u : 0x7ff8000000000000u;
    uint64_t bits = draw_bits();
    if (type == LT_F32)
        return ((uint32_t)bits & 0xff800fffu) | 0x7f800001u;
    return bits | 0x7ff0000000000001u;
}

T_UNUSED static uint64_t draw_cell(enum lt_type type, int style)
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

T_UNUSED static void set_cell(struct rig *rig, int i, int64_t cell, uint64_t raw)
{
    size_t size = lt_type_size(rig->group[i].type);
    if (rig->group[i].type == LT_BOOL)
        raw &= 1;
    memcpy((char *)rig->in[i].values + (size_t)cell * size, &raw, size); /* lowest byte first */
}

T_UNUSED static void rig_fill(struct rig *rig, int i, int style)
{
    for (size_t k = 0; k < rig_cells(rig, i); k++)
        set_cell(rig, i, (int64_t)k, draw_cell(rig->group[i].type, style));
}

T_UNUSED static void rig_lose_cells(struct rig *rig, int i)
{
    struct lt_error err = {0};
    T_INT(lt_alloc(&rig->in[i].valid, rig_cells(rig, i) / 8 + 1, 1, "test", &err), 0);
    for (size_t k = 0; k < rig_cells(rig, i); k++)
        if (draw(5))
            rig->in[i].valid[k / 8] |= (uint8_t)(1u << (k & 7));
}

/* A single column filled by a function of the row; returns its value plane. */
typedef uint64_t cell_fn(int64_t row);
T_UNUSED static struct lt_plane only_column(struct rig *rig, enum lt_type type, int64_t rows,
                                            cell_fn *fn, const struct lt_bound *bound)
{
    *rig = (struct rig){.rows = rows};
    rig_group(rig, type, 1);
    for (int64_t r = 0; r < rows; r++)
        set_cell(rig, 0, r, fn(r));
    rig_pass(rig, bound, 1000);
    return lt_planes_plane(rig->planes, lt_planes_count(rig->planes) - 1);
}

T_UNUSED static uint64_t irrational(int64_t row)
{
    return lt_double_bits(sqrt((double)(row + 2)));
}
T_UNUSED static uint64_t small_integer(int64_t row)
{
    return (uint64_t)(row * 7 % 40 - 20);
}
#endif
