/* gzip streams out (in: data/inflate.h).
 *
 * The header holds neither name nor time, so that the same data give the same bytes.
 */
#ifndef LT_DATA_DEFLATE_H
#define LT_DATA_DEFLATE_H

#include "base/error.h"
#include "base/pieces.h"
#include <stdbool.h>

/* False in a build without zlib. */
bool lt_gzip_writable(void);

/* `level` is zlib's, 1 ... 9; `name` is for messages and, like what to->context points to, in use
 * until the stream is freed.  LT_EUSAGE in a build without zlib. */
struct lt_gzip;
int lt_gzip_create(struct lt_gzip **out, int level, const struct lt_pieces *to, const char *name,
                   struct lt_error *err);
int lt_gzip_write(struct lt_gzip *gzip, const void *bytes, size_t n, struct lt_error *err);
/* Hands on what is left; nothing can be written after it. */
int lt_gzip_finish(struct lt_gzip *gzip, struct lt_error *err);
void lt_gzip_free(struct lt_gzip **gzip); /* NULL is allowed */

#endif
