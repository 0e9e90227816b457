/* What the training rows hold, column by column: the facts from which kinds and
 * scalings are drawn.  Private to src/prep.
 */
#ifndef LT_PREP_INSPECT_H
#define LT_PREP_INSPECT_H

#include "prep/prep.h"

struct lt_column_facts {
    int64_t seen;     /* cells that are present */
    double sum;       /* of numbers */
    double low, high; /* of numbers; of text: least and greatest code */
    double squares;   /* of distances from the mean; after lt_facts_spread */
    bool whole;       /* numbers: none has a fraction */
    bool counter;     /* whole numbers: all differ and fill their range */
    int32_t texts;    /* text: size of the dictionary */
    int64_t *count;   /* text: (texts), cells of each code */
};

struct lt_facts_of_rows {
    const struct lt_table *table;
    const int64_t *rows; /* (n) */
    int64_t n, columns;
    struct lt_column_facts *column; /* (D) */
    struct lt_block *block;
    double *values; /* (LT_FACTS_ROWS, D) of the rows read last; NaN: missing; text: codes */
};

enum { LT_FACTS_ROWS = 256 };

/* One pass over the rows.  An infinite cell is refused, with file, line and column. */
int lt_facts_look(struct lt_facts_of_rows *out, const struct lt_table *table, const int64_t *rows,
                  int64_t n, struct lt_error *err);
/* A second pass: squares of numbers. */
int lt_facts_spread(struct lt_facts_of_rows *facts, struct lt_error *err);
/* Reads rows at ... into values; *got says how many. */
int lt_facts_read(struct lt_facts_of_rows *facts, int64_t at, int64_t *got, struct lt_error *err);
void lt_facts_free(struct lt_facts_of_rows *facts);

/* Kinds, levels, time formats and parts of every column: found, or as `types` says.  Fills
 * prep->column; the schema stands already. */
int lt_kinds_find(struct lt_prep *prep, struct lt_facts_of_rows *facts, const char *types,
                  struct lt_error *err);

/* Scalings of every column: chosen where `asked` is AUTO, and fitted.  Fills offset, scale, knots
 * and the range; offset 0 and scale 1 stand already. */
int lt_scaling_fit(struct lt_prep *prep, struct lt_facts_of_rows *facts, enum lt_scaling asked,
                   struct lt_error *err);

/* The text that a cell of a column has as a level: text as it is, numbers as they are written. */
const char *lt_level_text(const struct lt_table *table, int64_t column, double value, char *buf);
enum { LT_LEVEL_TEXT = 40 }; /* room for a number's */

#endif
