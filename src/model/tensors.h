/* Arrays of a model file: described once, written from memory and read back into it.
 */
#ifndef LT_MODEL_TENSORS_H
#define LT_MODEL_TENSORS_H

#include "model/safetensors.h"

/* A vector (rows) when cols is 0, else a matrix (rows, cols). */
struct lt_tensor lt_tensor_of(const char *name, enum lt_dtype dtype, int64_t rows, int64_t cols,
                              const void *data);

/* Copies the tensor of that name, type and shape, floats or doubles, into `values`.  LT_ECONTENT
 * when it is absent or holds what is not finite. */
int lt_tensor_copy(const struct lt_safetensors *st, const struct lt_tensor *want, void *values,
                   struct lt_error *err);
/* Allocates what the tensor needs, whose size has been found in the file before, copies it and puts
 * the pointer into *out (a pointer to a pointer), freed with lt_free. */
int lt_tensor_take(const struct lt_safetensors *st, const struct lt_tensor *want, void *out,
                   struct lt_error *err);

#endif
