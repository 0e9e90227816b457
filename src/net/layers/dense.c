#include "net/layer.h"

/* y = act(x W^T + b), x (rows, in), W (out, in), b (out).  A tied node uses the weights of an
 * earlier node transposed and has a bias of its own; a shared one uses both as they are. */

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    if (n->width < 1 || n->width > LT_WIDTH_MAX)
        return lt_node_fail(spec, node, err, "the width is out of range");
    if (n->tied) {
        if (n->tied < 0 || n->tied >= node || spec->node[n->tied].kind != LT_NODE_DENSE ||
            spec->node[n->tied].tied)
            return lt_node_fail(spec, node, err, "tied to a node that has no weights");
        if (lt_node_width(spec, n->tied) != lt_input_width(spec, node, 0) ||
            lt_input_width(spec, n->tied, 0) != n->width)
            return lt_node_fail(spec, node, err, "tied to weights of another shape");
    }
    int rc = lt_check_shared(spec, node, err);
    if (rc)
        return rc;
    int64_t pixels = n->grid_h * n->grid_w;
    n->shape = (struct lt_shape){n->width, 1, 1};
    if (pixels == 0)
        return 0;
    if (n->grid_h < 1 || n->grid_w < 1 || n->width % pixels != 0)
        return lt_node_fail(spec, node, err, "its outputs do not make up its grid");
    n->shape = (struct lt_shape){n->width / pixels, n->grid_h, n->grid_w};
    return 0;
}

static struct lt_weights weights(const struct lt_net_spec *spec, int node)
{
    const struct lt_node *n = &spec->node[node];
    int64_t in = lt_input_width(spec, node, 0);
    return (struct lt_weights){.rows = n->width,
                               .cols = in,
                               .own = lt_weights_owner(spec, node) == node,
                               .uses = 1,
                               .biases = n->shared ? 0 : n->width,
                               .fan_in = (double)in,
                               .fan_out = (double)n->width};
}

static int bind(struct lt_net *net, int node, struct lt_error *err)
{
    const struct lt_node *n = &net->spec.node[node];
    struct lt_dense_spec spec = {.rows = net->options.rows,
                                 .batch = net->batch,
                                 .in = lt_input_width(&net->spec, node, 0),
                                 .out = n->width,
                                 .transposed = n->tied != 0,
                                 .training = net->options.training,
                                 .need_dx = net->value[n->input[0]].learns,
                                 .precision = net->options.precision};
    return net->backend->ops->dense_create(net->backend, &spec, &net->value[node].dense, err);
}

static void unbind(struct lt_net *net, int node)
{
    if (net->value[node].dense)
        net->backend->ops->dense_free(net->backend, net->value[node].dense);
}

static void pack(struct lt_net *net, int node)
{
    struct lt_value *v = &net->value[node];
    net->backend->ops->dense_pack(net->backend, v->dense, lt_param_at(net->weights, v->weight));
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    struct lt_value *v = &net->value[node];
    net->backend->ops->dense_forward(net->backend, v->dense, pass->rows,
                                     lt_value_of(net, n->input[0], pass),
                                     lt_param_at(net->weights, v->bias), n->act, v->saved, v->y);
}

static void backward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    struct lt_value *v = &net->value[node];
    struct lt_backend *b = net->backend;
    struct lt_buffer db = lt_param_at(net->gradients, v->bias);
    lt_act_gradient(net, node, pass);
    if (v->adds_weight && !v->adds_bias) /* dense_backward will add to dw and db alike */
        b->ops->zero(b, db, (size_t)n->width * sizeof(float));
    b->ops->dense_backward(b, v->dense, pass->rows, lt_value_of(net, n->input[0], pass), v->dy,
                           lt_gradient_begin(net, node, 0), lt_param_at(net->gradients, v->weight),
                           db, v->adds_weight);
    lt_gradient_end(net, node, 0, pass);
}

/* y (out) = act(W x + b) in double; a tied node's W is stored (in, out). */
static void oracle_row(const struct lt_node *n, const double *w, const double *bias,
                       const double *x, int64_t in, double *y)
{
    int64_t out = n->width;
    for (int64_t j = 0; j < out; j++)
        y[j] = bias[j];
    if (n->tied)
        for (int64_t i = 0; i < in; i++)
            for (int64_t j = 0; j < out; j++)
                y[j] += x[i] * w[i * out + j];
    for (int64_t j = 0; j < out; j++) {
        for (int64_t i = 0; !n->tied && i < in; i++)
            y[j] += x[i] * w[j * in + i];
        y[j] = lt_oracle_act(n->act, y[j]);
    }
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    const double *w, *bias;
    lt_oracle_params(o, node, &w, &bias);
    int64_t in = lt_input_width(o->spec, node, 0);
    for (int64_t r = 0; r < o->pass->rows; r++)
        oracle_row(n, w, bias, o->y[n->input[0]] + r * in, in, o->y[node] + r * n->width);
}

const struct lt_layer_ops lt_layer_dense = {.name = "dense",
                                            .inputs_min = 1,
                                            .inputs_max = 1,
                                            .infer = infer,
                                            .weights = weights,
                                            .saves = lt_saves_pre,
                                            .bind = bind,
                                            .unbind = unbind,
                                            .pack = pack,
                                            .forward = forward,
                                            .backward = backward,
                                            .oracle = oracle};
