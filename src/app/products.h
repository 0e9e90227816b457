/* Products of rows with a few vectors, summed in double.
 *
 * For what has to be exact rather than fast: products of the backends are f32.
 * The same bits for any number of threads, and for a row whichever others there
 * are.
 */
#ifndef LT_APP_PRODUCTS_H
#define LT_APP_PRODUCTS_H

#include <stdint.h>

/* out = x w^T */
void lt_products(double *out /* (n, C) */, const float *x /* (n, D) */, int64_t n, int64_t width,
                 const double *w /* (C, D) */, int64_t count, int threads);

#endif
