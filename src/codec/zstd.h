/* zstd, as codec/general.h uses it; the only file that sees the library is zstd.c.  Private to
 * src/codec.
 */
#ifndef LT_CODEC_ZSTD_H
#define LT_CODEC_ZSTD_H

#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

/* Whether this build has it.  Without it nothing else here may be called but lt_zstd_free. */
bool lt_zstd_present(void);

/* *size bytes at `out`; 0 when more than `room` would be needed.  Fails for want of memory only. */
int lt_zstd_pack(void *out, size_t room, size_t *size, const void *bytes, size_t n,
                 const char *name, struct lt_error *err);
/* About how many bytes these are at a low level; n when that cannot be told. */
size_t lt_zstd_quickly(const void *bytes, size_t n);
/* Whether `size` bytes are whole frames of exactly n bytes, which then are at `out`. */
bool lt_zstd_unpack(void *out, size_t n, const void *packed, size_t size);

struct lt_zstd;
/* `total` bytes will come. */
int lt_zstd_packer(struct lt_zstd **out, uint64_t total, const char *name, struct lt_error *err);
int lt_zstd_unpacker(struct lt_zstd **out, const char *name, struct lt_error *err);
void lt_zstd_free(struct lt_zstd **zstd); /* NULL is allowed */

/* From `in` to `out` as far as either goes. */
struct lt_zstd_step {
    const void *in;
    size_t in_size, in_used; /* bytes; in_used moves on */
    void *out;
    size_t out_room, out_used;
    bool last;       /* no input will follow this one */
    bool ended;      /* what comes out is complete */
    const char *why; /* of failure */
};
bool lt_zstd_step(struct lt_zstd *zstd, struct lt_zstd_step *step);

#endif
