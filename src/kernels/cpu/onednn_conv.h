/* Descriptors of a convolution's products, for what trains (onednn.c) and for the bound (bare_conv.c). */
#ifndef LT_KERNELS_CPU_ONEDNN_CONV_H
#define LT_KERNELS_CPU_ONEDNN_CONV_H

#include "kernels/cpu/onednn.h"
#include "kernels/cpu/onednn_api.h"

/* The primitive that computes the product this way: a forward one or a gradient. */
enum lt_primitive lt_conv_primitive(enum lt_conv_product product, const struct lt_conv_way *way);

/* Its descriptor, the caller's to destroy.  Weights are in a layout of oneDNN's choice. */
dnnl_status_t lt_conv_describe(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                               const struct lt_conv_kernel_spec *spec,
                               const struct lt_conv_way *way, const_dnnl_primitive_attr_t attr);

/* Weights (out, kernel, kernel, in) in f32, as Latent keeps them. */
struct lt_tensor lt_conv_plain_weights(const struct lt_conv_kernel_spec *spec);

#endif
