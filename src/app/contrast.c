#include "app/contrast.h"

#include "base/mem.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

int lt_contrast_create(struct lt_contrast *out, const struct lt_prep *prep, int64_t groups,
                       struct lt_error *err)
{
    size_t f = (size_t)prep->features, cells = (size_t)(groups + 1) * f;
    *out = (struct lt_contrast){.prep = prep, .groups = groups, .features = prep->features};
    int rc = lt_alloc(&out->sum, cells, sizeof *out->sum, "means of columns", err);
    if (!rc)
        rc = lt_alloc(&out->seen, cells, sizeof *out->seen, "means of columns", err);
    if (!rc)
        rc = lt_alloc(&out->square, f, sizeof *out->square, "means of columns", err);
    return rc;
}

void lt_contrast_free(struct lt_contrast *c)
{
    lt_free(c->sum);
    lt_free(c->seen);
    lt_free(c->square);
    *c = (struct lt_contrast){0};
}

/* ---- values ---- */

/* Sums are of what a value exceeds this, which keeps them small. */
static double origin_of(const struct lt_prep *p, const struct lt_column *c)
{
    return lt_kind_is_scaled(c->kind) ? lt_prep_unscale_value(p, c, 0) : 0;
}

/* The features of a column that are told of: all of a category, else the first. */
static int64_t told(const struct lt_column *c)
{
    if (c->kind == LT_KIND_CATEGORY)
        return c->levels + 1;
    return c->width > 0 ? 1 : 0;
}

static double value_of(const struct lt_prep *p, const struct lt_column *c, float x)
{
    return lt_kind_is_scaled(c->kind) ? lt_prep_unscale_value(p, c, (double)x) : (double)x;
}

void lt_contrast_values(const struct lt_contrast *c, const float *x, double *value)
{
    for (int64_t j = 0; j < c->prep->schema.columns; j++) {
        const struct lt_column *k = &c->prep->column[j];
        for (int64_t f = k->first; f < k->first + told(k); f++)
            value[f] = value_of(c->prep, k, x[f]);
    }
}

static void add_value(struct lt_contrast *c, int64_t feature, double value, int64_t group)
{
    int64_t f = c->features, all = c->groups * f + feature;
    if (isnan(value))
        return;
    c->sum[all] += value;
    c->seen[all]++;
    c->square[feature] += value * value;
    if (group < 0)
        return;
    c->sum[group * f + feature] += value;
    c->seen[group * f + feature]++;
}

void lt_contrast_add(struct lt_contrast *c, const float *x, int64_t n, const int32_t *group)
{
    for (int64_t j = 0; j < c->prep->schema.columns; j++) {
        const struct lt_column *k = &c->prep->column[j];
        double origin = origin_of(c->prep, k);
        for (int64_t f = k->first; f < k->first + told(k); f++)
            for (int64_t i = 0; i < n; i++)
                add_value(c, f, value_of(c->prep, k, x[i * c->features + f]) - origin,
                          group ? group[i] : -1);
    }
}

/* ---- means ---- */

static double mean_less_origin(const struct lt_contrast *c, int64_t group, int64_t feature)
{
    int64_t at = group * c->features + feature;
    return c->seen[at] > 0 ? c->sum[at] / c->seen[at] : NAN;
}

static double mean_of(const struct lt_contrast *c, int64_t group, const struct lt_column *column,
                      int64_t feature)
{
    return mean_less_origin(c, group, feature) + origin_of(c->prep, column);
}

static double spread_of(const struct lt_contrast *c, int64_t feature)
{
    double seen = c->seen[c->groups * c->features + feature];
    double mean = mean_less_origin(c, c->groups, feature);
    double variance = c->square[feature] / seen - mean * mean;
    /* less than what rounding leaves of a constant is none */
    return seen > 0 && variance > 1e-12 * mean * mean ? sqrt(variance) : 0;
}

double lt_contrast_mean(const struct lt_contrast *c, int64_t group, const struct lt_trait *trait)
{
    return mean_of(c, group, &c->prep->column[trait->column], trait->feature);
}

/* ---- traits ---- */

/* Among traits, largest first, of which there are *count and at most `most`. */
static void insert(struct lt_trait *trait, int *count, int most, struct lt_trait new)
{
    int at = *count;
    while (at > 0 && fabs(trait[at - 1].deviation) < fabs(new.deviation))
        at--;
    if (at == most)
        return;
    *count += *count < most;
    memmove(trait + at + 1, trait + at, (size_t)(*count - 1 - at) * sizeof *trait);
    trait[at] = new;
}

int lt_contrast_traits(const struct lt_contrast *c, const double *value, const double *beside,
                       int most, struct lt_trait *trait)
{
    int count = 0;
    for (int64_t j = 0; j < c->prep->schema.columns && most > 0; j++) {
        const struct lt_column *k = &c->prep->column[j];
        int64_t f = k->first;
        for (int64_t i = 1; i < told(k); i++)
            f = value[k->first + i] > value[f] ? k->first + i : f;
        double spread = told(k) > 0 ? spread_of(c, f) : 0;
        if (!(spread > 0))
            continue;
        struct lt_trait new = {.column = j, .feature = f, .level = -1, .value = value[f]};
        new.beside = beside ? beside[f] : mean_of(c, c->groups, k, f);
        new.deviation = (new.value - new.beside) / spread;
        if (k->kind == LT_KIND_CATEGORY)
            new.level = (int32_t)(f - k->first);
        if (fabs(new.deviation) > 0)
            insert(trait, &count, most, new);
    }
    return count;
}

void lt_trait_name(const struct lt_contrast *c, const struct lt_trait *trait,
                   const struct lt_table *view, char text[LT_TRAIT_TEXT])
{
    const struct lt_column *k = &c->prep->column[trait->column];
    char buf[256];
    const char *name = lt_table_column_name(view, trait->column, buf, sizeof buf);
    if (trait->level < 0)
        snprintf(text, LT_TRAIT_TEXT, "%.120s", name);
    else
        snprintf(text, LT_TRAIT_TEXT, "%.80s=%.80s", name,
                 trait->level < k->levels ? k->level[trait->level] : "(other)");
}

void lt_trait_value(const struct lt_contrast *c, const struct lt_trait *trait, double value,
                    char text[LT_TRAIT_TEXT])
{
    const struct lt_column *k = &c->prep->column[trait->column];
    char time[64];
    if (isnan(value))
        snprintf(text, LT_TRAIT_TEXT, "missing");
    else if (k->kind == LT_KIND_CATEGORY)
        snprintf(text, LT_TRAIT_TEXT, "%.0f %%", 100 * value);
    else if (k->kind == LT_KIND_TIME)
        snprintf(text, LT_TRAIT_TEXT, "%.60s",
                 lt_prep_text(c->prep, trait->column, value, time, sizeof time));
    else
        snprintf(text, LT_TRAIT_TEXT, "%.4g", value);
}
