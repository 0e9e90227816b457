#include "app/metrics.h"

#include "base/mem.h"
#include "base/order.h"
#include "base/parallel.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the baselines at work ---- */

struct lt_linear {
    const struct lt_baseline *baseline;
    struct lt_backend *backend;
    int64_t inputs, dims, batch;
    struct lt_matmul *project; /* codes (batch, K) = x (batch, D) B^T */
    struct lt_matmul *remove;  /* x -= codes B */
    void *basis, *codes, *x;   /* backend memory */
    float *host;               /* (batch, D) */
    int64_t rows;              /* of the batch at work */
    double *errors;            /* where the squares of host's rows go */
};

int lt_linear_create(struct lt_linear **out, const struct lt_baseline *baseline, int64_t inputs,
                     int64_t dims, struct lt_backend *backend, int64_t batch, struct lt_error *err)
{
    struct lt_linear *l = NULL;
    const struct lt_backend_ops *ops = backend->ops;
    int rc = lt_alloc(out, 1, sizeof *l, "the baselines", err);
    if (rc)
        return rc;
    l = *out;
    dims = dims < baseline->dims ? dims : baseline->dims;
    *l = (struct lt_linear){
        .baseline = baseline, .backend = backend, .inputs = inputs, .dims = dims, .batch = batch};
    size_t values = (size_t)batch * (size_t)inputs;
    size_t basis = (size_t)dims * (size_t)inputs * sizeof(float);
    struct lt_matmul_spec project = {.m = batch, .n = dims, .k = inputs, .transpose_b = true};
    struct lt_matmul_spec remove = {.m = batch, .n = inputs, .k = dims};
    rc = lt_alloc(&l->host, values, sizeof *l->host, "the baselines", err);
    if (rc == LT_OK)
        rc = ops->matmul_create(backend, &project, &l->project, err);
    if (rc == LT_OK)
        rc = ops->matmul_create(backend, &remove, &l->remove, err);
    if (rc == LT_OK)
        rc = ops->memory_create(backend, basis, &l->basis, err);
    if (rc == LT_OK)
        rc = ops->memory_create(backend, (size_t)(batch * dims) * sizeof(float), &l->codes, err);
    if (rc == LT_OK)
        rc = ops->memory_create(backend, values * sizeof(float), &l->x, err);
    if (rc)
        lt_linear_free(out);
    else
        ops->upload(backend, (struct lt_buffer){l->basis, 0}, baseline->basis, basis);
    return rc;
}

void lt_linear_free(struct lt_linear **linear)
{
    struct lt_linear *l = *linear;
    if (!l)
        return;
    const struct lt_backend_ops *ops = l->backend->ops;
    if (l->project)
        ops->matmul_free(l->backend, l->project);
    if (l->remove)
        ops->matmul_free(l->backend, l->remove);
    void *memory[] = {l->basis, l->codes, l->x};
    for (int i = 0; i < 3; i++)
        if (memory[i])
            ops->memory_free(l->backend, memory[i]);
    lt_free(l->host);
    lt_free(l);
    *linear = NULL;
}

enum { ROWS_PER_CHUNK = 32 };

static void square_rows(void *context, size_t chunk, int thread)
{
    (void)thread;
    struct lt_linear *l = context;
    size_t end = lt_chunk_end(chunk, ROWS_PER_CHUNK, (size_t)l->rows);
    for (size_t r = lt_chunk_begin(chunk, ROWS_PER_CHUNK); r < end; r++) {
        const float *x = l->host + r * (size_t)l->inputs;
        double sum = 0;
        for (int64_t i = 0; i < l->inputs; i++)
            sum += (double)x[i] * (double)x[i];
        l->errors[r] = sum;
    }
}

static void square(struct lt_linear *l, double *errors)
{
    l->errors = errors;
    lt_parallel(l->backend->threads, lt_chunks((size_t)l->rows, ROWS_PER_CHUNK), square_rows, l);
}

/* The rows less the mean in l->host, and their codes in l->codes. */
static void project(struct lt_linear *l, const float *x, int64_t n)
{
    const struct lt_backend_ops *ops = l->backend->ops;
    size_t bytes = (size_t)(l->batch * l->inputs) * sizeof *l->host;
    memset(l->host, 0, bytes);
    for (int64_t r = 0; r < n; r++)
        for (int64_t i = 0; i < l->inputs; i++)
            l->host[r * l->inputs + i] =
                isnan(x[r * l->inputs + i]) ? 0 : x[r * l->inputs + i] - l->baseline->mean[i];
    ops->upload(l->backend, (struct lt_buffer){l->x, 0}, l->host, bytes);
    ops->matmul_run(l->backend, l->project, 1.0f, (struct lt_buffer){l->x, 0},
                    (struct lt_buffer){l->basis, 0}, 0.0f, (struct lt_buffer){l->codes, 0});
}

