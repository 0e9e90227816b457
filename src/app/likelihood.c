#include "app/likelihood.h"

#include "app/binarise.h"
#include "app/pace.h"
#include "app/rows.h"
#include "base/fmath.h"
#include "base/mem.h"
#include "base/rng.h"
#include <math.h>

enum { BATCH = 512 };             /* rows encoded, and codes of one row decoded, at once */
static const double TELLS = 0.01; /* nats that a unit in use tells of a row, at least */

/* What the pass over the rows finds. */
struct likelihood {
    const struct lt_case *c;
    const struct lt_net_spec *spec;
    const struct lt_node *head; /* NULL: no likelihood */
    int64_t inputs, dims;
    double variance; /* of normal outputs */
    double *told;    /* (dims) nats per row that each unit tells, on average */
    double divergence;
    double nll, squares, bound; /* sums over rows of -log p, its square, and the bound on it */
};

/* What stands ready for it. */
struct tools {
    struct lt_rows rows;
    struct lt_net *net;
    float *x, *copies;   /* (BATCH, D) */
    float *mean, *sigma; /* (BATCH, K) */
    float *codes;        /* (BATCH, K) */
    double *weight;      /* (BATCH): log of importance weights, less what all share */
    double *loss;        /* (BATCH) */
};

static void tools_free(struct tools *t)
{
    lt_rows_close(&t->rows);
    lt_net_free(&t->net);
    float *floats[] = {t->x, t->copies, t->mean, t->sigma, t->codes};
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        lt_free(floats[i]);
    lt_free(t->weight);
    lt_free(t->loss);
}

static int tools_create(struct tools *t, const struct likelihood *l, struct lt_error *err)
{
    const struct lt_case *c = l->c;
    const size_t wide = BATCH * (size_t)l->inputs, narrow = BATCH * (size_t)l->dims;
    const struct {
        float **array;
        size_t n;
    } floats[] = {{&t->x, wide},
                  {&t->copies, wide},
                  {&t->mean, narrow},
                  {&t->sigma, narrow},
                  {&t->codes, narrow}};
    int rc = lt_rows_open(&t->rows, c->table, &c->model->prep, c->rows, c->count, BATCH, err);
    if (!rc)
        rc = lt_net_create(&t->net, l->spec, c->backend,
                           &(struct lt_net_options){.rows = BATCH, .precision = c->precision}, err);
    for (size_t i = 0; i < sizeof floats / sizeof *floats && !rc; i++)
        rc = lt_alloc(floats[i].array, floats[i].n, sizeof(float), "samples", err);
    if (!rc)
        rc = lt_alloc(&t->weight, BATCH, sizeof *t->weight, "samples", err);
    if (!rc)
        rc = lt_alloc(&t->loss, BATCH, sizeof *t->loss, "samples", err);
    if (!rc)
        lt_net_set_weights(t->net, c->model->network[0].params);
    return rc;
}

/* ---- how much codes tell ---- */

/* KL(N(mean, sigma^2) || N(0, 1)), unit by unit; see net/layers/sample.c. */
static void add_divergences(struct likelihood *l, const struct tools *t, int64_t n)
{
    for (int64_t i = 0; i < n * l->dims; i++) {
        const double m = (double)t->mean[i], s = (double)t->sigma[i];
        const double nats = (m * m + s * s - 1) / 2 - lt_log(s);
        l->told[i % l->dims] += nats / (double)l->c->count;
        l->divergence += nats / (double)l->c->count;
    }
}

/* ---- how likely rows are ---- */

/* Row r's next n codes, and the part of their weights that the codes decide: log p(z) - log q(z | x) =
 * sum of (e^2 - z^2) / 2 + log sigma, where z = mean + sigma e. */
