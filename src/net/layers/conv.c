#include "net/layer.h"

/* y = act(x * W + b) over grids of pixels, and the same transposed (struct lt_conv_spec).  A conv
 * node goes from a fine grid to a coarse one, a deconv node back; its output's size is an attribute,
 * since several fine sizes have one coarse size.  W is (coarse channels, kernel, kernel, fine
 * channels) for both. */

enum { KERNEL_MOST = 31 };

static bool transposed(const struct lt_node *n)
{
    return n->kind == LT_NODE_DECONV;
}

/* The convolution of a node: from its input's shape, or to its own. */
struct lt_conv_spec lt_node_conv(const struct lt_net_spec *spec, int node)
{
    const struct lt_node *n = &spec->node[node];
    const struct lt_shape x = spec->node[n->input[0]].shape, y = n->shape;
    return (struct lt_conv_spec){.in = transposed(n) ? y.c : x.c,
                                 .in_h = transposed(n) ? y.h : x.h,
                                 .in_w = transposed(n) ? y.w : x.w,
                                 .out = transposed(n) ? x.c : y.c,
                                 .kernel = n->kernel,
                                 .stride = n->stride,
                                 .transposed = transposed(n)};
}

static int check(const struct lt_net_spec *spec, int node, struct lt_error *err)
{
    const struct lt_node *n = &spec->node[node];
    if (n->width < 1 || n->width > LT_WIDTH_MAX)
        return lt_node_fail(spec, node, err, "the width is out of range");
    if (n->kernel < 1 || n->kernel > KERNEL_MOST || n->kernel % 2 == 0)
        return lt_node_fail(spec, node, err, "its kernel must be odd, and 31 at most");
    if (n->stride < 1 || n->stride > (n->kernel + 1) / 2)
        return lt_node_fail(spec, node, err, "its stride must be at most half of its kernel + 1");
    return 0;
}

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    const struct lt_shape x = spec->node[n->input[0]].shape;
    int rc = check(spec, node, err);
    if (!rc)
        rc = lt_check_shared(spec, node, err);
    if (rc)
        return rc;
    n->shape =
        (struct lt_shape){n->width, lt_conv_coarse(x.h, n->stride), lt_conv_coarse(x.w, n->stride)};
    if (transposed(n)) {
        n->shape = (struct lt_shape){n->width, n->grid_h, n->grid_w};
        if (n->grid_h < 1 || n->grid_w < 1 || lt_conv_coarse(n->grid_h, n->stride) != x.h ||
            lt_conv_coarse(n->grid_w, n->stride) != x.w)
            return lt_node_fail(spec, node, err, "its grid does not belong to that of its input");
    }
    if (n->shape.h > LT_WIDTH_MAX / n->shape.w ||
        n->shape.h * n->shape.w > LT_WIDTH_MAX / n->shape.c)
        return lt_node_fail(spec, node, err, "its output is too large");
    return 0;
}

static struct lt_weights weights(const struct lt_net_spec *spec, int node)
{
    const struct lt_conv_spec s = lt_node_conv(spec, node);
    const double taps = (double)(s.kernel * s.kernel), step = (double)(s.stride * s.stride);
    const double up = (double)s.in * taps, down = (double)s.out * taps / step;
    return (struct lt_weights){.rows = s.out,
                               .cols = lt_conv_patch(&s),
                               .own = spec->node[node].shared == 0,
                               .uses = lt_conv_coarse_pixels(&s),
                               .biases = spec->node[node].shared ? 0 : spec->node[node].width,
                               .fan_in = s.transposed ? down : up,
                               .fan_out = s.transposed ? up : down};
}

static struct lt_conv_spec bound(const struct lt_net *net, int node)
{
    struct lt_conv_spec s = lt_node_conv(&net->spec, node);
    s.rows = net->options.rows;
    s.batch = net->batch;
    s.training = net->options.training;
    s.need_dx = net->value[net->spec.node[node].input[0]].learns;
    s.add_dx = net->value[node].adds[0];
    s.precision = net->options.precision;
    return s;
}

static bool reads_bf16(const struct lt_net *net, int node)
{
    const struct lt_conv_spec s = bound(net, node);
    return net->backend->ops->conv_reads_bf16(net->backend, &s);
}

static int bind(struct lt_net *net, int node, struct lt_error *err)
{
    struct lt_conv_spec s = bound(net, node);
    s.x_copied = net->value[net->spec.node[node].input[0]].y16.memory;
    return net->backend->ops->conv_create(net->backend, &s, &net->value[node].conv, err);
}

static void unbind(struct lt_net *net, int node)
{
    if (net->value[node].conv)
        net->backend->ops->conv_free(net->backend, net->value[node].conv);
}

