#include "app/imputer.h"

#include "app/build.h"
#include "app/metrics.h"
#include "base/mem.h"
#include "base/order.h"
#include "base/rng.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The constants; docs/impute.md holds the measurements. */
static const double HIDE_LEAST = 0.05, HIDE_MOST = 0.6; /* a training row's share of hidden cells */
static const double HIDE_TEST = 0.1; /* missing cells while errors are measured */
static const double LEVEL_SPREAD =
    4;                           /* of one-hot codes: so that many levels do not drown numbers */
static const double COVER = 0.9; /* of errors are within the radius */
enum {
    WIDTH = 256,        /* of the two hidden layers */
    FOOF_WIDEST = 1024, /* inputs up to which the default optimizer is affordable */
    EPOCHS_MOST = 200,
    STEPS_LEAST = 20,
    VALIDATIONS = 30,
    PATIENCE = 8,
    STOP_ROWS = 2048, /* rows looked at in a validation, by showing few rows several times */
    STOP_COPIES = 32, /* but not more often than this */
    MEASURED = 32768, /* rows looked at to measure errors, by the same */
    DRAWS_MOST = 64,
    BATCH = 512, /* rows of a pass that does not train */
};

/* A fit on its way. */
struct job {
    struct lt_model *model;
    const struct lt_prep *prep;
    const struct lt_imputer_data *data;
    int64_t features, numbers;
    struct lt_feed *feed, *kept_feed;
    double *facts; /* (4 F): center, spread, low, high */
    float *clean;  /* (batch, F) */
    int64_t *ids;  /* (BATCH) */
    struct lt_net *net;
    struct lt_trainer *trainer;
};

/* ---- the network ---- */

static struct lt_node *add_head(struct lt_net_spec *s, int number, int dense)
{
    return &s->node[lt_net_spec_add(s, LT_NODE_HEAD, "output", number, dense)];
}

static void add_heads(struct lt_net_spec *s, const struct lt_prep *prep, int from, int64_t target)
{
    struct lt_prep_run run[LT_PREP_RUNS];
    int runs = lt_prep_runs(prep, run);
    int64_t numbers = lt_prep_numbers(prep);
    if (numbers > 0) {
        int dense = lt_net_spec_add_dense(s, "numbers", 0, from, numbers, LT_ACT_LINEAR);
        struct lt_node *head = add_head(s, 0, dense);
        head->loss = LT_LOSS_MSE;
        head->target = target;
    }
    for (int i = 0; i < runs; i++) {
        int width = (int)run[i].width;
        int dense = lt_net_spec_add_dense(s, "levels", width, from, run[i].width * run[i].count,
                                          LT_ACT_LINEAR);
        struct lt_node *head = add_head(s, width, dense);
        head->loss = LT_LOSS_CE;
        head->group = run[i].width;
        head->target = target + run[i].first;
        head->weight = (float)(1 / (double)run[i].width); /* as in the autoencoder */
    }
}

/* The network as it is kept, which reads F features, NaN where missing; or as it is trained, which
 * reads rows of `struct shape` below.  Both have the same weights. */
static int build(struct lt_net_spec *s, const struct lt_prep *prep, bool training,
                 struct lt_error *err)
{
    int64_t f = prep->features, numbers = lt_prep_numbers(prep);
    *s = (struct lt_net_spec){.count = 0};
    int at = lt_net_spec_add(s, LT_NODE_INPUT, "input", 0, 0);
    s->node[at].shape = (struct lt_shape){training ? 2 * f + numbers : f, 1, 1};
    at = lt_net_spec_add(s, training ? LT_NODE_SLICE : LT_NODE_OBSERVE, "observe", 0, at);
    s->node[at].flags = training ? 0 : numbers;
    s->node[at].target = training ? 0 : f;
    s->node[at].width = training ? f + numbers : 0;
    at = lt_net_spec_add_dense(s, "hidden", 1, at, WIDTH, LT_ACT_SILU);
    at = lt_net_spec_add_dense(s, "hidden", 2, at, WIDTH, LT_ACT_SILU);
    s->code = lt_net_spec_add(s, LT_NODE_CODE, "code", 0, at);
    add_heads(s, prep, s->code, training ? f + numbers : 0);
    return lt_net_spec_infer(s, err);
}

