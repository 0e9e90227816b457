#include "app/detect.h"

#include "app/lens.h"
#include "base/fmath.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "prep/prep.h"
#include <math.h>
#include <string.h>

/* Codes along the directions of a term: (rows, dims) = (codes - mean) basis^T, as a product with the
 * bias -basis mean. */
struct directions {
    struct lt_dense *product;
    void *basis, *bias, *codes, *out; /* backend memory */
};

/* What can be asked of a network about rows. */
enum { CODES = 1, OUTPUT = 2, SETTLED = 4 };

struct lt_detect {
    const struct lt_model *model;
    struct lt_backend *backend;
    int64_t features;
    struct looker {
        struct lt_net *net; /* NULL: no term reads it */
        enum lt_lens lens;
        int wants; /* by its terms */
    } looker[LT_NETWORKS_MAX];
    struct directions directions[LT_TERMS_MAX];
    float *input;   /* (LT_DETECT_ROWS, F) */
    float *output;  /* the same shape: after one pass */
    float *settled; /* the same shape: after LT_TERM_PASSES */
    float *codes;   /* (LT_DETECT_ROWS, widest code) */
    float *along;   /* (LT_DETECT_ROWS, most directions) */
    double *value;  /* (terms, LT_DETECT_ROWS) */
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
        double sum = 0;
        for (int64_t j = 0; j < t->width; j++)
            sum -= (double)t->basis[i * t->width + j] * (double)t->mean[j];
        bias[i] = (float)sum;
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
    struct looker *l = &d->looker[t->network];
    int rc = 0;
    if (!l->net) {
        rc = lt_net_create(&l->net, &network->spec, d->backend, &options, err);
        if (!rc)
            lt_net_set_weights(l->net, network->params);
    }
    l->lens = t->lens;
    l->wants |= t->kind == LT_TERM_CODE ? CODES : t->kind == LT_TERM_SETTLED ? SETTLED : OUTPUT;
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
        rc =
            lt_alloc(&d->settled, LT_DETECT_ROWS * (size_t)input, sizeof(float), "a detector", err);
    if (!rc)
        rc = lt_alloc(&d->codes, LT_DETECT_ROWS * (size_t)code, sizeof(float), "a detector", err);
    if (!rc)
        rc = lt_alloc(&d->along, LT_DETECT_ROWS * (size_t)dims, sizeof(float), "a detector", err);
    return rc ? rc
              : lt_alloc(&d->value, LT_DETECT_ROWS * (size_t)detector->terms, sizeof(double),
                         "a detector", err);
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
        lt_net_free(&d->looker[i].net);
    for (int i = 0; i < LT_TERMS_MAX; i++) {
        struct directions *k = &d->directions[i];
        void *memory[] = {k->basis, k->bias, k->codes, k->out};
        if (k->product)
            d->backend->ops->dense_free(d->backend, k->product);
        for (int j = 0; j < 4; j++)
            if (memory[j])
                d->backend->ops->memory_free(d->backend, memory[j]);
    }
    void *host[] = {d->input, d->output, d->settled, d->codes, d->along, d->value};
    for (size_t i = 0; i < sizeof host / sizeof *host; i++)
        lt_free(host[i]);
    lt_free(d);
}

size_t lt_detect_memory(const struct lt_detect *d)
{
    size_t bytes = 0;
    for (int i = 0; i < LT_NETWORKS_MAX; i++)
        bytes += d->looker[i].net ? lt_net_memory(d->looker[i].net) : 0;
    return bytes;
}

/* ---- running ---- */

/* Rows in chunks on all threads. */
struct work {
    struct lt_detect *d;
    const float *x;
    int64_t n;
    const struct looker *looker; /* the network at work */
    const struct lt_term *term;  /* the term of it at work */
    double *value;               /* (n) of this term */
};
enum { CHUNK = 64 };

static void run(struct work *w, lt_chunk_fn *fn)
{
    lt_parallel(w->d->backend->threads, lt_chunks((size_t)w->n, CHUNK), fn, w);
}

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
        lt_lens_apply(&d->model->detector, w->looker->lens, f, w->x + begin * f, n,
                      d->input + begin * f, f);
}

/* Shows the rows to one network: their codes, their reconstructions and where they settle, as
 * asked. */
