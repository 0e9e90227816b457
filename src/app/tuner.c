#include "app/tuner.h"

#include "app/arrange.h"
#include "app/logistic.h"
#include "app/standardise.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "data/split.h"
#include "prep/prep.h"
#include "train/trainer.h"
#include <math.h>
#include <string.h>

/* The constants of the defaults; docs/defaults.md holds the measurements. */
enum {
    BATCH = 256,  /* rows of a step */
    STEPS = 1000, /* for 100 rows; with the root of their number more */
    STEPS_MOST = 10000,
    WARMUP = 100,
    HEAD_ROWS = 10000, /* that the start of the softmax layer looks at */
};
static const double LABELLED = 0.25;                /* share of a batch, beside unlabelled rows */
static const double RATE = 1e-3, RATE_LEAST = 1e-4; /* learning rate */
static const double RATE_ROWS =
    10000;                          /* labels from which on it is that; with fewer, as their root */
static const double DECAY = 1e-2;   /* of weights */
static const double AGREEMENT = 1;  /* weight of the agreement of close rows */
static const double DISTANCE = 0.3; /* of those, in distances of a row from the mean */

/* ---- rows and classes ---- */

int lt_tuner_open(struct lt_tuner *t, const struct lt_model *model,
                  const struct lt_finetune_data *data, const latent_finetune_options *options,
                  const latent_apply_options *apply, struct lt_error *err)
{
    *t = (struct lt_tuner){.from = model,
                           .data = data,
                           .options = options,
                           .apply = apply,
                           .started = lt_clock(),
                           .stage = "fine-tuning"};
    int rc = lt_backend_create(&t->backend, apply->backend,
                               apply->threads > 0 ? apply->threads : lt_cpu_count(), err);
    if (!rc)
        rc = lt_classes_find(&t->classes, &t->class_of, data->labels, err);
    if (!rc)
        rc = lt_arrange(model, data->table, apply->listener, &t->table, err);
    if (!rc && data->unlabelled)
        rc = lt_arrange(model, data->unlabelled, apply->listener, &t->unlabelled, err);
    if (rc)
        lt_tuner_close(t);
    return rc;
}

void lt_tuner_close(struct lt_tuner *t)
{
    lt_table_free(&t->table);
    lt_table_free(&t->unlabelled);
    lt_classes_free(&t->classes);
    lt_free(t->class_of);
    lt_free(t->weights);
    lt_backend_free(&t->backend);
    *t = (struct lt_tuner){0};
}

int lt_tuner_split(const struct lt_tuner *t, int64_t kept, int64_t **judge, int64_t **train,
                   struct lt_error *err)
{
    const int64_t rows = lt_table_rows(t->table);
    const struct lt_stream order = lt_stream(t->apply->seed, LT_RNG_SPLIT, 0, 0);
    int rc = lt_rowset_list(train, &(struct lt_rowset){order, rows, kept, rows - kept}, err);
    return rc || kept == 0 ? rc
                           : lt_rowset_list(judge, &(struct lt_rowset){order, rows, 0, kept}, err);
}

/* ---- one training ---- */

struct head {               /* of a classifier, by logistic regression */
    int64_t dims;           /* K */
    float *codes, *z;       /* (n, K) as they are, (n, K + 1) standardised */
    double *mean, *divisor; /* (K) */
    double *weights;        /* (classes, K + 1) */
};

struct run {
    struct lt_tuner *t;
    struct lt_classifier_plan plan;
    struct lt_net_spec training;
    struct lt_class_source source;
    struct lt_train_settings settings;
    enum lt_precision precision;
    int frozen; /* the last node that is; 0: none */
    struct lt_net *net;
    struct lt_trainer *trainer;
};

/* Root of the mean squared distance of a training row from their mean, as far as PCA's directions go. */
static double radius(const struct lt_model *model)
{
    double sum = 0;
    for (int64_t k = 0; k < model->baseline.dims; k++)
        sum += (double)model->baseline.variance[k];
    return sqrt(sum);
}

static double chosen(double asked, double by_default)
{
    return asked >= 0 ? asked : by_default;
}

