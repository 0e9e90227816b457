#include "net/layer.h"
#include <math.h>

/* Squares of stride x stride pixels become one each, by channel: their largest value or their mean.
 * Sides that are no multiples leave smaller squares at the far edges. */

enum { SIDE_MOST = 8 };

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    const struct lt_shape x = spec->node[n->input[0]].shape;
    if (n->pool != LT_POOL_MAX && n->pool != LT_POOL_AVERAGE)
        return lt_node_fail(spec, node, err, "it must pool by max or average");
    if (n->stride < 2 || n->stride > SIDE_MOST)
        return lt_node_fail(spec, node, err, "its window must have 2 to 8 pixels a side");
    if (n->stride > x.h || n->stride > x.w)
        return lt_node_fail(spec, node, err, "its window is larger than the grid of its input");
    n->shape =
        (struct lt_shape){x.c, lt_conv_coarse(x.h, n->stride), lt_conv_coarse(x.w, n->stride)};
    return 0;
}

static struct lt_squares squares(const struct lt_net_spec *spec, int node, int64_t rows)
{
    const struct lt_node *n = &spec->node[node];
    const struct lt_shape x = spec->node[n->input[0]].shape;
    return (struct lt_squares){rows, x.c, x.h, x.w, n->stride};
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    const struct lt_squares s = squares(&net->spec, node, pass->rows);
    net->backend->ops->pool(net->backend, n->pool, &s, lt_value_of(net, n->input[0], pass),
                            net->value[node].y);
}

static void backward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    const struct lt_value *v = &net->value[node];
    const struct lt_squares s = squares(&net->spec, node, pass->rows);
    struct lt_buffer dx = lt_gradient_begin(net, node, 0);
    if (!dx.memory)
        return;
    net->backend->ops->pool_backward(net->backend, n->pool, &s, lt_value_of(net, n->input[0], pass),
                                     v->y, v->dy, dx);
    lt_gradient_end(net, node, 0, pass);
}

/* Channel c of the square at (y, x): x's row is (h, w, channels). */
static double oracle_value(const struct lt_squares *s, enum lt_pool kind, const double *x,
                           int64_t top, int64_t left, int64_t c)
{
    double most = -INFINITY, sum = 0;
    int64_t count = 0;
    for (int64_t i = top; i < top + s->factor && i < s->h; i++)
        for (int64_t j = left; j < left + s->factor && j < s->w; j++, count++) {
            const double v = x[(i * s->w + j) * s->channels + c];
            most = v > most ? v : most;
            sum += v;
        }
    return kind == LT_POOL_MAX ? most : sum / (double)count;
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    const struct lt_squares s = squares(o->spec, node, o->pass->rows);
    double *y = o->y[node];
    for (int64_t r = 0; r < s.rows; r++)
        for (int64_t i = 0; i < n->shape.h; i++)
            for (int64_t j = 0; j < n->shape.w; j++)
                for (int64_t c = 0; c < s.channels; c++)
                    *y++ = oracle_value(&s, n->pool, o->y[n->input[0]] + r * s.h * s.w * s.channels,
                                        i * s.factor, j * s.factor, c);
}

const struct lt_layer_ops lt_layer_pool = {.name = "pool",
                                           .inputs_min = 1,
                                           .inputs_max = 1,
                                           .infer = infer,
                                           .forward = forward,
                                           .backward = backward,
                                           .oracle = oracle};
