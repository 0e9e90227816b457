#include "net/layer.h"
#include <stdio.h>

/* The encoder once more, for a neighbour of each row.  See lt_net_spec_contract. */

/* The node that the code shows: what is drawn together. */
static int drawn(const struct lt_net_spec *spec)
{
    int node = spec->node[spec->code].input[0];
    return spec->node[node].kind == LT_NODE_SPARSE ? spec->node[node].input[0] : node;
}

/* A copy of node i that reads the copies of what i reads, near[...]. */
static int add_copy(struct lt_net_spec *spec, int i, const int *near)
{
    const int made = spec->count++;
    struct lt_node *n = &spec->node[made];
    *n = spec->node[i];
    snprintf(n->name, sizeof n->name, "near.%.*s", LT_NODE_NAME - 6, spec->node[i].name);
    for (int k = 0; k < n->inputs; k++)
        n->input[k] = near[spec->node[i].input[k]];
    if (lt_node_has_weights(spec, i) || n->kind == LT_NODE_DROPOUT)
        n->shared = i;
    return made;
}

int lt_net_spec_contract(struct lt_net_spec *spec, double weight, double step, struct lt_error *err)
{
    const int code = drawn(spec);
    bool encoder[LT_NODES_MAX] = {false};
    int near[LT_NODES_MAX] = {0}, room = 2; /* noise and contract nodes */
    lt_mark_below(spec, code, encoder);
    for (int i = 1; i <= code; i++) {
        if (encoder[i] && spec->node[i].kind == LT_NODE_NOISE)
            return lt_node_fail(spec, i, err,
                                "it corrupts the rows, and contraction looks at clean ones");
        room += encoder[i];
    }
    if (spec->count + room > LT_NODES_MAX)
        return lt_fail(err, LT_ECONTENT,
                       "a contractive network of %d nodes is too large, %d is the most; use fewer "
                       "layers",
                       spec->count + room, LT_NODES_MAX);
    near[0] = lt_net_spec_add(spec, LT_NODE_NOISE, "near.noise", 0, 0);
    spec->node[near[0]].noise = LT_NOISE_GAUSSIAN;
    spec->node[near[0]].amount = (float)step;
    for (int i = 1; i <= code; i++)
        if (encoder[i])
            near[i] = add_copy(spec, i, near);
    struct lt_node *n = &spec->node[lt_net_spec_add(spec, LT_NODE_CONTRACT, "contract", 0, code)];
    n->inputs = 2;
    n->input[1] = near[code];
    n->weight = (float)(weight / (step * step));
    return lt_net_spec_infer(spec, err);
}
