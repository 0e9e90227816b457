#include "base/rng.h"
#include "net/layer.h"
#include <math.h>

/* Corrupts the input while training; heads compare with the clean rows (a denoising
 * autoencoder: Vincent et al., "Extracting and composing robust features with denoising
 * autoencoders", ICML 2008). */

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    if (n->input[0] != 0)
        return lt_node_fail(spec, node, err, "noise belongs right after the input");
    bool probability = n->noise == LT_NOISE_MASK || n->noise == LT_NOISE_SALTPEPPER ||
                       n->noise == LT_NOISE_MISSING;
    if (!(n->amount >= 0) || n->amount > (probability ? 1.0f : 1e6f))
        return lt_node_fail(spec, node, err, "the amount of noise is out of range");
    n->shape = spec->node[0].shape;
    return 0;
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    if (!pass->training)
        return;
    const struct lt_node *n = &net->spec.node[node];
    struct lt_backend *b = net->backend;
    b->ops->noise(b, n->noise, n->amount, n->low, n->high, pass->seed, pass->epoch, pass->row_ids,
                  pass->rows, lt_node_width(&net->spec, node), net->value[0].y, net->value[node].y);
}

static double corrupt(const struct lt_node *n, const struct lt_stream *s, uint32_t j, double x)
{
    float u;
    if (isnan(x))
        return x;
    switch (n->noise) {
    case LT_NOISE_GAUSSIAN:
        return x + (double)n->amount * (double)lt_normal(s, j);
    case LT_NOISE_UNIFORM:
        return x + (double)n->amount * (2.0 * (double)lt_uniform(s, j) - 1.0);
    case LT_NOISE_MASK:
        return lt_uniform(s, j) < n->amount ? 0.0 : x;
    case LT_NOISE_MISSING:
        return lt_uniform(s, j) < n->amount ? (double)NAN : x;
    case LT_NOISE_SALTPEPPER:
        u = lt_uniform(s, j);
        return u < n->amount ? (double)(u < 0.5f * n->amount ? n->low : n->high) : x;
    default:
        return x;
    }
}

static void oracle(struct lt_oracle *o, int node)
{
    int64_t width = lt_node_width(o->spec, node);
    for (int64_t r = 0; r < o->pass->rows; r++) {
        const double *x = o->y[0] + r * width;
        double *y = o->y[node] + r * width;
        struct lt_stream s = {{0}, {0}};
        if (o->pass->training)
            s = lt_stream(o->pass->seed, LT_RNG_NOISE, o->pass->epoch,
                          (uint64_t)o->pass->row_ids[r]);
        for (int64_t j = 0; j < width; j++)
            y[j] = o->pass->training ? corrupt(&o->spec->node[node], &s, (uint32_t)j, x[j]) : x[j];
    }
}

const struct lt_layer_ops lt_layer_noise = {.name = "noise",
                                            .inputs_min = 1,
                                            .inputs_max = 1,
                                            .only_training = true,
                                            .infer = infer,
                                            .forward = forward,
                                            .oracle = oracle};
