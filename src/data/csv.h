/* The CSV and TSV reader.
 *
 * Columns are typed by their content: integers (LT_I64) until a cell is a real
 * (LT_F64) or text (LT_TEXT); a column of missing cells only is LT_F64.  Text
 * that appears late in a column of numbers costs a second pass.
 */
#ifndef LT_DATA_CSV_H
#define LT_DATA_CSV_H

#include "base/error.h"
#include "data/table.h"

struct lt_csv_source {
    const char *name;
    const char *text; /* may begin with a UTF-8 byte order mark */
    size_t size;
};

/* One table of all files, whose columns must agree. */
int lt_csv_read(struct lt_table **out, const struct lt_csv_source *sources, int count,
                struct lt_error *err);

#endif