/* ---- rows with hidden cells ---- */

/* Hides cells of a row, each with a probability that is the row's own and at least one of those
 * present.  The shape of a row in training:
 *
 *     F values, 0 where missing or hidden | a flag for each number | F targets, NaN where not hidden
 */
static void shape_row(const struct job *job, struct lt_stream stream, const float *clean,
                      float *out)
{
    int64_t f = job->features, seen = 0;
    const struct lt_imputer_facts facts = {.center = job->facts, .spread = job->facts + f};
    float *value = out, *flag = out + f, *target = out + f + job->numbers;
    double share = HIDE_LEAST + (HIDE_MOST - HIDE_LEAST) * (double)lt_uniform(&stream, 0);
    int64_t columns = job->prep->schema.columns;
    for (int64_t c = 0; c < columns; c++)
        seen += job->prep->column[c].width > 0 && !isnan(clean[job->prep->column[c].first]);
    int64_t forced = seen > 0 ? (int64_t)lt_below(&stream, 1, (uint64_t)seen) : -1, at = 0;
    for (int64_t c = 0; c < columns; c++) {
        const struct lt_column *column = &job->prep->column[c];
        if (column->width == 0)
            continue;
        bool missing = isnan(clean[column->first]);
        bool hidden =
            !missing && (at++ == forced || (double)lt_uniform(&stream, (uint32_t)c + 4) < share);
        for (int64_t j = column->first; j < column->first + column->width; j++) {
            float x = lt_imputer_input(&facts, job->numbers, j, clean[j]);
            value[j] = missing || hidden ? 0 : x;
            target[j] = !hidden ? NAN : j < job->numbers ? x : clean[j];
            if (j < job->numbers)
                flag[j] = missing || hidden;
        }
    }
}

static void shape_rows(const struct job *job, uint32_t epoch, const int64_t *names, int64_t n,
                       float *x)
{
    int64_t width = 2 * job->features + job->numbers;
    for (int64_t i = 0; i < n; i++)
        shape_row(job, lt_stream(job->data->seed, LT_RNG_NOISE, epoch, (uint64_t)names[i]),
                  job->clean + i * job->features, x + i * width);
}

static int read_training(void *context, uint32_t epoch, const int64_t *rows, int64_t n, float *x,
                         struct lt_error *err)
{
    struct job *job = context;
    int rc = lt_feed_rows(job->feed, rows, n, job->clean, err);
    if (!rc)
        shape_rows(job, epoch, rows, n, x);
    return rc;
}

/* Row v is row v mod count of those that stop training, with cells of its own hidden. */
static int read_stopping(void *context, uint32_t epoch, const int64_t *rows, int64_t n, float *x,
                         struct lt_error *err)
{
    struct job *job = context;
    const struct lt_rowset *stop = &job->data->parts[LT_PART_STOP];
    int rc = 0;
    for (int64_t first = 0; first < n && !rc; first += BATCH) {
        int64_t some = n - first < BATCH ? n - first : BATCH;
        for (int64_t i = 0; i < some; i++)
            job->ids[i] = lt_rowset_row(stop, rows[first + i] % stop->count);
        rc = lt_feed_rows(job->kept_feed, job->ids, some, job->clean + first * job->features, err);
    }
    if (!rc)
        shape_rows(job, epoch, rows, n, x);
    return rc;
}

/* ---- what is known of the features ---- */

