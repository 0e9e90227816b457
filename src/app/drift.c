#include "app/drift.h"

#include "app/arrange.h"
#include "app/conformal.h"
#include "app/driftreport.h"
#include "app/ranking.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/order.h"
#include <math.h>
#include <stdlib.h>

#define RATE 0.01 /* of false alarms, at which alarms are counted */

/* ---- looking ---- */

static int test_scores(struct lt_drift_found *f, double *score, struct lt_error *err)
{
    const struct lt_detector *d = &f->model->detector;
    int64_t n = d->calibration_rows, l = (int64_t)floor((double)(n + 1) * RATE + 1e-9);
    double threshold = lt_conformal_threshold(d->calibration, n, RATE);
    struct lt_ks ks;
    int rc = lt_ks(&ks, d->calibration, n, score, f->count, err);
    if (rc)
        return rc;
    qsort(score, (size_t)f->count, sizeof *score, lt_by_value);
    f->score = (struct lt_shift){ks.statistic, ks.p};
    f->calibration_rows = n;
    f->score_before = d->calibration[n / 2];
    f->score_now = score[f->count / 2];
    f->rate = (double)l / (double)(n + 1);
    for (int64_t i = 0; i < f->count; i++)
        f->alarms += score[i] >= threshold;
    f->alarm.distance = fabs((double)f->alarms / (double)f->count - f->rate);
    f->alarm.p = l > 0 ? lt_shift_excess(l, n, f->alarms, f->count) : 1;
    return 0;
}

static int look(struct lt_drift_found *f, struct lt_backend *backend, struct lt_error *err)
{
    struct lt_survey_request r = {.model = f->model,
                                  .backend = backend,
                                  .table = f->view,
                                  .rows = f->rows,
                                  .count = f->count,
                                  .network = true};
    double *score = NULL;
    int rc = lt_survey_take(&f->now, &r, err);
    if (rc || f->model->detector.kind == LT_DETECTOR_NONE)
        return rc;
    rc = lt_alloc(&score, (size_t)f->count, sizeof *score, "scores", err);
    if (!rc)
        rc = lt_survey_scores(&r, score, err);
    if (!rc)
        rc = test_scores(f, score, err);
    lt_free(score);
    return rc;
}

/* ---- testing ---- */

static void test_subject(struct lt_drift_subject *t, struct lt_profile_part before,
                         const struct lt_survey_subject *now, int64_t number)
{
    const double *s = before.summary;
    int64_t rows = (int64_t)s[LT_SUMMARY_ROWS], missing = (int64_t)s[LT_SUMMARY_MISSING];
    *t = (struct lt_drift_subject){
        .before = before, .now = now, .number = number, .value = {0, 1}, .missing = {0, 1}};
    if (now->value)
        t->value = lt_shift_numbers(&before, now->value, now->rows - now->missing);
    else if (now->levels > 0)
        t->value = lt_shift_counts(before.level, now->level, now->levels);
    if (missing + now->missing > 0)
        t->missing = lt_shift_shares(missing, rows, now->missing, now->rows);
}

/* The p-values of all tests that took place: those of `f`, in their order, to or from `list`. */
static int64_t each_p(struct lt_drift_found *f, double *list, bool put)
{
    int64_t n = 0;
    for (int64_t i = 0; i < f->now.subjects; i++) {
        struct lt_drift_subject *t = &f->subject[i];
        double *p[] = {&t->value.p, &t->missing.p};
        bool takes_place[] = {t->now->value || t->now->levels > 0,
                              (int64_t)t->before.summary[LT_SUMMARY_MISSING] + t->now->missing > 0};
        for (int k = 0; k < 2; k++) {
            t->tested |= takes_place[k];
            if (takes_place[k] && put)
                *p[k] = list[n];
            else if (takes_place[k])
                list[n] = *p[k];
            n += takes_place[k];
        }
    }
    double *of_scores[] = {&f->score.p, &f->alarm.p};
    for (int k = 0; f->calibration_rows > 0 && k < 2; k++, n++) {
        if (put)
            *of_scores[k] = list[n];
        else
            list[n] = *of_scores[k];
    }
    return n;
}

static enum lt_drift_state judge(const struct lt_drift_found *f, struct lt_shift s)
{
    if (s.p > f->options->level)
        return LT_DRIFT_NONE;
    return s.distance >= f->options->least ? LT_DRIFT_MOVED : LT_DRIFT_SMALL;
}

static enum lt_drift_state stronger(enum lt_drift_state a, enum lt_drift_state b)
{
    return a > b ? a : b;
}

