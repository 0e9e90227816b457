/* The matrix product of the reference backend.
 *
 * C = alpha A B + beta C, every element of A B summed in the order of k from
 * zero, one rounding per multiplication and per addition: the same bits on
 * every machine and for every way of cutting C into pieces.
 */
#ifndef LT_KERNELS_REF_PRODUCT_H
#define LT_KERNELS_REF_PRODUCT_H

#include "kernels/isa.h"
#include <stdint.h>

struct lt_product {
    int64_t m, n, k;
    const float *a; /* (m, k): element (i, j) at a[i * a_row + j * a_column] */
    int64_t a_row, a_column;
    const float *b; /* (k, n), row stride b_row */
    int64_t b_row;
    float *c; /* (m, n), row stride c_row; not read when beta is 0 */
    int64_t c_row;
    float alpha, beta;
};

typedef void lt_product_fn(const struct lt_product *p);

/* The copy for an instruction set; NULL when this CPU or build lacks it. */
lt_product_fn *lt_product(enum lt_isa isa);

#endif
