/* Checkpoints: the state of a run, as one sealed safetensors file.
 *
 * What the state is, the caller decides: a JSON object and named arrays.  The
 * file appears whole under its name or the old one stays, whenever the process
 * is killed; checksums cover every byte.
 */
#ifndef LT_MODEL_CHECKPOINT_H
#define LT_MODEL_CHECKPOINT_H

#include "base/error.h"
#include "model/json.h"
#include "model/safetensors.h"
#include <stddef.h>

enum { LT_CHECKPOINT_FORMAT = 1 }; /* what is written and read */

struct lt_checkpoint_part {
    const char *name; /* unique; shorter than LT_TENSOR_NAME */
    enum lt_dtype dtype;
    const void *values; /* (count) */
    size_t count;
};

int lt_checkpoint_write(const char *path, const struct lt_json *state,
                        const struct lt_checkpoint_part *parts /* (n) */, int n,
                        struct lt_error *err);

struct lt_checkpoint;

/* LT_EFAIL when the file is missing or unreadable, LT_ECONTENT when it is no checkpoint, is damaged
 * or comes from a newer Latent. */
int lt_checkpoint_read(struct lt_checkpoint **out, const char *path, struct lt_error *err);
void lt_checkpoint_free(struct lt_checkpoint **checkpoint);

const struct lt_json *lt_checkpoint_state(const struct lt_checkpoint *checkpoint);
/* How many values the array has; 0 when there is none of that name. */
size_t lt_checkpoint_count(const struct lt_checkpoint *checkpoint, const char *name);
/* Copies an array out.  LT_ECONTENT unless it is there with this type and count. */
int lt_checkpoint_array(const struct lt_checkpoint *checkpoint, const char *name,
                        enum lt_dtype dtype, void *values /* (count) */, size_t count,
                        struct lt_error *err);

#endif
