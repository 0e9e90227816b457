#include "kernels/cpu/matmul.h"

#include "base/mem.h"
#include "base/parallel.h"
#include "kernels/cpu/state.h"
#include "kernels/cpu/tiles.h"

struct lt_matmul {
    struct lt_matmul_spec spec;
    struct lt_tiles tiles;
    uint16_t *a16, *b16; /* operands as bf16, NULL in f32 */
    float *product;      /* (m, n): op(A) op(B), where alpha or beta ask for it */
};

void lt_cpu_matmul_free(struct lt_backend *b, struct lt_matmul *matmul)
{
    (void)b;
    if (!matmul)
        return;
    lt_tiles_free(&matmul->tiles);
    lt_free(matmul->a16);
    lt_free(matmul->b16);
    lt_free(matmul->product);
    lt_free(matmul);
}

int lt_cpu_matmul_create(struct lt_backend *b, const struct lt_matmul_spec *s,
                         struct lt_matmul **out, struct lt_error *err)
{
    const bool bf16 = s->precision == LT_PRECISION_BF16 && lt_onednn_has_bf16();
    const struct lt_kernel_spec product = {.m = s->m,
                                           .n = s->n,
                                           .k = s->k,
                                           .a_row = s->transpose_a ? 1 : s->k,
                                           .a_column = s->transpose_a ? s->m : 1,
                                           .b_row = s->transpose_b ? 1 : s->n,
                                           .b_column = s->transpose_b ? s->k : 1,
                                           .c_row = s->n,
                                           .bf16 = bf16};
    struct lt_matmul *matmul = NULL;
    int rc = lt_alloc(&matmul, 1, sizeof *matmul, "matrix product", err);
    if (rc)
        goto out;
    matmul->spec = *s;
    rc = lt_tiles_create(&matmul->tiles, lt_cpu_state(b)->onednn, &product, false, err);
    if (rc)
        goto out;
    rc = lt_alloc(&matmul->product, (size_t)(s->m * s->n), sizeof(float), "matrix product", err);
    if (!rc && bf16)
        rc = lt_alloc(&matmul->a16, (size_t)(s->m * s->k), sizeof(uint16_t), "matrix", err);
    if (!rc && bf16)
        rc = lt_alloc(&matmul->b16, (size_t)(s->k * s->n), sizeof(uint16_t), "matrix", err);
out:
    if (rc) {
        lt_cpu_matmul_free(b, matmul);
        matmul = NULL;
    }
    *out = matmul;
    return rc;
}

struct work {
    const struct lt_matmul *matmul;
    const struct lt_elementwise *elementwise;
    const void *a, *b;
    float *c;
    float alpha, beta;
};

static void tile_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const struct lt_matmul_spec *s = &w->matmul->spec;
    const struct lt_tile tile = lt_tiles_at(&w->matmul->tiles, s->m, chunk);
    if (w->alpha == 1.0f && w->beta == 0.0f) {
        lt_tile_run(&w->matmul->tiles, &tile, thread, w->a, w->b, w->c);
        return;
    }
    lt_tile_run(&w->matmul->tiles, &tile, thread, w->a, w->b, w->matmul->product);
    for (int64_t r = 0; r < tile.rows; r++) {
        const int64_t at = (tile.row + r) * s->n + tile.column;
        w->elementwise->axpby((size_t)tile.columns, w->alpha, w->matmul->product + at, w->beta,
                              w->c + at);
    }
}

void lt_cpu_matmul_run(struct lt_backend *b, struct lt_matmul *matmul, float alpha,
                       struct lt_buffer a, struct lt_buffer bb, float beta, struct lt_buffer c)
{
    const struct lt_matmul_spec *s = &matmul->spec;
    struct work w = {.matmul = matmul,
                     .elementwise = lt_host_elementwise(b),
                     .a = lt_host_at(a),
                     .b = lt_host_at(bb),
                     .c = lt_host_at(c),
                     .alpha = alpha,
                     .beta = beta};
    if (matmul->a16) {
        lt_cpu_to_bf16(b, (size_t)(s->m * s->k), w.a, matmul->a16);
        lt_cpu_to_bf16(b, (size_t)(s->k * s->n), w.b, matmul->b16);
        w.a = matmul->a16;
        w.b = matmul->b16;
    }
    lt_parallel(b->threads, lt_tiles_count(&matmul->tiles, s->m), tile_chunk, &w);
}