void lt_linear_codes(struct lt_linear *l, const float *x, int64_t n, float *codes)
{
    project(l, x, n);
    l->backend->ops->download(l->backend, codes, (struct lt_buffer){l->codes, 0},
                              (size_t)(n * l->dims) * sizeof *codes);
}

void lt_linear_errors(struct lt_linear *l, const float *x, int64_t n, double *mean_error,
                      double *pca_error)
{
    const struct lt_backend_ops *ops = l->backend->ops;
    size_t bytes = (size_t)(l->batch * l->inputs) * sizeof *l->host;
    struct lt_buffer rows = {l->x, 0}, codes = {l->codes, 0}, basis = {l->basis, 0};
    project(l, x, n);
    l->rows = n;
    square(l, mean_error);
    ops->matmul_run(l->backend, l->remove, -1.0f, codes, basis, 1.0f, rows);
    ops->download(l->backend, l->host, rows, bytes);
    for (int64_t i = 0; i < n * l->inputs; i++)
        l->host[i] = isnan(x[i]) ? 0 : l->host[i];
    square(l, pca_error);
}

int lt_baseline_errors(const struct lt_baseline *baseline, int64_t dims, const struct lt_rows *rows,
                       struct lt_backend *backend, double *mean_error, double *pca_error,
                       struct lt_error *err)
{
    struct lt_linear *linear = NULL;
    float *x = NULL;
    double *errors = NULL;
    int64_t batch = lt_rows_batch(rows->inputs);
    *mean_error = *pca_error = 0;
    int rc = lt_linear_create(&linear, baseline, rows->inputs, dims, backend, batch, err);
    if (rc == LT_OK)
        rc = lt_alloc(&x, (size_t)(batch * rows->inputs), sizeof *x, "a batch of rows", err);
    if (rc == LT_OK)
        rc = lt_alloc(&errors, (size_t)(2 * batch), sizeof *errors, "errors", err);
    for (int64_t begin = 0; rc == LT_OK && begin < rows->count; begin += batch) {
        int64_t n = rows->count - begin < batch ? rows->count - begin : batch;
        rc = rows->read(rows->context, begin, n, x, err);
        if (rc)
            break;
        lt_linear_errors(linear, x, n, errors, errors + batch);
        for (int64_t i = 0; i < n; i++) {
            *mean_error += errors[i] / (double)rows->count;
            *pca_error += errors[batch + i] / (double)rows->count;
        }
    }
    lt_linear_free(&linear);
    lt_free(x);
    lt_free(errors);
    return rc;
}

/* ---- how much columns vary ---- */

int lt_moments_create(struct lt_moments *out, int64_t width, struct lt_error *err)
{
    size_t n = (size_t)width;
    *out = (struct lt_moments){.width = width};
    int rc = lt_alloc(&out->sum, 3 * n, sizeof *out->sum, "column sums", err);
    if (rc == LT_OK)
        rc = lt_alloc(&out->origin, 3 * n, sizeof *out->origin, "column ranges", err);
    if (rc) {
        lt_moments_free(out);
        return rc;
    }
    out->square = out->sum + n;
    out->seen = out->sum + 2 * n;
    out->low = out->origin + n;
    out->high = out->low + n;
    return LT_OK;
}

void lt_moments_free(struct lt_moments *m)
{
    lt_free(m->sum);
    lt_free(m->origin);
    *m = (struct lt_moments){0};
}

void lt_moments_add(struct lt_moments *m, const float *x, int64_t n)
{
    for (int64_t r = 0; r < n; r++, x += m->width)
        for (int64_t i = 0; i < m->width; i++) {
            if (isnan(x[i]))
                continue;
            if (m->seen[i]++ <= 0)
                m->origin[i] = m->low[i] = m->high[i] = x[i];
            double v = (double)x[i] - (double)m->origin[i];
            m->sum[i] += v;
            m->square[i] += v * v;
            m->low[i] = x[i] < m->low[i] ? x[i] : m->low[i];
            m->high[i] = x[i] > m->high[i] ? x[i] : m->high[i];
        }
    m->rows += n;
}

double lt_moments_variance_of(const struct lt_moments *m, int64_t column)
{
    double n = m->seen[column] > 0 ? m->seen[column] : 1;
    double mean = m->sum[column] / n, variance = m->square[column] / n - mean * mean;
    return variance > 0 ? variance : 0;
}

double lt_moments_variance(const struct lt_moments *m)
{
    double total = 0;
    for (int64_t i = 0; i < m->width; i++)
        total += lt_moments_variance_of(m, i);
    return total;
}

double lt_moments_mean(const struct lt_moments *m, int64_t column)
{
    return (double)m->origin[column] + m->sum[column] / (m->seen[column] > 0 ? m->seen[column] : 1);
}

