/* Layer kinds: one file each under layers/, one row each in the table of layers.c.
 *
 * A layer computes on the values of a bound network.  `forward` writes the
 * node's y; `backward` finds dL/dy in the node's dy and passes gradients on to
 * its inputs through lt_gradient_begin and lt_gradient_end, which add when
 * another consumer has written first.  `oracle` is the forward once more, in
 * double and as plainly as possible, for gradient checks.
 */
#ifndef LT_NET_LAYER_H
#define LT_NET_LAYER_H

#include "net/net.h"

/* What a bound network keeps for one node. Buffers are (rows, width) f32. */
struct lt_value {
    struct lt_buffer y;     /* output; aliases the input's for nodes that pass it through */
    struct lt_buffer y16;   /* y once more in bf16; none where nobody wants that */
    struct lt_buffer dy;    /* dL/dy; none when nothing below learns */
    struct lt_buffer saved; /* dense, conv: pre-activations; dropout: mask; head: target slice;
                               sample: standard deviations; attract: sums of similarities */
    struct lt_buffer row_loss,
        row_squared_error; /* (rows) doubles: head both; sparse, sample, contract and attract their penalty */
    struct lt_dense *dense; /* dense: the planned product */
    struct lt_conv *conv;   /* conv, deconv: likewise */
    size_t weight, bias; /* of these and norm (its gain): offsets into the parameters, in floats */
    size_t mean, variance; /* norm: likewise, of its running statistics */
    int gradient_of;       /* the node in whose place dy stands: itself, or a sum that reads it */
    int completes;  /* the sum in whose place its y stands, with the other input added; 0: none */
    bool completed; /* of a sum: there is such a node */
    bool learns;    /* it or something below has parameters */
    bool adds[LT_NODE_INPUTS_MAX]; /* another consumer writes that input's dy first */
    int prefix;                    /* the node that shows it a part of the code; 0: none */
    double share;                  /* what its losses counted in the last pass; 0: it rested */
    bool adds_weight, adds_bias;   /* another node that uses them too writes dw, db first */
    bool in_encoder;               /* the code depends on it */
    bool aside;                    /* neither the code nor a head does */
};

struct lt_net {
    struct lt_net_spec spec;
    struct lt_params params;
    struct lt_backend *backend;
    struct lt_net_options options; /* rows rounded up to LT_ROW_BLOCK */
    int64_t batch;                 /* rows as asked for */
    struct lt_value value[LT_NODES_MAX];
    void *weights, *gradients, *values; /* backend memory */
    struct lt_buffer scratch;           /* (rows, widest): gradients to be added */
    struct lt_buffer spare;             /* the same of the weights and biases of a convolution */
    struct lt_buffer output; /* (rows, D): heads put together; none when one head covers all */
    size_t bytes;            /* planned in total */
};

/* What the double evaluation of a layer sees. */
struct lt_oracle {
    const struct lt_net_spec *spec;
    const struct lt_params *layout;
    const double *params;
    const struct lt_pass *pass;
    double *y[LT_NODES_MAX]; /* (rows, width) each */
    double objective;        /* heads add to it */
};

enum lt_layer_needs { /* buffers a node needs besides what its table row implies */
                      LT_SAVES_NOTHING = 0,
                      LT_SAVES_ALWAYS = 1,
                      LT_SAVES_TRAINING = 2,
};

/* The weights and biases of a node. */
struct lt_weights {
    int64_t rows, cols; /* of the weight matrix that it uses */
    bool own;           /* it is no other node's; nor are the biases, if there are any */
    int64_t uses;       /* times a weight is multiplied for a row */
    int64_t biases;
    double fan_in, fan_out; /* products that a value of its output sums up, and of its input takes
                               part in, on average */
};

/* What a node multiplies with and adds, a value each for every channel of its output; and whether it
 * keeps running statistics of them. */
struct lt_affine {
    int64_t channels;
    bool statistics;
};

