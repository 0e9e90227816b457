#include "app/pca.h"

#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void lt_pca_free(struct lt_pca *pca)
{
    lt_free(pca->mean);
    lt_free(pca->basis);
    lt_free(pca->variance);
    *pca = (struct lt_pca){0};
}

#if LT_HAVE_LAPACKE

#include <lapacke.h>

enum {
    ROWS_PER_CHUNK = 64,
    COLUMNS_PER_CHUNK = 128,
    VALUES_PER_CHUNK = 1 << 16,
    OVERSAMPLE = 32,  /* directions beyond those wanted, see Halko et al. */
    POWER_PASSES = 4, /* applications of the covariance before the last one */
};

/* ---- a pass over the rows ---- */

struct sweep {
    const struct lt_rows *rows;
    struct lt_backend *backend;
    const float *mean;   /* (D), subtracted; NULL: nothing is */
    int64_t batch;       /* rows at once */
    int64_t loaded;      /* rows of them that came; zeros follow */
    float *x;            /* (batch, D) */
    void *memory;        /* backend memory of the same */
    double *partial;     /* (chunks of a batch) sums of squares */
    double squares;      /* sum of squares of what was loaded since it was set to 0 */
    double *column_sums; /* (D), of the pass that finds the mean */
    double *column_seen; /* (D), cells that are present */
};

static void centre_chunk(void *context, size_t chunk, int thread)
{
    (void)thread;
    struct sweep *s = context;
    int64_t width = s->rows->inputs;
    double sum = 0;
    size_t end = lt_chunk_end(chunk, ROWS_PER_CHUNK, (size_t)s->loaded);
    for (size_t r = lt_chunk_begin(chunk, ROWS_PER_CHUNK); r < end; r++) {
        float *x = s->x + r * (size_t)width;
        double row = 0;
        for (int64_t i = 0; i < width; i++) {
            x[i] = isnan(x[i]) ? 0.0f : x[i] - s->mean[i]; /* missing: as the mean */
            row += (double)x[i] * (double)x[i];
        }
        sum += row;
    }
    s->partial[chunk] = sum;
}

static void sum_columns_chunk(void *context, size_t chunk, int thread)
{
    (void)thread;
    struct sweep *s = context;
    size_t width = (size_t)s->rows->inputs;
    size_t begin = lt_chunk_begin(chunk, COLUMNS_PER_CHUNK);
    size_t end = lt_chunk_end(chunk, COLUMNS_PER_CHUNK, width);
    for (int64_t r = 0; r < s->loaded; r++) {
        const float *x = s->x + (size_t)r * width;
        for (size_t i = begin; i < end; i++) {
            s->column_sums[i] += isnan(x[i]) ? 0 : (double)x[i];
            s->column_seen[i] += isnan(x[i]) ? 0 : 1;
        }
    }
}

static int sweep_create(struct sweep *s, const struct lt_rows *rows, struct lt_backend *backend,
                        struct lt_error *err)
{
    *s = (struct sweep){.rows = rows, .backend = backend};
    s->batch = lt_rows_batch(rows->inputs);
    size_t values = (size_t)s->batch * (size_t)rows->inputs;
    int rc = lt_alloc(&s->x, values, sizeof *s->x, "a batch of rows", err);
    if (rc == LT_OK)
        rc = lt_alloc(&s->partial, lt_chunks((size_t)s->batch, ROWS_PER_CHUNK), sizeof *s->partial,
                      "sums of squares", err);
    if (rc == LT_OK)
        rc = lt_alloc(&s->column_sums, 2 * (size_t)rows->inputs, sizeof *s->column_sums,
                      "column sums", err);
    if (rc == LT_OK)
        s->column_seen = s->column_sums + rows->inputs;
    if (rc == LT_OK)
        rc = backend->ops->memory_create(backend, values * sizeof(float), &s->memory, err);
    return rc;
}

static void sweep_free(struct sweep *s)
{
    lt_free(s->x);
    lt_free(s->partial);
    lt_free(s->column_sums);
    if (s->memory)
        s->backend->ops->memory_free(s->backend, s->memory);
}

/* Reads the batch that begins at a row, takes the mean off and fills up with zeros, which add
 * nothing to any product. */
