#include "net/layer.h"

/* Inputs side by side: (rows, w0), (rows, w1), ... -> (rows, w0 + w1 + ...); grids of the same size
 * channel by channel, in every pixel. */

/* The pixels that all inputs have; 1 when they are no grids of one size. */
static int64_t pixels_of(const struct lt_net_spec *spec, int node)
{
    const struct lt_node *n = &spec->node[node];
    const struct lt_shape first = spec->node[n->input[0]].shape;
    for (int i = 1; i < n->inputs; i++) {
        const struct lt_shape s = spec->node[n->input[i]].shape;
        if (s.h != first.h || s.w != first.w)
            return 1;
    }
    return first.h * first.w;
}

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    int64_t width = 0;
    for (int i = 0; i < n->inputs; i++)
        width += lt_input_width(spec, node, i);
    if (width > LT_WIDTH_MAX)
        return lt_node_fail(spec, node, err, "the width is out of range");
    const struct lt_shape first = spec->node[n->input[0]].shape;
    int64_t pixels = pixels_of(spec, node);
    n->shape = pixels > 1 ? (struct lt_shape){width / pixels, first.h, first.w}
                          : (struct lt_shape){width, 1, 1};
    return 0;
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    struct lt_backend *b = net->backend;
    int64_t pixels = pixels_of(&net->spec, node), first = 0;
    int64_t width = lt_node_width(&net->spec, node) / pixels;
    for (int i = 0; i < n->inputs; i++) {
        int64_t w = lt_input_width(&net->spec, node, i) / pixels;
        b->ops->copy_columns(b, pass->rows * pixels, w, lt_value_of(net, n->input[i], pass), w,
                             lt_buffer_at(net->value[node].y, (size_t)first * sizeof(float)), width,
                             false);
        first += w;
    }
}

static void backward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    struct lt_backend *b = net->backend;
    int64_t pixels = pixels_of(&net->spec, node), first = 0;
    int64_t width = lt_node_width(&net->spec, node) / pixels;
    for (int i = 0; i < n->inputs; i++) {
        int64_t w = lt_input_width(&net->spec, node, i) / pixels;
        struct lt_buffer dx = lt_gradient_begin(net, node, i);
        if (dx.memory) {
            b->ops->copy_columns(b, pass->rows * pixels, w,
                                 lt_buffer_at(net->value[node].dy, (size_t)first * sizeof(float)),
                                 width, dx, w, false);
            lt_gradient_end(net, node, i, pass);
        }
        first += w;
    }
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    int64_t pixels = pixels_of(o->spec, node);
    double *y = o->y[node];
    for (int64_t r = 0; r < o->pass->rows * pixels; r++)
        for (int i = 0; i < n->inputs; i++) {
            int64_t w = lt_input_width(o->spec, node, i) / pixels;
            for (int64_t j = 0; j < w; j++)
                *y++ = o->y[n->input[i]][r * w + j];
        }
}

const struct lt_layer_ops lt_layer_concat = {.name = "concat",
                                             .inputs_min = 2,
                                             .inputs_max = LT_NODE_INPUTS_MAX,
                                             .infer = infer,
                                             .forward = forward,
                                             .backward = backward,
                                             .oracle = oracle};
