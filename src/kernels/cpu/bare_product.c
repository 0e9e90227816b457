#include "kernels/cpu/bare_product.h"

#include "base/clock.h"
#include <string.h>

void lt_bare_free(struct lt_bare *p)
{
    for (int i = 0; i < 3; i++)
        if (p->memories[i])
            dnnl_memory_destroy(p->memories[i]);
    if (p->primitive)
        dnnl_primitive_destroy(p->primitive);
    *p = (struct lt_bare){0};
}

/* Memory as the primitive wants it, filled with small numbers. */
static dnnl_status_t make_memory(dnnl_memory_t *out, const struct lt_bare_engine *e,
                                 const_dnnl_primitive_desc_t pd, dnnl_query_t query)
{
    void *data = NULL;
    dnnl_status_t status = dnnl_memory_create(out, dnnl_primitive_desc_query_md(pd, query, 0),
                                              e->engine, DNNL_MEMORY_ALLOCATE);
    if (status == dnnl_success)
        status = dnnl_memory_get_data_handle(*out, &data);
    if (status != dnnl_success)
        return status;
    const size_t bytes = dnnl_memory_desc_get_size(dnnl_primitive_desc_query_md(pd, query, 0));
    for (size_t at = 0; at + 2 <= bytes; at += 2) { /* 2^-6 or so, as bf16 and as f32 */
        const uint16_t value = (uint16_t)(0x3c80 + at / 2 % 61);
        memcpy((char *)data + at, &value, sizeof value);
    }
    return dnnl_success;
}

dnnl_status_t lt_bare_make(struct lt_bare *out, const struct lt_bare_engine *e,
                           const_dnnl_primitive_desc_t pd, enum lt_primitive what)
{
    static const struct {
        dnnl_query_t query[3];
        int args[3];
    } arrays[4] = {
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
    dnnl_status_t status = dnnl_primitive_create(&out->primitive, pd);
    for (int i = 0; i < 3 && status == dnnl_success; i++) {
        out->args[i] = arrays[what].args[i];
        status = make_memory(&out->memories[i], e, pd, arrays[what].query[i]);
    }
    return status;
}

static void run_sgemm(const struct lt_bare *p)
{
    void *data[3];
    for (int i = 0; i < 3; i++)
        dnnl_memory_get_data_handle(p->memories[i], &data[i]);
    dnnl_sgemm(p->across[0] ? 'T' : 'N', p->across[1] ? 'T' : 'N', p->m, p->n, p->k, 1.0f, data[0],
               p->across[0] ? p->m : p->k, data[1], p->across[1] ? p->k : p->n, 0.0f, data[2],
               p->n);
}

void lt_bare_run(const struct lt_bare_engine *e, const struct lt_bare *p)
{
    if (p->sgemm) {
        run_sgemm(p);
        return;
    }
    const dnnl_exec_arg_t args[3] = {
        {p->args[0], p->memories[0]}, {p->args[1], p->memories[1]}, {p->args[2], p->memories[2]}};
    dnnl_primitive_execute(p->primitive, e->stream, 3, args);
}

double lt_bare_time(const struct lt_bare_engine *e, const struct lt_bare *p)
{
    const double start = lt_clock();
    lt_bare_run(e, p);
    return lt_clock() - start;
}
