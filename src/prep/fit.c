#include "base/mem.h"
#include "base/rng.h"
#include "prep/convert.h"
#include "prep/prep.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one pass over the training rows ---- */

enum { CHUNK = 512 };

struct moments { /* per column, (D) each */
    double *sum, *low, *high;
    double *squares;             /* of distances from the mean, second pass */
    int64_t *seen;               /* cells that are present and finite */
    int64_t bad_row, bad_column; /* the first cell that is not; -1 */
};

struct reader {
    const struct lt_table *table;
    const int64_t *rows;
    int64_t n;
    struct lt_block *block;
    double *values; /* (CHUNK, D) */
};

static int read_chunk(struct reader *r, int64_t at, int64_t *n, struct lt_error *err)
{
    *n = r->n - at < CHUNK ? r->n - at : CHUNK;
    int rc = lt_table_fetch(r->table, r->rows + at, *n, r->block, err);
    for (int i = 0; i < r->block->groups && !rc; i++)
        lt_convert_doubles(lt_table_group(r->table, i), &r->block->group[i], *n, r->values,
                           lt_table_columns(r->table));
    return rc;
}

static void add_rows(struct moments *m, const struct reader *r, int64_t at, int64_t n, int64_t d)
{
    for (int64_t i = 0; i < n; i++) {
        const double *v = r->values + i * d;
        for (int64_t j = 0; j < d; j++) {
            if (!isfinite(v[j])) {
                int64_t row = r->rows[at + i];
                if (m->bad_row < 0 || row < m->bad_row) {
                    m->bad_row = row;
                    m->bad_column = j;
                }
                continue;
            }
            m->seen[j]++;
            m->sum[j] += v[j];
            m->low[j] = v[j] < m->low[j] ? v[j] : m->low[j];
            m->high[j] = v[j] > m->high[j] ? v[j] : m->high[j];
        }
    }
}

static void add_squares(struct moments *m, const struct reader *r, int64_t n, int64_t d)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++) {
            double x = r->values[i * d + j] - m->sum[j] / (double)r->n;
            m->squares[j] += x * x;
        }
}

static int first_pass(struct moments *m, struct reader *r, struct lt_error *err)
{
    int64_t d = lt_table_columns(r->table), n;
    char buf[256];
    m->bad_row = -1;
    for (int64_t j = 0; j < d; j++) {
        m->low[j] = INFINITY;
        m->high[j] = -INFINITY;
    }
    for (int64_t at = 0; at < r->n; at += CHUNK) {
        int rc = read_chunk(r, at, &n, err);
        if (rc)
            return rc;
        add_rows(m, r, at, n, d);
    }
    for (int64_t j = 0; j < d; j++)
        if (m->seen[j] == 0) {
            const char *name = lt_table_column_name(r->table, j, buf, sizeof buf);
            return lt_fail(err, LT_ECONTENT,
                           "%s: column \"%s\" has no values at all; leave it out with --ignore "
                           "\"%s\"",
                           lt_table_name(r->table), name, name);
        }
    if (m->bad_row >= 0)
        return lt_prep_bad_cell(r->table, m->bad_row, m->bad_column, err);
    return 0;
}

static int second_pass(struct moments *m, struct reader *r, struct lt_error *err)
{
    int64_t n;
    for (int64_t at = 0; at < r->n; at += CHUNK) {
        int rc = read_chunk(r, at, &n, err);
        if (rc)
            return rc;
        add_squares(m, r, n, lt_table_columns(r->table));
    }
    return 0;
}

/* ---- the scalings ---- */

struct fit {
    struct lt_prep *prep;
    struct moments *m;
    struct reader *r;
};

static int fit_none(struct fit *f, struct lt_error *err)
{
    (void)f, (void)err; /* offset 0 and scale 1 stand already */
    return 0;
}

static int fit_bytes(struct fit *f, struct lt_error *err)
{
    (void)err;
    for (int64_t j = 0; j < f->prep->schema.columns; j++)
        f->prep->scale[j] = 1.0 / 255;
    return 0;
}

