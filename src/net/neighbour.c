#include "net/layer.h"
#include <stdio.h>

/* The encoder once more, for a neighbour of each row.  See lt_net_spec_contract and lt_net_spec_attract. */

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

/* What draws codes to those of neighbours: words for messages, where the neighbours come from, the node
 * that compares and its weight. */
struct neighbours {
    const char *network, *what;
    enum lt_noise noise;
    double amount;
    enum lt_node_kind kind;
    double weight;
};

static int add_neighbours(struct lt_net_spec *spec, const struct neighbours *how,
                          struct lt_error *err)
{
    const int code = drawn(spec);
    bool encoder[LT_NODES_MAX] = {false};
    int near[LT_NODES_MAX] = {0}, room = 2; /* noise and the node that compares */
    lt_mark_below(spec, code, encoder);
    for (int i = 1; i <= code; i++) {
        if (encoder[i] && spec->node[i].kind == LT_NODE_NOISE) {
            char why[100];
            snprintf(why, sizeof why, "it corrupts the rows, and %s looks at clean ones",
                     how->what);
            return lt_node_fail(spec, i, err, why);
        }
        room += encoder[i];
    }
    if (spec->count + room > LT_NODES_MAX)
        return lt_fail(err, LT_ECONTENT,
                       "%s of %d nodes is too large, %d is the most; use fewer layers",
                       how->network, spec->count + room, LT_NODES_MAX);
    near[0] = lt_net_spec_add(spec, LT_NODE_NOISE, "near.noise", 0, 0);
    spec->node[near[0]].noise = how->noise;
    spec->node[near[0]].amount = (float)how->amount;
    for (int i = 1; i <= code; i++)
        if (encoder[i])
            near[i] = add_copy(spec, i, near);
    const char *name = lt_node_kind_name(how->kind);
    struct lt_node *n = &spec->node[lt_net_spec_add(spec, how->kind, name, 0, code)];
    n->inputs = 2;
    n->input[1] = near[code];
    n->weight = (float)how->weight;
    return lt_net_spec_infer(spec, err);
}

int lt_net_spec_contract(struct lt_net_spec *spec, double weight, double step, struct lt_error *err)
{
    const struct neighbours how = {.network = "a contractive network",
                                   .what = "contraction",
                                   .noise = LT_NOISE_GAUSSIAN,
                                   .amount = step,
                                   .kind = LT_NODE_CONTRACT,
                                   .weight = weight / (step * step)};
    return add_neighbours(spec, &how, err);
}

int lt_net_spec_attract(struct lt_net_spec *spec, double weight, struct lt_error *err)
{
    const struct neighbours how = {.network = "a network that draws neighbours together",
                                   .what = "attraction",
                                   .noise = LT_NOISE_PAIRS,
                                   .kind = LT_NODE_ATTRACT,
                                   .weight = weight};
    return add_neighbours(spec, &how, err);
}
