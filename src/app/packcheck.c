#include "app/packcheck.h"

#include "base/mem.h"
#include "data/number.h"
#include <math.h>
#include <string.h>

static void mismatch(struct lt_packdiff *d, int64_t row, int64_t column)
{
    if (d->mismatches++ == 0) {
        d->row = row;
        d->column = column;
    }
}

/* ---- cells ---- */

static bool is_real(enum lt_type type)
{
    return type == LT_F32 || type == LT_F64;
}

/* |a - b| of integers, which is exact. */
static double apart(enum lt_type type, const void *a, const void *b, int64_t i)
{
    if (type == LT_I64) {
        int64_t x = ((const int64_t *)a)[i], y = ((const int64_t *)b)[i];
        return (double)(x > y ? (uint64_t)x - (uint64_t)y : (uint64_t)y - (uint64_t)x);
    }
    if (type == LT_U64) {
        uint64_t x = ((const uint64_t *)a)[i], y = ((const uint64_t *)b)[i];
        return (double)(x > y ? x - y : y - x);
    }
    return fabs(lt_type_value(type, a, i) - lt_type_value(type, b, i));
}

static void check_cell(const struct lt_planes *planes, const struct lt_group *group,
                       const struct lt_block_group *a, const struct lt_block_group *b, int64_t cell,
                       int64_t first, struct lt_packdiff *d)
{
    size_t size = lt_type_size(group->type);
    int64_t column = group->first + cell % group->width, row = first + cell / group->width;
    const char *x = (const char *)a->values + (size_t)cell * size;
    const char *y = (const char *)b->values + (size_t)cell * size;
    bool there = !group->missing || lt_block_valid(a, cell);
    bool back = !group->missing || lt_block_valid(b, cell);
    if (there != back) {
        mismatch(d, row, column);
        return;
    }
    if (!there || memcmp(x, y, size) == 0)
        return;
    double limit = lt_planes_limit(planes, column);
    double off = apart(group->type, a->values, b->values, cell);
    bool finite = !is_real(group->type) || isfinite(off);
    if (limit > 0 && finite && off <= limit)
        d->most = fmax(d->most, off);
    else
        mismatch(d, row, column);
}

/* Images of bytes, which may have lost something but not their shape. */
static void check_pixels(const struct lt_group *group, const struct lt_packchunk *chunk,
                         const struct lt_packrows *rows, struct lt_packdiff *d)
{
    int64_t cells = rows->rows * group->width, sum = 0;
    const unsigned char *a = chunk->group[0].values, *b = rows->group[0].values;
    for (int64_t i = 0; i < cells; i++) {
        int off = a[i] - b[i];
        sum += off * off;
        d->most = off > d->most ? off : -off > d->most ? -off : d->most;
    }
    d->values += cells;
    d->squares += (double)sum;
}

double lt_packdiff_psnr(const struct lt_packdiff *d)
{
    return 10 * log10(255.0 * 255.0 * (double)d->values / d->squares);
}

static void check_cells(const struct lt_planes *planes, const struct lt_packchunk *chunk,
                        const struct lt_packrows *rows, struct lt_packdiff *d)
{
    int groups;
    const struct lt_group *group = lt_planes_groups(planes, &groups);
    for (int g = 0; g < groups; g++) {
        int64_t cells = rows->rows * group[g].width;
        size_t all = (size_t)cells * lt_type_size(group[g].type);
        d->values += cells;
        if (!group[g].missing && memcmp(chunk->group[g].values, rows->group[g].values, all) == 0)
            continue;
        for (int64_t c = 0; c < cells; c++)
            check_cell(planes, &group[g], &chunk->group[g], &rows->group[g], c, rows->first, d);
    }
}

/* ---- lines ---- */

struct lines {
    const struct lt_planes *planes;
    const struct lt_text_format *format;
    struct lt_numbers *numbers;
    struct lt_text_cell *a, *b; /* (columns) */
    struct lt_packdiff *diff;
};

static bool value_of(const struct lines *l, const struct lt_text_cell *cell, double *value)
{
    int64_t integer = 0;
    enum lt_number_kind kind =
        lt_number_parse(l->numbers, cell->begin, cell->begin + cell->size, &integer, value);
    if (kind == LT_NUMBER_INTEGER)
        *value = (double)integer;
    return kind != LT_NUMBER_NONE;
}

static void check_fields(struct lines *l, int64_t row)
{
    for (int64_t j = 0; j < l->format->columns; j++) {
        const struct lt_text_cell *a = &l->a[j], *b = &l->b[j];
        double x, y, limit = lt_planes_limit(l->planes, j);
        if (a->size == b->size && memcmp(a->begin, b->begin, a->size) == 0)
            continue;
        if (limit > 0 && value_of(l, a, &x) && value_of(l, b, &y) && fabs(x - y) <= limit)
            l->diff->most = fmax(l->diff->most, fabs(x - y));
        else
            mismatch(l->diff, row, j);
    }
}

static void check_lines(struct lines *l, const struct lt_packchunk *chunk,
                        const struct lt_packrows *rows)
{
    const char *p = chunk->begin, *q = (const char *)rows->text.bytes;
    const char *p_end = chunk->end, *q_end = q + rows->text.used;
    int64_t row = rows->first;
    for (; p < p_end && q < q_end; row++) {
        const char *p_stop, *q_stop, *p_next = lt_text_line(p, p_end, &p_stop);
        const char *q_next = lt_text_line(q, q_end, &q_stop);
        bool same = p_next - p == q_next - q && memcmp(p, q, (size_t)(p_next - p)) == 0;
        if (!same && lt_text_cut(l->format, p, p_stop, p_stop < p_end, l->a) &&
            lt_text_cut(l->format, q, q_stop, q_stop < q_end, l->b))
            check_fields(l, row);
        else if (!same)
            mismatch(l->diff, row, -1);
        p = p_next;
        q = q_next;
    }
    if (p < p_end || q < q_end)
        mismatch(l->diff, row, -1);
}

static int check_text(const struct lt_planes *planes, const struct lt_packchunk *chunk,
                      const struct lt_packrows *rows, struct lt_packdiff *d, struct lt_error *err)
{
    const char *header;
    size_t size = (size_t)(chunk->end - chunk->begin);
    struct lines l = {.planes = planes, .format = lt_planes_text(planes, &header), .diff = d};
    d->values += rows->rows * l.format->columns;
    if (size == rows->text.used && memcmp(chunk->begin, rows->text.bytes, size) == 0)
        return 0;
    int rc = lt_numbers_create(&l.numbers, err);
    if (!rc)
        rc = lt_alloc(&l.a, (size_t)l.format->columns, sizeof *l.a, "cells", err);
    if (!rc)
        rc = lt_alloc(&l.b, (size_t)l.format->columns, sizeof *l.b, "cells", err);
    if (!rc)
        check_lines(&l, chunk, rows);
    lt_numbers_free(&l.numbers);
    lt_free(l.a);
    lt_free(l.b);
    return rc;
}

int lt_packcheck(const struct lt_planes *planes, const struct lt_packsource *source,
                 const struct lt_packchunk *chunk, const struct lt_packrows *rows,
                 struct lt_packdiff *diff, struct lt_error *err)
{
    int groups;
    if (diff->lossy) {
        check_pixels(lt_planes_groups(planes, &groups), chunk, rows, diff);
        return 0;
    }
    if (!source->table)
        return check_text(planes, chunk, rows, diff, err);
    check_cells(planes, chunk, rows, diff);
    return 0;
}
