/* Networks: spec -> shapes -> plan -> bind -> run.
 *
 * A network is a directed acyclic graph of nodes in topological order, each
 * with a (C, H, W) output shape (dense widths are (D, 1, 1)), of which the
 * values of a row lie channels last: pixel by pixel, the channels of each
 * together, as images come.  Node 0 is the
 * input; one node is the code: the encoder is everything the code depends on,
 * the decoder everything after it.  Heads are nodes with a loss and a target,
 * a slice of the clean input; the objective is the weighted sum of the heads'
 * losses, each the sum over its columns, averaged over rows, and of penalties.
 * Nodes that neither the code nor a head depends on serve penalties alone and
 * rest outside training passes.
 *
 * A value of the input that is NaN is a missing cell.  Heads leave it out of
 * the loss; an observe node shows it to the encoder as missing.  Without one,
 * inputs must be finite.
 *
 * `struct lt_net_spec` is plain data: it can be copied, compared and stored.
 * `struct lt_net` is a spec bound to a backend: one memory block each for
 * parameters, gradients, activations and scratch, and the planned products.
 * Nothing is allocated after lt_net_create.
 *
 * Parameters, gradients and optimizer state share one layout: the blocks of
 * lt_params, in node order, weights (out, in) row-major, then bias (out);
 * of a convolution (out, kernel, kernel, in), of a transposed one
 * (in, kernel, kernel, out), each with a bias for a channel of its output; of a normalisation gain,
 * bias and, over batches, the running mean and variance.
 * That order is what files hold and what SHA-256 covers.
 */
#ifndef LT_NET_NET_H
#define LT_NET_NET_H

#include "base/error.h"
#include "kernels/backend.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    LT_NODES_MAX = 64,
    LT_NODE_INPUTS_MAX = 4,
    LT_NODE_PARAMS_MAX = 4,
    LT_NODE_NAME = 32,
    LT_WIDTH_MAX = 1 << 20
};

/* One row each in the table of layer.h; the names are what files hold. */
enum lt_node_kind {
    LT_NODE_INPUT,    /* the rows; shape is given */
    LT_NODE_NOISE,    /* corrupts its input while training */
    LT_NODE_DENSE,    /* y = act(x W^T + b) */
    LT_NODE_DROPOUT,  /* zeroes values while training */
    LT_NODE_ADD,      /* sum of its inputs (a skip connection) */
    LT_NODE_CONCAT,   /* its inputs side by side */
    LT_NODE_CODE,     /* names the bottleneck; passes its input through (stage "plain") */
    LT_NODE_HEAD,     /* output unit, loss and target */
    LT_NODE_OBSERVE,  /* missing cells become 0, and flags that say so */
    LT_NODE_SLICE,    /* adjacent columns of its input */
    LT_NODE_SPARSE,   /* makes a code sparse */
    LT_NODE_CONV,     /* a convolution: from a grid of pixels to one as fine or coarser */
    LT_NODE_DECONV,   /* a transposed convolution: to a grid as fine or finer */
    LT_NODE_CONTRACT, /* draws its two inputs together: a penalty on their distance while training */
    LT_NODE_SAMPLE,   /* draws a code from the distribution that its inputs tell */
    LT_NODE_POOL,     /* squares of pixels become one each */
    LT_NODE_UPSAMPLE,  /* pixels become squares of them */
    LT_NODE_ADVERSARY, /* moves rows to where what depends on them differs most, while training */
    LT_NODE_AGREE, /* draws one distribution over classes towards another: a penalty while training */
    LT_NODE_NORM,    /* y = act(gain (x - mean) / deviation + bias) */
    LT_NODE_ATTRACT, /* draws the rows of its first input to those of its second: a penalty likewise */
    LT_NODE_PREFIX, /* shows the first values of a code, and which these are */
    LT_NODE_KINDS
};

struct lt_shape {
    int64_t c, h, w;
};
static inline int64_t lt_shape_width(struct lt_shape s)
{
    return s.c * s.h * s.w;
}

