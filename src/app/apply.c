#include "app/apply.h"
#include "app/arrange.h"
#include "app/pace.h"
#include "base/mem.h"
#include "base/rng.h"
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
    const struct lt_prep *prep; /* of a table */
    int64_t *column;            /* (columns written) which they are; NULL: all */
};

static void free_layout(struct layout *l)
{
    lt_free(l->types);
    lt_free(l->names);
    lt_free(l->text);
    lt_free(l->column);
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

static const char *cell_text(void *context, int64_t column, double value, char *buf, size_t size)
{
    const struct layout *l = context;
    return lt_prep_text(l->prep, l->column[column], value, buf, size);
}

/* The columns of the data, less those that name their rows: of these a model knows nothing. */
static int layout_of_table(struct layout *l, int64_t rows, const struct lt_prep *prep,
                           struct lt_error *err)
{
    size_t d = (size_t)prep->schema.columns;
    *l = (struct layout){.schema = {.rows = rows, .text = cell_text, .text_context = l},
                         .prep = prep};
    int rc = lt_alloc(&l->types, d, sizeof *l->types, "columns", err);
    if (!rc)
        rc = lt_alloc(&l->names, d, sizeof *l->names, "columns", err);
    if (!rc)
        rc = lt_alloc(&l->column, d, sizeof *l->column, "columns", err);
    for (int64_t j = 0; j < prep->schema.columns && !rc; j++) {
        if (prep->column[j].kind == LT_KIND_IDENTIFIER)
            continue;
        int64_t k = l->schema.columns++;
        l->column[k] = j;
        l->types[k] = prep->column[j].type;
        l->names[k] = prep->schema.names ? prep->schema.names[j] : NULL;
    }
    l->schema.types = l->types;
    l->schema.names = prep->schema.names ? l->names : NULL;
    return rc;
}

static int layout_of_array(struct layout *l, int64_t rows, const struct lt_schema *schema)
{
    const struct lt_schema_group *g = schema->group;
    *l = (struct layout){.schema = {.rows = rows,
                                    .columns = schema->columns,
                                    .type = g->type,
                                    .names = (const char *const *)schema->names}};
    l->schema.shape_rank = g->rank;
    memcpy(l->schema.shape, g->shape, sizeof l->schema.shape);
    return 0;
}

static int layout_of_rows(struct layout *l, int64_t rows, const struct lt_prep *prep,
                          struct lt_error *err)
{
    return lt_schema_is_array(&prep->schema) ? layout_of_array(l, rows, &prep->schema)
                                             : layout_of_table(l, rows, prep, err);
}

/* ---- runs of rows ---- */

struct job {
    struct lt_session *s;
    struct lt_feed *feed;
    struct lt_writer *writer;
    const struct layout *layout;
    const struct lt_table *source; /* of the rows written, row by row */
    struct lt_table *view;         /* the table with the model's columns in the model's order */
    int64_t rows;
    struct lt_pace pace;
    const float *ends; /* (2, K): the codes that a walk joins */
    /* Fills s->rows or s->codes with what comes from rows first ... first + n - 1. */
    int (*read)(struct job *job, int64_t first, int64_t n, float *out, struct lt_error *err);
    /* Turns n rows read into s->rows (or s->codes) into written ones. */
    int (*run)(struct job *job, int64_t n, struct lt_error *err);
};

static int open_rows(struct job *job, struct lt_table *table, struct lt_error *err)
{
    struct lt_session *s = job->s;
    int rc = lt_arrange(s->model, table, s->listener, &job->view, err);
    return rc ? rc
              : lt_feed_create(&job->feed, job->view, &s->model->prep, LT_SESSION_ROWS,
                               s->backend->threads, err);
}

static int read_rows(struct job *job, int64_t first, int64_t n, float *out, struct lt_error *err)
{
    int64_t ids[LT_SESSION_ROWS];
    for (int64_t i = 0; i < n; i++)
        ids[i] = first + i;
    return lt_feed_rows(job->feed, ids, n, out, err);
}

static int write_values(struct job *job, int64_t n, struct lt_error *err)
{
    const struct layout *l = job->layout;
    int64_t d = job->s->model->prep.schema.columns, kept = l->schema.columns;
    double *values = job->s->values;
    lt_prep_invert(&job->s->model->prep, job->s->rows, n, values);
    for (int64_t i = 0; i < n && l->column && kept < d; i++) /* never moves a value back */
        for (int64_t k = 0; k < kept; k++)
            values[i * kept + k] = values[i * d + l->column[k]];
    return lt_writer_rows(job->writer, values, n, err);
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

static int run_job(struct job *job, struct layout *layout, const char *path, float *into,
                   struct lt_error *err)
{
    job->pace = lt_pace_start(job->s->listener, "writing", job->rows);
    job->layout = layout;
    layout->schema.source = job->source;
    layout->schema.threads = job->s->backend->threads;
    int rc = lt_writer_create(&job->writer, path, &layout->schema, err);
    for (int64_t first = 0; first < job->rows && !rc; first += LT_SESSION_ROWS) {
        int64_t n = job->rows - first < LT_SESSION_ROWS ? job->rows - first : LT_SESSION_ROWS;
        rc = job->read(job, first, n, into, err);
        if (!rc)
            rc = job->run(job, n, err);
        if (!rc)
            rc = lt_pace_tell(&job->pace, first + n, err);
    }
    if (!rc)
        rc = lt_writer_commit(&job->writer, err);
    lt_writer_abort(&job->writer);
    return rc;
}

int lt_apply_encode(struct lt_session *s, struct lt_table *table, const char *path,
                    struct lt_error *err)
{
    struct layout layout = {0};
    struct job job = {.s = s,
                      .source = table,
                      .rows = lt_table_rows(table),
                      .read = read_rows,
                      .run = run_encode};
    int rc = open_rows(&job, table, err);
    if (!rc)
        rc = layout_of_codes(&layout, job.rows, s->dims, err);
    if (!rc)
        rc = run_job(&job, &layout, path, s->rows, err);
    lt_feed_free(&job.feed);
    lt_table_free(&job.view);
    free_layout(&layout);
    return rc;
}

int lt_apply_reconstruct(struct lt_session *s, struct lt_table *table, const char *path,
                         struct lt_error *err)
{
    struct layout layout = {0};
    struct job job = {.s = s,
                      .source = table,
                      .rows = lt_table_rows(table),
                      .read = read_rows,
                      .run = run_reconstruct};
    int rc = open_rows(&job, table, err);
    if (!rc)
        rc = layout_of_rows(&layout, job.rows, &s->model->prep, err);
    if (!rc)
        rc = run_job(&job, &layout, path, s->rows, err);
    lt_feed_free(&job.feed);
    lt_table_free(&job.view);
    free_layout(&layout);
    return rc;
}

int lt_apply_decode(struct lt_session *s, struct lt_table *codes, const char *path,
                    struct lt_error *err)
{
    struct layout layout = {0};
    struct lt_prep as_is = {0};
    struct job job = {.s = s,
                      .source = codes,
                      .rows = lt_table_rows(codes),
                      .read = read_rows,
                      .run = run_decode};
    const struct lt_net_spec *spec = &s->model->network[0].spec;
    const int64_t dims = lt_net_spec_dims(spec), columns = lt_table_columns(codes);
    const bool ordered = lt_net_spec_ordered(spec);
    if (ordered && columns <= dims)
        lt_session_narrow(s, columns);
    else if (columns != dims)
        return lt_fail(err, LT_ECONTENT,
                       "%s has %lld columns where codes of this model have %s%lld; give what "
                       "latent encode wrote",
                       lt_table_name(codes), (long long)columns, ordered ? "1 to " : "",
                       (long long)dims);
    int rc = lt_prep_identity(&as_is, codes, err);
    if (!rc)
        rc = lt_feed_create(&job.feed, codes, &as_is, LT_SESSION_ROWS, s->backend->threads, err);
    if (!rc)
        rc = layout_of_rows(&layout, job.rows, &s->model->prep, err);
    if (!rc)
        rc = run_job(&job, &layout, path, s->codes, err);
    lt_feed_free(&job.feed);
    lt_table_free(&job.view);
    lt_prep_free(&as_is);
    free_layout(&layout);
    return rc;
}

static int draw_codes(struct job *job, int64_t first, int64_t n, float *codes, struct lt_error *err)
{
    const int64_t dims = job->s->dims;
    (void)err;
    for (int64_t i = 0; i < n; i++) {
        const struct lt_stream stream =
            lt_stream(job->s->seed, LT_RNG_CODE, 0, (uint64_t)(first + i));
        lt_fill_normal(&stream, codes + i * dims, (size_t)dims);
    }
    return 0;
}

/* Rows that have no data behind them. */
static int write_rows(struct job *job, const char *path, struct lt_error *err)
{
    struct layout layout = {0};
    int rc = layout_of_rows(&layout, job->rows, &job->s->model->prep, err);
    if (!rc)
        rc = run_job(job, &layout, path, job->s->codes, err);
    free_layout(&layout);
    return rc;
}

int lt_apply_sample(struct lt_session *s, int64_t rows, const char *path, struct lt_error *err)
{
    struct job job = {.s = s, .rows = rows, .read = draw_codes, .run = run_decode};
    if (!lt_net_spec_sampler(&s->model->network[0].spec))
        return lt_fail(err, LT_EUSAGE,
                       "the codes of this model have no distribution to draw from; train one with "
                       "--vae");
    return write_rows(&job, path, err);
}

static int walk_codes(struct job *job, int64_t first, int64_t n, float *codes, struct lt_error *err)
{
    const int64_t dims = job->s->dims;
    (void)err;
    for (int64_t i = 0; i < n; i++) {
        const float t = job->rows > 1 ? (float)(first + i) / (float)(job->rows - 1) : 0.0f;
        for (int64_t j = 0; j < dims; j++)
            codes[i * dims + j] = (1.0f - t) * job->ends[j] + t * job->ends[dims + j];
    }
    return 0;
}

int lt_apply_interpolate(struct lt_session *s, struct lt_table *table, const int64_t ends[2],
                         int64_t steps, const char *path, struct lt_error *err)
{
    const int64_t rows = lt_table_rows(table), dims = s->dims;
    struct job job = {.s = s, .rows = steps, .read = walk_codes, .run = run_decode};
    float *codes = NULL;
    for (int i = 0; i < 2; i++)
        if (ends[i] < 0 || ends[i] >= rows)
            return lt_fail(err, LT_EUSAGE, "--%s %lld: %s has the rows 0 to %lld",
                           i == 0 ? "from" : "to", (long long)ends[i], lt_table_name(table),
                           (long long)rows - 1);
    int rc = lt_alloc(&codes, 2 * (size_t)dims, sizeof *codes, "codes", err);
    if (!rc)
        rc = open_rows(&job, table, err);
    if (!rc)
        rc = lt_feed_rows(job.feed, ends, 2, s->rows, err);
    if (!rc) {
        lt_session_encode(s, s->rows, 2, codes);
        job.ends = codes;
        rc = write_rows(&job, path, err);
    }
    lt_feed_free(&job.feed);
    lt_table_free(&job.view);
    lt_free(codes);
    return rc;
}

int lt_apply_sheet(struct lt_session *s, struct lt_table *table, int64_t rows, const char *path,
                   struct lt_error *err)
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
        rc = open_rows(&job, table, err);
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
    lt_table_free(&job.view);
    lt_free(x);
    lt_free(y);
    return rc;
}
