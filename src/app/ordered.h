/* How much the first k numbers of an ordered code say, for k up to all K of them.
 *
 * The curve holds the error with k numbers beside that of PCA with k numbers, on
 * the same rows, for k = 1, 2, 3, 4, 6, 8, 12, ... (powers of two and what lies
 * halfway), the round numbers 10, 20, 30, 50, 100, 200, 500, 1000, and K.
 *
 * Two widths of the curve are named.  The elbow is where it bends most: with both
 * axes brought to 0 ... 1, the point farthest below the line from the first point
 * to the last ("Kneedle": Satopaa, Albrecht, Irwin and Raghavan, "Finding a
 * 'kneedle' in a haystack", ICDCS workshops 2011).  Recommended is the smallest k
 * that keeps LT_ORDERED_KEEPS per cent of the variance that all K numbers keep.
 */
#ifndef LT_APP_ORDERED_H
#define LT_APP_ORDERED_H

#include "app/judge.h"

enum {
    LT_ORDERED_POINTS = 64, /* most of a curve */
    LT_ORDERED_KEEPS = 95,
};

struct lt_ordered_curve {
    int points;
    int64_t dims[LT_ORDERED_POINTS]; /* ascending, the last is K */
    double error[LT_ORDERED_POINTS], pca_error[LT_ORDERED_POINTS];
    double mean_error; /* of the mean of the training rows: with no number at all */
};

/* The widths that a curve up to `dims` looks at. */
void lt_ordered_widths(struct lt_ordered_curve *out, int64_t dims);
/* Indices of points. */
int lt_ordered_elbow(const struct lt_ordered_curve *curve);
int lt_ordered_recommended(const struct lt_ordered_curve *curve);

/* Settles which decoder serves which width, by the errors of the rows of c, some of those that trained: a
 * decoder that shows more numbers takes over from the one before it where it leaves less error, so
 * that the first number behind the boundary, to which it is least used, does not raise the error.  `spec`
 * becomes that of c's model, which is left as it is. */
int lt_ordered_settle(struct lt_net_spec *spec, const struct lt_case *c, struct lt_error *err);

/* Adds the table and the keys `curve`, `elbow` and `recommended_dims` to the report of a model whose
 * code is ordered; to another nothing. */
int lt_judge_ordered(const struct lt_case *c, struct lt_report *report, struct lt_error *err);

#endif