static void draw_plan(struct run *r)
{
    const latent_finetune_options *o = r->t->options;
    r->plan =
        (struct lt_classifier_plan){.classes = r->t->classes.count,
                                    .dropout = chosen(o->dropout, 0),
                                    .agreement = chosen(o->agreement, AGREEMENT),
                                    .length = chosen(o->distance, DISTANCE) * radius(r->t->from),
                                    .reconstruction = chosen(o->keep_reconstruction, 0),
                                    .labelled = r->t->unlabelled ? LABELLED : 1};
}

static int tell_progress(void *context, const struct lt_train_progress *p)
{
    const struct run *r = context;
    const latent_listener *l = r->t->apply->listener;
    if (!l || !l->progress)
        return 0;
    latent_progress progress = {.stage = r->t->stage,
                                .step = p->step,
                                .steps = p->steps,
                                .train_loss = p->train_loss,
                                .valid_error = NAN,
                                .pca_error = NAN,
                                .rows_per_second = p->rows_per_second,
                                .seconds = p->seconds,
                                .seconds_left = p->seconds_left};
    return l->progress(l->context, &progress);
}

/* The gradients of frozen layers: those of the first layers' products. */
static void forget(void *context, struct lt_backend *backend, struct lt_buffer gradients,
                   size_t count)
{
    const struct run *r = context;
    const struct lt_params *layout = lt_net_params(r->net);
    (void)count;
    for (int p = 0; p < layout->count; p++) {
        const struct lt_param *q = &layout->param[p];
        if (q->node <= r->frozen)
            backend->ops->zero(backend, lt_buffer_at(gradients, q->offset * sizeof(float)),
                               (size_t)(q->rows * q->cols) * sizeof(float));
    }
}

/* The last node of so many layers with weights, at most those before the code; 0: none. */
static int last_frozen(const struct lt_net_spec *spec, int64_t layers)
{
    int last = 0;
    for (int i = 1; i < spec->code && layers > 0; i++)
        if (lt_node_has_weights(spec, i)) {
            last = i;
            layers--;
        }
    return last;
}

/* Unlabelled rows have more to teach, as much as ten times the labels would; but when few labels are trained on for
 * long, clusters without any are drawn to the wrong class. */
static double teaching(int64_t labelled, bool more)
{
    return (double)labelled * (more ? 10 : 1);
}

static int64_t draw_steps(double labels)
{
    return (int64_t)fmin(fmax(STEPS * sqrt(labels / 100), STEPS), STEPS_MOST);
}

/* Few labels say little of where the encoder should go. */
static double draw_rate(double labels)
{
    return fmax(RATE_LEAST, RATE * fmin(1, sqrt(labels / RATE_ROWS)));
}

static void draw_settings(struct run *r, int64_t labelled, uint64_t seed)
{
    const latent_finetune_options *o = r->t->options;
    const double labels = teaching(labelled, r->t->unlabelled != NULL);
    r->settings = (struct lt_train_settings){.optimizer = lt_optimizer_by_name("adamw"),
                                             .schedule = {LT_SCHEDULE_TRAPEZOID, WARMUP},
                                             .batch = BATCH,
                                             .steps = o->steps > 0 ? o->steps : draw_steps(labels),
                                             .validate_every = STEPS_MOST,
                                             .seed = seed,
                                             .progress = tell_progress,
                                             .progress_context = r};
    r->settings.optimizer_settings =
        (struct lt_optimizer_settings){.lr = o->lr > 0 ? o->lr : draw_rate(labels),
                                       .decay = DECAY,
                                       .batch = BATCH,
                                       .linear = true,
                                       .precision = r->precision};
    if (o->freeze > 0) { /* what has no gradient is not to decay either */
        r->settings.reduce = forget;
        r->settings.reduce_context = r;
        r->settings.optimizer_settings.decay = 0;
    }
    if (o->budget > 0) {
        r->settings.steps = 0;
        r->settings.budget = fmax(0.05, o->budget - (lt_clock() - r->t->started));
    }
}

