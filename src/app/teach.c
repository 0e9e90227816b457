#include "app/teach.h"

#include "app/conformal.h"
#include "app/detect.h"
#include "app/lens.h"
#include "app/pca.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/order.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the default detector is made of ---- */

static const struct ingredient {
    enum lt_lens lens;
    float sigma; /* of the noise, in spreads of a column */
    bool term[LT_TERM_KINDS];
} ingredients[] = {
    {LT_LENS_LOGARITHM, 0.8f, {[LT_TERM_RESIDUAL] = true, [LT_TERM_SETTLED] = true}},
    {LT_LENS_PLAIN, 2.0f, {[LT_TERM_SETTLED] = true, [LT_TERM_CODE] = true}},
};
enum { INGREDIENTS = sizeof ingredients / sizeof *ingredients };

enum {
    WIDTH = 256, /* of the hidden layers, of which the last is the code */
    LAYERS = 3,
    DIRECTIONS = 64,   /* of a code's spread that its term looks along */
    BATCH = 128,       /* rows of a step */
    STEPS_MOST = 3000, /* of one network */
    STEPS_LEAST = 400,
    STATISTICS = 20000, /* training rows that lenses and codes are measured on */
    REFERENCE_ROWS = 50000,
    REFERENCE_VALUES = 1 << 24,
};
static const double FLOPS = 3e12; /* of the products of one network's training */
static const double RATE = 2e-3;  /* learning rate */
static const double RIDGE = 1e-3; /* of the largest variance, added to those of a code */

/* ---- rows through a lens ---- */

struct seen {
    const struct lt_detector *detector;
    enum lt_lens lens;
    struct lt_feed *feed;
    int64_t features;
};

static int read_seen(void *context, uint32_t epoch, const int64_t *rows, int64_t n, float *y,
                     struct lt_error *err)
{
    const struct seen *s = context;
    int rc = lt_feed_rows(s->feed, rows, n, y, err);
    (void)epoch;
    if (!rc)
        lt_lens_apply(s->detector, s->lens, s->features, y, n, y, s->features);
    return rc;
}

/* ---- one network ---- */

struct teacher {
    struct lt_model *model;
    const struct lt_lesson *lesson;
    int64_t features;
    struct lt_detect *detect; /* of the networks so far */
};

/* Training rows that lenses and codes are measured on. */
static int64_t measured_rows(const struct teacher *t)
{
    int64_t n = t->lesson->parts[LT_PART_TRAIN].count;
    return n < STATISTICS ? n : STATISTICS;
}

/* y -> noise -> hidden layers, the last of which is the code -> y */
static int build(struct lt_net_spec *s, const struct ingredient *of, int64_t features,
                 struct lt_error *err)
{
    *s = (struct lt_net_spec){0};
    int at = lt_net_spec_add(s, LT_NODE_INPUT, "input", 0, 0);
    s->node[at].shape = (struct lt_shape){features, 1, 1};
    at = lt_net_spec_add(s, LT_NODE_NOISE, "noise", 0, at);
    s->node[at].noise = LT_NOISE_GAUSSIAN;
    s->node[at].amount = of->sigma;
    at = lt_net_spec_add(s, LT_NODE_OBSERVE, "observe", 0, at);
    s->node[at].target = features; /* the lens has scaled levels */
    for (int i = 1; i <= LAYERS; i++)
        at = lt_net_spec_add_dense(s, "encoder", i, at, WIDTH, LT_ACT_SILU);
    s->code = at = lt_net_spec_add(s, LT_NODE_CODE, "code", 0, at);
    at = lt_net_spec_add_dense(s, "decoder", 0, at, features, LT_ACT_LINEAR);
    at = lt_net_spec_add(s, LT_NODE_HEAD, "output", 0, at);
    s->node[at].weight = 1 / (float)features;
    return lt_net_spec_infer(s, err);
}

/* Half as many as the autoencoder took, so that the detector costs little more time than it; fewer
 * where the operations of a wide table would take long. */
static int64_t draw_steps(const struct teacher *t, const struct lt_net_spec *spec)
{
    int64_t rows = t->lesson->parts[LT_PART_TRAIN].count;
    double most = FLOPS / (lt_net_flops_train(spec) * (double)(rows < BATCH ? rows : BATCH));
    double steps = fmax(STEPS_LEAST, (double)t->lesson->autoencoder_steps / 2);
    return (int64_t)fmax(1, fmin(steps, fmin(most, STEPS_MOST)));
}

