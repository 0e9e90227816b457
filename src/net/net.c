#include "base/mem.h"
#include "net/layer.h"
#include <string.h>

/* ---- plan: which node needs what, and where it lies ---- */

/* Whether a node's value is its input's: always, or because this network never trains. */
static bool looks_through(const struct lt_net *net, int node)
{
    const struct lt_layer_ops *ops = lt_layer_of(&net->spec, node);
    return ops->passes_through || (ops->only_training && !net->options.training);
}

/* The node whose buffers a value that is passed through really is. */
static int root_of(const struct lt_net *net, int node)
{
    while (looks_through(net, node))
        node = net->spec.node[node].input[0];
    return node;
}

static void mark_learning(struct lt_net *net)
{
    bool needed[LT_NODES_MAX], encoder[LT_NODES_MAX];
    lt_mark_needed(&net->spec, needed);
    lt_mark_below(&net->spec, net->spec.code, encoder);
    for (int i = 0; i < net->spec.count; i++) {
        const struct lt_node *n = &net->spec.node[i];
        net->value[i].in_encoder = encoder[i];
        net->value[i].aside = !needed[i];
        net->value[i].learns = lt_node_learns(&net->spec, i) || lt_layer_of(&net->spec, i)->seeks;
        for (int k = 0; k < n->inputs; k++)
            net->value[i].learns |= net->value[n->input[k]].learns;
        net->value[i].prefix = lt_prefix_of(&net->spec, i);
        net->value[i].share = 1;
    }
}

struct writers { /* whether a node's dy, dw and db are written */
    bool value[LT_NODES_MAX], weight[LT_NODES_MAX], bias[LT_NODES_MAX];
};

static void mark_node_writes(struct lt_net *net, int node, struct writers *written)
{
    const struct lt_node *n = &net->spec.node[node];
    if (looks_through(net, node))
        return;
    for (int k = 0; k < n->inputs; k++) {
        int producer = root_of(net, n->input[k]);
        net->value[node].adds[k] = written->value[producer];
        written->value[producer] = true;
    }
    if (lt_node_has_weights(&net->spec, node)) {
        int weights = lt_weights_owner(&net->spec, node), bias = lt_bias_owner(&net->spec, node);
        net->value[node].adds_weight = written->weight[weights];
        net->value[node].adds_bias = written->bias[bias];
        written->weight[weights] = written->bias[bias] = true;
    }
}

/* Gradients are written by the heads during forward and then by the other nodes from the last to
 * the first; whoever comes second to a place adds. */
static void mark_writers(struct lt_net *net)
{
    struct writers written = {0};
    for (int i = 0; i < net->spec.count; i++)
        if (net->spec.node[i].kind == LT_NODE_HEAD)
            mark_node_writes(net, i, &written);
    for (int i = net->spec.count - 1; i > 0; i--)
        if (net->spec.node[i].kind != LT_NODE_HEAD)
            mark_node_writes(net, i, &written);
}

static bool has_gradient(const struct lt_net *net, int node)
{
    return net->options.training && net->value[node].learns &&
           net->spec.node[node].kind != LT_NODE_HEAD && root_of(net, node) == node;
}

/* Whether what node `reader` reads as its gradient is spoilt when it shares its place with that of
 * `other`, both inputs of the sum `sum`.  Nodes run backwards from the last to the first, so the place
 * must not be written to for `other` before it is `reader`'s turn: not by others that `other` goes
 * into, nor by `other` itself, which may turn it into the gradient of its pre-activations or, as a
 * sum, share it further.  A node that writes what it adds does so after it has read. */
static bool spoils(const struct lt_net *net, int sum, int other, int reader)
{
    const struct lt_node *o = &net->spec.node[other];
    bool writes = o->act != LT_ACT_LINEAR || o->kind == LT_NODE_ADD;
    if (writes && other > reader)
        return true;
    for (int i = reader + 1; i < sum; i++)
        for (int k = 0; k < net->spec.node[i].inputs && !looks_through(net, i); k++)
            if (root_of(net, net->spec.node[i].input[k]) == other)
                return true;
    return false;
}

