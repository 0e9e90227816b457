/* How many bytes gzip -9, zstd -19 and xz -9e make of the same bytes.
 *
 * One object per method is fed the bytes piece by piece and counts what comes out, without keeping
 * it.  Objects are independent of each other, so that each may run in a thread of its own.  What is
 * counted is a file of that kind, with its header and its end, as the program would write from its
 * standard input (gzip's differs from zlib's, which is used here, by less than 0.1 %).
 */
#ifndef LT_CODEC_SIZES_H
#define LT_CODEC_SIZES_H

#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

enum lt_size_method { LT_SIZE_GZIP, LT_SIZE_ZSTD, LT_SIZE_XZ, LT_SIZE_METHODS };
const char *lt_size_name(enum lt_size_method method); /* "gzip -9" */

struct lt_size {
    int64_t bytes; /* -1: not measured, as this build lacks the library */
    /* How far the method looked back, where that was less than it does by itself and less than the
     * whole, to stay within the memory allowed: bytes; 0: as far as always. */
    int64_t reduced;
};

/* `total` bytes will be fed, and about `memory` bytes may be used for it: gzip takes 0.3 MB, zstd up
 * to 90 MB, and both take what they need; xz -9e takes 674 MiB, which here becomes less for totals
 * below 64 MiB and otherwise by looking back less far, in steps of powers of two (370 MiB for 32 MiB).
 * `name` is for messages and in use until the end. */
struct lt_sizing;
int lt_sizing_create(struct lt_sizing **out, enum lt_size_method method, uint64_t total,
                     uint64_t memory, const char *name, struct lt_error *err);
int lt_sizing_feed(struct lt_sizing *sizing, const void *bytes, size_t n, struct lt_error *err);
/* LT_EFAIL unless `total` bytes were fed. */
int lt_sizing_finish(struct lt_sizing *sizing, struct lt_size *out, struct lt_error *err);
void lt_sizing_free(struct lt_sizing **sizing); /* NULL is allowed */

#endif
