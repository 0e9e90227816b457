#include "net/layer.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

int lt_net_spec_add(struct lt_net_spec *spec, enum lt_node_kind kind, const char *name, int number,
                    int input)
{
    struct lt_node *n = &spec->node[spec->count];
    *n = (struct lt_node){.kind = kind, .weight = 1, .inputs = spec->count > 0, .input = {input}};
    if (number)
        snprintf(n->name, sizeof n->name, "%s%d", name, number);
    else
        snprintf(n->name, sizeof n->name, "%s", name);
    return spec->count++;
}

int lt_net_spec_add_dense(struct lt_net_spec *spec, const char *name, int number, int input,
                          int64_t width, enum lt_act act)
{
    int i = lt_net_spec_add(spec, LT_NODE_DENSE, name, number, input);
    spec->node[i].width = width;
    spec->node[i].act = act;
    return i;
}

int lt_net_spec_sampler(const struct lt_net_spec *spec)
{
    const int node = spec->node[spec->code].input[0];
    return spec->node[node].kind == LT_NODE_SAMPLE ? node : 0;
}

bool lt_net_spec_ordered(const struct lt_net_spec *spec)
{
    for (int i = spec->code + 1; i < spec->count; i++)
        if (spec->node[i].kind == LT_NODE_PREFIX)
            return true;
    return false;
}

bool lt_node_ends_block(const struct lt_net_spec *spec, int node)
{
    for (int i = node + 1; i < spec->count; i++)
        if (spec->node[i].kind == LT_NODE_ADD && spec->node[i].input[1] == node)
            return true;
    return false;
}

bool lt_node_is_normalised(const struct lt_net_spec *spec, int node)
{
    return node + 1 < spec->count && spec->node[node + 1].kind == LT_NODE_NORM &&
           spec->node[node + 1].input[0] == node;
}

static int check_name(const struct lt_net_spec *spec, int node, struct lt_error *err)
{
    const char *name = spec->node[node].name;
    if (!memchr(name, 0, LT_NODE_NAME) || !name[0])
        return lt_node_fail(spec, node, err, "its name is empty or too long");
    for (const char *c = name; *c; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '_' && *c != '.')
            return lt_node_fail(spec, node, err, "names are made of a-z, 0-9, _ and .");
    for (int i = 0; i < node; i++)
        if (strcmp(spec->node[i].name, name) == 0)
            return lt_node_fail(spec, node, err, "its name stands twice");
    return 0;
}

static int check_edges(const struct lt_net_spec *spec, int node, struct lt_error *err)
{
    const struct lt_node *n = &spec->node[node];
    if ((int)n->kind < 0 || n->kind >= LT_NODE_KINDS)
        return lt_node_fail(spec, node, err, "unknown kind");
    const struct lt_layer_ops *ops = lt_layers[n->kind];
    if (n->inputs < ops->inputs_min || n->inputs > ops->inputs_max)
        return lt_node_fail(spec, node, err, "it has the wrong number of inputs");
    for (int i = 0; i < n->inputs; i++) {
        if (n->input[i] < 0 || n->input[i] >= node)
            return lt_node_fail(spec, node, err, "an input is not an earlier node");
        if (spec->node[n->input[i]].kind == LT_NODE_HEAD)
            return lt_node_fail(spec, node, err, "a head has no outputs to read");
        if (lt_layer_of(spec, n->input[i])->penalty)
            return lt_node_fail(spec, node, err, "a penalty has no outputs to read");
    }
    return 0;
}

/* Marks what the marked nodes depend on. */
static void mark_below(const struct lt_net_spec *spec, bool *marked)
{
    for (int i = spec->count - 1; i > 0; i--)
        for (int k = 0; marked[i] && k < spec->node[i].inputs; k++)
            marked[spec->node[i].input[k]] = true;
}

void lt_mark_needed(const struct lt_net_spec *spec, bool needed[LT_NODES_MAX])
{
    for (int i = 0; i < LT_NODES_MAX; i++)
        needed[i] = i < spec->count && (i == spec->code || spec->node[i].kind == LT_NODE_HEAD);
    mark_below(spec, needed);
}

void lt_mark_below(const struct lt_net_spec *spec, int node, bool marked[LT_NODES_MAX])
{
    memset(marked, 0, LT_NODES_MAX * sizeof *marked);
    marked[node] = true;
    mark_below(spec, marked);
}

