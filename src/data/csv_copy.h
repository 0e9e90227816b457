/* A CSV text copied byte for byte, except for fields that are missing.
 *
 * What a file says is the owner's: quotes, spaces, line ends, numbers spelt 007 or 1e3, blank lines
 * and a byte order mark all stay.  Rows and columns count as those of the table that lt_csv_read
 * makes of the same text, by the same rules for headers, blank lines and missing fields.
 */
#ifndef LT_DATA_CSV_COPY_H
#define LT_DATA_CSV_COPY_H

#include "base/error.h"
#include "data/sink.h"
#include <stddef.h>
#include <stdint.h>

struct lt_csv_copier {
    void *context;
    /* What to write for the missing field of a row and a column, both counted from 0, in *text,
     * which lives until the next call; NULL: leave the field as it is. */
    int (*fill)(void *context, int64_t row, int64_t column, const char **text,
                struct lt_error *err);
};

int lt_csv_copy(const char *name, const char *text, size_t size, const struct lt_csv_copier *copier,
                struct lt_sink *sink, struct lt_error *err);

/* A text as a field, quoted where a reader would take it for something else. */
int lt_csv_put(struct lt_sink *sink, const char *text, struct lt_error *err);

#endif
