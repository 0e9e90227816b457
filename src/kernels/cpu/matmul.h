/* General products on oneDNN; see lt_backend_ops for what each one does. */
#ifndef LT_KERNELS_CPU_MATMUL_H
#define LT_KERNELS_CPU_MATMUL_H

#include "kernels/backend.h"

int lt_cpu_matmul_create(struct lt_backend *b, const struct lt_matmul_spec *spec,
                         struct lt_matmul **out, struct lt_error *err);
void lt_cpu_matmul_free(struct lt_backend *b, struct lt_matmul *matmul);
void lt_cpu_matmul_run(struct lt_backend *b, struct lt_matmul *matmul, float alpha,
                       struct lt_buffer a, struct lt_buffer bb, float beta, struct lt_buffer c);

#endif
