#include "kernels/cpu/bare_product.h"

enum { WAYS = 6 };

/* How the three matrices of a primitive lie in memory. */
enum layout {
    PLAIN,  /* row-major */
    ACROSS, /* column-major: the transposed matrix is row-major */
    ANY     /* as oneDNN likes it best */
};

struct way {
    bool used;
    bool sgemm; /* dnnl_sgemm on plain matrices instead of a primitive */
    enum lt_primitive what;
    enum layout layout[3];
};

/* Everything that oneDNN offers for each product. */
static const struct way ways[LT_BARE_PRODUCTS][WAYS] = {
    [LT_BARE_FORWARD] = {{true, false, LT_FORWARD, {ANY, ANY, ANY}},
                         {true, false, LT_FORWARD, {PLAIN, ANY, PLAIN}},
                         {true, false, LT_MATMUL, {PLAIN, ANY, PLAIN}},
                         {true, false, LT_MATMUL, {PLAIN, PLAIN, PLAIN}},
                         {true, false, LT_MATMUL, {PLAIN, ACROSS, PLAIN}},
                         {true, true, LT_MATMUL, {PLAIN, ACROSS, PLAIN}}},
    [LT_BARE_DATA_GRADIENT] = {{true, false, LT_BACKWARD_DATA, {ANY, ANY, ANY}},
                               {true, false, LT_BACKWARD_DATA, {PLAIN, ANY, PLAIN}},
                               {true, false, LT_MATMUL, {PLAIN, ANY, PLAIN}},
                               {true, false, LT_MATMUL, {PLAIN, PLAIN, PLAIN}},
                               {true, true, LT_MATMUL, {PLAIN, PLAIN, PLAIN}}},
    [LT_BARE_WEIGHT_GRADIENT] = {{true, false, LT_BACKWARD_WEIGHTS, {ANY, ANY, ANY}},
                                 {true, false, LT_BACKWARD_WEIGHTS, {PLAIN, ANY, PLAIN}},
                                 {true, false, LT_MATMUL, {PLAIN, ANY, PLAIN}},
                                 {true, false, LT_MATMUL, {ACROSS, PLAIN, PLAIN}},
                                 {true, false, LT_MATMUL, {ACROSS, ANY, PLAIN}},
                                 {true, true, LT_MATMUL, {ACROSS, PLAIN, PLAIN}}},
};

/* The matrices of a primitive that computes C (m, n) = A (m, k) B (k, n), where
 * an inner product names them in its own order and takes W, da and x as they
 * are; see enum lt_primitive. */
static void shape_matrices(dnnl_data_type_t type, const struct way *way, const struct lt_bare *p,
                           struct lt_matrix out[3])
{
    const int64_t shapes[4][3][2] = {
        [LT_MATMUL] = {{p->m, p->k}, {p->k, p->n}, {p->m, p->n}},
        [LT_FORWARD] = {{p->m, p->k}, {p->n, p->k}, {p->m, p->n}},
        [LT_BACKWARD_DATA] = {{p->m, p->k}, {p->k, p->n}, {p->m, p->n}},
        [LT_BACKWARD_WEIGHTS] = {{p->k, p->n}, {p->k, p->m}, {p->m, p->n}},
    };
    for (int i = 0; i < 3; i++) {
        const int64_t rows = shapes[way->what][i][0], columns = shapes[way->what][i][1];
        out[i] = (struct lt_matrix){rows, columns, 0, 0, i == 2 ? dnnl_f32 : type};
        if (way->layout[i] == PLAIN)
            out[i].row = columns, out[i].column = 1;
        else if (way->layout[i] == ACROSS)
            out[i].row = 1, out[i].column = rows;
    }
}

static dnnl_status_t plan(const struct lt_bare_engine *e, const struct way *way, struct lt_bare *p)
{
    const dnnl_data_type_t type = e->bf16 ? dnnl_bf16 : dnnl_f32;
    dnnl_primitive_desc_t pd = NULL, hint = NULL;
    struct lt_matrix shapes[3];
    shape_matrices(type, way, p, shapes);
    dnnl_status_t status = dnnl_success;
    if (way->what == LT_BACKWARD_DATA || way->what == LT_BACKWARD_WEIGHTS) {
        const struct way forward = {true, false, LT_FORWARD, {ANY, ANY, ANY}};
        const bool data = way->what == LT_BACKWARD_DATA;
        const struct lt_bare f = {.m = data ? p->m : p->k, /* batch */
                                  .n = data ? p->k : p->m, /* out */
                                  .k = p->n};              /* in */
        struct lt_matrix hint_shapes[3];
        shape_matrices(type, &forward, &f, hint_shapes);
        status = lt_pd(&hint, e->engine, LT_FORWARD, hint_shapes, NULL, NULL);
    }
    if (status == dnnl_success)
        status = lt_pd(&pd, e->engine, way->what, shapes, NULL, hint);
    if (status == dnnl_success)
        status = lt_bare_make(p, e, pd, way->what);
    p->sgemm = way->sgemm;
    for (int i = 0; i < 2; i++)
        p->across[i] = way->layout[i] == ACROSS;
    if (pd)
        dnnl_primitive_desc_destroy(pd);
    if (hint)
        dnnl_primitive_desc_destroy(hint);
    return status;
}

static dnnl_status_t make(const struct lt_bare_engine *e, const struct lt_bound_layer *layer,
                          int64_t batch, int product, int way, struct lt_bare *out)
{
    const int64_t in = layer->in, wide = layer->out;
    const struct lt_bare sizes[LT_BARE_PRODUCTS] = {
        [LT_BARE_FORWARD] = {.m = batch, .n = wide, .k = in},
        [LT_BARE_DATA_GRADIENT] = {.m = batch, .n = in, .k = wide},
        [LT_BARE_WEIGHT_GRADIENT] = {.m = wide, .n = in, .k = batch}};
    const struct way *w = &ways[product][way];
    if (!w->used || (w->sgemm && e->bf16))
        return dnnl_unimplemented;
    *out = sizes[product];
    return plan(e, w, out);
}

const struct lt_bare_kind lt_bare_dense = {WAYS, make};
