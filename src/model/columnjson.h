/* What columns mean, as JSON and back: the key "prep.columns" of a model's
 * description; docs/model-format.md lists its keys.
 */
#ifndef LT_MODEL_COLUMNJSON_H
#define LT_MODEL_COLUMNJSON_H

#include "base/error.h"
#include "model/json.h"
#include "prep/prep.h"

/* Runs of columns that are alike become one entry with a count. */
int lt_columns_to_json(struct lt_json *json, const struct lt_prep *prep, struct lt_error *err);
/* Fills prep->column, whose number the schema tells.  `scaling` is that of columns that do not name
 * theirs; -1: they must. LT_ECONTENT. */
int lt_columns_from_json(struct lt_prep *prep, const struct lt_json *json, int scaling,
                         struct lt_error *err);

/* A text as a string, or as {"hex": its bytes} when it is not UTF-8, as files in old encodings have
 * them; and back, freed with lt_free. */
int lt_text_to_json(struct lt_json *array, const char *text, struct lt_error *err);
int lt_text_from_json(char **out, const struct lt_json *json, struct lt_error *err);

#endif
