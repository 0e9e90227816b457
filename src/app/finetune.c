#include "app/finetune.h"

#include "app/arrange.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "data/split.h"
#include "model/modelfile.h"
#include "prep/prep.h"
#include "train/trainer.h"
#include <math.h>
#include <stdio.h>

enum {
    BATCH = 256,         /* rows of a step */
    KEEPS_FROM = 2000,   /* labelled rows from which on some are kept to judge by */
    KEPT_MOST = 3000,
    STEPS = 20000,
};
static const double KEPT = 0.05;       /* their share */
static const double LABELLED = 0.25;   /* share of a batch, beside unlabelled rows */
static const double RATE = 1e-3;       /* learning rate */
static const double DISTANCE = 0.3;    /* of close rows, in distances of a row from the mean */

struct tuning {
    const struct lt_model *from;
    const struct lt_finetune_data *data;
    const latent_finetune_options *options;
    const latent_apply_options *apply;
    double started;
    struct lt_backend *backend;
    struct lt_table *table, *unlabelled; /* in the columns of the model */
    struct lt_classes classes;
    int32_t *class_of; /* (rows of the table) */
    struct lt_rowset parts[LT_PARTS];
    int64_t *train_rows, *judge_rows;
    struct lt_classifier_plan plan;
    struct lt_net_spec spec, training;
    struct lt_class_source source;
    struct lt_train_settings settings;
    struct lt_train_outcome outcome;
    struct lt_net *net;
    float *weights;
    struct lt_model *model;
};

/* ---- rows and classes ---- */

static int check_lengths(const struct tuning *t, struct lt_error *err)
{
    const int64_t rows = lt_table_rows(t->data->table), labels = lt_table_rows(t->data->labels);
    if (rows == labels)
        return 0;
    return lt_fail(err, LT_ECONTENT, "%s has %lld labels for the %lld rows of %s; give one for each",
                   lt_table_name(t->data->labels), (long long)labels, (long long)rows,
                   lt_table_name(t->data->table));
}

static int open_rows(struct tuning *t, struct lt_error *err)
{
    const latent_listener *listener = t->apply->listener;
    int rc = check_lengths(t, err);
    if (!rc)
        rc = lt_arrange(t->from, t->data->table, listener, &t->table, err);
    if (!rc && t->data->unlabelled)
        rc = lt_arrange(t->from, t->data->unlabelled, listener, &t->unlabelled, err);
    if (!rc)
        rc = lt_classes_find(&t->classes, t->data->labels, err);
    return rc ? rc : lt_classes_of(&t->class_of, &t->classes, t->data->labels, err);
}

static int64_t kept_rows(const struct tuning *t, int64_t rows)
{
    if (t->options->valid >= 0)
        return (int64_t)(t->options->valid * (double)rows);
    const int64_t kept = rows < KEEPS_FROM ? 0 : (int64_t)(KEPT * (double)rows);
    return kept < KEPT_MOST ? kept : KEPT_MOST;
}

/* Of the rows kept all judge: nothing is selected by them. */
static int split_rows(struct tuning *t, struct lt_error *err)
{
    const int64_t rows = lt_table_rows(t->table), kept = kept_rows(t, rows);
    const struct lt_stream order = lt_stream(t->apply->seed, LT_RNG_SPLIT, 0, 0);
    struct lt_rowset judge = {order, rows, 0, kept}, train = {order, rows, kept, rows - kept};
    t->parts[LT_PART_JUDGE] = judge;
    t->parts[LT_PART_TRAIN] = train;
    if (train.count < t->classes.count)
        return lt_fail(err, LT_ECONTENT,
                       "%lld rows are left to train %lld classes on; give at least one of each",
                       (long long)train.count, (long long)t->classes.count);
    int rc = lt_rowset_list(&t->train_rows, &train, err);
    return rc || kept == 0 ? rc : lt_rowset_list(&t->judge_rows, &judge, err);
}

/* ---- the network ---- */

