#include "net/layer.h"
#include <math.h>

/* y = act(gain (x - mean) / sqrt(variance + 1e-5) + bias), gain and bias (channels).  Layer
 * normalisation takes mean and variance over the channels of a pixel (Ba, Kiros and Hinton 2016), so a
 * row's result depends on the row alone.  Batch normalisation takes them over the pixels and rows of a
 * channel (Ioffe and Szegedy 2015) while training, and keeps running ones, which it uses otherwise.  A
 * bias of the layer before it adds nothing then: it goes with the mean. */

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    if (n->norm != LT_NORM_LAYER && n->norm != LT_NORM_BATCH)
        return lt_node_fail(spec, node, err, "it must normalise by layer or batch");
    n->shape = spec->node[n->input[0]].shape;
    if (n->norm == LT_NORM_LAYER && n->shape.c < 2)
        return lt_node_fail(spec, node, err,
                            "layer normalisation leaves nothing of a single channel");
    return 0;
}

static bool by_batch(const struct lt_net_spec *spec, int node)
{
    return spec->node[node].norm == LT_NORM_BATCH;
}

static struct lt_affine affine(const struct lt_net_spec *spec, int node)
{
    return (struct lt_affine){.channels = spec->node[node].shape.c,
                              .statistics = by_batch(spec, node)};
}

static int64_t pixels(const struct lt_net_spec *spec, int node, int64_t rows)
{
    return rows * spec->node[node].shape.h * spec->node[node].shape.w;
}

/* Pre-activations, and behind them the moments that backward needs (and batch always). */
static size_t saves(const struct lt_net_spec *spec, int node, bool training, int64_t rows)
{
    int64_t moments = by_batch(spec, node) ? spec->node[node].shape.c
                      : training           ? pixels(spec, node, rows)
                                           : 0;
    return lt_saves_pre(spec, node, training, rows) + 2 * (size_t)moments * sizeof(float);
}

static struct lt_buffer moments(const struct lt_net *net, int node)
{
    if (!by_batch(&net->spec, node) && !net->options.training)
        return (struct lt_buffer){NULL, 0};
    return lt_buffer_at(net->value[node].saved,
                        lt_saves_pre(&net->spec, node, net->options.training, net->options.rows));
}

static struct lt_normalisation describe(const struct lt_net *net, int node,
                                        const struct lt_pass *pass)
{
    const bool learns = pass->training && !pass->measures;
    return (struct lt_normalisation){.kind = net->spec.node[node].norm,
                                     .pixels = pixels(&net->spec, node, pass->rows),
                                     .channels = net->spec.node[node].shape.c,
                                     .running = !learns};
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    const struct lt_value *v = &net->value[node];
    const struct lt_normalisation what = describe(net, node, pass);
    const bool keeps = lt_saves_pre(&net->spec, node, net->options.training, 1) > 0;
    const struct lt_buffer pre = keeps ? v->saved : v->y;
    net->backend->ops->normalise(net->backend, &what, lt_value_of(net, n->input[0], pass),
                                 lt_param_at(net->weights, v->weight),
                                 lt_param_at(net->weights, v->bias),
                                 lt_param_at(net->weights, v->mean),
                                 lt_param_at(net->weights, v->variance), moments(net, node), pre);
    if (keeps || n->act != LT_ACT_LINEAR)
        net->backend->ops->act_forward(net->backend, n->act,
                                       (size_t)(pass->rows * lt_node_width(&net->spec, node)), pre,
                                       v->y);
}

static void backward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_value *v = &net->value[node];
    const struct lt_normalisation what = describe(net, node, pass);
    lt_act_gradient(net, node, pass);
    net->backend->ops->normalise_backward(
        net->backend, &what, lt_value_of(net, net->spec.node[node].input[0], pass),
        moments(net, node), lt_param_at(net->weights, v->weight), v->dy,
        lt_gradient_begin(net, node, 0), lt_param_at(net->gradients, v->weight),
        lt_param_at(net->gradients, v->bias));
    lt_gradient_end(net, node, 0, pass);
}

/* ---- in double ---- */

/* n values from x on, `step` apart: mean and variance. */
static void oracle_moments(const double *x, int64_t n, int64_t step, double *mean, double *variance)
{
    *mean = *variance = 0;
    for (int64_t i = 0; i < n; i++)
        *mean += x[i * step] / (double)n;
    for (int64_t i = 0; i < n; i++)
        *variance += (x[i * step] - *mean) * (x[i * step] - *mean) / (double)n;
}

/* Normalises n values, `step` apart; statistics (mean, variance) NULL: their own. gain and bias have
 * `each` values that repeat. */
static void oracle_group(const struct lt_node *node, const double *statistics, const double *gain,
                         const double *bias, int64_t n, int64_t step, int64_t each, const double *x,
                         double *y)
{
    double mean, variance;
    oracle_moments(x, n, step, &mean, &variance);
    if (statistics) {
        mean = statistics[0];
        variance = statistics[1];
    }
    for (int64_t i = 0; i < n; i++) {
        const double h = (x[i * step] - mean) / sqrt(variance + 1e-5);
        y[i * step] = lt_oracle_act(node->act, gain[i % each] * h + bias[i % each]);
    }
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    const int64_t channels = n->shape.c, count = pixels(o->spec, node, o->pass->rows);
    const bool running = !o->pass->training || o->pass->measures;
    const double *x = o->y[n->input[0]], *gain, *bias;
    double *y = o->y[node];
    lt_oracle_params(o, node, &gain, &bias);
    for (int64_t p = 0; n->norm == LT_NORM_LAYER && p < count; p++)
        oracle_group(n, NULL, gain, bias, channels, 1, channels, x + p * channels,
                     y + p * channels);
    for (int64_t c = 0; n->norm == LT_NORM_BATCH && c < channels; c++) {
        const double statistics[] = {bias[channels + c],
                                     bias[2 * channels + c]}; /* they follow it */
        oracle_group(n, running ? statistics : NULL, gain + c, bias + c, count, channels, 1, x + c,
                     y + c);
    }
}

const struct lt_layer_ops lt_layer_norm = {.name = "norm",
                                           .inputs_min = 1,
                                           .inputs_max = 1,
                                           .infer = infer,
                                           .affine = affine,
                                           .saves = saves,
                                           .forward = forward,
                                           .backward = backward,
                                           .oracle = oracle};
