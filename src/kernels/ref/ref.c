#include "kernels/ref/ref.h"

#include "base/mem.h"
#include "base/parallel.h"
#include "kernels/patches.h"
#include "kernels/ref/conv.h"
#include "kernels/ref/state.h"
#include <stdio.h>
#include <string.h>

enum { ROWS = 32 }; /* rows of C in a chunk */

/* Weights as the right-hand side of forward, x (B, in) times (in, out), and of
 * the data gradient, da (B, out) times (out, in).  One of the two is the plain
 * array itself, the other a transposed copy made by pack. */
struct lt_dense {
    struct lt_dense_spec spec;
    const float *forward;  /* (in, out) */
    const float *backward; /* (out, in) */
    float *copy;           /* the transposed one of the two */
};

struct lt_matmul {
    struct lt_matmul_spec spec;
    float *copy; /* (k, n): B when it comes transposed, else NULL */
};

static int ref_open(struct lt_backend *b, struct lt_error *err)
{
    struct lt_ref *ref;
    const int rc = lt_alloc(&b->state, 1, sizeof *ref, "backend", err);
    if (rc)
        return rc;
    ref = b->state;
    ref->host.elementwise = lt_elementwise_table(lt_isa_best());
    ref->product = lt_product(lt_isa_best());
    return LT_OK;
}

static void ref_close(struct lt_backend *b)
{
    lt_free(b->state);
    b->state = NULL;
}

static enum lt_precision ref_precision(struct lt_backend *b, enum lt_precision wanted)
{
    if (wanted == LT_PRECISION_BF16)
        snprintf(b->note, sizeof b->note, "the ref backend computes in f32, not in bf16");
    return LT_PRECISION_F32;
}

static void ref_describe(const struct lt_backend *b, char *text, size_t size)
{
    snprintf(text, size, "ref (plain C, %s)", lt_isa_name(lt_host_elementwise(b)->isa));
}

/* A product over threads, ROWS rows of C in a chunk. */
struct product_work {
    struct lt_product all;
    lt_product_fn *run;
};

static void product_chunk(void *context, size_t chunk, int thread)
{
    const struct product_work *w = context;
    struct lt_product p = w->all;
    const int64_t row = (int64_t)lt_chunk_begin(chunk, ROWS);
    (void)thread;
    p.m = (int64_t)lt_chunk_end(chunk, ROWS, (size_t)p.m) - row;
    p.a += row * p.a_row;
    p.c += row * p.c_row;
    w->run(&p);
}

static void product(struct lt_backend *b, const struct lt_product *p)
{
    struct product_work w = {.all = *p, .run = lt_ref_product(b)};
    lt_parallel(b->threads, lt_chunks((size_t)p->m, ROWS), product_chunk, &w);
}

/* to (columns, rows) = from (rows, columns) transposed */
static void transpose(const float *from, int64_t rows, int64_t columns, float *to)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++)
            to[c * rows + r] = from[r * columns + c];
}

/* n floats, where n = rows * columns may not fit */
static int alloc_matrix(float **out, int64_t rows, int64_t columns, struct lt_error *err)
{
    size_t n;
    *out = NULL;
    if (!lt_size_mul((size_t)rows, (size_t)columns, &n))
        return lt_fail_memory(err, "weights", SIZE_MAX);
    return lt_alloc(out, n, sizeof **out, "weights", err);
}

static void ref_dense_free(struct lt_backend *b, struct lt_dense *dense)
{
    (void)b;
    if (dense)
        lt_free(dense->copy);
    lt_free(dense);
}

static int ref_dense_create(struct lt_backend *b, const struct lt_dense_spec *spec,
                            struct lt_dense **out, struct lt_error *err)
{
    struct lt_dense *dense = NULL;
    int rc = lt_alloc(&dense, 1, sizeof *dense, "layer", err);
    if (rc)
        goto out;
    dense->spec = *spec;
    rc = alloc_matrix(&dense->copy, spec->in, spec->out, err);
out:
    if (rc) {
        ref_dense_free(b, dense);
        dense = NULL;
    }
    *out = dense;
    return rc;
}

static void ref_dense_pack(struct lt_backend *b, struct lt_dense *dense, struct lt_buffer w)
{
    const struct lt_dense_spec *s = &dense->spec;
    const float *plain = lt_host_at(w);
    (void)b;
    if (s->transposed) {
        dense->forward = plain;
        dense->backward = dense->copy;
        if (s->need_dx)
            transpose(plain, s->in, s->out, dense->copy);
    } else {
        dense->forward = dense->copy;
        dense->backward = plain;
        transpose(plain, s->out, s->in, dense->copy);
    }
}

