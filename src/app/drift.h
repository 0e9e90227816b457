/* Drift: have the data moved away from those that a model was made from?
 *
 * New rows are surveyed as the training data were (app/survey.h), and each subject of the model's
 * profile is tested (app/shift.h): the values of a column, the share of its missing cells, every
 * dimension of the code, the reconstruction error, the scores, and how many rows alarm at the
 * rate of 1 %.
 *
 * What is promised.  When the new rows come from the same source as the old ones, in the sense that
 * all orders of old and new rows are equally likely, then `drift` is the answer in at most `level`
 * of all cases, whatever the model, the distributions and the dependence of columns: each test
 * keeps its level, and their p-values are corrected for their number.  Rows that follow one another
 * in time are not exchangeable with rows drawn from a year; a day is then rightly told to
 * differ from a year.
 *
 * It is an average over models, as with calibration (app/conformal.h): the rows that a model
 * remembers stay the same in all its runs, and where they are an unlucky draw its own rate is
 * larger.  The fewer rows were kept from training, the more the rates of models differ.
 *
 * Large samples make differences certain that do not matter.  A subject has moved when its
 * corrected p is at most `level` and at least a share `least` of the rows would have to change to
 * undo it; below that share the difference is told as small.  Alarms have moved when they are at least
 * twice as many as the rate says.
 */
#ifndef LT_APP_DRIFT_H
#define LT_APP_DRIFT_H

#include "app/report.h"
#include "app/session.h"
#include "data/table.h"
#include "model/model.h"

enum { LT_DRIFT_ROWS = 20 /* the fewest rows that are tested */ };

struct lt_drift_options {
    double level, least;
    uint64_t seed; /* of the sample that is taken from very many rows */
};

/* Returns LT_ENO, with the report sealed, when the data have moved.  LT_EUSAGE when the model has no
 * profile, LT_ECONTENT when the rows are too few. */
int lt_drift(const struct lt_model *model, struct lt_table *table,
             const struct lt_drift_options *options, const struct lt_session_options *session,
             struct lt_report *report, struct lt_error *err);

#endif
