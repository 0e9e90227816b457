/* Mixing: what several experts say of a bit becomes one probability, which learns as it goes.
 *
 * A symbol of up to 8 bits is coded bit by bit, from the highest, along a binary tree; node 1 is its
 * root and node n has the children 2n and 2n+1.  For each bit the experts are
 *
 *   contexts    adaptive probabilities, one for every (context, node) met so far: the caller gives a
 *               hash for each of its contexts;
 *   a network   a logit for every node, from an integer network (codec/intnet.h), computed on demand;
 *
 * and what they say, on the logistic scale, is added with weights that follow the coding error (gradient
 * descent on code length), then corrected by what has been seen at such probabilities (Mahoney,
 * "Adaptive weighing of context models for lossless data compression", 2005; the same idea as boosting
 * by logistic regression).  Integers only; encoder and decoder do the same steps, so nothing of this is
 * stored.
 */
#ifndef LT_CODEC_MIXING_H
#define LT_CODEC_MIXING_H

#include "base/error.h"
#include "codec/range.h"
#include "kernels/isa.h"
#include <stdint.h>

enum {
    LT_CONTEXTS_MAX = 14,
    LT_CONTEXTS_ROOM = 16, /* a vector of hashes */
    LT_SYMBOL_BITS = 8,
    LT_NUMBER_FAR = 128, /* see lt_mixing_small */
    LT_SELECTORS = 2,    /* sets of mixing weights at work at once */
};

struct lt_intnet;

/* What is known of the next symbol. */
struct lt_view {
    int contexts;
    uint32_t hash[LT_CONTEXTS_ROOM]; /* those beyond `contexts` are any */
    int fine;   /* of a number (codec/number.h): its lowest bits, which are noise */
    int common; /* a symbol asked for first, by a bit of its own, which is node 0; -1: none */
    int32_t set[LT_SELECTORS];   /* which mixing weights: 0 ... sets - 1 of lt_mixing_create */
    uint32_t guess;              /* what the last correction looks at besides the probability */
    const struct lt_intnet *net; /* NULL: no network speaks */
    const int16_t *hidden;       /* of its last hidden layer */
    int32_t unit;                /* its output for node 0; the one for node n is unit + n */
};

struct lt_mixing;

/* `lines`: log2 of how many (context, half of a symbol) can be told apart, 64 bytes each.  `sets`: of
 * mixing weights.
 * `isa` changes how fast it is; LT_EUSAGE: this CPU or build lacks it. */
int lt_mixing_create(struct lt_mixing **out, int lines, int32_t sets, enum lt_isa isa,
                     struct lt_error *err);
void lt_mixing_free(struct lt_mixing **m);
/* Forgets all. */
void lt_mixing_reset(struct lt_mixing *m);

/* Codes a symbol of `bits` bits (1 ... 8); returns it. */
int lt_mixing_symbol(struct lt_mixing *m, struct lt_range *range, const struct lt_view *view,
                     int bits, int symbol);

/* Codes a number of -LT_NUMBER_FAR to LT_NUMBER_FAR, bit by bit too: whether it is 0, how many bits it has,
 * its sign and its bits.  The two ends stand for all that is further.  view->net has no say. */
int lt_mixing_small(struct lt_mixing *m, struct lt_range *range, const struct lt_view *view,
                    int number);

/* Codes a bit by one adaptive probability, which `hash` chooses: where mixing would find no more. */
int lt_mixing_simple(struct lt_mixing *m, struct lt_range *range, uint32_t hash, int bit);

/* A hash of two numbers, for contexts. */
static inline uint32_t lt_hash(uint32_t a, uint32_t b)
{
    uint32_t h = a * 0x9e3779b1u ^ (b + 0x7f4a7c15u) * 0x85ebca6bu;
    h ^= h >> 15;
    h *= 0x2c1b3c6du;
    return h ^ h >> 13;
}

#endif
