/* Convolutions in plain C; see lt_backend_ops for what each one does. */
#ifndef LT_KERNELS_REF_CONV_H
#define LT_KERNELS_REF_CONV_H

#include "kernels/backend.h"

int lt_ref_conv_create(struct lt_backend *b, const struct lt_conv_spec *spec, struct lt_conv **out,
                       struct lt_error *err);
void lt_ref_conv_free(struct lt_backend *b, struct lt_conv *conv);
void lt_ref_conv_pack(struct lt_backend *b, struct lt_conv *conv, struct lt_buffer w);
bool lt_ref_conv_reads_bf16(struct lt_backend *b, const struct lt_conv_spec *spec);
void lt_ref_conv_forward(struct lt_backend *b, struct lt_conv *conv,
                         const struct lt_conv_values *values);
void lt_ref_conv_backward(struct lt_backend *b, struct lt_conv *conv,
                          const struct lt_conv_gradients *gradients);

#endif
