/* The differences between oneDNN 2 and oneDNN 3, which made memory descriptors
 * handles and dropped operation descriptors.  Included by onednn*.c and bare*.c
 * alone. */
#ifndef LT_KERNELS_CPU_ONEDNN_API_H
#define LT_KERNELS_CPU_ONEDNN_API_H

#include <dnnl.h>
#include <stdbool.h>
#include <stdint.h>

#if DNNL_VERSION_MAJOR < 2 || DNNL_VERSION_MAJOR > 3
#error "Latent knows the oneDNN API of versions 2 and 3"
#endif
#if !LT_HAVE_OPENMP
#error "oneDNN needs the OpenMP runtime in Latent (LT_HAVE_OPENMP)"
#endif

/* libgomp's, declared here because clang brings no omp.h without libomp. */
int omp_get_max_threads(void);
void omp_set_num_threads(int threads);

/* A matrix for oneDNN: strides in values, or {0, 0} for whatever oneDNN likes best. */
struct lt_matrix {
    int64_t rows, columns;
    int64_t row, column;
    dnnl_data_type_t type;
};

/* What a primitive computes: C = A B, or one of an inner product's three. */
enum lt_primitive {
    LT_MATMUL,           /* a (M, K), b (K, N), c (M, N) */
    LT_FORWARD,          /* a = x (B, in),  b = W (out, in), c = y (B, out) */
    LT_BACKWARD_DATA,    /* a = da (B, out), b = W (out, in), c = dx (B, in) */
    LT_BACKWARD_WEIGHTS, /* a = x (B, in), b = da (B, out), c = dW (out, in) */
};

#if DNNL_VERSION_MAJOR >= 3
#define LT_MD_FREE(md) dnnl_memory_desc_destroy(md)
#define LT_SUM_TYPE , 0, dnnl_data_type_undef /* zero point and type of a sum */
#else
#define LT_MD_FREE(md) (void)(md)
#define LT_SUM_TYPE
#endif

static inline dnnl_status_t lt_md(dnnl_memory_desc_t *md, const struct lt_matrix *m)
{
    const dnnl_dims_t dims = {m->rows, m->columns}, strides = {m->row, m->column};
#if DNNL_VERSION_MAJOR >= 3
    return m->row ? dnnl_memory_desc_create_with_strides(md, 2, dims, m->type, strides)
                  : dnnl_memory_desc_create_with_tag(md, 2, dims, m->type, dnnl_format_tag_any);
#else
    return m->row ? dnnl_memory_desc_init_by_strides(md, 2, dims, m->type, strides)
                  : dnnl_memory_desc_init_by_tag(md, 2, dims, m->type, dnnl_format_tag_any);
#endif
}

#if DNNL_VERSION_MAJOR >= 3
static inline dnnl_status_t lt_pd_of_mds(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                                         enum lt_primitive what, dnnl_memory_desc_t a,
                                         dnnl_memory_desc_t b, dnnl_memory_desc_t c,
                                         const_dnnl_primitive_attr_t attr,
                                         const_dnnl_primitive_desc_t hint)
{
    switch (what) {
    case LT_FORWARD:
        return dnnl_inner_product_forward_primitive_desc_create(pd, engine, dnnl_forward_training,
                                                                a, b, NULL, c, attr);
    case LT_BACKWARD_DATA:
        return dnnl_inner_product_backward_data_primitive_desc_create(pd, engine, c, b, a, hint,
                                                                      attr);
    case LT_BACKWARD_WEIGHTS:
        return dnnl_inner_product_backward_weights_primitive_desc_create(pd, engine, a, c, NULL, b,
                                                                         hint, attr);
    default:
        return dnnl_matmul_primitive_desc_create(pd, engine, a, b, NULL, c, attr);
    }
}
#else
static inline dnnl_status_t lt_pd_of_mds(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                                         enum lt_primitive what, dnnl_memory_desc_t a,
                                         dnnl_memory_desc_t b, dnnl_memory_desc_t c,
                                         const_dnnl_primitive_attr_t attr,
                                         const_dnnl_primitive_desc_t hint)
{
    dnnl_inner_product_desc_t inner;
    dnnl_matmul_desc_t matmul;
    const void *desc = what == LT_MATMUL ? (const void *)&matmul : (const void *)&inner;
    dnnl_status_t status;
    switch (what) {
    case LT_FORWARD:
        status =
            dnnl_inner_product_forward_desc_init(&inner, dnnl_forward_training, &a, &b, NULL, &c);
        break;
    case LT_BACKWARD_DATA:
        status = dnnl_inner_product_backward_data_desc_init(&inner, &c, &b, &a);
        break;
    case LT_BACKWARD_WEIGHTS:
        status = dnnl_inner_product_backward_weights_desc_init(&inner, &a, &c, NULL, &b);
        break;
    default:
        status = dnnl_matmul_desc_init(&matmul, &a, &b, NULL, &c);
    }
    return status == dnnl_success ? dnnl_primitive_desc_create(pd, desc, attr, engine, hint)
                                  : status;
}
#endif

/* A primitive's descriptor from three matrices in the order of enum
 * lt_primitive; `hint` is the forward one for the backward ones. */
static inline dnnl_status_t lt_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                                  enum lt_primitive what, const struct lt_matrix m[3],
                                  const_dnnl_primitive_attr_t attr,
                                  const_dnnl_primitive_desc_t hint)
{
    dnnl_memory_desc_t md[3];
    int made = 0;
    dnnl_status_t status = dnnl_success;
    while (made < 3 && (status = lt_md(&md[made], &m[made])) == dnnl_success)
        made++;
    if (status == dnnl_success)
        status = lt_pd_of_mds(pd, engine, what, md[0], md[1], md[2], attr, hint);
    for (int i = 0; i < made; i++)
        LT_MD_FREE(md[i]);
    return status;
}

