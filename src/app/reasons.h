/* Reasons: which columns speak against a row, by asking what the score would be without them.
 *
 * Every cell in turn is replaced by what the imputer expects of it from the other cells of the row,
 * and the row is scored again.  The fall of the score is what the cell contributed; its share is of
 * all such falls.  A pair of cells that only together make no sense is found too, for mending either
 * of them lowers the score.
 *
 * Of wide rows only the LT_REASONS_MOST cells that the detector's denoising changes most are tried.
 * A missing cell is no reason.
 */
#ifndef LT_APP_REASONS_H
#define LT_APP_REASONS_H

#include "app/detect.h"
#include "data/table.h"
#include "model/model.h"

enum { LT_REASONS_MOST = 64, LT_REASONS_TEXT = 1024 };

struct lt_reason {
    int64_t column;
    double share; /* of the falls, in (0, 1] */
    /* Expected from the other cells, in the units of the data (category: a level); low and high
     * hold 90 % of the errors, NaN where that is not known. */
    double expected, low, high;
    bool unseen; /* the cell holds a level that no training row had, or too few */
};

struct lt_reasons;

/* For at most `most` reasons a row.  Model, detector and backend must outlive it.  A model without
 * an imputer expects the mean of a column. */
int lt_reasons_create(struct lt_reasons **out, const struct lt_model *model,
                      struct lt_detect *detect, struct lt_backend *backend, int most,
                      struct lt_error *err);
void lt_reasons_free(struct lt_reasons **reasons);

/* The reasons of one row of features, largest first; returns how many (at most `most`). */
int lt_reasons_of(struct lt_reasons *r, const float *x /* (F) */, double score,
                  struct lt_reason *reason /* (most) */);

/* "amount=9214 (71 %, expected 180 to 420); country=KP (22 %, new, expected DE)"; `row` is that one
 * row, fetched from a view with the model's columns.  Returns text. */
const char *lt_reasons_text(const struct lt_prep *prep, const struct lt_table *view,
                            const struct lt_block *row, const struct lt_reason *reason, int count,
                            char text[LT_REASONS_TEXT]);

#endif
