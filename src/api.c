#include "latent.h"

#include "app/arrange.h"
#include "app/bench.h"
#include "app/doctor.h"
#include "app/fit.h"
#include "app/info.h"
#include "app/judge.h"
#include "app/maps.h"
#include "app/metrics.h"
#include "app/pairs.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "handles.h"
#include "model/modelfile.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The public interface: checks arguments, opens handles, and hands over to app/. */

_Static_assert((int)LATENT_EFAIL == (int)LT_EFAIL && (int)LATENT_EUSAGE == (int)LT_EUSAGE &&
                   (int)LATENT_ECONTENT == (int)LT_ECONTENT && (int)LATENT_ENO == (int)LT_ENO &&
                   (int)LATENT_EINTERRUPTED == (int)LT_EINTERRUPTED,
               "public and internal codes agree");
_Static_assert(sizeof(latent_error) == sizeof(struct lt_error), "errors agree");

double latent_seconds(void)
{
    return lt_clock();
}

/* ---- data ---- */

void latent_data_options_init(latent_data_options *options)
{
    *options = (latent_data_options){.size = sizeof *options, .row_end = -1};
}

/* Replaces *table by the view `next`, or keeps the first failure. */
static int take_view(struct lt_table **table, int rc, struct lt_table *next)
{
    if (rc)
        return rc;
    lt_table_free(table);
    *table = next;
    return 0;
}

/* Labels are a column of the table, which then leaves the inputs, or a file of their own. */
static int open_labels(latent_data *d, const char *name, struct lt_error *err)
{
    struct lt_table *without = NULL;
    int64_t column = lt_table_find(d->table, name);
    if (column < 0) {
        int rc = lt_labels_read(&d->labels, name, err);
        if (!rc && lt_table_rows(d->labels) != lt_table_rows(d->table))
            rc = lt_fail(err, LT_ECONTENT, "%s has %lld labels for %lld rows", name,
                         (long long)lt_table_rows(d->labels), (long long)lt_table_rows(d->table));
        return rc;
    }
    int rc = lt_labels_of(&d->labels, d->table, column, err);
    if (!rc)
        rc = lt_table_without(&without, d->table, column, err);
    return take_view(&d->table, rc, without);
}

static int keep_label(latent_data *d, const char *label, struct lt_error *err)
{
    int64_t *rows = NULL, n = 0, total = lt_table_rows(d->table);
    struct lt_table *kept = NULL, *labels = NULL;
    char buf[256];
    if (!d->labels)
        return lt_fail(err, LT_EUSAGE, "--keep-label needs --labels to say where labels stand");
    int rc = lt_alloc(&rows, (size_t)total, sizeof *rows, "row numbers", err);
    for (int64_t i = 0; i < total && !rc; i++)
        if (strcmp(lt_label_text(d->labels, i, buf, sizeof buf), label) == 0)
            rows[n++] = i;
    if (!rc && n == 0)
        rc = lt_fail(err, LT_EUSAGE, "--keep-label: no row is labelled \"%s\"", label);
    if (!rc)
        rc = lt_table_pick(&kept, d->table, rows, n, err);
    if (!rc)
        rc = lt_table_pick(&labels, d->labels, rows, n, err);
    lt_free(rows);
    rc = take_view(&d->table, rc, kept);
    return take_view(&d->labels, rc, labels);
}

static int narrow(latent_data *d, const latent_data_options *o, struct lt_error *err)
{
    int rc = o->labels ? open_labels(d, o->labels, err) : 0;
    if (!rc && o->keep_label)
        rc = keep_label(d, o->keep_label, err);
    if (rc || (!o->columns && !o->ignore && o->row_begin == 0 && o->row_end < 0))
        return rc;
    struct lt_selection rows = {.row_begin = o->row_begin, .row_end = o->row_end};
    struct lt_selection both = rows;
    struct lt_table *view = NULL;
    both.columns = o->columns;
    both.ignore = o->ignore;
    rc = lt_table_select(&view, d->table, &both, err);
    rc = take_view(&d->table, rc, view);
    if (!rc && d->labels) {
        rc = lt_table_select(&view, d->labels, &rows, err);
        rc = take_view(&d->labels, rc, view);
    }
    return rc;
}

/* Sides of which a row has room. */
static int check_resize(const int64_t *side /* (2) */, struct lt_error *err)
{
    if (side[0] == 0 && side[1] == 0)
        return 0;
    for (int i = 0; i < 2; i++)
        if (side[i] < 1 || side[i] > LT_FEATURES_MAX)
            return lt_fail(err, LT_EUSAGE,
                           "--resize: images of %lld x %lld pixels; give a height and a width from "
                           "1 to %d",
                           (long long)side[0], (long long)side[1], LT_FEATURES_MAX);
    if (side[0] * side[1] <= LT_FEATURES_MAX)
        return 0;
    return lt_fail(err, LT_EUSAGE,
                   "--resize: %lld x %lld pixels are more values than the %d that a row may have; "
                   "give a smaller size",
                   (long long)side[0], (long long)side[1], LT_FEATURES_MAX);
}

