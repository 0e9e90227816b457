#include "base/fmath.h"
#include "base/rng.h"
#include "net/layer.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static void add(struct lt_params *p, const struct lt_net_spec *spec, int node, int64_t rows,
                int64_t cols, enum lt_param_kind kind)
{
    static const char *const names[] = {[LT_PARAM_WEIGHT] = "weight",
                                        [LT_PARAM_BIAS] = "bias",
                                        [LT_PARAM_GAIN] = "gain",
                                        [LT_PARAM_MEAN] = "mean",
                                        [LT_PARAM_VARIANCE] = "variance"};
    const bool weight = kind == LT_PARAM_WEIGHT;
    struct lt_param *q = &p->param[p->count++];
    snprintf(q->name, sizeof q->name, "%s.%s", spec->node[node].name, names[kind]);
    q->node = node;
    q->offset = p->total;
    q->rows = rows;
    q->cols = cols;
    q->kind = kind;
    q->conv = weight && spec->node[node].kind != LT_NODE_DENSE;
    q->transposed = weight && spec->node[node].kind == LT_NODE_DECONV;
    q->uses = !weight ? 1 : lt_layer_of(spec, node)->weights(spec, node).uses;
    p->total += (size_t)rows * (size_t)cols;
}

static void add_product(struct lt_params *p, const struct lt_net_spec *spec, int node)
{
    const struct lt_weights w = lt_layer_of(spec, node)->weights(spec, node);
    if (w.own)
        add(p, spec, node, w.rows, w.cols, LT_PARAM_WEIGHT);
    if (w.biases > 0)
        add(p, spec, node, w.biases, 1, LT_PARAM_BIAS);
}

static void add_affine(struct lt_params *p, const struct lt_net_spec *spec, int node)
{
    const struct lt_affine a = lt_layer_of(spec, node)->affine(spec, node);
    const enum lt_param_kind kinds[] = {LT_PARAM_GAIN, LT_PARAM_BIAS, LT_PARAM_MEAN,
                                        LT_PARAM_VARIANCE};
    for (int k = 0; k < (a.statistics ? 4 : 2); k++)
        add(p, spec, node, a.channels, 1, kinds[k]);
}

int lt_params_of(struct lt_params *out, const struct lt_net_spec *spec, struct lt_error *err)
{
    memset(out, 0, sizeof *out);
    for (int i = 0; i < spec->count; i++) {
        if (lt_layer_of(spec, i)->weights)
            add_product(out, spec, i);
        if (lt_layer_of(spec, i)->affine)
            add_affine(out, spec, i);
        if (out->total > ((size_t)1 << 33))
            return lt_node_fail(spec, i, err, "the network has more than 2^33 weights");
    }
    return 0;
}

/* The variance of a node's initial weights, by what follows them. */
static double variance(const struct lt_net_spec *spec, int node)
{
    const struct lt_weights w = lt_layer_of(spec, node)->weights(spec, node);
    const double fan_in = w.fan_in, fan_out = w.fan_out;
    switch (spec->node[node].act) {
    case LT_ACT_RELU:
    case LT_ACT_LEAKY_RELU:
    case LT_ACT_ELU:
    case LT_ACT_GELU:
    case LT_ACT_SILU:
        return 2 / fan_in;
    case LT_ACT_SIGMOID:
    case LT_ACT_TANH:
    case LT_ACT_SOFTPLUS:
        return 2 / (fan_in + fan_out);
    default:
        return 1 / fan_in;
    }
}

/* Residual blocks of convolutions start close to the identity, so that a chain of them does. */
static const double BLOCK_GAIN = 0.2;

static double deviation(const struct lt_net_spec *spec, int node)
{
    bool block = spec->node[node].kind == LT_NODE_CONV && lt_node_ends_block(spec, node);
    return sqrt(variance(spec, node)) * (block ? BLOCK_GAIN : 1);
}

/* What all values of a block that is no matrix start with. */
static float start_of(const struct lt_param *q, const struct lt_net_spec *spec)
{
    if (q->kind == LT_PARAM_GAIN && lt_node_ends_block(spec, q->node))
        return (float)BLOCK_GAIN;
    return q->kind == LT_PARAM_GAIN || q->kind == LT_PARAM_VARIANCE ? 1 : 0;
}

