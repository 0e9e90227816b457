/* Inside mixing: what is learned, and the coding of symbols, compiled once per instruction set. */
#ifndef LT_CODEC_MIXING_PARTS_H
#define LT_CODEC_MIXING_PARTS_H

#include "codec/logistic.h"
#include "codec/mixing.h"
#include "kernels/isa.h"

enum {
    LT_MIX_LINE = 16,   /* words: a check, and 15 nodes */
    LT_MIX_INPUTS = 16, /* of a bit: contexts, ... */
    LT_MIX_BIAS = LT_CONTEXTS_MAX,
    LT_MIX_NETWORK = LT_CONTEXTS_MAX + 1,
    LT_MIX_COUNT = 1023, /* times that a node is known to have been met */
    LT_MIX_USES = 1000,  /* of weights that are counted */
    LT_MIX_BUCKETS = 32, /* of a correction */
    LT_MIX_FINE = LT_STRETCH_FINE - LT_STRETCH_FINE / 16, /* of lt_mixing.stretch: see there */
    LT_MIX_CORRECTIONS = 4096,
    LT_MIX_SPAN = 2 * LT_STRETCH_MOST + 1,
    LT_MIX_SIMPLE = 1 << 14, /* nodes that are asked alone */
};
_Static_assert(LT_MIX_NETWORK < LT_MIX_INPUTS, "inputs fill a vector");

/* A node: 22 bits of probability of a 1, 10 of how often it was met. */
#define LT_MIX_FRESH (1u << 31)

/* lt_mixing_symbol and lt_mixing_small for an instruction set */
struct lt_mixing_coder {
    int (*symbol)(struct lt_mixing *m, struct lt_range *range, const struct lt_view *view, int bits,
                  int symbol);
    int (*number)(struct lt_mixing *m, struct lt_range *range, const struct lt_view *view,
                  int number);
};

struct lt_mixing {
    const struct lt_mixing_coder *coder;
    struct lt_logistic logistic;
    /* of probabilities below LT_STRETCH_FINE, then of each 16 to 32768 */
    int32_t stretch[LT_MIX_FINE + 32768 / 16 + 1];
    /* of a node met n times: 65536 / (n + 1.5), by which it learns, and in the low 16 bits how far it
     * is trusted, in Q8 */
    int32_t pace[LT_MIX_COUNT + 1];
    int32_t rate[LT_MIX_USES + 1]; /* of learning weights used so often, in 16ths */
    int lines;                     /* log2 */
    uint32_t (*line)[LT_MIX_LINE];
    int32_t sets;
    int32_t (*weight)[LT_MIX_INPUTS]; /* (nodes, sets), Q16 */
    uint16_t *uses;                   /* (nodes, sets) */
    uint16_t (*correct)[LT_MIX_BUCKETS];
    uint32_t *simple; /* (LT_MIX_SIMPLE): see lt_mixing_simple */
};

/* A node that met a bit. */
static inline uint32_t lt_taught(uint32_t node, int bit, int32_t pace)
{
    const int32_t end = bit ? (1 << 22) - 1 : 0;
    int32_t p = (int32_t)(node >> 10), n = (int32_t)(node & LT_MIX_COUNT);
    p += ((end - p) >> 7) * pace >> 9;
    return (uint32_t)p << 10 | (uint32_t)(n < LT_MIX_COUNT ? n + 1 : n);
}

#endif
