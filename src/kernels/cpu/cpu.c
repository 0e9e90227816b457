#include "kernels/cpu/cpu.h"

#include "base/mem.h"
#include "base/parallel.h"
#include "kernels/cpu/conv.h"
#include "kernels/cpu/dense.h"
#include "kernels/cpu/matmul.h"
#include "kernels/cpu/state.h"
#include "kernels/patches.h"
#include <stdio.h>

static int cpu_open(struct lt_backend *b, struct lt_error *err)
{
    const int rc = lt_alloc(&b->state, 1, sizeof(struct lt_cpu), "backend", err);
    if (rc)
        return rc;
    lt_cpu_state(b)->host.elementwise = lt_elementwise_table(lt_isa_best());
    return lt_onednn_create(&lt_cpu_state(b)->onednn, b->threads, err);
}

static void cpu_close(struct lt_backend *b)
{
    if (b->state)
        lt_onednn_free(&lt_cpu_state(b)->onednn);
    lt_free(b->state);
    b->state = NULL;
}

static enum lt_precision cpu_precision(struct lt_backend *b, enum lt_precision wanted)
{
    if (wanted == LT_PRECISION_BF16 && !lt_onednn_has_bf16()) {
        snprintf(b->note, sizeof b->note,
                 "this CPU has no bf16 products (avx512_bf16); computing in f32");
        return LT_PRECISION_F32;
    }
    return wanted;
}

static void cpu_describe(const struct lt_backend *b, char *text, size_t size)
{
    char onednn[80];
    (void)b;
    lt_onednn_describe(onednn, sizeof onednn);
    snprintf(text, size, "cpu (%s)", onednn);
}

struct conversion {
    const struct lt_elementwise *elementwise;
    size_t n;
    const float *x;
    uint16_t *y;
};
enum { CHUNK = 16384 /* values */ };

static void to_bf16_chunk(void *context, size_t chunk, int thread)
{
    const struct conversion *w = context;
    const size_t at = lt_chunk_begin(chunk, CHUNK);
    (void)thread;
    w->elementwise->to_bf16(lt_chunk_end(chunk, CHUNK, w->n) - at, w->x + at, w->y + at);
}

void lt_cpu_to_bf16(struct lt_backend *b, size_t n, const float *x, uint16_t *y)
{
    struct conversion w = {.elementwise = lt_host_elementwise(b), .n = n, .x = x, .y = y};
    lt_parallel(b->threads, lt_chunks(n, CHUNK), to_bf16_chunk, &w);
}

const struct lt_backend_ops lt_cpu_ops = {
    .name = "cpu",
    .open = cpu_open,
    .close = cpu_close,
    .precision = cpu_precision,
    .describe = cpu_describe,
    .dense_create = lt_cpu_dense_create,
    .dense_free = lt_cpu_dense_free,
    .dense_pack = lt_cpu_dense_pack,
    .dense_forward = lt_cpu_dense_forward,
    .dense_backward = lt_cpu_dense_backward,
    .conv_create = lt_cpu_conv_create,
    .conv_free = lt_cpu_conv_free,
    .conv_reads_bf16 = lt_cpu_conv_reads_bf16,
    .conv_pack = lt_cpu_conv_pack,
    .conv_forward = lt_cpu_conv_forward,
    .conv_backward = lt_cpu_conv_backward,
    .conv_patches = lt_host_conv_patches,
    .matmul_create = lt_cpu_matmul_create,
    .matmul_free = lt_cpu_matmul_free,
    .matmul_run = lt_cpu_matmul_run,
    LT_HOST_OPS,
};
