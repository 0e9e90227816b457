/* What the files of the cpu backend share. */
#ifndef LT_KERNELS_CPU_STATE_H
#define LT_KERNELS_CPU_STATE_H

#include "kernels/cpu/onednn.h"
#include "kernels/host.h"

struct lt_cpu {
    struct lt_host host; /* first: host.c looks at it */
    struct lt_onednn *onednn;
};

static inline struct lt_cpu *lt_cpu_state(const struct lt_backend *b)
{
    return b->state;
}

/* bf16 copies, in parallel; n values. */
void lt_cpu_to_bf16(struct lt_backend *b, size_t n, const float *x, uint16_t *y);

#endif
