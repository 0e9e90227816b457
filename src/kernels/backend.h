/* Backends: everything that computes on activations and weights.
 *
 * `ref` is plain C in the plainest order and the oracle of every test; `cpu`
 * takes its matrix products from oneDNN.  Both share the elementwise code of
 * kernels/elementwise.h bit for bit, so they differ only in products.
 *
 * Buffers are handles: only a backend looks behind one.  Hosts write inputs
 * with `upload` and read results with `download`; a backend whose memory is the
 * host's copies, another one transfers.
 *
 * Layout.  Activations are (rows, width) row-major f32.  A buffer that holds
 * activations has room for a multiple of LT_ROW_BLOCK rows: products may
 * compute some rows more than asked for, in tiles of a fixed height, and what
 * then stands in those is unspecified.  So the result for a row is the same
 * bits whichever rows share its batch and however many they are.  Sums over
 * rows (weight and bias gradients) run over exactly the `rows` given, in a
 * fixed order that depends on `rows` and the layer's spec alone.
 *
 * Weights of a dense layer are W (out, in) row-major f32, biases b (out):
 * y = x W^T + b.  Packed or blocked or bf16 copies are the backend's own
 * business and live inside its objects.
 *
 * No function here depends on the number of threads for its bits, and none
 * allocates except the ..._create functions.
 */
#ifndef LT_KERNELS_BACKEND_H
#define LT_KERNELS_BACKEND_H

#include "base/error.h"
#include "base/rng.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LT_ROW_BLOCK = 96,     /* rows; divisible by every height that a backend computes in */
    LT_CONV_ROW_BLOCK = 8, /* likewise where no dense product reads or writes the buffer */
};

enum lt_precision {
    LT_PRECISION_F32,
    LT_PRECISION_BF16, /* products of bf16 operands, f32 sums and master weights */
};

/* A place in backend memory: `memory` is the backend's, `offset` in bytes.
 * A buffer with memory == NULL means "none" where that is allowed. */
struct lt_buffer {
    void *memory;
    size_t offset;
};
static inline struct lt_buffer lt_buffer_at(struct lt_buffer b, size_t bytes)
{
    b.offset += bytes;
    return b;
}

/* Activation functions.  The table in elementwise.h holds name, forward and
 * derivative; never renumber (names, not numbers, are stored in files). */
enum lt_act {
    LT_ACT_LINEAR,
    LT_ACT_SIGMOID,
    LT_ACT_TANH,
    LT_ACT_RELU,
    LT_ACT_LEAKY_RELU, /* slope 0.01 */
    LT_ACT_ELU,        /* alpha 1 */
    LT_ACT_SELU,
    LT_ACT_GELU, /* exact, by erf */
    LT_ACT_SILU,
    LT_ACT_SOFTPLUS,
    LT_ACTS
};

/* Losses on a head.  Each works on the head's pre-activations a and its output
 * unit u (linear or sigmoid): y = u(a), and gives dL/da directly, which for bce
 * is y - t and stays exact where y saturates.  ce brings its softmax along; its
 * unit is linear.  A target that is NaN is a missing cell: it adds nothing to
 * the loss and has no gradient. */
enum lt_loss {
    LT_LOSS_MSE,   /* (y - t)^2 */
    LT_LOSS_BCE,   /* -t log y - (1-t) log(1-y), sigmoid only, from logits */
    LT_LOSS_MAE,   /* |y - t| */
    LT_LOSS_HUBER, /* delta 1: d^2/2 inside, |d| - 1/2 outside */
    LT_LOSS_CE,    /* -sum t log y over a group of columns, y = softmax(a): categories */
    LT_LOSSES
};

