#include "base/rng.h"
#include "net/layer.h"
#include <math.h>

/* A variational code (Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014).  The first
 * input is the mean and the second the logarithm of the variance of a normal distribution for each
 * value of the code.  Training draws y = mean + sigma e from it, e standard normal, so that gradients
 * reach both inputs, and adds weight * KL(N(mean, sigma^2) || N(0, 1)) to the objective; otherwise y is
 * the mean, and nothing is added, so that other passes judge the reconstruction. */

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    n->shape = spec->node[n->input[0]].shape;
    if (lt_input_width(spec, node, 0) != lt_input_width(spec, node, 1))
        return lt_node_fail(spec, node, err, "means and variances differ in number");
    if (!(n->weight >= 0 && n->weight <= 1e6f))
        return lt_node_fail(spec, node, err, "the weight of its divergence is out of range");
    if (!(n->amount >= 0 && n->amount <= 1e6f))
        return lt_node_fail(spec, node, err, "the variance of the output is out of range");
    return 0;
}

/* sigma, (rows, width) */
static size_t saves(const struct lt_net_spec *spec, int node, bool training, int64_t rows)
{
    (void)training;
    return (size_t)rows * (size_t)lt_node_width(spec, node) * sizeof(float);
}

static struct lt_sampling describe(const struct lt_net *net, int node, const struct lt_pass *pass)
{
    return (struct lt_sampling){.rows = pass->rows,
                                .width = lt_node_width(&net->spec, node),
                                .seed = pass->seed,
                                .epoch = pass->epoch,
                                .row_ids = pass->training ? pass->row_ids : NULL};
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    const struct lt_buffer none = {NULL, 0};
    struct lt_value *v = &net->value[node];
    const struct lt_sampling s = describe(net, node, pass);
    net->backend->ops->sample(net->backend, &s, lt_value_of(net, n->input[0], pass),
                              lt_value_of(net, n->input[1], pass), v->saved, v->y,
                              pass->training ? v->row_loss : none);
    if (!pass->training)
        net->backend->ops->zero(net->backend, v->row_loss, (size_t)pass->rows * sizeof(double));
}

static void backward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    const struct lt_buffer none = {NULL, 0};
    struct lt_value *v = &net->value[node];
    const struct lt_sampling s = describe(net, node, pass);
    for (int slot = 0; slot < 2; slot++) {
        struct lt_buffer dx = lt_gradient_begin(net, node, slot);
        if (!dx.memory)
            continue;
        net->backend->ops->sample_backward(net->backend, &s, n->weight / (float)pass->rows,
                                           lt_value_of(net, n->input[0], pass), v->saved, v->y,
                                           v->dy, slot == 0 ? dx : none, slot == 1 ? dx : none);
        lt_gradient_end(net, node, slot, pass);
    }
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    const int64_t width = lt_node_width(o->spec, node), rows = o->pass->rows;
    const double *mean = o->y[n->input[0]], *logvar = o->y[n->input[1]];
    double divergence = 0;
    for (int64_t r = 0; r < rows; r++) {
        struct lt_stream s = {{0}, {0}};
        if (o->pass->training)
            s = lt_stream(o->pass->seed, LT_RNG_CODE, o->pass->epoch,
                          (uint64_t)o->pass->row_ids[r]);
        for (int64_t j = 0; j < width; j++) {
            const int64_t at = r * width + j;
            const double e = o->pass->training ? (double)lt_normal(&s, (uint32_t)j) : 0;
            o->y[node][at] = mean[at] + exp(logvar[at] / 2) * e;
            divergence += (mean[at] * mean[at] + exp(logvar[at]) - 1 - logvar[at]) / 2;
        }
    }
    if (o->pass->training)
        o->objective += (double)n->weight * divergence / (double)rows;
}

const struct lt_layer_ops lt_layer_sample = {.name = "sample",
                                             .inputs_min = 2,
                                             .inputs_max = 2,
                                             .row_losses = true,
                                             .infer = infer,
                                             .saves = saves,
                                             .forward = forward,
                                             .backward = backward,
                                             .oracle = oracle};
