#include "net/layer.h"
#include <math.h>

/* Shows missing cells to the encoder: NaN becomes 0, which is the mean of a standardised column,
 * and flags behind the values say for a range of columns that 0 stands for nothing.  Columns from
 * `target` on, which are the levels of categories, are multiplied by `weight`. */

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    enum lt_node_kind from = spec->node[n->input[0]].kind;
    int64_t width = lt_node_width(spec, n->input[0]);
    if (from != LT_NODE_INPUT && from != LT_NODE_NOISE && from != LT_NODE_SLICE)
        return lt_node_fail(spec, node, err,
                            "it belongs right after the input, a slice of it or its noise");
    if (n->flags < 0 || n->flag_first < 0 || n->flags > width - n->flag_first)
        return lt_node_fail(spec, node, err, "its flags lie outside the input");
    if (n->target < 0 || n->target > width)
        return lt_node_fail(spec, node, err, "its levels lie outside the input");
    if (width + n->flags > LT_WIDTH_MAX)
        return lt_node_fail(spec, node, err, "it is too wide");
    n->shape = spec->node[n->input[0]].shape;
    if (n->flags > 0)
        n->shape = (struct lt_shape){width + n->flags, 1, 1};
    return 0;
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    struct lt_observe observe = {.rows = pass->rows,
                                 .width = lt_input_width(&net->spec, node, 0),
                                 .flag_first = n->flag_first,
                                 .flags = n->flags,
                                 .scaled = n->target,
                                 .gain = n->weight};
    net->backend->ops->observe(net->backend, &observe, lt_value_of(net, n->input[0], pass),
                               net->value[node].y);
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    int64_t width = lt_input_width(o->spec, node, 0);
    for (int64_t r = 0; r < o->pass->rows; r++) {
        const double *x = o->y[n->input[0]] + r * width;
        double *y = o->y[node] + r * (width + n->flags);
        for (int64_t j = 0; j < width; j++)
            y[j] = isnan(x[j]) ? 0 : x[j] * (j < n->target ? 1 : (double)n->weight);
        for (int64_t j = 0; j < n->flags; j++)
            y[width + j] = isnan(x[n->flag_first + j]);
    }
}

const struct lt_layer_ops lt_layer_observe = {.name = "observe",
                                              .inputs_min = 1,
                                              .inputs_max = 1,
                                              .infer = infer,
                                              .forward = forward,
                                              .oracle = oracle};
