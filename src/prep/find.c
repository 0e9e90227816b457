#include "base/mem.h"
#include "base/order.h"
#include "data/number.h"
#include "prep/inspect.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which kind each column is, its levels and its time format. */

const char *lt_level_text(const struct lt_table *table, int64_t column, double value, char *buf)
{
    int64_t offset;
    int group = lt_table_group_of(table, column, &offset);
    if (lt_table_group(table, group)->type == LT_TEXT)
        return lt_table_text(table, column, (int32_t)value);
    if (value == floor(value) && fabs(value) < 1e15)
        lt_number_format_i64(buf, (int64_t)value);
    else
        lt_number_format_f64(buf, value);
    return buf;
}

/* ---- levels ---- */

struct level {
    char *text; /* owned when it came from numbers */
    const char *name;
    int64_t count;
};

static int by_count(const void *a, const void *b)
{
    const struct level *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return strcmp(x->name, y->name);
}

static int levels_of_text(struct level **out, int64_t *n, const struct lt_facts_of_rows *f,
                          int64_t j, struct lt_error *err)
{
    const struct lt_column_facts *c = &f->column[j];
    int rc = lt_alloc(out, (size_t)c->texts, sizeof **out, "levels", err);
    for (int32_t k = 0; k < c->texts && !rc; k++)
        if (c->count[k] > 0)
            (*out)[(*n)++] = (struct level){NULL, lt_table_text(f->table, j, k), c->count[k]};
    return rc;
}

static int levels_of_numbers(struct level **out, int64_t *n, struct lt_facts_of_rows *f, int64_t j,
                             struct lt_error *err)
{
    double *v = NULL;
    int64_t got, seen = 0;
    char buf[LT_LEVEL_TEXT];
    int rc = lt_alloc(&v, (size_t)f->n, sizeof *v, "levels", err);
    for (int64_t at = 0; at < f->n && !rc; at += got) {
        rc = lt_facts_read(f, at, &got, err);
        for (int64_t i = 0; i < got && !rc; i++)
            if (!isnan(f->values[i * f->columns + j]))
                v[seen++] = f->values[i * f->columns + j];
    }
    if (!rc)
        qsort(v, (size_t)seen, sizeof *v, lt_by_value);
    int64_t distinct = 0;
    for (int64_t i = 0; i < seen && !rc; i++)
        distinct += i == 0 || v[i] > v[i - 1];
    if (!rc)
        rc = lt_alloc(out, (size_t)distinct, sizeof **out, "levels", err);
    for (int64_t i = 0; i < seen && !rc; i++) {
        if (i > 0 && !(v[i] > v[i - 1])) {
            (*out)[*n - 1].count++;
            continue;
        }
        struct level *l = &(*out)[(*n)++];
        rc = lt_strdup(&l->text, lt_level_text(f->table, j, v[i], buf), err);
        l->name = l->text;
        l->count = 1;
    }
    lt_free(v);
    return rc;
}

/* Levels kept are those that 1 in 2,000 rows have, and at least two rows. */
static int keep_levels(struct lt_column *c, struct lt_facts_of_rows *f, int64_t j,
                       struct lt_error *err)
{
    struct level *level = NULL;
    int64_t n = 0, least = f->n / 2000 > 2 ? f->n / 2000 : 2;
    int rc = f->column[j].count ? levels_of_text(&level, &n, f, j, err)
                                : levels_of_numbers(&level, &n, f, j, err);
    if (!rc && n > 0)
        qsort(level, (size_t)n, sizeof *level, by_count);
    int64_t kept = 0;
    while (kept < n && kept < LT_LEVELS_MAX && level[kept].count >= least)
        kept++;
    if (!rc)
        rc = lt_alloc(&c->level, (size_t)kept, sizeof *c->level, "levels", err);
    for (; c->levels < kept && !rc; c->levels += !rc)
        rc = lt_strdup(&c->level[c->levels], level[c->levels].name, err);
    for (int64_t i = 0; i < n; i++)
        lt_free(level[i].text);
    lt_free(level);
    return rc;
}

/* ---- times ---- */

/* The format that all texts of a column share. */
static bool find_format(struct lt_timestamp_format *format, const struct lt_facts_of_rows *f,
                        int64_t j)
{
    const struct lt_column_facts *c = &f->column[j];
    const char **texts = NULL;
    int64_t n = 0;
    bool ambiguous, found = false;
    if (lt_alloc(&texts, (size_t)c->texts, sizeof *texts, "texts", NULL))
        return false;
    for (int32_t k = 0; k < c->texts; k++)
        if (c->count[k] > 0)
            texts[n++] = lt_table_text(f->table, j, k);
    found = n > 0 && lt_timestamp_detect(texts, n, format, &ambiguous);
    lt_free(texts);
    return found;
}

