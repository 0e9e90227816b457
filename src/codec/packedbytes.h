/* Bytes of a few kinds, such as the numbers of a model or the texts of a table, packed by the codec's own
 * mixing so that every build can unpack them; long ones that need not be so by a general method.
 *
 *     varint length; u8 form; the bytes: as they are, mixed (contexts of 0 to 3 bytes before), or by
 *     codec/general.h
 */
#ifndef LT_CODEC_PACKEDBYTES_H
#define LT_CODEC_PACKEDBYTES_H

#include "base/error.h"
#include "codec/growable.h"
#include <stdbool.h>

/* Appends n bytes, packed; `portable`: never by a general method. */
int lt_packedbytes_put(struct lt_growable *out, const void *bytes, size_t n, bool portable,
                       struct lt_error *err);
/* Appends what `size` bytes hold; more than `most` is refused. */
int lt_packedbytes_get(struct lt_growable *out, const void *bytes, size_t size, size_t most,
                       struct lt_error *err);

#endif
