#include "app/judge.h"
#include "app/codes.h"
#include "app/judge_denoiser.h"
#include "app/likelihood.h"

#include "app/metrics.h"
#include "app/ordered.h"
#include "app/record.h"
#include "base/fmath.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    BATCH = 512,       /* rows measured at once */
    ROWS_FEW = 400,    /* judged rows below which the interval is called wide */
    ROWS_TOO_FEW = 20, /* ... and below which nothing is promised or looked for */
    DEAD_ONE_IN = 20,  /* a layer with more than one dead unit in so many is worth a warning */
    DUPLICATES_ONE_IN = 100, /* as are copies of training rows */
};

/* What the pass over the rows finds. */
struct measures {
    const struct lt_net_spec *spec;
    int64_t rows, inputs, dims, pca_dims;
    struct lt_codes codes;
    bool sparse;  /* PCA gets as many numbers as units of the code speak for a row */
    bool entropy; /* the loss is cross-entropy: `loss` is in nats */
    double *work; /* the arrays that follow, (rows) each */
    double *squared, *pca_squared, *mean_squared, *loss;
    double error, pca_error, mean_error, nats; /* means of them */
    double nats_floor;                         /* least cross-entropy possible on these values */
    struct lt_moments data, output, unit[LT_NODES_MAX];
    bool *copy; /* (rows), stands in training too; NULL: not known */
    int64_t copies;
    struct lt_interval ratio; /* PCA's error / the model's */
};

/* A unit is a value of a hidden dense layer, normalised where it is, or of the code.  Dense layers
 * that only feed the code or a head are the code's or the output's values themselves, as are those that tell
 * of its distribution. */
static bool has_units(const struct lt_net_spec *spec, int node)
{
    if (node == spec->code)
        return true;
    if (lt_prefix_share(spec, lt_prefix_of(spec, node), &(struct lt_pass){0}) <= 0)
        return false; /* of a decoder for narrower codes */
    const struct lt_node *n = &spec->node[node];
    if (n->kind != LT_NODE_DENSE &&
        (n->kind != LT_NODE_NORM || spec->node[n->input[0]].kind != LT_NODE_DENSE))
        return false;
    const int sampler = lt_net_spec_sampler(spec);
    if (sampler && (spec->node[sampler].input[0] == node || spec->node[sampler].input[1] == node))
        return false;
    for (int i = node + 1; i < spec->count; i++)
        for (int k = 0; k < spec->node[i].inputs; k++)
            if (spec->node[i].input[k] == node && i != spec->code &&
                spec->node[i].kind != LT_NODE_HEAD && spec->node[i].kind != LT_NODE_NORM)
                return true;
    return false;
}

static bool all_cross_entropy(const struct lt_net_spec *spec)
{
    for (int i = 0; i < spec->count; i++)
        if (spec->node[i].kind == LT_NODE_HEAD &&
            (spec->node[i].loss != LT_LOSS_BCE || spec->node[i].weight < 1.0f ||
             spec->node[i].weight > 1.0f))
            return false;
    return true;
}

static void measures_free(struct measures *m)
{
    lt_free(m->work);
    lt_free(m->copy);
    lt_codes_free(&m->codes);
    lt_moments_free(&m->data);
    lt_moments_free(&m->output);
    for (int i = 0; i < LT_NODES_MAX; i++)
        lt_moments_free(&m->unit[i]);
}

