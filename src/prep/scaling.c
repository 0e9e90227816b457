#include "base/mem.h"
#include "prep/curve.h"
#include "prep/sample.h"
#include <math.h>
#include <string.h>

/* ---- a value and its feature ---- */

static struct lt_curve curve_of(const struct lt_prep *p, const struct lt_column *c)
{
    return (struct lt_curve){c->knots, p->knot_value + c->knot_first,
                             p->knot_score + c->knot_first};
}

double lt_prep_scale_value(const struct lt_prep *p, const struct lt_column *c, double value)
{
    if (c->knots == 0)
        return (value - p->offset[c->first]) * p->scale[c->first];
    struct lt_curve curve = curve_of(p, c);
    return lt_curve_forward(&curve, value);
}

double lt_prep_unscale_value(const struct lt_prep *p, const struct lt_column *c, double x)
{
    if (c->knots == 0)
        return x / p->scale[c->first] + p->offset[c->first];
    struct lt_curve curve = curve_of(p, c);
    return lt_curve_inverse(&curve, x);
}

int64_t lt_prep_check_knots(const struct lt_prep *p)
{
    for (int64_t j = 0; j < p->schema.columns; j++) {
        struct lt_curve curve;
        if (p->column[j].knots == 0)
            continue;
        curve = curve_of(p, &p->column[j]);
        if (!lt_curve_sound(&curve))
            return j;
    }
    return -1;
}

/* ---- the scalings of one column: offset and scale, or knots ---- */

struct fit {
    struct lt_prep *prep;
    struct lt_facts_of_rows *facts;
    struct lt_sample sample;
    size_t room_value, room_score; /* for knots */
};

/* Sorted values of a column in the sample. */
struct values {
    const double *v; /* (n) */
    int64_t n;
};

static void set(struct fit *f, int64_t j, double offset, double scale)
{
    f->prep->offset[f->prep->column[j].first] = offset;
    f->prep->scale[f->prep->column[j].first] = scale;
}

static int fit_none(struct fit *f, int64_t j, const struct values *values, struct lt_error *err)
{
    (void)values, (void)err;
    set(f, j, 0, 1);
    return LT_OK;
}

static int fit_bytes(struct fit *f, int64_t j, const struct values *values, struct lt_error *err)
{
    (void)values, (void)err;
    set(f, j, 0, f->prep->column[j].type == LT_U16 ? 1.0 / 65535 : 1.0 / 255);
    return LT_OK;
}

/* Far away alone: more than FAR standard deviations from the mean, and more than half of the
 * column's variance, so that the standard deviation measures this value and not the others. */
static double alone(const struct lt_column_facts *c, double mean, double sd)
{
    enum { FAR = 20 };
    double most = fmax(c->high - mean, mean - c->low);
    return most > FAR * sd && 2 * most * most > c->squares ? most / sd : 0;
}

static int fit_standard(struct fit *f, int64_t j, const struct values *values, struct lt_error *err)
{
    const struct lt_column_facts *c = &f->facts->column[j];
    double mean = c->sum / (double)c->seen, sd = sqrt(c->squares / (double)c->seen);
    struct lt_column *column = &f->prep->column[j];
    bool varies = c->high > c->low && sd > 0;
    (void)values, (void)err;
    set(f, j, mean, varies ? 1 / sd : 1);
    if (varies && (column->kind == LT_KIND_NUMBER || column->kind == LT_KIND_INTEGER))
        column->alone = alone(c, mean, sd);
    return LT_OK;
}

static int fit_minmax(struct fit *f, int64_t j, const struct values *values, struct lt_error *err)
{
    const struct lt_column_facts *c = &f->facts->column[j];
    (void)values, (void)err;
    set(f, j, c->low, c->high > c->low ? 1 / (c->high - c->low) : 1);
    return LT_OK;
}

