#include "base/mem.h"
#include "data/number.h"
#include "prep/prep.h"
#include <stdio.h>
#include <string.h>

/* ---- names ---- */

static const char *const kinds[LT_KINDS] = {
    [LT_KIND_NUMBER] = "numeric",    [LT_KIND_INTEGER] = "integer",
    [LT_KIND_BOOLEAN] = "boolean",   [LT_KIND_CATEGORY] = "categorical",
    [LT_KIND_TIME] = "time",         [LT_KIND_IDENTIFIER] = "identifier",
    [LT_KIND_CONSTANT] = "constant",
};

const char *lt_kind_name(enum lt_kind kind)
{
    return kinds[kind];
}

int lt_kind_by_name(const char *name)
{
    for (int i = 0; i < LT_KINDS; i++)
        if (strcmp(kinds[i], name) == 0)
            return i;
    return -1;
}

bool lt_kind_is_scaled(enum lt_kind kind)
{
    return kind == LT_KIND_NUMBER || kind == LT_KIND_INTEGER || kind == LT_KIND_BOOLEAN ||
           kind == LT_KIND_TIME;
}

/* ---- where features stand ---- */

static const int64_t widths[] = {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256};
enum { WIDTHS = sizeof widths / sizeof *widths };

int64_t lt_prep_group_width(int32_t levels)
{
    int i = 0;
    while (i < WIDTHS - 1 && widths[i] < levels + 1)
        i++;
    return widths[i];
}

static int64_t width_of(const struct lt_column *c)
{
    switch (c->kind) {
    case LT_KIND_NUMBER:
    case LT_KIND_INTEGER:
    case LT_KIND_BOOLEAN:
        return 1;
    case LT_KIND_CATEGORY:
        return lt_prep_group_width(c->levels);
    case LT_KIND_TIME:
        return 1 + 2 * __builtin_popcount(c->parts);
    default:
        return 0;
    }
}

/* Gives the columns for which a feature range comes next their place. */
static void place(struct lt_prep *p, bool category, bool missing, int64_t width)
{
    for (int64_t j = 0; j < p->schema.columns; j++) {
        struct lt_column *c = &p->column[j];
        bool chosen = category ? c->kind == LT_KIND_CATEGORY && c->width == width
                               : c->kind != LT_KIND_CATEGORY && c->missing == missing;
        if (!chosen)
            continue;
        c->first = p->features;
        p->features += c->width;
    }
}

static void place_table(struct lt_prep *p)
{
    place(p, false, false, 0);
    p->flag_first = p->features;
    place(p, false, true, 0);
    p->flags = p->features - p->flag_first;
    for (int i = 0; i < WIDTHS; i++)
        place(p, true, false, widths[i]);
}

/* An array keeps the order of its columns; all are flagged when one is. */
static void place_array(struct lt_prep *p)
{
    bool missing = false;
    for (int64_t j = 0; j < p->schema.columns; j++) {
        p->column[j].first = p->features;
        p->features += p->column[j].width;
        missing |= p->column[j].missing;
    }
    p->flag_first = 0;
    p->flags = missing ? p->features : 0;
}

static bool all_numbers(const struct lt_prep *p)
{
    for (int64_t j = 0; j < p->schema.columns; j++)
        if (p->column[j].kind != LT_KIND_NUMBER)
            return false;
    return true;
}

static bool may_miss(const struct lt_schema *s)
{
    for (int i = 0; i < s->groups; i++)
        if (s->group[i].type == LT_F32 || s->group[i].type == LT_F64)
            return true;
    return !lt_schema_is_array(s);
}

int lt_prep_layout(struct lt_prep *p, struct lt_error *err)
{
    int64_t total = 0, j = 0;
    for (int i = 0; i < p->schema.groups; i++)
        for (int64_t k = 0; k < p->schema.group[i].width; k++)
            p->column[j++].type = p->schema.group[i].type;
    for (j = 0; j < p->schema.columns; j++)
        total += p->column[j].width = width_of(&p->column[j]);
    if (total < 1)
        return lt_fail(err, LT_ECONTENT,
                       "there is nothing to learn from: every column is a constant or an "
                       "identifier; give others, or name their kind with --types COL=categorical");
    if (total > LT_FEATURES_MAX)
        return lt_fail(err, LT_ECONTENT,
                       "the columns make %lld features, more than %d; leave some out with --ignore",
                       (long long)total, LT_FEATURES_MAX);
    p->features = p->knots = 0;
    for (j = 0; j < p->schema.columns; j++) {
        p->column[j].knot_first = p->knots;
        p->knots += p->column[j].knots;
    }
    p->observes = may_miss(&p->schema);
    if (lt_schema_is_array(&p->schema) && all_numbers(p))
        place_array(p);
    else
        place_table(p);
    return LT_OK;
}

int64_t lt_prep_numbers(const struct lt_prep *p)
{
    int64_t first = p->features;
    for (int64_t j = 0; j < p->schema.columns; j++)
        if (p->column[j].kind == LT_KIND_CATEGORY && p->column[j].first < first)
            first = p->column[j].first;
    return first;
}

int lt_prep_runs(const struct lt_prep *p, struct lt_prep_run runs[LT_PREP_RUNS])
{
    int64_t at = lt_prep_numbers(p);
    int count = 0;
    for (int i = 0; i < WIDTHS; i++) {
        struct lt_prep_run run = {at, widths[i], 0};
        for (int64_t j = 0; j < p->schema.columns; j++)
            run.count += p->column[j].kind == LT_KIND_CATEGORY && p->column[j].width == widths[i];
        if (run.count > 0)
            runs[count++] = run;
        at += run.count * run.width;
    }
    return count;
}

int64_t lt_prep_count(const struct lt_prep *p, enum lt_kind kind, int64_t *first)
{
    int64_t count = 0;
    for (int64_t j = p->schema.columns - 1; j >= 0; j--)
        if (p->column[j].kind == kind) {
            count++;
            if (first)
                *first = j;
        }
    if (first && count == 0)
        *first = -1;
    return count;
}

/* ---- the end ---- */

void lt_prep_free(struct lt_prep *p)
{
    for (int64_t j = 0; p->column && j < p->schema.columns; j++) {
        for (int32_t k = 0; p->column[j].level && k < p->column[j].levels; k++)
            lt_free(p->column[j].level[k]);
        lt_free(p->column[j].level);
    }
    lt_schema_free(&p->schema);
    lt_free(p->column);
    lt_free(p->offset);
    lt_free(p->scale);
    lt_free(p->knot_value);
    lt_free(p->knot_score);
    *p = (struct lt_prep){0};
}