static void pack(struct lt_net *net, int node)
{
    struct lt_value *v = &net->value[node];
    net->backend->ops->conv_pack(net->backend, v->conv, lt_param_at(net->weights, v->weight));
}

/* What the sum that a node completes adds to it. */
static struct lt_buffer other_summand(const struct lt_net *net, int node,
                                      const struct lt_pass *pass)
{
    const struct lt_node *sum = &net->spec.node[net->value[node].completes];
    if (!net->value[node].completes)
        return (struct lt_buffer){NULL, 0};
    return lt_value_of(net, sum->input[sum->input[0] == node], pass);
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    const struct lt_value *v = &net->value[node];
    const struct lt_conv_values values = {.rows = pass->rows,
                                          .x = lt_value_of(net, n->input[0], pass),
                                          .x16 = net->value[n->input[0]].y16,
                                          .bias = lt_param_at(net->weights, v->bias),
                                          .act = n->act,
                                          .plus = other_summand(net, node, pass),
                                          .pre = v->saved,
                                          .y = v->y,
                                          .y16 = v->y16};
    net->backend->ops->conv_forward(net->backend, v->conv, &values);
}

/* conv_backward overwrites weights' and biases' gradients, so that those to be added, biases behind
 * weights, are made aside. */
static void backward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    struct lt_value *v = &net->value[node];
    struct lt_backend *b = net->backend;
    struct lt_buffer dw = lt_param_at(net->gradients, v->weight), sum = dw;
    const size_t weights = v->bias - v->weight, all = weights + (size_t)n->width;
    if (v->adds_weight)
        dw = net->spare;
    const struct lt_conv_gradients g = {
        .rows = pass->rows,
        .act = n->act,
        .x = lt_value_of(net, n->input[0], pass),
        .x16 = net->value[n->input[0]].y16,
        .pre = lt_act_needs_pre(n->act) ? v->saved : (struct lt_buffer){NULL, 0},
        .y = v->y,
        .dy = v->dy,
        .dx = lt_gradient_place(net, node, 0),
        .dw = dw,
        .db = lt_buffer_at(dw, weights * sizeof(float))};
    b->ops->conv_backward(b, v->conv, &g);
    if (v->adds_weight)
        b->ops->axpby(b, all, 1, dw, 1, sum);
}

/* ---- in double ---- */

/* Every pair of values that a weight joins: fine and coarse are images of one row, and one of them
 * takes what the other brings. */
static void oracle_weight(const struct lt_conv_spec *s, const double *w, int64_t y, int64_t x,
                          const double *from, double *to)
{
    const int64_t at = (y * lt_conv_coarse(s->in_w, s->stride) + x) * s->out;
    for (int64_t o = 0; o < s->out; o++)
        for (int64_t i = 0; i < s->kernel; i++)
            for (int64_t j = 0; j < s->kernel; j++)
                for (int64_t c = 0; c < s->in; c++, w++) {
                    const int64_t fy = y * s->stride - s->kernel / 2 + i;
                    const int64_t fx = x * s->stride - s->kernel / 2 + j;
                    if (fy < 0 || fy >= s->in_h || fx < 0 || fx >= s->in_w)
                        continue;
                    const int64_t fine = (fy * s->in_w + fx) * s->in + c;
                    if (s->transposed)
                        to[fine] += *w * from[at + o];
                    else
                        to[at + o] += *w * from[fine];
                }
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    const struct lt_conv_spec s = lt_node_conv(o->spec, node);
    const int64_t in = lt_input_width(o->spec, node, 0), out = lt_node_width(o->spec, node);
    const double *w, *bias;
    lt_oracle_params(o, node, &w, &bias);
    for (int64_t r = 0; r < o->pass->rows; r++) {
        const double *x = o->y[n->input[0]] + r * in;
        double *y = o->y[node] + r * out;
        for (int64_t k = 0; k < out; k++)
            y[k] = bias[k % n->width];
        for (int64_t p = 0; p < lt_conv_coarse_pixels(&s); p++)
            oracle_weight(&s, w, p / lt_conv_coarse(s.in_w, s.stride),
                          p % lt_conv_coarse(s.in_w, s.stride), x, y);
        for (int64_t k = 0; k < out; k++)
            y[k] = lt_oracle_act(n->act, y[k]);
    }
}

#define OPS(word)                                                                                  \
    {                                                                                              \
        .name = word, .inputs_min = 1, .inputs_max = 1, .infer = infer, .weights = weights,        \
        .saves = lt_saves_pre, .finishes = true, .reads_bf16 = reads_bf16, .bind = bind,           \
        .unbind = unbind, .pack = pack, .forward = forward, .backward = backward, .oracle = oracle \
    }
const struct lt_layer_ops lt_layer_conv = OPS("conv");
const struct lt_layer_ops lt_layer_deconv = OPS("deconv");
