#include "net/layer.h"
#include <math.h>

/* Moves every row by a length of `amount` in the direction, found anew in each training pass, in which
 * what depends on it most changes the penalties: virtual adversarial training (Miyato et al., "Virtual
 * adversarial training: a regularization method for supervised and semi-supervised learning", TPAMI
 * 2018), one step of the power method from a random direction. lt_net_spec_agree tells what for. */

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    if (!(n->amount > 0 && n->amount <= 1e6f))
        return lt_node_fail(spec, node, err, "the length of its step is out of range");
    n->shape = spec->node[n->input[0]].shape;
    return 0;
}

/* What depends on it runs once in each direction for the rows as moved now; dL/dy is then in dy, and
 * gradients of weights hold nothing of use. */
static void look_ahead(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const int count = net->spec.count;
    bool depends[LT_NODES_MAX] = {false};
    depends[node] = true;
    for (int i = node + 1; i < count; i++) {
        for (int k = 0; k < net->spec.node[i].inputs; k++)
            depends[i] = depends[i] || depends[net->spec.node[i].input[k]];
        if (depends[i])
            lt_layer_of(&net->spec, i)->forward(net, i, pass);
    }
    for (int i = count - 1; i > node; i--)
        if (depends[i] && lt_layer_of(&net->spec, i)->backward)
            lt_layer_of(&net->spec, i)->backward(net, i, pass);
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    const struct lt_value *v = &net->value[node];
    const int64_t width = lt_node_width(&net->spec, node);
    const struct lt_corruption normal = {.kind = LT_NOISE_GAUSSIAN, .amount = 1};
    const struct lt_buffer x = lt_value_of(net, n->input[0], pass);
    struct lt_backend *b = net->backend;
    if (!pass->training)
        return;
    b->ops->zero(b, v->y, (size_t)(pass->rows * width) * sizeof(float));
    b->ops->noise(b, &normal, pass->seed + 1, pass->epoch, pass->row_ids, pass->rows, width, v->y,
                  v->dy);
    b->ops->step_rows(b, n->amount, pass->rows, width, x, v->dy, v->y);
    look_ahead(net, node, pass);
    b->ops->step_rows(b, n->amount, pass->rows, width, x, v->dy, v->y);
}

static void oracle(struct lt_oracle *o, int node)
{
    (void)
        node; /* its direction is a search's result, which an independent evaluation would not share */
    o->objective = (double)NAN;
}

const struct lt_layer_ops lt_layer_adversary = {.name = "adversary",
                                                .inputs_min = 1,
                                                .inputs_max = 1,
                                                .only_training = true,
                                                .seeks = true,
                                                .infer = infer,
                                                .forward = forward,
                                                .oracle = oracle};