static int sweep_load(struct sweep *s, int64_t begin, struct lt_error *err)
{
    int64_t left = s->rows->count - begin, width = s->rows->inputs;
    s->loaded = left < s->batch ? left : s->batch;
    int rc = s->rows->read(s->rows->context, begin, s->loaded, s->x, err);
    if (rc || !s->mean)
        return rc;
    size_t chunks = lt_chunks((size_t)s->loaded, ROWS_PER_CHUNK);
    lt_parallel(s->backend->threads, chunks, centre_chunk, s);
    for (size_t c = 0; c < chunks; c++)
        s->squares += s->partial[c];
    memset(s->x + s->loaded * width, 0,
           (size_t)(s->batch - s->loaded) * (size_t)width * sizeof *s->x);
    s->backend->ops->upload(s->backend, (struct lt_buffer){s->memory, 0}, s->x,
                            (size_t)s->batch * (size_t)width * sizeof *s->x);
    return LT_OK;
}

static int find_mean(struct sweep *s, float *mean /* (D) */, struct lt_error *err)
{
    size_t width = (size_t)s->rows->inputs;
    for (int64_t begin = 0; begin < s->rows->count; begin += s->batch) {
        int rc = sweep_load(s, begin, err);
        if (rc)
            return rc;
        lt_parallel(s->backend->threads, lt_chunks(width, COLUMNS_PER_CHUNK), sum_columns_chunk, s);
    }
    for (size_t i = 0; i < width; i++)
        mean[i] = s->column_seen[i] > 0 ? (float)(s->column_sums[i] / s->column_seen[i]) : 0.0f;
    return LT_OK;
}

/* ---- products on the backend, summed in double on the host ---- */

struct product {
    struct lt_backend *backend;
    struct lt_matmul *matmul;
    int64_t rows, columns; /* of the result */
    void *memory;          /* the result, f32, on the backend */
    float *host;           /* and here */
    double *sum;           /* of the results so far; NULL when they are not summed */
};

static int product_create(struct product *p, struct lt_backend *b,
                          const struct lt_matmul_spec *spec, bool summed, struct lt_error *err)
{
    *p = (struct product){.backend = b, .rows = spec->m, .columns = spec->n};
    size_t values = (size_t)spec->m * (size_t)spec->n;
    int rc = b->ops->matmul_create(b, spec, &p->matmul, err);
    if (rc == LT_OK)
        rc = b->ops->memory_create(b, values * sizeof(float), &p->memory, err);
    if (rc == LT_OK && summed)
        rc = lt_alloc(&p->host, values, sizeof *p->host, "a product", err);
    if (rc == LT_OK && summed)
        rc = lt_alloc(&p->sum, values, sizeof *p->sum, "a sum of products", err);
    return rc;
}

static void product_free(struct product *p)
{
    if (p->matmul)
        p->backend->ops->matmul_free(p->backend, p->matmul);
    if (p->memory)
        p->backend->ops->memory_free(p->backend, p->memory);
    lt_free(p->host);
    lt_free(p->sum);
}

static void add_chunk(void *context, size_t chunk, int thread)
{
    (void)thread;
    struct product *p = context;
    size_t end = lt_chunk_end(chunk, VALUES_PER_CHUNK, (size_t)p->rows * (size_t)p->columns);
    for (size_t i = lt_chunk_begin(chunk, VALUES_PER_CHUNK); i < end; i++)
        p->sum[i] += (double)p->host[i];
}

static void product_run(struct product *p, void *a, void *b)
{
    const struct lt_backend_ops *ops = p->backend->ops;
    struct lt_buffer c = {p->memory, 0};
    ops->matmul_run(p->backend, p->matmul, 1.0f, (struct lt_buffer){a, 0}, (struct lt_buffer){b, 0},
                    0.0f, c);
    if (!p->sum)
        return;
    size_t values = (size_t)p->rows * (size_t)p->columns;
    ops->download(p->backend, p->host, c, values * sizeof *p->host);
    lt_parallel(p->backend->threads, lt_chunks(values, VALUES_PER_CHUNK), add_chunk, p);
}

/* ---- LAPACK ---- */

