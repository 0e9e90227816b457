#include "app/copies.h"

#include "app/arrange.h"
#include "app/cluster.h"
#include "app/neighbours.h"
#include "app/pace.h"
#include "app/spaces.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/order.h"
#include "data/writer.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH = LT_SESSION_ROWS,
    LINES_MOST = 10,
    COLUMNS = 5,
    NEAR = LT_COPIES_NEAR + 1, /* neighbours, the row itself among them */
};
_Static_assert((int)LT_COPIES_ROWS > (int)NEAR, "there are as many neighbours");

struct pair {
    int64_t row, other; /* other < row */
    double codes, columns;
    bool exact;
};

struct job {
    struct lt_session *s;
    struct lt_table *table, *view;
    struct lt_rows columns, codes; /* (N, F) and (N, K) */
    int64_t rows, different;       /* N, M */
    int64_t *first;                /* (M) the first row of each kind, ascending */
    float *code;                   /* (M, K) of these */
    float *two;                    /* (2, F) */
    double *nearest, *beside;      /* (M) to the nearest code: between codes, between columns */
    int64_t *neighbour;            /* (M, NEAR) as numbers below M, nearest first */
    double code_limit, column_limit;
    struct pair *pair; /* (pairs) */
    size_t pairs, capacity;
    int64_t exact;
};

static int add_pair(struct job *job, struct pair pair, struct lt_error *err)
{
    int rc = lt_grow(&job->pair, &job->capacity, job->pairs + 1, sizeof *job->pair, "pairs of rows",
                     err);
    if (!rc)
        job->pair[job->pairs++] = pair;
    return rc;
}

/* ---- rows that are the same ---- */

struct kind {
    uint64_t hash;
    int64_t row;
};

static int by_kind(const void *a, const void *b)
{
    const struct kind *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* A view of the columns that the model reads. */
static int read_columns(struct job *job, struct lt_table **out, struct lt_error *err)
{
    const struct lt_prep *p = &job->s->model->prep;
    int64_t *list = NULL, n = 0;
    int rc = lt_alloc(&list, (size_t)p->schema.columns, sizeof *list, "columns", err);
    for (int64_t j = 0; j < p->schema.columns && !rc; j++)
        if (p->column[j].width > 0)
            list[n++] = j;
    if (!rc && n == p->schema.columns)
        *out = lt_table_keep(job->view);
    else if (!rc)
        rc = lt_table_arrange(out, job->view, list, n, err);
    lt_free(list);
    return rc;
}

static int find_same(struct job *job, struct lt_error *err)
{
    struct lt_table *read = NULL;
    struct kind *kind = NULL;
    uint64_t *hash = NULL;
    bool *later = NULL; /* than another row that is the same */
    size_t n = (size_t)job->rows;
    int rc = lt_alloc(&hash, n, sizeof *hash, "rows", err);
    if (!rc)
        rc = lt_alloc(&kind, n, sizeof *kind, "rows", err);
    if (!rc)
        rc = lt_alloc(&later, n, sizeof *later, "rows", err);
    if (!rc)
        rc = lt_alloc(&job->first, n, sizeof *job->first, "rows", err);
    if (!rc)
        rc = read_columns(job, &read, err);
    if (!rc)
        rc = lt_table_hash_rows(read, hash, err);
    for (size_t i = 0; i < n && !rc; i++)
        kind[i] = (struct kind){hash[i], (int64_t)i};
    if (!rc)
        qsort(kind, n, sizeof *kind, by_kind);
    for (size_t i = 1, first = 0; i < n && !rc; i++) {
        first = kind[i].hash == kind[first].hash ? first : i;
        later[kind[i].row] = first < i;
        if (first < i)
            rc = add_pair(
                job, (struct pair){.row = kind[i].row, .other = kind[first].row, .exact = true},
                err);
    }
    job->exact = (int64_t)job->pairs;
    for (size_t i = 0; i < n && !rc; i++)
        if (!later[i])
            job->first[job->different++] = (int64_t)i;
    lt_table_free(&read);
    lt_free(kind);
    lt_free(hash);
    lt_free(later);
    return rc;
}

/* ---- rows that nearly are ---- */

static double between(const float *a, const float *b, const float *mean, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double x = (double)(mean && isnan(a[i]) ? mean[i] : a[i]);
        double y = (double)(mean && isnan(b[i]) ? mean[i] : b[i]);
        sum += (x - y) * (x - y);
    }
    return sqrt(sum);
}

static double between_codes(const struct job *job, int64_t i, int64_t j)
{
    int64_t k = job->codes.inputs;
    return between(job->code + i * k, job->code + j * k, NULL, k);
}