/* Corruptions of an input; `amount` in the data's scaled units. */
enum lt_noise {
    LT_NOISE_NONE,
    LT_NOISE_GAUSSIAN,   /* x + amount * normal */
    LT_NOISE_MASK,       /* 0 with probability amount */
    LT_NOISE_SALTPEPPER, /* low or high (half each) with probability amount */
    LT_NOISE_UNIFORM,    /* x + amount * (2 u - 1) */
    LT_NOISE_MISSING,    /* NaN, as a missing cell, with probability amount */
    LT_NOISE_POISSON, /* n / amount, n a Poisson number of mean amount x (x below 0 is 0): counts of
                            light, `amount` of them where x is 1 */
    LT_NOISE_JPEG,  /* what a JPEG of quality `amount`, rounded, gives back of an image (jpeg.h) */
    LT_NOISE_PAIRS, /* none: a network is given its noisy rows (struct lt_pass) */
    LT_NOISES
};
struct lt_corruption {
    enum lt_noise kind;
    float amount,
        most; /* every row draws its amount between them; most <= amount: all have `amount` */
    float low, high; /* saltpepper's values */
    int64_t h, w;    /* pixels of a row; jpeg, which needs them */
};
/* The amount of the row whose numbers `stream` has: uniform in the range, by a number of the stream
 * that no value of the row uses. */
static inline float lt_corruption_of_row(const struct lt_corruption *c,
                                         const struct lt_stream *stream)
{
    if (!(c->most > c->amount))
        return c->amount;
    return c->amount + lt_uniform(stream, UINT32_MAX) * (c->most - c->amount);
}

enum lt_sparsity {
    LT_SPARSITY_NONE,
    LT_SPARSITY_TOPK, /* the `keep` largest values of a row, of equal ones the first; the others are 0 */
    LT_SPARSITY_L1, /* penalty sum |x| */
    LT_SPARSITY_KL, /* penalty sum over columns of KL(rho || mean of the column over the rows) */
    LT_SPARSITY_BATCHTOPK, /* the keep x rows largest values of all rows together, of equal ones the
                              first; or, where a threshold is given, the values from it on */
    LT_SPARSITIES
};
struct lt_sparse {
    enum lt_sparsity kind;
    int64_t rows, width;
    int64_t keep;    /* topk, batchtopk */
    float rho;       /* kl */
    float threshold; /* batchtopk; NaN: none */
};

/* Rows that codes are drawn for: row r's numbers are those of the stream (seed, LT_RNG_CODE, epoch,
 * row_ids[r]); row_ids NULL: none are drawn. */
struct lt_sampling {
    int64_t rows, width;
    uint64_t seed;
    uint32_t epoch;
    const int64_t *row_ids; /* (rows), host */
};

/* Codes drawn to neighbours, all (rows, width). */
struct lt_attraction {
    int64_t rows, width;
};

/* Rows (rows, width) of which the first values alone are shown, to one who may see more than `first`
 * and at most `last` of them: `shown`, or, where a row draws how many, as lt_prefix_of_row says.  Out come
 * (rows, 2 last - first): the values, 0 where they are not shown, and of those behind `first` a flag
 * that says which are. */
struct lt_prefix {
    int64_t rows, width;
    int64_t first, last;
    int64_t shown;
    uint64_t seed;
    uint32_t epoch;
    const int64_t *row_ids; /* (rows), host; NULL: none are drawn */
};
/* Row r's number of values: `last` for one row in two, and for the others any behind `first` up to
 * `last` alike; by its stream (seed, LT_RNG_PREFIX, epoch,
 * row_ids[r]). */
int64_t lt_prefix_of_row(const struct lt_prefix *p, int64_t r);

/* What a square of pixels becomes, channel by channel. */
enum lt_pool { LT_POOL_NONE, LT_POOL_MAX, LT_POOL_AVERAGE, LT_POOLS };

/* How pixels between the given ones are found. */
enum lt_upsample {
    LT_UPSAMPLE_NEAREST,  /* the pixel whose square it lies in */
    LT_UPSAMPLE_BILINEAR, /* between the four around it; pixels are squares with their value at the
                             centre (as align_corners=False in PyTorch), beyond the edge the edge's */
    LT_UPSAMPLES
};

/* A fine grid of h x w pixels of `channels` and the coarse one of ceil(h / factor) x ceil(w / factor)
 * whose pixels are its squares of factor x factor, smaller at the far edges. */
struct lt_squares {
    int64_t rows, channels, h, w, factor;
};

/* Over what values are brought to mean 0 and variance 1. */
enum lt_norm {
    LT_NORM_NONE,
    LT_NORM_LAYER, /* the channels of a pixel, or the units of a row */
    LT_NORM_BATCH, /* the pixels and rows of a channel */
    LT_NORMS
};
struct lt_normalisation {
    enum lt_norm kind;
    int64_t pixels, channels; /* of all rows together */
    bool running; /* batch: by the running statistics, as they are; otherwise by the batch's, which
                     these then take up */
};