static int lapack_failed(lapack_int info, const char *routine, struct lt_error *err)
{
    if (info == LAPACK_WORK_MEMORY_ERROR || info == LAPACK_TRANSPOSE_MEMORY_ERROR)
        return lt_fail(err, LT_EFAIL, "not enough memory for LAPACK's %s", routine);
    return lt_fail(err, LT_EFAIL, "PCA failed in LAPACK's %s (info %d); are all values finite?",
                   routine, (int)info);
}

/* All eigenvalues of a symmetric matrix, descending, and the eigenvectors of the first k, as
 * dsyevr does it: tridiagonal form, eigenvalues by QL, vectors by MRRR, and back. */
static int eigen(double *a /* (n, n), destroyed */, int64_t n, int64_t k, double *values /* (n) */,
                 double *vectors /* (k, n) */, struct lt_error *err)
{
    double *work = NULL, *d, *e, *tau, *w;
    lapack_int *support = NULL, found = 0, size = (lapack_int)n, top = (lapack_int)k, info;
    lapack_logical accurate = 1;
    const char *routine = "dsytrd";
    int rc = lt_alloc(&work, (size_t)(4 * n), sizeof *work, "eigenvalues", err);
    if (rc == LT_OK)
        rc = lt_alloc(&support, (size_t)(2 * k), sizeof *support, "eigenvectors", err);
    if (rc)
        goto out;
    d = work, e = work + n, tau = work + 2 * n, w = work + 3 * n;
    info = LAPACKE_dsytrd(LAPACK_COL_MAJOR, 'L', size, a, size, d, e, tau);
    if (info == 0) {
        memcpy(values, d, (size_t)n * sizeof *d);
        memcpy(w, e, (size_t)n * sizeof *e); /* dsterf destroys what it is given */
        routine = "dsterf";
        info = LAPACKE_dsterf(size, values, w);
    }
    if (info == 0) {
        routine = "dstemr";
        info = LAPACKE_dstemr(LAPACK_COL_MAJOR, 'V', 'I', size, d, e, 0.0, 0.0, size - top + 1,
                              size, &found, w, vectors, size, top, support, &accurate);
    }
    if (info == 0) {
        routine = "dormtr";
        info =
            LAPACKE_dormtr(LAPACK_COL_MAJOR, 'L', 'L', 'N', size, top, a, size, tau, vectors, size);
    }
    if (info) {
        rc = lapack_failed(info, routine, err);
        goto out;
    }
    for (int64_t i = 0, j = n - 1; i < j; i++, j--) { /* ascending to descending */
        double v = values[i];
        values[i] = values[j], values[j] = v;
    }
    for (int64_t i = 0, j = k - 1; i < j; i++, j--)
        for (int64_t c = 0; c < n; c++) {
            double v = vectors[i * n + c];
            vectors[i * n + c] = vectors[j * n + c], vectors[j * n + c] = v;
        }
out:
    lt_free(work);
    lt_free(support);
    return rc;
}

/* An orthonormal basis of the space that the rows of q span, in place. */
static int orthonormalise(double *q /* (l, n), l <= n */, int64_t l, int64_t n,
                          struct lt_error *err)
{
    double *tau = NULL;
    int rc = lt_alloc(&tau, (size_t)l, sizeof *tau, "a basis", err);
    if (rc)
        return rc;
    lapack_int info =
        LAPACKE_dgeqrf(LAPACK_COL_MAJOR, (lapack_int)n, (lapack_int)l, q, (lapack_int)n, tau);
    if (info == 0)
        info = LAPACKE_dorgqr(LAPACK_COL_MAJOR, (lapack_int)n, (lapack_int)l, (lapack_int)l, q,
                              (lapack_int)n, tau);
    lt_free(tau);
    return info ? lapack_failed(info, "dgeqrf", err) : LT_OK;
}

/* ---- the two ways ---- */

static void divide(double *a, size_t n, int64_t by)
{
    for (size_t i = 0; i < n; i++)
        a[i] /= (double)by;
}

static void keep_variances(struct lt_pca *pca, const double *values)
{
    for (int64_t i = 0; i < pca->known; i++)
        pca->variance[i] = values[i] > 0 ? values[i] : 0;
}

