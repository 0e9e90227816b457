/* Schema and scaling as JSON and back; docs/model-format.md lists the keys.
 * The offsets and scales themselves are tensors.
 */
#ifndef LT_MODEL_SCHEMAJSON_H
#define LT_MODEL_SCHEMAJSON_H

#include "base/error.h"
#include "model/json.h"
#include "prep/prep.h"

/* Sets the keys "schema" and "prep" of `json`. */
int lt_prep_to_json(struct lt_json *json, const struct lt_prep *prep, struct lt_error *err);
/* Fills all of *out but offset and scale.  LT_ECONTENT when something is absent or out of range;
 * *out is then empty. */
int lt_prep_from_json(struct lt_prep *out, const struct lt_json *json, struct lt_error *err);

#endif