/* What a dense product needs to know when it is planned. */
struct lt_dense_spec {
    int64_t rows;    /* most rows in a call */
    int64_t batch;   /* rows of a full batch, whose weight gradient is planned as one
                        product (any other number is summed in slices); 0: as rows */
    int64_t in, out; /* widths */
    bool transposed; /* W is stored (in, out): a decoder tied to an encoder */
    bool training;   /* backward will be called */
    bool need_dx;    /* ... and the gradient for x too */
    enum lt_precision precision;
};
struct lt_dense; /* a planned dense product, owned by the backend that made it */

/* What a convolution needs to know when it is planned.  It joins a fine grid of in_h x in_w pixels of
 * `in` channels to a coarse one of ceil(in_h / stride) x ceil(in_w / stride) pixels of `out` channels:
 *
 *     coarse[y, x, o] = sum over i, j < kernel, c < in of
 *                       W[o, i, j, c] fine[y stride - kernel/2 + i, x stride - kernel/2 + j, c]
 *
 * with 0 beyond the edges; `transposed` goes the other way, by the adjoint.  Activations of a grid are
 * (rows, height, width, channels), channels last, so that a grid of one pixel is a dense layer's
 * row and nothing is ever reordered between layers. */
struct lt_conv_spec {
    int64_t rows, batch; /* as in lt_dense_spec */
    int64_t in, in_h, in_w;
    int64_t out;
    int64_t kernel, stride; /* odd; at most (kernel + 1) / 2 */
    bool transposed;        /* from coarse to fine */
    bool training, need_dx;
    bool add_dx;   /* that gradient is added to what stands there */
    bool x_copied; /* x comes with a copy in bf16, as conv_reads_bf16 wants it */
    enum lt_precision precision;
};
struct lt_conv; /* a planned convolution, owned by the backend that made it */

/* What its forward pass reads and writes: y = act(x * W + bias) + plus. */
struct lt_conv_values {
    int64_t rows;
    struct lt_buffer x, x16; /* x16: the same in bf16, where x_copied says so */
    struct lt_buffer bias;
    enum lt_act act;
    struct lt_buffer plus;   /* of y's shape; none unless act is linear, and even then it may be */
    struct lt_buffer pre;    /* receives x * W + bias unless it is none */
    struct lt_buffer y, y16; /* y16: receives y in bf16 as well, and may be none */
};

/* What its backward pass reads, as forward was given and left it, and writes; there is no plus. */
struct lt_conv_gradients {
    int64_t rows;
    enum lt_act act;
    struct lt_buffer x, x16;
    struct lt_buffer pre, y; /* pre: none unless lt_act_needs_pre */
    struct lt_buffer dy;     /* dL/dy; afterwards unspecified, unless act is linear */
    struct lt_buffer dx;     /* may be none */
    struct lt_buffer dw, db; /* overwritten */
};

static inline int64_t lt_conv_coarse(int64_t side, int64_t stride)
{
    return (side + stride - 1) / stride;
}
static inline int64_t lt_conv_fine_values(const struct lt_conv_spec *s) /* of a row */
{
    return s->in_h * s->in_w * s->in;
}
static inline int64_t lt_conv_coarse_pixels(const struct lt_conv_spec *s)
{
    return lt_conv_coarse(s->in_h, s->stride) * lt_conv_coarse(s->in_w, s->stride);
}
static inline int64_t lt_conv_coarse_values(const struct lt_conv_spec *s) /* of a row */
{
    return lt_conv_coarse_pixels(s) * s->out;
}
static inline int64_t lt_conv_patch(const struct lt_conv_spec *s) /* weights of a coarse channel */
{
    return s->kernel * s->kernel * s->in;
}

/* A planned general product C = alpha op(A) op(B) + beta C on plain row-major
 * f32 matrices, for optimizers. op(A) is (m, k), op(B) is (k, n). */
struct lt_matmul_spec {
    int64_t m, n, k;
    bool transpose_a, transpose_b;
    enum lt_precision precision;
};
struct lt_matmul;

/* One step of an elementwise optimizer over n parameters. w, g, m, v are
 * buffers of n floats; m and v are its state. */