static int fit_standard(struct fit *f, struct lt_error *err)
{
    int rc = second_pass(f->m, f->r, err);
    for (int64_t j = 0; j < f->prep->schema.columns && !rc; j++) {
        double sd = sqrt(f->m->squares[j] / (double)f->r->n);
        f->prep->offset[j] = f->m->sum[j] / (double)f->r->n;
        f->prep->scale[j] = f->m->high[j] > f->m->low[j] && sd > 0 ? 1 / sd : 1;
    }
    return rc;
}

static int fit_minmax(struct fit *f, struct lt_error *err)
{
    (void)err;
    for (int64_t j = 0; j < f->prep->schema.columns; j++) {
        double range = f->m->high[j] - f->m->low[j];
        f->prep->offset[j] = f->m->low[j];
        f->prep->scale[j] = range > 0 ? 1 / range : 1;
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The quantile q of n sorted values, interpolated. */
static double quantile(const double *v, int64_t n, double q)
{
    double at = q * (double)(n - 1);
    int64_t i = (int64_t)at;
    return i + 1 < n ? v[i] + (at - (double)i) * (v[i + 1] - v[i]) : v[n - 1];
}

/* Median and interquartile range of up to ROBUST_ROWS rows (the first of the training order,
 * which is random); 1.349 makes the range a standard deviation where values are normal. */
static int fit_robust(struct fit *f, struct lt_error *err)
{
    enum { ROBUST_ROWS = 20000 };
    int64_t d = f->prep->schema.columns, n = f->r->n < ROBUST_ROWS ? f->r->n : ROBUST_ROWS, got;
    double *columns = NULL;
    int rc = lt_alloc(&columns, (size_t)n * (size_t)d, sizeof *columns, "quantiles", err);
    for (int64_t at = 0; at < n && !rc; at += CHUNK) {
        rc = read_chunk(f->r, at, &got, err);
        for (int64_t i = 0; i < got && at + i < n && !rc; i++)
            for (int64_t j = 0; j < d; j++)
                columns[j * n + at + i] = f->r->values[i * d + j];
    }
    for (int64_t j = 0; j < d && !rc; j++) {
        double *v = columns + j * n;
        qsort(v, (size_t)n, sizeof *v, compare);
        double range = quantile(v, n, 0.75) - quantile(v, n, 0.25);
        if (range <= 0)
            range = f->m->high[j] - f->m->low[j];
        f->prep->offset[j] = quantile(v, n, 0.5);
        f->prep->scale[j] = range > 0 ? 1.349 / range : 1;
    }
    lt_free(columns);
    return rc;
}

static const struct {
    const char *name;
    int (*fit)(struct fit *, struct lt_error *);
} scalings[LT_SCALINGS] = {
    [LT_SCALING_AUTO] = {"auto", NULL},
    [LT_SCALING_NONE] = {"none", fit_none},
    [LT_SCALING_BYTES] = {"bytes", fit_bytes},
    [LT_SCALING_STANDARD] = {"standard", fit_standard},
    [LT_SCALING_MINMAX] = {"minmax", fit_minmax},
    [LT_SCALING_ROBUST] = {"robust", fit_robust},
};

const char *lt_scaling_name(enum lt_scaling scaling)
{
    return scalings[scaling].name;
}

int lt_scaling_by_name(const char *name)
{
    for (int i = 0; i < LT_SCALINGS; i++)
        if (strcmp(scalings[i].name, name) == 0)
            return i;
    return -1;
}

static enum lt_scaling choose(const struct lt_prep *prep, const struct moments *m)
{
    bool bytes = true, unit = !prep->schema.names;
    for (int i = 0; i < prep->schema.groups; i++)
        bytes &= prep->schema.group[i].type == LT_U8;
    for (int64_t j = 0; j < prep->schema.columns; j++)
        unit &= m->low[j] >= 0 && m->high[j] <= 1;
    return bytes ? LT_SCALING_BYTES : unit ? LT_SCALING_NONE : LT_SCALING_STANDARD;
}

static void look(struct lt_prep *p, const struct moments *m)
{
    p->low = INFINITY;
    p->high = -INFINITY;
    p->first_constant = -1;
    for (int64_t j = 0; j < p->schema.columns; j++) {
        double low = (m->low[j] - p->offset[j]) * p->scale[j];
        double high = (m->high[j] - p->offset[j]) * p->scale[j];
        p->low = low < p->low ? low : p->low;
        p->high = high > p->high ? high : p->high;
        if (m->low[j] == m->high[j]) {
            p->constants++;
            if (p->first_constant < 0)
                p->first_constant = j;
        }
    }
}

static int alloc(struct moments *m, struct reader *r, struct lt_prep *p, struct lt_error *err)
{
    size_t d = (size_t)p->schema.columns;
    double **all[] = {&m->sum, &m->low, &m->high, &m->squares, &p->offset, &p->scale};
    int rc = lt_alloc(&m->seen, d, sizeof *m->seen, "column statistics", err);
    for (size_t k = 0; k < sizeof all / sizeof *all && !rc; k++)
        rc = lt_alloc(all[k], d, sizeof(double), "column statistics", err);
    if (!rc)
        rc = lt_alloc(&r->values, CHUNK * d, sizeof(double), "column statistics", err);
    if (!rc)
        rc = lt_block_create(&r->block, r->table, CHUNK, err);
    for (size_t j = 0; j < d && !rc; j++)
        p->scale[j] = 1;
    return rc;
}

int lt_prep_fit(struct lt_prep *out, const struct lt_table *table, const int64_t *rows, int64_t n,
                enum lt_scaling scaling, struct lt_error *err)
{
    struct moments m = {0};
    struct reader r = {.table = table, .rows = rows, .n = n};
    struct fit fit = {out, &m, &r};
    *out = (struct lt_prep){0};
    int rc = lt_prep_check_types(table, err);
    if (!rc)
        rc = lt_schema_of(&out->schema, table, err);
    if (!rc)
        rc = alloc(&m, &r, out, err);
    if (!rc)
        rc = first_pass(&m, &r, err);
    if (!rc) {
        out->scaling = scaling == LT_SCALING_AUTO ? choose(out, &m) : scaling;
        rc = scalings[out->scaling].fit(&fit, err);
    }
    if (!rc)
        look(out, &m);
    else
        lt_prep_free(out);
    lt_free(m.sum);
    lt_free(m.low);
    lt_free(m.high);
    lt_free(m.squares);
    lt_free(m.seen);
    lt_free(r.values);
    lt_block_free(&r.block);
    return rc;
}

int lt_prep_identity(struct lt_prep *out, const struct lt_table *table, struct lt_error *err)
{
    *out = (struct lt_prep){.scaling = LT_SCALING_NONE, .first_constant = -1};
    int rc = lt_prep_check_types(table, err);
    if (!rc)
        rc = lt_schema_of(&out->schema, table, err);
    size_t d = (size_t)out->schema.columns;
    if (!rc)
        rc = lt_alloc(&out->offset, d, sizeof *out->offset, "scaling", err);
    if (!rc)
        rc = lt_alloc(&out->scale, d, sizeof *out->scale, "scaling", err);
    for (size_t j = 0; j < d && !rc; j++)
        out->scale[j] = 1;
    if (rc)
        lt_prep_free(out);
    return rc;
}

void lt_prep_free(struct lt_prep *prep)
{
    lt_schema_free(&prep->schema);
    lt_free(prep->offset);
    lt_free(prep->scale);
    *prep = (struct lt_prep){0};
}

void lt_prep_invert(const struct lt_prep *prep, const float *x, int64_t n, double *values)
{
    int64_t d = prep->schema.columns;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++)
            values[i * d + j] = (double)x[i * d + j] / prep->scale[j] + prep->offset[j];
}
