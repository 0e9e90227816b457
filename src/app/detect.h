/* Detecting: a model's detector at work on rows (model/detector.h says what it computes).
 *
 * Everything is planned once for LT_DETECT_ROWS rows.  The score of a row depends neither on the
 * rows beside it nor on the number of threads.
 */
#ifndef LT_APP_DETECT_H
#define LT_APP_DETECT_H

#include "base/error.h"
#include "data/table.h"
#include "kernels/backend.h"
#include "model/model.h"
#include <stdbool.h>
#include <stdint.h>

enum { LT_DETECT_ROWS = 10 * LT_ROW_BLOCK };

struct lt_detect;

/* For a model with a detector; LT_EUSAGE otherwise.  Model and backend must outlive it. */
int lt_detect_create(struct lt_detect **out, const struct lt_model *model,
                     struct lt_backend *backend, enum lt_precision precision, struct lt_error *err);
void lt_detect_free(struct lt_detect **detect);
size_t lt_detect_memory(const struct lt_detect *detect); /* bytes of its networks */

/* Scores of n <= LT_DETECT_ROWS rows of features; NaN is a missing cell. */
void lt_detect_scores(struct lt_detect *detect, const float *x /* (n, F) */, int64_t n,
                      double *score /* (n) */);

/* All terms of the same rows, before centre and spread: what a fit needs.  Term i begins at
 * value + i * stride. */
void lt_detect_terms(struct lt_detect *detect, const float *x /* (n, F) */, int64_t n,
                     double *value /* (terms, stride) */, int64_t stride);
/* Listed rows of a table, however many: their scores, or all their terms (terms, n). */
int lt_detect_table(struct lt_detect *detect, const struct lt_table *table,
                    const int64_t *rows /* (n) */, int64_t n, bool terms, double *value,
                    struct lt_error *err);

/* The codes that a term of that kind looks at. */
void lt_detect_codes(struct lt_detect *detect, int term, const float *x /* (n, F) */, int64_t n,
                     float *codes /* (n, width) */);

/* How far denoising moves each feature of one row, as the first network sees it. */
void lt_detect_changes(struct lt_detect *detect, const float *x /* (F) */, float *change /* (F) */);

/* A term on the common scale: max(z + 1, 0)^4. */
double lt_detect_common(const struct lt_term *term, double value);

#endif