static int measure_features(struct job *job, struct lt_error *err)
{
    const struct lt_rowset *train = &job->data->parts[LT_PART_TRAIN];
    struct lt_moments m = {0};
    int64_t f = job->features;
    int rc = lt_moments_create(&m, f, err);
    for (int64_t first = 0; first < train->count && !rc; first += job->data->batch) {
        int64_t left = train->count - first, n = left < job->data->batch ? left : job->data->batch;
        for (int64_t at = 0; at < n && !rc; at += BATCH) {
            int64_t some = n - at < BATCH ? n - at : BATCH;
            for (int64_t i = 0; i < some; i++)
                job->ids[i] = lt_rowset_row(train, first + at + i);
            rc = lt_feed_rows(job->feed, job->ids, some, job->clean, err);
            if (!rc)
                lt_moments_add(&m, job->clean, some);
        }
    }
    for (int64_t j = 0; j < f && !rc; j++) {
        bool known = m.seen[j] > 0;
        double mean = known ? m.sum[j] / m.seen[j] : 0;
        double variance = known ? m.square[j] / m.seen[j] - mean * mean : 0;
        job->facts[j] = known ? mean + (double)m.origin[j] : 0;
        job->facts[f + j] = j >= job->numbers                      ? LEVEL_SPREAD
                            : variance > 1e-12 * (1 + mean * mean) ? sqrt(variance)
                                                                   : 1;
        job->facts[2 * f + j] = known ? (double)m.low[j] : 0;
        job->facts[3 * f + j] = known ? (double)m.high[j] : 0;
    }
    lt_moments_free(&m);
    return rc;
}

/* ---- training ---- */

/* As many steps as half of the autoencoder's operations pay for. */
static void plan(const struct job *job, const struct lt_net_spec *spec, struct lt_train_settings *t)
{
    const struct lt_imputer_data *d = job->data;
    int64_t rows = d->parts[LT_PART_TRAIN].count;
    double steps = d->flops / (lt_net_flops_train(spec) * (double)d->batch);
    double most = EPOCHS_MOST * ceil((double)rows / (double)d->batch);
    steps = fmax(STEPS_LEAST, fmin(steps, most));
    bool wide = lt_net_spec_inputs(spec) > FOOF_WIDEST;
    *t = (struct lt_train_settings){.optimizer =
                                        wide ? lt_optimizer_by_name("adam") : lt_optimizer_at(0),
                                    .schedule = {.kind = LT_SCHEDULE_TRAPEZOID, .warmup = 50},
                                    .batch = d->batch,
                                    .steps = (int64_t)steps,
                                    .patience = PATIENCE,
                                    .seed = d->seed,
                                    .progress = d->progress,
                                    .progress_context = d->progress_context};
    t->validate_every = t->steps / VALIDATIONS > 25 ? t->steps / VALIDATIONS : 25;
    t->optimizer_settings = (struct lt_optimizer_settings){
        .decay = -1, .batch = d->batch, .linear = true, .precision = d->precision};
}

/* Standardised numbers have mean 0 and every row a mean square of at most about F; a category adds
 * 1 and starts at how often its levels are. */
static int start_weights(struct job *job, const struct lt_net_spec *kept, struct lt_error *err)
{
    const struct lt_params *params = lt_net_params(job->net);
    float *weights = NULL, *mean = NULL;
    size_t f = (size_t)job->features;
    int rc = lt_alloc(&weights, params->total, sizeof *weights, "weights", err);
    if (!rc)
        rc = lt_alloc(&mean, f, sizeof *mean, "weights", err);
    if (!rc) {
        double square = (double)job->numbers + 1;
        for (size_t j = (size_t)job->numbers; j < f; j++)
            mean[j] = (float)job->facts[j];
        for (int64_t c = 0; c < job->prep->schema.columns; c++)
            square += job->prep->column[c].kind == LT_KIND_CATEGORY;
        lt_params_init(params, kept, job->data->seed + 1, weights);
        lt_params_fit_data(params, kept, mean, square, weights);
        lt_start_levels(params, kept, job->prep, weights);
        lt_net_set_weights(job->net, weights);
    }
    lt_free(weights);
    lt_free(mean);
    return rc;
}

