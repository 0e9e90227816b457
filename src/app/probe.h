/* The probe: how good are codes as features for a classifier?
 *
 * Labelled rows are dealt out to folds (app/folds.h).  For each fold two
 * classifiers learn from the rows of the others and tell the classes of its own:
 * logistic regression (app/logistic.h), and a vote of the 10 nearest rows, the
 * lowest of the classes with most votes, where of equally near rows the first
 * counts.  They do so three times, on the same folds:
 *
 *     codes   what the encoder makes of the rows, K numbers
 *     PCA     the first K principal components
 *     raw     the inputs, as the model's scaling leaves them
 *
 * Everything that is fitted is fitted on the rows of the other folds: the
 * classifiers, the standardisation of every feature (app/standardise.h), and the
 * PCA.  Only the encoder is what it is; so where it was trained on the rows that
 * are probed, it has seen them, though never their labels.
 *
 * All rows stand in memory.
 */
#ifndef LT_APP_PROBE_H
#define LT_APP_PROBE_H

#include "app/report.h"
#include "app/session.h"
#include "data/table.h"
#include "model/model.h"

enum { LT_PROBE_NEIGHBOURS = 10 };

struct lt_probe_options {
    int64_t folds;
    const char *path; /* .csv or .tsv of what was told of every row; NULL: none */
};

/* `labels` has one column and the rows of `table`.  LT_EUSAGE: the model is a denoiser, the folds
 * cannot be; LT_ECONTENT: the labels are no classes, or one has fewer rows than there are folds. */
int lt_probe(const struct lt_model *model, struct lt_table *table, const struct lt_table *labels,
             const struct lt_probe_options *options, const struct lt_session_options *session,
             struct lt_report *report, struct lt_error *err);

#endif