static int measures_create(struct measures *m, const struct lt_case *c, struct lt_error *err)
{
    const struct lt_net_spec *spec = &c->model->network[0].spec;
    *m = (struct measures){.spec = spec,
                           .rows = c->count,
                           .inputs = lt_net_spec_inputs(spec),
                           .dims = lt_net_spec_dims(spec),
                           .entropy = all_cross_entropy(spec)};
    m->pca_dims = c->model->baseline.dims < m->dims ? c->model->baseline.dims : m->dims;
    size_t n = (size_t)c->count;
    int rc = lt_codes_create(&m->codes, spec, err);
    if (rc == LT_OK)
        rc = lt_alloc(&m->work, 4 * n, sizeof *m->work, "errors of rows", err);
    if (rc)
        return rc;
    m->sparse = m->codes.sparsity != LT_SPARSITY_NONE;
    m->squared = m->work;
    m->pca_squared = m->work + n;
    m->mean_squared = m->work + 2 * n;
    m->loss = m->work + 3 * n;
    rc = lt_moments_create(&m->data, m->inputs, err);
    if (rc == LT_OK)
        rc = lt_moments_create(&m->output, m->inputs, err);
    for (int i = 0; rc == LT_OK && i < spec->count; i++)
        if (has_units(spec, i))
            rc = lt_moments_create(&m->unit[i], lt_shape_width(spec->node[i].shape), err);
    if (rc == LT_OK && c->train)
        rc = lt_alloc(&m->copy, n, sizeof *m->copy, "marks of rows", err);
    return rc;
}

/* H(t) = -t log t - (1 - t) log(1 - t), in nats: the least cross-entropy that a prediction of t
 * can have, reached by t itself. */
static double entropy(double t)
{
    return t > 0 && t < 1 ? -t * lt_log(t) - (1 - t) * lt_log(1 - t) : 0;
}

/* ---- the pass over the rows ---- */

struct bench { /* what stands ready for it */
    struct lt_rows rows;
    struct lt_net *net;
    struct lt_linear *linear;
    float *x, *out; /* (BATCH, D) */
    float *units;   /* (BATCH, widest) */
    int64_t *ids;   /* (BATCH) */
};

static void bench_free(struct bench *b)
{
    lt_rows_close(&b->rows);
    lt_net_free(&b->net);
    lt_linear_free(&b->linear);
    lt_free(b->x);
    lt_free(b->out);
    lt_free(b->units);
    lt_free(b->ids);
}

static int bench_create(struct bench *b, const struct lt_case *c, const struct measures *m,
                        struct lt_error *err)
{
    /* A net that trains keeps the values of every node, which is where dead units show. */
    const struct lt_net_options options = {
        .rows = BATCH, .training = true, .precision = LT_PRECISION_F32};
    size_t values = (size_t)BATCH * (size_t)m->inputs;
    int64_t widest = 0;
    for (int i = 0; i < m->spec->count; i++)
        widest = m->unit[i].width > widest ? m->unit[i].width : widest;
    *b = (struct bench){0};
    int rc = lt_rows_open(&b->rows, c->table, &c->model->prep, c->rows, c->count, BATCH, err);
    if (rc == LT_OK)
        rc = lt_net_create(&b->net, m->spec, c->backend, &options, err);
    if (rc == LT_OK)
        rc = lt_alloc(&b->x, values, sizeof *b->x, "a batch of rows", err);
    if (rc == LT_OK)
        rc = lt_alloc(&b->out, values, sizeof *b->out, "a batch of rows", err);
    if (rc == LT_OK)
        rc = lt_alloc(&b->units, (size_t)(BATCH * widest), sizeof *b->units, "units", err);
    if (rc == LT_OK)
        rc = lt_alloc(&b->ids, BATCH, sizeof *b->ids, "row numbers", err);
    if (rc == LT_OK)
        lt_net_set_weights(b->net, c->model->network[0].params);
    return rc;
}

/* How many units of a sparse code speak for a row.  PCA then gets as many numbers. */
static int count_active(struct measures *m, struct bench *b, struct lt_error *err)
{
    int rc = LT_OK;
    for (int64_t begin = 0; rc == LT_OK && begin < m->rows; begin += BATCH) {
        int64_t n = m->rows - begin < BATCH ? m->rows - begin : BATCH;
        rc = b->rows.read(b->rows.context, begin, n, b->x, err);
        if (rc)
            break;
        lt_net_put_input(b->net, b->x, n);
        lt_net_encode(b->net, &(struct lt_pass){.rows = n, .row_ids = b->ids});
        lt_net_get_code(b->net, b->units, n);
        lt_codes_add(&m->codes, b->units, n);
    }
    int64_t numbers = (int64_t)(lt_codes_active(&m->codes) + 0.5);
    numbers = numbers < 1 ? 1 : numbers;
    m->pca_dims = numbers < m->pca_dims ? numbers : m->pca_dims;
    return rc;
}

