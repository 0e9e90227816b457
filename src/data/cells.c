#include "data/cells.h"

#include "base/mem.h"
#include <inttypes.h>
#include <stdio.h>

static const struct lt_cells *cells_of(const struct lt_table *table)
{
    return (const struct lt_cells *)(const void *)table;
}

static bool is_missing(const struct lt_cells *t, int64_t cell)
{
    return t->missing[cell >> 3] >> (cell & 7) & 1;
}

/* One row into every group (width 1) at position i of the block. */
static void fetch_row(const struct lt_cells *t, int64_t row, int64_t i, struct lt_block *block)
{
    int64_t columns = t->base.columns;
    const uint64_t *cell = t->cell + row * columns;
    for (int64_t j = 0; j < columns; j++) {
        struct lt_block_group *b = &block->group[j];
        if (t->base.group[j].type == LT_TEXT)
            ((int32_t *)b->values)[i] = (int32_t)(int64_t)cell[j];
        else
            memcpy((char *)b->values + 8 * i, &cell[j], 8);
        if (b->valid) {
            uint8_t bit = (uint8_t)(1u << (i & 7));
            if (is_missing(t, row * columns + j))
                b->valid[i >> 3] &= (uint8_t)~bit;
            else
                b->valid[i >> 3] |= bit;
        }
    }
}

static int fetch(const struct lt_table *table, const int64_t *rows, int64_t begin, int64_t n,
                 struct lt_block *block, struct lt_error *err)
{
    (void)err;
    for (int64_t i = 0; i < n; i++)
        fetch_row(cells_of(table), rows ? rows[i] : begin + i, i, block);
    return LT_OK;
}

static const struct lt_cells_run *run_of(const struct lt_cells *t, int64_t row)
{
    size_t low = 0, high = t->runs - 1;
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        if (t->run[middle].row <= row)
            low = middle;
        else
            high = middle - 1;
    }
    return &t->run[low];
}

static void where(const struct lt_table *table, int64_t row, int64_t column, char *buf, size_t size)
{
    const struct lt_cells *t = cells_of(table);
    if (!t->runs) {
        lt_table_where_array(table, row, column, buf, size);
        return;
    }
    const struct lt_cells_run *run = run_of(t, row);
    const char *file = t->file[run->file];
    int64_t line = run->line + (row - run->row);
    if (column < 0)
        snprintf(buf, size, "%s:%" PRId64, file, line);
    else if (table->names)
        snprintf(buf, size, "%s:%" PRId64 ": column \"%s\"", file, line, table->names[column]);
    else
        snprintf(buf, size, "%s:%" PRId64 ": column %" PRId64, file, line, column);
}

static int32_t text_count(const struct lt_table *table, int64_t column)
{
    return cells_of(table)->column[column].dictionary.count;
}

static const char *text(const struct lt_table *table, int64_t column, int32_t code)
{
    return lt_dictionary_text(&cells_of(table)->column[column].dictionary, code);
}

static void release(struct lt_table *table)
{
    struct lt_cells *t = (struct lt_cells *)(void *)table;
    for (int64_t j = 0; t->column && j < table->columns; j++)
        lt_dictionary_free(&t->column[j].dictionary);
    for (int i = 0; i < t->files; i++)
        lt_free(t->file[i]);
    lt_free(t->column);
    lt_free(t->part ? NULL : t->cell);
    lt_free(t->missing);
    lt_free(t->file);
    lt_free(t->run);
}

static const struct lt_table_ops cells_ops = {
    .fetch = fetch,
    .where = where,
    .text_count = text_count,
    .text = text,
    .release = release,
};

int lt_cells_create(struct lt_cells **out, const char *name, int64_t columns, bool with_names,
                    struct lt_error *err)
{
    *out = NULL;
    if (columns < 1 || columns > LT_COLUMNS_MAX)
        return lt_fail(err, LT_ECONTENT,
                       "%s: %" PRId64 " columns; between 1 and %" PRId64 " can be read", name,
                       columns, (int64_t)LT_COLUMNS_MAX);
    struct lt_cells *t = NULL;
    int rc =
        lt_table_init(&t, sizeof *t, &cells_ops, name, 0, columns, (int)columns, with_names, err);
    if (rc)
        return rc;
    rc = lt_alloc(&t->column, (size_t)columns, sizeof *t->column, name, err);
    if (rc) {
        lt_cells_free(&t);
        return rc;
    }
    for (int64_t j = 0; j < columns; j++)
        t->column[j].type = LT_I64;
    *out = t;
    return LT_OK;
}

void lt_cells_free(struct lt_cells **cells)
{
    struct lt_table *base = *cells ? &(*cells)->base : NULL;
    lt_table_free(&base);
    *cells = NULL;
}

int lt_cells_reserve(struct lt_cells *t, size_t count, struct lt_error *err)
{
    return lt_grow(&t->cell, &t->room, count, sizeof *t->cell, t->base.name, err);
}

