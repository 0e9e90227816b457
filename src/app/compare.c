#include "app/compare.h"

#include "app/arrange.h"
#include "app/comparereport.h"
#include "app/conformal.h"
#include "app/detect.h"
#include "app/ranking.h"
#include "base/clock.h"
#include "base/mem.h"
#include "model/modelfile.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = LT_SESSION_ROWS, WARM = 4 /* runs of the first batch that are not counted */ };
_Static_assert((int)BATCH <= (int)LT_DETECT_ROWS, "a detector takes a batch at once");

/* One of the models at work. */
struct side {
    const struct lt_model *model;
    struct lt_session *session;
    struct lt_table *view;
    struct lt_feed *feed;
    struct lt_detect *detect; /* NULL: scores are not compared */
    float *x, *out, *codes;   /* (BATCH, F) both, (BATCH, K) */
    double *value, *back;     /* (BATCH, D): rows and reconstructions in the units of the data */
    double *score;            /* (rows) */
    double seconds;           /* of the models' work, without reading */
};

static void side_free(struct side *s)
{
    void *list[] = {s->x, s->out, s->codes, s->value, s->back, s->score};
    lt_detect_free(&s->detect);
    lt_feed_free(&s->feed);
    lt_table_free(&s->view);
    lt_session_free(&s->session);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        lt_free(list[i]);
}

static int side_create(struct side *s, const struct lt_model *model, struct lt_table *table,
                       bool scored, const struct lt_session_options *options, struct lt_error *err)
{
    size_t f = (size_t)model->prep.features, d = (size_t)model->prep.schema.columns;
    size_t k = (size_t)lt_net_spec_dims(&model->network[0].spec), n = BATCH;
    s->model = model;
    int rc = lt_arrange(model, table, options->listener, &s->view, err);
    if (!rc)
        rc = lt_session_create(&s->session, model, options, err);
    if (!rc)
        rc = lt_feed_create(&s->feed, s->view, &model->prep, BATCH, s->session->backend->threads,
                            err);
    if (!rc && scored)
        rc = lt_detect_create(&s->detect, model, s->session->backend, options->precision, err);
    if (!rc)
        rc = lt_alloc(&s->x, n * f, sizeof *s->x, "rows", err);
    if (!rc)
        rc = lt_alloc(&s->out, n * f, sizeof *s->out, "rows", err);
    if (!rc)
        rc = lt_alloc(&s->codes, n * k, sizeof *s->codes, "codes", err);
    if (!rc)
        rc = lt_alloc(&s->value, n * d, sizeof *s->value, "rows", err);
    if (!rc)
        rc = lt_alloc(&s->back, n * d, sizeof *s->back, "rows", err);
    if (!rc)
        rc = lt_alloc(&s->score, (size_t)lt_table_rows(table), sizeof *s->score, "scores", err);
    return rc;
}

/* Scores and reconstructions of the rows in s->x; returns the seconds that took. */
static double work(struct side *s, int64_t at, int64_t n)
{
    double began = lt_clock();
    if (s->detect)
        lt_detect_scores(s->detect, s->x, n, s->score + at);
    lt_session_encode(s->session, s->x, n, s->codes);
    lt_session_decode(s->session, s->codes, n, s->out);
    return lt_clock() - began;
}

static int side_batch(struct side *s, int64_t at, int64_t n, struct lt_error *err)
{
    int64_t ids[BATCH];
    for (int64_t i = 0; i < n; i++)
        ids[i] = at + i;
    int rc = lt_feed_rows(s->feed, ids, n, s->x, err);
    if (rc)
        return rc;
    lt_prep_invert(&s->model->prep, s->x, n, s->value);
    double seconds = work(s, at, n);
    for (int i = 0; i < WARM && at == 0; i++)
        seconds = fmin(seconds, work(s, at, n));
    s->seconds += seconds;
    lt_prep_invert(&s->model->prep, s->out, n, s->back);
    return 0;
}

/* ---- columns ---- */

static bool is_share(enum lt_kind kind)
{
    return kind == LT_KIND_BOOLEAN || kind == LT_KIND_CATEGORY;
}

/* A boolean or integer of one model may be a number in the other: they are measured alike. */
static bool comparable(const struct lt_column *a, const struct lt_column *b)
{
    bool category = a->kind == LT_KIND_CATEGORY, time = a->kind == LT_KIND_TIME;
    return category == (b->kind == LT_KIND_CATEGORY) && time == (b->kind == LT_KIND_TIME);
}

