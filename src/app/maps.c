#include "app/maps.h"

#include "app/judge_denoiser.h"
#include "app/mapdraw.h"
#include "app/metrics.h"
#include "app/record.h"
#include "base/mem.h"
#include "base/rng.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 512, VALUES_MOST = 1 << 26, TEXT = 32 };

/* A label as text, and the row that has it. */
struct tag {
    char text[TEXT];
    int64_t row;
};

struct sheet {
    int64_t rows, inputs, dims, pca_dims;
    int64_t *row;       /* (rows) of the table */
    float *x;           /* (rows, D), the mean where a cell is missing */
    float *codes;       /* (rows, K) */
    float *pca;         /* (rows, PCA's K) */
    struct tag *tag;    /* (rows), in the order of the labels */
    int32_t *label;     /* (rows) */
    const char **names; /* (count), within tag */
    int count;
};

static void sheet_free(struct sheet *s)
{
    void *all[] = {s->row, s->x, s->codes, s->pca, s->tag, s->label, (void *)s->names};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        lt_free(all[i]);
}

/* ---- rows ---- */

static int sheet_create(struct sheet *s, const struct lt_map_case *c, struct lt_error *err)
{
    const struct lt_net_spec *spec = &c->model->network[0].spec;
    const struct lt_stream stream = lt_stream(c->seed, LT_RNG_SAMPLE, 0, 0);
    *s = (struct sheet){.inputs = lt_net_spec_inputs(spec), .dims = lt_net_spec_dims(spec)};
    s->pca_dims = c->model->baseline.dims < s->dims ? c->model->baseline.dims : s->dims;
    int64_t most = VALUES_MOST / s->inputs;
    most = most < LT_MAP_ROWS ? most : LT_MAP_ROWS;
    most = most > LT_MAP_ROWS_LEAST ? most : LT_MAP_ROWS_LEAST;
    int rc = lt_sample_list(&s->row, &s->rows, lt_table_rows(c->table), most, &stream, err);
    const size_t n = (size_t)s->rows;
    if (!rc)
        rc = lt_alloc(&s->x, n * (size_t)s->inputs, sizeof *s->x, "rows of a map", err);
    if (!rc)
        rc = lt_alloc(&s->codes, n * (size_t)s->dims, sizeof *s->codes, "a map", err);
    if (!rc)
        rc = lt_alloc(&s->pca, n * (size_t)s->pca_dims, sizeof *s->pca, "a map", err);
    return rc;
}

static int fill(struct sheet *s, const struct lt_map_case *c, struct lt_net *net,
                struct lt_linear *linear, const struct lt_rows *rows, struct lt_error *err)
{
    const float *mean = c->model->baseline.mean;
    for (int64_t begin = 0; begin < s->rows; begin += BATCH) {
        const int64_t n = s->rows - begin < BATCH ? s->rows - begin : BATCH;
        float *x = s->x + begin * s->inputs;
        int rc = rows->read(rows->context, begin, n, x, err);
        if (rc)
            return rc;
        lt_net_put_input(net, x, n);
        lt_net_encode(net, &(struct lt_pass){.rows = n, .row_ids = s->row + begin});
        lt_net_get_code(net, s->codes + begin * s->dims, n);
        lt_linear_codes(linear, x, n, s->pca + begin * s->pca_dims);
        for (int64_t i = 0; i < n * s->inputs; i++)
            x[i] = isnan(x[i]) ? mean[i % s->inputs] : x[i];
    }
    return LT_OK;
}

static int take_rows(struct sheet *s, const struct lt_map_case *c, struct lt_error *err)
{
    const struct lt_net_options options = {.rows = BATCH, .precision = LT_PRECISION_F32};
    struct lt_rows rows = {0};
    struct lt_net *net = NULL;
    struct lt_linear *linear = NULL;
    int rc = lt_rows_open(&rows, c->table, &c->model->prep, s->row, s->rows, BATCH, err);
    if (!rc)
        rc = lt_net_create(&net, &c->model->network[0].spec, c->backend, &options, err);
    if (!rc)
        rc = lt_linear_create(&linear, &c->model->baseline, s->inputs, s->pca_dims, c->backend,
                              BATCH, err);
    if (!rc) {
        lt_net_set_weights(net, c->model->network[0].params);
        rc = fill(s, c, net, linear, &rows, err);
    }
    lt_linear_free(&linear);
    lt_net_free(&net);
    lt_rows_close(&rows);
    return rc;
}

/* ---- labels ---- */

static bool whole(const char *text, long long *value)
{
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    return *text && !*end && errno == 0;
}

/* Numbers by their size and before words, which follow by their bytes. */
static int by_label(const void *a, const void *b)
{
    const char *x = ((const struct tag *)a)->text, *y = ((const struct tag *)b)->text;
    long long m, n;
    const bool first = whole(x, &m), second = whole(y, &n);
    if (first && second)
        return (m > n) - (m < n);
    return first != second ? (first ? -1 : 1) : strcmp(x, y);
}