/* C = 1/N sum (x - mean)(x - mean)^T; its eigenvectors are the directions. */
static int fit_covariance(struct lt_pca *pca, struct sweep *s, struct lt_error *err)
{
    int64_t n = pca->inputs, k = pca->dims;
    struct product c = {0};
    double *values = NULL, *vectors = NULL;
    struct lt_matmul_spec spec = {.m = n, .n = n, .k = s->batch, .transpose_a = true};
    int rc = product_create(&c, s->backend, &spec, true, err);
    if (rc == LT_OK)
        rc = lt_alloc(&values, (size_t)n, sizeof *values, "eigenvalues", err);
    if (rc == LT_OK)
        rc = lt_alloc(&vectors, (size_t)(n * k), sizeof *vectors, "eigenvectors", err);
    for (int64_t begin = 0; rc == LT_OK && begin < pca->rows; begin += s->batch) {
        rc = sweep_load(s, begin, err);
        if (rc == LT_OK)
            product_run(&c, s->memory, s->memory);
    }
    if (rc)
        goto out;
    divide(c.sum, (size_t)(n * n), pca->rows);
    rc = eigen(c.sum, n, k, values, vectors, err);
    if (rc)
        goto out;
    keep_variances(pca, values);
    for (int64_t i = 0; i < n * k; i++)
        pca->basis[i] = (float)vectors[i];
out:
    product_free(&c);
    lt_free(values);
    lt_free(vectors);
    return rc;
}

struct subspace {
    int64_t width;          /* L, directions carried along */
    struct product project; /* P (batch, L) = X Q^T */
    struct product apply;   /* Y (L, D) = P^T X, summed: N C Q */
    struct product gram;    /* T (L, L) = P^T P, summed: N Q C Q^T */
    struct product rotate;  /* basis (K, D) = V (K, L) Q (L, D) */
    void *q;                /* Q (L, D) on the backend */
    void *v;                /* V (K, L) on the backend */
    float *host;            /* (L, D) */
    double *values;         /* (L) */
    double *vectors;        /* (K, L) */
};

static int subspace_create(struct subspace *u, const struct lt_pca *pca, const struct sweep *s,
                           struct lt_error *err)
{
    struct lt_backend *b = s->backend;
    int64_t d = pca->inputs, k = pca->dims, l = k + OVERSAMPLE;
    l = l < d ? l : d;
    *u = (struct subspace){.width = l};
    struct lt_matmul_spec project = {.m = s->batch, .n = l, .k = d, .transpose_b = true};
    struct lt_matmul_spec apply = {.m = l, .n = d, .k = s->batch, .transpose_a = true};
    struct lt_matmul_spec gram = {.m = l, .n = l, .k = s->batch, .transpose_a = true};
    struct lt_matmul_spec rotate = {.m = k, .n = d, .k = l};
    int rc = product_create(&u->project, b, &project, false, err);
    if (rc == LT_OK)
        rc = product_create(&u->apply, b, &apply, true, err);
    if (rc == LT_OK)
        rc = product_create(&u->gram, b, &gram, true, err);
    if (rc == LT_OK)
        rc = product_create(&u->rotate, b, &rotate, false, err);
    if (rc == LT_OK)
        rc = b->ops->memory_create(b, (size_t)(l * d) * sizeof(float), &u->q, err);
    if (rc == LT_OK)
        rc = b->ops->memory_create(b, (size_t)(k * l) * sizeof(float), &u->v, err);
    if (rc == LT_OK)
        rc = lt_alloc(&u->host, (size_t)(l * d), sizeof *u->host, "a subspace", err);
    if (rc == LT_OK)
        rc = lt_alloc(&u->values, (size_t)l, sizeof *u->values, "eigenvalues", err);
    if (rc == LT_OK)
        rc = lt_alloc(&u->vectors, (size_t)(k * l), sizeof *u->vectors, "eigenvectors", err);
    return rc;
}

static void subspace_free(struct subspace *u, struct lt_backend *b)
{
    product_free(&u->project);
    product_free(&u->apply);
    product_free(&u->gram);
    product_free(&u->rotate);
    if (u->q)
        b->ops->memory_free(b, u->q);
    if (u->v)
        b->ops->memory_free(b, u->v);
    lt_free(u->host);
    lt_free(u->values);
    lt_free(u->vectors);
}

