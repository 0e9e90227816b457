/* lt_bound_measure (kernels/bound.h) with oneDNN. */
#ifndef LT_KERNELS_CPU_BARE_H
#define LT_KERNELS_CPU_BARE_H

#include "kernels/bound.h"

int lt_bare_measure(const struct lt_bound_layer *layers, size_t count, int64_t batch,
                    enum lt_precision precision, int threads, double seconds, struct lt_bound *out,
                    struct lt_error *err);

#endif
