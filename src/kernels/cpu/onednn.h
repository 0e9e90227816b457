/* oneDNN, as far as Latent uses it: matrix products and convolutions on one thread.
 *
 * A kernel is one oneDNN primitive for one shape and one set of strides.
 * It is made for a single thread and may be run from several at once, each with
 * its own thread number.  Why one thread: how oneDNN cuts a product, and with
 * it the order of its sums, depends on the number of threads; a product that
 * Latent cuts itself (tiles.h) has the same bits for any number.
 *
 * Only onednn*.c and bare*.c see dnnl.h.
 */
#ifndef LT_KERNELS_CPU_ONEDNN_H
#define LT_KERNELS_CPU_ONEDNN_H

#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lt_onednn; /* engine, and per thread a stream and scratch memory */

int lt_onednn_create(struct lt_onednn **out, int threads, struct lt_error *err);
void lt_onednn_free(struct lt_onednn **o);
bool lt_onednn_has_bf16(void);
/* Whether a row of a product has the same bits whatever the number of rows: with AVX-512 in f32 and
 * in bf16 without AMX. */
bool lt_onednn_rows_alike(bool bf16);
/* Such as "oneDNN 2.6.3, avx512_core_bf16". */
void lt_onednn_describe(char *text, size_t size);

/* C (m, n) = A (m, k) B (k, n), or C += A B. Strides in values. A and B are
 * both f32 or both bf16 (uint16_t); C is f32. One stride of A and one of B
 * must be 1. */
struct lt_kernel_spec {
    int64_t m, n, k;
    int64_t a_row, a_column;
    int64_t b_row, b_column;
    int64_t c_row;
    bool bf16, add;
};
struct lt_kernel;

/* The kernel belongs to the caller and must be freed before `o`. */
int lt_kernel_create(struct lt_kernel **out, struct lt_onednn *o, const struct lt_kernel_spec *spec,
                     struct lt_error *err);
void lt_kernel_free(struct lt_kernel **kernel);
void lt_kernel_run(struct lt_kernel *kernel, int thread, const void *a, const void *b, void *c);

/* The three products of a convolution (struct lt_conv_spec) over a number of images, grids channels
 * last, in f32 or with operands in bf16 and the result in f32.  Weights are in a layout of oneDNN's
 * own, which `reorder` makes from (out, kernel, kernel, in) in f32, or turns back into it. */
enum lt_conv_product {
    LT_CONV_TO_COARSE, /* a = fine grid, b = weights, c = coarse grid */
    LT_CONV_TO_FINE,   /* a = coarse grid, b = weights, c = fine grid */
    LT_CONV_WEIGHTS,   /* a = fine grid, b = coarse grid, c = weights */
};
struct lt_conv_kernel_spec {
    enum lt_conv_product product;
    int64_t images;
    int64_t in, in_h, in_w, out, out_h, out_w;
    int64_t kernel, before, stride; /* `before`: pixels of the kernel ahead of its middle */
    bool bf16;
};
struct lt_conv_kernel {
    struct lt_kernel *run, *reorder; /* the latter: from a to c */
    size_t weight_bytes;             /* in oneDNN's layout */
};
int lt_conv_kernel_create(struct lt_conv_kernel *out, struct lt_onednn *o,
                          const struct lt_conv_kernel_spec *spec, struct lt_error *err);
void lt_conv_kernel_free(struct lt_conv_kernel *kernel); /* a zeroed one is allowed */

#endif
