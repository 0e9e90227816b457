/* Lenses: how a detector sees features (model/detector.h has the formulas).
 *
 * The plain lens standardises: numbers get the mean and spread of the training rows.  A category of
 * L features shares one column's weight among them: each is standardised by its own share p of the
 * rows, at least 1 / (n + 1), and divided by sqrt(L), so that a level which is rare stands out and
 * one that was never seen stands out most, while a column of many levels does not drown the others.
 * The course of a time is left out, for time goes on; its hours, days and seasons stay.
 */
#ifndef LT_APP_LENS_H
#define LT_APP_LENS_H

#include "app/rows.h"
#include "model/detector.h"
#include "prep/prep.h"

/* Fits the first `lenses` lenses on all rows of a source, two passes for each. */
int lt_lens_fit(struct lt_detector *detector, int lenses, const struct lt_prep *prep,
                const struct lt_rows *rows, struct lt_error *err);

/* y row i = row i of x through the lens; NaN stays NaN.  Rows of y stand `stride` values apart. */
void lt_lens_apply(const struct lt_detector *detector, enum lt_lens lens, int64_t features,
                   const float *x /* (n, F) */, int64_t n, float *y, int64_t stride);

#endif
