/* What a model is, from its file alone: schema, network, sizes, training record. */
#ifndef LT_APP_INFO_H
#define LT_APP_INFO_H

#include "app/report.h"
#include "model/model.h"

int lt_info(const struct lt_model *model, struct lt_report **report, struct lt_error *err);

#endif