struct lt_node {
    enum lt_node_kind kind;
    /* Unique; [a-z0-9_.]; tensors are NAME.weight (or gain), NAME.bias, NAME.mean, NAME.variance. */
    char name[LT_NODE_NAME];
    int inputs;                    /* how many */
    int input[LT_NODE_INPUTS_MAX]; /* earlier nodes */
    struct lt_shape shape;         /* of the output; given for the input, inferred otherwise */

    /* dense: outputs; slice: columns; sparse: values that topk or batchtopk keep; conv, deconv: channels
     * of its output; prefix: the most values that it shows, 0: all */
    int64_t width;
    /* dense, conv, deconv, norm */
    enum lt_act act;
    /* conv, deconv: see struct lt_conv_spec; stride of pool, upsample: see struct lt_squares */
    int64_t kernel, stride;
    /* deconv, upsample: pixels of its output; dense, slice: pixels that its outputs make up,
     * width / (grid_h grid_w) channels each, 0: one */
    int64_t grid_h, grid_w;
    /* dense: the node whose weights it uses transposed; 0: own */
    int tied;
    /* dense, conv, deconv: the node whose weights and biases it uses as they are; dropout: whose mask;
     * 0: own */
    int shared;
    /* noise */
    enum lt_noise noise;
    /* noise: amount; adversary: length; dropout: probability; sparse: rho of kl; sample: variance of the data around an
     * output under mse, 0: none told */
    float amount;
    /* noise: rows have amounts from `amount` to this; 0: one amount */
    float most;
    /* noise: saltpepper's values */
    float low, high;
    /* head */
    enum lt_loss loss;
    enum lt_act unit; /* linear or sigmoid */
    /* head, sparse, sample, contract, attract, agree: of its loss or penalty in the objective; observe: what the columns
     * from `target` on are multiplied by */
    float weight;
    /* head: first column of the input it reconstructs; slice and observe: first column of its input;
     * prefix: values that it always shows */
    int64_t target;
    /* prefix: the widest code that its decoder serves, 0: as wide as what it shows */
    int64_t until;
    /* head with loss ce: columns of one softmax; otherwise 0 */
    int64_t group;
    /* observe: input columns whose absence is flagged */
    int64_t flag_first, flags;
    /* sparse */
    enum lt_sparsity sparsity;
    /* sparse, batchtopk: outside training passes values from it on are kept; NaN: not known yet, and the
     * batch decides as in training */
    float threshold;
    /* pool, upsample, norm */
    enum lt_pool pool;
    enum lt_upsample upsample;
    enum lt_norm norm;
};

struct lt_net_spec {
    int count;
    int code; /* index of the code node */
    struct lt_node node[LT_NODES_MAX];
};

/* Appends a node of weight 1 that reads node `input` (the first reads none), to be completed by the
 * caller; `number` follows the name unless it is 0.  Returns its index.  Room for LT_NODES_MAX. */
int lt_net_spec_add(struct lt_net_spec *spec, enum lt_node_kind kind, const char *name, int number,
                    int input);
int lt_net_spec_add_dense(struct lt_net_spec *spec, const char *name, int number, int input,
                          int64_t width, enum lt_act act);
/* Kinds whose products have weights: dense, conv, deconv. */
bool lt_node_has_weights(const struct lt_net_spec *spec, int node);
/* Whether a node ends a residual block: a sum adds it, as its second input, to the path past it. */
bool lt_node_ends_block(const struct lt_net_spec *spec, int node);
/* Whether the node behind one normalises what it puts out. */
bool lt_node_is_normalised(const struct lt_net_spec *spec, int node);
/* The convolution of a conv or deconv node, as far as the spec tells. */
struct lt_conv_spec lt_node_conv(const struct lt_net_spec *spec, int node);

/* Gives the input another size and lets all others follow; for networks of convolutions throughout.
 * Sides are multiples of the product of the strides. LT_ECONTENT when it does not work out. */
int lt_net_spec_resize(struct lt_net_spec *spec, int64_t h, int64_t w, struct lt_error *err);

