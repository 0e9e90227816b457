#include "base/mem.h"
#include "prep/inspect.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the scalings of one column's first feature: offset and scale ---- */

struct fit {
    struct lt_prep *prep;
    struct lt_facts_of_rows *facts;
};

static bool has_scale(const struct lt_column *c)
{
    return c->width > 0 && c->kind != LT_KIND_CATEGORY;
}

static bool is_time(const struct lt_column *c)
{
    return c->kind == LT_KIND_TIME;
}

static int fit_none(struct fit *f, struct lt_error *err)
{
    (void)f, (void)err; /* offset 0 and scale 1 stand already */
    return 0;
}

static int fit_bytes(struct fit *f, struct lt_error *err)
{
    (void)err;
    for (int64_t j = 0; j < f->prep->schema.columns; j++)
        if (has_scale(&f->prep->column[j]))
            f->prep->scale[f->prep->column[j].first] = 1.0 / 255;
    return 0;
}

static void standardise(struct fit *f, int64_t j)
{
    const struct lt_column_facts *c = &f->facts->column[j];
    int64_t at = f->prep->column[j].first;
    double sd = sqrt(c->squares / (double)c->seen);
    f->prep->offset[at] = c->sum / (double)c->seen;
    f->prep->scale[at] = c->high > c->low && sd > 0 ? 1 / sd : 1;
}

static int fit_standard(struct fit *f, struct lt_error *err)
{
    int rc = lt_facts_spread(f->facts, err);
    for (int64_t j = 0; j < f->prep->schema.columns && !rc; j++)
        if (has_scale(&f->prep->column[j]))
            standardise(f, j);
    return rc;
}