/* The gradient of a sum is that of each of its inputs, so those inputs keep theirs in its place, and
 * nothing is copied, where no one spoils it for the others. */
static void share_gradients_of(struct lt_net *net, int sum)
{
    const struct lt_node *n = &net->spec.node[sum];
    int shared[LT_NODE_INPUTS_MAX], count = 0;
    for (int k = 0; k < n->inputs; k++) {
        const int p = root_of(net, n->input[k]);
        bool free = has_gradient(net, p) && !net->value[sum].adds[k];
        for (int j = 0; j < n->inputs; j++)
            free = free && (j == k || root_of(net, n->input[j]) != p);
        for (int j = 0; j < count; j++)
            free = free && !spoils(net, sum, p, shared[j]) && !spoils(net, sum, shared[j], p);
        if (!free)
            continue;
        shared[count++] = p;
        net->value[p].gradient_of = net->value[sum].gradient_of;
    }
}

/* Sums from the last to the first, so that chains of them share one place. */
static void share_gradients(struct lt_net *net)
{
    for (int i = 0; i < net->spec.count; i++)
        net->value[i].gradient_of = i;
    for (int i = net->spec.count - 1; i > 0; i--)
        if (net->spec.node[i].kind == LT_NODE_ADD && has_gradient(net, i))
            share_gradients_of(net, i);
}

static int count_readers(const struct lt_net *net, int node)
{
    int readers = 0;
    for (int i = 0; i < net->spec.count; i++)
        for (int k = 0; k < net->spec.node[i].inputs; k++)
            readers += root_of(net, net->spec.node[i].input[k]) == node;
    return readers;
}

/* Whether input k of a sum of two can be computed right into the sum: nobody else wants to see it, and
 * the other one is there by then. */
static bool can_complete(const struct lt_net *net, int sum, int k)
{
    const struct lt_node *s = &net->spec.node[sum];
    const int node = s->input[k], other = root_of(net, s->input[1 - k]);
    return s->inputs == 2 && lt_layer_of(&net->spec, node)->finishes && other < node &&
           net->spec.node[node].act == LT_ACT_LINEAR && node != root_of(net, net->spec.code) &&
           count_readers(net, node) == 1;
}

static void mark_completions(struct lt_net *net)
{
    for (int i = 1; i < net->spec.count; i++)
        for (int k = 0; net->spec.node[i].kind == LT_NODE_ADD && k < 2; k++)
            if (!net->value[i].completed && can_complete(net, i, k)) {
                net->value[i].completed = true;
                net->value[net->spec.node[i].input[k]].completes = i;
            }
}

/* The node whose forward writes a value. */
static int writer_of(const struct lt_net *net, int node)
{
    for (int i = 1; i < node; i++)
        if (net->value[i].completes == node)
            return i;
    return node;
}

/* Whether a value is kept in bf16 as well: someone reads it so, and whoever writes it, which for the
 * code may also be the caller, can make the copy at once. */
static bool has_copy(const struct lt_net *net, int node)
{
    if (!net->options.training || node == root_of(net, net->spec.code) ||
        !lt_layer_of(&net->spec, writer_of(net, node))->finishes)
        return false;
    for (int i = node + 1; i < net->spec.count; i++) {
        const struct lt_layer_ops *ops = lt_layer_of(&net->spec, i);
        if (ops->reads_bf16 && root_of(net, net->spec.node[i].input[0]) == node &&
            ops->reads_bf16(net, i))
            return true;
    }
    return false;
}

