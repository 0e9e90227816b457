#include "app/detect.h"

#include "app/lens.h"
#include "base/fmath.h"
#include "base/mem.h"
#include "base/parallel.h"
#include <math.h>
#include <string.h>

/* What a term makes of codes: (rows, dims) = codes basis^T + bias, where bias is -basis mean, or for
 * neighbours -|r|^2 / 2 of each code r in the basis. */
struct directions {
    struct lt_dense *product;
    void *basis, *bias, *codes, *out; /* backend memory */
};

struct lt_detect {
    const struct lt_model *model;
    struct lt_backend *backend;
    int64_t features;
    struct lt_net *net[LT_NETWORKS_MAX]; /* those that terms read */
    struct directions directions[LT_TERMS_MAX];
    float *input;  /* (LT_DETECT_ROWS, F) */
    float *output; /* the same shape */
    float *codes;  /* (LT_DETECT_ROWS, widest code) */
    float *along;  /* (LT_DETECT_ROWS, most directions) */
    double *value; /* (LT_DETECT_ROWS) */
};

double lt_detect_common(const struct lt_term *term, double value)
{
    double z = (lt_log(fmax(value, 1e-30)) - term->centre) / term->spread;
    double above = fmax(z + 1, 0);
    return above * above * above * above;
}

/* ---- creating ---- */

static int upload_directions(struct lt_detect *d, const struct lt_term *t, struct directions *k,
                             struct lt_error *err)
{
    const struct lt_backend_ops *ops = d->backend->ops;
    float *bias = NULL;
    int rc = lt_alloc(&bias, (size_t)t->dims, sizeof *bias, "a detector", err);
    if (rc)
        return rc;
    for (int64_t i = 0; i < t->dims; i++) {
        const float *row = t->basis + i * t->width, *with = t->mean ? t->mean : row;
        double sum = 0;
        for (int64_t j = 0; j < t->width; j++)
            sum -= (double)row[j] * (double)with[j];
        bias[i] = (float)(t->mean ? sum : sum / 2);
    }
    ops->upload(d->backend, (struct lt_buffer){k->basis, 0}, t->basis,
                (size_t)(t->dims * t->width) * sizeof(float));
    ops->upload(d->backend, (struct lt_buffer){k->bias, 0}, bias, (size_t)t->dims * sizeof(float));
    ops->dense_pack(d->backend, k->product, (struct lt_buffer){k->basis, 0});
    lt_free(bias);
    return 0;
}

static int create_directions(struct lt_detect *d, int i, struct lt_error *err)
{
    const struct lt_term *t = &d->model->detector.term[i];
    const struct lt_backend_ops *ops = d->backend->ops;
    struct directions *k = &d->directions[i];
    const size_t width = (size_t)t->width, dims = (size_t)t->dims, f = sizeof(float);
    struct lt_dense_spec spec = {
        .rows = LT_DETECT_ROWS, .batch = LT_DETECT_ROWS, .in = t->width, .out = t->dims};
    int rc = ops->dense_create(d->backend, &spec, &k->product, err);
    if (!rc)
        rc = ops->memory_create(d->backend, dims * width * f, &k->basis, err);
    if (!rc)
        rc = ops->memory_create(d->backend, dims * f, &k->bias, err);
    if (!rc)
        rc = ops->memory_create(d->backend, LT_DETECT_ROWS * width * f, &k->codes, err);
    if (!rc)
        rc = ops->memory_create(d->backend, LT_DETECT_ROWS * dims * f, &k->out, err);
    return rc ? rc : upload_directions(d, t, k, err);
}

static int create_term(struct lt_detect *d, int i, enum lt_precision precision,
                       struct lt_error *err)
{
    const struct lt_term *t = &d->model->detector.term[i];
    const struct lt_network *network = &d->model->network[t->network];
    struct lt_net_options options = {.rows = LT_DETECT_ROWS, .precision = precision};
    int rc = 0;
    if (!d->net[t->network]) {
        rc = lt_net_create(&d->net[t->network], &network->spec, d->backend, &options, err);
        if (!rc)
            lt_net_set_weights(d->net[t->network], network->params);
    }
    if (!rc && t->basis)
        rc = create_directions(d, i, err);
    return rc;
}

