#include "app/apply.h"
#include "base/clock.h"
#include "base/mem.h"
#include "data/sheet.h"
#include "data/writer.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- what is written ---- */

enum { NAME = 24 };

/* A schema for the writer; names and columns are owned by it. */
struct layout {
    struct lt_writer_schema schema;
    enum lt_type *types;
    const char **names;
    char *text;
};

static void free_layout(struct layout *l)
{
    lt_free(l->types);
    lt_free(l->names);
    lt_free(l->text);
}

static int layout_of_codes(struct layout *l, int64_t rows, int64_t dims, struct lt_error *err)
{
    *l = (struct layout){.schema = {.rows = rows, .columns = dims, .type = LT_F32}};
    int rc = lt_alloc(&l->names, (size_t)dims, sizeof *l->names, "column names", err);
    if (!rc)
        rc = lt_alloc(&l->text, (size_t)dims, NAME, "column names", err);
    for (int64_t j = 0; j < dims && !rc; j++) {
        l->names[j] = l->text + j * NAME;
        snprintf(l->text + j * NAME, NAME, "z%lld", (long long)j);
    }
    l->schema.names = l->names;
    return rc;
}

static int layout_of_rows(struct layout *l, int64_t rows, const struct lt_schema *schema,
                          struct lt_error *err)
{
    const struct lt_schema_group *g = schema->group;
    *l = (struct layout){.schema = {.rows = rows,
                                    .columns = schema->columns,
                                    .type = g->type,
                                    .names = (const char *const *)schema->names}};
    if (schema->groups == 1) {
        l->schema.shape_rank = g->rank;
        memcpy(l->schema.shape, g->shape, sizeof l->schema.shape);
        return 0;
    }
    int rc = lt_alloc(&l->types, (size_t)schema->columns, sizeof *l->types, "columns", err);
    int64_t j = 0;
    for (int i = 0; i < schema->groups && !rc; i++)
        for (int64_t k = 0; k < g[i].width; k++)
            l->types[j++] = g[i].type;
    l->schema.types = l->types;
    return rc;
}

/* ---- runs of rows ---- */

struct job {
    struct lt_session *s;
    struct lt_feed *feed;
    struct lt_writer *writer;
    int64_t rows;
    double started, told; /* clock */
    /* Turns n rows read into s->rows (or s->codes) into written ones. */
    int (*run)(struct job *job, int64_t n, struct lt_error *err);
};

static int read_rows(struct job *job, int64_t first, int64_t n, float *out, struct lt_error *err)
{
    int64_t ids[LT_SESSION_ROWS];
    for (int64_t i = 0; i < n; i++)
        ids[i] = first + i;
    return lt_feed_rows(job->feed, ids, n, out, err);
}

static int write_values(struct job *job, int64_t n, struct lt_error *err)
{
    lt_prep_invert(&job->s->model->prep, job->s->rows, n, job->s->values);
    return lt_writer_rows(job->writer, job->s->values, n, err);
}

static int run_encode(struct job *job, int64_t n, struct lt_error *err)
{
    lt_session_encode(job->s, job->s->rows, n, job->s->codes);
    return lt_writer_rows_f32(job->writer, job->s->codes, n, err);
}

static int run_decode(struct job *job, int64_t n, struct lt_error *err)
{
    lt_session_decode(job->s, job->s->codes, n, job->s->rows);
    return write_values(job, n, err);
}

static int run_reconstruct(struct job *job, int64_t n, struct lt_error *err)
{
    lt_session_encode(job->s, job->s->rows, n, job->s->codes);
    return run_decode(job, n, err);
}

/* Tells how far the job is, at most ten times a second, and asks whether to go on. */
static int tell(struct job *job, int64_t done, struct lt_error *err)
{
    const latent_listener *listener = job->s->listener;
    double now = lt_clock();
    if (!listener || !listener->progress || now - job->told < 0.1)
        return 0;
    job->told = now;
    double seconds = now - job->started, share = (double)done / (double)job->rows;
    latent_progress p = {.stage = "writing",
                         .step = done,
                         .steps = job->rows,
                         .train_loss = NAN,
                         .valid_error = NAN,
                         .pca_error = NAN,
                         .rows_per_second = seconds > 0 ? (double)done / seconds : 0,
                         .seconds = seconds,
                         .seconds_left = share > 0 ? seconds * (1 - share) / share : NAN};
    if (listener->progress(listener->context, &p) == 0)
        return 0;
    return lt_fail(err, LT_EINTERRUPTED, "interrupted after %lld of %lld rows; nothing was written",
                   (long long)done, (long long)job->rows);
}

