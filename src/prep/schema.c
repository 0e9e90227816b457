#include "base/mem.h"
#include "prep/prep.h"
#include <stdlib.h>
#include <string.h>

static int copy_names(struct lt_schema *out, const struct lt_table *table, struct lt_error *err)
{
    char buf[256];
    int rc = lt_alloc(&out->names, (size_t)out->columns, sizeof *out->names, "column names", err);
    for (int64_t j = 0; j < out->columns && !rc; j++)
        rc = lt_strdup(&out->names[j], lt_table_column_name(table, j, buf, sizeof buf), err);
    return rc;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Columns are found by name, so each needs one of its own. */
static int check_names(const struct lt_table *table, struct lt_error *err)
{
    struct lt_schema s = {.columns = lt_table_columns(table)};
    int rc = lt_table_has_names(table) ? copy_names(&s, table, err) : LT_OK;
    if (!rc && s.names)
        qsort(s.names, (size_t)s.columns, sizeof *s.names, by_text);
    for (int64_t j = 1; s.names && j < s.columns && !rc; j++)
        if (strcmp(s.names[j - 1], s.names[j]) == 0)
            rc = lt_fail(err, LT_ECONTENT,
                         "%s: two columns are named \"%.80s\"; give each a name of its own, since "
                         "columns are found by name",
                         lt_table_name(table), s.names[j]);
    lt_schema_free(&s);
    return rc;
}

int lt_schema_of(struct lt_schema *out, const struct lt_table *table, struct lt_error *err)
{
    *out = (struct lt_schema){.columns = lt_table_columns(table),
                              .groups = lt_table_groups(table),
                              .resampled = lt_table_is_resampled(table)};
    int rc = check_names(table, err);
    if (!rc)
        rc = lt_alloc(&out->group, (size_t)out->groups, sizeof *out->group, "a schema", err);
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
    *out = (struct lt_schema){
        .columns = from->columns, .groups = from->groups, .resampled = from->resampled};
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

bool lt_schema_is_array(const struct lt_schema *schema)
{
    return schema->groups == 1 && !schema->names && schema->group[0].type != LT_TEXT;
}

/* Where every column of the schema stands in the table. */
static int find_columns(const struct lt_schema *schema, const struct lt_table *table,
                        int64_t *column, int64_t *moved, struct lt_error *err)
{
    for (int64_t j = 0; j < schema->columns; j++) {
        column[j] = lt_table_find(table, schema->names[j]);
        if (column[j] < 0)
            return lt_fail(err, LT_ECONTENT,
                           "%s: column \"%s\" is missing; the model was trained with %lld "
                           "column%s of these names",
                           lt_table_name(table), schema->names[j], (long long)schema->columns,
                           schema->columns == 1 ? "" : "s");
        *moved += j > 0 && column[j] < column[j - 1];
    }
    return LT_OK;
}

int lt_schema_arrange(const struct lt_schema *schema, struct lt_table *table,
                      struct lt_table **view, int64_t *extra, int64_t *moved, struct lt_error *err)
{
    int64_t columns = lt_table_columns(table);
    int64_t *column = NULL;
    *view = NULL;
    *extra = *moved = 0;
    if (!schema->names || !lt_table_has_names(table)) {
        if (columns == schema->columns) {
            *view = lt_table_keep(table);
            return LT_OK;
        }
        return lt_fail(err, LT_ECONTENT,
                       "%s has %lld columns where the model was trained on %lld; give data of "
                       "the same shape",
                       lt_table_name(table), (long long)columns, (long long)schema->columns);
    }
    int rc = check_names(table, err);
    if (!rc)
        rc = lt_alloc(&column, (size_t)schema->columns, sizeof *column, "columns", err);
    if (!rc)
        rc = find_columns(schema, table, column, moved, err);
    *extra = columns - schema->columns;
    if (!rc && *extra == 0 && *moved == 0)
        *view = lt_table_keep(table);
    else if (!rc)
        rc = lt_table_arrange(view, table, column, schema->columns, err);
    lt_free(column);
    return rc;
}