static int measure_batch(struct measures *m, struct bench *b, int64_t begin, struct lt_error *err)
{
    int64_t n = m->rows - begin < BATCH ? m->rows - begin : BATCH;
    const struct lt_pass pass = {.rows = n, .row_ids = b->ids};
    int rc = b->rows.read(b->rows.context, begin, n, b->x, err);
    if (rc)
        return rc;
    lt_linear_errors(b->linear, b->x, n, m->mean_squared + begin, m->pca_squared + begin);
    lt_net_put_input(b->net, b->x, n);
    lt_net_forward(b->net, &pass);
    lt_net_get_losses(b->net, m->loss + begin, m->squared + begin, n);
    lt_net_get_output(b->net, b->out, n);
    lt_moments_add(&m->data, b->x, n);
    lt_moments_add(&m->output, b->out, n);
    for (int i = 0; i < m->spec->count; i++)
        if (m->unit[i].width > 0) {
            lt_net_get_node(b->net, i, b->units, n);
            lt_moments_add(&m->unit[i], b->units, n);
            if (i == m->spec->code && !m->sparse)
                lt_codes_add(&m->codes, b->units, n);
        }
    for (int64_t i = 0; m->entropy && i < n * m->inputs; i++)
        m->nats_floor += isnan(b->x[i]) ? 0 : entropy((double)b->x[i]) / (double)m->rows;
    return LT_OK;
}

