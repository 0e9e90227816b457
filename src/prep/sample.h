/* Sorted values of chosen columns, from which quantiles are taken.  Private to src/prep. */
#ifndef LT_PREP_SAMPLE_H
#define LT_PREP_SAMPLE_H

#include "prep/inspect.h"

enum { LT_SAMPLE_ROWS = 20000, LT_SAMPLE_CELLS = 1 << 25 };

struct lt_sample {
    int64_t columns; /* chosen */
    int64_t *column; /* (columns) which they are, ascending */
    int64_t rows;    /* read: at most LT_SAMPLE_ROWS, and fewer where many columns are chosen */
    int64_t *seen;   /* (columns) values that are present */
    double *values;  /* (columns, rows) of each column `seen` values, sorted */
};

/* Reads the first rows of the training order, which is random, and keeps the columns for which
 * `wanted` is true. */
int lt_sample_read(struct lt_sample *out, struct lt_facts_of_rows *facts, const bool *wanted,
                   struct lt_error *err);
void lt_sample_free(struct lt_sample *sample);

#endif
