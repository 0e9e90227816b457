/* Views: some rows and columns of another table. */
#ifndef LT_DATA_VIEW_H
#define LT_DATA_VIEW_H

#include "data/table.h"

/* `count` columns of the parent in any order, none twice (copied; NULL: all), and `rows` rows: those
 * in `picked` (copied), or row_begin, row_begin + 1, ... when it is NULL.  Keeps its parent. */
int lt_view_create(struct lt_table **out, struct lt_table *parent, const int64_t *chosen,
                   int64_t count, int64_t row_begin, int64_t rows, const int64_t *picked,
                   struct lt_error *err);

#endif
