#include "app/classes.h"

#include "app/strata.h"
#include "base/mem.h"
#include <stdio.h>
#include <string.h>

int lt_classes_find(struct lt_classes *out, int32_t **of, const struct lt_table *labels,
                    struct lt_error *err)
{
    struct lt_strata strata = {0};
    *out = (struct lt_classes){0};
    *of = NULL;
    int rc = lt_strata_find(&strata, labels, err);
    if (!rc && strata.count > LT_CLASSES_MAX)
        rc = lt_fail(
            err, LT_ECONTENT,
            "%s: there are %lld classes, and %d is the most; leave rare ones out or put them "
            "together",
            lt_table_name(labels), (long long)strata.count, LT_CLASSES_MAX);
    if (!rc)
        rc = lt_alloc(&out->name, (size_t)strata.count, sizeof *out->name, "classes", err);
    for (int64_t k = 0; k < strata.count && !rc; k++)
        snprintf(out->name[out->count++], LT_CLASS_NAME, "%s", strata.name[k]);
    if (!rc) {
        *of = strata.of;
        strata.of = NULL;
    }
    lt_strata_free(&strata);
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
