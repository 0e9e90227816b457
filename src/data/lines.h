/* Lines: CSV records from a stream, handed out as they come.
 *
 * The ordinary reader (data/table.h) takes a stream to its end before it answers.  Lines answer a
 * pipe that stays open, such as `tail -f log.csv`: every call hands out a small table of the records
 * that are complete by then, with the stream's header and line numbers.  A slow stream is answered
 * record by record; of a fast one a table holds up to about LT_LINES_BYTES or LT_LINES_ROWS.
 *
 *     struct lt_lines *lines = NULL;
 *     rc = lt_lines_open(&lines, 0, NULL, &err);
 *     while (!rc && !(rc = lt_lines_next(lines, &table, &first_line, &rows, &err))) {
 *         ... use the table, write and flush ...
 *         lt_table_free(&table);
 *     }
 *
 * What counts as a record, a blank line, a delimiter and a header is the CSV reader's say
 * (data/csv.h, csv_scan.h), which also reads every table.  Delimiter and header are settled by the
 * records that come first and hold to the end: a line of text among later ones is never a header.
 * A first record of numbers is answered at once.  One of text (or of 0,1,2,3,4..., which tools write
 * over columns without names) waits for the second, which shows whether it is a header.  A record may span lines by its quotes, and waits until they
 * are closed; blank lines in a single column are missing values once a record follows; the last
 * record needs no line end.
 *
 * Columns are typed by what the table's own rows hold: a column of reals may come as integers, one
 * of text as numbers where all its cells in this table look like that, and one whose cells are all
 * missing as LT_F64.
 *
 * A stream that is not CSV by its first bytes (gzip, NPY, NPZ, IDX, an image, or what the ordinary
 * reader refuses by name) has no lines: it is read to its end by the ordinary reader and handed out, or
 * refused, as one table.
 */
#ifndef LT_DATA_LINES_H
#define LT_DATA_LINES_H

#include "base/error.h"
#include "data/table.h"

enum {
    LT_LINES_END = 1,         /* the stream has ended and everything was handed out */
    LT_LINES_WAIT = 2,        /* no record is complete yet (lt_lines_poll only) */
    LT_LINES_BYTES = 1 << 20, /* of text in one table, the record that passes it included */
    LT_LINES_ROWS = 1 << 16,
    LT_LINES_RECORD = 16 << 20 /* bytes; a longer record is refused */
};

struct lt_lines;

/* Reads from a descriptor, which stays the caller's and open; `name` stands in messages, NULL is
 * "standard input".  Nothing is read yet. */
int lt_lines_open(struct lt_lines **out, int descriptor, const char *name, struct lt_error *err);

/* Waits until a record is complete; then gives LT_OK and a table of all that are, which the caller
 * frees, the number of its rows, and the line of the first in the stream (0: the rows have no
 * lines).  lt_table_where tells the others.  Otherwise *table is NULL, and the code is
 *
 *     LT_LINES_END      nothing follows
 *     LT_ECONTENT       the next record cannot be read (told with its line, as by the CSV reader)
 *                       and was skipped; the records before it were handed out, and the next call
 *                       goes on behind it.  Of a quoted text that is never closed only the first
 *                       line is skipped.  Also: the stream ended and held no row at all, or was not
 *                       CSV and cannot be read.  Zero *err before the next call, for it keeps the
 *                       first failure.
 *     LT_EINTERRUPTED   a signal came while waiting; nothing is lost, so the call may be repeated
 *     LT_EFAIL          reading failed, or memory is short; of CSV nothing is lost either
 */
int lt_lines_next(struct lt_lines *lines, struct lt_table **table, int64_t *first_line,
                  int64_t *rows, struct lt_error *err);

/* The same without waiting: LT_LINES_WAIT when no record is complete and nothing more can be read
 * at the moment. */
int lt_lines_poll(struct lt_lines *lines, struct lt_table **table, int64_t *first_line,
                  int64_t *rows, struct lt_error *err);

void lt_lines_free(struct lt_lines **lines); /* NULL is allowed */

#endif
