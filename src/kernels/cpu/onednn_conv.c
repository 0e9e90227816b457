#include "kernels/cpu/onednn_conv.h"

/* A grid, channels last or as oneDNN likes it best. */
static struct lt_tensor grid(int64_t images, int64_t channels, int64_t h, int64_t w, bool any,
                             dnnl_data_type_t type)
{
    struct lt_tensor t = {
        {images, channels, h, w}, {h * w * channels, 1, w * channels, channels}, type};
    if (any)
        t.strides[0] = 0;
    return t;
}

struct lt_tensor lt_conv_plain_weights(const struct lt_conv_kernel_spec *s)
{
    const int64_t k = s->kernel;
    return (struct lt_tensor){
        {s->out, s->in, k, k}, {k * k * s->in, 1, k * s->in, s->in}, dnnl_f32};
}

/* Weights in a layout of oneDNN's choice, the channels that are written first. */
static struct lt_tensor weights(const struct lt_conv_kernel_spec *s, bool deconvolution,
                                dnnl_data_type_t type)
{
    const int64_t first = deconvolution ? s->in : s->out, second = deconvolution ? s->out : s->in;
    return (struct lt_tensor){{first, second, s->kernel, s->kernel}, {0}, type};
}

static struct lt_conv_geometry geometry(const struct lt_conv_kernel_spec *s)
{
    const int64_t before = s->before, reach = s->kernel - before;
    return (struct lt_conv_geometry){{s->stride, s->stride},
                                     {before, before},
                                     {(s->out_h - 1) * s->stride + reach - s->in_h,
                                      (s->out_w - 1) * s->stride + reach - s->in_w}};
}

enum lt_primitive lt_conv_primitive(enum lt_conv_product product, const struct lt_conv_way *way)
{
    if (product == LT_CONV_WEIGHTS)
        return LT_BACKWARD_WEIGHTS;
    return (product == LT_CONV_TO_FINE) == way->deconvolution ? LT_FORWARD : LT_BACKWARD_DATA;
}

static dnnl_status_t describe(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                              const struct lt_conv_kernel_spec *s, enum lt_conv_product product,
                              const struct lt_conv_way *way, const_dnnl_primitive_attr_t attr,
                              const_dnnl_primitive_desc_t hint)
{
    const dnnl_data_type_t in = s->bf16 ? dnnl_bf16 : dnnl_f32;
    const struct lt_tensor tensors[3] = {
        grid(s->images, s->in, s->in_h, s->in_w, way->any,
             product == LT_CONV_TO_FINE ? dnnl_f32 : in),
        weights(s, way->deconvolution, product == LT_CONV_WEIGHTS ? dnnl_f32 : in),
        grid(s->images, s->out, s->out_h, s->out_w, way->any,
             product == LT_CONV_TO_COARSE ? dnnl_f32 : in)};
    const struct lt_conv_geometry g = geometry(s);
    const int reads = way->deconvolution ? 2 : 0;
    dnnl_memory_desc_t md[3];
    int made = 0;
    dnnl_status_t status = dnnl_success;
    while (made < 3 && (status = lt_md_of_tensor(&md[made], &tensors[made])) == dnnl_success)
        made++;
    if (status == dnnl_success)
        status = lt_conv_pd(pd, engine, lt_conv_primitive(product, way), way, md[reads], md[1],
                            md[2 - reads], &g, attr, hint);
    for (int i = 0; i < made; i++)
        LT_MD_FREE(md[i]);
    return status;
}

/* The gradients need the descriptor of the forward primitive first. */
dnnl_status_t lt_conv_describe(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                               const struct lt_conv_kernel_spec *spec,
                               const struct lt_conv_way *way, const_dnnl_primitive_attr_t attr)
{
    const enum lt_conv_product forward = way->deconvolution ? LT_CONV_TO_FINE : LT_CONV_TO_COARSE;
    dnnl_primitive_desc_t hint = NULL;
    *pd = NULL;
    if (spec->product == forward)
        return describe(pd, engine, spec, forward, way, attr, NULL);
    dnnl_status_t status = describe(&hint, engine, spec, forward, way, attr, NULL);
    if (status == dnnl_success)
        status = describe(pd, engine, spec, spec->product, way, attr, hint);
    if (hint)
        dnnl_primitive_desc_destroy(hint);
    return status;
}