static void settings_of(const struct teacher *t, const struct lt_net_spec *spec, int number,
                        struct lt_train_settings *s)
{
    const struct lt_lesson *l = t->lesson;
    *s = (struct lt_train_settings){.optimizer = lt_optimizer_by_name("adamw"),
                                    .schedule = {LT_SCHEDULE_TRAPEZOID, 50},
                                    .batch = BATCH,
                                    .steps = l->steps > 0 ? l->steps : draw_steps(t, spec),
                                    .validate_every = STEPS_MOST,
                                    .progress = l->progress,
                                    .progress_context = l->progress_context,
                                    .seed = l->seed + 1000 * (uint64_t)(number + 1)};
    s->optimizer_settings = (struct lt_optimizer_settings){
        .lr = RATE, .decay = 1e-2, .batch = BATCH, .linear = true, .precision = l->precision};
}

static int train(struct teacher *t, struct lt_net *net, const struct ingredient *of, int number,
                 struct lt_error *err)
{
    const struct lt_lesson *l = t->lesson;
    struct lt_train_settings settings;
    struct lt_train_outcome outcome;
    struct lt_trainer *trainer = NULL;
    struct seen seen = {.detector = &t->model->detector, .lens = of->lens, .features = t->features};
    struct lt_source source = {.read = read_seen,
                               .context = &seen,
                               .rows = l->parts[LT_PART_TRAIN]},
                     none = {0};
    settings_of(t, lt_net_spec_of(net), number, &settings);
    if (l->deadline > 0) {
        settings.steps = 0;
        settings.budget = fmax(0.05, (l->deadline - lt_clock()) / (INGREDIENTS - number));
    }
    int rc = lt_feed_create(&seen.feed, l->table, &t->model->prep, BATCH, l->backend->threads, err);
    if (!rc)
        rc = lt_trainer_create(&trainer, net, l->backend, &source, &none, &settings, err);
    if (!rc)
        rc = lt_trainer_run(trainer, &outcome, err);
    lt_trainer_free(&trainer);
    lt_feed_free(&seen.feed);
    return rc;
}

static int teach_network(struct teacher *t, int number, struct lt_error *err)
{
    const struct ingredient *of = &ingredients[number];
    const struct lt_lesson *l = t->lesson;
    struct lt_net_options options = {.rows = BATCH, .training = true, .precision = l->precision};
    struct lt_net_spec spec;
    struct lt_net *net = NULL;
    float *weights = NULL;
    char role[LT_NODE_NAME];
    int rc = build(&spec, of, t->features, err);
    if (!rc)
        rc = lt_net_create(&net, &spec, l->backend, &options, err);
    if (!rc)
        rc = lt_alloc(&weights, lt_net_params(net)->total, sizeof *weights, "weights", err);
    if (!rc) {
        lt_params_init(lt_net_params(net), &spec, l->seed + (uint64_t)number, weights);
        lt_net_set_weights(net, weights);
        rc = train(t, net, of, number, err);
    }
    if (!rc) {
        snprintf(role, sizeof role, "detector%d", number + 1);
        lt_net_get_weights(net, weights);
        rc = lt_model_add_network(t->model, role, &spec, weights, err);
    }
    lt_free(weights);
    lt_net_free(&net);
    return rc;
}

static void add_term(struct teacher *t, enum lt_term_kind kind, int network, enum lt_lens lens)
{
    struct lt_detector *d = &t->model->detector;
    int64_t width = kind == LT_TERM_CODE ? lt_net_spec_dims(&t->model->network[network].spec) : 0;
    d->term[d->terms++] = (struct lt_term){
        .kind = kind, .network = network, .lens = lens, .spread = 1, .width = width};
}

static int teach_networks(struct teacher *t, struct lt_error *err)
{
    int rc = 0;
    for (int i = 0; i < INGREDIENTS && !rc; i++) {
        rc = teach_network(t, i, err);
        for (int k = 0; k < LT_TERM_KINDS && !rc; k++)
            if (ingredients[i].term[k])
                add_term(t, (enum lt_term_kind)k, t->model->networks - 1, ingredients[i].lens);
    }
    return rc;
}

/* ---- statistics of codes ---- */

struct codes {
    struct teacher *t;
    struct lt_rows rows;
    int term;
    float *x;
};