static void mark_params(struct lt_net *net)
{
    for (int p = 0; p < net->params.count; p++) {
        const struct lt_param *q = &net->params.param[p];
        struct lt_value *v = &net->value[q->node];
        size_t *const place[] = {[LT_PARAM_WEIGHT] = &v->weight,
                                 [LT_PARAM_BIAS] = &v->bias,
                                 [LT_PARAM_GAIN] = &v->weight,
                                 [LT_PARAM_MEAN] = &v->mean,
                                 [LT_PARAM_VARIANCE] = &v->variance};
        *place[q->kind] = q->offset;
    }
    for (int i = 0; i < net->spec.count; i++) {
        net->value[i].weight = net->value[lt_weights_owner(&net->spec, i)].weight;
        net->value[i].bias = net->value[lt_bias_owner(&net->spec, i)].bias;
    }
}

/* The last node that reads node i's value; heads, code and input live to the end. */
static int last_use(const struct lt_net *net, int node)
{
    int last = node;
    for (int i = node + 1; i < net->spec.count; i++)
        for (int k = 0; k < net->spec.node[i].inputs; k++)
            if (root_of(net, net->spec.node[i].input[k]) == node)
                last = i;
    if (node == 0 || node == root_of(net, net->spec.code) ||
        net->spec.node[node].kind == LT_NODE_HEAD)
        last = net->spec.count;
    return last;
}

struct lifetime {
    size_t offset, bytes;
    int first, last;
};

/* First fit among the values alive at the same time. */
static size_t place(const struct lifetime *placed, int count, size_t bytes, int first, int last)
{
    size_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < count; i++) {
            const struct lifetime *p = &placed[i];
            bool alive = p->first <= last && first <= p->last;
            if (alive && offset < p->offset + p->bytes && p->offset < offset + bytes) {
                offset = p->offset + p->bytes;
                moved = true;
            }
        }
    }
    return offset;
}

static size_t aligned(size_t bytes)
{
    return (bytes + LT_ALIGN - 1) / LT_ALIGN * LT_ALIGN;
}

static size_t row_bytes(const struct lt_net *net, int64_t width)
{
    return aligned((size_t)net->options.rows * (size_t)width * sizeof(float));
}

/* Outputs: all kept while training, otherwise sharing memory by lifetime. */
static void plan_outputs(struct lt_net *net, struct lt_plan *plan)
{
    struct lifetime placed[LT_NODES_MAX];
    int count = 0;
    size_t top = 0;
    for (int i = 0; i < net->spec.count; i++) {
        if (root_of(net, i) != i || net->value[i].completes)
            continue;
        struct lifetime *p = &placed[count];
        p->first = net->options.training ? 0 : writer_of(net, i);
        p->last = net->options.training ? net->spec.count : last_use(net, i);
        p->bytes = row_bytes(net, lt_node_width(&net->spec, i));
        p->offset = place(placed, count, p->bytes, p->first, p->last);
        count++;
        top = p->offset + p->bytes > top ? p->offset + p->bytes : top;
        net->value[i].y.offset = p->offset;
    }
    size_t base = lt_plan_reserve(plan, top, 1);
    for (int i = 0; i < net->spec.count; i++) {
        net->value[i].y.memory = net->values;
        net->value[i].y.offset += base;
    }
}

static struct lt_buffer reserve(const struct lt_net *net, struct lt_plan *plan, size_t bytes)
{
    if (bytes == 0)
        return (struct lt_buffer){NULL, 0};
    return (struct lt_buffer){net->values, lt_plan_reserve(plan, bytes, 1)};
}

static bool one_head_covers_all(const struct lt_net *net)
{
    int heads = 0;
    bool covers = false;
    for (int i = 0; i < net->spec.count; i++)
        if (net->spec.node[i].kind == LT_NODE_HEAD) {
            heads++;
            covers = lt_node_width(&net->spec, i) == lt_node_width(&net->spec, 0);
        }
    return heads == 1 && covers;
}

/* Floats of the largest gradient that a convolution has to add. */
static size_t spare_floats(const struct lt_net *net)
{
    size_t most = 0;
    for (int i = 0; i < net->spec.count; i++) {
        const struct lt_value *v = &net->value[i];
        const enum lt_node_kind kind = net->spec.node[i].kind;
        size_t n = v->bias - v->weight + (size_t)net->spec.node[i].width;
        if (v->adds_weight && (kind == LT_NODE_CONV || kind == LT_NODE_DECONV))
            most = n > most ? n : most;
    }
    return most;
}

