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
};
_Static_assert(LT_MIX_NETWORK < LT_MIX_INPUTS, "inputs fill a vector");

/* A node: 22 bits of probability of a 1, 10 of how often it was met. */
#define LT_MIX_FRESH (1u << 31)

/* lt_mixing_symbol for an instruction set */
typedef int (*lt_mixing_coder)(struct lt_mixing *m, struct lt_range *range,
                               const struct lt_view *view, int bits, int symbol);

struct lt_mixing {
    lt_mixing_coder coder;
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
    int32_t (*weight)[LT_MIX_INPUTS]; /* (sets, nodes), Q16 */
    uint16_t *uses;                   /* (sets, nodes) */
    uint16_t (*correct)[LT_MIX_BUCKETS];
};

#endif
