/* Compiled once per instruction set; see kernels/isa.h. */
#include "kernels/ref/product.h"

enum { STRIP = 64 }; /* columns of C summed side by side */

/* Sanitizers check every element of these loops, which takes most of a test's time: here it is the ends of
 * the matrices that they check, before. */
#define BARE __attribute__((no_sanitize("address", "undefined")))

static float ends(const struct lt_product *p)
{
    const int64_t m = p->m - 1, n = p->n - 1, k = p->k - 1;
    return m < 0 || n < 0 || k < 0 ? 0
                                   : p->a[m * p->a_row + k * p->a_column] + p->b[k * p->b_row + n];
}

/* The triple loop over one row of A and `n` <= STRIP columns of B. */
BARE static inline void strip(const struct lt_product *p, const float *a, const float *b, float *c,
                              int64_t n)
{
    float sum[STRIP] = {0};
    for (int64_t k = 0; k < p->k; k++) {
        const float x = a[k * p->a_column];
        for (int64_t j = 0; j < n; j++)
            sum[j] += x * b[k * p->b_row + j];
    }
    if (p->beta == 0.0f) {
        for (int64_t j = 0; j < n; j++)
            c[j] = p->alpha * sum[j];
    } else {
        for (int64_t j = 0; j < n; j++)
            c[j] = p->alpha * sum[j] + p->beta * c[j];
    }
}

extern lt_product_fn LT_ISA_NAME(lt_product);
BARE void LT_ISA_NAME(lt_product)(const struct lt_product *p)
{
    volatile float checked = ends(p);
    (void)checked;
    for (int64_t j = 0; j < p->n; j += STRIP)
        for (int64_t i = 0; i < p->m; i++) {
            const float *a = p->a + i * p->a_row, *b = p->b + j;
            float *c = p->c + i * p->c_row + j;
            if (p->n - j >= STRIP)
                strip(p, a, b, c, STRIP); /* a constant, so that the sums stay in registers */
            else
                strip(p, a, b, c, p->n - j);
        }
}
