/* Rows on demand: what PCA and the judge read.
 *
 * Rows come in runs of at most the capacity that was asked for, so that nothing
 * here needs all rows in memory.  A source may be a table seen through a prep,
 * or anything else that can fill a matrix.
 */
#ifndef LT_APP_ROWS_H
#define LT_APP_ROWS_H

#include "base/error.h"
#include "prep/prep.h"
#include <stdint.h>

struct lt_rows {
    int64_t count;  /* N */
    int64_t inputs; /* D */
    void *context;
    /* Writes rows begin ... begin+n-1 to x (n, D), in scaled units. */
    int (*read)(void *context, int64_t begin, int64_t n, float *x, struct lt_error *err);
};

/* The rows of `table` named by `rows` (n indices; NULL: the first n rows of the table), scaled by
 * `prep`; `capacity` is the most rows in one read.  table, prep and rows must outlive it. */
int lt_rows_open(struct lt_rows *out, const struct lt_table *table, const struct lt_prep *prep,
                 const int64_t *rows, int64_t n, int64_t capacity, struct lt_error *err);
void lt_rows_close(struct lt_rows *rows);

/* How many rows of D values to hold at once: about 16 MB, 64 to 2,048 rows. */
int64_t lt_rows_batch(int64_t inputs);

#endif