static void ref_dense_forward(struct lt_backend *b, struct lt_dense *dense, int64_t rows,
                              struct lt_buffer x, struct lt_buffer bias, enum lt_act act,
                              struct lt_buffer pre, struct lt_buffer y)
{
    const int64_t in = dense->spec.in, out = dense->spec.out;
    const struct lt_product p = {.m = rows,
                                 .n = out,
                                 .k = in,
                                 .a = lt_host_at(x),
                                 .a_row = in,
                                 .a_column = 1,
                                 .b = dense->forward,
                                 .b_row = out,
                                 .c = lt_host_at(y),
                                 .c_row = out,
                                 .alpha = 1.0f};
    product(b, &p);
    lt_host_elementwise(b)->bias_act[act](rows, out, out, lt_host_at(bias), lt_host_at(pre), p.c);
}

static void ref_dense_backward(struct lt_backend *b, struct lt_dense *dense, int64_t rows,
                               struct lt_buffer x, struct lt_buffer da, struct lt_buffer dx,
                               struct lt_buffer dw, struct lt_buffer db, bool accumulate)
{
    const int64_t in = dense->spec.in, out = dense->spec.out;
    const bool transposed = dense->spec.transposed;
    if (dx.memory) {
        const struct lt_product p = {.m = rows,
                                     .n = in,
                                     .k = out,
                                     .a = lt_host_at(da),
                                     .a_row = out,
                                     .a_column = 1,
                                     .b = dense->backward,
                                     .b_row = in,
                                     .c = lt_host_at(dx),
                                     .c_row = in,
                                     .alpha = 1.0f};
        product(b, &p);
    }
    const struct lt_product p = {.m = transposed ? in : out,
                                 .n = transposed ? out : in,
                                 .k = rows,
                                 .a = lt_host_at(transposed ? x : da),
                                 .a_row = 1,
                                 .a_column = transposed ? in : out,
                                 .b = lt_host_at(transposed ? da : x),
                                 .b_row = transposed ? out : in,
                                 .c = lt_host_at(dw),
                                 .c_row = transposed ? out : in,
                                 .alpha = 1.0f,
                                 .beta = accumulate ? 1.0f : 0.0f};
    product(b, &p);
    if (db.memory)
        lt_host_column_sums(b, rows, out, lt_host_at(da), lt_host_at(db), accumulate);
}

static void ref_matmul_free(struct lt_backend *b, struct lt_matmul *matmul)
{
    (void)b;
    if (matmul)
        lt_free(matmul->copy);
    lt_free(matmul);
}

static int ref_matmul_create(struct lt_backend *b, const struct lt_matmul_spec *spec,
                             struct lt_matmul **out, struct lt_error *err)
{
    struct lt_matmul *matmul = NULL;
    int rc = lt_alloc(&matmul, 1, sizeof *matmul, "matrix product", err);
    if (rc)
        goto out;
    matmul->spec = *spec;
    if (spec->transpose_b)
        rc = alloc_matrix(&matmul->copy, spec->k, spec->n, err);
out:
    if (rc) {
        ref_matmul_free(b, matmul);
        matmul = NULL;
    }
    *out = matmul;
    return rc;
}

static void ref_matmul_run(struct lt_backend *b, struct lt_matmul *matmul, float alpha,
                           struct lt_buffer a, struct lt_buffer bb, float beta, struct lt_buffer c)
{
    const struct lt_matmul_spec *s = &matmul->spec;
    const float *right = lt_host_at(bb);
    if (s->transpose_b) {
        transpose(right, s->n, s->k, matmul->copy);
        right = matmul->copy;
    }
    const struct lt_product p = {.m = s->m,
                                 .n = s->n,
                                 .k = s->k,
                                 .a = lt_host_at(a),
                                 .a_row = s->transpose_a ? 1 : s->k,
                                 .a_column = s->transpose_a ? s->m : 1,
                                 .b = right,
                                 .b_row = s->n,
                                 .c = lt_host_at(c),
                                 .c_row = s->n,
                                 .alpha = alpha,
                                 .beta = beta};
    product(b, &p);
}

const struct lt_backend_ops lt_ref_ops = {
    .name = "ref",
    .open = ref_open,
    .close = ref_close,
    .precision = ref_precision,
    .describe = ref_describe,
    .dense_create = ref_dense_create,
    .dense_free = ref_dense_free,
    .dense_pack = ref_dense_pack,
    .dense_forward = ref_dense_forward,
    .dense_backward = ref_dense_backward,
    .conv_create = lt_ref_conv_create,
    .conv_free = lt_ref_conv_free,
    .conv_reads_bf16 = lt_ref_conv_reads_bf16,
    .conv_pack = lt_ref_conv_pack,
    .conv_forward = lt_ref_conv_forward,
    .conv_backward = lt_ref_conv_backward,
    .conv_patches = lt_host_conv_patches,
    .matmul_create = ref_matmul_create,
    .matmul_free = ref_matmul_free,
    .matmul_run = ref_matmul_run,
    LT_HOST_OPS,
};
