#include "kernels/cpu/bare_product.h"
#include "kernels/cpu/conv.h"
#include "kernels/cpu/onednn_conv.h"

/* Everything that oneDNN offers for each product; what it has no kernel for is skipped. */
static const struct lt_conv_way ways[] = {
    {.deconvolution = false, .winograd = false, .any = true},
    {.deconvolution = false, .winograd = false, .any = false},
    {.deconvolution = false, .winograd = true, .any = true},
    {.deconvolution = true, .winograd = false, .any = true},
    {.deconvolution = true, .winograd = false, .any = false},
    {.deconvolution = true, .winograd = true, .any = true},
};
enum { WAYS = sizeof ways / sizeof *ways };

/* What a product of the layer is on the grids: going forward, a transposed one goes to the fine one. */
static enum lt_conv_product on_grids(int product, bool transposed)
{
    if (product == LT_BARE_WEIGHT_GRADIENT)
        return LT_CONV_WEIGHTS;
    return (product == LT_BARE_FORWARD) == transposed ? LT_CONV_TO_FINE : LT_CONV_TO_COARSE;
}

/* The ways in f32, then in bf16 where operands may be: from few channels f32 is faster. */
static dnnl_status_t make(const struct lt_bare_engine *e, const struct lt_bound_layer *layer,
                          int64_t batch, int product, int way, struct lt_bare *out)
{
    struct lt_conv_kernel_spec spec =
        lt_cpu_conv_kernel(&layer->conv, on_grids(product, layer->conv.transposed), batch);
    const struct lt_conv_way *w = &ways[way % WAYS];
    dnnl_primitive_desc_t pd = NULL;
    spec.bf16 = way >= WAYS;
    if (spec.bf16 && !e->bf16)
        return dnnl_unimplemented;
    dnnl_status_t status = lt_conv_describe(&pd, e->engine, &spec, w, NULL);
    if (status == dnnl_success)
        status = lt_bare_make(out, e, pd, lt_conv_primitive(spec.product, w));
    if (pd)
        dnnl_primitive_desc_destroy(pd);
    return status;
}

const struct lt_bare_kind lt_bare_conv = {2 * WAYS, make};
