
#include "kernels/cpu/onednn.h"

#include "base/mem.h"
#include "kernels/cpu/onednn_conv.h"
#include <stdio.h>

struct lt_onednn {
    dnnl_engine_t engine;
    int threads;
    dnnl_stream_t *streams; /* (threads) */
    void **scratch;         /* (threads), each scratch_bytes, made when the first kernel asks */
    size_t scratch_bytes;
};

enum { OPERANDS = 3, MEMORIES = OPERANDS + 1 }; /* those and the scratchpad, which comes last */

/* What a primitive reads and writes: the argument's number, and the query for its descriptor. */
struct role {
    int argument;
    dnnl_query_t query;
};
struct roles {
    int count;
    struct role role[OPERANDS];
};
static const struct role scratchpad = {DNNL_ARG_SCRATCHPAD, dnnl_query_scratchpad_md};
#define ROLE(argument, query)                                                                      \
    {                                                                                              \
        DNNL_ARG_##argument, dnnl_query_##query                                                    \
    }
static const struct roles product_roles = {
    3, {ROLE(SRC, src_md), ROLE(WEIGHTS, weights_md), ROLE(DST, dst_md)}};
static const struct roles to_fine_roles = {
    3, {ROLE(DIFF_DST, diff_dst_md), ROLE(WEIGHTS, weights_md), ROLE(DIFF_SRC, diff_src_md)}};
static const struct roles weights_roles = {
    3, {ROLE(SRC, src_md), ROLE(DIFF_DST, diff_dst_md), ROLE(DIFF_WEIGHTS, diff_weights_md)}};
static const struct roles reorder_roles = {2, {ROLE(FROM, src_md), ROLE(TO, dst_md)}};
#undef ROLE

struct lt_kernel {
    struct lt_onednn *onednn;
    dnnl_primitive_t primitive;
    const struct roles *roles;
    dnnl_memory_t *memories; /* (threads, MEMORIES): handles are set before each run */
};

static int fail_onednn(struct lt_error *err, const char *what, dnnl_status_t status)
{
    return lt_fail(err, LT_EFAIL, "oneDNN could not %s (status %d); try --backend ref", what,
                   (int)status);
}

void lt_onednn_free(struct lt_onednn **o)
{
    struct lt_onednn *n = *o;
    if (!n)
        return;
    for (int t = 0; t < n->threads; t++) {
        if (n->streams && n->streams[t])
            dnnl_stream_destroy(n->streams[t]);
        if (n->scratch)
            lt_free(n->scratch[t]);
    }
    if (n->engine)
        dnnl_engine_destroy(n->engine);
    lt_free(n->streams);
    lt_free(n->scratch);
    lt_free(n);
    *o = NULL;
}

int lt_onednn_create(struct lt_onednn **out, int threads, struct lt_error *err)
{
    struct lt_onednn *n = NULL;
    *out = NULL;
    int rc = lt_alloc(&n, 1, sizeof *n, "oneDNN", err);
    if (rc)
        return rc;
    n->threads = threads;
    rc = lt_alloc(&n->streams, (size_t)threads, sizeof *n->streams, "oneDNN streams", err);
    if (rc)
        goto out;
    rc = lt_alloc(&n->scratch, (size_t)threads, sizeof *n->scratch, "oneDNN scratch", err);
    if (rc)
        goto out;
    dnnl_status_t status = dnnl_engine_create(&n->engine, dnnl_cpu, 0);
    for (int t = 0; t < threads && status == dnnl_success; t++)
        status = dnnl_stream_create(&n->streams[t], n->engine, dnnl_stream_default_flags);
    if (status != dnnl_success)
        rc = fail_onednn(err, "start", status);
out:
    if (rc)
        lt_onednn_free(&n);
    *out = n;
    return rc;
}

static bool has_isa(dnnl_cpu_isa_t isa)
{
    return ((unsigned)dnnl_get_effective_cpu_isa() & (unsigned)isa) == (unsigned)isa;
}

bool lt_onednn_has_bf16(void)
{
    return has_isa(dnnl_cpu_isa_avx512_core_bf16);
}
bool lt_onednn_rows_alike(bool bf16)
{
    if (bf16 && has_isa(dnnl_cpu_isa_avx512_core_amx))
        return false;
    return has_isa(dnnl_cpu_isa_avx512_core);
}