/* ---- convolutions ---- */

/* Four dimensions in the order (n, c, h, w) of oneDNN's names, with the strides of a plain layout, or
 * whatever oneDNN likes best when the first stride is 0. */
struct lt_tensor {
    dnnl_dims_t dims, strides;
    dnnl_data_type_t type;
};

static inline dnnl_status_t lt_md_of_tensor(dnnl_memory_desc_t *md, const struct lt_tensor *t)
{
#if DNNL_VERSION_MAJOR >= 3
    return t->strides[0]
               ? dnnl_memory_desc_create_with_strides(md, 4, t->dims, t->type, t->strides)
               : dnnl_memory_desc_create_with_tag(md, 4, t->dims, t->type, dnnl_format_tag_any);
#else
    return t->strides[0]
               ? dnnl_memory_desc_init_by_strides(md, 4, t->dims, t->type, t->strides)
               : dnnl_memory_desc_init_by_tag(md, 4, t->dims, t->type, dnnl_format_tag_any);
#endif
}

/* What surrounds the three tensors of a convolution: strides, padding before and behind. */
struct lt_conv_geometry {
    dnnl_dims_t strides, before, behind;
};

/* Which of oneDNN's primitives computes a product of a convolution, and how. */
struct lt_conv_way {
    bool deconvolution; /* as one of a transposed convolution, which reads the coarse grid */
    bool winograd;      /* by Winograd's algorithm */
    bool any;           /* grids as oneDNN likes them best, not channels last */
};

static inline dnnl_alg_kind_t lt_conv_algorithm(const struct lt_conv_way *way)
{
    if (way->deconvolution)
        return way->winograd ? dnnl_deconvolution_winograd : dnnl_deconvolution_direct;
    return way->winograd ? dnnl_convolution_winograd : dnnl_convolution_direct;
}

/* The forward primitive, or one of its gradients with the forward one as hint: x, w, y are the
 * descriptors of what the forward one reads, of its weights and of what it writes. */
static inline dnnl_status_t lt_conv_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                                       enum lt_primitive what, const struct lt_conv_way *way,
                                       dnnl_memory_desc_t x, dnnl_memory_desc_t w,
                                       dnnl_memory_desc_t y, const struct lt_conv_geometry *g,
                                       const_dnnl_primitive_attr_t attr,
                                       const_dnnl_primitive_desc_t hint)
{
    const dnnl_alg_kind_t algorithm = lt_conv_algorithm(way);
#if DNNL_VERSION_MAJOR >= 3
    const dnnl_dims_t dense = {0, 0};
    switch (what) {
    case LT_BACKWARD_DATA:
        return (way->deconvolution ? dnnl_deconvolution_backward_data_primitive_desc_create
                                   : dnnl_convolution_backward_data_primitive_desc_create)(
            pd, engine, algorithm, x, w, y, g->strides, dense, g->before, g->behind, hint, attr);
    case LT_BACKWARD_WEIGHTS:
        return (way->deconvolution ? dnnl_deconvolution_backward_weights_primitive_desc_create
                                   : dnnl_convolution_backward_weights_primitive_desc_create)(
            pd, engine, algorithm, x, w, NULL, y, g->strides, dense, g->before, g->behind, hint,
            attr);
    default:
        return (way->deconvolution ? dnnl_deconvolution_forward_primitive_desc_create
                                   : dnnl_convolution_forward_primitive_desc_create)(
            pd, engine, dnnl_forward_training, algorithm, x, w, NULL, y, g->strides, dense,
            g->before, g->behind, attr);
    }
#else
    dnnl_convolution_desc_t desc; /* a deconvolution's is the same type */
    dnnl_status_t status;
    switch (what) {
    case LT_BACKWARD_DATA:
        status = (way->deconvolution ? dnnl_deconvolution_backward_data_desc_init
                                     : dnnl_convolution_backward_data_desc_init)(
            &desc, algorithm, &x, &w, &y, g->strides, g->before, g->behind);
        break;
    case LT_BACKWARD_WEIGHTS:
        status = (way->deconvolution ? dnnl_deconvolution_backward_weights_desc_init
                                     : dnnl_convolution_backward_weights_desc_init)(
            &desc, algorithm, &x, &w, NULL, &y, g->strides, g->before, g->behind);
        break;
    default:
        status = (way->deconvolution ? dnnl_deconvolution_forward_desc_init
                                     : dnnl_convolution_forward_desc_init)(
            &desc, dnnl_forward_training, algorithm, &x, &w, NULL, &y, g->strides, g->before,
            g->behind);
    }
    return status == dnnl_success ? dnnl_primitive_desc_create(pd, &desc, attr, engine, hint)
                                  : status;
#endif
}

/* From the plain tensor to the descriptor that a primitive asks for, or back. */
static inline dnnl_status_t lt_reorder_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                                          dnnl_memory_desc_t *plain, const_dnnl_primitive_desc_t of,
                                          dnnl_query_t what, bool back,
                                          const_dnnl_primitive_attr_t attr)
{
#if DNNL_VERSION_MAJOR >= 3
    const_dnnl_memory_desc_t other = dnnl_primitive_desc_query_md(of, what, 0), own = *plain;
#else
    const dnnl_memory_desc_t *other = dnnl_primitive_desc_query_md(of, what, 0), *own = plain;
#endif
    return dnnl_reorder_primitive_desc_create(pd, back ? other : own, engine, back ? own : other,
                                              engine, attr);
}

#endif
