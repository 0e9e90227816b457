#include "app/logistic.h"

#include "app/products.h"
#include "base/mem.h"
#include "base/parallel.h"
#include <math.h>
#include <string.h>

enum {
    ROWS_PER_CHUNK = 64,
    COLUMNS_PER_CHUNK = 64,
    BLOCK = 1024, /* rows in a product of the backend */
    REFRESH = 3,  /* Newton steps that share a preconditioner: it costs as much as 30 products */
    CG_STEPS = 500,
    HALVINGS = 40,
};

struct lt_logistic {
    struct lt_backend *backend;
    int64_t classes, width, block; /* C, D + 1, rows in a product */
    double penalty;                /* a */

    /* of the rows at work */
    const float *x; /* (n, D + 1), the caller's */
    const int32_t *label;
    int64_t rows, blocks;

    double *p;        /* (n, C) at the weights tried last */
    double *row_loss; /* (n) */
    double *trial;    /* (C, D + 1) weights tried */
    double *gradient; /* (C, D + 1) */
    double *step;     /* (C, D + 1) */
    double *residual; /* (C, D + 1), of conjugate gradients; and the next three */
    double *direction, *curved, *conditioned;
    double *diagonal; /* (D + 1), of the preconditioner before it is inverted */

    bool full;                           /* the preconditioner is a matrix */
    float *vector;                       /* (C, D + 1) on its way to the backend or back */
    float *some;                         /* (block, C), likewise */
    float *scaled;                       /* (block, D + 1), likewise; zeroed beyond the rows */
    void *device_x;                      /* (blocks of rows, D + 1) */
    void *device_scaled;                 /* (block, D + 1) */
    void *device_vector, *device_result; /* (C, D + 1) */
    void *device_some;                   /* (block, C) */
    void *device_gram, *device_inverse;  /* (D + 1, D + 1) */
    void *device_work;
    struct lt_matmul *forward;  /* some = x vector^T */
    struct lt_matmul *backward; /* result += some^T x */
    struct lt_matmul *gram;     /* gram += scaled^T scaled */
    struct lt_matmul *apply;    /* result = vector inverse */
};

static size_t values_of(const struct lt_logistic *l)
{
    return (size_t)(l->classes * l->width);
}

/* ---- probabilities ---- */

struct softmax {
    double *z; /* (n, C) */
    int64_t n, classes;
};

/* z to log softmax z, from the largest so that nothing overflows. */
static void softmax_chunk(void *context, size_t chunk, int thread)
{
    (void)thread;
    const struct softmax *s = context;
    size_t end = lt_chunk_end(chunk, ROWS_PER_CHUNK, (size_t)s->n);
    for (size_t i = lt_chunk_begin(chunk, ROWS_PER_CHUNK); i < end; i++) {
        double *z = s->z + i * (size_t)s->classes, most = z[0], sum = 0;
        for (int64_t k = 1; k < s->classes; k++)
            most = z[k] > most ? z[k] : most;
        for (int64_t k = 0; k < s->classes; k++)
            sum += exp(z[k] - most);
        for (int64_t k = 0; k < s->classes; k++)
            z[k] -= most + log(sum);
    }
}

void lt_logistic_predict(double *log_p, const float *x, int64_t n, int64_t width,
                         const double *weights, int64_t classes, int threads)
{
    struct softmax s = {log_p, n, classes};
    lt_products(log_p, x, n, width, weights, classes, threads);
    lt_parallel(threads, lt_chunks((size_t)n, ROWS_PER_CHUNK), softmax_chunk, &s);
}

/* ---- the objective and its gradient ---- */

static void losses_chunk(void *context, size_t chunk, int thread)
{
    (void)thread;
    struct lt_logistic *l = context;
    size_t end = lt_chunk_end(chunk, ROWS_PER_CHUNK, (size_t)l->rows);
    for (size_t i = lt_chunk_begin(chunk, ROWS_PER_CHUNK); i < end; i++) {
        double *p = l->p + i * (size_t)l->classes;
        l->row_loss[i] = -p[l->label[i]];
        for (int64_t k = 0; k < l->classes; k++)
            p[k] = exp(p[k]);
    }
}

