#include "app/score.h"

#include "app/arrange.h"
#include "app/beside.h"
#include "app/conformal.h"
#include "app/crew.h"
#include "app/detect.h"
#include "app/pace.h"
#include "app/reasons.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "data/lines.h"
#include "data/writer.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROW, SCORE, P_VALUE, ALARM, REASONS, COLUMNS };

/* What stays the same from one batch of rows to the next. */
struct scorer {
    const struct lt_model *model;
    const struct lt_score_options *options;
    const struct lt_session_options *session;
    struct lt_backend *backend;
    struct lt_detect *detect;
    double threshold;
    float *x;                      /* (LT_DETECT_ROWS, F) */
    int64_t room;                  /* rows of a batch at most */
    double *score;                 /* (room): of the batch */
    double *value;                 /* (room, COLUMNS): what is written */
    struct lt_crew *crew;          /* scores the rows of a table; NULL: `detect` does */
    struct lt_reasons *reasons;    /* NULL: none are asked for */
    struct lt_block *cells;        /* one row of the view at work, for reasons */
    struct lt_reason *reason;      /* (why) */
    char (*text)[LT_REASONS_TEXT]; /* (LT_DETECT_ROWS) */
    struct lt_writer *writer;      /* NULL: nothing is written */
    int64_t rows, alarms;
    double started;
};

/* Room for the answers to so many rows. */
static int reserve(struct scorer *s, int64_t rows, struct lt_error *err)
{
    lt_free(s->score);
    lt_free(s->value);
    s->value = NULL;
    s->room = rows;
    int rc = lt_alloc(&s->score, (size_t)rows, sizeof *s->score, "scoring", err);
    return rc ? rc : lt_alloc(&s->value, (size_t)rows * COLUMNS, sizeof *s->value, "scoring", err);
}

static int scorer_create(struct scorer **out, const struct lt_model *model,
                         const struct lt_score_options *options,
                         const struct lt_session_options *session, struct lt_error *err)
{
    const struct lt_detector *d = &model->detector;
    struct scorer *s = NULL;
    int rc = lt_alloc(&s, 1, sizeof *s, "scoring", err);
    *out = s;
    if (rc)
        return rc;
    s->model = model;
    s->options = options;
    s->session = session;
    s->started = lt_clock();
    rc = lt_backend_create(&s->backend, session->backend, session->threads, err);
    if (!rc)
        rc = lt_detect_create(&s->detect, model, s->backend, session->precision, err);
    if (!rc)
        rc = lt_alloc(&s->x, LT_DETECT_ROWS * (size_t)model->prep.features, sizeof *s->x, "scoring",
                      err);
    if (!rc)
        rc = reserve(s, LT_DETECT_ROWS, err);
    if (!rc && options->why > 0)
        rc = lt_reasons_create(&s->reasons, model, s->detect, s->backend, options->why, err);
    if (!rc && options->why > 0)
        rc = lt_alloc(&s->reason, (size_t)options->why, sizeof *s->reason, "reasons", err);
    if (!rc && options->why > 0)
        rc = lt_alloc(&s->text, LT_DETECT_ROWS, sizeof *s->text, "reasons", err);
    if (!rc)
        s->threshold = lt_conformal_threshold(d->calibration, d->calibration_rows, options->rate);
    return rc;
}

static void scorer_free(struct scorer **scorer)
{
    struct scorer *s = *scorer;
    *scorer = NULL;
    if (!s)
        return;
    lt_writer_abort(&s->writer);
    lt_reasons_free(&s->reasons);
    lt_crew_free(&s->crew);
    lt_detect_free(&s->detect);
    lt_backend_free(&s->backend);
    lt_free(s->reason);
    lt_free(s->text);
    lt_free(s->x);
    lt_free(s->score);
    lt_free(s->value);
    lt_free(s);
}

/* The value of the reasons' column is the row within the batch. */
static const char *reasons_text(void *context, int64_t column, double value, char *buf, size_t size)
{
    const struct scorer *s = context;
    (void)column, (void)buf, (void)size;
    const char *text = s->text[(int64_t)value];
    return *text ? text : NULL;
}

