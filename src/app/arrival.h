/* How fast rows come: what turns "5 alarms a day" into a rate of false alarms.
 *
 * Rows per day are counted on the training data, for every column of times, and kept in the model's
 * record under `rows_per_day`.
 */
#ifndef LT_APP_ARRIVAL_H
#define LT_APP_ARRIVAL_H

#include "data/table.h"
#include "model/model.h"

/* Notes rows per day of every time column of the table in the record. */
int lt_arrival_note(struct lt_model *model, const struct lt_table *table, struct lt_error *err);

/* The rate that `alarms` ("5/day", "1/hour", "0.5/week") means where rows come as `time`, a column of
 * the training data, says.  LT_EUSAGE when it cannot be told. */
int lt_arrival_rate(const struct lt_model *model, const char *alarms, const char *time,
                    double *rate, struct lt_error *err);

#endif