/* At weights w; leaves p there. */
static double objective(struct lt_logistic *l, const double *w)
{
    double loss = 0, squares = 0;
    lt_logistic_predict(l->p, l->x, l->rows, l->width, w, l->classes, l->backend->threads);
    lt_parallel(l->backend->threads, lt_chunks((size_t)l->rows, ROWS_PER_CHUNK), losses_chunk, l);
    for (int64_t i = 0; i < l->rows; i++)
        loss += l->row_loss[i];
    for (int64_t i = 0; i < l->classes * l->width; i++)
        squares += (i + 1) % l->width ? w[i] * w[i] : 0;
    return loss + l->penalty / 2 * squares;
}

/* Some columns of sum over rows of (p_k - [y = k]) x, row after row. */
static void gradient_chunk(void *context, size_t chunk, int thread)
{
    (void)thread;
    struct lt_logistic *l = context;
    size_t begin = lt_chunk_begin(chunk, COLUMNS_PER_CHUNK);
    size_t n = lt_chunk_end(chunk, COLUMNS_PER_CHUNK, (size_t)l->width) - begin;
    for (int64_t k = 0; k < l->classes; k++)
        memset(l->gradient + k * l->width + begin, 0, n * sizeof *l->gradient);
    for (int64_t i = 0; i < l->rows; i++) {
        const float *x = l->x + i * l->width + begin;
        for (int64_t k = 0; k < l->classes; k++) {
            double *g = l->gradient + k * l->width + begin;
            double r = l->p[i * l->classes + k] - (l->label[i] == k ? 1 : 0);
            for (size_t j = 0; j < n; j++)
                g[j] += r * (double)x[j];
        }
    }
}

/* At the weights of the last objective; returns the largest value. */
static double find_gradient(struct lt_logistic *l, const double *w)
{
    double largest = 0;
    lt_parallel(l->backend->threads, lt_chunks((size_t)l->width, COLUMNS_PER_CHUNK), gradient_chunk,
                l);
    for (int64_t i = 0; i < l->classes * l->width; i++) {
        l->gradient[i] += (i + 1) % l->width ? l->penalty * w[i] : 0;
        largest = fmax(largest, fabs(l->gradient[i]));
    }
    return largest;
}

/* ---- the curvature, by products of the backend ---- */

static int64_t block_rows(const struct lt_logistic *l, int64_t block)
{
    int64_t left = l->rows - block * l->block;
    return left < l->block ? left : l->block;
}

static struct lt_buffer block_of(const struct lt_logistic *l, int64_t block)
{
    return (struct lt_buffer){l->device_x, (size_t)(block * l->block * l->width) * sizeof(float)};
}

static void load_rows(struct lt_logistic *l)
{
    struct lt_backend *b = l->backend;
    size_t width = (size_t)l->width;
    l->blocks = (int64_t)lt_chunks((size_t)l->rows, (size_t)l->block);
    for (int64_t k = 0; k < l->blocks; k++) {
        size_t n = (size_t)block_rows(l, k);
        memcpy(l->scaled, l->x + (size_t)(k * l->block) * width, n * width * sizeof(float));
        memset(l->scaled + n * width, 0, ((size_t)l->block - n) * width * sizeof(float));
        b->ops->upload(b, block_of(l, k), l->scaled, (size_t)l->block * width * sizeof(float));
    }
}

static void to_float(float *to, const double *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (float)from[i];
}

/* u (block, C) of a block, in place: (diag p - p p^T) u for every row. */
static void curve_rows(const struct lt_logistic *l, int64_t block)
{
    int64_t c = l->classes, n = block_rows(l, block);
    for (int64_t i = 0; i < n; i++) {
        const double *p = l->p + (block * l->block + i) * c;
        float *u = l->some + i * c;
        double mean = 0;
        for (int64_t k = 0; k < c; k++)
            mean += p[k] * (double)u[k];
        for (int64_t k = 0; k < c; k++)
            u[k] = (float)(p[k] * ((double)u[k] - mean));
    }
}