/* Appends what draws the codes of neighbours together, so that the code changes little where the input
 * does (a contractive autoencoder: Rifai et al., "Contractive auto-encoders: explicit invariance during
 * feature extraction", ICML 2011), by a penalty of
 *
 *     weight |df/dx|^2 = weight E |(df/dx) v|^2 ~ weight |f(x + step v) - f(x)|^2 / step^2,
 *
 * f the encoder, |.|^2 of the Jacobian the sum of its squares (Frobenius), v standard normal and drawn
 * anew for every row and epoch: Hutchinson's estimate of a trace ("A stochastic estimator of the trace
 * of the influence matrix", 1990), the product with v by a difference.  It costs the encoder once more
 * for any number of units.  The nodes are a noise node near.noise, the encoder's once more as
 * near.NAME, which share its weights, and a contract node; they have no parameters, so that the spec
 * without them uses the same.  Where the code is made sparse, the units before that are drawn
 * together.  LT_ECONTENT: not enough room, or the encoder sees corrupted rows. */
int lt_net_spec_contract(struct lt_net_spec *spec, double weight, double step,
                         struct lt_error *err);

/* Appends what draws the code of each row to that of a neighbour, its partner (struct lt_pass), and away
 * from the codes of the other rows' partners, so that neighbourhoods of the inputs stay those of the
 * codes: -log of the share that its partner has of the similarities 1 / (1 + |z_i - z_m|^2) to all
 * partners of the batch, the contrastive form of t-SNE (Damrich, Boehm, Hamprecht and Kobak, "From t-SNE
 * to UMAP with contrastive learning", ICLR 2023, InfoNCE; with an encoder, as here: Sainburg, McInnes
 * and Gentner, "Parametric UMAP embeddings for representation and semisupervised learning", 2021).
 * The nodes are those of lt_net_spec_contract, but for the noise, which shows the partners, and the
 * last, which is an attract node; so are the refusals. */
int lt_net_spec_attract(struct lt_net_spec *spec, double weight, struct lt_error *err);

/* Appends what makes a classifier say the same of rows that lie close together, labelled or not: the nodes
 * between node `rows` and node `logits` once more, which share their weights, for rows moved by `length`
 * to where the answer differs most (an adversary node), and a penalty on the difference (an agree node),
 *
 *     weight E[-sum p log q],    p = softmax(logits), q = softmax(logits of the moved row)
 *
 * (Miyato et al. 2018; the entropy of p is a constant).  It costs three passes where there was one.  The
 * nodes are near.adversary, near.NAME and agree; they have no parameters of their own.
 * LT_ECONTENT: not enough room, or layers that normalise over batches. */
int lt_net_spec_agree(struct lt_net_spec *spec, int rows, int logits, double weight, double length,
                      struct lt_error *err);

/* Checks the graph and infers every shape. LT_ECONTENT names the node. */
int lt_net_spec_infer(struct lt_net_spec *spec, struct lt_error *err);

/* Marks the nodes that a node depends on, or the code or a head does; themselves included. */
void lt_mark_below(const struct lt_net_spec *spec, int node, bool marked[LT_NODES_MAX]);
void lt_mark_needed(const struct lt_net_spec *spec, bool needed[LT_NODES_MAX]);

const char *lt_node_kind_name(enum lt_node_kind kind);
int lt_node_kind_by_name(const char *name); /* -1: unknown */

static inline int64_t lt_net_spec_inputs(const struct lt_net_spec *s) /* D */
{
    return lt_shape_width(s->node[0].shape);
}
static inline int64_t lt_net_spec_dims(const struct lt_net_spec *s) /* K */
{
    return lt_shape_width(s->node[s->code].shape);
}

/* ---- parameters ---- */

enum lt_param_kind {
    LT_PARAM_WEIGHT, /* of a product: matrices, which decay and penalties act on */
    LT_PARAM_BIAS,   /* added, one for a channel of the output */
    LT_PARAM_GAIN,   /* of a normalisation, multiplied with, likewise */
    LT_PARAM_MEAN,   /* of a normalisation: running statistics, which training passes keep up to */
    LT_PARAM_VARIANCE, /* date; their gradient is 0, and optimizers leave them alone */
};
static inline bool lt_param_learns(enum lt_param_kind kind)
{
    return kind < LT_PARAM_MEAN;
}

