#include "codec/planes.h"

#include "base/mem.h"
#include "codec/plane.h"
#include <string.h>

/* ---- looking ----------------------------------------------------------- */

int lt_planes_arrange(struct lt_planes *planes, struct lt_error *err)
{
    int64_t plane = planes->irregular;
    if (planes->shared) {
        planes->count = planes->columns * lt_mapping_planes(planes->mapping);
        return LT_OK;
    }
    int rc =
        lt_alloc(&planes->first, (size_t)planes->columns, sizeof *planes->first, "planes", err);
    for (int64_t j = 0; !rc && j < planes->columns; j++) {
        planes->first[j] = plane;
        plane += lt_mapping_planes(&planes->mapping[j]);
    }
    planes->count = plane;
    return rc;
}

int64_t lt_planes_rows(const struct lt_planes *planes)
{
    return planes->rows;
}

int64_t lt_planes_columns(const struct lt_planes *planes)
{
    return planes->columns;
}

int64_t lt_planes_count(const struct lt_planes *planes)
{
    return planes->count;
}

/* The column that a plane, which is not that of lines, belongs to. */
static int64_t column_of(const struct lt_planes *planes, int64_t plane)
{
    if (planes->shared)
        return plane / lt_mapping_planes(planes->mapping);
    int64_t lo = 0, hi = planes->columns - 1;
    while (lo < hi) {
        int64_t middle = lo + (hi - lo + 1) / 2;
        if (planes->first[middle] <= plane)
            lo = middle;
        else
            hi = middle - 1;
    }
    return lo;
}

static struct lt_plane symbols(enum lt_plane_role role, int64_t column, int32_t levels)
{
    return (struct lt_plane){.kind = LT_PLANE_SYMBOL,
                             .role = role,
                             .levels = levels,
                             .column = column,
                             .hi = levels - 1};
}

struct lt_plane lt_planes_plane(const struct lt_planes *planes, int64_t plane)
{
    if (planes->irregular && plane == 0)
        return symbols(LT_PLANE_LINE, -1, 2);
    int64_t column = column_of(planes, plane);
    const struct lt_mapping *m = lt_mapping_of(planes, column);
    if (m->kinds && plane == lt_first_plane(planes, column))
        return symbols(LT_PLANE_CELL, column, m->kinds);
    int32_t levels = lt_mapping_levels(m);
    if (levels)
        return symbols(LT_PLANE_VALUE, column, levels);
    return (struct lt_plane){.kind = LT_PLANE_NUMBER, .column = column, .lo = m->lo, .hi = m->hi};
}

bool lt_planes_pixels(const struct lt_planes *planes, struct lt_pixels *pixels)
{
    const struct lt_group *g = planes->group;
    if (!planes->shared || g->shape_rank < 2 || g->shape_rank > 3)
        return false;
    *pixels = (struct lt_pixels){.h = g->shape[0],
                                 .w = g->shape[1],
                                 .c = g->shape_rank == 3 ? g->shape[2] : 1,
                                 .per = lt_mapping_planes(planes->mapping)};
    return true;
}

const struct lt_group *lt_planes_groups(const struct lt_planes *planes, int *groups)
{
    *groups = planes->groups;
    return planes->text ? NULL : planes->group;
}

const struct lt_text_format *lt_planes_text(const struct lt_planes *planes, const char **header)
{
    *header = planes->text ? planes->header : NULL;
    return planes->text ? &planes->format : NULL;
}

double lt_planes_limit(const struct lt_planes *planes, int64_t column)
{
    return lt_mapping_of(planes, column)->limit;
}

struct lt_bound lt_planes_bound(const struct lt_planes *planes, int64_t column)
{
    return lt_mapping_of(planes, column)->bound;
}

const char *lt_planes_mapping(const struct lt_planes *planes, int64_t column)
{
    return lt_mapping_ops[lt_mapping_of(planes, column)->kind].name;
}

