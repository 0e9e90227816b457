#include "model/sha256.h"

#ifdef LT_HAVE_NETTLE

#include <nettle/sha2.h>

_Static_assert(sizeof(struct sha256_ctx) <= sizeof(struct lt_sha256),
               "struct lt_sha256 holds nettle's state");

static struct sha256_ctx *context(struct lt_sha256 *hash)
{
    return (struct sha256_ctx *)(void *)hash; /* its only member */
}

void lt_sha256_init(struct lt_sha256 *hash)
{
    sha256_init(context(hash));
}

void lt_sha256_update(struct lt_sha256 *hash, const void *bytes, size_t n)
{
    sha256_update(context(hash), n, bytes);
}

void lt_sha256_final(struct lt_sha256 *hash, unsigned char digest[LT_SHA256_BYTES])
{
    sha256_digest(context(hash), LT_SHA256_BYTES, digest);
}

#endif
