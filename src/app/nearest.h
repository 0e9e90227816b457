/* Nearest rows: which rows of a table have codes like that of a given row.
 *
 * Distances are Euclidean between codes.  The file is CSV with the header row,distance,differs: the
 * nearest row first and of equally near ones the first of the table, rows counted from 0, the row
 * itself left out; `differs` names the columns in which it is least like the given row, its value and
 * by how many standard deviations of all rows it is more (app/contrast.h).  Rows of images have no such
 * column.
 *
 * The report tells how far away half of all rows are, and how many of the nearest would also be among
 * as many nearest in the scaled columns, without a code.
 */
#ifndef LT_APP_NEAREST_H
#define LT_APP_NEAREST_H

#include "app/report.h"
#include "app/session.h"
#include "data/table.h"

struct lt_nearest_options {
    int64_t row, count; /* as many as there are when that is less */
};

/* `path` NULL writes to standard output, "" nowhere.  LT_EUSAGE: no such row, or no other; a
 * denoiser. */
int lt_nearest(struct lt_session *s, struct lt_table *table, const char *path,
               const struct lt_nearest_options *options, struct lt_report *report,
               struct lt_error *err);

#endif
