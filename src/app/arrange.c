#include "app/arrange.h"
#include <stdio.h>
#include <string.h>

/* The first column of the table that the schema does not have. */
static const char *first_extra(const struct lt_schema *schema, const struct lt_table *table,
                               char *buf, size_t size)
{
    for (int64_t j = 0; j < lt_table_columns(table); j++) {
        const char *name = lt_table_column_name(table, j, buf, size);
        int64_t k = 0;
        while (k < schema->columns && strcmp(schema->names[k], name) != 0)
            k++;
        if (k == schema->columns)
            return name;
    }
    return "";
}

/* Images keep the size they were opened with. */
static int check_size(const struct lt_schema *schema, const struct lt_table *table,
                      struct lt_error *err)
{
    int64_t h, w, c, height, width;
    if (!schema->resampled || !lt_table_image(table, &height, &width, NULL) ||
        !lt_schema_image(schema, &h, &w, &c) || (h == height && w == width))
        return LT_OK;
    return lt_fail(err, LT_ECONTENT,
                   "%s: images of %lld x %lld pixels (height x width), and this model takes %lld x "
                   "%lld; files are resampled when they are opened for the model",
                   lt_table_name(table), (long long)height, (long long)width, (long long)h,
                   (long long)w);
}

int lt_arrange(const struct lt_model *model, struct lt_table *table,
               const latent_listener *listener, struct lt_table **view, struct lt_error *err)
{
    const struct lt_schema *schema = &model->prep.schema;
    int64_t extra, moved;
    char text[600], name[256];
    *view = NULL;
    int rc = check_size(schema, table, err);
    if (!rc)
        rc = lt_schema_arrange(schema, table, view, &extra, &moved, err);
    if (rc || !listener || !listener->message)
        return rc;
    if (extra > 0) {
        snprintf(text, sizeof text,
                 "%s: %lld column%s not in the model and %s left out, the first is \"%.80s\"",
                 lt_table_name(table), (long long)extra, extra == 1 ? " is" : "s are",
                 extra == 1 ? "is" : "are", first_extra(schema, table, name, sizeof name));
        listener->message(listener->context, 0, text);
    }
    if (moved > 0) {
        snprintf(text, sizeof text,
                 "%s: the columns stand in another order than in the training data; they were "
                 "found by name",
                 lt_table_name(table));
        listener->message(listener->context, 0, text);
    }
    return rc;
}
