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

/* How a text is written, where that is known already: a part of a stream whose beginning was read
 * before (data/lines.h).  Records begin at once, and blank lines at the end count. */
struct lt_csv_form {
    char delimiter;
    int64_t columns;
    const char *header; /* the record that names the columns, which stands elsewhere; NULL: none */
    size_t header_size;
    int64_t line; /* of the first record, for messages */
};

struct lt_csv_source {
    const char *name;
    const char *text; /* may begin with a UTF-8 byte order mark */
    size_t size;
    const struct lt_csv_form *form; /* NULL: found from the text.  For a single source. */
};

/* One table of all files, whose columns must agree, whatever the number of threads that read. */
int lt_csv_read(struct lt_table **out, const struct lt_csv_source *sources, int count, int threads,
                struct lt_error *err);

/* The cursor on the first record, behind a byte order mark and blank lines, with its delimiter, and
 * whether that record is a header. */
struct lt_csv_cursor;
struct lt_numbers;
int lt_csv_begin(const struct lt_csv_source *source, const struct lt_numbers *numbers, bool *header,
                 struct lt_csv_cursor *cursor, struct lt_error *err);
/* Blank lines at the end of a single column hold no rows; those above hold missing cells. */
void lt_csv_drop_blank_end(struct lt_csv_cursor *cursor);

/* By its first two bytes; refused. */
bool lt_csv_is_utf16(const void *text, size_t size);

#endif
