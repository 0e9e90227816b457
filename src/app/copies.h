/* Copies: rows of a table that are the same, and pairs that nearly are.
 *
 * Rows are the same when all cells of the columns that the model reads are.  Of those only the first
 * takes part in what follows.
 *
 * Every row is compared with the LT_COPIES_NEAR rows whose codes are nearest to its own.  A pair is
 * near-duplicate when its codes, and its scaled columns as well, are nearer to each other than a tenth
 * of what is usual between a row and its nearest: the median over the rows of the distance to the row
 * with the nearest code, once between the codes and once between the scaled columns (a missing cell
 * stands at the mean of the training rows).  The medians are robust: copies move them only when most
 * rows have some.
 *
 * The file is CSV with the header row,other,distance,column_distance,exact: pairs in the order of
 * `row`, of which `other` is the earlier one.
 */
#ifndef LT_APP_COPIES_H
#define LT_APP_COPIES_H

#include "app/report.h"
#include "app/session.h"
#include "data/table.h"

enum {
    LT_COPIES_NEAR = 10,
    LT_COPIES_SHARE = 10, /* near is a tenth of what is usual */
    LT_COPIES_ROWS = 20   /* fewer different rows do not tell what is usual */
};

/* `path` NULL writes to standard output, "" nowhere. */
int lt_copies(struct lt_session *s, struct lt_table *table, const char *path,
              struct lt_report *report, struct lt_error *err);

#endif