/* What is asked for, or what the model that the data are for was trained on. */
static int open_options(struct lt_open_options *out, const latent_data_options *o,
                        struct lt_error *err)
{
    *out = (struct lt_open_options){.threads = o && o->threads > 0 ? o->threads : lt_cpu_count()};
    if (!o)
        return 0;
    const struct lt_schema *schema = o->model ? &internal_model(o->model)->prep.schema : NULL;
    int64_t c;
    out->mixed = o->mixed != 0;
    out->height = o->resize[0];
    out->width = o->resize[1];
    out->images = o->resize[0] != 0;
    if (!out->images && schema && schema->resampled)
        lt_schema_image(schema, &out->height, &out->width, &c);
    return check_resize(o->resize, err);
}

int latent_data_open(latent_data **out, const char *const *names, int count,
                     const latent_data_options *options, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    latent_data *d = NULL;
    *out = NULL;
    struct lt_open_options open;
    int rc = open_options(&open, options, err);
    if (!rc)
        rc = lt_alloc(&d, 1, sizeof *d, "data", err);
    if (!rc)
        rc = lt_table_open(&d->table, names, count, &open, err);
    if (!rc && options)
        rc = narrow(d, options, err);
    if (rc)
        latent_data_free(&d);
    *out = d;
    return rc;
}

int latent_data_from_rows(latent_data **out, const float *values, int64_t rows, int64_t columns,
                          latent_error *error)
{
    struct lt_error *err = internal_error(error);
    latent_data *d = NULL;
    *out = NULL;
    int rc = lt_alloc(&d, 1, sizeof *d, "data", err);
    if (!rc)
        rc = lt_table_from_rows(&d->table, "the rows in memory", values, rows, columns, err);
    if (rc)
        latent_data_free(&d);
    *out = d;
    return rc;
}

int64_t latent_data_rows(const latent_data *data)
{
    return lt_table_rows(data->table);
}

int64_t latent_data_columns(const latent_data *data)
{
    return lt_table_columns(data->table);
}

void latent_data_free(latent_data **data)
{
    latent_data *d = *data;
    *data = NULL;
    if (!d)
        return;
    lt_table_free(&d->table);
    lt_table_free(&d->labels);
    lt_free(d);
}

/* ---- training ---- */

void latent_train_options_init(latent_train_options *options)
{
    *options = (latent_train_options){.size = sizeof *options,
                                      .beta = 1,
                                      .momentum = 0.9,
                                      .weight_decay = -1,
                                      .warmup = -1,
                                      .patience = -1,
                                      .valid = -1,
                                      .seed = 1};
}

int latent_train(latent_model **out, const latent_data *data, const latent_train_options *options,
                 const latent_listener *listener, latent_report **report, latent_error *error)
{
    latent_train_options defaults;
    struct lt_model *model = NULL;
    latent_train_options_init(&defaults);
    if (!options)
        options = &defaults;
    int rc = lt_fit(&model, data->table, options->valid_data ? options->valid_data->table : NULL,
                    options->pairs ? options->pairs->table : NULL, options, listener,
                    internal_report(report), internal_error(error));
    *out = (latent_model *)(void *)model;
    return rc;
}

/* ---- models ---- */

int latent_model_open(latent_model **out, const char *path, latent_error *error)
{
    struct lt_model *model = NULL;
    int rc = lt_model_read(&model, path, internal_error(error));
    *out = (latent_model *)(void *)model;
    return rc;
}

int latent_model_save(const latent_model *model, const char *path, latent_error *error)
{
    return lt_model_write(internal_model(model), path, internal_error(error));
}

int latent_model_check_path(const char *path, latent_error *error)
{
    struct lt_outfile *file = NULL;
    int rc = lt_outfile_open(&file, path, internal_error(error));
    lt_outfile_abort(&file);
    return rc;
}

int64_t latent_model_columns(const latent_model *model)
{
    return internal_model(model)->prep.schema.columns;
}

int64_t latent_model_inputs(const latent_model *model)
{
    return internal_model(model)->prep.features;
}

int64_t latent_model_dims(const latent_model *model)
{
    return lt_net_spec_dims(&internal_model(model)->network[0].spec);
}

const char *latent_model_sha256(const latent_model *model)
{
    return internal_model(model)->weights_sha256;
}

int latent_model_info(const latent_model *model, latent_report **report, latent_error *error)
{
    return lt_info(internal_model(model), internal_report(report), internal_error(error));
}