static int create_buffers(struct lt_detect *d, struct lt_error *err)
{
    const struct lt_detector *detector = &d->model->detector;
    int64_t input = d->features, code = 1, dims = 1;
    for (int i = 0; i < detector->terms; i++) {
        const struct lt_term *t = &detector->term[i];
        int64_t k = lt_net_spec_dims(&d->model->network[t->network].spec);
        code = k > code ? k : code;
        dims = t->dims > dims ? t->dims : dims;
    }
    int rc = lt_alloc(&d->input, LT_DETECT_ROWS * (size_t)input, sizeof(float), "a detector", err);
    if (!rc)
        rc = lt_alloc(&d->output, LT_DETECT_ROWS * (size_t)input, sizeof(float), "a detector", err);
    if (!rc)
        rc = lt_alloc(&d->codes, LT_DETECT_ROWS * (size_t)code, sizeof(float), "a detector", err);
    if (!rc)
        rc = lt_alloc(&d->along, LT_DETECT_ROWS * (size_t)dims, sizeof(float), "a detector", err);
    return rc ? rc : lt_alloc(&d->value, LT_DETECT_ROWS, sizeof(double), "a detector", err);
}

int lt_detect_create(struct lt_detect **out, const struct lt_model *model,
                     struct lt_backend *backend, enum lt_precision precision, struct lt_error *err)
{
    struct lt_detect *d = NULL;
    *out = NULL;
    if (model->detector.kind == LT_DETECTOR_NONE)
        return lt_fail(err, LT_EUSAGE,
                       "this model has no detector; train it again without --detector none");
    int rc = lt_alloc(&d, 1, sizeof *d, "a detector", err);
    if (rc)
        return rc;
    d->model = model;
    d->backend = backend;
    d->features = model->prep.features;
    for (int i = 0; i < model->detector.terms && !rc; i++)
        rc = create_term(d, i, precision, err);
    if (!rc)
        rc = create_buffers(d, err);
    if (rc)
        lt_detect_free(&d);
    *out = d;
    return rc;
}

void lt_detect_free(struct lt_detect **detect)
{
    struct lt_detect *d = *detect;
    *detect = NULL;
    if (!d)
        return;
    for (int i = 0; i < LT_NETWORKS_MAX; i++)
        lt_net_free(&d->net[i]);
    for (int i = 0; i < LT_TERMS_MAX; i++) {
        struct directions *k = &d->directions[i];
        void *memory[] = {k->basis, k->bias, k->codes, k->out};
        if (k->product)
            d->backend->ops->dense_free(d->backend, k->product);
        for (int j = 0; j < 4; j++)
            if (memory[j])
                d->backend->ops->memory_free(d->backend, memory[j]);
    }
    void *host[] = {d->input, d->output, d->codes, d->along, d->value};
    for (size_t i = 0; i < sizeof host / sizeof *host; i++)
        lt_free(host[i]);
    lt_free(d);
}

/* ---- running ---- */

/* Rows in chunks on all threads. */
struct work {
    struct lt_detect *d;
    const struct lt_term *term;
    const float *x;
    int64_t n;
    double *value;
};
enum { CHUNK = 64 };

static void look_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const struct lt_detect *d = w->d;
    int64_t f = d->features;
    int64_t begin = (int64_t)lt_chunk_begin(chunk, CHUNK);
    int64_t n = (int64_t)lt_chunk_end(chunk, CHUNK, (size_t)w->n) - begin;
    (void)thread;
    if (d->model->detector.kind == LT_DETECTOR_RECONSTRUCTION)
        memcpy(d->input + begin * f, w->x + begin * f, (size_t)(n * f) * sizeof(float));
    else
        lt_lens_apply(&d->model->detector, w->term->lens, f, w->x + begin * f, n,
                      d->input + begin * f, f);
}

/* The codes or the reconstructions of the rows, as the term needs, by its network. */
static void load(struct work *w)
{
    struct lt_detect *d = w->d;
    struct lt_net *net = d->net[w->term->network];
    struct lt_pass pass = {.rows = w->n};
    lt_parallel(d->backend->threads, lt_chunks((size_t)w->n, CHUNK), look_chunk, w);
    lt_net_put_input(net, d->input, w->n);
    lt_net_encode(net, &pass);
    if (w->term->kind != LT_TERM_RESIDUAL) {
        lt_net_get_code(net, d->codes, w->n);
    } else {
        lt_net_decode(net, &pass);
        lt_net_get_output(net, d->output, w->n);
    }
}

static void residual_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const struct lt_detect *d = w->d;
    int64_t f = d->features;
    (void)thread;
    for (size_t r = lt_chunk_begin(chunk, CHUNK); r < lt_chunk_end(chunk, CHUNK, (size_t)w->n);
         r++) {
        const float *y = d->input + (int64_t)r * f, *back = d->output + (int64_t)r * f;
        float sum = 0;
        for (int64_t j = 0; j < f; j++) {
            float e = back[j] - y[j];
            sum += e == e ? e * e : 0;
        }
        w->value[r] = (double)sum;
    }
}