int64_t lt_moments_constant(const struct lt_moments *m)
{
    int64_t count = 0;
    for (int64_t i = 0; i < m->width; i++)
        count += m->high[i] - m->low[i] <= 1e-6f * (fabsf(m->low[i]) + fabsf(m->high[i]));
    return count;
}

/* ---- certainty ---- */

enum { RESAMPLES = 1000, GROUPS = 4096, RESAMPLES_PER_CHUNK = 25 };

struct bootstrap {
    const double *a, *b; /* (groups) sums */
    int64_t groups;
    uint64_t seed;
    double *ratio; /* (RESAMPLES) */
};

static double quotient(double a, double b)
{
    return b > 0 ? a / b : a > 0 ? INFINITY : 1;
}

static void resample_chunk(void *context, size_t chunk, int thread)
{
    (void)thread;
    const struct bootstrap *s = context;
    size_t end = lt_chunk_end(chunk, RESAMPLES_PER_CHUNK, RESAMPLES);
    for (size_t r = lt_chunk_begin(chunk, RESAMPLES_PER_CHUNK); r < end; r++) {
        struct lt_stream stream = lt_stream(s->seed, LT_RNG_BOOTSTRAP, 0, r);
        double a = 0, b = 0;
        for (int64_t i = 0; i < s->groups; i++) {
            uint64_t g = lt_below(&stream, (uint32_t)i, (uint64_t)s->groups);
            a += s->a[g];
            b += s->b[g];
        }
        s->ratio[r] = quotient(a, b);
    }
}

int lt_bootstrap_ratio(struct lt_interval *out, const double *a, const double *b, int64_t n,
                       uint64_t seed, int threads, struct lt_error *err)
{
    double *work = NULL, sum_a = 0, sum_b = 0;
    int rc = lt_alloc(&work, 2 * GROUPS + RESAMPLES, sizeof *work, "resamples", err);
    if (rc)
        return rc;
    struct bootstrap s = {.a = work, .b = work + GROUPS, .seed = seed, .ratio = work + 2 * GROUPS};
    s.groups = n < GROUPS ? n : GROUPS;
    for (int64_t i = 0; i < n; i++) {
        work[i % GROUPS] += a[i];
        work[GROUPS + i % GROUPS] += b[i];
        sum_a += a[i];
        sum_b += b[i];
    }
    lt_parallel(threads, lt_chunks(RESAMPLES, RESAMPLES_PER_CHUNK), resample_chunk, &s);
    qsort(s.ratio, RESAMPLES, sizeof *s.ratio, lt_by_value);
    *out = (struct lt_interval){.value = quotient(sum_a, sum_b),
                                .low = s.ratio[RESAMPLES / 40],
                                .high = s.ratio[RESAMPLES - 1 - RESAMPLES / 40]};
    lt_free(work);
    return LT_OK;
}

bool lt_converged(const double *errors, int64_t n)
{
    int64_t tail = n / 10 > 1 ? n / 10 : 1;
    double before = INFINITY, best = INFINITY;
    for (int64_t i = 0; i < n; i++) {
        before = i < n - tail && errors[i] < before ? errors[i] : before;
        best = errors[i] < best ? errors[i] : best;
    }
    return isfinite(before) && best >= 0.9 * before;
}

/* ---- leaks ---- */

static int compare_hashes(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

static int hashes_of(uint64_t **out, const struct lt_table *table, struct lt_error *err)
{
    int rc = lt_alloc(out, (size_t)lt_table_rows(table), sizeof **out, "hashes of rows", err);
    return rc ? rc : lt_table_hash_rows(table, *out, err);
}

int lt_duplicates(bool *duplicate, const struct lt_table *table, const int64_t *rows, int64_t n,
                  const struct lt_table *train, const int64_t *train_rows, int64_t train_n,
                  struct lt_error *err)
{
    uint64_t *judged = NULL, *own = NULL, *known = NULL;
    const uint64_t *all;
    int rc = hashes_of(&judged, table, err);
    if (rc == LT_OK && train != table)
        rc = hashes_of(&own, train, err);
    if (rc == LT_OK)
        rc = lt_alloc(&known, (size_t)train_n, sizeof *known, "hashes of rows", err);
    if (rc)
        goto out;
    all = own ? own : judged;
    for (int64_t i = 0; i < train_n; i++)
        known[i] = all[train_rows ? train_rows[i] : i];
    qsort(known, (size_t)train_n, sizeof *known, compare_hashes);
    for (int64_t i = 0; i < n; i++)
        duplicate[i] = bsearch(&judged[rows ? rows[i] : i], known, (size_t)train_n, sizeof *known,
                               compare_hashes) != NULL;
out:
    lt_free(judged);
    lt_free(own);
    lt_free(known);
    return rc;
}
