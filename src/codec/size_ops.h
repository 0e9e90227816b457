/* What a method of codec/sizes.h provides.  Private to src/codec. */
#ifndef LT_CODEC_SIZE_OPS_H
#define LT_CODEC_SIZE_OPS_H

#include "base/pieces.h"
#include "codec/sizes.h"

struct lt_size_ops {
    const char *name;
    bool (*present)(void); /* whether this build has the library */
    /* The state of one method, which hands what it makes on to `to`.  *reduced comes in as 0. */
    int (*create)(void **state, uint64_t total, uint64_t memory, const struct lt_pieces *to,
                  int64_t *reduced, const char *name, struct lt_error *err);
    int (*feed)(void *state, const void *bytes, size_t n, struct lt_error *err);
    int (*finish)(void *state, struct lt_error *err);
    void (*release)(void **state); /* NULL is allowed in it */
};
extern const struct lt_size_ops lt_size_xz;

#endif