static int take_labels(struct sheet *s, const struct lt_table *labels, struct lt_error *err)
{
    const size_t n = (size_t)s->rows;
    int rc = lt_alloc(&s->tag, n, sizeof *s->tag, "labels", err);
    if (!rc)
        rc = lt_alloc(&s->label, n, sizeof *s->label, "labels", err);
    if (!rc)
        rc = lt_alloc(&s->names, n, sizeof *s->names, "labels", err);
    if (rc)
        return rc;
    for (int64_t i = 0; i < s->rows; i++) {
        lt_label_text(labels, s->row[i], s->tag[i].text, TEXT);
        s->tag[i].row = i;
    }
    qsort(s->tag, n, sizeof *s->tag, by_label);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || by_label(&s->tag[i - 1], &s->tag[i]) != 0)
            s->names[s->count++] = s->tag[i].text;
        s->label[s->tag[i].row] = s->count - 1;
    }
    return LT_OK;
}

/* ---- telling ---- */

static void tell(const struct sheet *s, const struct lt_map_case *c, const struct lt_map *code,
                 const struct lt_map *pca, struct lt_report *r)
{
    char accuracy[80] = "", sample[60] = "";
    const long long total = (long long)lt_table_rows(c->table);
    if (!isnan(code->accuracy))
        snprintf(accuracy, sizeof accuracy, ", %d-NN accuracy %.4f (PCA %.4f)", LT_MAP_NEAREST,
                 code->accuracy, pca->accuracy);
    if (s->rows < total)
        snprintf(sample, sizeof sample, ", of %lld of %lld rows", (long long)s->rows, total);
    lt_report_line(r, "as a map: trustworthiness %.4f (PCA %.4f), continuity %.4f (PCA %.4f)%s%s",
                   code->trustworthiness, pca->trustworthiness, code->continuity, pca->continuity,
                   accuracy, sample);
    lt_report_integer(r, "map.rows", s->rows);
    lt_report_integer(r, "map.nearest", LT_MAP_NEAREST);
    lt_report_number(r, "map.trustworthiness", code->trustworthiness);
    lt_report_number(r, "map.continuity", code->continuity);
    lt_report_number(r, "pca.trustworthiness", pca->trustworthiness);
    lt_report_number(r, "pca.continuity", pca->continuity);
    if (isnan(code->accuracy))
        return;
    lt_report_number(r, "map.accuracy", code->accuracy);
    lt_report_number(r, "pca.accuracy", pca->accuracy);
}

static int measure(const struct sheet *s, const struct lt_map_case *c, struct lt_report *r,
                   struct lt_error *err)
{
    struct lt_map maps[] = {{.codes = s->codes, .dims = s->dims},
                            {.codes = s->pca, .dims = s->pca_dims}};
    if (s->rows < LT_MAP_ROWS_LEAST)
        return LT_OK;
    int rc = lt_map_quality(maps, 2, s->x, s->rows, s->inputs, s->label, c->backend, err);
    if (!rc)
        tell(s, c, &maps[0], &maps[1], r);
    return rc;
}

static int draw(const struct sheet *s, const char *path, struct lt_report *r, struct lt_error *err)
{
    const struct lt_map_picture picture = {.codes = s->codes,
                                           .rows = s->rows,
                                           .labels = s->label,
                                           .names = s->names,
                                           .count = s->count};
    int rc = lt_map_draw(&picture, path, err);
    if (!rc) {
        lt_report_line(r, "%lld rows drawn to %s", (long long)s->rows, path);
        lt_report_string(r, "map.file", path);
    }
    return rc;
}

int lt_map_check(const struct lt_model *model, const char *path, struct lt_error *err)
{
    const int64_t dims = lt_net_spec_dims(&model->network[0].spec);
    if (!path)
        return LT_OK;
    if (lt_model_denoises(model) || dims != 2)
        return lt_fail(err, LT_EUSAGE,
                       "--map draws codes of two numbers, and those of this model have %lld; train "
                       "one with --dims 2 --neighbours",
                       (long long)dims);
    return lt_map_drawable(path, err);
}

int lt_map_report(const struct lt_map_case *c, struct lt_report *r, struct lt_error *err)
{
    struct sheet s;
    if (lt_model_denoises(c->model) ||
        (lt_net_spec_dims(&c->model->network[0].spec) > LT_MAP_DIMS &&
         !lt_record_attracts(c->model)))
        return LT_OK;
    int rc = sheet_create(&s, c, err);
    if (!rc)
        rc = take_rows(&s, c, err);
    if (!rc && c->labels)
        rc = take_labels(&s, c->labels, err);
    if (!rc)
        rc = measure(&s, c, r, err);
    if (!rc && c->path)
        rc = draw(&s, c->path, r, err);
    sheet_free(&s);
    return rc;
}