void lt_params_init(const struct lt_params *params, const struct lt_net_spec *spec, uint64_t seed,
                    float *values)
{
    for (int p = 0; p < params->count; p++) {
        const struct lt_param *q = &params->param[p];
        size_t n = (size_t)q->rows * (size_t)q->cols;
        float *w = values + q->offset;
        if (q->kind != LT_PARAM_WEIGHT) {
            for (size_t i = 0; i < n; i++)
                w[i] = start_of(q, spec);
            continue;
        }
        struct lt_stream stream = lt_stream(seed, LT_RNG_INIT, 0, (uint64_t)p);
        lt_fill_normal(&stream, w, n);
        float sd = (float)deviation(spec, q->node);
        for (size_t i = 0; i < n; i++)
            w[i] *= sd;
    }
}

static void scale(const struct lt_param *q, double factor, float *values)
{
    size_t n = (size_t)q->rows * (size_t)q->cols;
    for (size_t i = 0; i < n; i++)
        values[q->offset + i] *= (float)factor;
}

/* The node that a node's input really comes from, past what only acts in training or shows
 * missing cells. */
static int source_of(const struct lt_net_spec *spec, int node)
{
    int from = spec->node[node].input[0];
    while (lt_layer_of(spec, from)->only_training || lt_layer_of(spec, from)->passes_through ||
           spec->node[from].kind == LT_NODE_OBSERVE)
        from = spec->node[from].input[0];
    return from;
}

static float output_bias(const struct lt_node *head, double mean)
{
    bool ce = head->loss == LT_LOSS_CE;
    if (head->unit != LT_ACT_SIGMOID && !ce)
        return (float)mean;
    double logit = lt_log(mean > 0 ? mean : 1e-9);
    logit -= ce ? 0 : lt_log(mean < 1 ? 1 - mean : 1e-9);
    return (float)(logit < -6 ? -6 : logit > 6 ? 6 : logit);
}

/* The mean of channel j over the pixels of a grid, (width / channels, channels). */
static double channel_mean(const float *mean, int64_t width, int64_t channels, int64_t j)
{
    double sum = 0;
    for (int64_t k = j; k < width; k += channels)
        sum += (double)mean[k];
    return sum / (double)(width / channels);
}

void lt_params_fit_data(const struct lt_params *params, const struct lt_net_spec *spec,
                        const float *mean, double mean_square, float *values)
{
    for (int p = 0; p < params->count; p++) {
        const struct lt_param *q = &params->param[p];
        if (q->kind == LT_PARAM_WEIGHT && source_of(spec, q->node) == 0 && mean_square > 0) {
            const struct lt_weights w = lt_layer_of(spec, q->node)->weights(spec, q->node);
            double share = w.uses == 1 ? 1 : w.fan_in / (double)lt_net_spec_inputs(spec);
            double sd = sqrt(variance(spec, q->node));
            scale(q, 1 / (sd * sqrt(mean_square * share)), values);
        }
    }
    for (int h = 0; h < spec->count; h++) {
        const struct lt_node *head = &spec->node[h];
        if (head->kind != LT_NODE_HEAD)
            continue;
        for (int p = 0; p < params->count; p++) {
            const struct lt_param *q = &params->param[p];
            if (q->node != source_of(spec, h))
                continue;
            if (q->kind == LT_PARAM_WEIGHT)
                scale(q, 0.5, values);
            for (int64_t j = 0; q->kind == LT_PARAM_BIAS && j < q->rows; j++)
                values[q->offset + (size_t)j] = output_bias(
                    head, channel_mean(mean + head->target, lt_node_width(spec, h), q->rows, j));
        }
    }
}

const struct lt_param *lt_params_find(const struct lt_params *layout, const char *name)
{
    for (int p = 0; p < layout->count; p++)
        if (strcmp(layout->param[p].name, name) == 0)
            return &layout->param[p];
    return NULL;
}

void lt_params_take(const struct lt_params *layout, float *values, const char *name,
                    const struct lt_param *from, const float *from_values)
{
    const struct lt_param *to = lt_params_find(layout, name);
    if (to && to->rows == from->rows && to->cols == from->cols)
        memcpy(values + to->offset, from_values + from->offset,
               (size_t)(from->rows * from->cols) * sizeof *values);
}