static double mean_of(const double *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

static int measure(struct measures *m, const struct lt_case *c, struct lt_error *err)
{
    struct bench b = {0};
    int rc = bench_create(&b, c, m, err);
    if (rc == LT_OK && m->sparse)
        rc = count_active(m, &b, err);
    if (rc == LT_OK)
        rc = lt_linear_create(&b.linear, &c->model->baseline, m->inputs, m->pca_dims, c->backend,
                              BATCH, err);
    for (int64_t begin = 0; rc == LT_OK && begin < m->rows; begin += BATCH)
        rc = measure_batch(m, &b, begin, err);
    bench_free(&b);
    if (rc == LT_OK && m->copy)
        rc = lt_duplicates(m->copy, c->table, c->rows, c->count, c->train, c->train_rows,
                           c->train_count, err);
    for (int64_t i = 0; m->copy && i < m->rows; i++)
        m->copies += m->copy[i];
    m->error = mean_of(m->squared, m->rows);
    m->pca_error = mean_of(m->pca_squared, m->rows);
    m->mean_error = mean_of(m->mean_squared, m->rows);
    m->nats = mean_of(m->loss, m->rows);
    if (rc == LT_OK)
        rc = lt_bootstrap_ratio(&m->ratio, m->pca_squared, m->squared, m->rows, c->seed,
                                c->backend->threads, err);
    if (m->rows < ROWS_TOO_FEW)
        m->ratio.low = m->ratio.high = (double)NAN;
    return rc;
}

/* ---- the verdict ---- */

enum verdict { BEATS_PCA, USE_PCA, NOT_CONVERGED, COLLAPSED };
static const char *const verdict_words[] = {
    [BEATS_PCA] = "beats-pca",
    [USE_PCA] = "use-pca",
    [NOT_CONVERGED] = "not-converged",
    [COLLAPSED] = "collapsed",
};

/* Whether a ratio of errors is above the margin, as far as can be known. */
static bool exceeds_margin(struct lt_interval times)
{
    double surely = times.low <= times.high ? times.low : times.value;
    return surely > 1 + LT_JUDGE_MARGIN / 100.0;
}

static enum verdict decide(const struct measures *m, enum lt_settled settled)
{
    double varies = lt_moments_variance(&m->data);
    if (m->rows >= ROWS_TOO_FEW && varies > 0 && lt_moments_variance(&m->output) < 1e-4 * varies)
        return COLLAPSED;
    if (exceeds_margin(m->ratio))
        return BEATS_PCA;
    return settled == LT_SETTLED_NO ? NOT_CONVERGED : USE_PCA;
}

/* "4.6 times less error", in per cent below a factor of two. */
static const char *less_error(char *text, size_t size, double times)
{
    if (times >= 2)
        snprintf(text, size, "%.3g times less error", times);
    else
        snprintf(text, size, "%.3g %% less error", 100 - 100 / times);
    return text;
}

/* " (95 % interval 4.5 to 4.7)", in the same terms. */
static const char *interval(char *text, size_t size, struct lt_interval times)
{
    if (!(times.low <= times.high))
        snprintf(text, size, " (too few rows for an interval)");
    else if (times.value >= 2)
        snprintf(text, size, " (95 %% interval %.3g to %.3g)", times.low, times.high);
    else
        snprintf(text, size, " (95 %% interval %.3g to %.3g %%)", 100 - 100 / times.low,
                 100 - 100 / times.high);
    return text;
}

static void tell_beats(const struct measures *m, const char *pca, struct lt_report *r)
{
    char less[60], certain[80];
    if (m->error > 0)
        lt_report_verdict(r, verdict_words[BEATS_PCA], "The autoencoder leaves %s than %s%s.",
                          less_error(less, sizeof less, m->ratio.value), pca,
                          interval(certain, sizeof certain, m->ratio));
    else
        lt_report_verdict(r, verdict_words[BEATS_PCA],
                          "The autoencoder leaves no error at all; %s leaves %.3g per row.", pca,
                          m->pca_error);
    lt_report_next(r, "latent encode MODEL DATA -o codes.npy");
}

static void tell_use_pca(const struct measures *m, const char *pca, struct lt_report *r)
{
    char less[60], certain[80];
    const struct lt_interval inverse = {1 / m->ratio.value, 1 / m->ratio.high, 1 / m->ratio.low};
    if (exceeds_margin(inverse))
        lt_report_verdict(r, verdict_words[USE_PCA],
                          "Use PCA: %s leaves %s than the autoencoder%s.", pca,
                          less_error(less, sizeof less, inverse.value),
                          interval(certain, sizeof certain, inverse));
    else
        lt_report_verdict(r, verdict_words[USE_PCA],
                          "Use PCA: %s is as good; the autoencoder leaves %.3f times its error%s.",
                          pca, inverse.value, interval(certain, sizeof certain, inverse));
    lt_report_next(r, "a wider network may find what is not linear: latent train DATA -o MODEL "
                      "--layers 512,256 --epochs 200");
}

static void tell_verdict(const struct measures *m, enum verdict verdict, struct lt_report *r)
{
    char pca[120];
    if (m->pca_dims == m->dims)
        snprintf(pca, sizeof pca, "PCA with the same %lld number%s", (long long)m->dims,
                 m->dims == 1 ? "" : "s");
    else
        snprintf(pca, sizeof pca,
                 m->sparse ? "PCA with %lld number%s, as many as speak for a row"
                           : "PCA with only %lld number%s",
                 (long long)m->pca_dims, m->pca_dims == 1 ? "" : "s");
    switch (verdict) {
    case BEATS_PCA:
        tell_beats(m, pca, r);
        break;
    case USE_PCA:
        tell_use_pca(m, pca, r);
        break;
    case NOT_CONVERGED:
        lt_report_verdict(r, verdict_words[NOT_CONVERGED],
                          "Not converged: training ended while the error was still falling; so "
                          "far the autoencoder leaves %.3g times the error of %s.",
                          1 / m->ratio.value, pca);
        lt_report_next(r, "train longer: latent train DATA -o MODEL with more --epochs, or a "
                          "larger --budget");
        break;
    case COLLAPSED:
        lt_report_verdict(r, verdict_words[COLLAPSED],
                          "Collapsed: the network gives every row the same reconstruction, "
                          "because %s.",
                          lt_moments_constant(&m->unit[m->spec->code]) == m->dims
                              ? "its code does not vary"
                              : "its decoder does not listen to the code");
        lt_report_next(r, "train again with a tenth of the learning rate (--lr), or with --act "
                          "elu, or without --l1 and --l2");
        break;
    }
}

/* ---- numbers ---- */

const char *lt_units(const struct lt_prep *prep)
{
    static const char *const units[LT_SCALINGS] = {
        [LT_SCALING_AUTO] = "scaled units of each column", /* they differ */
        [LT_SCALING_NONE] = "the data's own units",
        [LT_SCALING_BYTES] = "scaled units (bytes / 255)",
        [LT_SCALING_STANDARD] = "standard deviations of each column",
        [LT_SCALING_MINMAX] = "ranges of each column",
        [LT_SCALING_ROBUST] = "interquartile ranges of each column / 1.349",
        [LT_SCALING_QUANTILE] = "normal scores of each column",
    };
    enum lt_scaling scaling = lt_prep_scaling(prep);
    bool wide = scaling == LT_SCALING_BYTES && prep->schema.group[0].type == LT_U16;
    return wide ? "scaled units (16-bit values / 65535)" : units[scaling];
}

static void row_of_table(struct lt_report *r, const struct measures *m, const char *name,
                         double error)
{
    double kept = m->mean_error > 0 ? 100 * (1 - error / m->mean_error) : 0;
    lt_report_line(r, "  %-26s %14.5g %12.4g %10.2f %%", name, error, error / (double)m->inputs,
                   kept);
}

static void tell_numbers(const struct lt_case *c, const struct measures *m, struct lt_report *r)
{
    char name[64];
    lt_report_line(r, "  %-26s %14s %12s %12s", "", "squared error", "MSE", "variance");
    lt_report_line(r, "  %-26s %14s %12s %12s", "", "per row", "per value", "kept");
    snprintf(name, sizeof name, "autoencoder, %lld number%s", (long long)m->dims,
             m->dims == 1 ? "" : "s");
    row_of_table(r, m, name, m->error);
    snprintf(name, sizeof name, "PCA, %lld number%s", (long long)m->pca_dims,
             m->pca_dims == 1 ? "" : "s");
    row_of_table(r, m, name, m->pca_error);
    row_of_table(r, m, "mean of training rows", m->mean_error);
    lt_codes_report(&m->codes, &m->unit[m->spec->code], lt_record_contracts(c->model), r);
    if (!m->sparse && m->pca_dims < m->dims)
        lt_report_line(r, "PCA stops at %lld: its training rows vary in no more directions",
                       (long long)m->pca_dims);
    lt_report_line(r, "errors in %s; summed over %lld inputs, averaged over %lld %s",
                   lt_units(&c->model->prep), (long long)m->inputs, (long long)m->rows,
                   c->rows_are    ? c->rows_are
                   : m->rows == 1 ? "row"
                                  : "rows");
    lt_report_integer(r, "rows", m->rows);
    lt_report_integer(r, "inputs", m->inputs);
    lt_report_integer(r, "dims", m->dims);
    lt_report_number(r, "squared_error", m->error);
    lt_report_number(r, "mse", m->error / (double)m->inputs);
    lt_report_integer(r, "pca.dims", m->pca_dims);
    lt_report_number(r, "pca.squared_error", m->pca_error);
    lt_report_number(r, "pca.mse", m->pca_error / (double)m->inputs);
    lt_report_number(r, "mean.squared_error", m->mean_error);
    lt_report_number(r, "mean.mse", m->mean_error / (double)m->inputs);
    lt_report_number(r, "ratio.value", m->ratio.value);
    lt_report_number(r, "ratio.low", m->ratio.low);
    lt_report_number(r, "ratio.high", m->ratio.high);
    lt_report_string(r, "scaling", lt_prep_scaling_name(&c->model->prep));
    lt_report_string(r, "weights_sha256", c->model->weights_sha256);
}

/* Cross-entropy beside the best constant prediction and the least that is possible. */
static void tell_nats(const struct measures *m, struct lt_report *r)
{
    double constant = 0;
    if (!m->entropy)
        return;
    for (int64_t i = 0; i < m->inputs; i++)
        constant += entropy(lt_moments_mean(&m->data, i));
    lt_report_line(r,
                   "cross-entropy %.5g nats per row (the best constant prediction: %.5g; a "
                   "perfect one: %.5g)",
                   m->nats, constant, m->nats_floor);
    lt_report_number(r, "nats", m->nats);
    lt_report_number(r, "mean.nats", constant);
    lt_report_number(r, "perfect.nats", m->nats_floor);
}

/* Bytes of the weights that decoding needs, tied ones included. */
static int64_t decoder_bytes(const struct lt_network *network)
{
    const struct lt_net_spec *spec = &network->spec;
    bool encoder[LT_NODES_MAX], needed[LT_NODES_MAX] = {false};
    int64_t values = 0;
    lt_mark_below(spec, spec->code, encoder);
    for (int i = 0; i < spec->count; i++)
        if (!encoder[i] && spec->node[i].tied)
            needed[spec->node[i].tied] = true;
    for (int p = 0; p < network->layout.count; p++) {
        const struct lt_param *q = &network->layout.param[p];
        if (!encoder[q->node] || (needed[q->node] && q->kind == LT_PARAM_WEIGHT))
            values += q->rows * q->cols;
    }
    return values * (int64_t)sizeof(float);
}

void lt_report_sizes(struct lt_report *r, const struct lt_model *model)
{
    const struct lt_net_spec *spec = &model->network[0].spec;
    const struct lt_schema *schema = &model->prep.schema;
    int64_t inputs = lt_net_spec_inputs(spec), dims = lt_net_spec_dims(spec), bytes = 0;
    for (int i = 0; i < schema->groups; i++)
        bytes += schema->group[i].width * (int64_t)lt_type_size(schema->group[i].type);
    int64_t code = dims * (int64_t)sizeof(float), decoder = decoder_bytes(&model->network[0]);
    double dimensions = (double)inputs / (double)dims, ratio = (double)bytes / (double)code;
    lt_report_line(
        r,
        "sizes: %lld inputs to %lld number%s is %.4g x in dimensions; %lld bytes (%s) "
        "to %lld (f4) is %.3g x in bytes%s, the decoder's %.4g kB not counted",
        (long long)inputs, (long long)dims, dims == 1 ? "" : "s", dimensions, (long long)bytes,
        schema->groups == 1 ? lt_type_name(schema->group[0].type) : "as stored", (long long)code,
        ratio, ratio < 1 ? " (codes are larger)" : "", (double)decoder / 1000);
    lt_report_number(r, "sizes.dimensions_ratio", dimensions);
    lt_report_integer(r, "sizes.bytes_row", bytes);
    lt_report_integer(r, "sizes.bytes_code", code);
    lt_report_number(r, "sizes.bytes_ratio", ratio);
    lt_report_integer(r, "sizes.bytes_decoder", decoder);
}

/* ---- warnings ---- */

static void warn_of_dead_units(const struct measures *m, struct lt_report *r)
{
    int64_t dead = 0, units = 0, worst = 0, worst_of = 0;
    const char *name = NULL;
    for (int i = 0; i < m->spec->count; i++) {
        int64_t width = m->unit[i].width, constant = lt_moments_constant(&m->unit[i]);
        bool many = i == m->spec->code ? constant > 0 : constant * DEAD_ONE_IN > width;
        dead += constant;
        units += width;
        if (many && (!name || constant * worst_of > worst * width))
            name = m->spec->node[i].name, worst = constant, worst_of = width;
    }
    lt_report_integer(r, "units.total", units);
    lt_report_integer(r, "units.dead", dead);
    if (name)
        lt_report_warn(r, "dead_units",
                       "%lld of the %lld units of \"%s\" never vary (%lld of all %lld units); a "
                       "smaller learning rate or --act elu avoids dead units",
                       (long long)worst, (long long)worst_of, name, (long long)dead,
                       (long long)units);
}

/* Shares of cells that are missing, and columns that were left out. */
static void tell_columns(const struct lt_case *c, const struct measures *m, struct lt_report *r)
{
    const struct lt_prep *prep = &c->model->prep;
    double seen = 0, cells = (double)m->rows * (double)m->inputs;
    for (int64_t i = 0; i < m->inputs; i++)
        seen += m->data.seen[i];
    lt_report_integer(r, "columns", prep->schema.columns);
    lt_report_integer(r, "constant_columns", lt_prep_count(prep, LT_KIND_CONSTANT, NULL));
    if (seen < cells) {
        lt_report_number(r, "missing.fraction", 1 - seen / cells);
        lt_report_line(r, "%.3g %% of the inputs are missing; errors are over those present",
                       100 * (1 - seen / cells));
    }
}

static void warn_of_copies(const struct measures *m, struct lt_report *r)
{
    double rest = 0;
    if (!m->copy)
        return;
    for (int64_t i = 0; i < m->rows; i++)
        rest += m->copy[i] ? 0 : m->squared[i];
    lt_report_integer(r, "duplicates.rows", m->copies);
    lt_report_number(r, "duplicates.fraction", (double)m->copies / (double)m->rows);
    if (m->copies < m->rows)
        lt_report_number(r, "duplicates.squared_error_without",
                         rest / (double)(m->rows - m->copies));
    if (m->copies * DUPLICATES_ONE_IN < m->rows)
        return;
    char without[80] = "";
    if (m->copies < m->rows)
        snprintf(without, sizeof without, "; on the others the squared error is %.5g",
                 rest / (double)(m->rows - m->copies));
    lt_report_warn(r, "duplicates",
                   "%.3g %% of the judged rows also stand in training (%lld of %lld)%s",
                   100 * (double)m->copies / (double)m->rows, (long long)m->copies,
                   (long long)m->rows, without);
}

static void warn_of_few_rows(const struct measures *m, struct lt_report *r)
{
    if (m->rows < ROWS_TOO_FEW)
        lt_report_warn(r, "few_rows",
                       "%lld row%s too few to promise anything; collapse and dead units are not "
                       "looked for",
                       (long long)m->rows, m->rows == 1 ? " is" : "s are");
    else if (m->rows < ROWS_FEW)
        lt_report_warn(r, "few_rows",
                       "only %lld rows judge, so the interval is wide: other rows may tell "
                       "otherwise within it",
                       (long long)m->rows);
}

int lt_judge(const struct lt_case *c, struct lt_report *r, struct lt_error *err)
{
    struct measures m = {0};
    if (c->count < 1)
        return lt_fail(err, LT_EUSAGE, "there are no rows to judge");
    if (lt_model_denoises(c->model))
        return lt_judge_denoiser(c, r, err);
    int rc = measures_create(&m, c, err);
    if (rc == LT_OK)
        rc = measure(&m, c, err);
    if (rc)
        goto out;
    enum verdict verdict = decide(&m, c->settled);
    tell_verdict(&m, verdict, r);
    tell_numbers(c, &m, r);
    tell_nats(&m, r);
    rc = lt_judge_variational(c, r, err);
    if (rc)
        goto out;
    rc = lt_judge_ordered(c, r, err);
    if (rc)
        goto out;
    lt_report_sizes(r, c->model);
    warn_of_few_rows(&m, r);
    if (m.rows >= ROWS_TOO_FEW && verdict != COLLAPSED)
        warn_of_dead_units(&m, r);
    tell_columns(c, &m, r);
    warn_of_copies(&m, r);
    if (c->settled == LT_SETTLED_NO && verdict == BEATS_PCA)
        lt_report_warn(r, "not_converged",
                       "training ended while the error was still falling; more --epochs or a "
                       "larger --budget would lower it");
out:
    measures_free(&m);
    return rc;
}
