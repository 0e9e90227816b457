#include "model/tensors.h"

#include "base/mem.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

struct lt_tensor lt_tensor_of(const char *name, enum lt_dtype dtype, int64_t rows, int64_t cols,
                              const void *data)
{
    struct lt_tensor t = {
        .dtype = dtype, .rank = cols ? 2 : 1, .shape = {rows, cols}, .data = data};
    snprintf(t.name, sizeof t.name, "%s", name);
    return t;
}

int lt_tensor_copy(const struct lt_safetensors *st, const struct lt_tensor *want, void *values,
                   struct lt_error *err)
{
    const struct lt_tensor *t = NULL;
    int rc = lt_safetensors_get(st, want->name, want->dtype, want->rank, want->shape, &t, err);
    if (rc || t->bytes == 0)
        return rc;
    memcpy(values, t->data, t->bytes);
    size_t n = t->bytes / lt_dtype_size(t->dtype);
    bool finite = true;
    for (size_t i = 0; i < n; i++)
        finite &= t->dtype == LT_DTYPE_F64 ? isfinite(((double *)values)[i]) != 0
                                           : isfinite(((float *)values)[i]) != 0;
    return finite ? LT_OK
                  : lt_fail(err, LT_ECONTENT,
                            "%s: the array \"%s\" holds values that are not "
                            "finite; train the model again",
                            st->name, want->name);
}

int lt_tensor_take(const struct lt_safetensors *st, const struct lt_tensor *want, void *out,
                   struct lt_error *err)
{
    const struct lt_tensor *t = NULL;
    void *values = NULL;
    int rc = lt_safetensors_get(st, want->name, want->dtype, want->rank, want->shape, &t, err);
    if (!rc)
        rc = lt_alloc(&values, t->bytes, 1, want->name, err);
    if (!rc)
        rc = lt_tensor_copy(st, want, values, err);
    if (rc) {
        lt_free(values);
        return rc;
    }
    memcpy(out, &values, sizeof values);
    return LT_OK;
}
