/* Model files: a model as one sealed safetensors file; docs/model-format.md is
 * the specification.  It is data only: reading it executes nothing.
 */
#ifndef LT_MODEL_MODELFILE_H
#define LT_MODEL_MODELFILE_H

#include "base/error.h"
#include "model/model.h"
#include <stddef.h>

enum { LT_MODEL_FORMAT = 1 }; /* what is written, and the newest that is read */
#define LT_VERSION "0.1.0"    /* stands in files; equals LATENT_VERSION (tested) */

/* The file appears whole or not at all.  The model must be sealed. */
int lt_model_write(const struct lt_model *model, const char *path, struct lt_error *err);

/* Fails with LT_EFAIL when the file is missing or unreadable, with LT_ECONTENT when it is not a
 * model, is damaged, comes from a newer Latent, or contradicts itself. */
int lt_model_read(struct lt_model **out, const char *path, struct lt_error *err);

/* The same bytes in memory, freed with lt_free; and back, with `name` in messages. */
int lt_model_to_bytes(const struct lt_model *model, unsigned char **bytes, size_t *size,
                      struct lt_error *err);
int lt_model_from_bytes(struct lt_model **out, const char *name, const void *bytes, size_t size,
                        struct lt_error *err);

#endif
