#include "net/layer.h"

/* Adjacent columns of its input: (rows, w) -> (rows, width), from column `target` on.  So an input
 * row can hold beside what the encoder sees what a head must say.  They may be a grid of pixels. */

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    int64_t width = lt_input_width(spec, node, 0);
    if (n->width < 1 || n->target < 0 || n->width > width || n->target > width - n->width)
        return lt_node_fail(spec, node, err, "its columns lie outside its input");
    const int64_t pixels = n->grid_h * n->grid_w;
    n->shape = (struct lt_shape){n->width, 1, 1};
    if (pixels == 0)
        return 0;
    if (n->grid_h < 1 || n->grid_w < 1 || n->width % pixels != 0)
        return lt_node_fail(spec, node, err, "its columns do not make up its grid");
    n->shape = (struct lt_shape){n->width / pixels, n->grid_h, n->grid_w};
    return 0;
}

static struct lt_buffer at_first(struct lt_buffer b, const struct lt_node *n)
{
    return lt_buffer_at(b, (size_t)n->target * sizeof(float));
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    struct lt_buffer x = lt_value_of(net, n->input[0], pass);
    net->backend->ops->copy_columns(net->backend, pass->rows, n->width, at_first(x, n),
                                    lt_input_width(&net->spec, node, 0), net->value[node].y,
                                    n->width, false);
}

static void backward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    const struct lt_backend_ops *ops = net->backend->ops;
    int64_t width = lt_input_width(&net->spec, node, 0);
    struct lt_buffer dx = lt_gradient_begin(net, node, 0);
    if (!dx.memory)
        return;
    ops->zero(net->backend, dx, (size_t)(pass->rows * width) * sizeof(float));
    ops->copy_columns(net->backend, pass->rows, n->width, net->value[node].dy, n->width,
                      at_first(dx, n), width, false);
    lt_gradient_end(net, node, 0, pass);
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    int64_t width = lt_input_width(o->spec, node, 0);
    for (int64_t r = 0; r < o->pass->rows; r++)
        for (int64_t j = 0; j < n->width; j++)
            o->y[node][r * n->width + j] = o->y[n->input[0]][r * width + n->target + j];
}

const struct lt_layer_ops lt_layer_slice = {.name = "slice",
                                            .inputs_min = 1,
                                            .inputs_max = 1,
                                            .infer = infer,
                                            .forward = forward,
                                            .backward = backward,
                                            .oracle = oracle};
