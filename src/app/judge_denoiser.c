#include "app/judge_denoiser.h"

#include "app/build.h"
#include "app/rows.h"
#include "base/mem.h"
#include "train/trainer.h"
#include <math.h>

bool lt_model_denoises(const struct lt_model *model)
{
    const struct lt_net_spec *spec = &model->network[0].spec;
    const struct lt_shape code = spec->node[spec->code].shape;
    bool noise = false;
    for (int i = 0; i < spec->count; i++)
        noise |= spec->node[i].kind == LT_NODE_NOISE;
    return noise && code.h * code.w > 1;
}

/* The node that corrupts; a denoiser has one. */
static int noise_node(const struct lt_net_spec *spec)
{
    int node = 0;
    while (node < spec->count - 1 && spec->node[node].kind != LT_NODE_NOISE)
        node++;
    return node;
}

/* The noise of the network, in words. */
static void noise_of(const struct lt_model *model, char text[LT_NOISE_TEXT], bool *range)
{
    const struct lt_net_spec *spec = &model->network[0].spec;
    const struct lt_node *n = &spec->node[noise_node(spec)];
    lt_noise_text(n->noise, (double)n->amount, (double)n->most, text, LT_NOISE_TEXT);
    *range = n->most > n->amount;
}

struct denoised {
    int64_t rows, inputs;
    double before, after; /* squared error per row */
};

/* Images are large, so few at a time. */
enum { BATCH = 8 };

static double squared_distance(const float *a, const float *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sum;
}

static int measure(struct denoised *d, const struct lt_case *c, struct lt_net *net,
                   struct lt_rows *rows, struct lt_rows *partners, float *x, float *noisy,
                   struct lt_error *err)
{
    int rc = LT_OK;
    for (int64_t at = 0; at < d->rows && !rc; at += BATCH) {
        const int64_t n = d->rows - at < BATCH ? d->rows - at : BATCH;
        int64_t ids[BATCH];
        double squared[BATCH];
        for (int64_t i = 0; i < n; i++)
            ids[i] = at + i;
        rc = rows->read(rows->context, at, n, x, err);
        if (!rc && c->noisy)
            rc = partners->read(partners->context, at, n, noisy, err);
        if (rc)
            break;
        lt_net_put_input(net, x, n);
        lt_net_forward(net, &(struct lt_pass){.rows = n,
                                              .training = true,
                                              .measures = true,
                                              .seed = c->seed,
                                              .epoch = LT_EPOCH_MEASURE,
                                              .row_ids = ids,
                                              .partners = c->noisy ? noisy : NULL});
        lt_net_get_losses(net, NULL, squared, n);
        lt_net_get_noisy(net, noisy, n);
        d->before += squared_distance(noisy, x, n * d->inputs);
        for (int64_t i = 0; i < n; i++)
            d->after += squared[i];
    }
    d->before /= (double)d->rows;
    d->after /= (double)d->rows;
    return rc;
}

static double psnr(const struct denoised *d, double squared_error)
{
    return -10 * log10(squared_error / (double)d->inputs);
}

static void tell(const struct lt_case *c, const struct denoised *d, struct lt_report *r)
{
    const double before = psnr(d, d->before), after = psnr(d, d->after);
    const bool better = d->after < d->before;
    char noise[LT_NOISE_TEXT] = "none";
    bool range = false;
    noise_of(c->model, noise, &range);
    lt_report_verdict(
        r, !better ? c->settled == LT_SETTLED_NO ? "not-converged" : "adds-noise" : "denoises",
        better ? "The denoiser raises PSNR from %.2f to %.2f dB: it takes away %.1f %% "
                 "of the noise's power."
               : "The denoiser does not help: PSNR goes from %.2f to %.2f dB (%.1f %% "
                 "of the noise's power taken away).",
        before, after, 100 * (1 - d->after / d->before));
    lt_report_line(r, "%-24s %14s %14s", "", "squared error", "PSNR");
    lt_report_line(r, "%-24s %14.5g %11.2f dB", "  denoised", d->after, after);
    lt_report_line(r, "%-24s %14.5g %11.2f dB", "  noisy", d->before, before);
    lt_report_line(r, "per row of %lld inputs in %s, over %lld %s", (long long)d->inputs,
                   lt_units(&c->model->prep), (long long)d->rows, c->rows_are);
    if (c->noisy)
        lt_report_line(r, "judged with the noisy partners in %s", lt_table_name(c->noisy));
    else
        lt_report_line(r, "judged with the noise %s%s", noise,
                       range ? ", each row with an amount of its own in this range" : "");
    lt_report_string(r, "noise", c->noisy ? "pairs" : noise);
    lt_report_integer(r, "rows", d->rows);
    lt_report_integer(r, "inputs", d->inputs);
    lt_report_number(r, "squared_error", d->after);
    lt_report_number(r, "mse", d->after / (double)d->inputs);
    lt_report_number(r, "noisy.squared_error", d->before);
    lt_report_number(r, "psnr_before", before);
    lt_report_number(r, "psnr_after", after);
    lt_report_string(r, "weights_sha256", c->model->weights_sha256);
}

/* The model's network, told to take its noisy rows from outside where there are such. */
static int bind(struct lt_net **net, const struct lt_case *c, struct lt_error *err)
{
    const struct lt_net_options options = {
        .rows = BATCH, .training = true, .precision = LT_PRECISION_F32};
    struct lt_net_spec spec = c->model->network[0].spec;
    struct lt_node *noise = &spec.node[noise_node(&spec)];
    if (noise->noise == LT_NOISE_PAIRS && !c->noisy)
        return lt_fail(
            err, LT_EUSAGE,
            "the model learnt from pairs; give the noisy partners of %s with --pairs NOISY",
            lt_table_name(c->table));
    if (c->noisy) {
        noise->noise = LT_NOISE_PAIRS;
        noise->amount = noise->most = 0;
    }
    int rc = lt_net_create(net, &spec, c->backend, &options, err);
    if (!rc)
        lt_net_set_weights(*net, c->model->network[0].params);
    return rc;
}

int lt_judge_denoiser(const struct lt_case *c, struct lt_report *r, struct lt_error *err)
{
    struct denoised d = {.rows = c->count,
                         .inputs = lt_net_spec_inputs(&c->model->network[0].spec)};
    const size_t values = BATCH * (size_t)d.inputs;
    struct lt_rows rows = {0}, partners = {0};
    struct lt_net *net = NULL;
    float *x = NULL, *noisy = NULL;
    int rc = lt_rows_open(&rows, c->table, &c->model->prep, c->rows, c->count, BATCH, err);
    if (!rc && c->noisy)
        rc = lt_rows_open(&partners, c->noisy, &c->model->prep, c->rows, c->count, BATCH, err);
    if (!rc)
        rc = bind(&net, c, err);
    if (!rc)
        rc = lt_alloc(&x, values, sizeof *x, "images", err);
    if (!rc)
        rc = lt_alloc(&noisy, values, sizeof *noisy, "images", err);
    if (!rc)
        rc = measure(&d, c, net, &rows, &partners, x, noisy, err);
    if (!rc)
        tell(c, &d, r);
    lt_free(x);
    lt_free(noisy);
    lt_net_free(&net);
    lt_rows_close(&partners);
    lt_rows_close(&rows);
    return rc;
}
