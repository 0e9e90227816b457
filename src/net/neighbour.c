#include "net/layer.h"
#include <stdio.h>
#include <string.h>

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
    char name[LT_NODE_NAME];
    memcpy(name, n->name, sizeof name);
    snprintf(n->name, sizeof n->name, "near.%.*s", LT_NODE_NAME - 6, name);
    for (int k = 0; k < n->inputs; k++)
        n->input[k] = near[spec->node[i].input[k]];
    if (lt_node_has_weights(spec, i) || n->kind == LT_NODE_DROPOUT)
        n->shared = i;
    return made;
}

static int check_room(const struct lt_net_spec *spec, int room, const char *network,
                      struct lt_error *err)
{
    if (spec->count + room <= LT_NODES_MAX)
        return 0;
    return lt_fail(err, LT_ECONTENT,
                   "%s of %d nodes is too large, %d is the most; use fewer layers", network,
                   spec->count + room, LT_NODES_MAX);
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
    if (check_room(spec, room, how->network, err))
        return LT_ECONTENT;
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

int lt_net_spec_agree(struct lt_net_spec *spec, int rows, int logits, double weight, double length,
                      struct lt_error *err)
{
    bool below[LT_NODES_MAX] = {false};
    int near[LT_NODES_MAX] = {0}, room = 2; /* adversary and agree nodes */
    lt_mark_below(spec, logits, below);
    for (int i = rows + 1; i <= logits; i++) {
        if (below[i] && spec->node[i].kind == LT_NODE_NORM)
            return lt_node_fail(spec, i, err,
                                "it normalises, and agreement needs layers that do not");
        room += below[i];
    }
    if (check_room(spec, room, "a network whose neighbours agree", err))
        return LT_ECONTENT;
    near[rows] = lt_net_spec_add(spec, LT_NODE_ADVERSARY, "near.adversary", 0, rows);
    spec->node[near[rows]].amount = (float)length;
    for (int i = rows + 1; i <= logits; i++)
        if (below[i]) /* the code is a name only, which stands once */
            near[i] = i == spec->code ? near[spec->node[i].input[0]] : add_copy(spec, i, near);
    struct lt_node *n = &spec->node[lt_net_spec_add(spec, LT_NODE_AGREE, "agree", 0, logits)];
    n->inputs = 2;
    n->input[1] = near[logits];
    n->weight = (float)weight;
    return lt_net_spec_infer(spec, err);
}
