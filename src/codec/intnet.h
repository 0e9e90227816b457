/* A feed-forward network in integers, whose results are the same on every CPU.
 *
 * What a decoder computes must be what the encoder computed, to the last bit, so
 * the networks that the codec asks are made of integers alone:
 *
 *     x      int16, Q10 (1.0 is 1024), |x| <= LT_INTNET_MOST
 *     hidden y = clamp((max(sum w x + b, 0) + half) >> shift, 0, LT_INTNET_MOST), Q10 again
 *     last   (sum w x + b) in Q16 (1.0 is 65536), rounded, clamped to an int32
 *
 * with int16 weights that are w 2^shift, `shift` one number for a layer, and int32 biases that are
 * b 2^(shift + 10).  The activation is ReLU throughout.  A layer's weights are small enough that no
 * sum can leave an int32, in whatever order it is added up:
 *
 *     sum over a row of |w| LT_INTNET_MOST + |b| + half < 2^31,    half = 2^(shift - 1) or 0
 *
 * A network that breaks this rule cannot be made or read, so overflow is impossible.
 *
 * The units of the last layer are evaluated one by one: a caller with a tree of 255 decisions pays
 * for the eight that it asks.
 *
 * A sealed network is never written to; any number of threads may use it.
 */
#ifndef LT_CODEC_INTNET_H
#define LT_CODEC_INTNET_H

#include "base/error.h"
#include "kernels/isa.h"
#include <stddef.h>
#include <stdint.h>

enum {
    LT_INTNET_LAYERS = 6,         /* at most, the last included */
    LT_INTNET_WIDTH = 4096,       /* most inputs of a layer, and so most outputs of a hidden one */
    LT_INTNET_OUTPUTS = 65536,    /* most outputs of the last */
    LT_INTNET_WEIGHTS = 16 << 20, /* most weights of all layers, padding included */
    LT_INTNET_SHIFT = 14,         /* most fractional bits of weights */
    LT_INTNET_POINT = 10,         /* fractional bits of inputs and hidden values */
    LT_INTNET_ONE = 1 << LT_INTNET_POINT,
    LT_INTNET_MOST = 8191, /* largest input and hidden value: just below 8.0 */
    LT_INTNET_PAD = 32,    /* widths in memory are multiples of it */
};

struct lt_intlayer {
    int32_t inputs, outputs;
    int32_t stride; /* of a row of weights: inputs, padded */
    int shift;
    int16_t *weights; /* (outputs, stride), 0 where padded */
    int32_t *biases;  /* (outputs, padded) */
    int16_t
        *pairs; /* (outputs / PAD, stride / 2, PAD, 2): the weights of a hidden layer once more, as
                         wide vectors multiply them; made by lt_intnet_seal */
};

struct lt_intdot;
struct lt_intnet {
    int layers;
    struct lt_intlayer layer[LT_INTNET_LAYERS];
    const struct lt_intdot *dot; /* products for an instruction set */
};

/* A width as it lies in memory. */
static inline int32_t lt_intnet_padded(int64_t width)
{
    return (int32_t)((width + LT_INTNET_PAD - 1) / LT_INTNET_PAD * LT_INTNET_PAD);
}

/* A network of zeros, to be filled in and sealed.  LT_ECONTENT: sizes beyond the limits above;
 * LT_EUSAGE: an instruction set that this CPU or build lacks.  lt_isa_best() is the fastest;
 * LT_ISA_BASE is plain C, the reference. */
int lt_intnet_create(struct lt_intnet **out, int layers,
                     const int64_t *widths /* (layers + 1), the inputs first */, enum lt_isa isa,
                     struct lt_error *err);
void lt_intnet_free(struct lt_intnet **net);

/* Checks that no sum can overflow (LT_ECONTENT names the layer) and readies the network for use. */
int lt_intnet_seal(struct lt_intnet *net, struct lt_error *err);

static inline int32_t lt_intnet_inputs(const struct lt_intnet *net)
{
    return net->layer[0].inputs;
}
static inline int32_t lt_intnet_outputs(const struct lt_intnet *net)
{
    return net->layer[net->layers - 1].outputs;
}
/* Values in `h` below. */
static inline int32_t lt_intnet_room(const struct lt_intnet *net)
{
    return net->layer[net->layers - 1].stride;
}

/* All layers but the last.  Inputs beyond +-LT_INTNET_MOST count as that. */
void lt_intnet_hidden(const struct lt_intnet *net, const int16_t *x /* (inputs) */,
                      int16_t *h /* (lt_intnet_room) */);
/* The same, where inputs are mostly those of the call before: `memo` keeps the sums of the first layer,
 * and only what is new is multiplied.  The same bits. */
struct lt_intmemo;
int lt_intmemo_create(struct lt_intmemo **out,
                      const struct lt_intnet *net /* of more than one layer */,
                      struct lt_error *err);
void lt_intmemo_free(struct lt_intmemo **memo);
void lt_intnet_hidden_again(const struct lt_intnet *net, struct lt_intmemo *memo, const int16_t *x,
                            int16_t *h);
/* One unit of the last layer, in Q16. */
int32_t lt_intnet_unit(const struct lt_intnet *net, const int16_t *h, int32_t unit);

/* ---- from floats ---- */

/* The sealed network nearest to float weights.  A layer's shift is `bits` (0 to LT_INTNET_SHIFT), or
 * as much less as its weights ask for.  LT_EFAIL: weights that are not finite or too large for any. */
int lt_intnet_quantise(struct lt_intnet **out, int layers, const int64_t *widths /* (layers + 1) */,
                       const float *const *weights /* (layers): (out, in) row-major each */,
                       const float *const *biases /* (layers): (out) each */, int bits,
                       enum lt_isa isa, struct lt_error *err);

/* ---- as bytes ---- */

/* Appends a network to a growable array of bytes (lt_grow).  Little-endian:
 *
 *     u8 layers, u32 inputs, then for each layer u32 outputs, u8 shift,
 *     then for each layer its biases and its weights (out, in) row-major, without padding,
 *
 * numbers v as zigzag (2v, or -2v - 1 where negative) and in planes: the lowest bytes of all, then
 * the next bytes of all, so that a coder that follows finds the high bytes of small numbers, which
 * are mostly 0, together. */
int lt_intnet_write(const struct lt_intnet *net, uint8_t **bytes, size_t *size, size_t *capacity,
                    struct lt_error *err);
/* The sealed network that makes up exactly these bytes; LT_ECONTENT otherwise. */
int lt_intnet_read(struct lt_intnet **out, const uint8_t *bytes, size_t size, enum lt_isa isa,
                   struct lt_error *err);

#endif