enum lt_update {
    LT_UPDATE_SGD,     /* Nesterov: m = mu m + g; w -= lr (g + mu m) */
    LT_UPDATE_RMSPROP, /* v = b2 v + (1-b2) g^2; w -= lr g / (sqrt v + eps) */
    LT_UPDATE_ADAM,    /* Kingma & Ba 2015, bias-corrected */
    LT_UPDATES
};
struct lt_update_args {
    float lr, beta1, beta2, eps;
    float decay;              /* decoupled weight decay: w -= lr * decay * w first (AdamW) */
    float correct1, correct2; /* 1 - beta1^t and 1 - beta2^t */
    float gradient_scale;     /* g is multiplied by this first (clipping) */
};

struct lt_backend;

/* What an encoder is shown of rows that may miss cells. */
struct lt_observe {
    int64_t rows, width;
    int64_t flag_first, flags;
    int64_t scaled;
    float gain;
};

struct lt_backend_ops {
    const char *name; /* "ref", "cpu" */

    /* Called by lt_backend_create and lt_backend_free: sets up and takes down
     * b->state (close also after an open that failed halfway). */
    int (*open)(struct lt_backend *b, struct lt_error *err);
    void (*close)(struct lt_backend *b);
    /* See lt_backend_precision and lt_backend_describe. */
    enum lt_precision (*precision)(struct lt_backend *b, enum lt_precision wanted);
    void (*describe)(const struct lt_backend *b, char *text, size_t size);

    /* Memory. `create` gives zeroed, 64-byte-aligned bytes. */
    int (*memory_create)(struct lt_backend *b, size_t bytes, void **memory, struct lt_error *err);
    void (*memory_free)(struct lt_backend *b, void *memory);
    void (*upload)(struct lt_backend *b, struct lt_buffer to, const void *from, size_t bytes);
    void (*download)(struct lt_backend *b, void *to, struct lt_buffer from, size_t bytes);
    void (*copy)(struct lt_backend *b, struct lt_buffer to, struct lt_buffer from, size_t bytes);
    void (*zero)(struct lt_backend *b, struct lt_buffer to, size_t bytes);

    /* Dense products. `pack` must be called after the weights changed and
     * before the next forward; the object may look at `w` itself, unchanged, until
     * the next pack.  forward: y (rows, out) = act(x (rows, in) W^T + bias);
     * `pre` (rows, out) also receives the pre-activation when it is not none
     * (needed by activations whose derivative wants it, see lt_act_needs_pre).
     * backward: from da (rows, out) = dL/d pre-activation and x:
     * dx (rows, in) = da W, dw (out, in; or (in, out) when transposed) = da^T x,
     * db (out) = column sums of da.  dw and db are added to when `accumulate`.
     * dx or db may be none. */
    int (*dense_create)(struct lt_backend *b, const struct lt_dense_spec *spec,
                        struct lt_dense **out, struct lt_error *err);
    void (*dense_free)(struct lt_backend *b, struct lt_dense *dense);
    void (*dense_pack)(struct lt_backend *b, struct lt_dense *dense, struct lt_buffer w);
    void (*dense_forward)(struct lt_backend *b, struct lt_dense *dense, int64_t rows,
                          struct lt_buffer x, struct lt_buffer bias, enum lt_act act,
                          struct lt_buffer pre, struct lt_buffer y);
    void (*dense_backward)(struct lt_backend *b, struct lt_dense *dense, int64_t rows,
                           struct lt_buffer x, struct lt_buffer da, struct lt_buffer dx,
                           struct lt_buffer dw, struct lt_buffer db, bool accumulate);

    /* Convolutions, alike: y = act(x * W + bias) from grid to grid, W (out, kernel, kernel, in) for
     * both directions, bias one value for a channel of y.  Both passes take more along that would
     * otherwise pass over activations once more: see struct lt_conv_values and lt_conv_gradients. */
    int (*conv_create)(struct lt_backend *b, const struct lt_conv_spec *spec, struct lt_conv **out,
                       struct lt_error *err);
    void (*conv_free)(struct lt_backend *b, struct lt_conv *conv);
    /* Whether it would make a copy of x in bf16, which whoever writes x makes with less effort. */
    bool (*conv_reads_bf16)(struct lt_backend *b, const struct lt_conv_spec *spec);
    void (*conv_pack)(struct lt_backend *b, struct lt_conv *conv, struct lt_buffer w);
    void (*conv_forward)(struct lt_backend *b, struct lt_conv *conv,
                         const struct lt_conv_values *values);
    void (*conv_backward)(struct lt_backend *b, struct lt_conv *conv,
                          const struct lt_conv_gradients *gradients);

