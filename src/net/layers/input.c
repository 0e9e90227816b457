#include "net/layer.h"

/* The rows themselves: the staging buffer that lt_net_put_input fills. */

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    if (node != 0)
        return lt_node_fail(spec, node, err, "only the first node can be the input");
    return 0;
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    (void)net, (void)node, (void)pass;
}

static void oracle(struct lt_oracle *o, int node)
{
    (void)o, (void)node; /* lt_net_oracle has placed the rows */
}

const struct lt_layer_ops lt_layer_input = {
    .name = "input", .infer = infer, .forward = forward, .oracle = oracle};