static int between_columns(struct job *job, int64_t i, int64_t j, double *distance,
                           struct lt_error *err)
{
    int64_t f = job->columns.inputs;
    void *context = job->columns.context;
    int rc = job->columns.read(context, job->first[i], 1, job->two, err);
    if (!rc)
        rc = job->columns.read(context, job->first[j], 1, job->two + f, err);
    if (!rc)
        *distance = between(job->two, job->two + f, job->s->model->baseline.mean, f);
    return rc;
}

static int search(struct job *job, struct lt_error *err)
{
    struct lt_pace pace = lt_pace_start(job->s->listener, "comparing", job->different);
    struct lt_neighbours *search = NULL;
    int64_t k = job->codes.inputs;
    int rc = lt_neighbours_create(&search, job->code, job->different, k, NEAR, job->s->backend,
                                  BATCH, err);
    for (int64_t at = 0; at < job->different && !rc; at += BATCH) {
        int64_t n = job->different - at < BATCH ? job->different - at : BATCH;
        lt_neighbours_rows(search, job->code + at * k, n, job->neighbour + at * NEAR);
        rc = lt_pace_tell(&pace, at + n, err);
    }
    lt_neighbours_free(&search);
    for (int64_t i = 0; i < job->different * NEAR && !rc; i++)
        if (job->neighbour[i] < 0)
            rc = lt_fail(err, LT_ECONTENT, "row %" PRId64 ": its code is no finite number",
                         job->first[i / NEAR]);
    return rc;
}

/* The nearest of row i that is another one. */
static int64_t other_than(const struct job *job, int64_t i)
{
    const int64_t *n = job->neighbour + i * NEAR;
    return n[0] == i ? n[1] : n[0];
}

/* What is usual, and a share of it. */
static int set_limits(struct job *job, struct lt_error *err)
{
    int64_t m = job->different;
    int rc = 0;
    for (int64_t i = 0; i < m && !rc; i++) {
        job->nearest[i] = between_codes(job, i, other_than(job, i));
        rc = between_columns(job, i, other_than(job, i), &job->beside[i], err);
    }
    if (rc)
        return rc;
    qsort(job->nearest, (size_t)m, sizeof *job->nearest, lt_by_value);
    qsort(job->beside, (size_t)m, sizeof *job->beside, lt_by_value);
    job->code_limit = job->nearest[m / 2] / LT_COPIES_SHARE;
    job->column_limit = job->beside[m / 2] / LT_COPIES_SHARE;
    return 0;
}

/* Whether j has i among those that it is compared with, so that the pair is met there as well. */
static bool met_by(const struct job *job, int64_t j, int64_t i)
{
    for (int64_t n = 0; n < NEAR; n++)
        if (job->neighbour[j * NEAR + n] == i)
            return true;
    return false;
}

static int compare(struct job *job, int64_t i, int64_t j, struct lt_error *err)
{
    double columns = 0, codes = between_codes(job, i, j);
    if (j == i || codes > job->code_limit || (j > i && met_by(job, j, i)))
        return 0;
    int rc = between_columns(job, i, j, &columns, err);
    if (rc || columns > job->column_limit)
        return rc;
    return add_pair(job,
                    (struct pair){.row = job->first[i > j ? i : j],
                                  .other = job->first[i > j ? j : i],
                                  .codes = codes,
                                  .columns = columns},
                    err);
}

static int find_near(struct job *job, struct lt_error *err)
{
    size_t m = (size_t)job->different;
    if (job->different < LT_COPIES_ROWS)
        return 0;
    int rc = lt_alloc(&job->code, m * (size_t)job->codes.inputs, sizeof *job->code, "codes", err);
    if (!rc)
        rc = lt_alloc(&job->two, 2 * (size_t)job->columns.inputs, sizeof *job->two, "rows", err);
    if (!rc)
        rc = lt_alloc(&job->nearest, m, sizeof *job->nearest, "distances", err);
    if (!rc)
        rc = lt_alloc(&job->beside, m, sizeof *job->beside, "distances", err);
    if (!rc)
        rc = lt_alloc(&job->neighbour, m * NEAR, sizeof *job->neighbour, "neighbours", err);
    if (!rc)
        rc = lt_space_gather(&job->codes, job->first, job->different, job->code, err);
    if (!rc)
        rc = search(job, err);
    if (!rc)
        rc = set_limits(job, err);
    for (int64_t i = 0; i < job->different && !rc; i++)
        for (int64_t n = 0; n < NEAR && !rc; n++)
            rc = compare(job, i, job->neighbour[i * NEAR + n], err);
    return rc;
}