static int read_codes(void *context, int64_t begin, int64_t n, float *out, struct lt_error *err)
{
    struct codes *c = context;
    const struct lt_term *t = &c->t->model->detector.term[c->term];
    int rc = 0;
    for (int64_t at = 0; at < n && !rc; at += LT_DETECT_ROWS) {
        int64_t m = n - at < LT_DETECT_ROWS ? n - at : LT_DETECT_ROWS;
        rc = c->rows.read(c->rows.context, begin + at, m, c->x, err);
        if (!rc)
            lt_detect_codes(c->t->detect, c->term, c->x, m, out + at * t->width);
    }
    return rc;
}

/* Each direction divided by the spread along it, with a ridge for those in which codes hardly
 * vary. */
static int take_directions(struct lt_term *t, const struct lt_pca *pca, struct lt_error *err)
{
    double ridge = RIDGE * pca->variance[0] + 1e-12;
    t->dims = pca->dims;
    int rc = lt_alloc(&t->mean, (size_t)t->width, sizeof *t->mean, "a detector", err);
    if (!rc)
        rc = lt_alloc(&t->basis, (size_t)(t->dims * t->width), sizeof *t->basis, "a detector", err);
    for (int64_t j = 0; j < t->width && !rc; j++)
        t->mean[j] = pca->mean[j];
    for (int64_t i = 0; i < t->dims && !rc; i++)
        for (int64_t j = 0; j < t->width; j++)
            t->basis[i * t->width + j] =
                (float)((double)pca->basis[i * t->width + j] / sqrt(pca->variance[i] + ridge));
    return rc;
}

static int measure_codes(struct teacher *t, int term, struct lt_error *err)
{
    const struct lt_lesson *l = t->lesson;
    struct lt_term *of = &t->model->detector.term[term];
    struct codes codes = {.t = t, .term = term};
    struct lt_pca pca = {0};
    struct lt_pca_options options = {
        .dims = DIRECTIONS, .seed = l->seed, .backend = l->backend, .method = LT_PCA_COVARIANCE};
    int64_t n = measured_rows(t);
    int rc =
        lt_alloc(&codes.x, LT_DETECT_ROWS * (size_t)t->features, sizeof(float), "a detector", err);
    if (!rc)
        rc = lt_rows_open(&codes.rows, l->table, &t->model->prep, l->train_rows, n, LT_DETECT_ROWS,
                          err);
    struct lt_rows rows = {.count = n, .inputs = of->width, .context = &codes, .read = read_codes};
    if (!rc)
        rc = lt_pca_fit(&pca, &rows, &options, err);
    if (!rc)
        rc = take_directions(of, &pca, err);
    lt_pca_free(&pca);
    lt_rows_close(&codes.rows);
    lt_free(codes.x);
    return rc;
}

/* ---- centre, spread and calibration ---- */

/* The scores of a part's rows, or all their terms. */
static int value_part(struct teacher *t, const struct lt_rowset *set, bool terms, double *value,
                      struct lt_error *err)
{
    int64_t *rows = NULL;
    int rc = lt_rowset_list(&rows, set, err);
    if (!rc)
        rc = lt_detect_table(t->detect, t->lesson->kept, rows, set->count, terms, value, err);
    lt_free(rows);
    return rc;
}

/* Median and interquartile range of log t. */
static void take_scale(struct lt_term *t, double *value, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        value[i] = log(fmax(value[i], 1e-30));
    qsort(value, (size_t)n, sizeof *value, lt_by_value);
    t->centre = value[n / 2];
    t->spread = fmax(value[(3 * n) / 4] - value[n / 4], 1e-3);
}

static int scale_terms(struct teacher *t, struct lt_error *err)
{
    struct lt_detector *d = &t->model->detector;
    const struct lt_rowset *parts = t->lesson->parts;
    const struct lt_rowset *set =
        &parts[parts[LT_PART_STOP].count > 0 ? LT_PART_STOP : LT_PART_JUDGE];
    double *value = NULL;
    int rc = lt_alloc(&value, (size_t)(d->terms * set->count), sizeof *value, "a detector", err);
    if (!rc)
        rc = value_part(t, set, true, value, err);
    for (int i = 0; i < d->terms && !rc; i++)
        take_scale(&d->term[i], value + i * set->count, set->count);
    lt_free(value);
    return rc;
}