void lt_planes_free(struct lt_planes **planes)
{
    struct lt_planes *p = *planes;
    if (!p)
        return;
    for (int64_t j = 0; p->mapping && j < p->mappings; j++)
        lt_mapping_free(&p->mapping[j]);
    lt_free(p->mapping);
    lt_free(p->first);
    lt_free(p->group);
    lt_free(p->header);
    lt_free(p);
    *planes = NULL;
}

void lt_planes_forget(struct lt_planes *p)
{
    for (int64_t j = 0; j < p->mappings; j++) {
        struct lt_mapping *m = &p->mapping[j];
        enum lt_type type = m->type;
        lt_mapping_free(m);
        *m = (struct lt_mapping){.kind = type == LT_TEXT         ? LT_MAP_NONE
                                         : lt_type_is_real(type) ? LT_MAP_BITS
                                                                 : LT_MAP_INTEGER,
                                 .type = type,
                                 .step = 1,
                                 .scale = 1};
    }
    for (int64_t j = 0; !p->shared && j < p->columns; j++)
        p->first[j] = p->irregular + j;
    p->count = p->columns + (!p->shared && p->irregular);
}

/* ---- one column of a block --------------------------------------------- */

void lt_plane_put(const struct lt_mapping *m, enum lt_cell_kind kind, int64_t n, bool above,
                  int64_t stride, int64_t *to)
{
    if (m->kinds)
        *to++ = kind;
    if (kind == LT_CELL_REGULAR)
        *to = lt_mapping_levels(m) ? (int64_t)((uint64_t)n - (uint64_t)m->lo) : n;
    else
        *to = above ? to[-stride] : 0;
}

bool lt_plane_take(const struct lt_mapping *m, const int64_t *from, enum lt_cell_kind *kind,
                   int64_t *n)
{
    *kind = LT_CELL_REGULAR;
    if (m->kinds) {
        if (*from < 0 || *from >= m->kinds)
            return false;
        *kind = (enum lt_cell_kind) * from++;
    }
    if (*kind != LT_CELL_REGULAR)
        return true;
    if (m->kind == LT_MAP_NONE)
        return false;
    int32_t levels = lt_mapping_levels(m);
    *n = levels ? (int64_t)((uint64_t)*from + (uint64_t)m->lo) : *from;
    return levels ? *from >= 0 && *from < levels : *n >= m->lo && *n <= m->hi;
}

int lt_plane_fail_changed(int64_t column, struct lt_error *err)
{
    return lt_fail(
        err, LT_EFAIL,
        "column %lld holds what it did not hold before; the data changed while it was read",
        (long long)column);
}

int lt_plane_fail_broken(int64_t column, struct lt_error *err)
{
    return lt_fail(err, LT_ECONTENT, "column %lld of a block is damaged", (long long)column);
}

/* ---- arrays ------------------------------------------------------------ */

/* The kind of a cell and its integer; those outside what was planned are raw. */
static enum lt_cell_kind forward(const struct lt_mapping *m, uint64_t raw, int64_t *n)
{
    enum lt_cell_kind kind = lt_mapping_ops[m->kind].forward(m, raw, n);
    if (kind == LT_CELL_NAN && raw != m->nan)
        return LT_CELL_RAW;
    return kind == LT_CELL_REGULAR && (*n < m->lo || *n > m->hi) ? LT_CELL_RAW : kind;
}

static int put_raw(enum lt_type type, uint64_t raw, struct lt_growable *exceptions,
                   struct lt_error *err)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(raw >> 8 * i);
    return lt_growable_put(exceptions, bytes, lt_type_size(type), err);
}

static int map_column(const struct lt_planes *planes, const struct lt_group *g,
                      const struct lt_block_group *block, int64_t c, int64_t rows, int64_t *values,
                      struct lt_growable *exceptions, struct lt_error *err)
{
    const struct lt_mapping *m = lt_mapping_of(planes, g->first + c);
    int64_t *to = values + lt_first_plane(planes, g->first + c);
    int rc = LT_OK;
    for (int64_t r = 0; !rc && r < rows; r++, to += planes->count) {
        int64_t cell = r * g->width + c, n = 0;
        uint64_t raw = lt_raw_load(g->type, block->values, cell);
        enum lt_cell_kind kind =
            lt_block_valid(block, cell) ? forward(m, raw, &n) : LT_CELL_MISSING;
        if (kind && kind >= m->kinds)
            return lt_plane_fail_changed(g->first + c, err);
        if (kind == LT_CELL_RAW)
            rc = put_raw(g->type, raw, exceptions, err);
        lt_plane_put(m, kind, n, r > 0, planes->count, to);
    }
    return rc;
}

