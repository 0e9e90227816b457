#include "prep/prep.h"
#include <math.h>
#include <stdlib.h>

/* ---- values ---- */

static double likeliest(const struct lt_column *c, const float *x)
{
    int32_t best = 0;
    if (isnan(x[0]))
        return NAN;
    for (int32_t k = 1; k <= c->levels; k++)
        best = x[k] > x[best] ? k : best;
    return best < c->levels ? best : -1;
}

static double value_of(const struct lt_prep *p, int64_t j, const float *x)
{
    const struct lt_column *c = &p->column[j];
    switch (c->kind) {
    case LT_KIND_CATEGORY: {
        double level = likeliest(c, x + c->first);
        if (c->type == LT_TEXT || !(level >= 0))
            return level;
        return strtod(c->level[(int32_t)level], NULL); /* levels that are numbers */
    }
    case LT_KIND_IDENTIFIER:
        return NAN;
    case LT_KIND_CONSTANT:
        return c->value;
    default:
        break;
    }
    double v = lt_prep_unscale_value(p, c, (double)x[c->first]);
    if (c->kind == LT_KIND_BOOLEAN)
        return isnan(v) ? v : v > 0.5;
    return v;
}

void lt_prep_invert(const struct lt_prep *p, const float *x, int64_t n, double *values)
{
    int64_t d = p->schema.columns;
    if (lt_schema_is_array(&p->schema) && p->features == d &&
        p->knots == 0) { /* the loop without questions */
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < d; j++)
                values[i * d + j] = (double)x[i * d + j] / p->scale[j] + p->offset[j];
        return;
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++)
            values[i * d + j] = value_of(p, j, x + i * p->features);
}

/* ---- texts ---- */

const char *lt_prep_text(const struct lt_prep *p, int64_t column, double value, char *buf,
                         size_t size)
{
    const struct lt_column *c = &p->column[column];
    if (isnan(value))
        return NULL;
    if (c->kind == LT_KIND_TIME) {
        lt_timestamp_print(&c->format, value, buf, size);
        return buf;
    }
    if (value < 0 || value >= c->levels)
        return "(other)";
    return c->level[(int32_t)value];
}