static struct lt_source stopping_rows(struct job *job)
{
    const struct lt_rowset *stop = &job->data->parts[LT_PART_STOP];
    int64_t copies = stop->count > 0 ? STOP_ROWS / stop->count : 0;
    copies = copies < 1 ? 1 : copies > STOP_COPIES ? STOP_COPIES : copies;
    struct lt_rowset rows = {.stream = lt_stream(job->data->seed, LT_RNG_SAMPLE, 0, 0),
                             .total = stop->count * copies,
                             .count = stop->count * copies};
    return (struct lt_source){.read = read_stopping, .context = job, .rows = rows};
}

static int train(struct job *job, struct lt_error *err)
{
    struct lt_net_spec kept, spec;
    struct lt_train_settings settings;
    struct lt_train_outcome outcome;
    struct lt_source rows = {
        .read = read_training, .context = job, .rows = job->data->parts[LT_PART_TRAIN]};
    struct lt_source stop = stopping_rows(job);
    float *weights = NULL;
    int rc = build(&kept, job->prep, false, err);
    if (!rc)
        rc = build(&spec, job->prep, true, err);
    if (rc)
        return rc;
    plan(job, &spec, &settings);
    struct lt_net_options options = {
        .rows = job->data->batch, .training = true, .precision = job->data->precision};
    rc = lt_net_create(&job->net, &spec, job->data->backend, &options, err);
    if (!rc)
        rc = start_weights(job, &kept, err);
    if (!rc)
        rc = lt_trainer_create(&job->trainer, job->net, job->data->backend, &rows, &stop, &settings,
                               err);
    if (!rc)
        rc = lt_trainer_run(job->trainer, &outcome, err);
    if (!rc)
        rc = lt_alloc(&weights, lt_net_params(job->net)->total, sizeof *weights, "weights", err);
    if (!rc) {
        lt_net_get_weights(job->net, weights);
        rc = lt_model_add_network(job->model, LT_IMPUTER_ROLE, &kept, weights, err);
    }
    lt_free(weights);
    return rc;
}

/* ---- how far it is off ---- */

/* The errors found in one column. */
struct errors {
    double *size; /* (count) */
    size_t count, room;
};

struct measuring {
    const struct job *job;
    struct lt_imputer *imputer;
    struct lt_feed *feed;
    struct errors *errors; /* (D) */
    bool *hidden;          /* (BATCH, D) */
    float *x, *expected;   /* (BATCH, F) */
    double missing;        /* share of cells that are missing by themselves */
};

static bool is_number(const struct lt_column *c)
{
    return c->width > 0 && c->kind != LT_KIND_CATEGORY;
}

/* Hides one cell of a row, another in each draw, and beside it as many as make HIDE_TEST of the row
 * missing: so a hidden cell stands among as many missing ones as a missing cell does. */
static void hide_row(const struct measuring *m, int64_t row, int64_t draw, float *x, bool *hidden)
{
    const struct lt_prep *p = m->job->prep;
    int64_t d = p->schema.columns, seen = 0, at = 0;
    struct lt_stream s =
        lt_stream(m->job->data->seed, LT_RNG_SAMPLE, (uint32_t)draw + 1, (uint64_t)row);
    struct lt_stream first = lt_stream(m->job->data->seed, LT_RNG_SAMPLE, 0, (uint64_t)row);
    double beside = fmax(0, (HIDE_TEST - m->missing) / (1 - m->missing));
    for (int64_t c = 0; c < d; c++)
        seen += p->column[c].width > 0 && !isnan(x[p->column[c].first]);
    int64_t chosen = seen > 0 ? ((int64_t)lt_below(&first, 0, (uint64_t)seen) + draw) % seen : -1;
    for (int64_t c = 0; c < d; c++) {
        const struct lt_column *column = &p->column[c];
        hidden[c] = false;
        if (column->width == 0 || isnan(x[column->first]))
            continue;
        hidden[c] = at++ == chosen || (double)lt_uniform(&s, (uint32_t)c) < beside;
        for (int64_t j = column->first; hidden[c] && j < column->first + column->width; j++)
            x[j] = NAN;
    }
}