int lt_planes_map(const struct lt_planes *planes, const struct lt_block_group *group, int64_t rows,
                  int64_t *values, struct lt_growable *exceptions, struct lt_error *err)
{
    int rc = LT_OK;
    for (int i = 0; i < planes->groups; i++)
        for (int64_t c = 0; !rc && c < planes->group[i].width; c++)
            rc = map_column(planes, &planes->group[i], &group[i], c, rows, values, exceptions, err);
    return rc;
}

static uint64_t read_raw(enum lt_type type, struct lt_reader *exceptions)
{
    size_t size = lt_type_size(type);
    const unsigned char *bytes = lt_read_bytes(exceptions, size);
    uint64_t raw = 0;
    for (size_t i = 0; bytes && i < size; i++)
        raw |= (uint64_t)bytes[i] << 8 * i;
    return raw;
}

static uint64_t back(const struct lt_mapping *m, enum lt_cell_kind kind, int64_t n,
                     struct lt_reader *exceptions)
{
    switch (kind) {
    case LT_CELL_REGULAR:
        return lt_mapping_ops[m->kind].back(m, n);
    case LT_CELL_INF:
        return lt_value_raw(m->type, (double)INFINITY);
    case LT_CELL_NEG_INF:
        return lt_value_raw(m->type, -(double)INFINITY);
    case LT_CELL_NEG_ZERO:
        return lt_value_raw(m->type, -0.0);
    case LT_CELL_NAN:
        return m->nan;
    case LT_CELL_RAW:
        return read_raw(m->type, exceptions);
    default:
        return 0;
    }
}

static int unmap_column(const struct lt_planes *planes, const struct lt_group *g, int64_t c,
                        const int64_t *values, int64_t rows, struct lt_reader *exceptions,
                        struct lt_block_group *block, struct lt_error *err)
{
    const struct lt_mapping *m = lt_mapping_of(planes, g->first + c);
    const int64_t *from = values + lt_first_plane(planes, g->first + c);
    for (int64_t r = 0; r < rows; r++, from += planes->count) {
        int64_t cell = r * g->width + c, n = 0;
        enum lt_cell_kind kind;
        if (!lt_plane_take(m, from, &kind, &n) || (kind == LT_CELL_MISSING && !g->missing))
            return lt_plane_fail_broken(g->first + c, err);
        lt_raw_store(g->type, block->values, cell, back(m, kind, n, exceptions));
        if (g->missing && kind == LT_CELL_MISSING)
            block->valid[cell >> 3] &= (uint8_t) ~(1u << (cell & 7));
    }
    return exceptions->broken ? lt_plane_fail_broken(g->first + c, err) : LT_OK;
}

int lt_planes_unmap(const struct lt_planes *planes, const int64_t *values, int64_t rows,
                    const void *exceptions, size_t size, struct lt_block_group *group,
                    struct lt_error *err)
{
    int rc = LT_OK;
    struct lt_reader reader = lt_reader_of(exceptions, size);
    for (int i = 0; i < planes->groups; i++) {
        const struct lt_group *g = &planes->group[i];
        if (g->missing)
            memset(group[i].valid, 0xff, (size_t)((rows * g->width + 7) / 8));
        for (int64_t c = 0; !rc && c < g->width; c++)
            rc = unmap_column(planes, g, c, values, rows, &reader, &group[i], err);
    }
    if (!rc && lt_reader_left(&reader))
        rc = lt_fail(err, LT_ECONTENT, "a block holds more exceptions than its cells call for");
    return rc;
}