static int fit_minmax(struct fit *f, struct lt_error *err)
{
    (void)err;
    for (int64_t j = 0; j < f->prep->schema.columns; j++) {
        const struct lt_column_facts *c = &f->facts->column[j];
        int64_t at = f->prep->column[j].first;
        if (!has_scale(&f->prep->column[j]))
            continue;
        f->prep->offset[at] = c->low;
        f->prep->scale[at] = c->high > c->low ? 1 / (c->high - c->low) : 1;
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

static void fit_quartiles(struct fit *f, int64_t j, double *v, int64_t n)
{
    const struct lt_column_facts *c = &f->facts->column[j];
    int64_t at = f->prep->column[j].first;
    qsort(v, (size_t)n, sizeof *v, compare);
    double range = n > 0 ? quantile(v, n, 0.75) - quantile(v, n, 0.25) : 0;
    if (range <= 0)
        range = c->high - c->low;
    f->prep->offset[at] = n > 0 ? quantile(v, n, 0.5) : c->low;
    f->prep->scale[at] = range > 0 ? 1.349 / range : 1;
}

/* Median and interquartile range of up to ROBUST_ROWS rows (the first of the training order,
 * which is random), fewer for wide tables; 1.349 makes the range a standard deviation where values
 * are normal.  A time is standardised: its course is even. */
static int fit_robust(struct fit *f, struct lt_error *err)
{
    enum { ROBUST_ROWS = 20000, ROBUST_CELLS = 1 << 25 };
    struct lt_facts_of_rows *facts = f->facts;
    int64_t d = facts->columns, n = ROBUST_CELLS / d, got;
    double *columns = NULL;
    int64_t *seen = NULL;
    n = n > ROBUST_ROWS ? ROBUST_ROWS : n < LT_FACTS_ROWS ? LT_FACTS_ROWS : n;
    n = n > facts->n ? facts->n : n;
    int rc = lt_alloc(&columns, (size_t)n * (size_t)d, sizeof *columns, "quantiles", err);
    if (!rc)
        rc = lt_alloc(&seen, (size_t)d, sizeof *seen, "quantiles", err);
    for (int64_t at = 0; at < n && !rc; at += got) {
        rc = lt_facts_read(facts, at, &got, err);
        for (int64_t i = 0; i < got && at + i < n && !rc; i++)
            for (int64_t j = 0; j < d; j++)
                if (!isnan(facts->values[i * d + j]))
                    columns[j * n + seen[j]++] = facts->values[i * d + j];
    }
    for (int64_t j = 0; j < d && !rc; j++)
        if (is_time(&f->prep->column[j]))
            standardise(f, j);
        else if (has_scale(&f->prep->column[j]))
            fit_quartiles(f, j, columns + j * n, seen[j]);
    lt_free(columns);
    lt_free(seen);
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

static enum lt_scaling choose(const struct lt_prep *prep, const struct lt_facts_of_rows *facts)
{
    bool bytes = true, unit = !prep->schema.names;
    for (int i = 0; i < prep->schema.groups; i++)
        bytes &= prep->schema.group[i].type == LT_U8;
    for (int64_t j = 0; j < prep->schema.columns; j++) {
        const struct lt_column_facts *c = &facts->column[j];
        unit &= prep->column[j].kind == LT_KIND_NUMBER && (c->seen == 0 || c->low >= 0) &&
                (c->seen == 0 || c->high <= 1);
        bytes &= prep->column[j].kind == LT_KIND_NUMBER;
    }
    return bytes ? LT_SCALING_BYTES : unit ? LT_SCALING_NONE : LT_SCALING_STANDARD;
}

/* ---- the whole ---- */

/* The range of the scaled training values. */
static void look(struct lt_prep *p, const struct lt_facts_of_rows *facts)
{
    p->low = INFINITY;
    p->high = -INFINITY;
    for (int64_t j = 0; j < p->schema.columns; j++) {
        const struct lt_column *c = &p->column[j];
        if (!has_scale(c) || facts->column[j].seen == 0)
            continue;
        double low = (facts->column[j].low - p->offset[c->first]) * p->scale[c->first];
        double high = (facts->column[j].high - p->offset[c->first]) * p->scale[c->first];
        if (c->parts) { /* sines and cosines */
            low = fmin(low, -1);
            high = fmax(high, 1);
        }
        p->low = fmin(p->low, low);
        p->high = fmax(p->high, high);
    }
    if (!(p->low <= p->high)) /* categories only */
        p->low = p->high = 0;
}

static int alloc_scaling(struct lt_prep *p, struct lt_error *err)
{
    size_t f = (size_t)p->features;
    int rc = lt_alloc(&p->offset, f, sizeof *p->offset, "scaling", err);
    if (!rc)
        rc = lt_alloc(&p->scale, f, sizeof *p->scale, "scaling", err);
    for (size_t j = 0; j < f && !rc; j++)
        p->scale[j] = 1;
    return rc;
}

static int start(struct lt_prep *p, const struct lt_table *table, struct lt_error *err)
{
    *p = (struct lt_prep){.scaling = LT_SCALING_NONE};
    int rc = lt_schema_of(&p->schema, table, err);
    if (!rc)
        rc = lt_alloc(&p->column, (size_t)p->schema.columns, sizeof *p->column, "columns", err);
    return rc;
}

/* Columns of an array that hold nothing are refused, for no value of theirs is known. */
static int check_empty(const struct lt_prep *p, const struct lt_facts_of_rows *f,
                       struct lt_error *err)
{
    char buf[256];
    for (int64_t j = 0; j < f->columns; j++) {
        if (f->column[j].seen > 0 || p->column[j].width == 0)
            continue;
        const char *name = lt_table_column_name(f->table, j, buf, sizeof buf);
        return lt_fail(err, LT_ECONTENT,
                       "%s: column \"%s\" has no values at all; leave it out with --ignore \"%s\"",
                       lt_table_name(f->table), name, name);
    }
    return LT_OK;
}

int lt_prep_fit(struct lt_prep *out, const struct lt_table *table, const int64_t *rows, int64_t n,
                const struct lt_prep_options *options, struct lt_error *err)
{
    struct lt_facts_of_rows facts = {0};
    struct fit fit = {out, &facts};
    int rc = start(out, table, err);
    if (!rc)
        rc = lt_facts_look(&facts, table, rows, n, err);
    if (!rc)
        rc = lt_kinds_find(out, &facts, options->types, err);
    if (!rc)
        rc = lt_prep_layout(out, err);
    if (!rc)
        rc = check_empty(out, &facts, err);
    if (!rc)
        rc = lt_prep_check_types(out, table, err);
    if (!rc)
        rc = alloc_scaling(out, err);
    if (!rc) {
        bool draw = options->scaling == LT_SCALING_AUTO;
        out->scaling = draw ? choose(out, &facts) : options->scaling;
        rc = scalings[out->scaling].fit(&fit, err);
    }
    if (!rc)
        look(out, &facts);
    else
        lt_prep_free(out);
    lt_facts_free(&facts);
    return rc;
}

int lt_prep_identity(struct lt_prep *out, const struct lt_table *table, struct lt_error *err)
{
    int rc = start(out, table, err);
    if (!rc) /* every column is a number (kind 0), whatever its name */
        rc = lt_prep_layout(out, err);
    if (!rc)
        rc = lt_prep_check_types(out, table, err);
    if (!rc)
        rc = alloc_scaling(out, err);
    out->observes = false;
    if (rc)
        lt_prep_free(out);
    return rc;
}