static int measure_run(struct measuring *m, const int64_t *rows, int64_t n, int64_t draw,
                       struct lt_error *err)
{
    const struct lt_prep *p = m->job->prep;
    int64_t d = p->schema.columns, f = p->features;
    float *clean = m->job->clean;
    int rc = lt_feed_rows(m->feed, rows, n, clean, err);
    if (rc)
        return rc;
    memcpy(m->x, clean, (size_t)(n * f) * sizeof *m->x);
    for (int64_t i = 0; i < n; i++)
        hide_row(m, rows[i], draw, m->x + i * f, m->hidden + i * d);
    lt_imputer_expect(m->imputer, m->x, n, m->expected);
    for (int64_t i = 0; i < n && !rc; i++)
        for (int64_t c = 0; c < d && !rc; c++) {
            struct errors *e = &m->errors[c];
            int64_t at = i * f + p->column[c].first;
            if (!m->hidden[i * d + c] || !is_number(&p->column[c]))
                continue;
            rc = lt_grow(&e->size, &e->room, e->count + 1, sizeof *e->size, "errors", err);
            if (!rc)
                e->size[e->count++] = fabs((double)m->expected[at] - (double)clean[at]);
        }
    return rc;
}

static int find_missing(struct measuring *m, const struct lt_rowset *rows, struct lt_error *err)
{
    const struct lt_prep *p = m->job->prep;
    int64_t n = rows->count < BATCH ? rows->count : BATCH, missing = 0, cells = 0;
    for (int64_t i = 0; i < n; i++)
        m->job->ids[i] = lt_rowset_row(rows, i);
    int rc = lt_feed_rows(m->feed, m->job->ids, n, m->job->clean, err);
    for (int64_t i = 0; i < n && !rc; i++)
        for (int64_t c = 0; c < p->schema.columns; c++)
            if (p->column[c].width > 0) {
                cells++;
                missing += isnan(m->job->clean[i * p->features + p->column[c].first]);
            }
    m->missing = cells > 0 ? fmin(0.9, (double)missing / (double)cells) : 0;
    return rc;
}

static int measure_rows(struct measuring *m, struct lt_error *err)
{
    struct lt_rowset rows = lt_split_fresh(m->job->data->parts);
    if (rows.count < 1)
        return 0;
    int64_t draws = MEASURED / rows.count, d = m->job->prep->schema.columns;
    draws = draws > DRAWS_MOST ? DRAWS_MOST : draws;
    draws = draws > d ? d : draws < 1 ? 1 : draws;
    int rc = find_missing(m, &rows, err);
    for (int64_t draw = 0; draw < draws && !rc; draw++)
        for (int64_t first = 0; first < rows.count && !rc; first += BATCH) {
            int64_t n = rows.count - first < BATCH ? rows.count - first : BATCH;
            for (int64_t i = 0; i < n; i++)
                m->job->ids[i] = lt_rowset_row(&rows, first + i);
            rc = measure_run(m, m->job->ids, n, draw, err);
        }
    return rc;
}

/* The ceil(0.9 (n + 1))-th smallest of n errors; where rows lent several errors to a column they
 * are no more than one each, so n is the number of rows. */
static double radius(struct errors *e, int64_t rows)
{
    double n = fmin((double)e->count, (double)rows);
    if (e->count == 0)
        return NAN;
    qsort(e->size, e->count, sizeof *e->size, lt_by_value);
    double level = fmin(1, ceil(COVER * (n + 1)) / n);
    size_t k = (size_t)ceil(level * (double)e->count);
    return e->size[k > 0 ? k - 1 : 0];
}

