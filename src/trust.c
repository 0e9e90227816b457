#include "app/arrival.h"
#include "app/compare.h"
#include "app/drift.h"
#include "app/probe.h"
#include "app/score.h"
#include "handles.h"

/* The public interface to what judges rows by a model, and a model by rows. */

void latent_score_options_init(latent_score_options *options)
{
    *options = (latent_score_options){.size = sizeof *options, .fpr = 0.001};
}

/* What both ways of scoring need: the options of the session and of the detector, and a report. */
struct scoring {
    struct lt_session_options session;
    struct lt_score_options score;
    struct lt_report *report;
    bool strict;
};

static int begin_scoring(struct scoring *s, const latent_model *model,
                         const latent_score_options *score, const latent_apply_options *options,
                         struct lt_error *err)
{
    latent_score_options defaults;
    latent_score_options_init(&defaults);
    score = score ? score : &defaults;
    *s = (struct scoring){
        .score = {.rate = score->fpr, .why = (int)(score->why < 1000 ? score->why : 1000)},
        .strict = score->strict != 0};
    int rc = lt_session_options_of(&s->session, options, err);
    if (!rc && !(score->fpr > 0 && score->fpr <= 1))
        rc = lt_fail(err, LT_EUSAGE, "--fpr: %g is no rate between 0 and 1", score->fpr);
    if (!rc && score->alarms)
        rc =
            lt_arrival_rate(internal_model(model), score->alarms, score->time, &s->score.rate, err);
    return rc ? rc : lt_report_create(&s->report, err);
}

static int end_scoring(struct scoring *s, int rc, latent_report **report)
{
    if (rc)
        lt_report_free(&s->report);
    *internal_report(report) = s->report;
    return rc;
}

int latent_score_to(const latent_model *model, const latent_data *data, const char *path,
                    const latent_score_options *score, const latent_apply_options *options,
                    latent_report **report, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct scoring s;
    int rc = begin_scoring(&s, model, score, options, err);
    if (!rc)
        rc = lt_score_table(internal_model(model), data->table, data->labels, path, &s.score,
                            &s.session, s.report, err);
    return end_scoring(&s, rc, report);
}

int latent_score_stream(const latent_model *model, int descriptor, const char *path,
                        const latent_score_options *score, const latent_apply_options *options,
                        latent_report **report, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct scoring s;
    int rc = begin_scoring(&s, model, score, options, err);
    if (!rc)
        rc = lt_score_stream(internal_model(model), descriptor, path, s.strict, &s.score,
                             &s.session, s.report, err);
    return end_scoring(&s, rc, report);
}

void latent_drift_options_init(latent_drift_options *options)
{
    *options = (latent_drift_options){.size = sizeof *options, .level = 0.01, .least = 0.05};
}

int latent_drift(const latent_model *model, const latent_data *data,
                 const latent_drift_options *drift, const latent_apply_options *options,
                 latent_report **report, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct lt_session_options s;
    struct lt_report *r = NULL;
    latent_drift_options defaults;
    latent_drift_options_init(&defaults);
    drift = drift ? drift : &defaults;
    struct lt_drift_options o = {
        .level = drift->level, .least = drift->least, .seed = options ? options->seed : 1};
    int rc = lt_session_options_of(&s, options, err);
    if (!rc && !(o.level > 0 && o.level < 1))
        rc = lt_fail(err, LT_EUSAGE, "--level: %g is no chance between 0 and 1", o.level);
    if (!rc && !(o.least >= 0 && o.least <= 1))
        rc = lt_fail(err, LT_EUSAGE, "--least: %g is no share of rows between 0 and 1", o.least);
    if (!rc)
        rc = lt_report_create(&r, err);
    if (!rc)
        rc = lt_drift(internal_model(model), data->table, &o, &s, r, err);
    if (rc && rc != LT_ENO)
        lt_report_free(&r);
    *internal_report(report) = r;
    return rc;
}

void latent_compare_options_init(latent_compare_options *options)
{
    *options = (latent_compare_options){.size = sizeof *options, .fpr = 0.01};
}

int latent_compare(const latent_model *before, const latent_model *after, const latent_data *data,
                   const latent_compare_options *compare, const latent_apply_options *options,
                   latent_report **report, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct lt_session_options s;
    struct lt_report *r = NULL;
    latent_compare_options defaults;
    latent_compare_options_init(&defaults);
    compare = compare ? compare : &defaults;
    struct lt_compare_options o = {.tolerance = compare->tolerance, .rate = compare->fpr};
    int rc = lt_session_options_of(&s, options, err);
    if (!rc && !(o.rate > 0 && o.rate <= 1))
        rc = lt_fail(err, LT_EUSAGE, "--fpr: %g is no rate between 0 and 1", o.rate);
    if (!rc && !(o.tolerance >= 0))
        rc = lt_fail(err, LT_EUSAGE, "--tolerance: %g is less than nothing", o.tolerance);
    if (!rc)
        rc = lt_report_create(&r, err);
    if (!rc)
        rc = lt_compare(internal_model(before), internal_model(after), data->table, &o, &s, r, err);
    if (rc && rc != LT_ENO)
        lt_report_free(&r);
    *internal_report(report) = r;
    return rc;
}

void latent_probe_options_init(latent_probe_options *options)
{
    *options = (latent_probe_options){.size = sizeof *options, .folds = 5};
}

int latent_probe(const latent_model *model, const latent_data *data,
                 const latent_probe_options *probe, const latent_apply_options *options,
                 latent_report **report, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct lt_session_options s;
    struct lt_report *r = NULL;
    latent_probe_options defaults;
    latent_probe_options_init(&defaults);
    probe = probe ? probe : &defaults;
    struct lt_probe_options o = {.folds = probe->folds, .path = probe->path};
    int rc = lt_session_options_of(&s, options, err);
    if (!rc && !data->labels)
        rc = lt_fail(err, LT_EUSAGE,
                     "probing needs labels: --labels names a column, FILE or FILE.npz:KEY");
    if (!rc)
        rc = lt_report_create(&r, err);
    if (!rc)
        rc = lt_probe(internal_model(model), data->table, data->labels, &o, &s, r, err);
    if (rc)
        lt_report_free(&r);
    *internal_report(report) = r;
    return rc;
}
