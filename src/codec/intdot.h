/* Products of integer networks, one table of functions per instruction set (kernels/isa.h).
 */
#ifndef LT_CODEC_INTDOT_H
#define LT_CODEC_INTDOT_H

#include "codec/intnet.h"

struct lt_intdot {
    /* sum w x over n values, n a multiple of LT_INTNET_PAD */
    int32_t (*dot)(int64_t n, const int16_t *w, const int16_t *x);
    /* A hidden layer; y is 0 where padded. */
    void (*hidden)(const struct lt_intlayer *layer, const int16_t *x /* (stride) */,
                   int16_t *y /* (outputs, padded) */);
    /* The sums of a hidden layer, biases included, from those for the inputs `seen`, which become x. */
    void (*move)(const struct lt_intlayer *layer, const int16_t *x /* (stride) */,
                 int16_t *seen /* likewise */, int32_t *sum /* (outputs, padded) */);
    /* What becomes of sums. */
    void (*squash)(const struct lt_intlayer *layer, const int32_t *sum,
                   int16_t *y /* (outputs, padded) */);
};

/* NULL when this CPU or build lacks the instruction set. */
const struct lt_intdot *lt_intdot_table(enum lt_isa isa);

#endif
