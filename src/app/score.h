/* Scoring: rows of a table through the detector to a file of scores, p-values, alarms and reasons.
 *
 * The file is CSV with the header row,score,p_value,alarm and, when asked, reasons; every row of the
 * table in its order, counted from 0.  A higher score is more anomalous.  A row alarms when its
 * p-value is at most the rate of false alarms that was asked for.
 *
 * With labels the report holds AUROC and average precision of the score, and beside them those of
 * PCA with the code's width and of the distance to the 5th nearest training row.
 */
#ifndef LT_APP_SCORE_H
#define LT_APP_SCORE_H

#include "app/report.h"
#include "app/session.h"
#include "data/table.h"
#include "model/model.h"

struct lt_score_options {
    double rate; /* of false alarms */
    int why;     /* columns named as reasons; 0: none */
};

/* `labels` may be NULL; `path` NULL writes to standard output; no file is written when it is "". */
int lt_score_table(const struct lt_model *model, struct lt_table *table,
                   const struct lt_table *labels, const char *path,
                   const struct lt_score_options *options, const struct lt_session_options *session,
                   struct lt_report *report, struct lt_error *err);

/* Reads records from a descriptor as they come and answers each at once.  A bad record, which counts
 * as a row, is told to the listener as a warning and skipped, or with `strict` ends the run.  Ends
 * with the stream, or when the listener asks to stop. */
int lt_score_stream(const struct lt_model *model, int descriptor, const char *path, bool strict,
                    const struct lt_score_options *options,
                    const struct lt_session_options *session, struct lt_report *report,
                    struct lt_error *err);

#endif
