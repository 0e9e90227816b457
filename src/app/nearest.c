#include "app/nearest.h"

#include "app/arrange.h"
#include "app/cluster.h"
#include "app/contrast.h"
#include "app/pace.h"
#include "app/rows.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/order.h"
#include "data/writer.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = LT_SESSION_ROWS, TRAITS = 3, TEXT = TRAITS * (2 * LT_TRAIT_TEXT + 20) };
enum { ROW, DISTANCE, DIFFERS, COLUMNS };

/* The nearest rows so far, nearest first. */
struct list {
    int64_t most, count;
    int64_t *row;     /* (most) */
    double *distance; /* (most) */
};

struct job {
    struct lt_session *s;
    struct lt_table *table, *view;
    const struct lt_nearest_options *options;
    bool image;
    struct lt_rows columns;      /* (N, F) */
    struct lt_contrast contrast; /* of all rows */
    float *code, *x;             /* (K), (F): of the given row */
    float *other;                /* (F) */
    double *value, *other_value; /* (F) as of a contrast */
    double *distance;            /* (N) between codes */
    struct list codes, unlearnt; /* by codes; by scaled columns */
    char text[TEXT];             /* of the row at work */
};

/* ---- distances ---- */

static void insert(struct list *l, int64_t row, double distance)
{
    if (l->count == l->most && distance >= l->distance[l->most - 1])
        return;
    int64_t at = l->count < l->most ? l->count++ : l->most - 1;
    for (; at > 0 && l->distance[at - 1] > distance; at--) {
        l->distance[at] = l->distance[at - 1];
        l->row[at] = l->row[at - 1];
    }
    l->distance[at] = distance;
    l->row[at] = row;
}

/* A missing cell stands at the mean of the training rows. */
static double distance_between(const float *a, const float *b, const float *mean, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double x = (double)(isnan(a[i]) ? mean[i] : a[i]),
               y = (double)(isnan(b[i]) ? mean[i] : b[i]);
        sum += (x - y) * (x - y);
    }
    return sqrt(sum);
}

static int find(struct job *job, struct lt_error *err)
{
    const struct lt_model *m = job->s->model;
    struct lt_session *s = job->s;
    struct lt_pace pace = lt_pace_start(s->listener, "comparing", job->columns.count);
    int64_t f = job->columns.inputs, k = lt_net_spec_dims(&m->network[0].spec);
    int64_t rows = job->columns.count, own = job->options->row;
    int rc = job->columns.read(job->columns.context, own, 1, job->x, err);
    if (!rc)
        lt_session_encode(s, job->x, 1, job->code);
    for (int64_t at = 0; at < rows && !rc; at += BATCH) {
        int64_t n = rows - at < BATCH ? rows - at : BATCH;
        rc = job->columns.read(job->columns.context, at, n, s->rows, err);
        if (rc)
            break;
        lt_session_encode(s, s->rows, n, s->codes);
        if (!job->image)
            lt_contrast_add(&job->contrast, s->rows, n, NULL);
        for (int64_t i = 0; i < n; i++) {
            /* codes have no missing cells, so any mean will do */
            double near = distance_between(job->code, s->codes + i * k, job->code, k);
            job->distance[at + i] = near;
            if (at + i == own)
                continue;
            insert(&job->codes, at + i, near);
            insert(&job->unlearnt, at + i,
                   distance_between(job->x, s->rows + i * f, m->baseline.mean, f));
        }
        rc = lt_pace_tell(&pace, at + n, err);
    }
    return rc;
}

/* ---- the file ---- */

/* "x=0.41 (-0.9 sd); colour=blue (+2.1 sd)" */
static void tell_differences(struct job *job)
{
    struct lt_trait trait[TRAITS];
    char name[LT_TRAIT_TEXT], value[LT_TRAIT_TEXT];
    size_t used = 0;
    lt_contrast_values(&job->contrast, job->other, job->other_value);
    int n = lt_contrast_traits(&job->contrast, job->other_value, job->value, TRAITS, trait);
    job->text[0] = '\0';
    for (int i = 0; i < n; i++) {
        lt_trait_name(&job->contrast, &trait[i], job->view, name);
        lt_trait_value(&job->contrast, &trait[i], trait[i].value, value);
        used += (size_t)snprintf(job->text + used, TEXT - used, "%s%s%s%s (%+.2g sd)",
                                 i > 0 ? "; " : "", name, trait[i].level < 0 ? "=" : "",
                                 trait[i].level < 0 ? value : "", trait[i].deviation);
    }
}

static const char *text_of(void *context, int64_t column, double value, char *buf, size_t size)
{
    const struct job *job = context;
    (void)column, (void)value, (void)buf, (void)size;
    return *job->text ? job->text : NULL;
}

static int write_rows(struct job *job, const char *path, struct lt_error *err)
{
    static const char *const names[COLUMNS] = {"row", "distance", "differs"};
    static const enum lt_type types[COLUMNS] = {LT_I64, LT_F32, LT_TEXT};
    const struct lt_writer_schema schema = {.rows = job->codes.count,
                                            .columns = job->image ? DIFFERS : COLUMNS,
                                            .types = types,
                                            .names = names,
                                            .text = job->image ? NULL : text_of,
                                            .text_context = job};
    struct lt_writer *writer = NULL;
    int rc = lt_writer_create(&writer, path, &schema, err);
    if (!rc && !job->image)
        lt_contrast_values(&job->contrast, job->x, job->value);
    for (int64_t i = 0; i < job->codes.count && !rc; i++) {
        const double values[COLUMNS] = {(double)job->codes.row[i], job->codes.distance[i], 0};
        if (!job->image)
            rc = job->columns.read(job->columns.context, job->codes.row[i], 1, job->other, err);
        if (!rc && !job->image)
            tell_differences(job);
        if (!rc)
            rc = lt_writer_rows(writer, values, 1, err);
    }
    if (!rc)
        rc = lt_writer_commit(&writer, err);
    lt_writer_abort(&writer);
    return rc;
}