/* out = H v: sum over rows of (diag p - p p^T)(v x) x^T, and the penalty. */
static void curve(struct lt_logistic *l, double *out, const double *v)
{
    struct lt_backend *b = l->backend;
    const struct lt_backend_ops *ops = b->ops;
    const struct lt_buffer vector = {l->device_vector, 0}, result = {l->device_result, 0};
    const struct lt_buffer some = {l->device_some, 0};
    size_t n = values_of(l), bytes = (size_t)(l->block * l->classes) * sizeof(float);
    to_float(l->vector, v, n);
    ops->upload(b, vector, l->vector, n * sizeof(float));
    for (int64_t k = 0; k < l->blocks; k++) {
        ops->matmul_run(b, l->forward, 1.0f, block_of(l, k), vector, 0.0f, some);
        ops->download(b, l->some, some, bytes);
        curve_rows(l, k);
        ops->upload(b, some, l->some, bytes);
        ops->matmul_run(b, l->backward, 1.0f, some, block_of(l, k), k ? 1.0f : 0.0f, result);
    }
    ops->download(b, l->vector, result, n * sizeof(float));
    for (size_t i = 0; i < n; i++)
        out[i] = (double)l->vector[i] + ((i + 1) % (size_t)l->width ? l->penalty * v[i] : 0);
}

/* ---- the preconditioner ---- */

static double row_curvature(const struct lt_logistic *l, int64_t row)
{
    double squares = 0;
    for (int64_t k = 0; k < l->classes; k++)
        squares += l->p[row * l->classes + k] * l->p[row * l->classes + k];
    return squares < 1 ? (1 - squares) / (double)(l->classes - 1) : 0;
}

/* sqrt(v) x of a block of rows; adds their squares to the diagonal. */
static void scale_block(struct lt_logistic *l, int64_t block)
{
    int64_t n = block_rows(l, block);
    for (int64_t i = 0; i < n; i++) {
        int64_t row = block * l->block + i;
        const float *x = l->x + row * l->width;
        float root = (float)sqrt(row_curvature(l, row)), *out = l->scaled + i * l->width;
        for (int64_t j = 0; j < l->width; j++) {
            out[j] = root * x[j];
            l->diagonal[j] += (double)out[j] * (double)out[j];
        }
    }
    memset(l->scaled + n * l->width, 0, (size_t)((l->block - n) * l->width) * sizeof(float));
}

static void find_preconditioner(struct lt_logistic *l)
{
    struct lt_backend *b = l->backend;
    const struct lt_buffer scaled = {l->device_scaled, 0}, gram = {l->device_gram, 0};
    const struct lt_buffer inverse = {l->device_inverse, 0}, work = {l->device_work, 0};
    double trace = 0;
    memset(l->diagonal, 0, (size_t)l->width * sizeof *l->diagonal);
    for (int64_t k = 0; k < l->blocks; k++) {
        scale_block(l, k);
        if (!l->full)
            continue;
        b->ops->upload(b, scaled, l->scaled, (size_t)(l->block * l->width) * sizeof(float));
        b->ops->matmul_run(b, l->gram, 1.0f, scaled, scaled, k ? 1.0f : 0.0f, gram);
    }
    for (int64_t j = 0; j < l->width; j++)
        trace += l->diagonal[j];
    /* a, as a share of the mean of the diagonal; not so small that f32 has nothing to invert */
    double damping = trace > 0 ? fmax(l->penalty * (double)l->width / trace, 1e-6) : 1;
    if (l->full && trace > 0)
        b->ops->spd_inverse(b, l->width, gram, (float)fmin(damping, 1e6), inverse, work);
}

/* Intercepts only count by their differences. */
static void centre_intercepts(const struct lt_logistic *l, double *w)
{
    double sum = 0;
    for (int64_t k = 0; k < l->classes; k++)
        sum += w[(k + 1) * l->width - 1];
    for (int64_t k = 0; k < l->classes; k++)
        w[(k + 1) * l->width - 1] -= sum / (double)l->classes;
}

static void precondition(struct lt_logistic *l, double *out, const double *in)
{
    struct lt_backend *b = l->backend;
    const struct lt_buffer vector = {l->device_vector, 0}, result = {l->device_result, 0};
    const struct lt_buffer inverse = {l->device_inverse, 0};
    size_t n = values_of(l);
    if (l->full) {
        to_float(l->vector, in, n);
        b->ops->upload(b, vector, l->vector, n * sizeof(float));
        b->ops->matmul_run(b, l->apply, 1.0f, vector, inverse, 0.0f, result);
        b->ops->download(b, l->vector, result, n * sizeof(float));
    }
    for (size_t i = 0; i < n; i++)
        out[i] = l->full ? (double)l->vector[i]
                         : in[i] / (l->diagonal[i % (size_t)l->width] + l->penalty);
    centre_intercepts(l, out);
}

