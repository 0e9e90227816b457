/* Labels: a table of one column, checked. */
#include "data/table.h"

#include "data/number.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LT_LABEL_ROWS = 1024 }; /* rows looked at together */

/* Reals are labels when they are whole numbers, as in arrays saved as f8. */
static bool is_label(enum lt_type type, const void *cells, int64_t i)
{
    if (type != LT_F32 && type != LT_F64)
        return true;
    double value = lt_type_value(type, cells, i);
    return value > -9e15 && value < 9e15 && value == (double)(int64_t)value;
}

static int check_cells(const struct lt_table *labels, const struct lt_block *block, int64_t begin,
                       int64_t n, struct lt_error *err)
{
    char where[400];
    for (int64_t i = 0; i < n; i++) {
        if (!lt_block_valid(&block->group[0], i))
            return lt_fail(err, LT_ECONTENT, "%s: the label is missing; every row needs one",
                           lt_table_where(labels, begin + i, 0, where, sizeof where));
        if (!is_label(lt_table_group(labels, 0)->type, block->group[0].values, i))
            return lt_fail(
                err, LT_ECONTENT, "%s: the label is %g; labels are whole numbers or words",
                lt_table_where(labels, begin + i, 0, where, sizeof where),
                lt_type_value(lt_table_group(labels, 0)->type, block->group[0].values, i));
    }
    return LT_OK;
}

static int check_labels(const struct lt_table *labels, struct lt_error *err)
{
    struct lt_block *block = NULL;
    int64_t rows = lt_table_rows(labels);
    if (lt_table_columns(labels) != 1)
        return lt_fail(err, LT_ECONTENT,
                       "%s: labels are one column, but this has %" PRId64 "; give a file with one "
                       "column, or the name of a column of the data",
                       lt_table_name(labels), lt_table_columns(labels));
    int rc = lt_block_create(&block, labels, LT_LABEL_ROWS, err);
    for (int64_t begin = 0; !rc && begin < rows; begin += LT_LABEL_ROWS) {
        int64_t n = rows - begin < LT_LABEL_ROWS ? rows - begin : LT_LABEL_ROWS;
        rc = lt_table_range(labels, begin, n, block, err);
        if (!rc)
            rc = check_cells(labels, block, begin, n, err);
    }
    lt_block_free(&block);
    return rc;
}

int lt_labels_read(struct lt_table **out, const char *name, struct lt_error *err)
{
    const struct lt_open_options options = {.npz_key = "y"};
    int rc = lt_table_open(out, &name, 1, &options, err);
    if (!rc && (rc = check_labels(*out, err)))
        lt_table_free(out);
    return rc;
}

int lt_labels_of(struct lt_table **out, struct lt_table *table, int64_t column,
                 struct lt_error *err)
{
    int rc = lt_table_only(out, table, column, err);
    if (!rc && (rc = check_labels(*out, err)))
        lt_table_free(out);
    return rc;
}

const char *lt_label_text(const struct lt_table *labels, int64_t row, char *buf, size_t size)
{
    struct lt_block *block = NULL;
    char digits[LT_NUMBER_TEXT];
    snprintf(buf, size, "?");
    if (lt_block_create(&block, labels, 1, NULL) || lt_table_range(labels, row, 1, block, NULL))
        goto out;
    enum lt_type type = lt_table_group(labels, 0)->type;
    if (type == LT_TEXT) {
        int32_t code;
        memcpy(&code, block->group[0].values, sizeof code);
        snprintf(buf, size, "%s", lt_table_text(labels, 0, code));
    } else {
        lt_number_format_i64(digits, (int64_t)lt_type_value(type, block->group[0].values, 0));
        snprintf(buf, size, "%s", digits);
    }
out:
    lt_block_free(&block);
    return buf;
}
