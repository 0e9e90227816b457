/* Rows of CSV into cells: what a file, or a piece of one, is read with.  Private to the CSV reader.
 */
#ifndef LT_DATA_CSV_ROWS_H
#define LT_DATA_CSV_ROWS_H

#include "data/cells.h"
#include "data/csv_scan.h"

enum lt_csv_state {                 /* what a column holds so far */
                    LT_CSV_NOTHING, /* missing cells only */
                    LT_CSV_INTEGERS,
                    LT_CSV_REALS,
                    LT_CSV_TEXT,
                    LT_CSV_LATE_TEXT, /* text below numbers: filled by the second pass */
};

struct lt_csv_reader {
    struct lt_cells *cells;
    const struct lt_numbers *numbers;
    enum lt_csv_state *state; /* (D) */
    int64_t columns, rows;
    bool header;
    bool second_pass;
    bool late; /* some column needs the second pass */
    char *scratch;
    size_t scratch_room;
    int file;
    int64_t next_line; /* where the row is if nothing unusual came before it */
};

/* Reads all rows from the cursor to its end behind the rows that are there; cells have room for
 * them. */
int lt_csv_rows(struct lt_csv_reader *reader, struct lt_csv_cursor *cursor, struct lt_error *err);

/* The record at the cursor has another number of fields than the table has columns. */
int lt_csv_fail_ragged(const struct lt_csv_reader *reader, const struct lt_csv_cursor *row,
                       struct lt_error *err);

/* ---- in pieces, on several threads (csv_pieces.c) ---- */

/* Does what lt_csv_rows does, with the same result, on `threads` threads: the text is cut behind line
 * ends into pieces, each is read into its own place among the cells as if nothing stood above it, and
 * what the pieces say of the columns is joined from the top.  Room for the cells is made here.
 *
 * *done is false, and nothing has changed, where that is not worth it or cannot be done: a small
 * text, one with quotes (which may hold line ends), and one that a piece finds fault with, which is
 * read from the top to say what comes first. */
int lt_csv_pieces(struct lt_csv_reader *reader, const struct lt_csv_cursor *cursor, int threads,
                  bool *done, struct lt_error *err);

#endif