    /* patches (rows coarse pixels, kernel kernel in) = what each coarse pixel sees of x, rows images of
     * the fine grid: the rows that W's are multiplied with (not transposed). */
    void (*conv_patches)(struct lt_backend *b, const struct lt_conv_spec *spec, int64_t rows,
                         struct lt_buffer x, struct lt_buffer patches);

    /* General products. */
    int (*matmul_create)(struct lt_backend *b, const struct lt_matmul_spec *spec,
                         struct lt_matmul **out, struct lt_error *err);
    void (*matmul_free)(struct lt_backend *b, struct lt_matmul *matmul);
    void (*matmul_run)(struct lt_backend *b, struct lt_matmul *matmul, float alpha,
                       struct lt_buffer a, struct lt_buffer bb, float beta, struct lt_buffer c);

    /* Elementwise over n values.  act_backward: da = dy * act'(pre or y) where
     * `pre` may be none unless lt_act_needs_pre(act); da may be dy itself. */
    void (*act_forward)(struct lt_backend *b, enum lt_act act, size_t n, struct lt_buffer pre,
                        struct lt_buffer y);
    void (*act_backward)(struct lt_backend *b, enum lt_act act, size_t n, struct lt_buffer pre,
                         struct lt_buffer y, struct lt_buffer dy, struct lt_buffer da);
    /* y = alpha x + beta y */
    void (*axpby)(struct lt_backend *b, size_t n, float alpha, struct lt_buffer x, float beta,
                  struct lt_buffer y);
    /* y = x + z; y may be either */
    void (*add)(struct lt_backend *b, size_t n, struct lt_buffer x, struct lt_buffer z,
                struct lt_buffer y);
    /* Copies (rows, width) between matrices of row strides from_stride and to_stride
     * (in values); adds instead of copying when `add`. For concatenation and its gradient. */
    void (*copy_columns)(struct lt_backend *b, int64_t rows, int64_t width, struct lt_buffer from,
                         int64_t from_stride, struct lt_buffer to, int64_t to_stride, bool add);

    /* y (rows, width + flags) = x (rows, width) with 0 in place of NaN and columns from `scaled` on
     * multiplied by gain, then for columns flag_first ... flag_first + flags - 1 of x: 1 where NaN
     * stands, else 0. */
    void (*observe)(struct lt_backend *b, const struct lt_observe *o, struct lt_buffer x,
                    struct lt_buffer y);

    /* Corrupts x (rows, width) into y; row r uses the stream (seed, LT_RNG_NOISE, epoch,
     * row_ids[r]); row_ids is a host array.
     * dropout: y = x * mask, mask (rows, width) being 0 with probability p, else 1/(1-p);
     * its stream is (seed, LT_RNG_DROPOUT, epoch, row_ids[r] + layer * 2^48), layer < 2^16.
     * Of dropout's buffers only x and y may be the same; noise's may not. */
    void (*noise)(struct lt_backend *b, const struct lt_corruption *noise, uint64_t seed,
                  uint32_t epoch, const int64_t *row_ids, int64_t rows, int64_t width,
                  struct lt_buffer x, struct lt_buffer y);
    /* y = x + length direction / |direction| of every row; direction 0: y = x */
    void (*step_rows)(struct lt_backend *b, float length, int64_t rows, int64_t width,
                      struct lt_buffer x, struct lt_buffer direction, struct lt_buffer y);
    void (*dropout)(struct lt_backend *b, float p, uint64_t seed, uint32_t epoch, uint32_t layer,
                    const int64_t *row_ids, int64_t rows, int64_t width, struct lt_buffer x,
                    struct lt_buffer mask, struct lt_buffer y);
    void (*multiply)(struct lt_backend *b, size_t n, struct lt_buffer x, struct lt_buffer mask,
                     struct lt_buffer y); /* y = x * mask */

