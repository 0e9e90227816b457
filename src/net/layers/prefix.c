#include "net/layer.h"

/* Orders a code: the decoder is shown its first values alone, as many as a row draws while training, so
 * that each value is worth the most that can be had beside those before it (nested dropout: Rippel,
 * Gelbart and Adams, "Learning ordered representations with nested dropout", ICML 2014).  Otherwise the
 * pass tells how many.  Flags behind the values say which are shown, for a value of 0 that is
 * shown means something else than one that is not. */

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    const int64_t width = lt_input_width(spec, node, 0), last = lt_prefix_last(spec, node);
    if (spec->node[n->input[0]].kind != LT_NODE_CODE)
        return lt_node_fail(spec, node, err, "it does not read the code");
    if (last < 1 || last > width || n->target < 0 || n->target >= last || n->until < 0)
        return lt_node_fail(spec, node, err, "what it shows lies outside the code");
    n->shape = (struct lt_shape){2 * last - n->target, 1, 1};
    return 0;
}

static struct lt_prefix describe(const struct lt_net_spec *spec, int node,
                                 const struct lt_pass *pass)
{
    const int64_t width = lt_input_width(spec, node, 0);
    return (struct lt_prefix){.rows = pass->rows,
                              .width = width,
                              .first = spec->node[node].target,
                              .last = lt_prefix_last(spec, node),
                              .shown = pass->dims > 0 ? pass->dims : width,
                              .seed = pass->seed,
                              .epoch = pass->epoch,
                              .row_ids = pass->training && !pass->measures ? pass->row_ids : NULL};
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_prefix p = describe(&net->spec, node, pass);
    net->backend->ops->prefix(net->backend, &p,
                              lt_value_of(net, net->spec.node[node].input[0], pass),
                              net->value[node].y);
}

static void backward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_prefix p = describe(&net->spec, node, pass);
    struct lt_buffer dx = lt_gradient_begin(net, node, 0);
    if (!dx.memory)
        return;
    net->backend->ops->prefix_backward(net->backend, &p, net->value[node].dy, dx);
    lt_gradient_end(net, node, 0, pass);
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_prefix p = describe(o->spec, node, o->pass);
    const double *x = o->y[o->spec->node[node].input[0]];
    double *y = o->y[node];
    for (int64_t r = 0; r < p.rows; r++) {
        const int64_t shown = lt_prefix_of_row(&p, r);
        for (int64_t j = 0; j < p.last; j++)
            *y++ = j < shown ? x[r * p.width + j] : 0;
        for (int64_t j = p.first; j < p.last; j++)
            *y++ = j < shown;
    }
}

const struct lt_layer_ops lt_layer_prefix = {.name = "prefix",
                                             .inputs_min = 1,
                                             .inputs_max = 1,
                                             .infer = infer,
                                             .forward = forward,
                                             .backward = backward,
                                             .oracle = oracle};
