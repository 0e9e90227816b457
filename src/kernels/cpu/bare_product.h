/* A bare product: one oneDNN primitive over three arrays of small numbers, that is run and timed. */
#ifndef LT_KERNELS_CPU_BARE_PRODUCT_H
#define LT_KERNELS_CPU_BARE_PRODUCT_H

#include "kernels/bound.h"
#include "kernels/cpu/onednn_api.h"

struct lt_bare_engine {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    bool bf16; /* operands; results are f32 */
};

/* One product ready to run. */
struct lt_bare {
    dnnl_primitive_t primitive;
    dnnl_memory_t memories[3];
    int args[3];
    /* dnnl_sgemm on plain matrices in place of the primitive: C (m, n) = op(A) op(B) */
    bool sgemm, across[2];
    int64_t m, n, k;
};

/* From a descriptor, which stays the caller's; the fields for sgemm stay as they are. */
dnnl_status_t lt_bare_make(struct lt_bare *out, const struct lt_bare_engine *e,
                           const_dnnl_primitive_desc_t pd, enum lt_primitive what);
void lt_bare_free(struct lt_bare *p); /* a zeroed one is allowed */
void lt_bare_run(const struct lt_bare_engine *e, const struct lt_bare *p);

/* Seconds of one run. */
double lt_bare_time(const struct lt_bare_engine *e, const struct lt_bare *p);

/* ---- the products of a layer ---- */

enum { LT_BARE_FORWARD, LT_BARE_DATA_GRADIENT, LT_BARE_WEIGHT_GRADIENT, LT_BARE_PRODUCTS };

/* A kind of layer: everything that oneDNN offers for its products, numbered 0 ... ways - 1. */
struct lt_bare_kind {
    int ways;
    /* dnnl_unimplemented where there is no such way; `out` is zeroed, and freed by the caller. */
    dnnl_status_t (*make)(const struct lt_bare_engine *e, const struct lt_bound_layer *layer,
                          int64_t batch, int product, int way, struct lt_bare *out);
};
extern const struct lt_bare_kind lt_bare_dense, lt_bare_conv;

#endif