void lt_onednn_describe(char *text, size_t size)
{
    static const struct {
        dnnl_cpu_isa_t isa;
        const char *name;
    } names[] = {
        {dnnl_cpu_isa_avx512_core_amx, "avx512_core_amx"},
        {dnnl_cpu_isa_avx512_core_bf16, "avx512_core_bf16"},
        {dnnl_cpu_isa_avx512_core_vnni, "avx512_core_vnni"},
        {dnnl_cpu_isa_avx512_core, "avx512_core"},
        {dnnl_cpu_isa_avx2, "avx2"},
        {dnnl_cpu_isa_avx, "avx"},
        {dnnl_cpu_isa_sse41, "sse41"},
    };
    const dnnl_version_t *v = dnnl_version();
    const char *name = "generic";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (has_isa(names[i].isa)) {
            name = names[i].name;
            break;
        }
    snprintf(text, size, "oneDNN %d.%d.%d, %s", v->major, v->minor, v->patch, name);
}

/* Every thread's scratch memory at least this big. */
static int reserve_scratch(struct lt_onednn *o, size_t bytes, struct lt_error *err)
{
    if (bytes <= o->scratch_bytes)
        return LT_OK;
    for (int t = 0; t < o->threads; t++) {
        void *bigger;
        const int rc = lt_alloc(&bigger, bytes, 1, "oneDNN scratch", err);
        if (rc)
            return rc;
        lt_free(o->scratch[t]);
        o->scratch[t] = bigger;
    }
    o->scratch_bytes = bytes;
    return LT_OK;
}

/* The attributes of every kernel: scratch memory is ours; the sum when adding. */
static dnnl_status_t make_attributes(dnnl_primitive_attr_t *attr, bool add)
{
    dnnl_post_ops_t post = NULL;
    dnnl_status_t status = dnnl_primitive_attr_create(attr);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user);
    if (status == dnnl_success && add) {
        status = dnnl_post_ops_create(&post);
        if (status == dnnl_success)
            status = dnnl_post_ops_append_sum(post, 1.0f LT_SUM_TYPE);
        if (status == dnnl_success)
            status = dnnl_primitive_attr_set_post_ops(*attr, post);
        if (post)
            dnnl_post_ops_destroy(post);
    }
    return status;
}

static dnnl_status_t describe_product(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                                      const struct lt_kernel_spec *s, dnnl_primitive_attr_t attr)
{
    const dnnl_data_type_t in = s->bf16 ? dnnl_bf16 : dnnl_f32;
    const struct lt_matrix matrices[3] = {{s->m, s->k, s->a_row, s->a_column, in},
                                          {s->k, s->n, s->b_row, s->b_column, in},
                                          {s->m, s->n, s->c_row, 1, dnnl_f32}};
    return lt_pd(pd, engine, LT_MATMUL, matrices, attr, NULL);
}

static size_t descriptor_bytes(const_dnnl_primitive_desc_t pd, dnnl_query_t what)
{
    return dnnl_memory_desc_get_size(dnnl_primitive_desc_query_md(pd, what, 0));
}

static dnnl_status_t create_memories(struct lt_kernel *kernel, const_dnnl_primitive_desc_t pd)
{
    const struct roles *roles = kernel->roles;
    dnnl_status_t status = dnnl_success;
    for (int i = 0; i < kernel->onednn->threads * MEMORIES && status == dnnl_success; i++) {
        const int k = i % MEMORIES;
        if (k >= roles->count && k < OPERANDS)
            continue;
        const struct role *role = k < OPERANDS ? &roles->role[k] : &scratchpad;
        status = dnnl_memory_create(&kernel->memories[i],
                                    dnnl_primitive_desc_query_md(pd, role->query, 0),
                                    kernel->onednn->engine, DNNL_MEMORY_NONE);
    }
    return status;
}

void lt_kernel_free(struct lt_kernel **kernel)
{
    struct lt_kernel *k = *kernel;
    if (!k)
        return;
    for (int i = 0; k->memories && i < k->onednn->threads * MEMORIES; i++)
        if (k->memories[i])
            dnnl_memory_destroy(k->memories[i]);
    if (k->primitive)
        dnnl_primitive_destroy(k->primitive);
    lt_free(k->memories);
    lt_free(k);
    *kernel = NULL;
}

/* A kernel of a descriptor, which stays the caller's. */
static int make_kernel(struct lt_kernel **out, struct lt_onednn *o, const_dnnl_primitive_desc_t pd,
                       const struct roles *roles, struct lt_error *err)
{
    struct lt_kernel *k = NULL;
    int rc = lt_alloc(&k, 1, sizeof *k, "a product", err);
    if (rc)
        goto out;
    k->onednn = o;
    k->roles = roles;
    rc = lt_alloc(&k->memories, (size_t)o->threads * MEMORIES, sizeof *k->memories, "a product",
                  err);
    if (rc)
        goto out;
    dnnl_status_t status = dnnl_primitive_create(&k->primitive, pd);
    if (status == dnnl_success)
        status = create_memories(k, pd);
    if (status == dnnl_success)
        rc = reserve_scratch(o, descriptor_bytes(pd, dnnl_query_scratchpad_md), err);
    else
        rc = fail_onednn(err, "plan a product", status);
out:
    if (rc)
        lt_kernel_free(&k);
    *out = k;
    return rc;
}