static int run_job(struct job *job, struct layout *layout, const char *path, float *into,
                   struct lt_error *err)
{
    job->started = job->told = lt_clock();
    int rc = lt_writer_create(&job->writer, path, &layout->schema, err);
    for (int64_t first = 0; first < job->rows && !rc; first += LT_SESSION_ROWS) {
        int64_t n = job->rows - first < LT_SESSION_ROWS ? job->rows - first : LT_SESSION_ROWS;
        rc = read_rows(job, first, n, into, err);
        if (!rc)
            rc = job->run(job, n, err);
        if (!rc)
            rc = tell(job, first + n, err);
    }
    if (!rc)
        rc = lt_writer_commit(&job->writer, err);
    lt_writer_abort(&job->writer);
    return rc;
}

int lt_apply_encode(struct lt_session *s, const struct lt_table *table, const char *path,
                    struct lt_error *err)
{
    struct layout layout = {0};
    struct job job = {.s = s, .rows = lt_table_rows(table), .run = run_encode};
    int rc = lt_feed_create(&job.feed, table, &s->model->prep, LT_SESSION_ROWS, s->backend->threads,
                            err);
    if (!rc)
        rc = layout_of_codes(&layout, job.rows, lt_net_spec_dims(&s->model->network[0].spec), err);
    if (!rc)
        rc = run_job(&job, &layout, path, s->rows, err);
    lt_feed_free(&job.feed);
    free_layout(&layout);
    return rc;
}

int lt_apply_reconstruct(struct lt_session *s, const struct lt_table *table, const char *path,
                         struct lt_error *err)
{
    struct layout layout = {0};
    struct job job = {.s = s, .rows = lt_table_rows(table), .run = run_reconstruct};
    int rc = lt_feed_create(&job.feed, table, &s->model->prep, LT_SESSION_ROWS, s->backend->threads,
                            err);
    if (!rc)
        rc = layout_of_rows(&layout, job.rows, &s->model->prep.schema, err);
    if (!rc)
        rc = run_job(&job, &layout, path, s->rows, err);
    lt_feed_free(&job.feed);
    free_layout(&layout);
    return rc;
}

int lt_apply_decode(struct lt_session *s, const struct lt_table *codes, const char *path,
                    struct lt_error *err)
{
    struct layout layout = {0};
    struct lt_prep as_is = {0};
    struct job job = {.s = s, .rows = lt_table_rows(codes), .run = run_decode};
    int64_t dims = lt_net_spec_dims(&s->model->network[0].spec);
    if (lt_table_columns(codes) != dims)
        return lt_fail(err, LT_ECONTENT,
                       "%s has %lld columns where codes of this model have %lld; give what "
                       "latent encode wrote",
                       lt_table_name(codes), (long long)lt_table_columns(codes), (long long)dims);
    int rc = lt_prep_identity(&as_is, codes, err);
    if (!rc)
        rc = lt_feed_create(&job.feed, codes, &as_is, LT_SESSION_ROWS, s->backend->threads, err);
    if (!rc)
        rc = layout_of_rows(&layout, job.rows, &s->model->prep.schema, err);
    if (!rc)
        rc = run_job(&job, &layout, path, s->codes, err);
    lt_feed_free(&job.feed);
    lt_prep_free(&as_is);
    free_layout(&layout);
    return rc;
}

int lt_apply_sheet(struct lt_session *s, const struct lt_table *table, int64_t rows,
                   const char *path, struct lt_error *err)
{
    struct lt_sheet sheet = {0};
    const struct lt_prep *prep = &s->model->prep;
    struct job job = {.s = s, .rows = lt_table_rows(table)};
    float *x = NULL, *y = NULL;
    if (!lt_schema_image(&prep->schema, &sheet.height, &sheet.width, &sheet.channels))
        return lt_fail(err, LT_EUSAGE,
                       "--sheet draws images, and rows of this model are not image-shaped");
    sheet.n = rows < job.rows ? rows : job.rows;
    sheet.n = sheet.n < LT_SESSION_ROWS ? sheet.n : LT_SESSION_ROWS;
    size_t d = (size_t)prep->schema.columns;
    int rc = lt_alloc(&x, (size_t)sheet.n * d, sizeof *x, "a sheet", err);
    if (!rc)
        rc = lt_alloc(&y, (size_t)sheet.n * d, sizeof *y, "a sheet", err);
    if (!rc)
        rc = lt_feed_create(&job.feed, table, prep, LT_SESSION_ROWS, s->backend->threads, err);
    if (!rc)
        rc = read_rows(&job, 0, sheet.n, x, err);
    if (!rc) {
        lt_session_encode(s, x, sheet.n, s->codes);
        lt_session_decode(s, s->codes, sheet.n, y);
        sheet.originals = x;
        sheet.reconstructions = y;
        rc = lt_sheet_write(path, &sheet, err);
    }
    lt_feed_free(&job.feed);
    lt_free(x);
    lt_free(y);
    return rc;
}
