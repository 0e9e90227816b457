/* Monotone piecewise linear curves, from the values of a column to standard normal scores.
 * Private to src/prep.
 *
 * The score of a value is the normal quantile of its rank: of the share of values below it and half
 * of its ties.  Knots are distinct values, spread evenly over the scores, so that both tails have
 * as many as the middle.  Beyond an outer knot the curve goes on along the line that ends there and
 * begins at least one score further in and not short of the middle: local enough to fit a skewed
 * column, long enough not to follow two values that happen to lie close.
 */
#ifndef LT_PREP_CURVE_H
#define LT_PREP_CURVE_H

#include "prep/prep.h"

struct lt_curve {
    int32_t knots;       /* 2 ... LT_KNOTS_MAX */
    const double *value; /* (knots), increasing */
    const double *score; /* (knots), increasing; each a float, so that features hold it exactly */
};

/* The normal quantile of p in (0, 1), to 1e-6; the same bits everywhere. */
double lt_normal_quantile(double p);

/* Knots of n sorted values, to value and score (LT_KNOTS_MAX); returns how many: 0 when the values
 * do not differ.  n is at most a million, so that scores differ as floats. */
int32_t lt_curve_fit(const double *sorted, int64_t n, double *value, double *score);
/* Knots increase and their range is finite. */
bool lt_curve_sound(const struct lt_curve *curve);

/* NaN gives NaN. */
double lt_curve_forward(const struct lt_curve *curve, double value);
double lt_curve_inverse(const struct lt_curve *curve, double score);

#endif