static int calibrate(struct teacher *t, struct lt_error *err)
{
    struct lt_detector *d = &t->model->detector;
    struct lt_rowset set = lt_split_fresh(t->lesson->parts);
    d->calibration_rows = set.count;
    int rc = lt_alloc(&d->calibration, (size_t)set.count, sizeof(double), "calibration", err);
    if (!rc)
        rc = value_part(t, &set, false, d->calibration, err);
    return rc ? rc : lt_conformal_sort(d->calibration, set.count, err);
}

/* ---- rows for the baseline ---- */

static int keep_reference(struct teacher *t, struct lt_error *err)
{
    const struct lt_lesson *l = t->lesson;
    struct lt_detector *d = &t->model->detector;
    int64_t total = lt_table_rows(l->table), f = t->features, most = REFERENCE_VALUES / f;
    struct lt_stream order = lt_stream(l->seed, LT_RNG_SAMPLE, 0, 0);
    struct lt_rows rows = {0};
    int64_t *list = NULL, batch = lt_rows_batch(f);
    most = most < REFERENCE_ROWS ? most : REFERENCE_ROWS;
    int64_t n = 0;
    int rc = lt_sample_list(&list, &n, total, most, &order, err);
    if (!rc)
        rc = lt_alloc(&d->reference, (size_t)(n * f), sizeof(float), "reference rows", err);
    if (!rc)
        rc = lt_rows_open(&rows, l->table, &t->model->prep, list, n, batch, err);
    for (int64_t at = 0; at < n && !rc; at += batch) {
        int64_t m = n - at < batch ? n - at : batch;
        float *x = d->reference + at * f;
        rc = rows.read(rows.context, at, m, x, err);
        if (!rc)
            lt_lens_apply(d, LT_LENS_PLAIN, f, x, m, x, f);
    }
    for (int64_t i = 0; i < n * f && !rc; i++) /* a missing cell stands at the mean */
        d->reference[i] = isnan(d->reference[i]) ? 0 : d->reference[i];
    d->reference_rows = rc ? 0 : n;
    d->reference_of = total;
    lt_rows_close(&rows);
    lt_free(list);
    return rc;
}

/* ---- the whole ---- */

static int fit_lenses(struct teacher *t, struct lt_error *err)
{
    const struct lt_lesson *l = t->lesson;
    struct lt_rows rows = {0};
    int64_t n = measured_rows(t);
    int lenses = l->kind == LT_DETECTOR_DEFAULT ? LT_LENSES : 1;
    int rc = lt_rows_open(&rows, l->table, &t->model->prep, l->train_rows, n,
                          lt_rows_batch(t->features), err);
    if (!rc)
        rc = lt_lens_fit(&t->model->detector, lenses, &t->model->prep, &rows, err);
    lt_rows_close(&rows);
    return rc;
}

static int teach_terms(struct teacher *t, struct lt_error *err)
{
    struct lt_detector *d = &t->model->detector;
    if (t->lesson->kind == LT_DETECTOR_RECONSTRUCTION) {
        add_term(t, LT_TERM_RESIDUAL, 0, LT_LENS_PLAIN);
        return 0;
    }
    int rc = teach_networks(t, err);
    if (!rc) /* code terms know their codes now, but not yet their directions */
        rc = lt_detect_create(&t->detect, t->model, t->lesson->backend, LT_PRECISION_F32, err);
    for (int i = 0; i < d->terms && !rc; i++)
        if (d->term[i].kind == LT_TERM_CODE)
            rc = measure_codes(t, i, err);
    lt_detect_free(&t->detect);
    return rc;
}

int lt_teach(struct lt_model *model, const struct lt_lesson *lesson, struct lt_error *err)
{
    struct teacher t = {model, lesson, model->prep.features, NULL};
    if (lesson->kind == LT_DETECTOR_NONE)
        return 0;
    model->detector.kind = lesson->kind;
    int rc = fit_lenses(&t, err);
    if (!rc)
        rc = teach_terms(&t, err);
    if (!rc)
        rc = lt_detect_create(&t.detect, model, lesson->backend, LT_PRECISION_F32, err);
    if (!rc && lesson->kind == LT_DETECTOR_DEFAULT)
        rc = scale_terms(&t, err);
    if (!rc)
        rc = calibrate(&t, err);
    if (!rc && lesson->reference)
        rc = keep_reference(&t, err);
    lt_detect_free(&t.detect);
    return rc;
}