/* Called twice: to learn the size, and with net->values allocated to hand out the places. */
static void plan_values(struct lt_net *net, struct lt_plan *plan)
{
    int64_t widest = 0;
    plan_outputs(net, plan);
    for (int i = 0; i < net->spec.count; i++) {
        struct lt_value *v = &net->value[i];
        const struct lt_layer_ops *ops = lt_layer_of(&net->spec, i);
        int64_t width = lt_node_width(&net->spec, i);
        widest = width > widest ? width : widest;
        if (ops->saves)
            v->saved = reserve(net, plan,
                               ops->saves(&net->spec, i, net->options.training, net->options.rows));
        if (!v->completes && root_of(net, i) == i && has_copy(net, i))
            v->y16 = reserve(net, plan, row_bytes(net, width) / 2);
        bool head = net->spec.node[i].kind == LT_NODE_HEAD;
        if (has_gradient(net, i) && v->gradient_of == i)
            v->dy = reserve(net, plan, row_bytes(net, width));
        if (ops->row_losses)
            v->row_loss = reserve(net, plan, (size_t)net->options.rows * sizeof(double));
        if (head)
            v->row_squared_error = reserve(net, plan, (size_t)net->options.rows * sizeof(double));
    }
    if (net->options.training) {
        net->scratch = reserve(net, plan, row_bytes(net, widest));
        net->spare = reserve(net, plan, spare_floats(net) * sizeof(float));
    }
    if (!one_head_covers_all(net))
        net->output = reserve(net, plan, row_bytes(net, lt_node_width(&net->spec, 0)));
}

/* Values that are passed through are other names for their roots, those that complete a sum for the
 * sum, and gradients for those whose place they share. */
static void alias_values(struct lt_net *net)
{
    for (int i = 0; i < net->spec.count; i++)
        net->value[i].dy = net->value[net->value[i].gradient_of].dy;
    for (int i = 0; i < net->spec.count; i++)
        if (net->value[i].completes) {
            net->value[i].y = net->value[net->value[i].completes].y;
            net->value[i].y16 = net->value[net->value[i].completes].y16;
        }
    for (int i = 0; i < net->spec.count; i++) {
        int root = root_of(net, i);
        net->value[i].y = net->value[root].y;
        net->value[i].y16 = net->value[root].y16;
        net->value[i].dy = net->value[root].dy;
    }
}

static int create(struct lt_net *net, struct lt_error *err)
{
    const struct lt_backend_ops *ops = net->backend->ops;
    int rc = lt_net_spec_infer(&net->spec, err);
    if (!rc)
        rc = lt_params_of(&net->params, &net->spec, err);
    if (rc)
        return rc;
    mark_learning(net);
    mark_writers(net);
    share_gradients(net);
    mark_completions(net);
    mark_params(net);
    struct lt_plan plan = {0, false};
    plan_values(net, &plan);
    size_t bytes = net->params.total * sizeof(float);
    if (plan.overflow)
        return lt_fail_memory(err, "activations", SIZE_MAX);
    rc = ops->memory_create(net->backend, plan.bytes, &net->values, err);
    if (!rc)
        rc = ops->memory_create(net->backend, bytes, &net->weights, err);
    if (!rc && net->options.training)
        rc = ops->memory_create(net->backend, bytes, &net->gradients, err);
    net->bytes = plan.bytes + bytes * (net->options.training ? 2 : 1);
    if (rc)
        return rc;
    plan = (struct lt_plan){0, false};
    plan_values(net, &plan);
    alias_values(net);
    for (int i = 0; i < net->spec.count && !rc; i++)
        if (lt_layer_of(&net->spec, i)->bind)
            rc = lt_layer_of(&net->spec, i)->bind(net, i, err);
    return rc;
}

