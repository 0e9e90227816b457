/* A detector as JSON and arrays of the model file; docs/model-format.md lists them.
 */
#ifndef LT_MODEL_DETECTORFILE_H
#define LT_MODEL_DETECTORFILE_H

#include "model/model.h"
#include "model/tensors.h"

/* Sets the key "detector" of `json`. */
int lt_detector_to_json(struct lt_json *json, const struct lt_model *model, struct lt_error *err);
/* Fills all of model->detector but its arrays; a file without the key has none.  The networks must
 * be there.  LT_ECONTENT when something is absent or out of range. */
int lt_detector_from_json(struct lt_model *model, const struct lt_json *json, struct lt_error *err);

/* Which arrays the detector has and where they stand in memory, those of doubles first; returns how
 * many. */
enum { LT_DETECTOR_ARRAYS = 2 + 2 * LT_LENSES + 2 * LT_TERMS_MAX };
struct lt_detector_array {
    struct lt_tensor tensor; /* without data */
    void *place;             /* of the pointer in the detector */
};
int lt_detector_arrays(struct lt_detector *detector, int64_t features,
                       struct lt_detector_array list[LT_DETECTOR_ARRAYS]);
int lt_detector_read(struct lt_model *model, const struct lt_safetensors *st, struct lt_error *err);

#endif
