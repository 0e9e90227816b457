/* Folds: rows dealt out for cross-validation.
 *
 * Every row belongs to one of F folds and is judged by what was learnt from the
 * rows of the others.  Folds are stratified: the rows of a class, shuffled by
 * the seed, are dealt out one by one like cards, and the next class goes on with
 * the fold where the one before has stopped.  So the rows of every class, and
 * all rows together, differ by at most one between any two folds.
 *
 * A function of the labels, the seed and F alone.
 */
#ifndef LT_APP_FOLDS_H
#define LT_APP_FOLDS_H

#include "app/strata.h"
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

/* LT_EUSAGE: fewer than 2 folds, or more than rows; LT_ECONTENT: a class has fewer rows than there are
 * folds, so that some fold would be without it. */
int lt_folds_deal(int32_t *fold /* (rows) */, const struct lt_strata *classes, int64_t folds,
                  uint64_t seed, struct lt_error *err);

/* The rows of one fold (or of all others), in their order; returns how many. */
int64_t lt_folds_rows(int64_t *out /* (rows) */, const int32_t *fold, int64_t rows, int64_t which,
                      bool others);

#endif