/* Networks of convolutions alone need not be padded as far as dense products. */
static int64_t row_block(const struct lt_net_spec *spec)
{
    for (int i = 0; i < spec->count; i++)
        if (spec->node[i].kind == LT_NODE_DENSE)
            return LT_ROW_BLOCK;
    return LT_CONV_ROW_BLOCK;
}

int lt_net_create(struct lt_net **out, const struct lt_net_spec *spec, struct lt_backend *backend,
                  const struct lt_net_options *options, struct lt_error *err)
{
    struct lt_net *net = NULL;
    *out = NULL;
    int rc = lt_alloc(&net, 1, sizeof *net, "a network", err);
    if (rc)
        return rc;
    net->spec = *spec;
    net->backend = backend;
    net->options = *options;
    net->batch = options->rows;
    net->options.rows = lt_rows_padded(options->rows, row_block(&net->spec));
    rc = create(net, err);
    if (rc)
        lt_net_free(&net);
    *out = net;
    return rc;
}

void lt_net_free(struct lt_net **net)
{
    struct lt_net *n = *net;
    *net = NULL;
    if (!n)
        return;
    for (int i = 0; i < n->spec.count && n->weights; i++)
        if (lt_layer_of(&n->spec, i)->unbind)
            lt_layer_of(&n->spec, i)->unbind(n, i);
    void *blocks[] = {n->values, n->weights, n->gradients};
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++)
        if (blocks[k])
            n->backend->ops->memory_free(n->backend, blocks[k]);
    lt_free(n);
}

/* ---- handles ---- */

const struct lt_net_spec *lt_net_spec_of(const struct lt_net *net)
{
    return &net->spec;
}

const struct lt_params *lt_net_params(const struct lt_net *net)
{
    return &net->params;
}

size_t lt_net_memory(const struct lt_net *net)
{
    return net->bytes;
}

struct lt_buffer lt_net_weights(const struct lt_net *net)
{
    return (struct lt_buffer){net->weights, 0};
}

struct lt_buffer lt_net_gradients(const struct lt_net *net)
{
    return (struct lt_buffer){net->gradients, 0};
}

void lt_net_pack(struct lt_net *net)
{
    for (int i = 0; i < net->spec.count; i++)
        if (lt_layer_of(&net->spec, i)->pack)
            lt_layer_of(&net->spec, i)->pack(net, i);
}

void lt_net_set_weights(struct lt_net *net, const float *values)
{
    net->backend->ops->upload(net->backend, lt_net_weights(net), values,
                              net->params.total * sizeof *values);
    lt_net_pack(net);
}

void lt_net_get_weights(const struct lt_net *net, float *values)
{
    net->backend->ops->download(net->backend, values, lt_net_weights(net),
                                net->params.total * sizeof *values);
}

/* ---- values in and out ---- */

/* Outside training passes noise and dropout are looked through. */
static const struct lt_pass applying = {.rows = 0, .training = false};

static void put(struct lt_net *net, int node, const float *rows, int64_t n)
{
    size_t bytes = (size_t)n * (size_t)lt_node_width(&net->spec, node) * sizeof(float);
    net->backend->ops->upload(net->backend, lt_value_of(net, node, &applying), rows, bytes);
}

void lt_net_put_input(struct lt_net *net, const float *rows, int64_t n)
{
    put(net, 0, rows, n);
}

void lt_net_put_code(struct lt_net *net, const float *codes, int64_t n)
{
    put(net, net->spec.code, codes, n);
}

struct lt_buffer lt_value_of(const struct lt_net *net, int node, const struct lt_pass *pass)
{
    while (lt_layer_of(&net->spec, node)->passes_through ||
           (lt_layer_of(&net->spec, node)->only_training && !pass->training))
        node = net->spec.node[node].input[0];
    return net->value[node].y;
}

struct lt_buffer lt_net_dense_input(const struct lt_net *net, int node)
{
    return lt_value_of(net, net->spec.node[node].input[0], &(struct lt_pass){.training = true});
}

