/* Elementwise arithmetic: activations, heads, updates, sums, conversions.
 *
 * Plain serial C on plain arrays, shared bit for bit by every backend that
 * lives in host memory; kernels/host.h runs it over threads.  There is one
 * table of these functions per instruction set and all give the same bits.
 * Where values are summed, the order is fixed here and stated with the
 * function; it never depends on the instruction set.
 *
 * Arrays may be the same array where a function says "in place"; otherwise
 * they must not overlap.
 */
#ifndef LT_KERNELS_ELEMENTWISE_H
#define LT_KERNELS_ELEMENTWISE_H

#include "kernels/backend.h"
#include "kernels/isa.h"

/* What a head is given and what it writes; see lt_backend_ops.head. Row stride
 * is width. NULL for an output that is not wanted. */
struct lt_head_rows {
    int64_t rows, width;
    int64_t group; /* ce: columns of one softmax */
    float scale;
    const float *a;            /* (rows, width) pre-activations */
    const float *t;            /* (rows, width) targets */
    float *y;                  /* (rows, width) */
    float *da;                 /* (rows, width), may be a itself */
    double *row_loss;          /* (rows) */
    double *row_squared_error; /* (rows) */
};

struct lt_elementwise {
    enum lt_isa isa;

    /* y = act(pre), in place or not. */
    void (*act_forward[LT_ACTS])(size_t n, const float *pre, float *y);

    /* da = dy * act'(pre), from y alone where lt_act_needs_pre says no (pre may
     * then be NULL). da may be dy. */
    void (*act_backward[LT_ACTS])(size_t n, const float *pre, const float *y, const float *dy,
                                  float *da);

    /* y (rows, width) of row stride `stride` holds products: y = act(y + bias).
     * pre, of the same shape and stride, receives y + bias; NULL when not
     * wanted. bias (width) may be NULL. */
    void (*bias_act[LT_ACTS])(int64_t rows, int64_t width, int64_t stride, const float *bias,
                              float *pre, float *y);

    /* A head by loss and unit (0 linear, 1 sigmoid); NULL where they do not go
     * together. Sums over a row: each run of 512 columns is summed as floats in
     * 64 partial sums (column mod 64), these by halving, the runs in order as
     * doubles; ce sums groups in order as doubles. */
    void (*head[LT_LOSSES][2])(const struct lt_head_rows *rows);

    /* One optimizer step, see enum lt_update. */
    void (*update[LT_UPDATES])(const struct lt_update_args *args, size_t n, float *w,
                               const float *g, float *m, float *v);

    void (*penalty)(float l1, float l2, size_t n, const float *w, float *g);
    void (*axpby)(size_t n, float alpha, const float *x, float beta, float *y);
    void (*add)(size_t n, const float *x, const float *z,
                float *y); /* y = x + z, in place or not */
    void (*multiply)(size_t n, const float *x, const float *mask, float *y); /* in place or not */

    /* sums (width) = column sums of a (rows, width), added to it when `add`.
     * Rows are summed in order within runs of 64, the runs in order. */
    void (*column_sums)(int64_t rows, int64_t width, int64_t stride, const float *a, float *sums,
                        bool add);

    /* sum x[i] y[i]: products and sums in double, 16 lanes (i mod 16), the
     * lanes by halving. */
    double (*dot)(size_t n, const float *x, const float *y);

    /* to (columns, rows) = from (rows, columns) transposed; strides of rows in values. */
    void (*transpose)(int64_t rows, int64_t columns, const float *from, int64_t from_stride,
                      float *to, int64_t to_stride);

    /* To bfloat16, nearest, ties to even; NaN stays NaN. */
    void (*to_bf16)(size_t n, const float *x, uint16_t *y);
};

/* The table for an instruction set; NULL when this CPU or build lacks it. */
const struct lt_elementwise *lt_elementwise_table(enum lt_isa isa);

#endif
