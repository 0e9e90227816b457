#include "model/sha256.h"

#include <string.h>

void lt_sha256_hex(struct lt_sha256 *hash, char hex[LT_SHA256_HEX])
{
    unsigned char digest[LT_SHA256_BYTES];
    lt_sha256_final(hash, digest);
    lt_sha256_write(digest, hex);
}

void lt_sha256_write(const unsigned char digest[LT_SHA256_BYTES], char hex[LT_SHA256_HEX])
{
    static const char digit[] = "0123456789abcdef";
    for (int i = 0; i < LT_SHA256_BYTES; i++) {
        hex[2 * i] = digit[digest[i] >> 4];
        hex[2 * i + 1] = digit[digest[i] & 15];
    }
    hex[LT_SHA256_HEX - 1] = '\0';
}

bool lt_sha256_is_hex(const char *text)
{
    return strspn(text, "0123456789abcdef") == LT_SHA256_HEX - 1 && text[LT_SHA256_HEX - 1] == '\0';
}
