/* The bound that a training step is measured against.
 *
 * One step of a chain of dense layers and convolutions needs, per layer, a
 * forward product, a weight gradient and (but for the first layer) a data
 * gradient.  The bound is the time of exactly these products over the whole
 * batch, bare, one after the other, each in the fastest way that oneDNN offers
 * on this machine for its shape: its own threads, its own choice of blocked
 * formats and algorithms, nothing converted, packed, activated or updated.
 * Results are f32; operands are bf16 when that is the precision asked for, of
 * a convolution whichever is faster.
 */
#ifndef LT_KERNELS_BOUND_H
#define LT_KERNELS_BOUND_H

#include "kernels/backend.h"

struct lt_bound_layer {
    int64_t in, out;          /* widths of a dense layer */
    struct lt_conv_spec conv; /* or a convolution, as far as its shape; a kernel of 0: dense */
    bool need_dx;             /* the data gradient belongs to the step */
    bool forward_only;        /* neither gradient does: rows are encoded, not learnt from */
};

struct lt_bound {
    double seconds; /* of all products of one step, each the best of many rounds of all */
    double flops;   /* 2 M N K, summed over the products; taps beyond the edges count */
};

/* Measures for at least `seconds`.  LT_EUSAGE when the build has no oneDNN.
 * The calling thread's OpenMP setting is as before afterwards. */
int lt_bound_measure(const struct lt_bound_layer *layers, size_t count, int64_t batch,
                     enum lt_precision precision, int threads, double seconds, struct lt_bound *out,
                     struct lt_error *err);

#endif
