#include "net/layer.h"

/* The sum of inputs of one shape: the end of a skip connection. */

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    for (int i = 1; i < n->inputs; i++)
        if (lt_input_width(spec, node, i) != lt_input_width(spec, node, 0))
            return lt_node_fail(spec, node, err, "its inputs differ in shape");
    n->shape = spec->node[n->input[0]].shape;
    return 0;
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    struct lt_backend *b = net->backend;
    size_t count = (size_t)(pass->rows * lt_node_width(&net->spec, node));
    struct lt_buffer sum = lt_value_of(net, n->input[0], pass), y = net->value[node].y;
    if (net->value[node].completed)
        return;
    for (int i = 1; i < n->inputs; i++, sum = y)
        b->ops->add(b, count, sum, lt_value_of(net, n->input[i], pass), y);
}

static void backward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    struct lt_backend *b = net->backend;
    size_t count = (size_t)(pass->rows * lt_node_width(&net->spec, node));
    const struct lt_buffer dy = net->value[node].dy;
    for (int i = 0; i < n->inputs; i++) {
        struct lt_buffer dx = lt_gradient_begin(net, node, i);
        if (!dx.memory || (dx.memory == dy.memory && dx.offset == dy.offset)) /* shared: net.c */
            continue;
        b->ops->axpby(b, count, 1, dy, 0, dx);
        lt_gradient_end(net, node, i, pass);
    }
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    int64_t count = o->pass->rows * lt_node_width(o->spec, node);
    for (int64_t k = 0; k < count; k++) {
        double sum = 0;
        for (int i = 0; i < n->inputs; i++)
            sum += o->y[n->input[i]][k];
        o->y[node][k] = sum;
    }
}

const struct lt_layer_ops lt_layer_add = {.name = "add",
                                          .inputs_min = 2,
                                          .inputs_max = LT_NODE_INPUTS_MAX,
                                          .infer = infer,
                                          .forward = forward,
                                          .backward = backward,
                                          .oracle = oracle};
