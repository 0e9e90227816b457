#include "base/mem.h"
#include "prep/prep.h"
#include <math.h>
#include <stdlib.h>

/* What cannot be a number is refused by name, with the place and the cure. */

static bool is_number(const char *text)
{
    char *end;
    strtod(text, &end);
    return end != text && *end == 0;
}

/* The row of the first cell of a text column that is not a number, or -1. */
static int64_t first_text_row(const struct lt_table *table, int64_t column, int32_t *code)
{
    enum { CHUNK = 1024 };
    struct lt_block *block = NULL;
    int64_t found = -1, rows = lt_table_rows(table), offset;
    int group = lt_table_group_of(table, column, &offset);
    int64_t width = lt_table_group(table, group)->width;
    if (lt_block_create(&block, table, CHUNK, NULL))
        return -1;
    for (int64_t at = 0; at < rows && found < 0; at += CHUNK) {
        int64_t n = rows - at < CHUNK ? rows - at : CHUNK;
        if (lt_table_range(table, at, n, block, NULL))
            break;
        const int32_t *codes = block->group[group].values;
        for (int64_t r = 0; r < n && found < 0; r++) {
            *code = codes[r * width + offset];
            if (*code >= 0 && !is_number(lt_table_text(table, column, *code)))
                found = at + r;
        }
    }
    lt_block_free(&block);
    return found;
}

static int text_column(const struct lt_table *table, int64_t column, struct lt_error *err)
{
    char where[600], buf[256];
    int32_t code = -1;
    int64_t row = first_text_row(table, column, &code);
    const char *name = lt_table_column_name(table, column, buf, sizeof buf);
    if (row < 0)
        return lt_fail(err, LT_ECONTENT,
                       "%s: column \"%s\" holds text; leave it out with "
                       "--ignore \"%s\"",
                       lt_table_name(table), name, name);
    return lt_fail(err, LT_ECONTENT,
                   "%s: \"%.60s\" is not a number; correct it, or leave the column out with "
                   "--ignore \"%s\"",
                   lt_table_where(table, row, column, where, sizeof where),
                   lt_table_text(table, column, code), name);
}

int lt_prep_check_types(const struct lt_table *table, struct lt_error *err)
{
    for (int i = 0; i < lt_table_groups(table); i++)
        if (lt_table_group(table, i)->type == LT_TEXT)
            return text_column(table, lt_table_group(table, i)->first, err);
    return 0;
}

int lt_prep_bad_cell(const struct lt_table *table, int64_t row, int64_t column,
                     struct lt_error *err)
{
    char where[600], buf[256];
    struct lt_block *block = NULL;
    int64_t offset;
    int group = lt_table_group_of(table, column, &offset);
    const char *what = "the value is missing";
    lt_table_where(table, row, column, where, sizeof where);
    const char *name = lt_table_column_name(table, column, buf, sizeof buf);
    if (!lt_block_create(&block, table, 1, NULL) && !lt_table_fetch(table, &row, 1, block, NULL) &&
        lt_block_valid(&block->group[group], offset)) {
        double v =
            lt_type_value(lt_table_group(table, group)->type, block->group[group].values, offset);
        what = isnan(v) ? "the value is NaN" : "the value is infinite";
    }
    lt_block_free(&block);
    return lt_fail(err, LT_ECONTENT,
                   "%s: %s; correct it, or leave the column out with --ignore \"%s\"", where, what,
                   name);
}
