/* From typed columns to the numbers a network sees, and back.
 *
 * A schema says what the columns of a table are: names, types, row shape.  A
 * prep is a schema with one fitted affine transform per column,
 *
 *     x = (value - offset) * scale,      value = x / scale + offset,
 *
 * fitted on training rows only and stored in the model, so that outputs come
 * back in the columns, types and units of the data.  Column and network input
 * are the same thing here: D inputs for D columns.
 */
#ifndef LT_PREP_PREP_H
#define LT_PREP_PREP_H

#include "base/error.h"
#include "data/table.h"
#include <stdbool.h>
#include <stdint.h>

struct lt_schema_group { /* adjacent columns of one type */
    enum lt_type type;
    int64_t width;
    int rank; /* of the shape of a row; 1 for a plain column */
    int64_t shape[4];
};
struct lt_schema {
    int64_t columns; /* D, the sum of the groups' widths */
    int groups;
    struct lt_schema_group *group; /* (groups) */
    char **names;                  /* (D), or NULL when the source has none */
};
int lt_schema_of(struct lt_schema *out, const struct lt_table *table, struct lt_error *err);
int lt_schema_copy(struct lt_schema *out, const struct lt_schema *from, struct lt_error *err);
void lt_schema_free(struct lt_schema *schema);
/* Height, width and channels when a row is an image: one group of rank 2 or 3. */
bool lt_schema_image(const struct lt_schema *schema, int64_t *h, int64_t *w, int64_t *c);
/* LT_ECONTENT, naming counts or columns, unless `table` has these columns.  Types may differ
 * (a column of 0 and 1 may be read as integer here and real there). */
int lt_schema_match(const struct lt_schema *schema, const struct lt_table *table,
                    struct lt_error *err);

enum lt_scaling {
    LT_SCALING_AUTO,     /* chosen from the data, see lt_prep_fit */
    LT_SCALING_NONE,     /* as they are */
    LT_SCALING_BYTES,    /* all values / 255: byte arrays and images */
    LT_SCALING_STANDARD, /* (value - mean) / standard deviation */
    LT_SCALING_MINMAX,   /* to [0, 1] */
    LT_SCALING_ROBUST,   /* (value - median) / (interquartile range / 1.349) */
    LT_SCALINGS
};
const char *lt_scaling_name(enum lt_scaling scaling);
int lt_scaling_by_name(const char *name); /* -1: unknown */

struct lt_prep {
    struct lt_schema schema;
    enum lt_scaling scaling; /* what was done; never AUTO */
    double *offset;          /* (D) */
    double *scale;           /* (D), never 0 */
    double low, high;        /* range of the scaled training values */
    int64_t constants;       /* columns with one value only in the training rows */
    int64_t first_constant;  /* the first of them, or -1 */
};

/* Fits on `rows` (n of them, indices into the table).  AUTO: byte arrays are divided by 255 as a
 * whole; tables whose values all lie in [0, 1] are left as they are; everything else is
 * standardised per column.  A constant column gets scale 1.  Text columns, missing cells and
 * infinities are refused with file, line and column. */
int lt_prep_fit(struct lt_prep *out, const struct lt_table *table, const int64_t *rows, int64_t n,
                enum lt_scaling scaling, struct lt_error *err);
/* Values as they are: offset 0, scale 1. */
int lt_prep_identity(struct lt_prep *out, const struct lt_table *table, struct lt_error *err);
void lt_prep_free(struct lt_prep *prep);

/* Values back in the units of the data, for n rows of D; double because integer columns may need
 * more than f32 holds. */
void lt_prep_invert(const struct lt_prep *prep, const float *x /* (n, D) */, int64_t n,
                    double *values /* (n, D) */);

/* The refusals that fitting and feeding share.  Text: the first cell that is not a number, with
 * file, line and column; 0 when every column is numeric. */
int lt_prep_check_types(const struct lt_table *table, struct lt_error *err);
/* A cell that is missing, NaN or infinite; returns LT_ECONTENT. */
int lt_prep_bad_cell(const struct lt_table *table, int64_t row, int64_t column,
                     struct lt_error *err);

/* A feed reads rows of a table through a prep into f32, on `threads` threads and without
 * allocating after creation.  One caller at a time.  Missing cells and infinities are refused as in lt_prep_fit. */
struct lt_feed;
int lt_feed_create(struct lt_feed **out, const struct lt_table *table, const struct lt_prep *prep,
                   int64_t capacity, int threads, struct lt_error *err);
int lt_feed_rows(struct lt_feed *feed, const int64_t *rows /* (n) */, int64_t n,
                 float *x /* (n, D) */, struct lt_error *err);
void lt_feed_free(struct lt_feed **feed);

#endif