/* Cyclic parts that vary among the training rows: a clock when not all stand at one hour, the week
 * when a week is spanned, the year when two months are. */
static void find_parts(struct lt_column *c, struct lt_column_facts *facts,
                       const struct lt_table *table, int64_t j)
{
    double first = NAN;
    facts->low = INFINITY;
    facts->high = -INFINITY;
    facts->sum = 0;
    for (int32_t k = 0; k < facts->texts; k++) {
        double seconds;
        if (facts->count[k] == 0 ||
            !lt_timestamp_parse(&c->format, lt_table_text(table, j, k), &seconds))
            continue;
        double clock = seconds - 86400 * floor(seconds / 86400);
        first = isnan(first) ? clock : first;
        if (clock < first || clock > first)
            c->parts |= LT_TIME_DAY;
        facts->low = fmin(facts->low, seconds);
        facts->high = fmax(facts->high, seconds);
        facts->sum += seconds * (double)facts->count[k];
    }
    if (facts->high - facts->low >= 7 * 86400.0)
        c->parts |= LT_TIME_WEEK;
    if (facts->high - facts->low >= 60 * 86400.0)
        c->parts |= LT_TIME_YEAR;
    for (int32_t k = 0; k < facts->texts; k++) {
        double seconds, mean = facts->sum / (double)facts->seen;
        if (facts->count[k] > 0 &&
            lt_timestamp_parse(&c->format, lt_table_text(table, j, k), &seconds))
            facts->squares += (double)facts->count[k] * (seconds - mean) * (seconds - mean);
    }
}

/* ---- kinds ---- */

static int64_t distinct_texts(const struct lt_column_facts *c)
{
    int64_t n = 0;
    for (int32_t k = 0; k < c->texts; k++)
        n += c->count[k] > 0;
    return n;
}

/* Whether most cells of a text column are numbers: then the others are mistakes, not levels. */
static bool mostly_numbers(const struct lt_facts_of_rows *f, int64_t j)
{
    const struct lt_column_facts *c = &f->column[j];
    int64_t numbers = 0;
    char *end;
    for (int32_t k = 0; k < c->texts; k++) {
        const char *text = lt_table_text(f->table, j, k);
        strtod(text, &end);
        numbers += end != text && *end == 0 ? c->count[k] : 0;
    }
    return 2 * numbers > c->seen;
}

static enum lt_kind guess_text(struct lt_column *c, const struct lt_facts_of_rows *f, int64_t j)
{
    const struct lt_column_facts *facts = &f->column[j];
    int64_t distinct = distinct_texts(facts);
    if (mostly_numbers(f, j))
        return LT_KIND_NUMBER; /* which lt_prep_check_types refuses, naming the cell */
    if (find_format(&c->format, f, j))
        return LT_KIND_TIME;
    bool names = distinct == facts->seen && distinct >= 20;
    if (names || (distinct > 50 && 2 * distinct > facts->seen))
        return LT_KIND_IDENTIFIER;
    return LT_KIND_CATEGORY;
}

static enum lt_kind guess_number(const struct lt_column_facts *facts)
{
    if (facts->counter)
        return LT_KIND_IDENTIFIER;
    if (!facts->whole)
        return LT_KIND_NUMBER;
    return facts->low >= 0 && facts->high <= 1 ? LT_KIND_BOOLEAN : LT_KIND_INTEGER;
}

static enum lt_kind guess(struct lt_column *c, const struct lt_facts_of_rows *f, int64_t j)
{
    const struct lt_column_facts *facts = &f->column[j];
    bool one = facts->seen == 0 || !(facts->high > facts->low);
    if (one && (facts->seen == 0 || facts->seen == f->n))
        return LT_KIND_CONSTANT;
    return facts->count ? guess_text(c, f, j) : guess_number(facts);
}

/* ---- what the user says ---- */

static int next_word(const char **at, char *column, char *kind, size_t size, struct lt_error *err)
{
    const char *end = strchr(*at, ',');
    size_t n = end ? (size_t)(end - *at) : strlen(*at);
    const char *equals = NULL;
    for (const char *p = *at; p < *at + n; p++)
        equals = *p == '=' ? p : equals;
    if (!equals || equals == *at || n >= size)
        return lt_fail(err, LT_EUSAGE,
                       "--types: \"%.*s\" is not of the form COL=KIND, such as zip=categorical",
                       (int)(n < 80 ? n : 80), *at);
    snprintf(column, size, "%.*s", (int)(equals - *at), *at);
    snprintf(kind, size, "%.*s", (int)(n - (size_t)(equals - *at) - 1), equals + 1);
    *at += n + (end != NULL);
    int k = lt_kind_by_name(kind);
    if (k < 0 || k == LT_KIND_CONSTANT)
        return lt_fail(err, LT_EUSAGE,
                       "--types: \"%.80s\" is not one of numeric, integer, boolean, categorical, "
                       "time, identifier",
                       kind);
    return LT_OK;
}