/* ---- the report ---- */

static int64_t shared(const struct job *job)
{
    int64_t n = 0;
    for (int64_t i = 0; i < job->codes.count; i++)
        for (int64_t j = 0; j < job->unlearnt.count; j++)
            n += job->codes.row[i] == job->unlearnt.row[j];
    return n;
}

static void report_nearest(struct job *job, struct lt_report *r)
{
    const struct list *l = &job->codes;
    int64_t rows = job->columns.count, both = shared(job);
    job->distance[job->options->row] = 0; /* first in order, and left out */
    qsort(job->distance, (size_t)rows, sizeof *job->distance, lt_by_value);
    double median = job->distance[(rows + 1) / 2]; /* of the others, behind the own 0 */
    lt_report_verdict(r, NULL,
                      "The %" PRId64 " rows nearest to row %" PRId64
                      " lie %.3g to %.3g from its code; half of all rows lie beyond %.3g.",
                      l->count, job->options->row, l->distance[0], l->distance[l->count - 1],
                      median);
    lt_report_line(r,
                   "%" PRId64 " of them are also among the %" PRId64 " nearest in the %" PRId64
                   " scaled columns",
                   both, l->count, job->columns.inputs);
    lt_report_integer(r, "rows", rows);
    lt_report_integer(r, "row", job->options->row);
    lt_report_integer(r, "neighbours", l->count);
    lt_report_number(r, "nearest", l->distance[0]);
    lt_report_number(r, "farthest", l->distance[l->count - 1]);
    lt_report_number(r, "median", median);
    lt_report_integer(r, "shared_with_columns", both);
}

/* ---- the whole ---- */

static int check(const struct job *job, struct lt_error *err)
{
    int64_t rows = lt_table_rows(job->table), row = job->options->row;
    if (row < 0 || row >= rows)
        return lt_fail(err, LT_EUSAGE, "--row %" PRId64 ": %s has the rows 0 to %" PRId64, row,
                       lt_table_name(job->table), rows - 1);
    if (job->options->count < 1)
        return lt_fail(err, LT_EUSAGE, "--neighbours: %" PRId64 " is too small; the least is 1",
                       job->options->count);
    if (rows < 2)
        return lt_fail(err, LT_EUSAGE, "%s has one row, which has no other near it",
                       lt_table_name(job->table));
    return lt_check_codes(job->s->model, err);
}

static int open_list(struct list *l, int64_t most, struct lt_error *err)
{
    l->most = most;
    int rc = lt_alloc(&l->row, (size_t)most, sizeof *l->row, "neighbours", err);
    return rc ? rc : lt_alloc(&l->distance, (size_t)most, sizeof *l->distance, "neighbours", err);
}

static int open_job(struct job *job, struct lt_error *err)
{
    const struct lt_model *m = job->s->model;
    int64_t h, w, c, rows = lt_table_rows(job->table), most = job->options->count;
    size_t f = (size_t)m->prep.features, k = (size_t)lt_net_spec_dims(&m->network[0].spec);
    int rc = check(job, err);
    most = most < rows - 1 ? most : rows - 1;
    job->image = lt_schema_image(&m->prep.schema, &h, &w, &c);
    if (!rc)
        rc = lt_arrange(m, job->table, job->s->listener, &job->view, err);
    if (!rc)
        rc = lt_rows_open(&job->columns, job->view, &m->prep, NULL, rows, BATCH, err);
    if (!rc)
        rc = lt_contrast_create(&job->contrast, &m->prep, 0, err);
    const struct {
        void *array;
        size_t count, size;
    } list[] = {
        {&job->code, k, sizeof(float)},         {&job->x, f, sizeof(float)},
        {&job->other, f, sizeof(float)},        {&job->value, f, sizeof(double)},
        {&job->other_value, f, sizeof(double)}, {&job->distance, (size_t)rows, sizeof(double)}};
    for (size_t i = 0; i < sizeof list / sizeof *list && !rc; i++)
        rc = lt_alloc(list[i].array, list[i].count, list[i].size, "neighbours", err);
    if (!rc)
        rc = open_list(&job->codes, most, err);
    return rc ? rc : open_list(&job->unlearnt, most, err);
}

static void close_job(struct job *job)
{
    void *list[] = {job->code,         job->x,
                    job->other,        job->value,
                    job->distance,     job->other_value,
                    job->codes.row,    job->codes.distance,
                    job->unlearnt.row, job->unlearnt.distance};
    lt_contrast_free(&job->contrast);
    lt_rows_close(&job->columns);
    lt_table_free(&job->view);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        lt_free(list[i]);
}

int lt_nearest(struct lt_session *s, struct lt_table *table, const char *path,
               const struct lt_nearest_options *options, struct lt_report *report,
               struct lt_error *err)
{
    struct job job = {.s = s, .table = table, .options = options};
    double started = lt_clock();
    int rc = open_job(&job, err);
    if (!rc)
        rc = find(&job, err);
    if (!rc && (!path || *path))
        rc = write_rows(&job, path, err);
    if (!rc) {
        report_nearest(&job, report);
        lt_report_number(report, "seconds", lt_clock() - started);
        rc = lt_report_seal(report, err);
    }
    close_job(&job);
    return rc;
}