void latent_model_free(latent_model **model)
{
    struct lt_model *m = (struct lt_model *)(void *)*model;
    *model = NULL;
    lt_model_free(&m);
}

/* ---- applying ---- */

void latent_apply_options_init(latent_apply_options *options)
{
    *options = (latent_apply_options){.size = sizeof *options, .seed = 1};
}

int lt_session_options_of(struct lt_session_options *out, const latent_apply_options *o,
                          struct lt_error *err)
{
    *out = (struct lt_session_options){.threads = o && o->threads > 0 ? o->threads : lt_cpu_count(),
                                       .backend = o ? o->backend : NULL,
                                       .listener = o ? o->listener : NULL,
                                       .seed = o ? o->seed : 1,
                                       .dims = o ? o->dims : 0};
    const char *precision = o && o->precision ? o->precision : "f32";
    if (strcmp(precision, "bf16") == 0)
        out->precision = LT_PRECISION_BF16;
    else if (strcmp(precision, "f32") != 0 && strcmp(precision, "auto") != 0)
        return lt_fail(err, LT_EUSAGE, "--precision: \"%.40s\" is not one of auto, f32, bf16",
                       precision);
    return 0;
}

int lt_session_open(struct lt_session **out, const latent_model *model,
                    const latent_apply_options *options, struct lt_error *err)
{
    struct lt_session_options s;
    *out = NULL;
    int rc = lt_session_options_of(&s, options, err);
    return rc ? rc : lt_session_create(out, internal_model(model), &s, err);
}

int latent_session_create(latent_session **out, const latent_model *model,
                          const latent_apply_options *options, latent_error *error)
{
    struct lt_session *s = NULL;
    int rc = lt_session_open(&s, model, options, internal_error(error));
    *out = (latent_session *)(void *)s;
    return rc;
}

void latent_session_free(latent_session **session)
{
    struct lt_session *s = (struct lt_session *)(void *)*session;
    *session = NULL;
    lt_session_free(&s);
}