enum { WORD = 400 };

int lt_prep_check_words(const char *types, struct lt_error *err)
{
    char column[WORD], kind[WORD];
    int rc = 0;
    while (types && *types && !rc)
        rc = next_word(&types, column, kind, sizeof kind, err);
    return rc;
}

/* The kind that `types` gives each column, or -1. */
static int read_types(int *asked, const struct lt_table *table, const char *types,
                      struct lt_error *err)
{
    char column[WORD], kind[WORD];
    int rc = 0;
    while (types && *types && !rc) {
        rc = next_word(&types, column, kind, sizeof kind, err);
        int64_t j = rc ? 0 : lt_table_find(table, column);
        if (!rc && j < 0)
            rc = lt_fail(err, LT_EUSAGE, "--types: %s has no column \"%.80s\"",
                         lt_table_name(table), column);
        if (!rc)
            asked[j] = lt_kind_by_name(kind);
    }
    return rc;
}

/* ---- all together ---- */

static int set_constant(struct lt_column *c, const struct lt_facts_of_rows *f, int64_t j,
                        struct lt_error *err)
{
    const struct lt_column_facts *facts = &f->column[j];
    c->value = facts->seen == 0 ? (double)NAN : facts->low;
    if (!facts->count || facts->seen == 0)
        return LT_OK;
    int rc = lt_alloc(&c->level, 1, sizeof *c->level, "levels", err);
    if (!rc)
        rc = lt_strdup(&c->level[0], lt_table_text(f->table, j, (int32_t)facts->low), err);
    c->levels = rc ? 0 : 1;
    c->value = 0;
    return rc;
}

/* A kind asked for that the cells cannot have is told by the cell that cannot. */
static int check_asked(struct lt_column *c, const struct lt_facts_of_rows *f, int64_t j,
                       struct lt_error *err)
{
    char buf[256];
    const char *name = lt_table_column_name(f->table, j, buf, sizeof buf);
    const struct lt_column_facts *facts = &f->column[j];
    if (c->kind == LT_KIND_TIME && !(facts->count && find_format(&c->format, f, j)))
        return lt_fail(err, LT_EUSAGE,
                       "--types: the cells of column \"%s\" are not all dates or times of one "
                       "format, such as 2024-05-31 or 2024-05-31 12:30:00",
                       name);
    bool unit = facts->whole && facts->low >= 0 && facts->high <= 1;
    if (c->kind == LT_KIND_BOOLEAN && !unit && !facts->count)
        return lt_fail(err, LT_EUSAGE,
                       "--types: column \"%s\" has other values than 0 and 1, so it is not boolean",
                       name);
    return LT_OK;
}

static int settle(struct lt_column *c, struct lt_facts_of_rows *f, int64_t j, struct lt_error *err)
{
    c->missing = f->column[j].seen < f->n;
    if (c->kind == LT_KIND_CONSTANT)
        return set_constant(c, f, j, err);
    if (c->kind == LT_KIND_TIME)
        find_parts(c, &f->column[j], f->table, j);
    int rc = c->kind == LT_KIND_CATEGORY ? keep_levels(c, f, j, err) : 0;
    if (!rc && c->kind == LT_KIND_CATEGORY && c->levels == 0)
        c->kind = LT_KIND_IDENTIFIER; /* no level stands in two rows */
    return rc;
}

int lt_kinds_find(struct lt_prep *prep, struct lt_facts_of_rows *f, const char *types,
                  struct lt_error *err)
{
    int *asked = NULL;
    size_t d = (size_t)f->columns;
    bool array = lt_schema_is_array(&prep->schema) && !types;
    int rc = lt_alloc(&asked, d, sizeof *asked, "kinds of columns", err);
    for (size_t j = 0; j < d && !rc; j++)
        asked[j] = -1;
    if (!rc)
        rc = read_types(asked, f->table, types, err);
    for (int64_t j = 0; j < f->columns && !rc; j++) {
        struct lt_column *c = &prep->column[j];
        if (array)
            c->kind = LT_KIND_NUMBER;
        else if (asked[j] >= 0) {
            c->kind = (enum lt_kind)asked[j];
            rc = check_asked(c, f, j, err);
        } else
            c->kind = guess(c, f, j);
        if (!rc)
            rc = settle(c, f, j, err);
    }
    lt_free(asked);
    return rc;
}
