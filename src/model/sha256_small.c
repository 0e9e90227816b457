/* SHA-256 of a build without nettle: FIPS 180-4, sections 4.1.2, 5 and 6.2. */
#include "model/sha256.h"

#ifndef LT_HAVE_NETTLE

#include <string.h>

enum { BLOCK = 64 };

struct context {
    uint32_t h[8];
    uint64_t length; /* bytes hashed so far */
    unsigned char block[BLOCK];
};
_Static_assert(sizeof(struct context) <= sizeof(struct lt_sha256), "struct lt_sha256 holds it");

static struct context *context(struct lt_sha256 *hash)
{
    return (struct context *)(void *)hash; /* its only member */
}

/* The first 32 bits of the fractions of the cube roots of the first 64 primes. */
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static uint32_t load(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void store(unsigned char *p, uint32_t x)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(x >> (24 - 8 * i));
}

/* 6.2.2: the message schedule w, and 64 rounds on a ... h = s[0] ... s[7]. */
static void compress(uint32_t h[8], const unsigned char *block)
{
    uint32_t w[64], s[8];
    for (int t = 0; t < 16; t++)
        w[t] = load(block + 4 * t);
    for (int t = 16; t < 64; t++) {
        uint32_t a = w[t - 15], b = w[t - 2];
        uint32_t s0 = rotate(a, 7) ^ rotate(a, 18) ^ a >> 3;
        uint32_t s1 = rotate(b, 17) ^ rotate(b, 19) ^ b >> 10;
        w[t] = s1 + w[t - 7] + s0 + w[t - 16];
    }
    memcpy(s, h, sizeof s);
    for (int t = 0; t < 64; t++) {
        uint32_t e = s[4], a = s[0];
        uint32_t S1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
        uint32_t choice = (e & s[5]) ^ (~e & s[6]);
        uint32_t t1 = s[7] + S1 + choice + K[t] + w[t];
        uint32_t S0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
        uint32_t majority = (a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]);
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + S0 + majority;
    }
    for (int i = 0; i < 8; i++)
        h[i] += s[i];
}

/* 5.3.3: the fractions of the square roots of the first eight primes. */
void lt_sha256_init(struct lt_sha256 *hash)
{
    static const struct context start = {.h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                               0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
    *context(hash) = start;
}

void lt_sha256_update(struct lt_sha256 *hash, const void *bytes, size_t n)
{
    struct context *c = context(hash);
    const unsigned char *from = bytes;
    while (n > 0) {
        size_t used = c->length % BLOCK;
        size_t step = n < BLOCK - used ? n : BLOCK - used;
        if (step == BLOCK) {
            compress(c->h, from);
        } else {
            memcpy(c->block + used, from, step);
            if (used + step == BLOCK)
                compress(c->h, c->block);
        }
        c->length += step;
        from += step;
        n -= step;
    }
}

/* 5.1.1: a one bit, zeros, and the length in bits, to the end of a block. */
void lt_sha256_final(struct lt_sha256 *hash, unsigned char digest[LT_SHA256_BYTES])
{
    static const unsigned char pad[BLOCK] = {0x80};
    struct context *c = context(hash);
    uint64_t bits = c->length * 8;
    size_t used = c->length % BLOCK;
    unsigned char length[8];
    store(length, (uint32_t)(bits >> 32));
    store(length + 4, (uint32_t)bits);
    lt_sha256_update(hash, pad, used < 56 ? 56 - used : 120 - used);
    lt_sha256_update(hash, length, sizeof length);
    for (int i = 0; i < 8; i++)
        store(digest + 4 * i, c->h[i]);
}

#endif