    /* A sparse code.  y (rows, width) = x, or what topk or batchtopk keep of it.  row_loss (rows doubles, may be
     * none) receives a row's penalty; kl has the same for all rows and leaves the columns' means,
     * clamped to where the divergence is finite, in mean (width), without which it has no penalty.
     * Backward: dx = dy where y is kept, plus scale times the slope of the summed penalty. */
    void (*sparse)(struct lt_backend *b, const struct lt_sparse *s, struct lt_buffer x,
                   struct lt_buffer y, struct lt_buffer mean, struct lt_buffer row_loss);
    void (*sparse_backward)(struct lt_backend *b, const struct lt_sparse *s, float scale,
                            struct lt_buffer y, struct lt_buffer mean, struct lt_buffer dy,
                            struct lt_buffer dx);

    /* A drawn code.  sigma = exp(logvar / 2) and y = mean + sigma * normal, or the mean where none are
     * drawn; all (rows, width).  row_loss (rows doubles, may be none) receives the divergence of the
     * row's distribution from the standard normal one.  Backward: the gradients for mean and logvar
     * (each may be none), of dy's and of scale times the summed divergence. */
    void (*sample)(struct lt_backend *b, const struct lt_sampling *s, struct lt_buffer mean,
                   struct lt_buffer logvar, struct lt_buffer sigma, struct lt_buffer y,
                   struct lt_buffer row_loss);
    void (*sample_backward)(struct lt_backend *b, const struct lt_sampling *s, float scale,
                            struct lt_buffer mean, struct lt_buffer sigma, struct lt_buffer y,
                            struct lt_buffer dy, struct lt_buffer dmean, struct lt_buffer dlogvar);

    /* Each row of x drawn to the same row of z and away from the others, with q_im = 1 / (1 + |x_i -
     * z_m|^2): sum (rows doubles) receives S_i = sum over all rows m of q_im, row_loss (rows doubles)
     * -log(q_ii / S_i).  Backward: dx and dz = scale times the slopes of the summed loss.  Sums over
     * rows run in their order. */
    void (*attract)(struct lt_backend *b, const struct lt_attraction *a, struct lt_buffer x,
                    struct lt_buffer z, struct lt_buffer sum, struct lt_buffer row_loss);
    void (*attract_backward)(struct lt_backend *b, const struct lt_attraction *a, float scale,
                             struct lt_buffer x, struct lt_buffer z, struct lt_buffer sum,
                             struct lt_buffer dx, struct lt_buffer dz);
    /* The first values of rows.  y (rows, 2 width) = x (rows, width) with 0 in place of the values that
     * are not shown, then 1 for each that is and 0 for the others.  Backward: dx = dy where x is shown,
     * else 0. */
    void (*prefix)(struct lt_backend *b, const struct lt_prefix *p, struct lt_buffer x,
                   struct lt_buffer y);
    void (*prefix_backward)(struct lt_backend *b, const struct lt_prefix *p, struct lt_buffer dy,
                            struct lt_buffer dx);

    /* From fine to coarse: y = the largest value of each square, or the mean of its pixels.  Backward:
     * dx from dy; of equal largest values the first in reading order counts. */
    void (*pool)(struct lt_backend *b, enum lt_pool kind, const struct lt_squares *s,
                 struct lt_buffer x, struct lt_buffer y);
    void (*pool_backward)(struct lt_backend *b, enum lt_pool kind, const struct lt_squares *s,
                          struct lt_buffer x, struct lt_buffer y, struct lt_buffer dy,
                          struct lt_buffer dx);
    /* From coarse to fine, and the adjoint. */
    void (*upsample)(struct lt_backend *b, enum lt_upsample kind, const struct lt_squares *s,
                     struct lt_buffer x, struct lt_buffer y);
    void (*upsample_backward)(struct lt_backend *b, enum lt_upsample kind,
                              const struct lt_squares *s, struct lt_buffer dy, struct lt_buffer dx);

