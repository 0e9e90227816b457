/* A binary range coder: bits with probabilities become bytes, and back.
 *
 * An interval of 32-bit numbers is cut in proportion to the probability of each bit, and its leading
 * bytes are written once they are settled (Martin, "Range encoding", 1979; in this form without
 * carries by Mahoney's paq).  Integers only.  One function codes both ways, so that a model that calls
 * it is its own inverse: while decoding, the bit it is given is ignored and the one it returns counts.
 *
 * Bytes past the end of the input read as 0: whoever decodes checks what came out (codec/container.h
 * has a checksum for every block).
 */
#ifndef LT_CODEC_RANGE_H
#define LT_CODEC_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LT_PROBABILITY_BITS = 16 }; /* probabilities are 1 ... 65535 of 65536 */

struct lt_range {
    uint32_t low, high; /* the interval, both ends within */
    uint32_t code;      /* decoding: the number read */
    bool decoding;
    bool full; /* encoding: the bytes did not fit */
    /* encoding: written so far and where to; decoding: likewise read */
    size_t at, size;
    unsigned char *out;
    const unsigned char *in;
};

static inline struct lt_range lt_range_encoder(unsigned char *out, size_t size)
{
    return (struct lt_range){.high = UINT32_MAX, .out = out, .size = size};
}

static inline uint32_t lt_range_next(struct lt_range *r)
{
    return r->at < r->size ? r->in[r->at++] : 0;
}

static inline struct lt_range lt_range_decoder(const unsigned char *in, size_t size)
{
    struct lt_range r = {.high = UINT32_MAX, .decoding = true, .in = in, .size = size};
    for (int i = 0; i < 4; i++)
        r.code = r.code << 8 | lt_range_next(&r);
    return r;
}

static inline void lt_range_put(struct lt_range *r, uint32_t byte)
{
    if (r->at < r->size)
        r->out[r->at++] = (unsigned char)byte;
    else
        r->full = true;
}

/* Codes a bit that is 1 with probability `one` / 65536; returns it. */
static inline int lt_range_bit(struct lt_range *r, int bit, uint32_t one)
{
    uint32_t middle =
        r->low + (uint32_t)((uint64_t)(r->high - r->low) * one >> LT_PROBABILITY_BITS);
    if (r->decoding)
        bit = r->code <= middle;
    if (bit)
        r->high = middle;
    else
        r->low = middle + 1;
    while (((r->low ^ r->high) & 0xff000000u) == 0) {
        if (r->decoding)
            r->code = r->code << 8 | lt_range_next(r);
        else
            lt_range_put(r, r->high >> 24);
        r->low <<= 8;
        r->high = r->high << 8 | 0xff;
    }
    return bit;
}

/* Ends an encoding; returns the bytes written, 0 when they did not fit. */
static inline size_t lt_range_finish(struct lt_range *r)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        lt_range_put(r, r->high >> shift);
    return r->full ? 0 : r->at;
}

#endif
