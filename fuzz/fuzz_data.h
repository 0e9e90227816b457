/* Shared by the targets for readers: reads the bytes as a file of the given
 * name and, when that succeeds, fetches all rows and asks about cells. */
#ifndef LT_FUZZ_DATA_H
#define LT_FUZZ_DATA_H

#include "data/table.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static inline void fuzz_read(const char *name, const uint8_t *bytes, size_t size)
{
    struct lt_error err = {0};
    struct lt_table *table = NULL;
    if (lt_table_from_bytes(&table, name, bytes, size, NULL, &err)) {
        if (!err.code || !err.text[0] || table)
            abort(); /* a failure without a sentence, or with a table */
        return;
    }
    int64_t rows = lt_table_rows(table), columns = lt_table_columns(table);
    uint64_t *hashes = calloc((size_t)rows, sizeof *hashes);
    char where[200];
    int64_t row = 0;
    if (rows < 1 || columns < 1 || !hashes || lt_table_hash_rows(table, hashes, &err))
        abort();
    lt_table_where(table, rows - 1, columns - 1, where, sizeof where);
    lt_table_first_text(table, columns - 1, &row, &err);
    free(hashes);
    lt_table_free(&table);
}

#endif