static void look(struct work *w, int network, int wants)
{
    struct lt_detect *d = w->d;
    struct looker *l = &d->looker[network];
    struct lt_pass pass = {.rows = w->n};
    w->looker = l;
    run(w, look_chunk);
    lt_net_put_input(l->net, d->input, w->n);
    lt_net_encode(l->net, &pass);
    if (wants & CODES)
        lt_net_get_code(l->net, d->codes, w->n);
    if (wants & (OUTPUT | SETTLED)) {
        lt_net_decode(l->net, &pass);
        lt_net_get_output(l->net, d->output, w->n);
    }
    for (int i = 1; wants & SETTLED && i < LT_TERM_PASSES; i++) {
        lt_net_put_input(l->net, i == 1 ? d->output : d->settled, w->n);
        lt_net_encode(l->net, &pass);
        lt_net_decode(l->net, &pass);
        lt_net_get_output(l->net, d->settled, w->n);
    }
}

static void residual_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const struct lt_detect *d = w->d;
    const float *output = w->term->kind == LT_TERM_SETTLED ? d->settled : d->output;
    int64_t f = d->features;
    (void)thread;
    for (size_t r = lt_chunk_begin(chunk, CHUNK); r < lt_chunk_end(chunk, CHUNK, (size_t)w->n);
         r++) {
        const float *y = d->input + (int64_t)r * f, *back = output + (int64_t)r * f;
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
    run(w, square_chunk);
}

void lt_detect_terms(struct lt_detect *d, const float *x, int64_t n, double *value, int64_t stride)
{
    const struct lt_detector *detector = &d->model->detector;
    struct work w = {.d = d, .x = x, .n = n};
    for (int k = 0; k < d->model->networks; k++) {
        if (!d->looker[k].net)
            continue;
        look(&w, k, d->looker[k].wants);
        for (int i = 0; i < detector->terms; i++) {
            w.term = &detector->term[i];
            w.value = value + i * stride;
            if (w.term->network != k)
                continue;
            if (w.term->kind == LT_TERM_CODE)
                code_term(&w);
            else
                run(&w, residual_chunk);
        }
    }
}

void lt_detect_codes(struct lt_detect *d, int term, const float *x, int64_t n, float *codes)
{
    const struct lt_term *t = &d->model->detector.term[term];
    struct work w = {.d = d, .x = x, .n = n};
    look(&w, t->network, CODES);
    memcpy(codes, d->codes,
           (size_t)(n * lt_net_spec_dims(&d->model->network[t->network].spec)) * sizeof *codes);
}

void lt_detect_changes(struct lt_detect *d, const float *x, float *change)
{
    struct work w = {.d = d, .x = x, .n = 1};
    look(&w, d->model->detector.term[0].network, OUTPUT);
    for (int64_t j = 0; j < d->features; j++)
        change[j] = isnan(d->input[j]) ? 0 : d->output[j] - d->input[j];
}

void lt_detect_scores(struct lt_detect *d, const float *x, int64_t n, double *score)
{
    const struct lt_detector *detector = &d->model->detector;
    const bool plain = detector->kind == LT_DETECTOR_RECONSTRUCTION;
    lt_detect_terms(d, x, n, d->value, LT_DETECT_ROWS);
    for (int64_t r = 0; r < n; r++) {
        double sum = 0;
        for (int i = 0; i < detector->terms; i++) {
            double value = d->value[i * LT_DETECT_ROWS + r];
            sum += plain ? value / (double)d->features
                         : lt_detect_common(&detector->term[i], value) / detector->terms;
        }
        score[r] = sum;
    }
}

int lt_detect_table(struct lt_detect *d, const struct lt_table *table, const int64_t *rows,
                    int64_t n, bool terms, double *value, struct lt_error *err)
{
    struct lt_feed *feed = NULL;
    float *x = NULL;
    int rc =
        lt_feed_create(&feed, table, &d->model->prep, LT_DETECT_ROWS, d->backend->threads, err);
    if (!rc)
        rc = lt_alloc(&x, LT_DETECT_ROWS * (size_t)d->features, sizeof *x, "rows", err);
    for (int64_t at = 0; at < n && !rc; at += LT_DETECT_ROWS) {
        int64_t m = n - at < LT_DETECT_ROWS ? n - at : LT_DETECT_ROWS;
        rc = lt_feed_rows(feed, rows + at, m, x, err);
        if (!rc && terms)
            lt_detect_terms(d, x, m, value + at, n);
        else if (!rc)
            lt_detect_scores(d, x, m, value + at);
    }
    lt_free(x);
    lt_feed_free(&feed);
    return rc;
}