/* Root of the mean squared distance of a training row from their mean. */
static double radius(const struct tuning *t)
{
    double sum = 0;
    const struct lt_baseline *b = &t->from->baseline;
    for (int64_t k = 0; k < b->dims; k++)
        sum += (double)b->variance[k];
    return sqrt(sum);
}

static double chosen(double asked, double by_default)
{
    return asked >= 0 ? asked : by_default;
}

static int build(struct tuning *t, struct lt_error *err)
{
    const latent_finetune_options *o = t->options;
    t->plan = (struct lt_classifier_plan){
        .classes = t->classes.count,
        .dropout = chosen(o->dropout, 0),
        .agreement = chosen(o->agreement, 1),
        .length = chosen(o->distance, DISTANCE) * radius(t),
        .reconstruction = chosen(o->keep_reconstruction, 0),
        .labelled = t->unlabelled ? LABELLED : 1};
    return lt_classifier_build(&t->spec, &t->training, &t->from->network[0].spec, &t->plan, err);
}

static int start(struct tuning *t, struct lt_error *err)
{
    const struct lt_net_options options = {.rows = BATCH,
                                           .training = true,
                                           .precision = lt_backend_precision(
                                               t->backend, LT_PRECISION_BF16)};
    int rc = lt_net_create(&t->net, &t->training, t->backend, &options, err);
    if (!rc)
        rc = lt_alloc(&t->weights, lt_net_params(t->net)->total, sizeof *t->weights, "weights", err);
    if (rc)
        return rc;
    lt_classifier_start(lt_net_params(t->net), &t->training,
                        t->options->scratch ? NULL : &t->from->network[0], t->apply->seed,
                        t->weights);
    lt_net_set_weights(t->net, t->weights);
    return 0;
}

/* ---- training ---- */

static int open_source(struct tuning *t, struct lt_error *err)
{
    struct lt_class_source *s = &t->source;
    const struct lt_prep *prep = &t->from->prep;
    const int threads = t->backend->threads;
    s->features = prep->features;
    s->classes = t->classes.count;
    s->share = t->plan.labelled;
    s->labelled = (struct lt_class_rows){.rows = t->train_rows,
                                         .count = t->parts[LT_PART_TRAIN].count,
                                         .class_of = t->class_of};
    int rc = lt_feed_create(&s->labelled.feed, t->table, prep, BATCH, threads, err);
    if (rc || !t->unlabelled)
        return rc;
    s->unlabelled.count = lt_table_rows(t->unlabelled);
    return lt_feed_create(&s->unlabelled.feed, t->unlabelled, prep, BATCH, threads, err);
}

