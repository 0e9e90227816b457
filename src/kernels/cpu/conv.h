/* Convolutions on oneDNN; see lt_backend_ops for what each one does. */
#ifndef LT_KERNELS_CPU_CONV_H
#define LT_KERNELS_CPU_CONV_H

#include "kernels/backend.h"
#include "kernels/cpu/onednn.h"

int lt_cpu_conv_create(struct lt_backend *b, const struct lt_conv_spec *spec, struct lt_conv **out,
                       struct lt_error *err);
void lt_cpu_conv_free(struct lt_backend *b, struct lt_conv *conv);
void lt_cpu_conv_pack(struct lt_backend *b, struct lt_conv *conv, struct lt_buffer w);
bool lt_cpu_conv_reads_bf16(struct lt_backend *b, const struct lt_conv_spec *spec);
void lt_cpu_conv_forward(struct lt_backend *b, struct lt_conv *conv,
                         const struct lt_conv_values *values);
void lt_cpu_conv_backward(struct lt_backend *b, struct lt_conv *conv,
                          const struct lt_conv_gradients *gradients);

/* A product of the convolution over so many images, in f32. */
struct lt_conv_kernel_spec lt_cpu_conv_kernel(const struct lt_conv_spec *spec,
                                              enum lt_conv_product product, int64_t images);

#endif
