#include "app/spaces.h"

#include "app/metrics.h"
#include "base/mem.h"
#include <math.h>
#include <string.h>

struct seen { /* rows through a space */
    struct lt_session *session;
    const struct lt_rows *rows;
    struct lt_linear *linear; /* pca */
};

static int read_codes(void *context, int64_t begin, int64_t n, float *x, struct lt_error *err)
{
    const struct seen *s = context;
    int rc = s->rows->read(s->rows->context, begin, n, s->session->rows, err);
    if (!rc)
        lt_session_encode(s->session, s->session->rows, n, x);
    return rc;
}

static int read_pca(void *context, int64_t begin, int64_t n, float *x, struct lt_error *err)
{
    const struct seen *s = context;
    int rc = s->rows->read(s->rows->context, begin, n, s->session->rows, err);
    if (!rc)
        lt_linear_codes(s->linear, s->session->rows, n, x);
    return rc;
}

static int read_columns(void *context, int64_t begin, int64_t n, float *x, struct lt_error *err)
{
    const struct seen *s = context;
    const float *mean = s->session->model->baseline.mean;
    int64_t width = s->rows->inputs;
    int rc = s->rows->read(s->rows->context, begin, n, x, err);
    for (int64_t i = 0; i < n * width && !rc; i++)
        x[i] = isnan(x[i]) ? mean[i % width] : x[i];
    return rc;
}

int lt_space_open(struct lt_rows *out, enum lt_space space, struct lt_session *s,
                  const struct lt_rows *rows, struct lt_error *err)
{
    struct seen *seen = NULL;
    const struct lt_model *m = s->model;
    int64_t dims = lt_net_spec_dims(&m->network[0].spec);
    *out = (struct lt_rows){.count = rows->count};
    int rc = lt_alloc(&seen, 1, sizeof *seen, "a source of rows", err);
    if (rc)
        return rc;
    *seen = (struct seen){.session = s, .rows = rows};
    out->context = seen;
    if (space == LT_SPACE_CODES) {
        out->inputs = dims;
        out->read = read_codes;
    } else if (space == LT_SPACE_COLUMNS) {
        out->inputs = rows->inputs;
        out->read = read_columns;
    } else {
        rc = lt_linear_create(&seen->linear, &m->baseline, rows->inputs, dims, s->backend,
                              LT_SESSION_ROWS, err);
        out->inputs = dims < m->baseline.dims ? dims : m->baseline.dims;
        out->read = read_pca;
    }
    if (rc)
        lt_space_close(out);
    return rc;
}

void lt_space_close(struct lt_rows *rows)
{
    struct seen *seen = rows->context;
    if (seen) {
        lt_linear_free(&seen->linear);
        lt_free(seen);
    }
    *rows = (struct lt_rows){0};
}

int lt_space_read(const struct lt_rows *rows, int64_t begin, int64_t n, float *x,
                  struct lt_error *err)
{
    int rc = 0;
    for (int64_t at = 0; at < n && !rc; at += LT_SESSION_ROWS) {
        int64_t run = n - at < LT_SESSION_ROWS ? n - at : LT_SESSION_ROWS;
        rc = rows->read(rows->context, begin + at, run, x + at * rows->inputs, err);
    }
    return rc;
}

int lt_space_gather(const struct lt_rows *rows, const int64_t *which, int64_t n, float *x,
                    struct lt_error *err)
{
    size_t width = (size_t)rows->inputs;
    float *run = NULL;
    if (!which)
        return lt_space_read(rows, 0, n, x, err);
    int rc = lt_alloc(&run, LT_SESSION_ROWS * width, sizeof *run, "rows", err);
    for (int64_t i = 0, begin; i < n && !rc;) {
        begin = which[i] / LT_SESSION_ROWS * LT_SESSION_ROWS;
        int64_t count =
            rows->count - begin < LT_SESSION_ROWS ? rows->count - begin : LT_SESSION_ROWS;
        rc = rows->read(rows->context, begin, count, run, err);
        for (; i < n && which[i] < begin + count && !rc; i++)
            memcpy(x + (size_t)i * width, run + (size_t)(which[i] - begin) * width,
                   width * sizeof *x);
    }
    lt_free(run);
    return rc;
}