/* ---- Newton ---- */

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* l->step with H step = -gradient, until what is left is `share` of it in the norm of the
 * preconditioner.  Returns the products.  With f32 products the residuals are no longer quite
 * orthogonal, so directions are corrected as by Polak and Ribiere. */
static int solve(struct lt_logistic *l, double share)
{
    size_t n = values_of(l);
    double *r = l->residual, *d = l->direction, *h = l->curved, *z = l->conditioned;
    int products = 0;
    memset(l->step, 0, n * sizeof *l->step);
    for (size_t i = 0; i < n; i++)
        r[i] = -l->gradient[i];
    precondition(l, z, r);
    memcpy(d, z, n * sizeof *d);
    double rz = dot(r, z, n), enough = share * share * rz;
    while (products < CG_STEPS && rz > enough) {
        curve(l, h, d);
        products++;
        double bend = dot(d, h, n);
        if (!(bend > 0))
            break;
        for (size_t i = 0; i < n; i++) {
            l->step[i] += rz / bend * d[i];
            r[i] -= rz / bend * h[i];
        }
        double mixed = dot(r, z, n), before = rz; /* r is the new one, z still the old */
        precondition(l, z, r);
        rz = dot(r, z, n);
        double beta = fmax((rz - mixed) / before, 0);
        for (size_t i = 0; i < n; i++)
            d[i] = z[i] + beta * d[i];
    }
    return products;
}

/* Goes along the step as far as the objective falls (Armijo), halving; false where it does not. */
static bool search(struct lt_logistic *l, double *w, double *value)
{
    size_t n = values_of(l);
    double slope = dot(l->gradient, l->step, n), length = 1;
    double rounding = 1e-13 * fabs(*value);
    if (!(slope < 0))
        return false;
    for (int i = 0; i < HALVINGS; i++, length /= 2) {
        for (size_t j = 0; j < n; j++)
            l->trial[j] = w[j] + length * l->step[j];
        double tried = objective(l, l->trial);
        if (tried <= *value + 1e-4 * length * slope + rounding) {
            memcpy(w, l->trial, n * sizeof *w);
            *value = tried;
            return true;
        }
    }
    return false;
}

struct lt_logistic_fit lt_logistic_fit(struct lt_logistic *l, const float *x, const int32_t *label,
                                       int64_t n, double *w)
{
    struct lt_logistic_fit fit = {0};
    l->x = x;
    l->label = label;
    l->rows = n;
    load_rows(l);
    memset(w, 0, values_of(l) * sizeof *w);
    fit.objective = objective(l, w);
    double start = find_gradient(l, w), largest = start;
    while (!(largest <= LT_LOGISTIC_TOLERANCE * start) && fit.steps < LT_LOGISTIC_STEPS) {
        double left = largest / start;
        if (fit.steps % REFRESH == 0)
            find_preconditioner(l);
        fit.products += solve(l, fmax(fmin(0.1, sqrt(left)), 0.1 * LT_LOGISTIC_TOLERANCE / left));
        fit.steps++;
        if (!search(l, w, &fit.objective))
            break;
        largest = find_gradient(l, w);
    }
    fit.gradient = start > 0 ? largest / start : 0;
    fit.converged = largest <= LT_LOGISTIC_TOLERANCE * start;
    centre_intercepts(l, w);
    return fit;
}

/* ---- set up and take down ---- */

static int plan_products(struct lt_logistic *l, struct lt_error *err)
{
    struct lt_backend *b = l->backend;
    int64_t c = l->classes, w = l->width;
    const struct lt_matmul_spec forward = {.m = l->block, .n = c, .k = w, .transpose_b = true};
    const struct lt_matmul_spec backward = {.m = c, .n = w, .k = l->block, .transpose_a = true};
    const struct lt_matmul_spec gram = {.m = w, .n = w, .k = l->block, .transpose_a = true};
    const struct lt_matmul_spec apply = {.m = c, .n = w, .k = w};
    int rc = b->ops->matmul_create(b, &forward, &l->forward, err);
    if (!rc)
        rc = b->ops->matmul_create(b, &backward, &l->backward, err);
    if (!rc && l->full)
        rc = b->ops->matmul_create(b, &gram, &l->gram, err);
    if (!rc && l->full)
        rc = b->ops->matmul_create(b, &apply, &l->apply, err);
    return rc;
}

