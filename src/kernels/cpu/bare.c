#include "kernels/cpu/bare.h"

#include "base/mem.h"
#include "kernels/cpu/onednn.h"
#include "kernels/cpu/onednn_api.h"
#include <string.h>
#include <time.h>

enum {
    TRIALS = 6, /* runs of each way before the fastest is chosen */
    FEWEST_ROUNDS = 5,
    WAYS = 6
};

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

enum product { FORWARD, DATA_GRADIENT, WEIGHT_GRADIENT, PRODUCTS };

/* Everything that oneDNN offers for each product. */
static const struct way ways[PRODUCTS][WAYS] = {
    [FORWARD] = {{true, false, LT_FORWARD, {ANY, ANY, ANY}},
                 {true, false, LT_FORWARD, {PLAIN, ANY, PLAIN}},
                 {true, false, LT_MATMUL, {PLAIN, ANY, PLAIN}},
                 {true, false, LT_MATMUL, {PLAIN, PLAIN, PLAIN}},
                 {true, false, LT_MATMUL, {PLAIN, ACROSS, PLAIN}},
                 {true, true, LT_MATMUL, {PLAIN, ACROSS, PLAIN}}},
    [DATA_GRADIENT] = {{true, false, LT_BACKWARD_DATA, {ANY, ANY, ANY}},
                       {true, false, LT_BACKWARD_DATA, {PLAIN, ANY, PLAIN}},
                       {true, false, LT_MATMUL, {PLAIN, ANY, PLAIN}},
                       {true, false, LT_MATMUL, {PLAIN, PLAIN, PLAIN}},
                       {true, true, LT_MATMUL, {PLAIN, PLAIN, PLAIN}}},
    [WEIGHT_GRADIENT] = {{true, false, LT_BACKWARD_WEIGHTS, {ANY, ANY, ANY}},
                         {true, false, LT_BACKWARD_WEIGHTS, {PLAIN, ANY, PLAIN}},
                         {true, false, LT_MATMUL, {PLAIN, ANY, PLAIN}},
                         {true, false, LT_MATMUL, {ACROSS, PLAIN, PLAIN}},
                         {true, false, LT_MATMUL, {ACROSS, ANY, PLAIN}},
                         {true, true, LT_MATMUL, {ACROSS, PLAIN, PLAIN}}},
};

/* One product ready to run. */
struct bare {
    int64_t m, n, k;
    bool sgemm, across[2];
    dnnl_primitive_t primitive;
    dnnl_memory_t memories[3];
    int args[3];
};

struct measure {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_data_type_t type; /* of the operands; results are f32 */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void bare_free(struct bare *p)
{
    for (int i = 0; i < 3; i++)
        if (p->memories[i])
            dnnl_memory_destroy(p->memories[i]);
    if (p->primitive)
        dnnl_primitive_destroy(p->primitive);
    *p = (struct bare){0};
}

/* The matrices of a primitive that computes C (m, n) = A (m, k) B (k, n), where
 * an inner product names them in its own order and takes W, da and x as they
 * are; see enum lt_primitive. */
static void shape_matrices(const struct measure *m, const struct way *way, const struct bare *p,
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
        out[i] = (struct lt_matrix){rows, columns, 0, 0, i == 2 ? dnnl_f32 : m->type};
        if (way->layout[i] == PLAIN)
            out[i].row = columns, out[i].column = 1;
        else if (way->layout[i] == ACROSS)
            out[i].row = 1, out[i].column = rows;
    }
}

/* Memory as the primitive wants it, filled with small numbers. */
static dnnl_status_t make_memory(const struct measure *m, struct bare *p, int i,
                                 const_dnnl_primitive_desc_t pd, dnnl_query_t query)
{
    void *data = NULL;
    dnnl_status_t status =
        dnnl_memory_create(&p->memories[i], dnnl_primitive_desc_query_md(pd, query, 0), m->engine,
                           DNNL_MEMORY_ALLOCATE);
    if (status == dnnl_success)
        status = dnnl_memory_get_data_handle(p->memories[i], &data);
    if (status != dnnl_success)
        return status;
    const size_t bytes = dnnl_memory_desc_get_size(dnnl_primitive_desc_query_md(pd, query, 0));
    for (size_t at = 0; at + 2 <= bytes; at += 2) { /* 2^-6 or so, as bf16 and as f32 */
        const uint16_t value = (uint16_t)(0x3c80 + at / 2 % 61);
        memcpy((char *)data + at, &value, sizeof value);
    }
    return dnnl_success;
}

