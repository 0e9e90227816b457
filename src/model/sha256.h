/* SHA-256 (FIPS 180-4), incremental.  From nettle (sha256_nettle.c); the minimal
 * build has its own (sha256_small.c).
 *
 *     struct lt_sha256 hash;
 *     lt_sha256_init(&hash);
 *     lt_sha256_update(&hash, bytes, n);
 *     char hex[LT_SHA256_HEX];
 *     lt_sha256_hex(&hash, hex);
 */
#ifndef LT_MODEL_SHA256_H
#define LT_MODEL_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LT_SHA256_BYTES = 32,
    LT_SHA256_HEX = 65, /* 64 lower-case digits and a NUL */
};

/* Plain data: a copy continues from the same place. */
struct lt_sha256 {
    uint64_t state[20];
};

void lt_sha256_init(struct lt_sha256 *hash);
void lt_sha256_update(struct lt_sha256 *hash, const void *bytes, size_t n);
/* End the hash; it must be initialised again before another use. */
void lt_sha256_final(struct lt_sha256 *hash, unsigned char digest[LT_SHA256_BYTES]);
void lt_sha256_hex(struct lt_sha256 *hash, char hex[LT_SHA256_HEX]);

/* A digest in digits. */
void lt_sha256_write(const unsigned char digest[LT_SHA256_BYTES], char hex[LT_SHA256_HEX]);

/* Whether a text is 64 lower-case hexadecimal digits. */
bool lt_sha256_is_hex(const char *text);

#endif
