/* gzip streams.
 */
#ifndef LT_DATA_INFLATE_H
#define LT_DATA_INFLATE_H

#include "base/error.h"
#include "base/file.h"
#include <stdbool.h>

/* Nothing that unpacks to more than this is read. */
#define LT_UNPACKED_MAX ((size_t)64 << 30)

/* Deflate cannot pack tighter than 1032 to 1, so a claim beyond that is a lie. */
#define LT_DEFLATE_RATIO ((size_t)1032)

bool lt_gzip_is(const struct lt_bytes *bytes); /* by its first bytes */

/* Replaces *bytes by what it unpacks to; several members that follow one
 * another are read as one.  LT_ECONTENT when the stream ends early, is damaged
 * or is followed by something else. */
int lt_gzip_unpack(struct lt_bytes *bytes, const char *name, struct lt_error *err);

#endif
