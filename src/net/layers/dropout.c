#include "base/rng.h"
#include "net/layer.h"

/* While training, each value becomes 0 with probability p and is divided by 1 - p otherwise
 * (Srivastava et al., JMLR 2014, in the form that needs no rescaling when applied). */

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    if (!(n->amount >= 0 && n->amount < 1))
        return lt_node_fail(spec, node, err, "dropout must be at least 0 and less than 1");
    n->shape = spec->node[n->input[0]].shape;
    return lt_check_shared(spec, node, err);
}

/* The node whose mask it is. */
static int mask_of(const struct lt_net_spec *spec, int node)
{
    return spec->node[node].shared ? spec->node[node].shared : node;
}

static size_t saves(const struct lt_net_spec *spec, int node, bool training, int64_t rows)
{
    return training ? (size_t)rows * (size_t)lt_node_width(spec, node) * sizeof(float) : 0;
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    if (!pass->training)
        return;
    const struct lt_node *n = &net->spec.node[node];
    struct lt_backend *b = net->backend;
    b->ops->dropout(b, n->amount, pass->seed, pass->epoch, (uint32_t)mask_of(&net->spec, node),
                    pass->row_ids, pass->rows, lt_node_width(&net->spec, node),
                    lt_value_of(net, n->input[0], pass), net->value[node].saved,
                    net->value[node].y);
}

static void backward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    struct lt_buffer dx = lt_gradient_begin(net, node, 0);
    if (!dx.memory)
        return;
    struct lt_value *v = &net->value[node];
    size_t n = (size_t)(pass->rows * lt_node_width(&net->spec, node));
    net->backend->ops->multiply(net->backend, n, v->dy, v->saved, dx);
    lt_gradient_end(net, node, 0, pass);
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    int64_t width = lt_node_width(o->spec, node);
    for (int64_t r = 0; r < o->pass->rows; r++) {
        const double *x = o->y[n->input[0]] + r * width;
        double *y = o->y[node] + r * width;
        for (int64_t j = 0; j < width; j++) {
            y[j] = x[j];
            if (!o->pass->training)
                continue;
            uint64_t row = (uint64_t)o->pass->row_ids[r] | (uint64_t)mask_of(o->spec, node) << 48;
            struct lt_stream s = lt_stream(o->pass->seed, LT_RNG_DROPOUT, o->pass->epoch, row);
            y[j] = lt_uniform(&s, (uint32_t)j) < n->amount ? 0 : x[j] / (1 - (double)n->amount);
        }
    }
}

const struct lt_layer_ops lt_layer_dropout = {.name = "dropout",
                                              .inputs_min = 1,
                                              .inputs_max = 1,
                                              .only_training = true,
                                              .infer = infer,
                                              .saves = saves,
                                              .forward = forward,
                                              .backward = backward,
                                              .oracle = oracle};