static int reserve_missing(struct lt_cells *t, struct lt_error *err)
{
    return lt_grow(&t->missing, &t->missing_room, t->room / 8 + 1, 1, t->base.name, err);
}

int lt_cells_set_missing(struct lt_cells *t, int64_t row, int64_t column, struct lt_error *err)
{
    int64_t cell = row * t->base.columns + column;
    int rc = reserve_missing(t, err);
    if (rc)
        return rc;
    t->missing[cell >> 3] |= (uint8_t)(1u << (cell & 7));
    t->column[column].missing++;
    return LT_OK;
}

void lt_cells_promote(struct lt_cells *t, int64_t column, int64_t rows)
{
    t->column[column].type = LT_F64;
    for (int64_t i = 0; i < rows; i++) {
        int64_t value;
        memcpy(&value, &t->cell[i * t->base.columns + column], sizeof value);
        lt_cells_set_real(t, i, column, (double)value);
    }
}

int lt_cells_note_line(struct lt_cells *t, int64_t row, int64_t line, int file,
                       struct lt_error *err)
{
    if (t->runs) {
        const struct lt_cells_run *last = &t->run[t->runs - 1];
        if (last->file == file && last->line + (row - last->row) == line)
            return LT_OK;
    }
    int rc = lt_grow(&t->run, &t->run_room, t->runs + 1, sizeof *t->run, t->base.name, err);
    if (!rc)
        t->run[t->runs++] = (struct lt_cells_run){row, line, file};
    return rc;
}

int lt_cells_reserve_parts(struct lt_cells *t, size_t count, struct lt_error *err)
{
    if (t->room)
        return lt_cells_reserve(t, count, err);
    int rc = lt_alloc_bare(&t->cell, count, sizeof *t->cell, t->base.name, err);
    t->room = rc ? 0 : count;
    return rc;
}

int lt_cells_part(struct lt_cells **out, const struct lt_cells *whole, int64_t first, int64_t rows,
                  struct lt_error *err)
{
    int rc = lt_cells_create(out, whole->base.name, whole->base.columns, false, err);
    if (rc)
        return rc;
    (*out)->part = true;
    (*out)->cell = whole->cell + first * whole->base.columns;
    (*out)->room = (size_t)(rows * whole->base.columns);
    memset((*out)->cell, 0, (*out)->room * sizeof *whole->cell);
    return LT_OK;
}

/* The bits of the first `cells` cells of a part, which begin at any bit of the whole's. */
static void join_missing(struct lt_cells *whole, int64_t begin, const struct lt_cells *part,
                         int64_t cells)
{
    uint8_t *to = whole->missing + (begin >> 3);
    const int shift = (int)(begin & 7);
    for (int64_t i = 0; i < (cells + 7) / 8; i++) {
        const unsigned bits = (unsigned)part->missing[i] << shift;
        to[i] |= (uint8_t)bits;
        if (bits > 0xff)
            to[i + 1] |= (uint8_t)(bits >> 8);
    }
}

int lt_cells_join(struct lt_cells *whole, int64_t rows, struct lt_cells *part, int64_t n,
                  struct lt_error *err)
{
    const int64_t columns = whole->base.columns;
    uint64_t *to = whole->cell + rows * columns;
    int rc = LT_OK;
    if (to != part->cell)
        memmove(to, part->cell, (size_t)(n * columns) * sizeof *to);
    if (part->missing && !(rc = reserve_missing(whole, err)))
        join_missing(whole, rows * columns, part, n * columns);
    for (int64_t j = 0; j < columns; j++)
        whole->column[j].missing += part->column[j].missing;
    for (size_t i = 0; i < part->runs && !rc; i++)
        rc = lt_cells_note_line(whole, rows + part->run[i].row, part->run[i].line,
                                part->run[i].file, err);
    return rc;
}

int lt_cells_finish(struct lt_table **out, struct lt_cells **cells, int64_t rows,
                    struct lt_error *err)
{
    *out = NULL;
    struct lt_cells *t = *cells;
    if (rows < 1)
        return lt_fail(err, LT_ECONTENT, "%s: holds no rows", t->base.name);
    if (t->missing) {
        size_t bytes = (size_t)(rows * t->base.columns) / 8 + 1;
        int rc = lt_grow(&t->missing, &t->missing_room, bytes, 1, t->base.name, err);
        if (rc)
            return rc;
    }
    t->base.rows = rows;
    for (int64_t j = 0; j < t->base.columns; j++)
        t->base.group[j] = (struct lt_group){
            .type = t->column[j].type,
            .first = j,
            .width = 1,
            .shape_rank = 1,
            .shape = {1},
            .missing = t->column[j].missing > 0,
        };
    *out = &t->base;
    *cells = NULL;
    return LT_OK;
}