static int open_writer(struct scorer *s, const char *path, int64_t rows, struct lt_error *err)
{
    static const char *const names[COLUMNS] = {"row", "score", "p_value", "alarm", "reasons"};
    static const enum lt_type types[COLUMNS] = {LT_I64, LT_F32, LT_F32, LT_BOOL, LT_TEXT};
    struct lt_writer_schema schema = {.rows = rows,
                                      .columns = s->reasons ? COLUMNS : REASONS,
                                      .types = types,
                                      .names = names,
                                      .text = s->reasons ? reasons_text : NULL,
                                      .text_context = s,
                                      .threads = s->backend->threads};
    return lt_writer_create(&s->writer, path, &schema, err);
}

/* ---- a batch ---- */

/* Why the n rows in s->x, rows `ids` of the view, have the scores they have. */
static int explain(struct scorer *s, const struct lt_table *view, const int64_t *ids, int64_t n,
                   struct lt_error *err)
{
    int rc = 0;
    for (int64_t i = 0; i < n && s->reasons && s->writer && !rc; i++) {
        const float *x = s->x + i * s->model->prep.features;
        int count = lt_reasons_of(s->reasons, x, s->score[i], s->reason);
        rc = lt_table_fetch(view, &ids[i], 1, s->cells, err);
        if (!rc)
            lt_reasons_text(&s->model->prep, view, s->cells, s->reason, count, s->text[i]);
    }
    return rc;
}

struct answers {
    struct scorer *s;
    int64_t n;
};
enum { CHUNK = 256 };

static void answer_chunk(void *context, size_t chunk, int thread)
{
    const struct answers *a = context;
    const struct scorer *s = a->s;
    const struct lt_detector *d = &s->model->detector;
    const int columns = s->reasons ? COLUMNS : REASONS;
    (void)thread;
    for (size_t i = lt_chunk_begin(chunk, CHUNK); i < lt_chunk_end(chunk, CHUNK, (size_t)a->n);
         i++) {
        double *v = s->value + (int64_t)i * columns;
        v[ROW] = (double)(s->rows + (int64_t)i);
        v[SCORE] = s->score[i];
        v[P_VALUE] = lt_conformal_p(d->calibration, d->calibration_rows, s->score[i]);
        v[ALARM] = s->score[i] >= s->threshold;
        if (s->reasons)
            v[REASONS] = (double)i;
    }
}

/* p-values and alarms of n rows, whose scores and reasons are there. */
static int answer(struct scorer *s, int64_t n, struct lt_error *err)
{
    struct answers a = {s, n};
    lt_parallel(s->backend->threads, lt_chunks((size_t)n, CHUNK), answer_chunk, &a);
    for (int64_t i = 0; i < n; i++)
        s->alarms += s->score[i] >= s->threshold;
    s->rows += n;
    return s->writer ? lt_writer_rows(s->writer, s->value, n, err) : 0;
}

/* Answers n rows of features that stand in s->x and are rows `ids` of the view. */
static int score_batch(struct scorer *s, const struct lt_table *view, const int64_t *ids, int64_t n,
                       struct lt_error *err)
{
    lt_detect_scores(s->detect, s->x, n, s->score);
    int rc = explain(s, view, ids, n, err);
    return rc ? rc : answer(s, n, err);
}

/* ---- the report ---- */

static void report_alarms(const struct scorer *s, struct lt_report *r)
{
    const struct lt_detector *d = &s->model->detector;
    double rate = s->options->rate;
    int64_t needed = lt_conformal_rows(rate);
    struct lt_interval band = lt_conformal_realised(d->calibration_rows, rate);
    double seconds = lt_clock() - s->started;
    lt_report_verdict(r, NULL,
                      "%lld of %lld rows alarm at a false-alarm rate of %.3g; %.3g would if all "
                      "were normal.",
                      (long long)s->alarms, (long long)s->rows, rate, rate * (double)s->rows);
    if (d->calibration_rows < needed)
        lt_report_warn(
            r, "few_calibration_rows",
            "a rate of %.3g needs %lld calibration rows and the model has %lld, so no row "
            "can alarm; the smallest rate they resolve is %.3g",
            rate, (long long)needed, (long long)d->calibration_rows,
            lt_conformal_smallest_p(d->calibration_rows));
    else
        lt_report_line(r,
                       "p-values come from %lld calibration rows, of which the rate needs %lld; "
                       "realised rate %.3g to %.3g for 95 %% of calibrations",
                       (long long)d->calibration_rows, (long long)needed, band.low, band.high);
    lt_report_integer(r, "rows", s->rows);
    lt_report_integer(r, "alarms", s->alarms);
    lt_report_number(r, "rate", rate);
    lt_report_number(r, "threshold", s->threshold);
    lt_report_integer(r, "calibration.rows", d->calibration_rows);
    lt_report_integer(r, "calibration.needed", needed);
    lt_report_number(r, "calibration.rate_low", band.low);
    lt_report_number(r, "calibration.rate_high", band.high);
    lt_report_string(r, "detector", lt_detector_name(d->kind));
    lt_report_number(r, "seconds", seconds);
}