static void square_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    int64_t dims = w->term->dims;
    (void)thread;
    for (size_t r = lt_chunk_begin(chunk, CHUNK); r < lt_chunk_end(chunk, CHUNK, (size_t)w->n);
         r++) {
        const float *a = w->d->along + (int64_t)r * dims;
        double sum = 0;
        for (int64_t j = 0; j < dims; j++)
            sum += (double)a[j] * (double)a[j];
        w->value[r] = sum;
    }
}

/* |h - r|^2 = |h|^2 - 2 (h r - |r|^2 / 2): the k-th smallest is where the bracket is k-th largest.
 * What rounding leaves of nearly equal codes counts as nothing. */
static void nearest_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const struct lt_term *t = w->term;
    int k = t->dims < LT_TERM_NEIGHBOUR ? (int)t->dims : LT_TERM_NEIGHBOUR;
    (void)thread;
    for (size_t r = lt_chunk_begin(chunk, CHUNK); r < lt_chunk_end(chunk, CHUNK, (size_t)w->n);
         r++) {
        const float *a = w->d->along + (int64_t)r * t->dims;
        const float *h = w->d->codes + (int64_t)r * t->width;
        float best[LT_TERM_NEIGHBOUR];
        double size = 0;
        int n = 0;
        for (int64_t j = 0; j < t->width; j++)
            size += (double)h[j] * (double)h[j];
        for (int64_t i = 0; i < t->dims; i++) {
            if (n == k && a[i] <= best[k - 1])
                continue;
            int at = n < k ? n++ : k - 1;
            for (; at > 0 && best[at - 1] < a[i]; at--)
                best[at] = best[at - 1];
            best[at] = a[i];
        }
        w->value[r] = fmax(size - 2 * (double)best[k - 1], 1e-6 * size);
    }
}

static void run(struct work *w, lt_chunk_fn *fn)
{
    lt_parallel(w->d->backend->threads, lt_chunks((size_t)w->n, CHUNK), fn, w);
}

static void code_term(struct work *w)
{
    struct lt_detect *d = w->d;
    const struct lt_term *t = w->term;
    const struct lt_backend_ops *ops = d->backend->ops;
    struct directions *k = &d->directions[t - d->model->detector.term];
    struct lt_buffer codes = {k->codes, 0}, bias = {k->bias, 0}, out = {k->out, 0};
    ops->upload(d->backend, codes, d->codes, (size_t)(w->n * t->width) * sizeof(float));
    ops->dense_forward(d->backend, k->product, w->n, codes, bias, LT_ACT_LINEAR,
                       (struct lt_buffer){NULL, 0}, out);
    ops->download(d->backend, d->along, out, (size_t)(w->n * t->dims) * sizeof(float));
    run(w, w->term->kind == LT_TERM_CODE ? square_chunk : nearest_chunk);
}

static void compute(struct work *w)
{
    load(w);
    if (w->term->kind == LT_TERM_RESIDUAL)
        run(w, residual_chunk);
    else
        code_term(w);
}

void lt_detect_term(struct lt_detect *d, int term, const float *x, int64_t n, double *value)
{
    struct work w = {d, &d->model->detector.term[term], x, n, value};
    compute(&w);
}

void lt_detect_codes(struct lt_detect *d, int term, const float *x, int64_t n, float *codes)
{
    const struct lt_term *t = &d->model->detector.term[term];
    struct work w = {d, t, x, n, NULL};
    load(&w);
    memcpy(codes, d->codes,
           (size_t)(n * lt_net_spec_dims(&d->model->network[t->network].spec)) * sizeof *codes);
}

void lt_detect_changes(struct lt_detect *d, const float *x, float *change)
{
    struct work w = {d, &d->model->detector.term[0], x, 1, NULL};
    load(&w);
    for (int64_t j = 0; j < d->features; j++)
        change[j] = isnan(d->input[j]) ? 0 : d->output[j] - d->input[j];
}

void lt_detect_scores(struct lt_detect *d, const float *x, int64_t n, double *score)
{
    const struct lt_detector *detector = &d->model->detector;
    memset(score, 0, (size_t)n * sizeof *score);
    for (int i = 0; i < detector->terms; i++) {
        struct work w = {d, &detector->term[i], x, n, d->value};
        compute(&w);
        for (int64_t r = 0; r < n; r++)
            score[r] += detector->kind == LT_DETECTOR_RECONSTRUCTION
                            ? d->value[r] / (double)d->features
                            : lt_detect_common(w.term, d->value[r]) / detector->terms;
    }
}