static int open_source(struct run *r, const int64_t *rows, int64_t count, struct lt_error *err)
{
    const struct lt_tuner *t = r->t;
    struct lt_class_source *s = &r->source;
    s->features = t->from->prep.features;
    s->classes = t->classes.count;
    s->share = r->plan.labelled;
    s->labelled = (struct lt_class_rows){.rows = rows, .count = count, .class_of = t->class_of};
    int rc = lt_feed_create(&s->labelled.feed, t->table, &t->from->prep, BATCH, t->backend->threads,
                            err);
    if (rc || !t->unlabelled)
        return rc;
    s->unlabelled.count = lt_table_rows(t->unlabelled);
    return lt_feed_create(&s->unlabelled.feed, t->unlabelled, &t->from->prep, BATCH,
                          t->backend->threads, err);
}

static int start(struct run *r, bool scratch, uint64_t seed, struct lt_error *err)
{
    struct lt_tuner *t = r->t;
    const struct lt_net_options options = {
        .rows = BATCH, .training = true, .precision = r->precision};
    int rc = lt_classifier_build(&t->spec, &r->training, &t->from->network[0].spec, &r->plan, err);
    if (!rc)
        rc = lt_net_create(&r->net, &r->training, t->backend, &options, err);
    r->frozen = rc ? 0 : last_frozen(&t->spec, t->options->freeze);
    lt_free(t->weights);
    t->weights = NULL;
    if (!rc)
        rc =
            lt_alloc(&t->weights, lt_net_params(r->net)->total, sizeof *t->weights, "weights", err);
    if (rc)
        return rc;
    lt_classifier_start(lt_net_params(r->net), &r->training, scratch ? NULL : &t->from->network[0],
                        seed, t->weights);
    return 0;
}

/* The logistic regression of the codes as they are is where the softmax layer starts, so that the first steps
 * do not spoil what the encoder knows (Kumar et al., "Fine-tuning can distort pretrained features and
 * underperform out-of-distribution", ICLR 2022). */
static int solve_head(struct head *h, const struct lt_tuner *t, const int64_t *rows, int64_t n,
                      struct lt_error *err)
{
    const int64_t width = h->dims + 1;
    int64_t *all = NULL;
    int32_t *of = NULL;
    struct lt_logistic *logistic = NULL;
    int rc = lt_alloc(&h->z, (size_t)(n * width), sizeof *h->z, "codes", err);
    if (!rc)
        rc = lt_alloc(&all, (size_t)n, sizeof *all, "codes", err);
    if (!rc)
        rc = lt_alloc(&of, (size_t)n, sizeof *of, "codes", err);
    if (!rc)
        rc = lt_logistic_create(&logistic, n, h->dims, t->classes.count, t->backend, err);
    for (int64_t i = 0; i < n && !rc; i++) {
        all[i] = i;
        of[i] = t->class_of[rows[i]];
    }
    if (!rc) {
        lt_standardise_fit(h->mean, h->divisor, h->codes, h->dims, all, n, t->backend->threads);
        lt_standardise(h->z, h->mean, h->divisor, h->codes, h->dims, all, n, t->backend->threads);
        lt_logistic_fit(logistic, h->z, of, n, h->weights);
    }
    lt_logistic_free(&logistic);
    lt_free(all);
    lt_free(of);
    return rc;
}

/* Weights for standardised codes as weights for codes: (w / s) x + (b - w m / s). */
static void put_head(const struct head *h, const struct lt_params *layout, float *weights)
{
    for (int p = 0; p < layout->count; p++) {
        const struct lt_param *q = &layout->param[p];
        if (strncmp(q->name, "class.", 6) != 0)
            continue;
        for (int64_t k = 0; k < q->rows; k++) {
            const double *w = h->weights + k * (h->dims + 1);
            double bias = w[h->dims];
            for (int64_t j = 0; j < h->dims; j++)
                bias -= w[j] * h->mean[j] / h->divisor[j];
            for (int64_t j = 0; j < h->dims && q->kind == LT_PARAM_WEIGHT; j++)
                weights[q->offset + (size_t)(k * h->dims + j)] = (float)(w[j] / h->divisor[j]);
            if (q->kind == LT_PARAM_BIAS)
                weights[q->offset + (size_t)k] = (float)bias;
        }
    }
}