static int tell_progress(void *context, const struct lt_train_progress *p)
{
    const struct tuning *t = context;
    const latent_listener *l = t->apply->listener;
    if (!l || !l->progress)
        return 0;
    latent_progress progress = {.stage = "fine-tuning",
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

static void draw_settings(struct tuning *t)
{
    const latent_finetune_options *o = t->options;
    t->settings = (struct lt_train_settings){
        .optimizer = lt_optimizer_by_name("adamw"),
        .schedule = {LT_SCHEDULE_TRAPEZOID, 100},
        .batch = BATCH,
        .steps = o->steps > 0 ? o->steps : STEPS,
        .validate_every = 1000,
        .seed = t->apply->seed,
        .progress = tell_progress,
        .progress_context = t};
    t->settings.optimizer_settings =
        (struct lt_optimizer_settings){.lr = o->lr > 0 ? o->lr : RATE,
                                       .decay = 1e-2,
                                       .batch = BATCH,
                                       .linear = true,
                                       .precision = lt_backend_precision(t->backend,
                                                                         LT_PRECISION_BF16)};
    if (o->budget > 0) {
        t->settings.steps = 0;
        t->settings.budget = o->budget - (lt_clock() - t->started);
    }
}

static int train(struct tuning *t, struct lt_error *err)
{
    struct lt_trainer *trainer = NULL;
    const struct lt_source none = {0};
    int rc = open_source(t, err);
    const struct lt_source source = lt_class_source(&t->source, t->apply->seed);
    draw_settings(t);
    if (!rc)
        rc = lt_trainer_create(&trainer, t->net, t->backend, &source, &none, &t->settings, err);
    if (!rc)
        rc = lt_trainer_run(trainer, &t->outcome, err);
    t->outcome.history = NULL; /* goes with the trainer */
    lt_trainer_free(&trainer);
    return rc;
}

/* ---- the end ---- */

static int copy_model(struct tuning *t, struct lt_error *err)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    int rc = lt_model_to_bytes(t->from, &bytes, &size, err);
    if (!rc)
        rc = lt_model_from_bytes(&t->model, "the model", bytes, size, err);
    lt_free(bytes);
    return rc;
}

static int describe(struct tuning *t, struct lt_error *err)
{
    struct lt_json *json = NULL;
    int rc = lt_json_object(&json, err);
    if (!rc)
        rc = lt_classes_to_json(json, "classes", &t->classes, err);
    if (!rc)
        rc = lt_json_set_integer(json, "labelled_rows", t->parts[LT_PART_TRAIN].count, err);
    if (!rc)
        rc = lt_json_set_integer(json, "unlabelled_rows", t->source.unlabelled.count, err);
    if (!rc)
        rc = lt_json_set_integer(json, "steps", t->outcome.steps, err);
    if (rc)
        lt_json_free(&json);
    else
        t->model->classifier = json;
    return rc;
}

static int finish(struct tuning *t, struct lt_error *err)
{
    int rc = copy_model(t, err);
    lt_net_get_weights(t->net, t->weights);
    if (!rc)
        rc = lt_model_add_network(t->model, LT_CLASSIFIER_ROLE, &t->spec, t->weights, err);
    if (!rc)
        rc = describe(t, err);
    if (!rc)
        lt_model_seal(t->model);
    return rc;
}

static int report_on(struct tuning *t, struct lt_report *report, struct lt_error *err)
{
    const double seconds = lt_clock() - t->started;
    lt_report_verdict(report, NULL, "trained on %lld labels of %lld classes in %.1f s.",
                      (long long)t->parts[LT_PART_TRAIN].count, (long long)t->classes.count, seconds);
    lt_report_number(report, "seconds", seconds);
    lt_report_next(report, "latent predict");
    return lt_report_seal(report, err);
}

static void free_tuning(struct tuning *t)
{
    lt_net_free(&t->net);
    lt_feed_free(&t->source.labelled.feed);
    lt_feed_free(&t->source.unlabelled.feed);
    lt_table_free(&t->table);
    lt_table_free(&t->unlabelled);
    lt_classes_free(&t->classes);
    lt_free(t->class_of);
    lt_free(t->train_rows);
    lt_free(t->judge_rows);
    lt_free(t->weights);
    lt_backend_free(&t->backend);
    lt_model_free(&t->model);
}

int lt_finetune(struct lt_model **out, const struct lt_model *model,
                const struct lt_finetune_data *data, const latent_finetune_options *options,
                const latent_apply_options *apply, struct lt_report *report, struct lt_error *err)
{
    struct tuning t = {.from = model,
                       .data = data,
                       .options = options,
                       .apply = apply,
                       .started = lt_clock()};
    int (*const stages[])(struct tuning *, struct lt_error *) = {open_rows, split_rows, build,
                                                                 start,     train,      finish};
    int rc = lt_backend_create(&t.backend, apply->backend,
                               apply->threads > 0 ? apply->threads : lt_cpu_count(), err);
    for (size_t i = 0; i < sizeof stages / sizeof *stages && !rc; i++)
        rc = stages[i](&t, err);
    if (!rc)
        rc = report_on(&t, report, err);
    *out = NULL;
    if (!rc) {
        *out = t.model;
        t.model = NULL;
    }
    free_tuning(&t);
    return rc;
}