/* The quantile q, interpolated. */
static double quantile(const struct values *s, double q)
{
    double at = q * (double)(s->n - 1);
    int64_t i = (int64_t)at;
    return i + 1 < s->n ? s->v[i] + (at - (double)i) * (s->v[i + 1] - s->v[i]) : s->v[s->n - 1];
}

/* 1.349 makes the interquartile range a standard deviation where values are normal. */
static int fit_robust(struct fit *f, int64_t j, const struct values *values, struct lt_error *err)
{
    const struct lt_column_facts *c = &f->facts->column[j];
    double range = values->n > 0 ? quantile(values, 0.75) - quantile(values, 0.25) : 0;
    (void)err;
    if (range <= 0)
        range = c->high - c->low;
    set(f, j, values->n > 0 ? quantile(values, 0.5) : c->low, range > 0 ? 1.349 / range : 1);
    return LT_OK;
}

static int make_room(struct fit *f, struct lt_error *err)
{
    struct lt_prep *p = f->prep;
    size_t need = (size_t)p->knots + LT_KNOTS_MAX;
    int rc = lt_grow(&p->knot_value, &f->room_value, need, sizeof(double), "knots", err);
    return rc ? rc : lt_grow(&p->knot_score, &f->room_score, need, sizeof(double), "knots", err);
}

/* A curve through two knots is a line, and the one that standardises is the better. */
static int fit_quantile(struct fit *f, int64_t j, const struct values *values, struct lt_error *err)
{
    struct lt_prep *p = f->prep;
    struct lt_column *c = &p->column[j];
    int rc = make_room(f, err);
    if (rc)
        return rc;
    struct lt_curve curve = {0, p->knot_value + p->knots, p->knot_score + p->knots};
    curve.knots =
        lt_curve_fit(values->v, values->n, p->knot_value + p->knots, p->knot_score + p->knots);
    if (curve.knots < 3 || !lt_curve_sound(&curve)) {
        c->scaling = LT_SCALING_STANDARD;
        rc = fit_standard(f, j, values, err);
        c->alone = 0; /* asked for and tried */
        return rc;
    }
    c->knot_first = p->knots;
    c->knots = curve.knots;
    p->knots += curve.knots;
    return LT_OK;
}

static const struct {
    const char *name;
    int (*fit)(struct fit *, int64_t column, const struct values *, struct lt_error *);
    bool spread, sample; /* what it looks at */
} scalings[LT_SCALINGS] = {
    [LT_SCALING_AUTO] = {"auto", NULL, false, false},
    [LT_SCALING_NONE] = {"none", fit_none, false, false},
    [LT_SCALING_BYTES] = {"bytes", fit_bytes, false, false},
    [LT_SCALING_STANDARD] = {"standard", fit_standard, true, false},
    [LT_SCALING_MINMAX] = {"minmax", fit_minmax, false, false},
    [LT_SCALING_ROBUST] = {"robust", fit_robust, false, true},
    [LT_SCALING_QUANTILE] = {"quantile", fit_quantile, true, true},
};

/* ---- names ---- */

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

/* AUTO: they differ; LT_SCALINGS: there is none. */
static enum lt_scaling common(const struct lt_prep *p, bool times)
{
    enum lt_scaling found = LT_SCALINGS;
    for (int64_t j = 0; j < p->schema.columns; j++) {
        const struct lt_column *c = &p->column[j];
        if (!lt_kind_is_scaled(c->kind) || (c->kind == LT_KIND_TIME) != times)
            continue;
        if (found != LT_SCALINGS && found != c->scaling)
            return LT_SCALING_AUTO;
        found = c->scaling;
    }
    return found;
}

enum lt_scaling lt_prep_scaling(const struct lt_prep *p)
{
    enum lt_scaling found = common(p, false);
    if (found == LT_SCALINGS)
        found = common(p, true);
    return found == LT_SCALINGS ? LT_SCALING_NONE : found;
}

const char *lt_prep_scaling_name(const struct lt_prep *p)
{
    enum lt_scaling scaling = lt_prep_scaling(p);
    return scaling == LT_SCALING_AUTO ? "mixed" : scalings[scaling].name;
}

