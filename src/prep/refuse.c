#include "base/mem.h"
#include "prep/prep.h"
#include <math.h>
#include <stdlib.h>

/* What cannot be taken is refused by name, with the place and the cure. */

/* The text of the cell (row, column) of a text column, in buf. */
static const char *cell_text(const struct lt_table *table, int64_t row, int64_t column)
{
    struct lt_block *block = NULL;
    const char *text = "";
    int64_t offset;
    int group = lt_table_group_of(table, column, &offset);
    if (!lt_block_create(&block, table, 1, NULL) && !lt_table_fetch(table, &row, 1, block, NULL) &&
        lt_block_valid(&block->group[group], offset))
        text = lt_table_text(table, column, ((const int32_t *)block->group[group].values)[offset]);
    lt_block_free(&block);
    return text;
}

static bool is_missing(const struct lt_table *table, int64_t row, int64_t column)
{
    struct lt_block *block = NULL;
    int64_t offset;
    int group = lt_table_group_of(table, column, &offset);
    bool missing = false;
    if (!lt_block_create(&block, table, 1, NULL) && !lt_table_fetch(table, &row, 1, block, NULL))
        missing = !lt_block_valid(&block->group[group], offset) ||
                  (lt_table_group(table, group)->type != LT_TEXT &&
                   isnan(lt_type_value(lt_table_group(table, group)->type,
                                       block->group[group].values, offset)));
    lt_block_free(&block);
    return missing;
}

static int fail_text(const struct lt_table *table, int64_t row, int64_t column,
                     struct lt_error *err)
{
    char where[600], buf[256];
    return lt_fail(err, LT_ECONTENT,
                   "%s: \"%.60s\" is not a number; correct it, or leave the column out with "
                   "--ignore \"%s\"",
                   lt_table_where(table, row, column, where, sizeof where),
                   cell_text(table, row, column),
                   lt_table_column_name(table, column, buf, sizeof buf));
}

static int text_column(const struct lt_table *table, int64_t column, struct lt_error *err)
{
    char buf[256];
    int64_t row = -1;
    const char *name = lt_table_column_name(table, column, buf, sizeof buf);
    int rc = lt_table_first_text(table, column, &row, err);
    if (rc)
        return rc;
    if (row < 0)
        return lt_fail(err, LT_ECONTENT,
                       "%s: column \"%s\" holds text; leave it out with --ignore \"%s\"",
                       lt_table_name(table), name, name);
    return fail_text(table, row, column, err);
}

static bool is_numeric(enum lt_kind kind)
{
    return kind == LT_KIND_NUMBER || kind == LT_KIND_INTEGER || kind == LT_KIND_BOOLEAN;
}

int lt_prep_check_types(const struct lt_prep *prep, const struct lt_table *table,
                        struct lt_error *err)
{
    for (int i = 0; i < lt_table_groups(table); i++) {
        const struct lt_group *g = lt_table_group(table, i);
        for (int64_t j = g->first; j < g->first + g->width; j++) {
            if (g->type == LT_TEXT && is_numeric(prep->column[j].kind))
                return text_column(table, j, err);
        }
    }
    return 0;
}

int lt_prep_bad_cell(enum lt_kind kind, const struct lt_table *table, int64_t row, int64_t column,
                     struct lt_error *err)
{
    char where[600], buf[256];
    int group = lt_table_group_of(table, column, NULL);
    bool text = lt_table_group(table, group)->type == LT_TEXT;
    lt_table_where(table, row, column, where, sizeof where);
    const char *name = lt_table_column_name(table, column, buf, sizeof buf);
    if (text && kind == LT_KIND_TIME)
        return lt_fail(err, LT_ECONTENT,
                       "%s: \"%.60s\" is not a date or time in the format of the training data; "
                       "correct it, or train with --ignore \"%s\"",
                       where, cell_text(table, row, column), name);
    if (is_missing(table, row, column))
        return lt_fail(err, LT_ECONTENT,
                       "%s: the value is missing, which this model does not know; correct it, or "
                       "train on data in which values may be missing",
                       where);
    if (kind == LT_KIND_TIME)
        return lt_fail(err, LT_ECONTENT,
                       "%s: the value is a number where the model was trained on dates or times; "
                       "write it as in the training data",
                       where);
    if (text && !isinf(strtod(cell_text(table, row, column), NULL)))
        return fail_text(table, row, column, err);
    return lt_fail(err, LT_ECONTENT,
                   "%s: the value is infinite; correct it, or leave the column out with --ignore "
                   "\"%s\"",
                   where, name);
}
