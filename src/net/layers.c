#include "net/layer.h"
#include <string.h>

/* The table of layer kinds; a new kind is a file under layers/ and a row here. */
const struct lt_layer_ops *const lt_layers[LT_NODE_KINDS] = {
    [LT_NODE_INPUT] = &lt_layer_input,
    [LT_NODE_NOISE] = &lt_layer_noise,
    [LT_NODE_DENSE] = &lt_layer_dense,
    [LT_NODE_DROPOUT] = &lt_layer_dropout,
    [LT_NODE_ADD] = &lt_layer_add,
    [LT_NODE_CONCAT] = &lt_layer_concat,
    [LT_NODE_CODE] = &lt_layer_code,
    [LT_NODE_HEAD] = &lt_layer_head,
    [LT_NODE_OBSERVE] = &lt_layer_observe,
    [LT_NODE_SLICE] = &lt_layer_slice,
    [LT_NODE_SPARSE] = &lt_layer_sparse,
    [LT_NODE_CONV] = &lt_layer_conv,
    [LT_NODE_DECONV] = &lt_layer_deconv,
    [LT_NODE_CONTRACT] = &lt_layer_contract,
    [LT_NODE_SAMPLE] = &lt_layer_sample,
    [LT_NODE_POOL] = &lt_layer_pool,
    [LT_NODE_UPSAMPLE] = &lt_layer_upsample,
    [LT_NODE_NORM] = &lt_layer_norm,
    [LT_NODE_ADVERSARY] = &lt_layer_adversary,
    [LT_NODE_AGREE] = &lt_layer_agree,
    [LT_NODE_ATTRACT] = &lt_layer_attract,
    [LT_NODE_PREFIX] = &lt_layer_prefix,
};

bool lt_node_has_weights(const struct lt_net_spec *spec, int node)
{
    return lt_layer_of(spec, node)->weights != NULL;
}

bool lt_node_learns(const struct lt_net_spec *spec, int node)
{
    return lt_node_has_weights(spec, node) || lt_layer_of(spec, node)->affine != NULL;
}

int lt_check_shared(const struct lt_net_spec *spec, int node, struct lt_error *err)
{
    const struct lt_node *n = &spec->node[node], *o = &spec->node[n->shared];
    if (n->shared == 0)
        return 0;
    if (n->shared < 0 || n->shared >= node || o->kind != n->kind || o->tied || o->shared)
        return lt_node_fail(spec, node, err, "it shares with a node that has nothing of its own");
    const struct lt_shape a = spec->node[n->input[0]].shape, b = spec->node[o->input[0]].shape;
    if (n->tied || a.c != b.c || a.h != b.h || a.w != b.w || n->width != o->width ||
        n->kernel != o->kernel || n->stride != o->stride || n->grid_h != o->grid_h ||
        n->grid_w != o->grid_w)
        return lt_node_fail(spec, node, err, "it shares with a node of another shape");
    return 0;
}

size_t lt_saves_pre(const struct lt_net_spec *spec, int node, bool training, int64_t rows)
{
    if (!training || !lt_act_needs_pre(spec->node[node].act))
        return 0;
    return (size_t)rows * (size_t)lt_node_width(spec, node) * sizeof(float);
}

void lt_act_gradient(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_value *v = &net->value[node];
    const enum lt_act act = net->spec.node[node].act;
    const struct lt_buffer none = {NULL, 0};
    if (act != LT_ACT_LINEAR)
        net->backend->ops->act_backward(
            net->backend, act, (size_t)(pass->rows * lt_node_width(&net->spec, node)),
            lt_act_needs_pre(act) ? v->saved : none, v->y, v->dy, v->dy);
}

const char *lt_node_kind_name(enum lt_node_kind kind)
{
    return lt_layers[kind]->name;
}

int lt_node_kind_by_name(const char *name)
{
    for (int i = 0; i < LT_NODE_KINDS; i++)
        if (strcmp(lt_layers[i]->name, name) == 0)
            return i;
    return -1;
}

int lt_node_fail(const struct lt_net_spec *spec, int node, struct lt_error *err, const char *what)
{
    return lt_fail(err, LT_ECONTENT, "network node %d \"%.*s\": %s", node, LT_NODE_NAME,
                   spec->node[node].name, what);
}