/* ---- the choice ---- */

/* Arrays of bytes, and images of 16 bits; other 16-bit integers may be anything. */
static bool are_levels(const struct lt_schema *schema)
{
    bool bytes = true;
    int64_t h, w, c;
    for (int i = 0; i < schema->groups; i++)
        bytes &= schema->group[i].type == LT_U8;
    return bytes || (schema->group[0].type == LT_U16 && lt_schema_image(schema, &h, &w, &c));
}

static enum lt_scaling choose(const struct lt_prep *prep, const struct lt_facts_of_rows *facts)
{
    bool bytes = are_levels(&prep->schema), unit = !prep->schema.names;
    for (int64_t j = 0; j < prep->schema.columns; j++) {
        const struct lt_column_facts *c = &facts->column[j];
        unit &= prep->column[j].kind == LT_KIND_NUMBER && (c->seen == 0 || c->low >= 0) &&
                (c->seen == 0 || c->high <= 1);
        bytes &= prep->column[j].kind == LT_KIND_NUMBER;
    }
    return bytes ? LT_SCALING_BYTES : unit ? LT_SCALING_NONE : LT_SCALING_STANDARD;
}

/* Seconds since 1970 are no number to learn from, whatever the numbers beside them are. */
static enum lt_scaling scaling_of(const struct lt_column *c, enum lt_scaling scaling)
{
    if (!lt_kind_is_scaled(c->kind))
        return LT_SCALING_NONE;
    return c->kind == LT_KIND_TIME && scaling != LT_SCALING_MINMAX ? LT_SCALING_STANDARD : scaling;
}

/* ---- all columns ---- */

/* The range of the scaled training values. */
static void look(struct lt_prep *p, const struct lt_facts_of_rows *facts)
{
    p->low = INFINITY;
    p->high = -INFINITY;
    for (int64_t j = 0; j < p->schema.columns; j++) {
        const struct lt_column *c = &p->column[j];
        if (!lt_kind_is_scaled(c->kind) || facts->column[j].seen == 0)
            continue;
        double low = lt_prep_scale_value(p, c, facts->column[j].low);
        double high = lt_prep_scale_value(p, c, facts->column[j].high);
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

static int fit_columns(struct fit *f, struct lt_error *err)
{
    const struct lt_sample *s = &f->sample;
    int rc = 0;
    for (int64_t j = 0, k = 0; j < f->prep->schema.columns && !rc; j++) {
        const struct lt_column *c = &f->prep->column[j];
        struct values values = {0};
        if (!lt_kind_is_scaled(c->kind))
            continue;
        if (scalings[c->scaling].sample) {
            values = (struct values){s->values + k * s->rows, s->seen[k]};
            k++;
        }
        rc = scalings[c->scaling].fit(f, j, &values, err);
    }
    return rc;
}

int lt_scaling_fit(struct lt_prep *prep, struct lt_facts_of_rows *facts, enum lt_scaling asked,
                   struct lt_error *err)
{
    struct fit f = {.prep = prep, .facts = facts};
    enum lt_scaling scaling = asked == LT_SCALING_AUTO ? choose(prep, facts) : asked;
    bool *wanted = NULL, spread = false;
    int rc = lt_alloc(&wanted, (size_t)prep->schema.columns, sizeof *wanted, "quantiles", err);
    for (int64_t j = 0; j < prep->schema.columns && !rc; j++) {
        struct lt_column *c = &prep->column[j];
        c->scaling = scaling_of(c, scaling);
        wanted[j] = scalings[c->scaling].sample;
        spread |= scalings[c->scaling].spread;
    }
    if (!rc && spread)
        rc = lt_facts_spread(facts, err);
    if (!rc)
        rc = lt_sample_read(&f.sample, facts, wanted, err);
    if (!rc)
        rc = fit_columns(&f, err);
    if (!rc)
        look(prep, facts);
    lt_sample_free(&f.sample);
    lt_free(wanted);
    return rc;
}