static void draw_codes(const struct likelihood *l, struct tools *t, int64_t batch_row, int64_t row,
                       uint32_t run, int64_t n)
{
    const float *mean = t->mean + batch_row * l->dims, *sigma = t->sigma + batch_row * l->dims;
    const struct lt_stream s = lt_stream(l->c->seed, LT_RNG_CODE, run, (uint64_t)row);
    double shared = 0;
    for (int64_t j = 0; j < l->dims; j++)
        shared += lt_log((double)sigma[j]);
    lt_fill_normal(&s, t->codes, (size_t)(n * l->dims));
    for (int64_t i = 0; i < n; i++) {
        float *z = t->codes + i * l->dims;
        double squares = 0;
        for (int64_t j = 0; j < l->dims; j++) {
            const double e = (double)z[j];
            z[j] = mean[j] + sigma[j] * z[j];
            squares += e * e - (double)z[j] * (double)z[j];
        }
        t->weight[i] = shared + squares / 2;
    }
}

/* -log p(x | z) from the head's loss. */
static double surprise(const struct likelihood *l, double loss, int64_t seen)
{
    const double pi = 3.14159265358979323846;
    if (l->head->loss == LT_LOSS_BCE)
        return loss;
    return loss / (2 * l->variance) + (double)seen * lt_log(2 * pi * l->variance) / 2;
}

/* log of a sum of exponentials, term by term. */
struct log_sum {
    double largest, sum; /* sum of exp(term - largest) */
};
static void log_sum_add(struct log_sum *s, double term)
{
    if (term <= s->largest) {
        s->sum += lt_exp(term - s->largest);
        return;
    }
    s->sum = s->sum * lt_exp(s->largest - term) + 1;
    s->largest = term;
}

static void rate_row(struct likelihood *l, struct tools *t, int64_t batch_row, int64_t row)
{
    const float *x = t->x + batch_row * l->inputs;
    const int64_t samples = l->c->samples, copies = samples < BATCH ? samples : BATCH;
    struct log_sum total = {-1e300, 0};
    double bound = 0;
    int64_t seen = 0;
    for (int64_t j = 0; j < l->inputs; j++)
        seen += !isnan(x[j]);
    for (int64_t i = 0; i < copies; i++)
        memcpy(t->copies + i * l->inputs, x, (size_t)l->inputs * sizeof *x);
    lt_net_put_input(t->net, t->copies, copies);
    for (int64_t done = 0; done < samples; done += BATCH) {
        const int64_t n = samples - done < BATCH ? samples - done : BATCH;
        draw_codes(l, t, batch_row, row, (uint32_t)(done / BATCH), n);
        lt_net_put_code(t->net, t->codes, n);
        lt_net_rate(t->net, &(struct lt_pass){.rows = n});
        lt_net_get_losses(t->net, t->loss, NULL, n);
        for (int64_t i = 0; i < n; i++) {
            const double weight = t->weight[i] - surprise(l, t->loss[i], seen);
            log_sum_add(&total, weight);
            bound -= weight / (double)samples;
        }
    }
    const double nll = -(total.largest + lt_log(total.sum / (double)samples));
    l->nll += nll;
    l->squares += nll * nll;
    l->bound += bound;
}

static int measure_batch(struct likelihood *l, struct tools *t, struct lt_pace *pace, int64_t begin,
                         struct lt_error *err)
{
    const struct lt_case *c = l->c;
    const int64_t n = c->count - begin < BATCH ? c->count - begin : BATCH;
    int rc = t->rows.read(t->rows.context, begin, n, t->x, err);
    if (rc)
        return rc;
    for (int64_t i = 0; i < n && l->head && l->head->loss == LT_LOSS_BCE; i++)
        lt_binarise_row(c->seed, LT_EPOCH_MEASURE, begin + i, l->inputs, t->x + i * l->inputs);
    lt_net_put_input(t->net, t->x, n);
    lt_net_encode(t->net, &(struct lt_pass){.rows = n});
    lt_net_get_code(t->net, t->mean, n);
    lt_net_get_spread(t->net, t->sigma, n);
    add_divergences(l, t, n);
    for (int64_t i = 0; i < n && c->samples > 0 && !rc; i++) {
        rate_row(l, t, i, begin + i);
        rc = lt_pace_tell(pace, begin + i + 1, err);
    }
    return rc;
}