int lt_kernel_create(struct lt_kernel **out, struct lt_onednn *o, const struct lt_kernel_spec *spec,
                     struct lt_error *err)
{
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t pd = NULL;
    const int max_threads = omp_get_max_threads();
    int rc;
    *out = NULL;
    omp_set_num_threads(1); /* what oneDNN plans for */
    dnnl_status_t status = make_attributes(&attr, spec->add);
    if (status == dnnl_success)
        status = describe_product(&pd, o->engine, spec, attr);
    rc = status == dnnl_success ? make_kernel(out, o, pd, &product_roles, err)
                                : fail_onednn(err, "plan a matrix product", status);
    omp_set_num_threads(max_threads);
    if (pd)
        dnnl_primitive_desc_destroy(pd);
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    return rc;
}

/* ---- convolutions ---- */

static int create_reorder(struct lt_conv_kernel *k, struct lt_onednn *o,
                          const struct lt_conv_kernel_spec *s, const_dnnl_primitive_desc_t conv,
                          const_dnnl_primitive_attr_t attr, struct lt_error *err)
{
    const bool back = s->product == LT_CONV_WEIGHTS;
    const struct lt_tensor plain = lt_conv_plain_weights(s);
    const dnnl_query_t what = back ? dnnl_query_diff_weights_md : dnnl_query_weights_md;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_memory_desc_t md;
    dnnl_status_t status = lt_md_of_tensor(&md, &plain);
    if (status == dnnl_success) {
        status = lt_reorder_pd(&pd, o->engine, &md, conv, what, back, attr);
        LT_MD_FREE(md);
    }
    if (status != dnnl_success)
        return fail_onednn(err, "plan a layout of weights", status);
    k->weight_bytes = descriptor_bytes(conv, what);
    const int rc = make_kernel(&k->reorder, o, pd, &reorder_roles, err);
    dnnl_primitive_desc_destroy(pd);
    return rc;
}

void lt_conv_kernel_free(struct lt_conv_kernel *kernel)
{
    lt_kernel_free(&kernel->run);
    lt_kernel_free(&kernel->reorder);
}

int lt_conv_kernel_create(struct lt_conv_kernel *out, struct lt_onednn *o,
                          const struct lt_conv_kernel_spec *spec, struct lt_error *err)
{
    static const struct roles *const roles[] = {&product_roles, &to_fine_roles, &weights_roles};
    static const struct lt_conv_way way = {.any = false}; /* direct, channels last */
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t pd = NULL;
    const int max_threads = omp_get_max_threads();
    int rc;
    *out = (struct lt_conv_kernel){0};
    omp_set_num_threads(1);
    dnnl_status_t status = make_attributes(&attr, false);
    if (status == dnnl_success)
        status = lt_conv_describe(&pd, o->engine, spec, &way, attr);
    rc = status == dnnl_success ? make_kernel(&out->run, o, pd, roles[spec->product], err)
                                : fail_onednn(err, "plan a convolution", status);
    if (!rc)
        rc = create_reorder(out, o, spec, pd, attr, err);
    if (rc)
        lt_conv_kernel_free(out);
    omp_set_num_threads(max_threads);
    if (pd)
        dnnl_primitive_desc_destroy(pd);
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    return rc;
}

/* ---- run ---- */

/* No status is looked at: the arguments were checked when the kernel was made,
 * and nothing here allocates.  Outside a parallel region (one thread, or one
 * tile) oneDNN would start a team of its own, hence the setting around it. */
void lt_kernel_run(struct lt_kernel *kernel, int thread, const void *a, const void *b, void *c)
{
    const struct roles *roles = kernel->roles;
    dnnl_memory_t *m = kernel->memories + thread * MEMORIES;
    const void *const handles[OPERANDS] = {a, roles->count == 2 ? c : b, c};
    dnnl_exec_arg_t args[MEMORIES];
    for (int i = 0; i < roles->count; i++) {
        dnnl_memory_set_data_handle(m[i], (void *)(uintptr_t)handles[i]);
        args[i] = (dnnl_exec_arg_t){roles->role[i].argument, m[i]};
    }
    dnnl_memory_set_data_handle(m[OPERANDS], kernel->onednn->scratch[thread]);
    args[roles->count] = (dnnl_exec_arg_t){scratchpad.argument, m[OPERANDS]};
    const int max_threads = omp_get_max_threads();
    omp_set_num_threads(1);
    dnnl_primitive_execute(kernel->primitive, kernel->onednn->streams[thread], roles->count + 1,
                           args);
    omp_set_num_threads(max_threads);
}
