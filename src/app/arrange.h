/* New data in the columns of a model: found by name, whatever their order.
 */
#ifndef LT_APP_ARRANGE_H
#define LT_APP_ARRANGE_H

#include "data/table.h"
#include "latent.h"
#include "model/model.h"

/* A view of `table` with the model's columns in the model's order; freed with lt_table_free.
 * Columns the model does not know are left out, and that and another order are told as notes
 * (listener may be NULL).  LT_ECONTENT names a column that is missing. */
int lt_arrange(const struct lt_model *model, struct lt_table *table,
               const latent_listener *listener, struct lt_table **view, struct lt_error *err);

#endif