static void upload_doubles(struct lt_backend *b, void *memory, const double *from, float *host,
                           size_t n)
{
    for (size_t i = 0; i < n; i++)
        host[i] = (float)from[i];
    b->ops->upload(b, (struct lt_buffer){memory, 0}, host, n * sizeof *host);
}

/* One pass: `last` receives P^T X or P^T P summed over all rows. */
static int subspace_pass(struct subspace *u, struct sweep *s, struct product *last,
                         struct lt_error *err)
{
    memset(last->sum, 0, (size_t)last->rows * (size_t)last->columns * sizeof *last->sum);
    s->squares = 0;
    for (int64_t begin = 0; begin < s->rows->count; begin += s->batch) {
        int rc = sweep_load(s, begin, err);
        if (rc)
            return rc;
        product_run(&u->project, s->memory, u->q);
        product_run(last, u->project.memory, last == &u->gram ? u->project.memory : s->memory);
    }
    return LT_OK;
}

/* Q <- orthonormal basis of C Q, a few times; then Rayleigh-Ritz: the eigenvectors of Q C Q^T
 * within the subspace, turned back. */
static int fit_randomised(struct lt_pca *pca, struct sweep *s, uint64_t seed, struct lt_error *err)
{
    struct lt_backend *b = s->backend;
    struct subspace u = {0};
    int64_t d = pca->inputs, k = pca->dims;
    int rc = subspace_create(&u, pca, s, err);
    if (rc)
        goto out;
    size_t values = (size_t)(u.width * d);
    for (int64_t i = 0; i < u.width; i++) {
        struct lt_stream stream = lt_stream(seed, LT_RNG_SKETCH, 0, (uint64_t)i);
        lt_fill_normal(&stream, u.host, (size_t)d);
        for (int64_t j = 0; j < d; j++)
            u.apply.sum[i * d + j] = (double)u.host[j];
    }
    for (int pass = 0; pass <= POWER_PASSES; pass++) {
        rc = orthonormalise(u.apply.sum, u.width, d, err);
        if (rc)
            goto out;
        upload_doubles(b, u.q, u.apply.sum, u.host, values);
        rc = subspace_pass(&u, s, pass < POWER_PASSES ? &u.apply : &u.gram, err);
        if (rc)
            goto out;
    }
    divide(u.gram.sum, (size_t)(u.width * u.width), pca->rows);
    rc = eigen(u.gram.sum, u.width, k, u.values, u.vectors, err);
    if (rc)
        goto out;
    keep_variances(pca, u.values);
    upload_doubles(b, u.v, u.vectors, u.host, (size_t)(k * u.width));
    product_run(&u.rotate, u.v, u.q);
    b->ops->download(b, pca->basis, (struct lt_buffer){u.rotate.memory, 0},
                     (size_t)(k * d) * sizeof *pca->basis);
out:
    subspace_free(&u, b);
    return rc;
}

/* Eigenvectors come with either sign; make the value of largest size positive. */
static void choose_signs(struct lt_pca *pca)
{
    for (int64_t k = 0; k < pca->dims; k++) {
        float *row = pca->basis + k * pca->inputs, largest = 0;
        for (int64_t i = 0; i < pca->inputs; i++)
            largest = fabsf(row[i]) > fabsf(largest) ? row[i] : largest;
        for (int64_t i = 0; largest < 0 && i < pca->inputs; i++)
            row[i] = -row[i];
    }
}