/* ---- telling ---- */

static int in_order(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (x->other > y->other) - (x->other < y->other);
}

static int write_pairs(const struct job *job, const char *path, struct lt_error *err)
{
    static const char *const names[COLUMNS] = {"row", "other", "distance", "column_distance",
                                               "exact"};
    static const enum lt_type types[COLUMNS] = {LT_I64, LT_I64, LT_F32, LT_F32, LT_BOOL};
    const struct lt_writer_schema schema = {
        .rows = (int64_t)job->pairs, .columns = COLUMNS, .types = types, .names = names};
    struct lt_writer *writer = NULL;
    int rc = lt_writer_create(&writer, path, &schema, err);
    for (size_t i = 0; i < job->pairs && !rc; i++) {
        const struct pair *p = &job->pair[i];
        const double values[COLUMNS] = {(double)p->row, (double)p->other, p->codes, p->columns,
                                        p->exact};
        rc = lt_writer_rows(writer, values, 1, err);
    }
    if (!rc)
        rc = lt_writer_commit(&writer, err);
    lt_writer_abort(&writer);
    return rc;
}

static void tell_pairs(const struct job *job, struct lt_report *r)
{
    int lines = 0;
    for (size_t i = 0; i < job->pairs && lines < LINES_MOST; i++) {
        const struct pair *p = &job->pair[i];
        if (p->exact)
            continue;
        if (lines++ == 0)
            lt_report_line(r, "  %9s %9s %14s %14s", "row", "other", "between codes",
                           "between columns");
        lt_report_line(r, "  %9" PRId64 " %9" PRId64 " %14.3g %14.3g", p->row, p->other, p->codes,
                       p->columns);
    }
}

static void report_copies(const struct job *job, struct lt_report *r)
{
    int64_t near = (int64_t)job->pairs - job->exact;
    bool told = job->different >= LT_COPIES_ROWS;
    lt_report_verdict(r, job->pairs > 0 ? "duplicates" : "none",
                      "%" PRId64 " of %" PRId64 " rows repeat an earlier one, and %" PRId64
                      " pair%s of the others are near-duplicates.",
                      job->exact, job->rows, near, near == 1 ? "" : "s");
    if (told)
        lt_report_line(r,
                       "near: at most %.3g between codes and %.3g between scaled columns, a tenth "
                       "of what is usual between a row and its nearest",
                       job->code_limit, job->column_limit);
    else
        lt_report_warn(r, "few_different_rows",
                       "fewer than %d different rows do not tell which are near, so only rows that "
                       "are the same are told",
                       LT_COPIES_ROWS);
    tell_pairs(job, r);
    lt_report_integer(r, "rows", job->rows);
    lt_report_integer(r, "exact", job->exact);
    lt_report_integer(r, "near_pairs", near);
    lt_report_number(r, "code_limit", told ? job->code_limit : (double)NAN);
    lt_report_number(r, "column_limit", told ? job->column_limit : (double)NAN);
}

/* ---- the whole ---- */

static int open_job(struct job *job, struct lt_error *err)
{
    const struct lt_model *m = job->s->model;
    job->rows = lt_table_rows(job->table);
    int rc = lt_check_codes(m, err);
    if (!rc)
        rc = lt_arrange(m, job->table, job->s->listener, &job->view, err);
    if (!rc)
        rc = lt_rows_open(&job->columns, job->view, &m->prep, NULL, job->rows, BATCH, err);
    return rc ? rc : lt_space_open(&job->codes, LT_SPACE_CODES, job->s, &job->columns, err);
}

static void close_job(struct job *job)
{
    void *list[] = {job->first,  job->code,      job->two, job->nearest,
                    job->beside, job->neighbour, job->pair};
    lt_space_close(&job->codes);
    lt_rows_close(&job->columns);
    lt_table_free(&job->view);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        lt_free(list[i]);
}

int lt_copies(struct lt_session *s, struct lt_table *table, const char *path,
              struct lt_report *report, struct lt_error *err)
{
    struct job job = {.s = s, .table = table};
    double started = lt_clock();
    int rc = open_job(&job, err);
    if (!rc)
        rc = find_same(&job, err);
    if (!rc)
        rc = find_near(&job, err);
    if (!rc && job.pairs > 0)
        qsort(job.pair, job.pairs, sizeof *job.pair, in_order);
    if (!rc && (!path || *path))
        rc = write_pairs(&job, path, err);
    if (!rc) {
        report_copies(&job, report);
        lt_report_number(report, "seconds", lt_clock() - started);
        rc = lt_report_seal(report, err);
    }
    close_job(&job);
    return rc;
}
