#include "base/parallel.h"
#include "kernels/host.h"
#include "kernels/ref/product.h"
#include <string.h>

/* The inverse of a symmetric positive definite matrix by block Gauss-Jordan elimination without
 * pivoting (which such a matrix does not need), in place.  With D = A[k,k] the block on the
 * diagonal, one round is
 *
 *     R = D^-1 A[k,:],  R[:,k] = D^-1         the new rows k
 *     C = A[:,k],  A[:,k] = 0,  A -= C R      all other rows
 *
 * Rows are handed to threads in chunks of a fixed size, each row computed alone, so the bits do
 * not depend on the number of threads. */

enum { BLOCK = 64, ROWS = 32 };

struct round {
    lt_product_fn *product;
    int64_t n, k, width; /* the block is rows and columns k ... k + width - 1 */
    float *a;            /* (n, n) */
    float *r;            /* (width, n) */
    float *c;            /* (n, BLOCK) */
};

/* The inverse of a small block (n, n) of stride n, in place, in double. */
static void invert_block(double *d, int64_t n)
{
    for (int64_t p = 0; p < n; p++) {
        double pivot = 1 / d[p * n + p];
        d[p * n + p] = 1;
        for (int64_t j = 0; j < n; j++)
            d[p * n + j] *= pivot;
        for (int64_t i = 0; i < n; i++) {
            if (i == p)
                continue;
            double x = d[i * n + p];
            d[i * n + p] = 0;
            for (int64_t j = 0; j < n; j++)
                d[i * n + j] -= x * d[p * n + j];
        }
    }
}

static void eliminate(void *context, size_t chunk, int thread)
{
    const struct round *q = context;
    (void)thread;
    int64_t begin = (int64_t)lt_chunk_begin(chunk, ROWS);
    int64_t end = (int64_t)lt_chunk_end(chunk, ROWS, (size_t)q->n);
    for (int64_t i = begin; i < end; i++) {
        bool own = i >= q->k && i < q->k + q->width;
        size_t bytes = (size_t)q->width * sizeof(float);
        memcpy(q->c + i * BLOCK, q->a + i * q->n + q->k, bytes);
        if (own) {
            memcpy(q->a + i * q->n, q->r + (i - q->k) * q->n, (size_t)q->n * sizeof(float));
            memset(q->c + i * BLOCK, 0, bytes);
        } else {
            memset(q->a + i * q->n + q->k, 0, bytes);
        }
    }
    struct lt_product p = {.m = end - begin,
                           .n = q->n,
                           .k = q->width,
                           .a = q->c + begin * BLOCK,
                           .a_row = BLOCK,
                           .a_column = 1,
                           .b = q->r,
                           .b_row = q->n,
                           .c = q->a + begin * q->n,
                           .c_row = q->n,
                           .alpha = -1,
                           .beta = 1};
    q->product(&p);
}

static void prepare_rows(const struct round *q)
{
    double d[BLOCK * BLOCK];
    float inverse[BLOCK * BLOCK];
    int64_t w = q->width;
    for (int64_t i = 0; i < w; i++)
        for (int64_t j = 0; j < w; j++)
            d[i * w + j] = (double)q->a[(q->k + i) * q->n + q->k + j];
    invert_block(d, w);
    for (int64_t i = 0; i < w * w; i++)
        inverse[i] = (float)d[i];
    struct lt_product p = {.m = w,
                           .n = q->n,
                           .k = w,
                           .a = inverse,
                           .a_row = w,
                           .a_column = 1,
                           .b = q->a + q->k * q->n,
                           .b_row = q->n,
                           .c = q->r,
                           .c_row = q->n,
                           .alpha = 1};
    q->product(&p);
    for (int64_t i = 0; i < w; i++)
        memcpy(q->r + i * q->n + q->k, inverse + i * w, (size_t)w * sizeof(float));
}

void lt_host_spd_inverse(struct lt_backend *b, int64_t n, struct lt_buffer a, float damping,
                         struct lt_buffer out, struct lt_buffer work)
{
    struct round q = {.product = lt_product(lt_host_elementwise(b)->isa),
                      .n = n,
                      .a = lt_host_at(out),
                      .r = lt_host_at(work),
                      .c = (float *)lt_host_at(work) + BLOCK * n};
    double trace = 0;
    memmove(q.a, lt_host_at(a), (size_t)n * (size_t)n * sizeof(float));
    for (int64_t i = 0; i < n; i++)
        trace += (double)q.a[i * n + i];
    float added = trace > 0 ? (float)((double)damping * trace / (double)n) : 1;
    for (int64_t i = 0; i < n; i++)
        q.a[i * n + i] += added;
    for (q.k = 0; q.k < n; q.k += BLOCK) {
        q.width = n - q.k < BLOCK ? n - q.k : BLOCK;
        prepare_rows(&q);
        lt_parallel(b->threads, lt_chunks((size_t)n, ROWS), eliminate, &q);
    }
}