static dnnl_status_t make_bare(const struct measure *m, const struct way *way, struct bare *p)
{
    static const struct {
        dnnl_query_t query[3];
        int args[3];
    } matrices[4] = {
        [LT_MATMUL] = {{dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md},
                       {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST}},
        [LT_FORWARD] = {{dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md},
                        {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST}},
        [LT_BACKWARD_DATA] = {{dnnl_query_diff_dst_md, dnnl_query_weights_md,
                               dnnl_query_diff_src_md},
                              {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC}},
        [LT_BACKWARD_WEIGHTS] = {{dnnl_query_src_md, dnnl_query_diff_dst_md,
                                  dnnl_query_diff_weights_md},
                                 {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS}},
    };
    dnnl_primitive_desc_t pd = NULL, hint = NULL;
    struct lt_matrix shapes[3];
    shape_matrices(m, way, p, shapes);
    dnnl_status_t status = dnnl_success;
    if (way->what == LT_BACKWARD_DATA || way->what == LT_BACKWARD_WEIGHTS) {
        const struct way forward = {true, false, LT_FORWARD, {ANY, ANY, ANY}};
        const bool data = way->what == LT_BACKWARD_DATA;
        const struct bare f = {.m = data ? p->m : p->k, /* batch */
                               .n = data ? p->k : p->m, /* out */
                               .k = p->n};              /* in */
        struct lt_matrix hint_shapes[3];
        shape_matrices(m, &forward, &f, hint_shapes);
        status = lt_pd(&hint, m->engine, LT_FORWARD, hint_shapes, NULL, NULL);
    }
    if (status == dnnl_success)
        status = lt_pd(&pd, m->engine, way->what, shapes, NULL, hint);
    if (status == dnnl_success)
        status = dnnl_primitive_create(&p->primitive, pd);
    for (int i = 0; i < 3 && status == dnnl_success; i++) {
        p->args[i] = matrices[way->what].args[i];
        p->across[i & 1] = i < 2 ? way->layout[i] == ACROSS : p->across[i & 1];
        status = make_memory(m, p, i, pd, matrices[way->what].query[i]);
    }
    p->sgemm = way->sgemm;
    if (pd)
        dnnl_primitive_desc_destroy(pd);
    if (hint)
        dnnl_primitive_desc_destroy(hint);
    return status;
}

static void run_sgemm(const struct bare *p)
{
    void *data[3];
    for (int i = 0; i < 3; i++)
        dnnl_memory_get_data_handle(p->memories[i], &data[i]);
    dnnl_sgemm(p->across[0] ? 'T' : 'N', p->across[1] ? 'T' : 'N', p->m, p->n, p->k, 1.0f, data[0],
               p->across[0] ? p->m : p->k, data[1], p->across[1] ? p->k : p->n, 0.0f, data[2],
               p->n);
}

static void run_bare(const struct measure *m, const struct bare *p)
{
    if (p->sgemm) {
        run_sgemm(p);
        return;
    }
    const dnnl_exec_arg_t args[3] = {
        {p->args[0], p->memories[0]}, {p->args[1], p->memories[1]}, {p->args[2], p->memories[2]}};
    dnnl_primitive_execute(p->primitive, m->stream, 3, args);
}

static double time_bare(const struct measure *m, const struct bare *p)
{
    double best = 1e30;
    for (int i = 0; i < TRIALS; i++) {
        const double start = now();
        run_bare(m, p);
        const double took = now() - start;
        best = took < best ? took : best;
    }
    return best;
}

/* The fastest way to compute C (m, n) = A (m, k) B (k, n) as this kind of product. */
static int choose(const struct measure *m, enum product kind, int64_t rows, int64_t columns,
                  int64_t k, struct bare *out, double *seconds, struct lt_error *err)
{
    *seconds = 1e30;
    for (int i = 0; i < WAYS && ways[kind][i].used; i++) {
        if (ways[kind][i].sgemm && m->type != dnnl_f32)
            continue;
        struct bare p = {.m = rows, .n = columns, .k = k};
        const dnnl_status_t status = make_bare(m, &ways[kind][i], &p);
        const double took = status == dnnl_success ? time_bare(m, &p) : 1e30;
        if (took < *seconds) {
            bare_free(out);
            *out = p;
            *seconds = took;
        } else {
            bare_free(&p);
        }
    }
    return *seconds < 1e30
               ? LT_OK
               : lt_fail(err, LT_EFAIL, "oneDNN could not plan the products to measure");
}