static int64_t find(const struct lt_schema *s, const struct lt_schema *in, int64_t column)
{
    if (!s->names || !in->names)
        return column < in->columns ? column : -1;
    for (int64_t k = 0; k < in->columns; k++)
        if (strcmp(in->names[k], s->names[column]) == 0)
            return k;
    return -1;
}

/* Columns that are left out, as constants and names are, are nothing that a model reads. */
static int pair_columns(struct lt_comparison *c, struct lt_error *err)
{
    const struct lt_prep *a = &c->model[LT_OLD]->prep, *b = &c->model[LT_NEW]->prep;
    int rc = lt_alloc(&c->column, (size_t)a->schema.columns, sizeof *c->column, "columns", err);
    for (int64_t j = 0; j < a->schema.columns && !rc; j++) {
        int64_t k = find(&a->schema, &b->schema, j);
        const struct lt_column *p = &a->column[j], *q = k < 0 ? NULL : &b->column[k];
        if (p->width == 0)
            continue;
        if (!q || q->width == 0)
            c->only[LT_OLD]++;
        else if (!comparable(p, q))
            c->other_kind++;
        else
            c->column[c->columns++] =
                (struct lt_compared){.at = {j, k}, .share = is_share(p->kind) && is_share(q->kind)};
    }
    for (int64_t k = 0; k < b->schema.columns && !rc; k++) {
        int64_t j = find(&b->schema, &a->schema, k);
        c->only[LT_NEW] += b->column[k].width > 0 && (j < 0 || a->column[j].width == 0);
    }
    if (!rc && c->columns == 0)
        rc = lt_fail(err, LT_ECONTENT,
                     "the two models have no column in common, so there is nothing to compare");
    return rc;
}

/* Whether two values of a column, each of its own side, are the same thing. */
static bool same(const struct lt_compared *k, const struct side *a, double x, int i,
                 const struct side *b, double y, int j)
{
    char one[64], two[64];
    const struct lt_column *p = &a->model->prep.column[k->at[i]];
    if (p->kind != LT_KIND_CATEGORY || p->type != LT_TEXT)
        return !(x < y) && !(x > y);
    const char *s = lt_prep_text(&a->model->prep, k->at[i], x, one, sizeof one);
    const char *t = lt_prep_text(&b->model->prep, k->at[j], y, two, sizeof two);
    return s && t && strcmp(s, t) == 0;
}

static double differ(const struct lt_compared *k, const struct side *a, double x, int i,
                     const struct side *b, double y, int j)
{
    if (k->share)
        return same(k, a, x, i, b, y, j) ? 0 : 1;
    return (x - y) * (x - y);
}

/* One row of both sides. */
static void add_row(struct lt_compared *k, const struct side side[LT_SIDES], int64_t row)
{
    double value[LT_SIDES], back[LT_SIDES];
    for (int i = 0; i < LT_SIDES; i++) {
        int64_t at = row * side[i].model->prep.schema.columns + k->at[i];
        value[i] = side[i].value[at];
        back[i] = side[i].back[at];
    }
    k->rows++;
    k->moved += differ(k, &side[LT_OLD], back[LT_OLD], LT_OLD, &side[LT_NEW], back[LT_NEW], LT_NEW);
    if (isnan(value[LT_OLD]) || isnan(value[LT_NEW]))
        return;
    double first = k->seen > 0 ? value[LT_OLD] - k->origin : 0;
    k->origin = k->seen > 0 ? k->origin : value[LT_OLD];
    k->seen++;
    k->sum += first;
    k->square += first * first;
    for (int i = 0; i < LT_SIDES; i++)
        k->error[i] += differ(k, &side[i], value[i], i, &side[i], back[i], i);
}

static int by_change(const void *a, const void *b)
{
    const struct lt_compared *x = a, *y = b;
    if (x->change < y->change || x->change > y->change)
        return (x->change < y->change) - (x->change > y->change);
    return (x->at[LT_OLD] > y->at[LT_OLD]) - (x->at[LT_OLD] < y->at[LT_OLD]);
}

static void settle_columns(struct lt_comparison *c)
{
    for (int64_t j = 0; j < c->columns; j++) {
        struct lt_compared *k = &c->column[j];
        double mean = k->seen > 0 ? k->sum / k->seen : 0;
        double variance = k->seen > 0 ? k->square / k->seen - mean * mean : 0;
        double unit = k->share || !(variance > 0) ? 1 : variance;
        k->change = k->moved / k->rows / unit;
        k->change = k->share ? k->change : sqrt(k->change);
        for (int i = 0; i < LT_SIDES && k->seen > 0; i++)
            c->error[i] += k->error[i] / k->seen / unit / (double)c->columns;
    }
    qsort(c->column, (size_t)c->columns, sizeof *c->column, by_change);
}

