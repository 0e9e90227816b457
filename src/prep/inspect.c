#include "prep/inspect.h"

#include "base/mem.h"
#include "prep/convert.h"
#include <math.h>

/* ---- reading ---- */

int lt_facts_read(struct lt_facts_of_rows *f, int64_t at, int64_t *got, struct lt_error *err)
{
    *got = f->n - at < LT_FACTS_ROWS ? f->n - at : LT_FACTS_ROWS;
    int rc = lt_table_fetch(f->table, f->rows + at, *got, f->block, err);
    for (int i = 0; i < f->block->groups && !rc; i++)
        lt_convert_doubles(lt_table_group(f->table, i), &f->block->group[i], *got, f->values,
                           f->columns);
    return rc;
}

/* The first infinite cell, by row; -1: none. */
struct infinite {
    int64_t row, column;
};

static void add_number(struct lt_column_facts *c, double v)
{
    c->seen++;
    c->sum += v;
    c->low = v < c->low ? v : c->low;
    c->high = v > c->high ? v : c->high;
    c->whole &= v == floor(v);
}

static void add_text(struct lt_column_facts *c, double code)
{
    c->seen++;
    c->low = code < c->low ? code : c->low;
    c->high = code > c->high ? code : c->high;
    c->count[(int32_t)code]++;
}

static void add_rows(struct lt_facts_of_rows *f, int64_t at, int64_t n, struct infinite *bad)
{
    for (int64_t i = 0; i < n; i++) {
        const double *v = f->values + i * f->columns;
        for (int64_t j = 0; j < f->columns; j++) {
            if (isnan(v[j]))
                continue;
            if (isinf(v[j])) {
                int64_t row = f->rows[at + i];
                if (bad->row < 0 || row < bad->row)
                    *bad = (struct infinite){row, j};
            } else if (f->column[j].count)
                add_text(&f->column[j], v[j]);
            else
                add_number(&f->column[j], v[j]);
        }
    }
}

/* ---- counters: whole numbers that all differ and fill their range ---- */

/* Worth the pass: as many values as cells fit the range and hardly more. Half of it again, for
 * rows were kept from training. */
static bool may_count(const struct lt_facts_of_rows *f, const struct lt_column_facts *c)
{
    double range = c->high - c->low + 1;
    return !c->count && c->whole && c->seen == f->n && f->n >= 20 && range >= (double)f->n &&
           range <= 1.5 * (double)f->n;
}

static int find_counter(struct lt_facts_of_rows *f, int64_t j, struct lt_error *err)
{
    struct lt_column_facts *c = &f->column[j];
    unsigned char *met = NULL;
    int64_t got;
    int rc = lt_alloc(&met, (size_t)(c->high - c->low) + 1, 1, "a column's values", err);
    c->counter = true;
    for (int64_t at = 0; at < f->n && c->counter && !rc; at += got) {
        rc = lt_facts_read(f, at, &got, err);
        for (int64_t i = 0; i < got && !rc; i++) {
            unsigned char *m = &met[(size_t)(f->values[i * f->columns + j] - c->low)];
            c->counter &= !*m;
            *m = 1;
        }
    }
    lt_free(met);
    return rc;
}

/* ---- the facts ---- */

static int start(struct lt_facts_of_rows *f, struct lt_error *err)
{
    size_t d = (size_t)f->columns;
    int rc = lt_alloc(&f->column, d, sizeof *f->column, "column statistics", err);
    for (int64_t j = 0; j < f->columns && !rc; j++) {
        struct lt_column_facts *c = &f->column[j];
        int64_t offset;
        int group = lt_table_group_of(f->table, j, &offset);
        *c = (struct lt_column_facts){.low = INFINITY, .high = -INFINITY, .whole = true};
        c->texts = lt_table_text_count(f->table, j);
        if (lt_table_group(f->table, group)->type == LT_TEXT)
            rc = lt_alloc(&c->count, (size_t)c->texts, sizeof *c->count, "column statistics", err);
    }
    if (!rc)
        rc = lt_alloc(&f->values, LT_FACTS_ROWS * d, sizeof(double), "column statistics", err);
    return rc ? rc : lt_block_create(&f->block, f->table, LT_FACTS_ROWS, err);
}

int lt_facts_look(struct lt_facts_of_rows *f, const struct lt_table *table, const int64_t *rows,
                  int64_t n, struct lt_error *err)
{
    struct infinite bad = {-1, -1};
    int64_t got;
    *f = (struct lt_facts_of_rows){
        .table = table, .rows = rows, .n = n, .columns = lt_table_columns(table)};
    int rc = start(f, err);
    for (int64_t at = 0; at < n && !rc; at += got) {
        rc = lt_facts_read(f, at, &got, err);
        if (!rc)
            add_rows(f, at, got, &bad);
    }
    if (!rc && bad.row >= 0)
        rc = lt_prep_bad_cell(LT_KIND_NUMBER, table, bad.row, bad.column, err);
    bool array = lt_table_groups(table) == 1 && !lt_table_has_names(table);
    for (int64_t j = 0; j < f->columns && !rc && !array; j++)
        if (may_count(f, &f->column[j]))
            rc = find_counter(f, j, err);
    if (rc)
        lt_facts_free(f);
    return rc;
}

int lt_facts_spread(struct lt_facts_of_rows *f, struct lt_error *err)
{
    int64_t got;
    int rc = 0;
    for (int64_t at = 0; at < f->n && !rc; at += got) {
        rc = lt_facts_read(f, at, &got, err);
        for (int64_t i = 0; i < got && !rc; i++)
            for (int64_t j = 0; j < f->columns; j++) {
                struct lt_column_facts *c = &f->column[j];
                if (c->count)
                    continue; /* codes of texts have no spread; that of times is known */
                double x = f->values[i * f->columns + j] - c->sum / (double)c->seen;
                c->squares += isnan(x) ? 0 : x * x;
            }
    }
    return rc;
}

void lt_facts_free(struct lt_facts_of_rows *f)
{
    for (int64_t j = 0; f->column && j < f->columns; j++)
        lt_free(f->column[j].count);
    lt_free(f->column);
    lt_free(f->values);
    lt_block_free(&f->block);
    *f = (struct lt_facts_of_rows){0};
}
