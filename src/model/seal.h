/* The seal of a safetensors file; between safetensors.c and
 * safetensors_read.c.
 *
 * A sealed header begins with LT_SEAL_PREFIX and 64 digits: a fixed place, so
 * that the header can be checked before anything in it is parsed.
 */
#ifndef LT_MODEL_SEAL_H
#define LT_MODEL_SEAL_H

#include "model/safetensors.h"

#define LT_SEAL_PREFIX "{\"__metadata__\": {\"header_sha256\": \""
enum {
    LT_SEAL_PREFIX_BYTES = sizeof LT_SEAL_PREFIX - 1,
    LT_SEAL_DIGITS = LT_SHA256_HEX - 1,
    LT_SEAL_END = 8 + LT_SEAL_PREFIX_BYTES + LT_SEAL_DIGITS, /* no sealed file is shorter */
};

/* SHA-256 of length field and header, `size` >= LT_SEAL_END bytes, with the seal's digits taken as
 * '0'. */
void lt_seal_hash(const unsigned char *head, size_t size, char hex[LT_SHA256_HEX]);

/* The bytes of a dtype and shape; false when they do not fit. */
bool lt_tensor_bytes(const struct lt_tensor *tensor, size_t *bytes);

#endif
