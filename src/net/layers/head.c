#include "net/layer.h"
#include <math.h>

/* A head: output unit, loss, and the slice of the clean input it reconstructs.  Its input holds
 * pre-activations; unit and loss are computed together so that cross-entropy stays exact where
 * the sigmoid saturates. */

enum { GROUP_MOST = 512 };

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    n->shape = spec->node[n->input[0]].shape;
    if (n->unit != LT_ACT_LINEAR && n->unit != LT_ACT_SIGMOID)
        return lt_node_fail(spec, node, err, "the output unit must be linear or sigmoid");
    if (n->loss == LT_LOSS_BCE && n->unit != LT_ACT_SIGMOID)
        return lt_node_fail(spec, node, err, "bce needs the sigmoid output unit");
    bool ce = n->loss == LT_LOSS_CE;
    if (ce && (n->unit != LT_ACT_LINEAR || n->group < 2 || n->group > GROUP_MOST ||
               lt_shape_width(n->shape) % n->group != 0))
        return lt_node_fail(spec, node, err,
                            "ce needs the linear unit and columns in groups of 2 to 512");
    if (!ce && n->group != 0)
        return lt_node_fail(spec, node, err, "only ce has groups of columns");
    if (!(n->weight >= 0 && n->weight <= 1e6f))
        return lt_node_fail(spec, node, err, "the weight of its loss is out of range");
    if (n->target < 0 || n->target > lt_node_width(spec, 0) - lt_shape_width(n->shape))
        return lt_node_fail(spec, node, err, "its target lies outside the input");
    return 0;
}

static bool covers_all(const struct lt_net_spec *spec, int node)
{
    return lt_node_width(spec, node) == lt_node_width(spec, 0);
}

static size_t saves(const struct lt_net_spec *spec, int node, bool training, int64_t rows)
{
    (void)training;
    if (covers_all(spec, node))
        return 0;
    return (size_t)rows * (size_t)lt_node_width(spec, node) * sizeof(float);
}

static struct lt_buffer target(struct lt_net *net, int node, const struct lt_pass *pass)
{
    if (covers_all(&net->spec, node))
        return net->value[0].y;
    int64_t w = lt_node_width(&net->spec, node);
    size_t first = (size_t)net->spec.node[node].target * sizeof(float);
    net->backend->ops->copy_columns(net->backend, pass->rows, w,
                                    lt_buffer_at(net->value[0].y, first),
                                    lt_node_width(&net->spec, 0), net->value[node].saved, w, false);
    return net->value[node].saved;
}

/* Values, losses and, where the network trains, the gradient for the input at once. */
static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    struct lt_value *v = &net->value[node];
    struct lt_buffer da = {NULL, 0};
    if (pass->training)
        da = lt_gradient_begin(net, node, 0);
    net->backend->ops->head(
        net->backend, n->loss, n->unit, (float)(n->weight * v->share / (double)pass->rows),
        pass->rows, lt_node_width(&net->spec, node), n->group, lt_value_of(net, n->input[0], pass),
        target(net, node, pass), v->y, da, v->row_loss, v->row_squared_error);
    if (da.memory)
        lt_gradient_end(net, node, 0, pass);
}

static double loss(enum lt_loss kind, double a, double y, double t)
{
    double d = fabs(y - t);
    switch (kind) {
    case LT_LOSS_BCE: /* softplus(a) - t a */
        return (a > 0 ? a + log1p(exp(-a)) : log1p(exp(a))) - t * a;
    case LT_LOSS_MAE:
        return d;
    case LT_LOSS_HUBER:
        return d <= 1 ? d * d / 2 : d - 0.5;
    default:
        return d * d;
    }
}

/* -sum t log softmax(a) of one group; y receives the softmax. */
static double cross_entropy(int64_t n, const double *a, const double *t, double *y)
{
    double most = a[0], sum = 0, total = 0, loss = 0;
    for (int64_t i = 1; i < n; i++)
        most = fmax(most, a[i]);
    for (int64_t i = 0; i < n; i++)
        sum += exp(a[i] - most);
    for (int64_t i = 0; i < n; i++) {
        y[i] = exp(a[i] - most) / sum;
        loss -= t[i] * (a[i] - most - log(sum));
        total += t[i];
    }
    return isnan(total) ? 0 : loss;
}

/* The loss of one row; y receives the values. */
static double row_oracle(const struct lt_node *n, int64_t width, const double *a, const double *t,
                         double *y)
{
    double sum = 0;
    for (int64_t j = 0; n->group > 0 && j < width; j += n->group)
        sum += cross_entropy(n->group, a + j, t + j, y + j);
    for (int64_t j = 0; n->group == 0 && j < width; j++) {
        y[j] = n->unit == LT_ACT_SIGMOID ? 1 / (1 + exp(-a[j])) : a[j];
        sum += isnan(t[j]) ? 0 : loss(n->loss, a[j], y[j], t[j]);
    }
    return sum;
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    int64_t width = lt_node_width(o->spec, node), inputs = lt_node_width(o->spec, 0);
    double sum = 0;
    for (int64_t r = 0; r < o->pass->rows; r++)
        sum += row_oracle(n, width, o->y[n->input[0]] + r * width, o->y[0] + r * inputs + n->target,
                          o->y[node] + r * width);
    const double share = lt_prefix_share(o->spec, lt_prefix_of(o->spec, node), o->pass);
    o->objective += share * (double)n->weight * sum / (double)o->pass->rows;
}

const struct lt_layer_ops lt_layer_head = {.name = "head",
                                           .inputs_min = 1,
                                           .inputs_max = 1,
                                           .row_losses = true,
                                           .infer = infer,
                                           .saves = saves,
                                           .forward = forward,
                                           .oracle = oracle};