static int start_head(struct run *r, const int64_t *rows, int64_t count, struct lt_error *err)
{
    struct lt_tuner *t = r->t;
    struct lt_classifier *classifier = NULL;
    struct head h = {.dims = lt_net_spec_dims(&t->spec)};
    const int64_t n = count < HEAD_ROWS ? count : HEAD_ROWS;
    const size_t width = (size_t)h.dims + 1;
    int rc = lt_classifier_create(&classifier, &t->spec, t->weights, &t->from->prep, &t->classes,
                                  t->backend, err);
    if (!rc)
        rc = lt_alloc(&h.codes, (size_t)n * width, sizeof *h.codes, "codes", err);
    if (!rc)
        rc = lt_alloc(&h.mean, width, sizeof *h.mean, "codes", err);
    if (!rc)
        rc = lt_alloc(&h.divisor, width, sizeof *h.divisor, "codes", err);
    if (!rc)
        rc =
            lt_alloc(&h.weights, width * (size_t)t->classes.count, sizeof *h.weights, "codes", err);
    if (!rc)
        rc = lt_classifier_codes(classifier, t->table, rows, n, h.codes, err);
    if (!rc)
        rc = solve_head(&h, t, rows, n, err);
    if (!rc)
        put_head(&h, lt_net_params(r->net), t->weights);
    lt_classifier_close(&classifier);
    lt_free(h.codes);
    lt_free(h.z);
    lt_free(h.mean);
    lt_free(h.divisor);
    lt_free(h.weights);
    return rc;
}

int lt_tuner_train(struct lt_tuner *t, const int64_t *rows, int64_t count, bool scratch,
                   uint64_t seed, struct lt_error *err)
{
    struct run r = {.t = t, .precision = lt_backend_precision(t->backend, LT_PRECISION_BF16)};
    const struct lt_source none = {0};
    draw_plan(&r);
    draw_settings(&r, count, seed);
    int rc = open_source(&r, rows, count, err);
    if (!rc)
        rc = start(&r, scratch, seed, err);
    if (!rc)
        rc = start_head(&r, rows, count, err);
    if (!rc && t->kept_count > 0)
        rc = lt_tuner_judge(t, t->kept, t->kept_count, &t->start, err);
    if (!rc)
        lt_net_set_weights(r.net, t->weights);
    const struct lt_source source = lt_class_source(&r.source, seed);
    if (!rc)
        rc = lt_trainer_create(&r.trainer, r.net, t->backend, &source, &none, &r.settings, err);
    if (!rc)
        rc = lt_trainer_run(r.trainer, &t->outcome, err);
    t->outcome.history = NULL; /* goes with the trainer */
    if (!rc)
        lt_net_get_weights(r.net, t->weights);
    lt_trainer_free(&r.trainer);
    lt_net_free(&r.net);
    lt_feed_free(&r.source.labelled.feed);
    lt_feed_free(&r.source.unlabelled.feed);
    return rc;
}

/* ---- judging ---- */

int lt_tuner_judge(const struct lt_tuner *t, const int64_t *rows, int64_t count,
                   struct lt_class_quality *quality, struct lt_error *err)
{
    struct lt_classifier *classifier = NULL;
    float *chances = NULL;
    int32_t *of = NULL;
    int rc = lt_classifier_create(&classifier, &t->spec, t->weights, &t->from->prep, &t->classes,
                                  t->backend, err);
    if (!rc)
        rc =
            lt_alloc(&chances, (size_t)(count * t->classes.count), sizeof *chances, "chances", err);
    if (!rc)
        rc = lt_alloc(&of, (size_t)count, sizeof *of, "classes", err);
    if (!rc)
        rc = lt_classifier_apply(classifier, t->table, rows, count, chances, err);
    for (int64_t i = 0; i < count && !rc; i++)
        of[i] = t->class_of[rows[i]];
    if (!rc)
        lt_class_quality(quality, chances, of, count, t->classes.count);
    lt_classifier_close(&classifier);
    lt_free(chances);
    lt_free(of);
    return rc;
}
