#include "app/reasons.h"

#include "app/imputer.h"
#include "base/mem.h"
#include "data/number.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct candidate {
    int64_t column;
    double fall; /* of the score; while choosing, how much denoising changes the cell */
};

struct lt_reasons {
    const struct lt_model *model;
    struct lt_detect *detect;
    struct lt_imputer *imputer; /* NULL: the model has none */
    int most;
    int64_t features, columns;
    float *mended;               /* (LT_REASONS_MOST, F): the row with one cell replaced */
    float *expected;             /* (LT_REASONS_MOST, F) */
    float *changed;              /* (F) by denoising */
    double *score;               /* (LT_REASONS_MOST) */
    struct candidate *candidate; /* (D) */
};

int lt_reasons_create(struct lt_reasons **out, const struct lt_model *model,
                      struct lt_detect *detect, struct lt_backend *backend, int most,
                      struct lt_error *err)
{
    struct lt_reasons *r = NULL;
    size_t f = (size_t)model->prep.features;
    *out = NULL;
    int rc = lt_alloc(&r, 1, sizeof *r, "reasons", err);
    if (rc)
        return rc;
    *r = (struct lt_reasons){.model = model,
                             .detect = detect,
                             .most = most,
                             .features = model->prep.features,
                             .columns = model->prep.schema.columns};
    if (lt_imputer_in(model))
        rc = lt_imputer_create(&r->imputer, model, backend, LT_REASONS_MOST, err);
    if (!rc)
        rc = lt_alloc(&r->mended, LT_REASONS_MOST * f, sizeof(float), "reasons", err);
    if (!rc)
        rc = lt_alloc(&r->expected, LT_REASONS_MOST * f, sizeof(float), "reasons", err);
    if (!rc)
        rc = lt_alloc(&r->changed, f, sizeof(float), "reasons", err);
    if (!rc)
        rc = lt_alloc(&r->score, LT_REASONS_MOST, sizeof(double), "reasons", err);
    if (!rc)
        rc = lt_alloc(&r->candidate, (size_t)r->columns, sizeof *r->candidate, "reasons", err);
    if (rc)
        lt_reasons_free(&r);
    *out = r;
    return rc;
}

void lt_reasons_free(struct lt_reasons **reasons)
{
    struct lt_reasons *r = *reasons;
    *reasons = NULL;
    if (!r)
        return;
    void *memory[] = {r->mended, r->expected, r->changed, r->score, r->candidate};
    lt_imputer_free(&r->imputer);
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
        lt_free(memory[i]);
    lt_free(r);
}

/* ---- finding ---- */

static int largest_first(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->fall != y->fall)
        return x->fall < y->fall ? 1 : -1;
    return (x->column > y->column) - (x->column < y->column);
}

/* Columns with a value here, those first that denoising changes most; returns how many to try. */
static int choose(struct lt_reasons *r, const float *x)
{
    int64_t n = 0;
    if (r->columns > LT_REASONS_MOST)
        lt_detect_changes(r->detect, x, r->changed);
    for (int64_t j = 0; j < r->columns; j++) {
        const struct lt_column *c = &r->model->prep.column[j];
        double change = 0;
        if (c->width == 0 || isnan(x[c->first]))
            continue;
        for (int64_t k = c->first; k < c->first + c->width; k++)
            change += (double)r->changed[k] * (double)r->changed[k];
        r->candidate[n++] = (struct candidate){j, change};
    }
    if (r->columns > LT_REASONS_MOST)
        qsort(r->candidate, (size_t)n, sizeof *r->candidate, largest_first);
    return n < LT_REASONS_MOST ? (int)n : LT_REASONS_MOST;
}

/* One copy of the row for every candidate, in which its cell is hidden and then filled. */
static void mend(struct lt_reasons *r, const float *x, int n)
{
    int64_t f = r->features;
    for (int i = 0; i < n; i++) {
        const struct lt_column *c = &r->model->prep.column[r->candidate[i].column];
        float *row = r->mended + i * f;
        memcpy(row, x, (size_t)f * sizeof *row);
        for (int64_t k = c->first; k < c->first + c->width; k++)
            row[k] = NAN;
    }
    if (r->imputer) {
        lt_imputer_expect(r->imputer, r->mended, n, r->expected);
    } else {
        for (int i = 0; i < n; i++)
            memcpy(r->expected + i * f, r->model->detector.offset[LT_LENS_PLAIN],
                   (size_t)f * sizeof(float));
    }
    for (int i = 0; i < n; i++) {
        const struct lt_column *c = &r->model->prep.column[r->candidate[i].column];
        float *row = r->mended + i * f, *y = r->expected + i * f;
        if (c->kind == LT_KIND_CATEGORY) { /* the likeliest level */
            int32_t level = lt_imputer_level(c, y + c->first, NULL);
            for (int64_t k = 0; k < c->width; k++)
                y[c->first + k] = k == level;
        }
        for (int64_t k = c->first; k < c->first + c->width; k++)
            row[k] = y[k];
    }
}

