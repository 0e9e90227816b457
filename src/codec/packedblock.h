/* The bytes of a block of rows, and back: integers by the pattern's coder, exceptions beside them, or
 * the rows as they are by a general method (codec/general.h) where that is smaller.
 *
 *     u8 form
 *     CODED    varint size of the exceptions, packed; they (codec/packedbytes.h); where the model has a code,
 *              varint size of the rows' codes, and they (codec/block.h); the integers (codec/block.h), but
 *              where the code's guesses stand for them
 *     GENERAL  the rows' bytes (app/packsource.h), by codec/packedbytes.h
 */
#ifndef LT_CODEC_PACKEDBLOCK_H
#define LT_CODEC_PACKEDBLOCK_H

#include "base/error.h"
#include <stddef.h>

enum lt_packed_form { LT_PACKED_CODED, LT_PACKED_GENERAL, LT_PACKED_FORMS };

/* Of lt_packed_split. */
struct lt_packed_parts {
    enum lt_packed_form form;
    const unsigned char *exceptions, *coded; /* packed; the integers, or the rows packed */
    size_t exceptions_size, coded_size;
};
int lt_packed_split(struct lt_packed_parts *out, const void *bytes, size_t size,
                    struct lt_error *err);

#endif
