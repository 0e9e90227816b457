/* A profile: what the data looked like when the model was made, so that it can be asked later
 * whether they have moved away from it (app/drift.h).
 *
 * It holds distributions, never rows.  A distribution is told of every subject, and the subjects
 * are, in this order: the D columns, the K dimensions of the code, and the reconstruction error.
 *
 *   numbers       knots: a value, and how many of the present cells lie below it and how many up to
 *                 and including it.  These counts are exact, so that the largest distance to
 *                 another sample, taken at the knots, never exceeds the distance to all the values.
 *                 A knot is a value that at least LT_KNOT_ROWS rows share, or the mean of as many
 *                 neighbouring values: none is the value of a single row.
 *   categories    how many rows have each of the levels kept, and how many another one
 *   constants     how many rows have the value, and how many another one
 *   times,        nothing but the missing cells of times: a time moves on by itself, and the name
 *   identifiers   of a row is new by itself
 *
 * Numbers are in scaled features; mean, spread and median are in the units of the data.  Columns are
 * told from all rows of the training data, or a sample of them.  What the network says, and
 * categories of so many levels that the training rows chose the most frequent, are told from rows
 * kept from training, and the error from those of them that did not stop it: rows that were seen
 * look better than new ones.
 */
#ifndef LT_MODEL_PROFILE_H
#define LT_MODEL_PROFILE_H

#include "base/error.h"
#include "prep/prep.h"
#include <stdint.h>

enum { LT_KNOT_ROWS = 5, LT_PROFILE_KNOTS = 201 /* at most, of a subject */ };

/* The numbers told of every subject, one row of `summary`. */
enum lt_summary {
    LT_SUMMARY_ROWS,    /* looked at */
    LT_SUMMARY_MISSING, /* of them */
    LT_SUMMARY_KNOTS,
    LT_SUMMARY_LEVELS, /* counts: levels and the others, or 2 of a constant */
    LT_SUMMARY_MEAN,   /* of numbers, as what follows */
    LT_SUMMARY_SPREAD, /* standard deviation */
    LT_SUMMARY_MEDIAN,
    LT_SUMMARIES
};

struct lt_profile {
    int64_t subjects;            /* D + K + 1; 0: the model has no profile */
    int64_t knots, levels;       /* of all subjects together */
    double *summary;             /* (subjects, LT_SUMMARIES) */
    double *level;               /* (levels) counts, one subject after the other */
    float *knot, *below, *up_to; /* (knots) value and counts, increasing within a subject */
};

/* A subject's part of the arrays. */
struct lt_profile_part {
    const double *summary;             /* (LT_SUMMARIES) */
    const double *level;               /* (summary[LT_SUMMARY_LEVELS]) */
    const float *knot, *below, *up_to; /* (summary[LT_SUMMARY_KNOTS]) */
};
/* That of the first subject, and the one behind a part. */
struct lt_profile_part lt_profile_first(const struct lt_profile *profile);
struct lt_profile_part lt_profile_next(struct lt_profile_part part);

/* How many counts a column has: its levels and the others, 2 for a constant, else 0. */
int64_t lt_profile_levels(const struct lt_column *column);

int lt_profile_create(struct lt_profile *out, int64_t subjects, int64_t knots, int64_t levels,
                      struct lt_error *err);
void lt_profile_clear(struct lt_profile *profile); /* frees what is in it and zeroes it */

/* Whether the numbers fit each other and the prep, as they come from a file. */
int lt_profile_check(const struct lt_profile *profile, const struct lt_prep *prep,
                     struct lt_error *err);

#endif
