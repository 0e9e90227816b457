#include "net/layer.h"
#include <math.h>

/* Pixels become squares of stride x stride pixels, by channel: copies, or what lies between them and
 * their neighbours.  The size of the grid is an attribute, since several fine sizes have one coarse
 * size: what goes beyond it is cut off. */

enum { FACTOR_MOST = 8 };

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    const struct lt_shape x = spec->node[n->input[0]].shape;
    if (n->stride < 2 || n->stride > FACTOR_MOST)
        return lt_node_fail(spec, node, err, "its factor must be 2 to 8");
    if (n->grid_h < 1 || n->grid_w < 1 || lt_conv_coarse(n->grid_h, n->stride) != x.h ||
        lt_conv_coarse(n->grid_w, n->stride) != x.w)
        return lt_node_fail(spec, node, err, "its grid does not belong to that of its input");
    n->shape = (struct lt_shape){x.c, n->grid_h, n->grid_w};
    if (n->grid_h > LT_WIDTH_MAX / n->grid_w || n->grid_h * n->grid_w > LT_WIDTH_MAX / x.c)
        return lt_node_fail(spec, node, err, "its output is too large");
    return 0;
}

static struct lt_squares squares(const struct lt_net_spec *spec, int node, int64_t rows)
{
    const struct lt_node *n = &spec->node[node];
    return (struct lt_squares){rows, n->shape.c, n->shape.h, n->shape.w, n->stride};
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    const struct lt_squares s = squares(&net->spec, node, pass->rows);
    net->backend->ops->upsample(net->backend, n->upsample, &s, lt_value_of(net, n->input[0], pass),
                                net->value[node].y);
}

static void backward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_squares s = squares(&net->spec, node, pass->rows);
    struct lt_buffer dx = lt_gradient_begin(net, node, 0);
    if (!dx.memory)
        return;
    net->backend->ops->upsample_backward(net->backend, net->spec.node[node].upsample, &s,
                                         net->value[node].dy, dx);
    lt_gradient_end(net, node, 0, pass);
}

/* How much of coarse pixel k, of n in a line, fine pixel i takes: a hat around k, and beyond the
 * centres of the outer pixels all of these. */
static double oracle_share(enum lt_upsample kind, int64_t i, int64_t factor, int64_t k, int64_t n)
{
    if (kind == LT_UPSAMPLE_NEAREST)
        return i / factor == k;
    double at = ((double)i + 0.5) / (double)factor - 0.5;
    at = fmin(fmax(at, 0), (double)(n - 1));
    return fmax(0, 1 - fabs(at - (double)k));
}

static double oracle_value(const struct lt_node *n, struct lt_shape coarse, const double *x,
                           int64_t i, int64_t j, int64_t c)
{
    double sum = 0;
    for (int64_t k = 0; k < coarse.h; k++)
        for (int64_t l = 0; l < coarse.w; l++)
            sum += oracle_share(n->upsample, i, n->stride, k, coarse.h) *
                   oracle_share(n->upsample, j, n->stride, l, coarse.w) *
                   x[(k * coarse.w + l) * coarse.c + c];
    return sum;
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    const struct lt_shape x = o->spec->node[n->input[0]].shape, y = n->shape;
    double *out = o->y[node];
    for (int64_t r = 0; r < o->pass->rows; r++)
        for (int64_t i = 0; i < y.h; i++)
            for (int64_t j = 0; j < y.w; j++)
                for (int64_t c = 0; c < y.c; c++)
                    *out++ = oracle_value(n, x, o->y[n->input[0]] + r * lt_shape_width(x), i, j, c);
}

const struct lt_layer_ops lt_layer_upsample = {.name = "upsample",
                                               .inputs_min = 1,
                                               .inputs_max = 1,
                                               .infer = infer,
                                               .forward = forward,
                                               .backward = backward,
                                               .oracle = oracle};
