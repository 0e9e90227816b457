#include "app/finetune.h"

#include "base/clock.h"
#include "base/mem.h"
#include "model/modelfile.h"

enum {
    KEEPS_FROM = 2000, /* labelled rows from which on some are kept to judge by */
    KEPT_MOST = 3000,
};
static const double KEPT = 0.05; /* their share */

struct job {
    struct lt_tuner tuner;
    int64_t *kept; /* rows that judge, as many as the tuner knows */
    int64_t *train, train_count;
    struct lt_class_quality quality;
    struct lt_model *model;
};

static int64_t count_kept(const latent_finetune_options *o, int64_t rows)
{
    if (o->valid >= 0)
        return (int64_t)(o->valid * (double)rows);
    const int64_t kept = rows < KEEPS_FROM ? 0 : (int64_t)(KEPT * (double)rows);
    return kept < KEPT_MOST ? kept : KEPT_MOST;
}

/* A class that no row trains would never be said. */
static int check_classes(const struct job *j, struct lt_error *err)
{
    const struct lt_tuner *t = &j->tuner;
    int64_t met[LT_CLASSES_MAX] = {0};
    for (int64_t i = 0; i < j->train_count; i++)
        met[t->class_of[j->train[i]]]++;
    for (int64_t k = 0; k < t->classes.count; k++)
        if (met[k] == 0)
            return lt_fail(err, LT_ECONTENT,
                           "no row of class \"%.60s\" is left to train on, because all are kept to "
                           "judge by; keep fewer with --valid 0, or give more rows of it",
                           t->classes.name[k]);
    return 0;
}

static int split(struct job *j, struct lt_error *err)
{
    struct lt_tuner *t = &j->tuner;
    const int64_t rows = lt_table_rows(t->table);
    t->kept_count = count_kept(t->options, rows);
    j->train_count = rows - t->kept_count;
    int rc = lt_tuner_split(t, t->kept_count, &j->kept, &j->train, err);
    t->kept = j->kept;
    return rc ? rc : check_classes(j, err);
}

static int copy_model(struct job *j, struct lt_error *err)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    if (j->tuner.from->classifier)
        return lt_fail(
            err, LT_EUSAGE,
            "the model is a classifier already; fine-tune the pretrained one it was made "
            "of");
    int rc = lt_model_to_bytes(j->tuner.from, &bytes, &size, err);
    if (!rc)
        rc = lt_model_from_bytes(&j->model, "the model", bytes, size, err);
    lt_free(bytes);
    return rc;
}

static int describe(struct job *j, struct lt_error *err)
{
    const struct lt_tuner *t = &j->tuner;
    struct lt_json *json = NULL;
    int rc = lt_json_object(&json, err);
    if (!rc)
        rc = lt_classes_to_json(json, "classes", &t->classes, err);
    if (!rc)
        rc = lt_json_set_bool(json, "pretrained", !t->options->scratch, err);
    if (!rc)
        rc = lt_json_set_integer(json, "labelled_rows", j->train_count, err);
    if (!rc)
        rc = lt_json_set_integer(json, "unlabelled_rows",
                                 t->unlabelled ? lt_table_rows(t->unlabelled) : 0, err);
    if (!rc)
        rc = lt_json_set_integer(json, "steps", t->outcome.steps, err);
    if (!rc)
        rc = lt_json_set_integer(json, "seed", (int64_t)t->apply->seed, err);
    if (rc)
        lt_json_free(&json);
    else
        j->model->classifier = json;
    return rc;
}

static int finish(struct job *j, struct lt_error *err)
{
    struct lt_tuner *t = &j->tuner;
    int rc = lt_model_add_network(j->model, LT_CLASSIFIER_ROLE, &t->spec, t->weights, err);
    if (!rc)
        rc = describe(j, err);
    if (!rc)
        lt_model_seal(j->model);
    return rc;
}

static void report_quality(struct lt_report *r, const struct lt_class_quality *q,
                           const struct lt_class_quality *start)
{
    const double before = (double)start->right / (double)start->rows;
    lt_report_accuracy(r, q, "rows kept from training");
    lt_report_line(r, "logistic regression of the codes, before the encoder was tuned: %.2f %%",
                   100 * before);
    lt_report_number(r, "codes.accuracy", before);
}

static int report_on(const struct job *j, struct lt_report *r, struct lt_error *err)
{
    const struct lt_tuner *t = &j->tuner;
    const double seconds = lt_clock() - t->started;
    const int64_t unlabelled = t->unlabelled ? lt_table_rows(t->unlabelled) : 0;
    if (t->kept_count > 0)
        report_quality(r, &j->quality, &t->start);
    else
        lt_report_verdict(
            r, NULL,
            "A classifier of %lld classes; its %lld labels are too few to keep some to "
            "judge it by.",
            (long long)t->classes.count, (long long)j->train_count);
    lt_report_line(
        r, "trained %lld steps in %.1f s on %lld labelled and %lld unlabelled rows, from %s",
        (long long)t->outcome.steps, seconds, (long long)j->train_count, (long long)unlabelled,
        t->options->scratch ? "drawn weights" : "the pretrained weights");
    lt_report_integer(r, "rows", j->train_count);
    lt_report_integer(r, "kept_rows", t->kept_count);
    lt_report_integer(r, "unlabelled_rows", unlabelled);
    lt_report_integer(r, "classes", t->classes.count);
    lt_report_integer(r, "steps", t->outcome.steps);
    lt_report_string(r, "weights_sha256", j->model->weights_sha256);
    lt_report_number(r, "seconds", seconds);
    lt_report_next(r, "judge it on rows it has not seen: latent predict MODEL DATA --labels L");
    return lt_report_seal(r, err);
}

int lt_finetune(struct lt_model **out, const struct lt_model *model,
                const struct lt_finetune_data *data, const latent_finetune_options *options,
                const latent_apply_options *apply, struct lt_report *report, struct lt_error *err)
{
    struct job j = {0};
    *out = NULL;
    int rc = lt_tuner_open(&j.tuner, model, data, options, apply, err);
    if (!rc)
        rc = copy_model(&j, err);
    if (!rc)
        rc = split(&j, err);
    if (!rc)
        rc = lt_tuner_train(&j.tuner, j.train, j.train_count, options->scratch, apply->seed, err);
    if (!rc && j.tuner.kept_count > 0)
        rc = lt_tuner_judge(&j.tuner, j.kept, j.tuner.kept_count, &j.quality, err);
    if (!rc)
        rc = finish(&j, err);
    if (!rc)
        rc = report_on(&j, report, err);
    if (!rc) {
        *out = j.model;
        j.model = NULL;
    }
    lt_model_free(&j.model);
    lt_free(j.train);
    lt_free(j.kept);
    lt_tuner_close(&j.tuner);
    return rc;
}