void lt_net_conv_patches(const struct lt_net *net, int node, int64_t rows, struct lt_buffer patches)
{
    const struct lt_conv_spec spec = lt_node_conv(&net->spec, node);
    net->backend->ops->conv_patches(net->backend, &spec, rows, lt_net_dense_input(net, node),
                                    patches);
}

void lt_net_get_code(const struct lt_net *net, float *codes, int64_t n)
{
    size_t bytes = (size_t)n * (size_t)lt_net_spec_dims(&net->spec) * sizeof(float);
    net->backend->ops->download(net->backend, codes, lt_value_of(net, net->spec.code, &applying),
                                bytes);
}

void lt_net_get_spread(const struct lt_net *net, float *sigma, int64_t n)
{
    size_t bytes = (size_t)n * (size_t)lt_net_spec_dims(&net->spec) * sizeof(float);
    net->backend->ops->download(net->backend, sigma,
                                net->value[lt_net_spec_sampler(&net->spec)].saved, bytes);
}

void lt_net_get_node(const struct lt_net *net, int node, float *values, int64_t n)
{
    size_t bytes = (size_t)n * (size_t)lt_node_width(&net->spec, node) * sizeof(float);
    net->backend->ops->download(net->backend, values, lt_value_of(net, node, &applying), bytes);
}

void lt_net_get_noisy(const struct lt_net *net, float *rows, int64_t n)
{
    size_t bytes = (size_t)n * (size_t)lt_node_width(&net->spec, 0) * sizeof(float);
    int node = 0; /* the input itself, without a noise node */
    for (int i = 0; i < net->spec.count; i++)
        if (net->spec.node[i].kind == LT_NODE_NOISE && net->value[i].in_encoder)
            node = i;
    net->backend->ops->download(net->backend, rows, net->value[node].y, bytes);
}

void lt_net_get_output(const struct lt_net *net, float *rows, int64_t n)
{
    const struct lt_backend_ops *ops = net->backend->ops;
    int64_t inputs = lt_node_width(&net->spec, 0);
    size_t bytes = (size_t)n * (size_t)inputs * sizeof(float);
    for (int i = 0; i < net->spec.count; i++) {
        const struct lt_node *node = &net->spec.node[i];
        if (node->kind != LT_NODE_HEAD || net->value[i].share <= 0)
            continue;
        if (!net->output.memory) {
            ops->download(net->backend, rows, net->value[i].y, bytes);
            return;
        }
        int64_t w = lt_node_width(&net->spec, i);
        ops->copy_columns(net->backend, n, w, net->value[i].y, w,
                          lt_buffer_at(net->output, (size_t)node->target * sizeof(float)), inputs,
                          false);
    }
    ops->download(net->backend, rows, net->output, bytes);
}

/* ---- run ---- */

/* Of the decoders, those for other widths rest. */
static void choose_decoders(struct lt_net *net, const struct lt_pass *pass)
{
    for (int i = net->spec.code + 1; i < net->spec.count; i++)
        net->value[i].share = lt_prefix_share(&net->spec, net->value[i].prefix, pass);
}

void lt_net_encode(struct lt_net *net, const struct lt_pass *pass)
{
    for (int i = 0; i <= net->spec.code; i++)
        if (net->value[i].in_encoder)
            lt_layer_of(&net->spec, i)->forward(net, i, pass);
}

/* The head's own code gives its values, so that they have the bits of forward; without losses
 * asked for, the target does not matter. */
static void decode_head(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    const struct lt_buffer none = {NULL, 0}, a = lt_value_of(net, n->input[0], pass);
    net->backend->ops->head(net->backend, n->loss, n->unit, 0, pass->rows,
                            lt_node_width(&net->spec, node), n->group, a, a, net->value[node].y,
                            none, none, none);
}

/* `rates`: heads compare with the input. */
static void run_decoder(struct lt_net *net, const struct lt_pass *pass, bool rates)
{
    choose_decoders(net, pass);
    for (int i = 1; i < net->spec.count; i++) {
        if (net->value[i].in_encoder || net->value[i].aside || net->value[i].share <= 0)
            continue;
        if (net->spec.node[i].kind == LT_NODE_HEAD && !rates)
            decode_head(net, i, pass);
        else
            lt_layer_of(&net->spec, i)->forward(net, i, pass);
    }
}

