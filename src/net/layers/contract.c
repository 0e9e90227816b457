#include "net/layer.h"

/* Draws its two inputs a, b (rows, width) together: weight * sum (a - b)^2 is added to the objective
 * while training.  lt_net_spec_contract tells what for. */

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    const struct lt_shape a = spec->node[n->input[0]].shape, b = spec->node[n->input[1]].shape;
    if (a.c != b.c || a.h != b.h || a.w != b.w)
        return lt_node_fail(spec, node, err, "its inputs differ in shape");
    if (!(n->weight >= 0 && n->weight <= 1e12f))
        return lt_node_fail(spec, node, err, "the weight of its penalty is out of range");
    n->shape = a;
    return 0;
}

/* As a head compares with its target; the gradient for a is left in dy. */
static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    const struct lt_buffer none = {NULL, 0};
    struct lt_value *v = &net->value[node];
    struct lt_backend *b = net->backend;
    if (!pass->training) {
        b->ops->zero(b, v->row_loss, (size_t)pass->rows * sizeof(double));
        return;
    }
    b->ops->head(b, LT_LOSS_MSE, LT_ACT_LINEAR, n->weight / (float)pass->rows, pass->rows,
                 lt_node_width(&net->spec, node), 0, lt_value_of(net, n->input[0], pass),
                 lt_value_of(net, n->input[1], pass), none, v->dy, v->row_loss, none);
}

static void backward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const size_t n = (size_t)(pass->rows * lt_node_width(&net->spec, node));
    for (int slot = 0; slot < 2; slot++) {
        struct lt_buffer dx = lt_gradient_begin(net, node, slot);
        if (dx.memory)
            net->backend->ops->axpby(net->backend, n, slot ? -1 : 1, net->value[node].dy, 0, dx);
        lt_gradient_end(net, node, slot, pass);
    }
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    const int64_t count = o->pass->rows * lt_node_width(o->spec, node);
    const double *a = o->y[n->input[0]], *b = o->y[n->input[1]];
    double sum = 0;
    for (int64_t k = 0; k < count; k++)
        sum += (a[k] - b[k]) * (a[k] - b[k]);
    if (o->pass->training)
        o->objective += (double)n->weight * sum / (double)o->pass->rows;
}

const struct lt_layer_ops lt_layer_contract = {.name = "contract",
                                               .inputs_min = 2,
                                               .inputs_max = 2,
                                               .row_losses = true,
                                               .penalty = true,
                                               .infer = infer,
                                               .forward = forward,
                                               .backward = backward,
                                               .oracle = oracle};
