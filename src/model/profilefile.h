/* A profile as JSON and arrays of the model file; docs/model-format.md lists them.
 */
#ifndef LT_MODEL_PROFILEFILE_H
#define LT_MODEL_PROFILEFILE_H

#include "model/model.h"
#include "model/tensors.h"

/* Sets the key "profile" of `json`, when the model has one. */
int lt_profile_to_json(struct lt_json *json, const struct lt_model *model, struct lt_error *err);
/* Fills the sizes of model->profile; a file without the key has none.  Prep and networks must be
 * there. */
int lt_profile_from_json(struct lt_model *model, const struct lt_json *json, struct lt_error *err);

/* Appends the arrays of doubles (`first`) or those of floats behind *end. */
enum { LT_PROFILE_ARRAYS = 5 };
void lt_profile_list(struct lt_tensor **end, const struct lt_profile *profile, bool first);
int lt_profile_read(struct lt_model *model, const struct lt_safetensors *st, struct lt_error *err);

#endif
