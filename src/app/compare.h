/* Comparing: two models on the same rows.
 *
 * Before a newer model takes an older one's place: do they decide alike?  Both meet every row of
 * the data, each through its own columns and scaling.
 *
 *   flips            rows that alarm in one model and not in the other
 *   rank correlation Spearman's, of the two scores
 *   p change         mean |p_new - p_old|
 *   column change    of the reconstructions, for every column both have: the root of the mean square
 *                    of the difference divided by the column's spread in these rows; for booleans
 *                    and categories the share of rows that are reconstructed otherwise
 *   error            of each model, in the same units for both: mean over these columns of the
 *                    squared error in spreads, or of the share of rows that are wrong
 *
 * The models differ when more than a share `tolerance` of the rows flip; when one of them has a
 * detector and the other has not; when one reads a column that the other does not, or as another
 * kind of thing.  Where neither has a detector, the largest change of a column takes the
 * place of the share of flips.  Speed and size never count.  A model compared with itself differs in nothing,
 * to the last bit.
 */
#ifndef LT_APP_COMPARE_H
#define LT_APP_COMPARE_H

#include "app/report.h"
#include "app/session.h"
#include "data/table.h"
#include "model/model.h"

struct lt_compare_options {
    double tolerance, rate; /* share of flips allowed; rate of false alarms */
};

/* Returns LT_ENO, with the report sealed, when the models differ.  LT_ECONTENT names a column that
 * the data lack, or says that the models have no column in common. */
int lt_compare(const struct lt_model *before, const struct lt_model *after, struct lt_table *table,
               const struct lt_compare_options *options, const struct lt_session_options *session,
               struct lt_report *report, struct lt_error *err);

#endif