/* Runs of LT_SESSION_ROWS rows; `in` and `out` advance by their widths. */
static int in_runs(latent_session *session, const float *in, int64_t in_width, int64_t n,
                   float *out, int64_t out_width, struct lt_error *err,
                   int (*run)(struct lt_session *, const float *, int64_t, float *,
                              struct lt_error *))
{
    struct lt_session *s = (struct lt_session *)(void *)session;
    for (int64_t first = 0; first < n; first += LT_SESSION_ROWS) {
        int64_t count = n - first < LT_SESSION_ROWS ? n - first : LT_SESSION_ROWS;
        int rc = run(s, in + first * in_width, count, out + first * out_width, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int scale(struct lt_session *s, const float *rows, int64_t n, struct lt_error *err)
{
    const struct lt_prep *p = &s->model->prep;
    int64_t d = p->schema.columns;
    for (int64_t i = 0; i < n * d; i++) {
        const struct lt_column *c = &p->column[i % d];
        if (c->width == 0)
            continue;
        if (isnan(rows[i]) && !p->observes)
            return lt_fail(err, LT_ECONTENT,
                           "row %lld, column %lld: the value is missing, which this model does "
                           "not know",
                           (long long)(i / d), (long long)(i % d));
        if (isinf(rows[i]))
            return lt_fail(err, LT_ECONTENT, "row %lld, column %lld: the value is infinite",
                           (long long)(i / d), (long long)(i % d));
        if (c->kind == LT_KIND_CATEGORY || c->kind == LT_KIND_TIME)
            return lt_fail(err, LT_ECONTENT,
                           "column %lld of this model is %s, so rows cannot come as an array of "
                           "numbers; open them as data and use latent_encode_to",
                           (long long)(i % d), lt_kind_name(c->kind));
        s->rows[i / d * p->features + c->first] = (float)lt_prep_scale_value(p, c, (double)rows[i]);
    }
    return 0;
}

static void unscale(struct lt_session *s, int64_t n, float *out)
{
    lt_prep_invert(&s->model->prep, s->rows, n, s->values);
    for (int64_t i = 0; i < n * s->model->prep.schema.columns; i++)
        out[i] = (float)s->values[i];
}

static int run_encode(struct lt_session *s, const float *rows, int64_t n, float *codes,
                      struct lt_error *err)
{
    int rc = scale(s, rows, n, err);
    if (!rc)
        lt_session_encode(s, s->rows, n, codes);
    return rc;
}

static int run_decode(struct lt_session *s, const float *codes, int64_t n, float *out,
                      struct lt_error *err)
{
    (void)err;
    lt_session_decode(s, codes, n, s->rows);
    unscale(s, n, out);
    return 0;
}

static int run_reconstruct(struct lt_session *s, const float *rows, int64_t n, float *out,
                           struct lt_error *err)
{
    int rc = run_encode(s, rows, n, s->codes, err);
    return rc ? rc : run_decode(s, s->codes, n, out, err);
}

static int64_t inputs(const latent_session *s)
{
    return ((const struct lt_session *)(const void *)s)->model->prep.schema.columns;
}

static int64_t dims(const latent_session *s)
{
    return ((const struct lt_session *)(const void *)s)->dims;
}

int latent_encode(latent_session *session, const float *rows, int64_t n, float *codes,
                  latent_error *error)
{
    return in_runs(session, rows, inputs(session), n, codes, dims(session), internal_error(error),
                   run_encode);
}

int latent_decode(latent_session *session, const float *codes, int64_t n, float *rows,
                  latent_error *error)
{
    return in_runs(session, codes, dims(session), n, rows, inputs(session), internal_error(error),
                   run_decode);
}

int latent_reconstruct(latent_session *session, const float *rows, int64_t n, float *out,
                       latent_error *error)
{
    return in_runs(session, rows, inputs(session), n, out, inputs(session), internal_error(error),
                   run_reconstruct);
}

/* ---- judging ---- */

void latent_eval_options_init(latent_eval_options *options)
{
    *options = (latent_eval_options){.size = sizeof *options, .samples = 5000};
}

static int eval(const struct lt_model *model, const latent_data *data,
                const latent_eval_options *how, const latent_apply_options *options,
                struct lt_report *report, struct lt_error *err)
{
    double started = lt_clock();
    struct lt_session_options s;
    struct lt_backend *backend = NULL;
    struct lt_table *view = NULL, *noisy = how && how->pairs ? how->pairs->table : NULL;
    int rc = lt_session_options_of(&s, options, err);
    if (!rc)
        rc = lt_map_check(model, how ? how->map : NULL, err);
    if (!rc)
        rc = lt_arrange(model, data->table, s.listener, &view, err);
    if (!rc && noisy)
        rc = lt_pairs_check(view, noisy, err);
    if (!rc)
        rc = lt_backend_create(&backend, s.backend, s.threads, err);
    if (!rc)
        rc = lt_judge(&(struct lt_case){.model = model,
                                        .backend = backend,
                                        .table = view,
                                        .count = lt_table_rows(view),
                                        .noisy = noisy,
                                        .rows_are = "rows of this data",
                                        .samples = how && how->nll ? how->samples : 0,
                                        .precision = s.precision,
                                        .listener = s.listener,
                                        .seed = options ? options->seed : 1},
                      report, err);
    if (!rc)
        rc = lt_map_report(&(struct lt_map_case){.model = model,
                                                 .table = view,
                                                 .labels = data->labels,
                                                 .path = how ? how->map : NULL,
                                                 .backend = backend,
                                                 .seed = options ? options->seed : 1},
                           report, err);
    lt_backend_free(&backend);
    lt_table_free(&view);
    lt_report_number(report, "seconds", lt_clock() - started);
    return rc ? rc : lt_report_seal(report, err);
}

int latent_eval(const latent_model *model, const latent_data *data, const latent_eval_options *how,
                const latent_apply_options *options, latent_report **report, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct lt_report *r = NULL;
    *report = NULL;
    int rc = lt_report_create(&r, err);
    if (!rc)
        rc = eval(internal_model(model), data, how, options, r, err);
    if (rc)
        lt_report_free(&r);
    *internal_report(report) = r;
    return rc;
}

int latent_doctor(const latent_model *model, const latent_apply_options *options,
                  latent_report **report, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct lt_session_options s;
    *report = NULL;
    int rc = lt_session_options_of(&s, options, err);
    return rc ? rc
              : lt_doctor(internal_model(model), s.backend, s.threads, internal_report(report),
                          err);
}

int latent_bench(const char *what, const latent_apply_options *options, latent_report **report,
                 latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct lt_session_options s;
    *report = NULL;
    int rc = lt_session_options_of(&s, options, err);
    return rc ? rc : lt_bench(what, s.threads, internal_report(report), err);
}

/* ---- reports ---- */

static const struct lt_report *internal_told(const latent_report *r)
{
    return (const struct lt_report *)(const void *)r;
}

const char *latent_report_text(const latent_report *report)
{
    return lt_report_text(internal_told(report));
}

const char *latent_report_json(const latent_report *report)
{
    return lt_report_json(internal_told(report));
}

double latent_report_number(const latent_report *report, const char *key)
{
    return lt_report_get_number(internal_told(report), key);
}

const char *latent_report_string(const latent_report *report, const char *key)
{
    return lt_report_get_string(internal_told(report), key);
}

void latent_report_free(latent_report **report)
{
    struct lt_report *r = (struct lt_report *)(void *)*report;
    *report = NULL;
    lt_report_free(&r);
}