int lt_pca_fit(struct lt_pca *out, const struct lt_rows *rows, const struct lt_pca_options *options,
               struct lt_error *err)
{
    int64_t n = rows->count, d = rows->inputs, most = n - 1 < d ? n - 1 : d;
    *out = (struct lt_pca){.rows = n, .inputs = d};
    if (n < 1 || d < 1)
        return lt_fail(err, LT_EUSAGE, "PCA needs at least one row and one column");
    bool exact =
        options->method == LT_PCA_AUTO ? d <= LT_PCA_EXACT : options->method == LT_PCA_COVARIANCE;
    out->dims = options->dims < most ? options->dims : most;
    out->dims = out->dims < 1 ? 1 : out->dims;
    out->known = exact ? d : out->dims;
    struct sweep s = {0};
    int rc = sweep_create(&s, rows, options->backend, err);
    if (rc == LT_OK)
        rc = lt_alloc(&out->mean, (size_t)d, sizeof *out->mean, "the mean", err);
    if (rc == LT_OK)
        rc = lt_alloc(&out->basis, (size_t)(out->dims * d), sizeof *out->basis, "PCA", err);
    if (rc == LT_OK)
        rc = lt_alloc(&out->variance, (size_t)out->known, sizeof *out->variance, "PCA", err);
    if (rc == LT_OK)
        rc = find_mean(&s, out->mean, err);
    s.mean = out->mean;
    if (rc == LT_OK)
        rc = exact ? fit_covariance(out, &s, err) : fit_randomised(out, &s, options->seed, err);
    if (rc == LT_OK) {
        out->total = s.squares / (double)n;
        choose_signs(out);
    }
    sweep_free(&s);
    if (rc)
        lt_pca_free(out);
    return rc;
}

#else

int lt_pca_fit(struct lt_pca *out, const struct lt_rows *rows, const struct lt_pca_options *options,
               struct lt_error *err)
{
    (void)rows, (void)options;
    *out = (struct lt_pca){0};
    return lt_fail(err, LT_EUSAGE,
                   "this needs PCA beside it, and this build has no LAPACK; take a full build, "
                   "this one applies models");
}

#endif

/* ---- what a model keeps ---- */

int lt_pca_baseline(struct lt_baseline *out, const struct lt_pca *pca, int64_t dims,
                    struct lt_error *err)
{
    size_t d = (size_t)pca->inputs, k = (size_t)(dims < pca->dims ? dims : pca->dims);
    *out = (struct lt_baseline){.dims = (int64_t)k};
    int rc = lt_alloc(&out->mean, d, sizeof *out->mean, "the mean", err);
    if (rc == LT_OK)
        rc = lt_alloc(&out->basis, k * d, sizeof *out->basis, "PCA", err);
    if (rc == LT_OK)
        rc = lt_alloc(&out->variance, k, sizeof *out->variance, "PCA", err);
    if (rc) {
        lt_free(out->mean);
        lt_free(out->basis);
        *out = (struct lt_baseline){0};
        return rc;
    }
    memcpy(out->mean, pca->mean, d * sizeof *out->mean);
    memcpy(out->basis, pca->basis, k * d * sizeof *out->basis);
    for (size_t i = 0; i < k; i++)
        out->variance[i] = (float)pca->variance[i];
    return LT_OK;
}

/* ---- the width of the code ---- */

double lt_pca_residual(const struct lt_pca *pca, int64_t dims)
{
    double left = pca->total;
    for (int64_t k = 0; k < dims && k < pca->dims; k++)
        left -= pca->variance[k];
    return left > 0 ? left : 0;
}

int64_t lt_choose_dims(const struct lt_pca *pca, char *why, size_t size)
{
    const double share = 0.9;
    int64_t half = pca->inputs / 2 < 1 ? 1 : pca->inputs / 2;
    int64_t most = pca->dims < half ? pca->dims : half, k = 0;
    double kept = 0;
    while (k < most && (k == 0 || kept < share * pca->total))
        kept += pca->variance[k++];
    double percent = pca->total > 0 ? 100 * kept / pca->total : 100;
    if (kept >= share * pca->total)
        snprintf(why, size,
                 "dims %lld: the fewest numbers with which PCA keeps 90 %% of the variance of the "
                 "%lld inputs",
                 (long long)k, (long long)pca->inputs);
    else if (k == half)
        snprintf(why, size,
                 "dims %lld: half of the %lld inputs, with which PCA keeps %.0f %% of the "
                 "variance; fewer would lose more",
                 (long long)k, (long long)pca->inputs, percent);
    else
        snprintf(why, size,
                 "dims %lld: the most that is chosen unasked; PCA keeps %.0f %% of the variance "
                 "of the %lld inputs with as many",
                 (long long)k, percent, (long long)pca->inputs);
    return k;
}
