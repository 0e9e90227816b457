#include "app/classes.h"

#include "base/mem.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_whole(const char *name, long long *value)
{
    char *end;
    *value = strtoll(name, &end, 10);
    return end != name && *end == 0;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int by_number(const void *a, const void *b)
{
    long long x, y;
    is_whole(a, &x);
    is_whole(b, &y);
    return (x > y) - (x < y);
}

/* Where a name stands or belongs among those known so far, which are in the order of their bytes. */
static int64_t place_of(const struct lt_classes *c, const char *name)
{
    int64_t low = 0, high = c->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (strcmp(c->name[middle], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool stands_at(const struct lt_classes *c, int64_t at, const char *name)
{
    return at < c->count && strcmp(c->name[at], name) == 0;
}

static int add(struct lt_classes *c, const char *name, const struct lt_table *labels,
               struct lt_error *err)
{
    const int64_t at = place_of(c, name);
    if (stands_at(c, at, name))
        return 0;
    if (c->count == LT_CLASSES_MAX)
        return lt_fail(err, LT_ECONTENT,
                       "%s: there are more than %d different labels in %lld rows, so they measure "
                       "something rather than name classes; give one label for each class",
                       lt_table_name(labels), LT_CLASSES_MAX, (long long)lt_table_rows(labels));
    memmove(c->name + at + 1, c->name + at, (size_t)(c->count - at) * sizeof *c->name);
    snprintf(c->name[at], LT_CLASS_NAME, "%s", name);
    c->count++;
    return 0;
}

static void sort(struct lt_classes *c)
{
    long long value;
    bool whole = true;
    for (int64_t i = 0; i < c->count; i++)
        whole = whole && is_whole(c->name[i], &value);
    qsort(c->name, (size_t)c->count, sizeof *c->name, whole ? by_number : by_bytes);
}

int lt_classes_find(struct lt_classes *out, const struct lt_table *labels, struct lt_error *err)
{
    char name[LT_CLASS_NAME];
    *out = (struct lt_classes){0};
    int rc = lt_alloc(&out->name, LT_CLASSES_MAX, sizeof *out->name, "classes", err);
    for (int64_t i = 0; i < lt_table_rows(labels) && !rc; i++)
        rc = add(out, lt_label_text(labels, i, name, sizeof name), labels, err);
    if (!rc && out->count < 2)
        rc = lt_fail(err, LT_ECONTENT,
                     "%s: all %lld rows have the label \"%s\"; there is nothing to tell apart, so "
                     "give rows of at least two classes",
                     lt_table_name(labels), (long long)lt_table_rows(labels), out->name[0]);
    if (rc)
        lt_classes_free(out);
    else
        sort(out);
    return rc;
}

void lt_classes_free(struct lt_classes *classes)
{
    lt_free(classes->name);
    *classes = (struct lt_classes){0};
}

int lt_classes_of(int32_t **of, const struct lt_classes *classes, const struct lt_table *labels,
                  struct lt_error *err)
{
    const int64_t rows = lt_table_rows(labels);
    char name[LT_CLASS_NAME];
    int rc = lt_alloc(of, (size_t)rows, sizeof **of, "classes", err);
    for (int64_t i = 0; i < rows && !rc; i++) {
        lt_label_text(labels, i, name, sizeof name);
        (*of)[i] = -1;
        for (int64_t k = 0; k < classes->count && (*of)[i] < 0; k++)
            if (strcmp(classes->name[k], name) == 0)
                (*of)[i] = (int32_t)k;
    }
    return rc;
}

int lt_classes_to_json(struct lt_json *object, const char *key, const struct lt_classes *classes,
                       struct lt_error *err)
{
    struct lt_json *names = NULL;
    int rc = lt_json_array(&names, err);
    for (int64_t i = 0; i < classes->count && !rc; i++)
        rc = lt_json_append_string(names, classes->name[i], err);
    if (!rc)
        return lt_json_set(object, key, &names, err);
    lt_json_free(&names);
    return rc;
}

int lt_classes_from_json(struct lt_classes *out, const struct lt_json *object, const char *key,
                         struct lt_error *err)
{
    const struct lt_json *names = NULL;
    const char *name = NULL;
    *out = (struct lt_classes){0};
    int rc = lt_json_get_array(object, key, &names, err);
    const size_t count = rc ? 0 : lt_json_count(names);
    if (!rc && (count < 2 || count > LT_CLASSES_MAX))
        rc = lt_fail(err, LT_ECONTENT, "\"%s\" has %zu names, and 2 to %d are expected", key, count,
                     LT_CLASSES_MAX);
    if (!rc)
        rc = lt_alloc(&out->name, count, sizeof *out->name, "classes", err);
    for (size_t i = 0; i < count && !rc; i++) {
        rc = lt_json_get_string(lt_json_at(names, i), "", &name, err);
        if (!rc)
            snprintf(out->name[i], LT_CLASS_NAME, "%s", name);
        out->count++;
    }
    if (rc)
        lt_classes_free(out);
    return rc;
}
