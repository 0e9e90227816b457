#include "data/view.h"

#include "base/mem.h"
#include "data/table_ops.h"
#include <string.h>

struct view {
    struct lt_table base;
    struct lt_table *parent;
    int64_t row_begin;
    int64_t *picked; /* (rows) the parent's rows, or NULL: row_begin + i */
    int64_t *column; /* (D) the parent's columns */
    int *source;     /* (groups) the parent's group behind each group */
};

/* What a view's block carries: a block of the parent, and room for row numbers.
 * Groups taken whole share the parent's arrays; others are gathered. */
struct view_block {
    struct lt_block *inner;
    int64_t *rows; /* (capacity) */
    bool *shared;  /* (groups) */
};

static const struct view *view_of(const struct lt_table *table)
{
    return (const struct view *)(const void *)table;
}

static int64_t parent_row(const struct view *v, int64_t row)
{
    return v->picked ? v->picked[row] : v->row_begin + row;
}

static int64_t parent_column(const struct view *v, int64_t column)
{
    return v->column && column >= 0 ? v->column[column] : column;
}

/* ---- blocks ------------------------------------------------------------ */

static void block_done(struct lt_block *block)
{
    struct view_block *own = block->private_part;
    for (int i = 0; own && own->shared && i < block->groups; i++) {
        if (!own->shared[i]) {
            lt_free(block->group[i].values);
            lt_free(block->group[i].valid);
        }
    }
    if (own) {
        lt_block_free(&own->inner);
        lt_free(own->rows);
        lt_free(own->shared);
    }
    lt_free(own);
}

static int block_init(struct lt_block *block, const struct lt_table *table, struct lt_error *err)
{
    const struct view *v = view_of(table);
    struct view_block *own = NULL;
    int rc = lt_alloc(&own, 1, sizeof *own, table->name, err);
    if (rc)
        return rc;
    block->private_part = own;
    size_t capacity = (size_t)block->capacity;
    if ((rc = lt_alloc(&own->shared, (size_t)block->groups, sizeof *own->shared, table->name,
                       err)) ||
        (rc = lt_alloc(&own->rows, capacity, sizeof *own->rows, table->name, err)) ||
        (rc = lt_block_create(&own->inner, v->parent, block->capacity, err)))
        return rc;
    for (int i = 0; i < block->groups; i++) {
        const struct lt_group *g = &table->group[i];
        own->shared[i] = v->parent->group[v->source[i]].width == g->width;
        if (own->shared[i]) {
            block->group[i] = own->inner->group[v->source[i]];
            continue;
        }
        size_t cells = 0;
        if (!lt_size_mul(capacity, (size_t)g->width, &cells))
            return lt_fail_memory(err, table->name, SIZE_MAX);
        rc = lt_alloc(&block->group[i].values, cells, lt_type_size(g->type), table->name, err);
        if (!rc && g->missing)
            rc = lt_alloc(&block->group[i].valid, cells / 8 + 1, 1, table->name, err);
        if (rc)
            return rc;
    }
    return LT_OK;
}

/* Copies the chosen columns of one of the parent's groups. */
static void gather(const struct view *v, int i, int64_t n, const struct lt_block_group *from,
                   struct lt_block_group *to)
{
    const struct lt_group *g = &v->base.group[i];
    const struct lt_group *p = &v->parent->group[v->source[i]];
    size_t size = lt_type_size(g->type);
    for (int64_t r = 0; r < n; r++) {
        const char *in = (const char *)from->values + (size_t)(r * p->width) * size;
        char *out = (char *)to->values + (size_t)(r * g->width) * size;
        for (int64_t j = 0; j < g->width; j++) {
            int64_t k = v->column[g->first + j] - p->first;
            memcpy(out + (size_t)j * size, in + (size_t)k * size, size);
            if (!to->valid)
                continue;
            int64_t cell = r * g->width + j;
            uint8_t bit = (uint8_t)(1u << (cell & 7));
            if (lt_block_valid(from, r * p->width + k))
                to->valid[cell >> 3] |= bit;
            else
                to->valid[cell >> 3] &= (uint8_t)~bit;
        }
    }
}

static int fetch(const struct lt_table *table, const int64_t *rows, int64_t begin, int64_t n,
                 struct lt_block *block, struct lt_error *err)
{
    const struct view *v = view_of(table);
    struct view_block *own = block->private_part;
    int rc;
    if (!rows && !v->picked) {
        rc = lt_table_range(v->parent, v->row_begin + begin, n, own->inner, err);
    } else {
        for (int64_t i = 0; i < n; i++)
            own->rows[i] = parent_row(v, rows ? rows[i] : begin + i);
        rc = lt_table_fetch(v->parent, own->rows, n, own->inner, err);
    }
    for (int i = 0; !rc && i < block->groups; i++)
        if (!own->shared[i])
            gather(v, i, n, &own->inner->group[v->source[i]], &block->group[i]);
    return rc;
}