/* Where neither reasons nor baselines look at features, rows may go by the thousand. */
static int hire(struct scorer *s, const struct lt_table *view, struct lt_error *err)
{
    int rc = lt_crew_create(&s->crew, s->model, view, s->detect, s->session, err);
    return rc || !s->crew ? rc : reserve(s, LT_CREW_ROWS, err);
}

static int score_many(struct scorer *s, int64_t total, struct lt_error *err)
{
    struct lt_pace pace = lt_pace_start(s->session->listener, "scoring", total);
    int rc = 0;
    for (int64_t at = 0; at < total && !rc; at += s->room) {
        int64_t n = total - at < s->room ? total - at : s->room;
        rc = lt_crew_scores(s->crew, at, n, s->score, err);
        if (!rc)
            rc = answer(s, n, err);
        if (!rc)
            rc = lt_pace_tell(&pace, at + n, err);
    }
    return rc;
}

static int score_rows(struct scorer *s, const struct lt_table *view, struct lt_feed *feed,
                      struct lt_beside *beside, struct lt_error *err)
{
    int64_t ids[LT_DETECT_ROWS], total = lt_table_rows(view);
    struct lt_pace pace = lt_pace_start(s->session->listener, "scoring", total);
    int rc = 0;
    for (int64_t at = 0; at < total && !rc; at += LT_DETECT_ROWS) {
        int64_t n = total - at < LT_DETECT_ROWS ? total - at : LT_DETECT_ROWS;
        for (int64_t i = 0; i < n; i++)
            ids[i] = at + i;
        rc = lt_feed_rows(feed, ids, n, s->x, err);
        if (!rc)
            rc = score_batch(s, view, ids, n, err);
        if (!rc && beside)
            lt_beside_rows(beside, s->x, s->score, at, n);
        if (!rc)
            rc = lt_pace_tell(&pace, at + n, err);
    }
    return rc;
}

int lt_score_table(const struct lt_model *model, struct lt_table *table,
                   const struct lt_table *labels, const char *path,
                   const struct lt_score_options *options, const struct lt_session_options *session,
                   struct lt_report *report, struct lt_error *err)
{
    struct scorer *s = NULL;
    struct lt_table *view = NULL;
    struct lt_feed *feed = NULL;
    struct lt_beside *beside = NULL;
    int rc = scorer_create(&s, model, options, session, err);
    if (!rc)
        rc = lt_arrange(model, table, session->listener, &view, err);
    if (!rc)
        rc = lt_feed_create(&feed, view, &model->prep, LT_DETECT_ROWS, s->backend->threads, err);
    if (!rc && s->reasons)
        rc = lt_block_create(&s->cells, view, 1, err);
    if (!rc && labels)
        rc = lt_beside_create(&beside, model, s->backend, labels, err);
    if (!rc && !s->reasons && !labels)
        rc = hire(s, view, err);
    if (!rc && (!path || *path))
        rc = open_writer(s, path, lt_table_rows(table), err);
    if (!rc)
        rc = s->crew ? score_many(s, lt_table_rows(view), err)
                     : score_rows(s, view, feed, beside, err);
    if (!rc && s->writer)
        rc = lt_writer_commit(&s->writer, err);
    if (!rc)
        report_alarms(s, report);
    if (!rc && labels)
        rc = lt_beside_report(beside, report, err);
    lt_beside_free(&beside);
    lt_feed_free(&feed);
    if (s)
        lt_block_free(&s->cells);
    lt_table_free(&view);
    scorer_free(&s);
    return rc ? rc : lt_report_seal(report, err);
}

/* ---- streams ---- */

struct stream {
    struct scorer *s;
    struct lt_lines *lines;
    struct lt_table *view; /* of the table at work */
    struct lt_feed *feed;
    bool strict, arranged; /* what lt_arrange had to tell has been told */
    int64_t bad;
};

/* A bad record, or a row that cannot be fed: told and counted, or the end. */
static int bad_row(struct stream *t, struct lt_error *err)
{
    const latent_listener *listener = t->s->session->listener;
    if (t->strict)
        return err->code;
    if (listener && listener->message)
        listener->message(listener->context, 1, err->text);
    *err = (struct lt_error){0};
    t->s->rows++;
    t->bad++;
    return 0;
}

