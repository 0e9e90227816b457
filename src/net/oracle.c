#include "base/mem.h"
#include "net/layer.h"

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
