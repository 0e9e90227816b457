/* The CPU backend: matrix products by oneDNN.  Present when the build has
 * LT_HAVE_DNNL. */
#ifndef LT_KERNELS_CPU_CPU_H
#define LT_KERNELS_CPU_CPU_H

#include "kernels/backend.h"

extern const struct lt_backend_ops lt_cpu_ops;

#endif