/* ---- looking ----------------------------------------------------------- */

static void where(const struct lt_table *table, int64_t row, int64_t column, char *buf, size_t size)
{
    const struct view *v = view_of(table);
    lt_table_where(v->parent, parent_row(v, row), parent_column(v, column), buf, size);
}

static bool row_file(const struct lt_table *table, int64_t row, struct lt_row_file *out)
{
    const struct view *v = view_of(table);
    return lt_table_row_file(v->parent, parent_row(v, row), out);
}

static void row_image(const struct lt_table *table, int64_t row, int64_t *h, int64_t *w)
{
    const struct view *v = view_of(table);
    lt_table_row_image(v->parent, parent_row(v, row), h, w);
}

/* Rows that were picked lie anywhere. */
static void let_go(const struct lt_table *table, int64_t begin, int64_t n)
{
    const struct view *v = view_of(table);
    if (!v->picked)
        lt_table_release(v->parent, v->row_begin + begin, n);
}

static int32_t text_count(const struct lt_table *table, int64_t column)
{
    const struct view *v = view_of(table);
    return lt_table_text_count(v->parent, parent_column(v, column));
}

static const char *text(const struct lt_table *table, int64_t column, int32_t code)
{
    const struct view *v = view_of(table);
    return lt_table_text(v->parent, parent_column(v, column), code);
}

static void release(struct lt_table *table)
{
    struct view *v = (struct view *)(void *)table;
    lt_table_free(&v->parent);
    lt_free(v->picked);
    lt_free(v->column);
    lt_free(v->source);
}

static const struct lt_table_ops view_ops = {
    .fetch = fetch,
    .where = where,
    .row_file = row_file,
    .row_image = row_image,
    .let_go = let_go,
    .text_count = text_count,
    .text = text,
    .block_init = block_init,
    .block_done = block_done,
    .release = release,
};

/* ---- making ------------------------------------------------------------ */

/* The view's group i: the kept columns `first` ... `end`-1 of the parent's group. */
static void fill_group(struct view *v, int i, int source, int64_t first, int64_t end)
{
    const struct lt_group *p = &v->parent->group[source];
    struct lt_group *g = &v->base.group[i];
    *g = *p;
    g->first = first;
    if (end - first != p->width) {
        g->width = end - first;
        g->shape_rank = 1;
        g->shape[0] = g->width;
    }
    v->source[i] = source;
}

/* Groups of the kept columns: ascending runs within a group of the parent; returns their
 * number, fills them unless v->source is NULL. */
static int cut_groups(struct view *v, int64_t columns)
{
    int groups = 0;
    for (int64_t first = 0; first < columns;) {
        int source = lt_table_group_of(v->parent, parent_column(v, first), NULL);
        const struct lt_group *p = &v->parent->group[source];
        int64_t end = first + 1;
        while (end < columns && parent_column(v, end) > parent_column(v, end - 1) &&
               parent_column(v, end) < p->first + p->width)
            end++;
        if (v->source)
            fill_group(v, groups, source, first, end);
        groups++;
        first = end;
    }
    return groups;
}

int lt_view_create(struct lt_table **out, struct lt_table *parent, const int64_t *chosen,
                   int64_t count, int64_t row_begin, int64_t rows, const int64_t *picked,
                   struct lt_error *err)
{
    *out = NULL;
    struct view *v = NULL;
    int64_t columns = chosen ? count : parent->columns;
    struct view scratch = {.parent = parent};
    int rc = lt_alloc(&scratch.column, (size_t)columns, sizeof *scratch.column, parent->name, err);
    if (rc)
        return rc;
    for (int64_t j = 0; j < columns; j++)
        scratch.column[j] = chosen ? chosen[j] : j;
    int groups = cut_groups(&scratch, columns);
    rc = lt_table_init(&v, sizeof *v, &view_ops, parent->name, rows, columns, groups,
                       parent->names != NULL, err);
    if (rc) {
        lt_free(scratch.column);
        return rc;
    }
    v->parent = lt_table_keep(parent);
    v->column = scratch.column;
    v->row_begin = row_begin;
    if ((rc = lt_alloc(&v->source, (size_t)groups, sizeof *v->source, parent->name, err)))
        goto out;
    cut_groups(v, columns);
    for (int64_t j = 0; parent->names && j < columns && !rc; j++)
        rc = lt_strdup(&v->base.names[j], parent->names[v->column[j]], err);
    if (!rc && picked)
        rc = lt_alloc(&v->picked, (size_t)rows, sizeof *picked, parent->name, err);
    if (!rc && picked)
        memcpy(v->picked, picked, (size_t)rows * sizeof *picked);
out:
    *out = &v->base;
    if (rc)
        lt_table_free(out);
    return rc;
}