/* All that reaches a head goes through the code: otherwise codes alone could not be decoded. */
static int check_bottleneck(const struct lt_net_spec *spec, struct lt_error *err)
{
    bool encoder[LT_NODES_MAX], needed[LT_NODES_MAX];
    lt_mark_below(spec, spec->code, encoder);
    lt_mark_needed(spec, needed);
    int heads = 0;
    for (int i = 1; i < spec->count; i++) {
        const struct lt_node *n = &spec->node[i];
        heads += n->kind == LT_NODE_HEAD;
        for (int k = 0; needed[i] && !encoder[i] && k < n->inputs; k++)
            if (encoder[n->input[k]] && n->input[k] != spec->code)
                return lt_node_fail(spec, i, err, "it sees the input past the code");
    }
    if (heads == 0)
        return lt_fail(err, LT_ECONTENT, "the network has no head");
    return 0;
}

/* Codes of every width have one decoder. */
static int check_decoders(const struct lt_net_spec *spec, struct lt_error *err)
{
    int64_t until = 0;
    for (int i = spec->code + 1; i < spec->count; i++) {
        const struct lt_node *n = &spec->node[i];
        const int prefix = lt_prefix_of(spec, i);
        for (int k = 0; k < n->inputs && prefix != i; k++) {
            const int other = lt_prefix_of(spec, n->input[k]);
            if (other && other != prefix)
                return lt_node_fail(spec, i, err, "it reads two decoders");
        }
        if (n->kind != LT_NODE_PREFIX)
            continue;
        if (lt_prefix_until(spec, i) < until)
            return lt_node_fail(spec, i, err, "it serves narrower codes than the one before");
        until = lt_prefix_until(spec, i);
    }
    if (until != 0 && until != lt_net_spec_dims(spec))
        return lt_fail(err, LT_ECONTENT, "no decoder serves codes of all %lld values",
                       (long long)lt_net_spec_dims(spec));
    return 0;
}

int lt_net_spec_infer(struct lt_net_spec *spec, struct lt_error *err)
{
    if (spec->count < 1 || spec->count > LT_NODES_MAX)
        return lt_fail(err, LT_ECONTENT, "a network has 1 to %d nodes, not %d", LT_NODES_MAX,
                       spec->count);
    if (spec->code < 1 || spec->code >= spec->count ||
        spec->node[spec->code].kind != LT_NODE_CODE || spec->node[0].kind != LT_NODE_INPUT)
        return lt_fail(err, LT_ECONTENT, "the network lacks its input or its code");
    struct lt_shape s = spec->node[0].shape;
    if (s.c < 1 || s.h < 1 || s.w < 1 || s.c > LT_WIDTH_MAX || s.h > LT_WIDTH_MAX ||
        s.w > LT_WIDTH_MAX || s.c * s.h > LT_WIDTH_MAX || s.c * s.h * s.w > LT_WIDTH_MAX)
        return lt_node_fail(spec, 0, err, "the input shape is out of range");
    for (int i = 0; i < spec->count; i++) {
        int rc = check_name(spec, i, err);
        if (!rc)
            rc = check_edges(spec, i, err);
        if (!rc)
            rc = lt_layer_of(spec, i)->infer(spec, i, err);
        if (rc)
            return rc;
    }
    int rc = check_bottleneck(spec, err);
    return rc ? rc : check_decoders(spec, err);
}

int lt_net_spec_resize(struct lt_net_spec *spec, int64_t h, int64_t w, struct lt_error *err)
{
    spec->node[0].shape.h = h;
    spec->node[0].shape.w = w;
    for (int i = 1; i < spec->count; i++) {
        struct lt_node *n = &spec->node[i];
        if (n->kind == LT_NODE_DECONV || n->kind == LT_NODE_UPSAMPLE) {
            n->grid_h = spec->node[n->input[0]].shape.h * n->stride;
            n->grid_w = spec->node[n->input[0]].shape.w * n->stride;
        }
        int rc = lt_layer_of(spec, i)->infer(spec, i, err);
        if (rc)
            return rc;
    }
    return lt_net_spec_infer(spec, err);
}

/* Floating-point operations of a node's product for a row. */
static double products(const struct lt_net_spec *spec, int node)
{
    if (!lt_node_has_weights(spec, node))
        return 0;
    const struct lt_weights w = lt_layer_of(spec, node)->weights(spec, node);
    return 2.0 * (double)w.rows * (double)w.cols * (double)w.uses;
}

double lt_net_flops_forward(const struct lt_net_spec *spec)
{
    double flops = 0;
    for (int i = 0; i < spec->count; i++)
        flops += products(spec, i);
    return flops;
}

double lt_net_flops_train(const struct lt_net_spec *spec)
{
    double flops = 0;
    bool learns[LT_NODES_MAX] = {false};
    for (int i = 0; i < spec->count; i++) {
        const struct lt_node *n = &spec->node[i];
        bool below = false;
        for (int k = 0; k < n->inputs; k++)
            below |= learns[n->input[k]];
        learns[i] = below || lt_node_learns(spec, i);
        flops += (below ? 3 : 2) * products(spec, i);
    }
    return flops;
}