/* ---- decisions ---- */

static int compare_scores(struct lt_comparison *c, const struct side side[LT_SIDES],
                          struct lt_error *err)
{
    const struct lt_detector *d[LT_SIDES];
    double threshold[LT_SIDES];
    for (int i = 0; i < LT_SIDES; i++) {
        d[i] = &c->model[i]->detector;
        threshold[i] =
            lt_conformal_threshold(d[i]->calibration, d[i]->calibration_rows, c->options->rate);
    }
    for (int64_t r = 0; r < c->rows; r++) {
        double p[LT_SIDES];
        bool alarm[LT_SIDES];
        for (int i = 0; i < LT_SIDES; i++) {
            p[i] = lt_conformal_p(d[i]->calibration, d[i]->calibration_rows, side[i].score[r]);
            alarm[i] = side[i].score[r] >= threshold[i];
            c->alarms[i] += alarm[i];
        }
        c->only_alarms[LT_OLD] += alarm[LT_OLD] && !alarm[LT_NEW];
        c->only_alarms[LT_NEW] += alarm[LT_NEW] && !alarm[LT_OLD];
        c->p_change += fabs(p[LT_NEW] - p[LT_OLD]) / (double)c->rows;
    }
    return lt_rank_correlation(&c->rank_correlation, side[LT_OLD].score, side[LT_NEW].score,
                               c->rows, err);
}

/* ---- the whole ---- */

/* The models take turns, so that what else the machine does slows both. */
static int run(struct lt_comparison *c, struct side side[LT_SIDES], struct lt_error *err)
{
    int rc = 0;
    for (int64_t at = 0; at < c->rows && !rc; at += BATCH) {
        int64_t n = c->rows - at < BATCH ? c->rows - at : BATCH;
        for (int i = 0; i < LT_SIDES && !rc; i++)
            rc = side_batch(&side[i], at, n, err);
        for (int64_t j = 0; j < c->columns && !rc; j++)
            for (int64_t r = 0; r < n; r++)
                add_row(&c->column[j], side, r);
    }
    for (int i = 0; i < LT_SIDES; i++)
        c->speed[i] = (double)c->rows / side[i].seconds;
    settle_columns(c);
    return rc || !c->scored ? rc : compare_scores(c, side, err);
}

static int measure_file(struct lt_comparison *c, int i, struct lt_error *err)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    int rc = lt_model_to_bytes(c->model[i], &bytes, &size, err);
    c->bytes[i] = (int64_t)size;
    lt_free(bytes);
    return rc;
}

int lt_compare(const struct lt_model *before, const struct lt_model *after, struct lt_table *table,
               const struct lt_compare_options *options, const struct lt_session_options *session,
               struct lt_report *report, struct lt_error *err)
{
    double started = lt_clock();
    struct side side[LT_SIDES] = {{0}};
    struct lt_comparison c = {
        .model = {before, after}, .options = options, .rows = lt_table_rows(table)};
    bool has[LT_SIDES];
    for (int i = 0; i < LT_SIDES; i++)
        has[i] = c.model[i]->detector.kind != LT_DETECTOR_NONE;
    c.scored = has[LT_OLD] && has[LT_NEW];
    c.one_scored = has[LT_OLD] != has[LT_NEW];
    int rc = pair_columns(&c, err);
    for (int i = 0; i < LT_SIDES && !rc; i++)
        rc = side_create(&side[i], c.model[i], table, c.scored, session, err);
    c.view = side[LT_OLD].view;
    if (!rc)
        rc = run(&c, side, err);
    for (int i = 0; i < LT_SIDES && !rc; i++)
        rc = measure_file(&c, i, err);
    bool differ = !rc && lt_compare_report(&c, report);
    lt_report_number(report, "seconds", lt_clock() - started);
    if (!rc)
        rc = lt_report_seal(report, err);
    for (int i = 0; i < LT_SIDES; i++)
        side_free(&side[i]);
    lt_free(c.column);
    if (rc || !differ)
        return rc;
    return lt_fail(err, LT_ENO, "%s", lt_report_get_string(report, "message"));
}
