#include "app/strata.h"

#include "base/mem.h"
#include "data/number.h"
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1024 }; /* fetched together */

/* ---- a number for every label, in their order ---- */

struct word {
    const char *text;
    int32_t code;
};

static int by_text(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    return strcmp(x->text, y->text);
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The words of a column in order, and the place of each code among them. */
static int sort_words(const struct lt_table *labels, struct word **word, int64_t **place,
                      struct lt_error *err)
{
    size_t n = (size_t)lt_table_text_count(labels, 0);
    int rc = lt_alloc(word, n, sizeof **word, "labels", err);
    if (!rc)
        rc = lt_alloc(place, n, sizeof **place, "labels", err);
    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++)
        (*word)[i] = (struct word){lt_table_text(labels, 0, (int32_t)i), (int32_t)i};
    qsort(*word, n, sizeof **word, by_text);
    for (size_t i = 0; i < n; i++)
        (*place)[(*word)[i].code] = (int64_t)i;
    return 0;
}

/* The values of the labels, or the places of their words. */
static int read_keys(const struct lt_table *labels, const int64_t *place, int64_t *key /* (N) */,
                     struct lt_error *err)
{
    struct lt_block *block = NULL;
    enum lt_type type = lt_table_group(labels, 0)->type;
    int64_t rows = lt_table_rows(labels);
    int rc = lt_block_create(&block, labels, ROWS, err);
    for (int64_t begin = 0; begin < rows && !rc; begin += ROWS) {
        int64_t n = rows - begin < ROWS ? rows - begin : ROWS;
        rc = lt_table_range(labels, begin, n, block, err);
        for (int64_t i = 0; i < n && !rc; i++) {
            const void *cells = block->group[0].values;
            key[begin + i] =
                place ? place[((const int32_t *)cells)[i]] : (int64_t)lt_type_value(type, cells, i);
        }
    }
    lt_block_free(&block);
    return rc;
}

/* ---- classes ---- */

/* Sorts n numbers and keeps each once; returns how many are left. */
static int64_t unique(int64_t *key, int64_t n)
{
    int64_t kept = 0;
    qsort(key, (size_t)n, sizeof *key, by_number);
    for (int64_t i = 0; i < n; i++)
        if (i == 0 || key[i] != key[kept - 1])
            key[kept++] = key[i];
    return kept;
}

static int name_classes(struct lt_strata *c, const int64_t *key /* (count) */,
                        const struct word *word, struct lt_error *err)
{
    int rc = word ? 0 : lt_alloc(&c->digits, (size_t)c->count, LT_NUMBER_TEXT, "labels", err);
    for (int64_t i = 0; i < c->count && !rc; i++) {
        if (word) {
            c->name[i] = word[key[i]].text;
            continue;
        }
        char *digits = c->digits + i * LT_NUMBER_TEXT;
        lt_number_format_i64(digits, key[i]);
        c->name[i] = digits;
    }
    return rc;
}

static int check_count(int64_t count, const struct lt_table *labels, const char *name,
                       struct lt_error *err)
{
    int64_t rows = lt_table_rows(labels);
    char buf[200];
    if (count == 1)
        return lt_fail(err, LT_ECONTENT,
                       "%s: all %lld labels are \"%.40s\"; to tell classes apart there must be two",
                       lt_table_where(labels, 0, 0, buf, sizeof buf), (long long)rows, name);
    if (count <= LT_STRATA_FEW || (count <= rows / 10 && count <= LT_STRATA_MAX))
        return 0;
    return lt_fail(err, LT_ECONTENT,
                   "%s: labels that are no classes: %lld different %s in %lld rows; --labels wants "
                   "classes, at most %d and each with ten rows on average",
                   lt_table_name(labels), (long long)count,
                   lt_table_group(labels, 0)->type == LT_TEXT ? "words" : "numbers",
                   (long long)rows, LT_STRATA_MAX);
}

int lt_strata_find(struct lt_strata *out, const struct lt_table *labels, struct lt_error *err)
{
    struct word *word = NULL;
    int64_t *place = NULL, *key = NULL, *distinct = NULL, rows = lt_table_rows(labels);
    size_t n = (size_t)rows;
    *out = (struct lt_strata){.rows = rows};
    int rc = lt_alloc(&key, n, sizeof *key, "labels", err);
    if (!rc)
        rc = lt_alloc(&distinct, n, sizeof *distinct, "labels", err);
    if (!rc)
        rc = lt_alloc(&out->of, n, sizeof *out->of, "labels", err);
    if (!rc && lt_table_group(labels, 0)->type == LT_TEXT)
        rc = sort_words(labels, &word, &place, err);
    if (!rc)
        rc = read_keys(labels, place, key, err);
    if (rc)
        goto out;
    memcpy(distinct, key, n * sizeof *key);
    out->count = unique(distinct, rows);
    rc = lt_alloc(&out->size, (size_t)out->count, sizeof *out->size, "classes", err);
    if (!rc)
        rc = lt_alloc(&out->name, (size_t)out->count, sizeof *out->name, "classes", err);
    if (!rc)
        rc = name_classes(out, distinct, word, err);
    if (!rc)
        rc = check_count(out->count, labels, out->name[0], err);
    for (int64_t i = 0; i < rows && !rc; i++) {
        const int64_t *found =
            bsearch(&key[i], distinct, (size_t)out->count, sizeof *key, by_number);
        out->of[i] = (int32_t)(found - distinct);
        out->size[out->of[i]]++;
    }
out:
    if (rc)
        lt_strata_free(out);
    lt_free(word);
    lt_free(place);
    lt_free(key);
    lt_free(distinct);
    return rc;
}

void lt_strata_free(struct lt_strata *c)
{
    lt_free(c->of);
    lt_free(c->size);
    lt_free(c->name);
    lt_free(c->digits);
    *c = (struct lt_strata){0};
}

int64_t lt_strata_largest(const struct lt_strata *c)
{
    int64_t largest = 0;
    for (int64_t i = 1; i < c->count; i++)
        largest = c->size[i] > c->size[largest] ? i : largest;
    return largest;
}
