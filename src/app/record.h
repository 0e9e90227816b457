/* The record: how a model was made, kept in its file as JSON.
 *
 * docs/model-format.md lists the keys.  What `info` prints and what `train`
 * reports beside its verdict come from here, so a number is told once.
 */
#ifndef LT_APP_RECORD_H
#define LT_APP_RECORD_H

#include "app/recipe.h"
#include "app/report.h"
#include "data/split.h"
#include "model/model.h"

struct lt_record {
    const struct lt_table *table;
    const struct lt_rowset *parts; /* (LT_PARTS) */
    const struct lt_recipe *recipe;
    const struct lt_train_outcome *outcome;
    const struct lt_backend *backend;
    const char *scaling;  /* asked for, or found */
    const char *dims_why; /* "" when dims were given */
    double seconds;
};

int lt_record_write(struct lt_model *model, const struct lt_record *record, struct lt_error *err);

/* Lines and keys about the training, from the record. */
void lt_record_report(struct lt_report *report, const struct lt_model *model);
/* Whether training drew the codes of neighbours together. */
bool lt_record_contracts(const struct lt_model *model);
/* Whether it was trained to draw the codes of neighbours together. */
bool lt_record_attracts(const struct lt_model *model);
/* The validations: keys history.steps, .train_loss, .valid_loss, .valid_error, .seconds. */
void lt_record_history(struct lt_report *report, const struct lt_model *model);

#endif