struct lt_param {
    char name[LT_NODE_NAME + 10]; /* "encoder1.weight" */
    int node;
    size_t offset;      /* in floats, into the parameter array */
    int64_t rows, cols; /* weights (out, in), (out, kernel^2 in); all others (out, 1) */
    enum lt_param_kind kind;
    bool conv,
        transposed; /* weights of a convolution, (out, kernel, kernel, in); of a deconv node */
    int64_t uses;   /* times that a weight is multiplied for a row: pixels of a convolution */
};
struct lt_params {
    int count;
    size_t total; /* floats */
    struct lt_param param[LT_NODE_PARAMS_MAX * LT_NODES_MAX];
};
/* The layout of an inferred spec. */
int lt_params_of(struct lt_params *out, const struct lt_net_spec *spec, struct lt_error *err);

/* The block of that name; NULL: there is none. */
const struct lt_param *lt_params_find(const struct lt_params *layout, const char *name);
/* Copies a block of another network into the one of that name, where there is one of its size. */
void lt_params_take(const struct lt_params *layout, float *values /* (total) */, const char *name,
                    const struct lt_param *from, const float *from_values);

/* Initial weights of an inferred spec by activation: normal with variance 2/fan_in (relu family: He et al. 2015),
 * 1/fan_in (selu and linear: LeCun), 2/(fan_in+fan_out) (sigmoid, tanh, softplus: Glorot & Bengio
 * 2010); a convolution that is added to a path past it
 * starts with a fifth of that, so that chains of residual blocks start close to the identity; biases 0;
 * gains 1, or a fifth where what they multiply is added to such a path; running statistics those of
 * values of mean 0 and variance 1.  A function of (seed, block) only. */
void lt_params_init(const struct lt_params *params, const struct lt_net_spec *spec, uint64_t seed,
                    float *values /* (total) */);

/* Fits the start to the data: the weights that read the input are rescaled so that their units'
 * inputs have variance 1 when a row's mean square sum is `mean_square`, and the last bias before
 * a head starts at what gives the mean of the training rows (over all pixels of a convolution's channel;
 * the logit of it where the output unit
 * is a sigmoid, its logarithm for ce, both within +-6), with weights halved. */
void lt_params_fit_data(const struct lt_params *params, const struct lt_net_spec *spec,
                        const float *mean /* (D) */, double mean_square,
                        float *values /* (total) */);

/* ---- a bound network ---- */

struct lt_net;

struct lt_net_options {
    int64_t rows;  /* most rows in a pass, rounded up to LT_ROW_BLOCK */
    bool training; /* plan gradients; otherwise activations share memory by lifetime */
    enum lt_precision precision;
};
int lt_net_create(struct lt_net **out, const struct lt_net_spec *spec, struct lt_backend *backend,
                  const struct lt_net_options *options, struct lt_error *err);
void lt_net_free(struct lt_net **net);

/* What a pass needs to know besides the values. */
struct lt_pass {
    int64_t rows;
    bool training; /* noise and dropout act, batches are normalised by their own statistics */
    bool measures; /* ... but by the running ones, which stay as they are */
    uint64_t seed; /* these three name the randomness */
    uint32_t epoch;
    const int64_t *row_ids; /* (rows), host */
    const float
        *partners; /* (rows, D), host: the rows that a noise node of pairs shows in training, noisy
                               ones or neighbours; NULL: the rows themselves */
    int64_t
        dims; /* of an ordered code: values that the decoder is shown, where rows do not draw how
                     many, as they do in training; 0: all */
};

const struct lt_net_spec *lt_net_spec_of(const struct lt_net *net);
const struct lt_params *lt_net_params(const struct lt_net *net);
size_t lt_net_memory(const struct lt_net *net); /* bytes planned */

/* Handles (float offsets as in lt_params): */
struct lt_buffer lt_net_weights(const struct lt_net *net);
struct lt_buffer lt_net_gradients(const struct lt_net *net); /* training only */
/* What a dense node read in the last training pass, (rows, in). */
struct lt_buffer lt_net_dense_input(const struct lt_net *net, int node);
/* The same for a convolution, of the first `rows` rows: patches (rows uses, cols of its weights). */
void lt_net_conv_patches(const struct lt_net *net, int node, int64_t rows,
                         struct lt_buffer patches);
/* Call after the weights changed and before the next forward. */
void lt_net_pack(struct lt_net *net);
void lt_net_set_weights(struct lt_net *net,
                        const float *values /* (total), host */); /* and packs */
