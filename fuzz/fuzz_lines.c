/* CSV text through a pipe in two pieces, cut where the first two bytes say.  When all of it is
 * handed out, the rows are as many as the ordinary reader finds, where that reads the text. */
#include "data/lines.h"
#include "fuzz_data.h"
#include <unistd.h>

enum { MOST = 60000 }; /* a pipe holds it */

struct found {
    int64_t rows;
    bool refused;
};

static int take_all(struct lt_lines *lines, struct found *found)
{
    int64_t first = 0, rows = 0;
    int rc = 0;
    for (size_t calls = 0; rc <= 0; calls++) {
        struct lt_error err = {0};
        struct lt_table *table = NULL;
        rc = lt_lines_poll(lines, &table, &first, &rows, &err);
        if ((rc == 0) != (table != NULL) || (rc < 0) != (err.text[0] != 0) || rc == LT_EFAIL ||
            calls > MOST)
            abort(); /* no answer, two, or too many */
        found->rows += rows;
        found->refused |= rc < 0;
        lt_table_free(&table);
    }
    return rc;
}

static int64_t rows_of(const uint8_t *bytes, size_t size)
{
    struct lt_error err = {0};
    struct lt_table *table = NULL;
    int64_t rows =
        lt_table_from_bytes(&table, "x", bytes, size, NULL, &err) ? -1 : lt_table_rows(table);
    lt_table_free(&table);
    return rows;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct lt_error err = {0};
    struct lt_lines *lines = NULL;
    struct found cut = {0}, uncut = {0};
    if (size < 2 || size > MOST)
        return 0;
    size_t first = (size_t)(bytes[0] << 8 | bytes[1]);
    bytes += 2;
    size -= 2;
    first = size ? first % size : 0;
    for (int pass = 0; pass < 2; pass++) { /* in two pieces, then in one */
        int ends[2];
        size_t n = pass ? size : first;
        if (pipe(ends) || lt_lines_open(&lines, ends[0], "x", &err) ||
            write(ends[1], bytes, n) != (ssize_t)n)
            abort();
        if (!pass && (take_all(lines, &cut) != LT_LINES_WAIT ||
                      write(ends[1], bytes + n, size - n) != (ssize_t)(size - n)))
            abort();
        close(ends[1]);
        if (take_all(lines, pass ? &uncut : &cut) != LT_LINES_END)
            abort();
        lt_lines_free(&lines);
        close(ends[0]);
    }
    if (!uncut.refused && rows_of(bytes, size) != uncut.rows)
        abort();
    return 0;
}