static int allocate(struct lt_logistic *l, int64_t most, struct lt_error *err)
{
    const char *what = "logistic regression";
    struct lt_backend *b = l->backend;
    size_t n = (size_t)most, c = (size_t)l->classes, w = (size_t)l->width;
    size_t block = (size_t)l->block, matrix = l->full ? w * w : 0;
    const struct {
        double **at;
        size_t count;
    } doubles[] = {{&l->p, n * c},         {&l->row_loss, n},   {&l->trial, c * w},
                   {&l->gradient, c * w},  {&l->step, c * w},   {&l->residual, c * w},
                   {&l->direction, c * w}, {&l->curved, c * w}, {&l->conditioned, c * w},
                   {&l->diagonal, w}};
    const struct {
        float **at;
        size_t count;
    } floats[] = {{&l->vector, c * w}, {&l->some, block * c}, {&l->scaled, block * w}};
    const struct {
        void **at;
        size_t count;
    } device[] = {{&l->device_x, lt_chunks(n, block) * block * w},
                  {&l->device_scaled, l->full ? block * w : 0},
                  {&l->device_vector, c * w},
                  {&l->device_result, c * w},
                  {&l->device_some, block * c},
                  {&l->device_gram, matrix},
                  {&l->device_inverse, matrix},
                  {&l->device_work, l->full ? lt_spd_work(l->width) : 0}};
    int rc = 0;
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles && !rc; i++)
        rc = lt_alloc(doubles[i].at, doubles[i].count, sizeof(double), what, err);
    for (size_t i = 0; i < sizeof floats / sizeof *floats && !rc; i++)
        rc = lt_alloc(floats[i].at, floats[i].count, sizeof(float), what, err);
    for (size_t i = 0; i < sizeof device / sizeof *device && !rc; i++)
        if (device[i].count)
            rc = b->ops->memory_create(b, device[i].count * sizeof(float), device[i].at, err);
    return rc;
}

int lt_logistic_create(struct lt_logistic **out, int64_t rows, int64_t columns, int64_t classes,
                       struct lt_backend *backend, struct lt_error *err)
{
    struct lt_logistic *l = NULL;
    int rc = lt_alloc(out, 1, sizeof *l, "logistic regression", err);
    if (rc)
        return rc;
    l = *out;
    *l = (struct lt_logistic){.backend = backend,
                              .classes = classes,
                              .width = columns + 1,
                              .block = rows < BLOCK ? rows : BLOCK,
                              .penalty = classes == 2 ? 2 : 1,
                              .full = columns <= LT_LOGISTIC_FULL};
    rc = allocate(l, rows, err);
    if (!rc)
        rc = plan_products(l, err);
    if (rc)
        lt_logistic_free(out);
    return rc;
}

void lt_logistic_free(struct lt_logistic **logistic)
{
    struct lt_logistic *l = *logistic;
    if (!l)
        return;
    const struct lt_backend_ops *ops = l->backend->ops;
    struct lt_matmul *products[] = {l->forward, l->backward, l->gram, l->apply};
    void *device[] = {l->device_x,    l->device_scaled, l->device_vector,  l->device_result,
                      l->device_some, l->device_gram,   l->device_inverse, l->device_work};
    void *host[] = {l->p,        l->row_loss,  l->trial,  l->gradient,    l->step,
                    l->residual, l->direction, l->curved, l->conditioned, l->diagonal,
                    l->vector,   l->some,      l->scaled};
    for (size_t i = 0; i < sizeof products / sizeof *products; i++)
        if (products[i])
            ops->matmul_free(l->backend, products[i]);
    for (size_t i = 0; i < sizeof device / sizeof *device; i++)
        if (device[i])
            ops->memory_free(l->backend, device[i]);
    for (size_t i = 0; i < sizeof host / sizeof *host; i++)
        lt_free(host[i]);
    lt_free(l);
    *logistic = NULL;
}