void lt_net_get_weights(const struct lt_net *net, float *values /* (total), host */);

/* Rows in and values out, through the staging buffers. */
void lt_net_put_input(struct lt_net *net, const float *rows /* (n, D) */, int64_t n);
void lt_net_put_code(struct lt_net *net, const float *codes /* (n, K) */, int64_t n);
void lt_net_get_code(const struct lt_net *net, float *codes /* (n, K) */, int64_t n);
/* The node that draws a variational code; 0: the code is not drawn. */
int lt_net_spec_sampler(const struct lt_net_spec *spec);
/* Whether a decoder can be shown the first values of a code alone (struct lt_pass, dims). */
bool lt_net_spec_ordered(const struct lt_net_spec *spec);
/* A code that is ordered may have several decoders, each behind a prefix node of its own.  A code of k
 * values is decoded by the first whose prefix node serves codes of k or more (`until`); the others rest.
 * Training passes run all of them. */
int64_t lt_prefix_last(const struct lt_net_spec *spec,
                       int prefix); /* values that it shows at most */
int64_t lt_prefix_until(const struct lt_net_spec *spec,
                        int prefix); /* widest code that it serves */
/* The prefix node that a node depends on; 0: none. */
int lt_prefix_of(const struct lt_net_spec *spec, int node);
/* What the losses of heads behind a prefix node (0: behind none) count in a pass: outside training 1, or 0
 * where they rest; in training a share of the objective, in proportion to the root of the values
 * that they may see, which keeps wide codes with their small errors from being crowded out. */
double lt_prefix_share(const struct lt_net_spec *spec, int prefix, const struct lt_pass *pass);
/* Of a variational code, whose mean lt_net_get_code gives after a pass that does not train: the
 * standard deviations. */
void lt_net_get_spread(const struct lt_net *net, float *sigma /* (n, K) */, int64_t n);
/* What a node of a net bound for training put out in the last pass: its hidden activations. */
void lt_net_get_node(const struct lt_net *net, int node, float *values /* (n, width) */, int64_t n);
/* Of a net bound for training, whose noise node reads the input: what it made of the rows of the last
 * training pass. */
void lt_net_get_noisy(const struct lt_net *net, float *rows /* (n, D) */, int64_t n);
/* The heads' values, each at its target columns; columns without a head are 0. */
void lt_net_get_output(const struct lt_net *net, float *rows /* (n, D) */, int64_t n);

/* encode: input to code.  decode: code to heads' values (no loss).  forward:
 * both and the losses against the input.  decode after encode gives the bits
 * of forward; reconstruct is encode and decode.  rate: decode, and the losses against the input. */
void lt_net_encode(struct lt_net *net, const struct lt_pass *pass);
void lt_net_decode(struct lt_net *net, const struct lt_pass *pass);
void lt_net_rate(struct lt_net *net, const struct lt_pass *pass);
void lt_net_forward(struct lt_net *net, const struct lt_pass *pass);
/* After a training forward: the gradients of the objective, overwritten. */
void lt_net_backward(struct lt_net *net, const struct lt_pass *pass);
/* Of the last forward, per row: weighted loss and squared error; each may be NULL. */
void lt_net_get_losses(const struct lt_net *net, double *loss /* (n) */,
                       double *squared_error /* (n) */, int64_t n);
/* What of that loss are penalties on the code rather than errors: 0 outside training passes.  False,
 * and nothing written, when no node has penalties. */
bool lt_net_get_penalties(const struct lt_net *net, double *penalty /* (n) */, int64_t n);

/* Floating-point operations of the products of one training step (forward,
 * data gradient, weight gradient) and of one forward, per row. */
double lt_net_flops_train(const struct lt_net_spec *spec);
double lt_net_flops_forward(const struct lt_net_spec *spec);

/* The objective in double precision by an independent plain evaluation of the
 * spec, for gradient checks: same noise and dropout as the pass would use. */
double lt_net_oracle(const struct lt_net_spec *spec, const struct lt_params *layout,
                     const double *params /* (total) */, const float *rows /* (n, D) */,
                     const struct lt_pass *pass, struct lt_error *err);

#endif
