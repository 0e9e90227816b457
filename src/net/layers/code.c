#include "net/layer.h"
#include <string.h>

/* The bottleneck.  A plain code passes its input through: it is a name, a place where the
 * encoder ends and the decoder begins. */

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    if (node != spec->code)
        return lt_node_fail(spec, node, err, "a network has one code");
    spec->node[node].shape = spec->node[spec->node[node].input[0]].shape;
    return 0;
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    (void)net, (void)node, (void)pass; /* y is the input's y */
}

static void oracle(struct lt_oracle *o, int node)
{
    size_t count = (size_t)(o->pass->rows * lt_node_width(o->spec, node));
    memcpy(o->y[node], o->y[o->spec->node[node].input[0]], count * sizeof(double));
}

const struct lt_layer_ops lt_layer_code = {.name = "code",
                                           .inputs_min = 1,
                                           .inputs_max = 1,
                                           .passes_through = true,
                                           .infer = infer,
                                           .forward = forward,
                                           .oracle = oracle};
