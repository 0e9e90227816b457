#include "net/layer.h"
#include <math.h>

/* Draws each row of its first input x (rows, width) to its partner, the same row of the second, z, and
 * away from the partners of the other rows of the batch:
 *
 *     weight * sum over i of -log(q_ii / sum over m of q_im),   q_im = 1 / (1 + |x_i - z_m|^2)
 *
 * is added to the objective while training.  lt_net_spec_attract tells what for. */

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

/* The sums of similarities, and behind them dL/dz until it is z's turn. */
static size_t saves(const struct lt_net_spec *spec, int node, bool training, int64_t rows)
{
    const size_t row = sizeof(double) + (size_t)lt_node_width(spec, node) * sizeof(float);
    return training ? (size_t)rows * row : 0;
}

static struct lt_attraction describe(const struct lt_net *net, int node, const struct lt_pass *pass)
{
    return (struct lt_attraction){pass->rows, lt_node_width(&net->spec, node)};
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    const struct lt_attraction a = describe(net, node, pass);
    struct lt_value *v = &net->value[node];
    struct lt_backend *b = net->backend;
    if (pass->training)
        b->ops->attract(b, &a, lt_value_of(net, n->input[0], pass),
                        lt_value_of(net, n->input[1], pass), v->saved, v->row_loss);
    else
        b->ops->zero(b, v->row_loss, (size_t)pass->rows * sizeof(double));
}

static void pass_on(struct lt_net *net, int node, int slot, struct lt_buffer gradient,
                    const struct lt_pass *pass)
{
    const size_t n = (size_t)(pass->rows * lt_node_width(&net->spec, node));
    struct lt_buffer dx = lt_gradient_begin(net, node, slot);
    if (dx.memory)
        net->backend->ops->copy(net->backend, dx, gradient, n * sizeof(float));
    lt_gradient_end(net, node, slot, pass);
}

static void backward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    const struct lt_attraction a = describe(net, node, pass);
    const struct lt_value *v = &net->value[node];
    const struct lt_buffer dz = lt_buffer_at(v->saved, (size_t)net->options.rows * sizeof(double));
    net->backend->ops->attract_backward(net->backend, &a, n->weight / (float)pass->rows,
                                        lt_value_of(net, n->input[0], pass),
                                        lt_value_of(net, n->input[1], pass), v->saved, v->dy, dz);
    pass_on(net, node, 0, v->dy, pass);
    pass_on(net, node, 1, dz, pass);
}

static double square_distance(const double *a, const double *b, int64_t width)
{
    double sum = 0;
    for (int64_t k = 0; k < width; k++)
        sum += (a[k] - b[k]) * (a[k] - b[k]);
    return sum;
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    const int64_t width = lt_node_width(o->spec, node), rows = o->pass->rows;
    const double *x = o->y[n->input[0]], *z = o->y[n->input[1]];
    double loss = 0;
    for (int64_t i = 0; i < rows; i++) {
        const double own = 1 / (1 + square_distance(x + i * width, z + i * width, width));
        double sum = own;
        for (int64_t m = 0; m < rows; m++)
            sum += m == i ? 0 : 1 / (1 + square_distance(x + i * width, z + m * width, width));
        loss += log(sum) - log(own);
    }
    if (o->pass->training)
        o->objective += (double)n->weight * loss / (double)rows;
}

const struct lt_layer_ops lt_layer_attract = {.name = "attract",
                                              .inputs_min = 2,
                                              .inputs_max = 2,
                                              .row_losses = true,
                                              .penalty = true,
                                              .infer = infer,
                                              .saves = saves,
                                              .forward = forward,
                                              .backward = backward,
                                              .oracle = oracle};