/* What is expected in the units of the data, and the range that holds most of it. */
static void tell_expected(const struct lt_reasons *r, const float *expected, struct lt_reason *out)
{
    const struct lt_prep *p = &r->model->prep;
    const struct lt_column *c = &p->column[out->column];
    double y = (double)expected[c->first], radius = NAN;
    out->low = out->high = NAN;
    if (c->kind == LT_KIND_CATEGORY) {
        out->expected = (double)lt_imputer_level(c, expected + c->first, NULL);
        return;
    }
    out->expected = lt_prep_unscale_value(p, c, y);
    if (r->imputer)
        radius = lt_imputer_facts(r->imputer)->radius[out->column];
    if (isnan(radius))
        return;
    out->low = lt_prep_unscale_value(p, c, y - radius);
    out->high = lt_prep_unscale_value(p, c, y + radius);
}

int lt_reasons_of(struct lt_reasons *r, const float *x, double score, struct lt_reason *reason)
{
    int n = choose(r, x), count = 0;
    double total = 0;
    mend(r, x, n);
    lt_detect_scores(r->detect, r->mended, n, r->score);
    /* expected[i] belongs to candidate i: sorting must not part them */
    int order[LT_REASONS_MOST];
    for (int i = 0; i < n; i++) {
        r->candidate[i].fall = fmax(0, score - r->score[i]);
        total += r->candidate[i].fall;
        int at = i;
        for (; at > 0 && r->candidate[order[at - 1]].fall < r->candidate[i].fall; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    for (; count < n && count < r->most && r->candidate[order[count]].fall > 0; count++) {
        int i = order[count];
        const struct lt_column *c = &r->model->prep.column[r->candidate[i].column];
        reason[count] = (struct lt_reason){.column = r->candidate[i].column,
                                           .share = r->candidate[i].fall / total};
        reason[count].unseen = c->kind == LT_KIND_CATEGORY && x[c->first + c->levels] > 0.5f;
        tell_expected(r, r->expected + i * r->features, &reason[count]);
    }
    return count;
}

/* ---- telling ---- */

/* A value of a column as people write it. */
static const char *value_text(const struct lt_prep *p, int64_t column, double value, char buf[64])
{
    const struct lt_column *c = &p->column[column];
    if (c->kind == LT_KIND_CATEGORY && value >= 0 && value < c->levels)
        return c->level[(int32_t)value];
    if (c->kind == LT_KIND_TIME)
        return lt_prep_text(p, column, value, buf, 64);
    if (c->kind == LT_KIND_INTEGER || c->kind == LT_KIND_BOOLEAN)
        snprintf(buf, 64, "%.0f", value);
    else
        snprintf(buf, 64, "%.4g", value);
    return buf;
}

/* The first cell of a block, as the table has it. */
static const char *cell_text(const struct lt_table *view, const struct lt_block *block,
                             int64_t column, char buf[64])
{
    int64_t offset;
    int g = lt_table_group_of(view, column, &offset);
    const struct lt_group *group = lt_table_group(view, g);
    const struct lt_block_group *cells = &block->group[g];
    if (group->type == LT_TEXT)
        return lt_table_text(view, column, ((const int32_t *)cells->values)[offset]);
    double value = lt_type_value(group->type, cells->values, offset);
    int n = group->type == LT_F32 ? lt_number_format_f32(buf, (float)value)
                                  : lt_number_format_f64(buf, value);
    buf[n] = '\0';
    return buf;
}

const char *lt_reasons_text(const struct lt_prep *p, const struct lt_table *view,
                            const struct lt_block *row, const struct lt_reason *reason, int count,
                            char text[LT_REASONS_TEXT])
{
    char name[256], cell[64], low[64], high[64];
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < count && used < LT_REASONS_TEXT; i++) {
        const struct lt_reason *k = &reason[i];
        used += (size_t)snprintf(
            text + used, LT_REASONS_TEXT - used, "%s%.120s=%.60s (%.0f %%%s, ", i ? "; " : "",
            lt_table_column_name(view, k->column, name, sizeof name),
            cell_text(view, row, k->column, cell), 100 * k->share, k->unseen ? ", new" : "");
        if (used >= LT_REASONS_TEXT)
            break;
        if (p->column[k->column].kind == LT_KIND_TIME) /* its course says nothing */
            used += (size_t)snprintf(text + used, LT_REASONS_TEXT - used,
                                     "an unusual hour, day or season)");
        else if (isnan(k->low))
            used += (size_t)snprintf(text + used, LT_REASONS_TEXT - used, "expected %.60s)",
                                     value_text(p, k->column, k->expected, low));
        else
            used += (size_t)snprintf(
                text + used, LT_REASONS_TEXT - used, "expected %.60s to %.60s)",
                value_text(p, k->column, k->low, low), value_text(p, k->column, k->high, high));
    }
    return text;
}
