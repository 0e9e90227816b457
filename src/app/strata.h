/* Strata: the rows of a table by the class that their label names, classes numbered from 0 on.
 *
 * Labels that are numbers are in order of size, words in order of their bytes,
 * so that a class has the number that np.unique would give it.
 *
 * A column of measurements or of names is no column of classes: labels with
 * more different values than LT_STRATA_MAX, or than a tenth of the rows when
 * there are more than LT_STRATA_FEW, are refused.
 */
#ifndef LT_APP_STRATA_H
#define LT_APP_STRATA_H

#include "base/error.h"
#include "data/table.h"
#include <stdint.h>

enum { LT_STRATA_FEW = 20, LT_STRATA_MAX = 1000 };

struct lt_strata {
    int64_t rows, count;
    int32_t *of;       /* (rows), the class of each */
    int64_t *size;     /* (count), rows of each, at least 1 */
    const char **name; /* (count), as the labels have it */
    char *digits; /* the names of numbers; NULL: names stand in the table, which must outlive */
};

/* LT_ECONTENT: the labels are no classes, or all the same. */
int lt_strata_find(struct lt_strata *out, const struct lt_table *labels, struct lt_error *err);
void lt_strata_free(struct lt_strata *classes);

/* The class that most rows have, of equal ones the first. */
int64_t lt_strata_largest(const struct lt_strata *classes);

#endif
