/* Array tables: one group of columns of one type, C order, native bytes, from
 * one or several pieces of memory.
 */
#ifndef LT_DATA_ARRAY_H
#define LT_DATA_ARRAY_H

#include "base/error.h"
#include "base/file.h"
#include "data/table.h"

/* What a reader of arrays makes of one file. */
struct lt_array {
    enum lt_type type;
    int64_t rows;
    int rank; /* of a row */
    int64_t shape[LT_SHAPE_MAX];
    const void *values;    /* (rows, product of shape), inside bytes or owned */
    struct lt_bytes bytes; /* the file, or nothing */
    void *owned;           /* converted values, or NULL */
    char *name;            /* of the file, for messages */
    const char *kind;      /* of a file that is one row, as an ending: ".png" ".npy"; else NULL */
    int64_t height, width; /* of its images before they were resampled; 0: they were not */
};
void lt_array_free(struct lt_array *array);
int64_t lt_array_width(const struct lt_array *array);

/* "(60000, 28, 28) u1" for messages. */
enum { LT_ARRAY_TEXT = 128 };
const char *lt_array_text(const struct lt_array *array, char buf[LT_ARRAY_TEXT]);

/* Whether rows are images: (H, W) or (H, W, C), C <= 4. */
bool lt_array_is_image(const struct lt_array *array);
/* Brings images to h x w pixels (data/resample.h), integers rounded to nearest; what they were read
 * from is freed.  Images of that size keep their bits.  LT_ECONTENT for an infinite value. */
int lt_array_resample(struct lt_array *array, int64_t h, int64_t w, struct lt_error *err);

/* Takes the arrays over (they are empty afterwards, also on failure).  LT_ECONTENT unless all
 * have the type and row shape of the first; `mixed` images may differ in height and width. */
int lt_table_of_arrays(struct lt_table **out, struct lt_array *arrays, int count, bool mixed,
                       struct lt_error *err);

#endif
