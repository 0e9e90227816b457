/* What the files of the ref backend share. */
#ifndef LT_KERNELS_REF_STATE_H
#define LT_KERNELS_REF_STATE_H

#include "kernels/host.h"
#include "kernels/ref/product.h"

struct lt_ref {
    struct lt_host host; /* first: host.c looks at it */
    lt_product_fn *product;
};

static inline lt_product_fn *lt_ref_product(const struct lt_backend *b)
{
    return ((const struct lt_ref *)b->state)->product;
}

#endif
