#include "base/mem.h"
#include "prep/prep.h"
#include <string.h>

static int copy_names(struct lt_schema *out, const struct lt_table *table, struct lt_error *err)
{
    char buf[256];
    int rc = lt_alloc(&out->names, (size_t)out->columns, sizeof *out->names, "column names", err);
    for (int64_t j = 0; j < out->columns && !rc; j++)
        rc = lt_strdup(&out->names[j], lt_table_column_name(table, j, buf, sizeof buf), err);
    return rc;
}

int lt_schema_of(struct lt_schema *out, const struct lt_table *table, struct lt_error *err)
{
    *out = (struct lt_schema){.columns = lt_table_columns(table), .groups = lt_table_groups(table)};
    int rc = lt_alloc(&out->group, (size_t)out->groups, sizeof *out->group, "a schema", err);
    for (int i = 0; i < out->groups && !rc; i++) {
        const struct lt_group *g = lt_table_group(table, i);
        out->group[i] =
            (struct lt_schema_group){.type = g->type, .width = g->width, .rank = g->shape_rank};
        memcpy(out->group[i].shape, g->shape, sizeof g->shape);
    }
    if (!rc && lt_table_has_names(table))
        rc = copy_names(out, table, err);
    if (rc)
        lt_schema_free(out);
    return rc;
}

int lt_schema_copy(struct lt_schema *out, const struct lt_schema *from, struct lt_error *err)
{
    *out = (struct lt_schema){.columns = from->columns, .groups = from->groups};
    int rc = lt_alloc(&out->group, (size_t)out->groups, sizeof *out->group, "a schema", err);
    if (!rc)
        memcpy(out->group, from->group, (size_t)out->groups * sizeof *out->group);
    if (!rc && from->names)
        rc = lt_alloc(&out->names, (size_t)out->columns, sizeof *out->names, "a schema", err);
    for (int64_t j = 0; from->names && j < out->columns && !rc; j++)
        rc = lt_strdup(&out->names[j], from->names[j], err);
    if (rc)
        lt_schema_free(out);
    return rc;
}

void lt_schema_free(struct lt_schema *schema)
{
    for (int64_t j = 0; schema->names && j < schema->columns; j++)
        lt_free(schema->names[j]);
    lt_free(schema->names);
    lt_free(schema->group);
    *schema = (struct lt_schema){0};
}

bool lt_schema_image(const struct lt_schema *schema, int64_t *h, int64_t *w, int64_t *c)
{
    const struct lt_schema_group *g = schema->group;
    bool image = schema->groups == 1 && (g->rank == 2 || (g->rank == 3 && g->shape[2] <= 4));
    if (image) {
        *h = g->shape[0];
        *w = g->shape[1];
        *c = g->rank == 3 ? g->shape[2] : 1;
    }
    return image;
}

int lt_schema_match(const struct lt_schema *schema, const struct lt_table *table,
                    struct lt_error *err)
{
    int64_t columns = lt_table_columns(table);
    char buf[256];
    if (schema->names && lt_table_has_names(table)) {
        for (int64_t j = 0; j < schema->columns; j++)
            if (lt_table_find(table, schema->names[j]) < 0)
                return lt_fail(err, LT_ECONTENT,
                               "%s: column \"%s\" is missing; the model was trained with %lld "
                               "columns of these names",
                               lt_table_name(table), schema->names[j], (long long)schema->columns);
        for (int64_t j = 0; j < columns; j++) {
            const char *name = lt_table_column_name(table, j, buf, sizeof buf);
            if (j >= schema->columns || strcmp(name, schema->names[j]) != 0)
                return lt_fail(err, LT_ECONTENT,
                               "%s: column \"%s\" stands where the model has \"%s\"; give the "
                               "columns the model was trained on, in the same order (--columns, "
                               "--ignore)",
                               lt_table_name(table), name,
                               j < schema->columns ? schema->names[j] : "nothing");
        }
        return 0;
    }
    if (columns != schema->columns)
        return lt_fail(err, LT_ECONTENT,
                       "%s has %lld columns where the model was trained on %lld; give data of "
                       "the same shape",
                       lt_table_name(table), (long long)columns, (long long)schema->columns);
    return 0;
}
