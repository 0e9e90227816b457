#include "base/rng.h"

#include "base/fmath.h"
#include <math.h>

enum { LT_BLOCK = 4 }; /* numbers that one Philox block gives */

/* Salmon et al. 2011, section 3.3 and table 2: the multipliers of the two
 * 32 x 32 -> 64 bit products and the Weyl constants that advance the key. */
void lt_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

struct lt_stream lt_stream(uint64_t seed, enum lt_purpose purpose, uint32_t epoch, uint64_t row)
{
    /* The counter has room for epoch, row and index; the purpose goes into the
     * key by one Philox block under the seed. */
    const uint32_t counter[4] = {(uint32_t)purpose, 0, 0, 0};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t mixed[4];
    lt_philox(counter, key, mixed);
    return (struct lt_stream){
        .key = {mixed[0], mixed[1]},
        .counter = {epoch, (uint32_t)row, (uint32_t)(row >> 32)},
    };
}

/* Block `block` of a stream. */
static void stream_block(const struct lt_stream *stream, uint32_t block, uint32_t out[4])
{
    const uint32_t counter[4] = {stream->counter[0], stream->counter[1], stream->counter[2], block};
    lt_philox(counter, stream->key, out);
}

/* 24 random bits as a multiple of 2^-24. */
static inline float unit(uint32_t word)
{
    return (float)(int32_t)(word >> 8) * 0x1p-24f;
}

/* Box and Muller 1958: for u1 in (0, 1] and u2 in [0, 1),
 * sqrt(-2 log u1) cos(2 pi u2) and sqrt(-2 log u1) sin(2 pi u2) are two
 * independent standard normal numbers.  sin(2 pi u) = cos(2 pi (u + 3/4)).
 * u1 has 31 bits, so that values up to 6.55 occur. */
static inline void box_muller(uint32_t word1, uint32_t word2, float out[2])
{
    float u1 = ((float)(int32_t)(word1 >> 1) + 1.0f) * 0x1p-31f;
    float radius = sqrtf(-2.0f * lt_logf(u1));
    out[0] = radius * lt_cos2pif(unit(word2));
    out[1] = radius * lt_cos2pif(unit(word2 + 0xC0000000u));
}

float lt_uniform(const struct lt_stream *stream, uint32_t index)
{
    uint32_t words[4];
    stream_block(stream, index / LT_BLOCK, words);
    return unit(words[index % LT_BLOCK]);
}

float lt_normal(const struct lt_stream *stream, uint32_t index)
{
    uint32_t words[4];
    float pair[2];
    stream_block(stream, index / LT_BLOCK, words);
    uint32_t first = index % LT_BLOCK / 2 * 2;
    box_muller(words[first], words[first + 1], pair);
    return pair[index % 2];
}

uint64_t lt_below(const struct lt_stream *stream, uint32_t index, uint64_t n)
{
    __extension__ typedef unsigned __int128 wide;
    uint32_t w[4];
    stream_block(stream, index, w);
    /* floor(R n / 2^128) for a random R of 128 bits. */
    uint64_t high = (uint64_t)w[1] << 32 | w[0], low = (uint64_t)w[3] << 32 | w[2];
    return (uint64_t)(((wide)high * n + ((wide)low * n >> 64)) >> 64);
}

void lt_uniform_pair(const struct lt_stream *stream, uint32_t index, double out[2])
{
    uint32_t w[4];
    stream_block(stream, index, w);
    for (int i = 0; i < 2; i++)
        out[i] = (double)(((uint64_t)w[2 * i + 1] << 32 | w[2 * i]) >> 11) * 0x1p-53;
}

enum {
    LT_LANES = 32, /* most blocks computed side by side, so that loops vectorise */
    LT_LANES_STEP = 8
};

/* Blocks for the next of `rest` numbers, whole vectors of them. */
static inline uint32_t lanes_for(size_t rest)
{
    size_t blocks = (rest + LT_BLOCK - 1) / LT_BLOCK;
    return blocks >= LT_LANES
               ? LT_LANES
               : (uint32_t)(blocks + LT_LANES_STEP - 1) / LT_LANES_STEP * LT_LANES_STEP;
}

/* Consecutive blocks, words[w][b] being word w of block first + b. */
static void stream_blocks(const struct lt_stream *stream, uint32_t first, uint32_t blocks,
                          uint32_t words[4][LT_LANES])
{
    for (uint32_t b = 0; b < blocks; b++) {
        uint32_t block[4];
        stream_block(stream, first + b, block);
        for (int w = 0; w < 4; w++)
            words[w][b] = block[w];
    }
}

void lt_fill_uniform(const struct lt_stream *stream, float *out, size_t n)
{
    uint32_t words[4][LT_LANES];
    for (size_t done = 0; done < n; done += LT_BLOCK * LT_LANES) {
        stream_blocks(stream, (uint32_t)(done / LT_BLOCK), lanes_for(n - done), words);
        size_t part = n - done < LT_BLOCK * LT_LANES ? n - done : LT_BLOCK * LT_LANES;
        for (size_t i = 0; i < part; i++)
            out[done + i] = unit(words[i % LT_BLOCK][i / LT_BLOCK]);
    }
}

void lt_fill_normal(const struct lt_stream *stream, float *out, size_t n)
{
    uint32_t words[4][LT_LANES];
    float normal[LT_LANES][LT_BLOCK];
    for (size_t done = 0; done < n; done += LT_BLOCK * LT_LANES) {
        uint32_t blocks = lanes_for(n - done);
        stream_blocks(stream, (uint32_t)(done / LT_BLOCK), blocks, words);
        for (uint32_t b = 0; b < blocks; b++) {
            box_muller(words[0][b], words[1][b], &normal[b][0]);
            box_muller(words[2][b], words[3][b], &normal[b][2]);
        }
        size_t part = n - done < LT_BLOCK * LT_LANES ? n - done : LT_BLOCK * LT_LANES;
        for (size_t i = 0; i < part; i++)
            out[done + i] = normal[i / LT_BLOCK][i % LT_BLOCK];
    }
}

/* A 32-bit hash of half a Feistel block under a round key: multiply and fold,
 * twice (the constants are those of the SplitMix64 finaliser, Steele et al.
 * 2014). */
static inline uint32_t feistel_round(uint32_t half, uint32_t key)
{
    uint64_t x = ((uint64_t)key << 32 | half) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 31) * 0x94D049BB133111EBu;
    return (uint32_t)(x >> 32);
}

enum { LT_FEISTEL_ROUNDS = 8 };

uint64_t lt_permute(const struct lt_stream *stream, uint64_t i, uint64_t n)
{
    if (n <= 1)
        return 0;
    uint32_t keys[LT_FEISTEL_ROUNDS];
    stream_block(stream, 0, keys);
    stream_block(stream, 1, keys + 4);
    int bits = 64 - __builtin_clzll(n - 1);
    int half = (bits + 1) / 2; /* bits in each half: 1 ... 32 */
    uint32_t mask = (uint32_t)(((uint64_t)1 << half) - 1);
    /* The network permutes [0, 4^half).  Following i until it falls below n
     * (cycle walking, Black and Rogaway 2002) permutes [0, n). */
    do {
        uint32_t left = (uint32_t)(i >> half), right = (uint32_t)i & mask;
        for (int r = 0; r < LT_FEISTEL_ROUNDS; r++) {
            uint32_t next = (left ^ feistel_round(right, keys[r])) & mask;
            left = right;
            right = next;
        }
        i = (uint64_t)left << half | right;
    } while (i >= n);
    return i;
}
