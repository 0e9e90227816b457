/* From a table to a judged model: the whole of `train`.
 *
 * table -> split -> prep fitted on the training part -> PCA and mean on the
 * same part -> code width, network and training drawn -> training -> model ->
 * judgement on rows that neither trained nor selected.
 */
#ifndef LT_APP_FIT_H
#define LT_APP_FIT_H

#include "app/report.h"
#include "data/table.h"
#include "latent.h"
#include "model/model.h"

/* `valid` may be NULL: rows are then kept from `table`.  `noisy` holds the partners of the rows of table
 * (app/pairs.h), NULL: none; so does options->pairs.  `report` may be NULL. */
int lt_fit(struct lt_model **out, struct lt_table *table, struct lt_table *valid,
           struct lt_table *noisy, const latent_train_options *options,
           const latent_listener *listener, struct lt_report **report, struct lt_error *err);

#endif
