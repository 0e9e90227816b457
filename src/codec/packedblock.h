/* The bytes of a block of rows, and back: integers by the pattern's coder, exceptions beside them, or
 * the rows as they are by a general method (codec/general.h) where that is smaller.
 *
 *     u8 form
 *     CODED    varint size of the exceptions, packed; they, packed; the integers (codec/block.h)
 *     GENERAL  the rows' bytes (app/packsource.h), packed
 *
 * What is packed by a general method begins with that method and with how long it is unpacked.
 */
#ifndef LT_CODEC_PACKEDBLOCK_H
#define LT_CODEC_PACKEDBLOCK_H

#include "codec/block.h"
#include "codec/growable.h"

enum lt_packed_form { LT_PACKED_CODED, LT_PACKED_GENERAL, LT_PACKED_FORMS };

/* Packed bytes with their unpacked length before them. */
int lt_packed_put(struct lt_growable *out, const void *bytes, size_t n, struct lt_error *err);
/* The rest of a reader as such; appended to `out`, of which more than `most` is refused. */
int lt_packed_get(struct lt_growable *out, const void *bytes, size_t size, size_t most,
                  struct lt_error *err);

/* Of lt_packed_split. */
struct lt_packed_parts {
    enum lt_packed_form form;
    const unsigned char *exceptions, *coded; /* packed; the integers, or the rows packed */
    size_t exceptions_size, coded_size;
};
int lt_packed_split(struct lt_packed_parts *out, const void *bytes, size_t size,
                    struct lt_error *err);

#endif