void lt_net_decode(struct lt_net *net, const struct lt_pass *pass)
{
    run_decoder(net, pass, false);
}

void lt_net_rate(struct lt_net *net, const struct lt_pass *pass)
{
    run_decoder(net, pass, true);
}

void lt_net_forward(struct lt_net *net, const struct lt_pass *pass)
{
    choose_decoders(net, pass);
    for (int i = 0; i < net->spec.count; i++) {
        const struct lt_layer_ops *ops = lt_layer_of(&net->spec, i);
        if (net->value[i].share <= 0)
            continue;
        if (pass->training || !net->value[i].aside || ops->row_losses)
            ops->forward(net, i, pass);
    }
}

void lt_net_backward(struct lt_net *net, const struct lt_pass *pass)
{
    for (int i = net->spec.count - 1; i > 0; i--)
        if (net->value[i].learns && lt_layer_of(&net->spec, i)->backward)
            lt_layer_of(&net->spec, i)->backward(net, i, pass);
}

struct lt_buffer lt_gradient_place(const struct lt_net *net, int node, int slot)
{
    return net->value[root_of(net, net->spec.node[node].input[slot])].dy;
}

struct lt_buffer lt_gradient_begin(struct lt_net *net, int node, int slot)
{
    const struct lt_buffer place = lt_gradient_place(net, node, slot);
    return place.memory && net->value[node].adds[slot] ? net->scratch : place;
}

void lt_gradient_end(struct lt_net *net, int node, int slot, const struct lt_pass *pass)
{
    int producer = root_of(net, net->spec.node[node].input[slot]);
    if (!net->value[producer].dy.memory || !net->value[node].adds[slot])
        return;
    net->backend->ops->axpby(net->backend,
                             (size_t)(pass->rows * lt_node_width(&net->spec, producer)), 1,
                             net->scratch, 1, net->value[producer].dy);
}

/* Adds weight times a buffer of doubles to n of them. */
static void add_rows(const struct lt_net *net, struct lt_buffer from, double weight, double *to,
                     int64_t n)
{
    enum { CHUNK = 256 };
    double part[CHUNK];
    for (int64_t first = 0; first < n; first += CHUNK) {
        int64_t count = n - first < CHUNK ? n - first : CHUNK;
        net->backend->ops->download(net->backend, part,
                                    lt_buffer_at(from, (size_t)first * sizeof(double)),
                                    (size_t)count * sizeof(double));
        for (int64_t k = 0; k < count; k++)
            to[first + k] += weight * part[k];
    }
}

void lt_net_get_losses(const struct lt_net *net, double *loss, double *squared_error, int64_t n)
{
    if (loss)
        memset(loss, 0, (size_t)n * sizeof *loss);
    if (squared_error)
        memset(squared_error, 0, (size_t)n * sizeof *squared_error);
    for (int i = 0; i < net->spec.count; i++) {
        const struct lt_value *v = &net->value[i];
        if (loss && v->row_loss.memory && v->share > 0)
            add_rows(net, v->row_loss, v->share * (double)net->spec.node[i].weight, loss, n);
        if (squared_error && v->row_squared_error.memory && v->share > 0)
            add_rows(net, v->row_squared_error, v->share, squared_error, n);
    }
}

bool lt_net_get_penalties(const struct lt_net *net, double *penalty, int64_t n)
{
    bool any = false;
    for (int i = 0; i < net->spec.count; i++) {
        const struct lt_value *v = &net->value[i];
        if (!v->row_loss.memory || v->row_squared_error.memory)
            continue;
        if (!any)
            memset(penalty, 0, (size_t)n * sizeof *penalty);
        any = true;
        add_rows(net, v->row_loss, (double)net->spec.node[i].weight, penalty, n);
    }
    return any;
}