static void measure_close(struct measure *m)
{
    if (m->stream)
        dnnl_stream_destroy(m->stream);
    if (m->engine)
        dnnl_engine_destroy(m->engine);
}

static int measure_open(struct measure *m, enum lt_precision precision, struct lt_error *err)
{
    *m = (struct measure){0};
    m->type = precision == LT_PRECISION_BF16 && lt_onednn_has_bf16() ? dnnl_bf16 : dnnl_f32;
    dnnl_status_t status = dnnl_engine_create(&m->engine, dnnl_cpu, 0);
    if (status == dnnl_success)
        status = dnnl_stream_create(&m->stream, m->engine, dnnl_stream_default_flags);
    return status == dnnl_success
               ? LT_OK
               : lt_fail(err, LT_EFAIL, "oneDNN could not start (status %d)", (int)status);
}

/* All products of one step, each in its fastest way. */
static int choose_all(const struct measure *m, const struct lt_bound_layer *layers, size_t count,
                      int64_t batch, struct bare *products, double *flops, struct lt_error *err)
{
    double seconds;
    int rc = LT_OK;
    for (size_t i = 0; i < count && !rc; i++) {
        const int64_t in = layers[i].in, out = layers[i].out;
        struct bare *p = products + i * PRODUCTS;
        rc = choose(m, FORWARD, batch, out, in, &p[FORWARD], &seconds, err);
        *flops += 2.0 * (double)batch * (double)in * (double)out;
        if (layers[i].forward_only)
            continue;
        if (!rc && layers[i].need_dx)
            rc = choose(m, DATA_GRADIENT, batch, in, out, &p[DATA_GRADIENT], &seconds, err);
        if (!rc)
            rc = choose(m, WEIGHT_GRADIENT, out, in, batch, &p[WEIGHT_GRADIENT], &seconds, err);
        *flops += (layers[i].need_dx ? 4.0 : 2.0) * (double)batch * (double)in * (double)out;
    }
    return rc;
}

/* Forward products in order, then the gradients from the last layer to the first. */
static void run_step(const struct measure *m, const struct bare *products, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run_bare(m, &products[i * PRODUCTS + FORWARD]);
    for (size_t i = count; i-- > 0;) {
        if (products[i * PRODUCTS + DATA_GRADIENT].primitive)
            run_bare(m, &products[i * PRODUCTS + DATA_GRADIENT]);
        if (products[i * PRODUCTS + WEIGHT_GRADIENT].primitive)
            run_bare(m, &products[i * PRODUCTS + WEIGHT_GRADIENT]);
    }
}

int lt_bare_measure(const struct lt_bound_layer *layers, size_t count, int64_t batch,
                    enum lt_precision precision, int threads, double seconds, struct lt_bound *out,
                    struct lt_error *err)
{
    struct bare *products = NULL;
    struct measure m;
    const int max_threads = omp_get_max_threads();
    omp_set_num_threads(threads);
    *out = (struct lt_bound){.seconds = 1e30};
    int rc = measure_open(&m, precision, err);
    if (rc)
        goto out;
    rc = lt_alloc(&products, count * PRODUCTS, sizeof *products, "products", err);
    if (!rc)
        rc = choose_all(&m, layers, count, batch, products, &out->flops, err);
    if (rc)
        goto out;

    const double start = now();
    for (int round = 0; round < FEWEST_ROUNDS || now() - start < seconds; round++) {
        const double begin = now();
        run_step(&m, products, count);
        const double took = now() - begin;
        out->seconds = took < out->seconds ? took : out->seconds;
    }
out:
    for (size_t i = 0; products && i < count * PRODUCTS; i++)
        bare_free(&products[i]);
    lt_free(products);
    measure_close(&m);
    omp_set_num_threads(max_threads);
    return rc;
}
