/* General-purpose compression: what Latent's own codec falls back to where it does not win.
 *
 * Packed bytes begin with one byte that names the method, enum lt_general_method.  A build without
 * zstd stores bytes as they are, and refuses what zstd made with a sentence (LT_EFAIL).
 *
 * Level 19 without long-distance matching is what `zstd -19` does, so that a whole file packed here
 * is as small as that makes it, but for the method byte.
 *
 * Whoever unpacks knows how many bytes to expect, from its own header; a payload that holds more or
 * fewer is refused (LT_ECONTENT), and never makes more memory be taken than was expected of it.
 */
#ifndef LT_CODEC_GENERAL_H
#define LT_CODEC_GENERAL_H

#include "base/error.h"
#include "base/pieces.h"
#include <stdbool.h>
#include <stdint.h>

enum { LT_GENERAL_LEVEL = 19 };
/* What files hold: these numbers stay. */
enum lt_general_method { LT_GENERAL_STORED = 0, LT_GENERAL_ZSTD = 1, LT_GENERAL_METHODS };

/* Whether this build packs and unpacks with a method. */
bool lt_general_has(enum lt_general_method method);

/* ---- blocks ------------------------------------------------------------ */

/* The most that n bytes become: stored, with the method. */
#define LT_GENERAL_MOST(n) ((n) + (size_t)1)

/* Packs n >= 0 bytes into *out by the method that makes the fewest of them; *out is grown to at
 * least LT_GENERAL_MOST(n) bytes (lt_grow, *room), *size says how many are used.  `name` is for
 * messages. */
int lt_general_pack(unsigned char **out, size_t *room, size_t *size, const void *bytes, size_t n,
                    const char *name, struct lt_error *err);

/* Whether packing n bytes may come out below `size`: a quick try at a low level, with a margin. */
bool lt_general_may_win(const void *bytes, size_t n, size_t size);

/* Unpacks a payload of `size` bytes into exactly n. */
int lt_general_unpack(void *out /* (n) bytes */, size_t n, const void *payload, size_t size,
                      const char *name, struct lt_error *err);

/* ---- streams ----------------------------------------------------------- */

/* A whole file, fed piece by piece, in bounded memory: about 90 MB to pack, 9 MB to unpack.  What
 * comes out is handed on in pieces of LT_GENERAL_PIECE bytes, the last one shorter; where it is fed
 * makes no difference to them. */
enum { LT_GENERAL_PIECE = 1 << 18 };

/* `total` bytes will be fed to a packer, or will come out of an unpacker.  `name` and what
 * to->context points to are in use until the stream is freed. */
struct lt_general_stream;
int lt_general_packer(struct lt_general_stream **out, uint64_t total, const struct lt_pieces *to,
                      const char *name, struct lt_error *err);
int lt_general_unpacker(struct lt_general_stream **out, uint64_t total, const struct lt_pieces *to,
                        const char *name, struct lt_error *err);

int lt_general_feed(struct lt_general_stream *stream, const void *bytes, size_t n,
                    struct lt_error *err);
/* Hands on what is left.  Fails unless the stream is whole: LT_EFAIL when a packer was not fed
 * `total` bytes, LT_ECONTENT when an unpacker did not give them. */
int lt_general_finish(struct lt_general_stream *stream, struct lt_error *err);
void lt_general_free(struct lt_general_stream **stream); /* NULL is allowed */

#endif