struct lt_layer_ops {
    const char *name;
    int inputs_min, inputs_max;
    bool passes_through; /* y is the input's y, always or (noise, dropout) outside training */
    bool only_training;  /* does something in training passes only */
    bool seeks;          /* it needs the gradient for its output, though nothing below it learns */
    bool row_losses;     /* adds a loss of each row to the objective, times the node's weight */
    bool penalty;        /* it does nothing else: it has no outputs to read */
    /* Output shape from the inputs' shapes; checks attributes. */
    int (*infer)(struct lt_net_spec *spec, int node, struct lt_error *err);
    /* What its product needs; NULL: it has no weights. */
    struct lt_weights (*weights)(const struct lt_net_spec *spec, int node);
    /* NULL: it has no gain. */
    struct lt_affine (*affine)(const struct lt_net_spec *spec, int node);
    /* Bytes of `saved` for `rows` rows. */
    size_t (*saves)(const struct lt_net_spec *spec, int node, bool training, int64_t rows);
    /* Its forward also adds the other input of the sum that it completes, and writes y16. */
    bool finishes;
    /* Whether it reads its input in bf16, so that y16 is of use to it; NULL: no. */
    bool (*reads_bf16)(const struct lt_net *net, int node);
    int (*bind)(struct lt_net *net, int node, struct lt_error *err); /* NULL: nothing to plan */
    void (*unbind)(struct lt_net *net, int node);
    void (*pack)(struct lt_net *net, int node);
    void (*forward)(struct lt_net *net, int node, const struct lt_pass *pass);
    void (*backward)(struct lt_net *net, int node, const struct lt_pass *pass);
    void (*oracle)(struct lt_oracle *oracle, int node);
};
extern const struct lt_layer_ops *const lt_layers[LT_NODE_KINDS];

extern const struct lt_layer_ops lt_layer_input, lt_layer_noise, lt_layer_dense, lt_layer_dropout,
    lt_layer_add, lt_layer_concat, lt_layer_code, lt_layer_head, lt_layer_observe, lt_layer_slice,
    lt_layer_sparse, lt_layer_conv, lt_layer_deconv, lt_layer_contract, lt_layer_sample,
    lt_layer_pool, lt_layer_upsample, lt_layer_norm, lt_layer_attract, lt_layer_adversary,
    lt_layer_agree, lt_layer_prefix;

static inline const struct lt_layer_ops *lt_layer_of(const struct lt_net_spec *spec, int node)
{
    return lt_layers[spec->node[node].kind];
}
static inline int64_t lt_node_width(const struct lt_net_spec *spec, int node)
{
    return lt_shape_width(spec->node[node].shape);
}
static inline int64_t lt_input_width(const struct lt_net_spec *spec, int node, int slot)
{
    return lt_node_width(spec, spec->node[node].input[slot]);
}

/* Whether a node has parameters that learn. */
bool lt_node_learns(const struct lt_net_spec *spec, int node);
/* The nodes whose weights and whose biases a node uses. */
static inline int lt_weights_owner(const struct lt_net_spec *spec, int node)
{
    const struct lt_node *n = &spec->node[node];
    return n->shared ? n->shared : n->tied ? n->tied : node;
}
static inline int lt_bias_owner(const struct lt_net_spec *spec, int node)
{
    return spec->node[node].shared ? spec->node[node].shared : node;
}
/* Refuses a node that shares with one it cannot share with. */
int lt_check_shared(const struct lt_net_spec *spec, int node, struct lt_error *err);

/* The y a consumer reads: nodes that only act in training are looked through otherwise. */
struct lt_buffer lt_value_of(const struct lt_net *net, int node, const struct lt_pass *pass);

/* Where node `node` writes the gradient for input `slot`, none when that input does not learn;
 * after writing it, lt_gradient_end adds it to what is there already if it has to. */
struct lt_buffer lt_gradient_begin(struct lt_net *net, int node, int slot);
/* The same for a node that itself adds to it where it has to: the gradient's own place. */
struct lt_buffer lt_gradient_place(const struct lt_net *net, int node, int slot);
void lt_gradient_end(struct lt_net *net, int node, int slot, const struct lt_pass *pass);

/* Of a node's parameters, in floats from the start of either array. */
static inline struct lt_buffer lt_param_at(void *memory, size_t floats)
{
    return (struct lt_buffer){memory, floats * sizeof(float)};
}

/* For oracles: an activation in double, from libm; and where the weights that a node uses and its
 * biases stand. */
double lt_oracle_act(enum lt_act act, double x);
void lt_oracle_params(const struct lt_oracle *o, int node, const double **weights,
                      const double **bias);

/* For nodes with an activation: bytes of the pre-activations that its derivative needs; and dL/dy in
 * the node's dy turned into the gradient for the pre-activations. */
size_t lt_saves_pre(const struct lt_net_spec *spec, int node, bool training, int64_t rows);
void lt_act_gradient(struct lt_net *net, int node, const struct lt_pass *pass);

/* Rows rounded up to whole blocks. */
static inline int64_t lt_rows_padded(int64_t rows, int64_t block)
{
    return (rows + block - 1) / block * block;
}

/* "network node \"NAME\": ..." with LT_ECONTENT */
int lt_node_fail(const struct lt_net_spec *spec, int node, struct lt_error *err, const char *what);

#endif