/* ---- telling ---- */

static void tell(const struct likelihood *l, struct lt_report *r)
{
    int64_t used = 0;
    for (int64_t j = 0; j < l->dims; j++)
        used += l->told[j] >= TELLS;
    lt_report_line(r,
                   "variational code: tells %.4g nats of a row (divergence from the standard "
                   "normal); %lld of %lld units tell %g nats or more",
                   l->divergence, (long long)used, (long long)l->dims, TELLS);
    lt_report_number(r, "vae.divergence", l->divergence);
    lt_report_integer(r, "vae.units_used", used);
    lt_report_number(r, "vae.weight", (double)l->spec->node[lt_net_spec_sampler(l->spec)].weight);
    if (l->c->samples == 0)
        return;
    const double rows = (double)l->c->count, nll = l->nll / rows;
    const double spread = sqrt(fmax(l->squares / rows - nll * nll, 0) / rows);
    lt_report_line(r,
                   "negative log-likelihood %.5g nats per row (standard error %.2g; %lld samples "
                   "a row%s); the bound that training lowers: %.5g",
                   nll, spread, (long long)l->c->samples,
                   l->head->loss == LT_LOSS_BCE ? ", rows drawn as zeros and ones" : "",
                   l->bound / rows);
    lt_report_number(r, "nll.nats", nll);
    lt_report_number(r, "nll.standard_error", spread);
    lt_report_number(r, "nll.bound", l->bound / rows);
    lt_report_number(r, "nll.bits_per_value", nll / (double)l->inputs / lt_log(2));
    lt_report_integer(r, "nll.samples", l->c->samples);
}

/* The head whose outputs are distributions; NULL: there is none, or more than one. */
static const struct lt_node *likely_head(const struct lt_net_spec *spec)
{
    const struct lt_node *found = NULL;
    for (int i = 0; i < spec->count; i++) {
        const struct lt_node *n = &spec->node[i];
        if (n->kind != LT_NODE_HEAD)
            continue;
        if (found || (n->loss != LT_LOSS_BCE && n->loss != LT_LOSS_MSE) ||
            lt_shape_width(n->shape) != lt_net_spec_inputs(spec))
            return NULL;
        found = n;
    }
    return found;
}

int lt_judge_variational(const struct lt_case *c, struct lt_report *report, struct lt_error *err)
{
    const struct lt_net_spec *spec = &c->model->network[0].spec;
    struct likelihood l = {.c = c,
                           .spec = spec,
                           .head = likely_head(spec),
                           .inputs = lt_net_spec_inputs(spec),
                           .dims = lt_net_spec_dims(spec)};
    struct tools t = {0};
    const int sampler = lt_net_spec_sampler(spec);
    if (!sampler && c->samples > 0)
        return lt_fail(err, LT_EUSAGE,
                       "only variational models know how likely rows are; train one "
                       "with --vae");
    if (!sampler)
        return LT_OK;
    if (!l.head && c->samples > 0)
        return lt_fail(err, LT_EUSAGE,
                       "likelihoods are told of models with one loss, bce or mse; this one has "
                       "another, or categories");
    l.variance = (double)spec->node[sampler].amount;
    int rc = lt_alloc(&l.told, (size_t)l.dims, sizeof *l.told, "units", err);
    if (!rc)
        rc = tools_create(&t, &l, err);
    struct lt_pace pace = lt_pace_start(c->listener, "rating", c->count);
    for (int64_t begin = 0; begin < c->count && !rc; begin += BATCH)
        rc = measure_batch(&l, &t, &pace, begin, err);
    if (!rc)
        tell(&l, report);
    tools_free(&t);
    lt_free(l.told);
    return rc;
}
