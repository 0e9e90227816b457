/* What sets some rows apart, in the columns of the data.
 *
 * A row is told by F values, one for each of its features: a number, boolean or time by its value in
 * the units of the data, a level of a category by whether it is there, or by its probability where a
 * decoder says it.  A contrast holds their mean and standard deviation over all rows, and the means of
 * groups of rows; missing cells count in neither.
 *
 * A trait is a column in which values differ from others, by so many standard deviations s of all rows:
 *
 *     deviation = (value - beside) / s
 *
 * A category is told by its likeliest level.  The cyclic parts of a time are left out, and so are
 * columns that do not vary.
 */
#ifndef LT_APP_CONTRAST_H
#define LT_APP_CONTRAST_H

#include "base/error.h"
#include "prep/prep.h"
#include <stdint.h>

struct lt_contrast {
    const struct lt_prep *prep;
    int64_t groups, features; /* G, F */
    double *sum, *seen;       /* (G + 1, F) of value - origin; the last are of all rows */
    double *square;           /* (F) of all rows */
};

int lt_contrast_create(struct lt_contrast *out, const struct lt_prep *prep, int64_t groups,
                       struct lt_error *err);
void lt_contrast_free(struct lt_contrast *c); /* a zeroed struct is allowed */
void lt_contrast_add(struct lt_contrast *c, const float *x /* (n, F) */, int64_t n,
                     const int32_t *group /* (n), or NULL: none */);

/* The values of a row. */
void lt_contrast_values(const struct lt_contrast *c, const float *x /* (F) */,
                        double *value /* (F) */);
struct lt_trait {
    int64_t column, feature;
    int32_t level; /* of a category, its number of levels for the others; -1 elsewhere */
    double value, beside, deviation;
};
/* The `most` columns that deviate most, largest first; `beside` NULL stands for the means of all
 * rows.  Returns how many. */
int lt_contrast_traits(const struct lt_contrast *c, const double *value /* (F) */,
                       const double *beside /* (F) */, int most, struct lt_trait *trait);

/* What the rows of a group, or all rows (group G), have there on average; NaN where no cell is
 * present. */
double lt_contrast_mean(const struct lt_contrast *c, int64_t group, const struct lt_trait *trait);

/* "temp_1", or "country=DE" for a category; and a value of it as people write it, levels in per cent. */
enum { LT_TRAIT_TEXT = 200 };
void lt_trait_name(const struct lt_contrast *c, const struct lt_trait *trait,
                   const struct lt_table *view, char text[LT_TRAIT_TEXT]);
void lt_trait_value(const struct lt_contrast *c, const struct lt_trait *trait, double value,
                    char text[LT_TRAIT_TEXT]);

#endif