/* One row after the other, so that the others are scored where one cannot be. */
static int score_singly(struct stream *t, const int64_t *ids, int64_t n, struct lt_error *err)
{
    int rc = 0;
    for (int64_t i = 0; i < n && !rc; i++) {
        rc = lt_feed_rows(t->feed, ids + i, 1, t->s->x, err);
        if (rc == LT_ECONTENT)
            rc = bad_row(t, err);
        else if (!rc)
            rc = score_batch(t->s, t->view, ids + i, 1, err);
    }
    return rc;
}

static int score_records(struct stream *t, struct lt_table *table, struct lt_error *err)
{
    struct scorer *s = t->s;
    int64_t ids[LT_DETECT_ROWS], total = lt_table_rows(table);
    int rc = lt_arrange(s->model, table, t->arranged ? NULL : s->session->listener, &t->view, err);
    t->arranged = true;
    if (!rc)
        rc = lt_feed_create(&t->feed, t->view, &s->model->prep, LT_DETECT_ROWS, s->backend->threads,
                            err);
    if (!rc && s->reasons)
        rc = lt_block_create(&s->cells, t->view, 1, err);
    for (int64_t at = 0; at < total && !rc; at += LT_DETECT_ROWS) {
        int64_t n = total - at < LT_DETECT_ROWS ? total - at : LT_DETECT_ROWS;
        for (int64_t i = 0; i < n; i++)
            ids[i] = at + i;
        rc = lt_feed_rows(t->feed, ids, n, s->x, err);
        if (rc == LT_ECONTENT) {
            *err = (struct lt_error){0};
            rc = score_singly(t, ids, n, err);
        } else if (!rc) {
            rc = score_batch(s, t->view, ids, n, err);
        }
    }
    lt_feed_free(&t->feed);
    lt_block_free(&s->cells);
    lt_table_free(&t->view);
    return rc ? rc : lt_writer_flush(s->writer, err);
}

static bool asked_to_stop(const struct scorer *s)
{
    const latent_listener *listener = s->session->listener;
    latent_progress p = {.stage = "listening", .step = s->rows, .train_loss = NAN};
    return listener && listener->progress && listener->progress(listener->context, &p) != 0;
}

static int read_stream(struct stream *t, struct lt_error *err)
{
    for (;;) {
        struct lt_table *table = NULL;
        int64_t line, rows;
        int rc = lt_lines_next(t->lines, &table, &line, &rows, err);
        if (rc == LT_LINES_END)
            return 0;
        if (rc == LT_EINTERRUPTED && !asked_to_stop(t->s)) {
            *err = (struct lt_error){0};
            continue;
        }
        if (rc == LT_EINTERRUPTED) { /* what came is scored, so this is an end like another */
            *err = (struct lt_error){0};
            return 0;
        }
        if (rc == LT_ECONTENT)
            rc = bad_row(t, err);
        else if (!rc)
            rc = score_records(t, table, err);
        lt_table_free(&table);
        if (rc)
            return rc;
        if (asked_to_stop(t->s))
            return 0;
    }
}

int lt_score_stream(const struct lt_model *model, int descriptor, const char *path, bool strict,
                    const struct lt_score_options *options,
                    const struct lt_session_options *session, struct lt_report *report,
                    struct lt_error *err)
{
    struct stream t = {.strict = strict};
    struct lt_error own = {0};
    err = err ? err : &own;
    int rc = scorer_create(&t.s, model, options, session, err);
    if (!rc)
        rc = lt_lines_open(&t.lines, descriptor, NULL, err);
    if (!rc)
        rc = open_writer(t.s, path, -1, err);
    if (!rc)
        rc = lt_writer_flush(t.s->writer, err);
    if (!rc)
        rc = read_stream(&t, err);
    if (!rc)
        rc = lt_writer_commit(&t.s->writer, err);
    if (!rc) {
        report_alarms(t.s, report);
        lt_report_integer(report, "bad_rows", t.bad);
        if (t.bad > 0)
            lt_report_line(report, "%lld record%s could not be read and %s skipped",
                           (long long)t.bad, t.bad == 1 ? "" : "s", t.bad == 1 ? "was" : "were");
    }
    lt_lines_free(&t.lines);
    scorer_free(&t.s);
    return rc ? rc : lt_report_seal(report, err);
}