static int write_facts(const struct job *job, const double *radii, struct lt_error *err)
{
    size_t f = (size_t)job->features;
    struct lt_json *json = NULL;
    int rc = lt_json_object(&json, err);
    if (!rc)
        rc = lt_json_set_numbers(json, "center", job->facts, f, err);
    if (!rc)
        rc = lt_json_set_numbers(json, "spread", job->facts + f, f, err);
    if (!rc)
        rc = lt_json_set_numbers(json, "low", job->facts + 2 * f, f, err);
    if (!rc)
        rc = lt_json_set_numbers(json, "high", job->facts + 3 * f, f, err);
    if (!rc)
        rc = lt_json_set_numbers(json, "radius", radii, (size_t)job->prep->schema.columns, err);
    lt_json_free(&job->model->imputer);
    job->model->imputer = json;
    return rc;
}

static int measure_errors(struct job *job, struct lt_error *err)
{
    struct measuring m = {.job = job, .feed = job->kept_feed};
    size_t d = (size_t)job->prep->schema.columns, f = (size_t)job->features;
    double *radii = NULL;
    int rc = lt_alloc(&radii, d, sizeof *radii, "errors", err);
    for (size_t c = 0; c < d && !rc; c++)
        radii[c] = NAN;
    if (!rc)
        rc = write_facts(job, radii, err);
    if (!rc)
        rc = lt_imputer_create(&m.imputer, job->model, job->data->backend, BATCH, err);
    if (!rc)
        rc = lt_alloc(&m.errors, d, sizeof *m.errors, "errors", err);
    if (!rc)
        rc = lt_alloc(&m.hidden, BATCH * d, sizeof *m.hidden, "errors", err);
    if (!rc)
        rc = lt_alloc(&m.x, BATCH * f, sizeof *m.x, "errors", err);
    if (!rc)
        rc = lt_alloc(&m.expected, BATCH * f, sizeof *m.expected, "errors", err);
    if (!rc)
        rc = measure_rows(&m, err);
    for (size_t c = 0; c < d && !rc; c++)
        radii[c] = radius(&m.errors[c], lt_split_fresh(job->data->parts).count);
    if (!rc)
        rc = write_facts(job, radii, err);
    for (size_t c = 0; m.errors && c < d; c++)
        lt_free(m.errors[c].size);
    lt_imputer_free(&m.imputer);
    lt_free(m.errors);
    lt_free(m.hidden);
    lt_free(m.x);
    lt_free(m.expected);
    lt_free(radii);
    return rc;
}

/* ---- the whole ---- */

static int open_job(struct job *job, struct lt_error *err)
{
    const struct lt_imputer_data *d = job->data;
    int64_t rows = d->batch > BATCH ? d->batch : BATCH;
    int rc = lt_feed_create(&job->feed, d->table, job->prep, rows, d->backend->threads, err);
    if (!rc)
        rc = lt_feed_create(&job->kept_feed, d->kept_table, job->prep, rows, d->backend->threads,
                            err);
    if (!rc)
        rc =
            lt_alloc(&job->facts, 4 * (size_t)job->features, sizeof *job->facts, "an imputer", err);
    if (!rc)
        rc = lt_alloc(&job->clean, (size_t)(rows * job->features), sizeof *job->clean, "an imputer",
                      err);
    return rc ? rc : lt_alloc(&job->ids, BATCH, sizeof *job->ids, "an imputer", err);
}

int lt_imputer_fit(struct lt_model *model, const struct lt_imputer_data *data, struct lt_error *err)
{
    struct job job = {.model = model,
                      .prep = &model->prep,
                      .data = data,
                      .features = model->prep.features,
                      .numbers = lt_prep_numbers(&model->prep)};
    int rc = open_job(&job, err);
    if (!rc)
        rc = measure_features(&job, err);
    if (!rc)
        rc = train(&job, err);
    if (!rc)
        rc = measure_errors(&job, err);
    lt_trainer_free(&job.trainer);
    lt_net_free(&job.net);
    lt_feed_free(&job.feed);
    lt_feed_free(&job.kept_feed);
    lt_free(job.facts);
    lt_free(job.clean);
    lt_free(job.ids);
    return rc;
}