static void judge_all(struct lt_drift_found *f)
{
    for (int64_t i = 0; i < f->now.subjects; i++) {
        struct lt_drift_subject *t = &f->subject[i];
        enum lt_drift_state missing = judge(f, t->missing);
        t->state = stronger(judge(f, t->value), missing);
        t->missing_moved = missing != LT_DRIFT_NONE;
        t->distance = fmax(t->value.distance, t->missing.distance);
        t->p = fmin(t->value.p, t->missing.p);
        bool column = i < f->columns, code = !column && i < f->columns + f->dims;
        f->tested += column && t->tested;
        f->moved += column && t->state == LT_DRIFT_MOVED;
        f->small += column && t->state == LT_DRIFT_SMALL;
        f->dims_moved += code && t->state == LT_DRIFT_MOVED;
        f->dims_small += code && t->state == LT_DRIFT_SMALL;
    }
    if (f->calibration_rows == 0)
        return;
    f->score_state = judge(f, f->score);
    if (f->alarm.p <= f->options->level)
        f->alarm_state =
            (double)f->alarms >= 2 * f->rate * (double)f->count ? LT_DRIFT_MOVED : LT_DRIFT_SMALL;
}

static int by_distance(const void *a, const void *b)
{
    const struct lt_drift_subject *x = a, *y = b;
    if (x->tested != y->tested)
        return y->tested - x->tested;
    if (x->state != y->state)
        return (x->state < y->state) - (x->state > y->state);
    if (x->distance < y->distance || x->distance > y->distance)
        return (x->distance < y->distance) - (x->distance > y->distance);
    return (x->number > y->number) - (x->number < y->number);
}

static int test(struct lt_drift_found *f, struct lt_error *err)
{
    struct lt_profile_part part = lt_profile_first(&f->model->profile);
    size_t n = (size_t)f->now.subjects;
    double *p = NULL;
    int rc = lt_alloc(&f->subject, n, sizeof *f->subject, "drift", err);
    if (!rc)
        rc = lt_alloc(&p, 2 * n + 2, sizeof *p, "p-values", err);
    if (rc)
        return rc;
    for (int64_t i = 0; i < f->now.subjects; i++) {
        test_subject(&f->subject[i], part, &f->now.subject[i], i);
        part = lt_profile_next(part);
    }
    f->tests = each_p(f, p, false);
    rc = lt_shift_correct(p, f->tests, err);
    if (!rc) {
        each_p(f, p, true);
        judge_all(f);
        qsort(f->subject, (size_t)f->columns, sizeof *f->subject, by_distance);
        qsort(f->subject + f->columns, (size_t)f->dims, sizeof *f->subject, by_distance);
        f->code = f->subject + f->columns;
        f->error = f->code + f->dims;
    }
    lt_free(p);
    return rc;
}

/* ---- the whole ---- */

static int check(const struct lt_model *model, const struct lt_table *table, struct lt_error *err)
{
    if (model->profile.subjects == 0)
        return lt_fail(err, LT_EUSAGE,
                       "this model does not know what its training data looked like; train it "
                       "again with this version of Latent");
    if (lt_table_rows(table) < LT_DRIFT_ROWS)
        return lt_fail(err, LT_ECONTENT,
                       "%s has %lld row%s, too few to tell drift from chance; give %d or more",
                       lt_table_name(table), (long long)lt_table_rows(table),
                       lt_table_rows(table) == 1 ? "" : "s", LT_DRIFT_ROWS);
    return 0;
}

int lt_drift(const struct lt_model *model, struct lt_table *table,
             const struct lt_drift_options *options, const struct lt_session_options *session,
             struct lt_report *report, struct lt_error *err)
{
    double started = lt_clock();
    struct lt_backend *backend = NULL;
    struct lt_drift_found f = {.model = model,
                               .options = options,
                               .columns = model->prep.schema.columns,
                               .dims = lt_net_spec_dims(&model->network[0].spec),
                               .of = lt_table_rows(table)};
    int rc = check(model, table, err);
    if (!rc)
        rc = lt_arrange(model, table, session->listener, &f.view, err);
    if (!rc)
        rc = lt_survey_rows(&f.rows, &f.count, f.of, model->prep.features, options->seed, err);
    if (!rc)
        rc = lt_backend_create(&backend, session->backend, session->threads, err);
    if (!rc)
        rc = look(&f, backend, err);
    if (!rc)
        rc = test(&f, err);
    bool moved = !rc && lt_drift_report(&f, report);
    if (!rc)
        lt_report_number(report, "seconds", lt_clock() - started);
    if (!rc)
        rc = lt_report_seal(report, err);
    lt_survey_free(&f.now);
    lt_free(f.subject);
    lt_free(f.rows);
    lt_table_free(&f.view);
    lt_backend_free(&backend);
    if (rc || !moved)
        return rc;
    return lt_fail(err, LT_ENO, "%s", lt_report_get_string(report, "message"));
}
