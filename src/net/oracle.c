#include "base/mem.h"
#include "net/layer.h"
#include <math.h>

double lt_oracle_act(enum lt_act kind, double x)
{
    const double lambda = 1.0507009873554805, alpha = 1.6732632423543772;
    switch (kind) {
    case LT_ACT_SIGMOID:
        return 1 / (1 + exp(-x));
    case LT_ACT_TANH:
        return tanh(x);
    case LT_ACT_RELU:
        return x > 0 ? x : 0;
    case LT_ACT_LEAKY_RELU:
        return x > 0 ? x : 0.01 * x;
    case LT_ACT_ELU:
        return x > 0 ? x : expm1(x);
    case LT_ACT_SELU:
        return lambda * (x > 0 ? x : alpha * expm1(x));
    case LT_ACT_GELU:
        return 0.5 * x * (1 + erf(x * 0.7071067811865476));
    case LT_ACT_SILU:
        return x / (1 + exp(-x));
    case LT_ACT_SOFTPLUS:
        return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
    default:
        return x;
    }
}

void lt_oracle_params(const struct lt_oracle *o, int node, const double **weights,
                      const double **bias)
{
    int owner = lt_weights_owner(o->spec, node), bias_owner = lt_bias_owner(o->spec, node);
    *weights = *bias = NULL;
    for (int p = 0; p < o->layout->count; p++) {
        const struct lt_param *q = &o->layout->param[p];
        if (q->node == owner && (q->kind == LT_PARAM_WEIGHT || q->kind == LT_PARAM_GAIN))
            *weights = o->params + q->offset;
        if (q->node == bias_owner && q->kind == LT_PARAM_BIAS)
            *bias = o->params + q->offset;
    }
}

/* The objective in double precision, evaluated node by node without a backend. */
double lt_net_oracle(const struct lt_net_spec *spec, const struct lt_params *layout,
                     const double *params, const float *rows, const struct lt_pass *pass,
                     struct lt_error *err)
{
    struct lt_oracle o = {.spec = spec, .layout = layout, .params = params, .pass = pass};
    int rc = 0;
    for (int i = 0; i < spec->count && !rc; i++)
        rc = lt_alloc(&o.y[i], (size_t)pass->rows * (size_t)lt_node_width(spec, i), sizeof(double),
                      "a gradient check", err);
    if (!rc) {
        int64_t count = pass->rows * lt_node_width(spec, 0);
        for (int64_t k = 0; k < count; k++)
            o.y[0][k] = (double)rows[k];
        for (int i = 0; i < spec->count; i++)
            lt_layer_of(spec, i)->oracle(&o, i);
    }
    for (int i = 0; i < spec->count; i++)
        lt_free(o.y[i]);
    return o.objective;
}
