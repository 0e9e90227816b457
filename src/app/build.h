/* From words to a network: layers, activation, noise -> a symmetric spec.
 */
#ifndef LT_APP_BUILD_H
#define LT_APP_BUILD_H

#include "base/error.h"
#include "net/net.h"
#include "prep/prep.h"
#include <stdint.h>

enum { LT_HIDDEN_MAX = 14 };

/* A hidden layer of the encoder: dense; a convolution, which the decoder mirrors by a transposed one;
 * a residual block, x + conv(act(conv(x))), which it mirrors by another; or a pooling, which it mirrors
 * by up-sampling.  What goes into a block or out of it is linear, so that the path past the blocks
 * is; poolings may stand in between. */
struct lt_hidden {
    int64_t width;          /* units, or channels, which a pooling leaves as they are */
    int64_t kernel, stride; /* 0 and 0: dense; 0 and the side of its window: a pooling */
    bool residual;
    enum lt_pool pool;
};

/* Whether what a layer puts out is a grid of pixels. */
static inline bool lt_hidden_is_grid(const struct lt_hidden *l)
{
    return l->stride > 0;
}
static inline bool lt_hidden_pools(const struct lt_hidden *l)
{
    return l->pool != LT_POOL_NONE;
}

/* What a symmetric autoencoder is made of:
 * inputs -> layer[0] -> ... -> layer[n-1] -> dims -> layer[n-1] -> ... -> layer[0] -> inputs,
 * convolutions and blocks before dense layers.  With dims 0 the code is what the last layer puts out, a
 * grid: the network is convolutional throughout and fits images of any size. */
struct lt_autoencoder {
    struct lt_shape input;
    int64_t numbers; /* features that are numbers, where the rest are categories */
    int runs;
    struct lt_prep_run run[LT_PREP_RUNS];
    bool observe;              /* missing cells may come: NaN becomes 0 ... */
    int64_t flag_first, flags; /* ... and these features tell the encoder so */
    int64_t dims;
    int hidden; /* layers */
    struct lt_hidden layer[LT_HIDDEN_MAX];
    enum lt_upsample upsample; /* what mirrors a pooling */
    enum lt_norm
        norm;        /* behind every hidden convolution and dense layer, before its activation; but
                          behind no convolution on the path past the blocks, which is linear */
    enum lt_act act; /* of hidden layers; the code is linear, or what its penalties need */
    bool tied;
    double dropout;
    enum lt_noise noise;
    double amount, most;       /* of the noise, or from and to; most 0: all rows have one amount */
    double low, high;          /* saltpepper's values */
    enum lt_sparsity sparsity; /* of the code */
    int64_t keep;              /* topk, batchtopk */
    double rho, penalty;       /* kl; kl and l1 */
    bool ordered;              /* its first values are a code as well, as many as one likes */
    bool variational;          /* the code is drawn from a distribution */
    double beta,
        variance;       /* variational: weight of the divergence; of what an output says of normal
                              data, 0 for other losses */
    double contraction; /* weight of the penalty on how much the code changes with its input */
    double attraction;  /* weight, in the objective, of what draws codes to those of neighbours */
    enum lt_loss loss;
    enum lt_act unit; /* of the output for numbers; categories have softmax and cross-entropy */
};

/* Whether the code is what the largest values leave of it. */
static inline bool lt_keeps_largest(const struct lt_autoencoder *a)
{
    return a->sparsity == LT_SPARSITY_TOPK || a->sparsity == LT_SPARSITY_BATCHTOPK;
}

/* The inferred spec.  The threshold of batchtopk is NaN until training has found it.  Nodes are named
 * input, noise, observe, encoder1 ..., sparse before a code that is, prefix behind one that is ordered and shown where the outputs read it (such a code of K numbers has
 * further decoders for K / 2, K / 4 and K / 8, whose nodes are named k8.prefix, k8.decoder1, ..., k8.output
 * for 8 numbers), logvar and sample before one that is
 * drawn, code, decoder1 ..., output, encoder1_norm for what normalises encoder1; and for every run of
 * categories of W levels, levelsW and outputW, which read what the last decoder layer reads.  A category's cross-entropy is divided by the width of
 * its group, so that a column of many levels does not take the code from the others
 * (docs/defaults.md has the measurement). */
int lt_autoencoder_build(struct lt_net_spec *out, const struct lt_autoencoder *a,
                         struct lt_error *err);

/* Takes the weights with which the layers behind the input start to read the levels of categories
 * back to 0.  A level that few rows have is met too seldom to unlearn what it starts with, which
 * then stays as noise in all that is said of its rows. */
void lt_start_levels(const struct lt_params *params, const struct lt_net_spec *spec,
                     const struct lt_prep *prep, float *weights /* (params->total) */);

/* A denoiser starts as one that leaves its image as it is: the first convolution copies each pixel of
 * the fine grid into a channel, which the last takes back, and the blocks between add nothing yet.
 * What is learnt is then the noise (residual learning: Zhang et al., "Beyond a Gaussian denoiser", TIP
 * 2017; blocks that start at zero, by their last gain where they are normalised: Goyal et al.,
 * "Accurate, large minibatch SGD", 2017).  Does nothing where the network does not begin and end in such
 * convolutions, or pools in between. */
void lt_start_denoiser(const struct lt_params *params, const struct lt_net_spec *spec,
                       float *weights /* (params->total) */);

/* "512,256", "none" (no hidden layer), "32c3,64c3/2,64r3,m2,256": CHANNELScKERNEL/STRIDE is a
 * convolution, CHANNELSrKERNEL a residual block, mSIDE and aSIDE a pooling by maximum and average.
 * LT_EUSAGE otherwise. */
int lt_parse_layers(const char *text, struct lt_autoencoder *a, struct lt_error *err);
/* Whether a layer is a pooling. */
bool lt_has_pooling(const struct lt_autoencoder *a);
static inline bool lt_has_convolutions(const struct lt_autoencoder *a)
{
    return a->hidden > 0 && a->layer[0].kernel > 0;
}
/* "gaussian:0.1", "mask:25/255", "uniform:0.1-0.3" (every row draws its own amount), "none". */
int lt_parse_noise(const char *text, struct lt_autoencoder *a, struct lt_error *err);
/* The other way: noise in the words of lt_parse_noise. */
enum { LT_NOISE_TEXT = 80 }; /* enough room */
void lt_noise_text(enum lt_noise noise, double amount, double most, char *text, size_t size);
/* "topk:16", "batchtopk:16", "l1:0.001", "kl:0.05:0.1". */
int lt_parse_sparse(const char *text, struct lt_autoencoder *a, struct lt_error *err);
/* "784-512-256-50-256-512-784"; with categories the outputs are added up, "-12+8"; convolutions as
 * lt_parse_layers takes them, "784-32c3/2-50-32c3/2-784", an "n" behind what is
 * normalised, and up-samplings as "u2" (nearest) and "b2" (bilinear) */
void lt_autoencoder_text(const struct lt_net_spec *spec, char *text, size_t size);

#endif