    /* y (pixels, channels) = gain (x - mean) / sqrt(variance + 1e-5) + bias, gain and bias
     * (channels).  Mean and variance are those of the pixel (layer), of the channel (batch) or of the
     * channel as running statistics say, `mean` and `variance` (channels): these take a tenth of every
     * batch, of the variance its unbiased estimate.  `moments` receives means and then reciprocal
     * deviations, as many as there are; none where backward will not follow (layer).
     * Backward (not of running statistics): dx (may be none), dgain, dbias from dL/dy = da. */
    void (*normalise)(struct lt_backend *b, const struct lt_normalisation *n, struct lt_buffer x,
                      struct lt_buffer gain, struct lt_buffer bias, struct lt_buffer mean,
                      struct lt_buffer variance, struct lt_buffer moments, struct lt_buffer y);
    void (*normalise_backward)(struct lt_backend *b, const struct lt_normalisation *n,
                               struct lt_buffer x, struct lt_buffer moments, struct lt_buffer gain,
                               struct lt_buffer da, struct lt_buffer dx, struct lt_buffer dgain,
                               struct lt_buffer dbias);

    /* A head.  a, t: (rows, width) pre-activations and clean targets.  Writes
     * y = unit(a) (may be none), da = scale * dL/da (may be none), and per row, as doubles in
     * buffers of `rows`, the loss and the squared error sum (y - t)^2 (each may be none),
     * summed over the width in a fixed order.  ce: `group` adjacent columns are one softmax; other
     * losses have 0. */
    void (*head)(struct lt_backend *b, enum lt_loss loss, enum lt_act unit, float scale,
                 int64_t rows, int64_t width, int64_t group, struct lt_buffer a, struct lt_buffer t,
                 struct lt_buffer y, struct lt_buffer da, struct lt_buffer row_loss,
                 struct lt_buffer row_squared_error);

    /* Parameters. */
    void (*update)(struct lt_backend *b, enum lt_update kind, const struct lt_update_args *args,
                   size_t n, struct lt_buffer w, struct lt_buffer g, struct lt_buffer m,
                   struct lt_buffer v);
    /* g += l2 * w + l1 * sign(w) */
    void (*penalty)(struct lt_backend *b, float l1, float l2, size_t n, struct lt_buffer w,
                    struct lt_buffer g);
    /* sum x[i]*y[i] as a double, fixed order; synchronises */
    double (*dot)(struct lt_backend *b, size_t n, struct lt_buffer x, struct lt_buffer y);
    /* out (n, n) = (a + damping mean(diag a) I)^-1 for a symmetric positive semidefinite matrix
     * a (n, n); work has lt_spd_work(n) floats. */
    void (*spd_inverse)(struct lt_backend *b, int64_t n, struct lt_buffer a, float damping,
                        struct lt_buffer out, struct lt_buffer work);
};

struct lt_backend {
    const struct lt_backend_ops *ops;
    int threads;
    char note[160];   /* "" or why something fell back, e.g. bf16 on a CPU without it */
    int64_t reorders; /* of weights or activations into a library's layouts or back, run so far */
    void *state;      /* the backend's own */
};

static inline size_t lt_spd_work(int64_t n)
{
    return 128 * (size_t)n;
}

/* A backend by name: "ref", "cpu", or NULL for the best in this build. */
int lt_backend_create(struct lt_backend **out, const char *name, int threads, struct lt_error *err);
void lt_backend_free(struct lt_backend **backend);

/* The precision the backend really uses when `wanted` is asked for (bf16 falls
 * back to f32 where the CPU has no bf16 products; b->note then says so). */
enum lt_precision lt_backend_precision(struct lt_backend *b, enum lt_precision wanted);

/* A sentence such as "cpu (oneDNN 2.6.3, avx512_core_bf16)". */
void lt_backend_describe(const struct lt_backend *b, char *text, size_t size);

/* Names for options and files; -1 when unknown. */
const char *lt_act_name(enum lt_act act);
int lt_act_by_name(const char *name);
const char *lt_loss_name(enum lt_loss loss);
int lt_loss_by_name(const char *name);
const char *lt_sparsity_name(enum lt_sparsity sparsity);
int lt_sparsity_by_name(const char *name);
const char *lt_pool_name(enum lt_pool pool);
int lt_pool_by_name(const char *name);
const char *lt_upsample_name(enum lt_upsample upsample);
int lt_upsample_by_name(const char *name);
const char *lt_norm_name(enum lt_norm norm);
int lt_norm_by_name(const char *name);
const char *lt_noise_name(enum lt_noise noise);
int lt_noise_by_name(const char *name);
/* The amounts that a kind can have. */
float lt_noise_least(enum lt_noise noise);
float lt_noise_most(enum lt_noise noise);
bool lt_act_needs_pre(enum lt_act act);

#endif
