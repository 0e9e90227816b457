#include "app/bench/measure.h"

#include "app/build.h"
#include "app/detect.h"
#include "app/teach.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/split.h"
#include "model/model.h"

#include <stdio.h>
#include <string.h>

/* Scoring a table of 32 columns from memory: rows through the model's prep to scores, with the
 * default detector and with the reconstruction error of an autoencoder as latent train draws it. */

static const double TURNS_SECONDS = 2;

enum { COLUMNS = 32, DIMS = 16, ROWS = 20 * LT_DETECT_ROWS, TAUGHT_STEPS = 30 };

struct scored {
    struct lt_table *table;
    struct lt_model *model;
    struct lt_feed *feed;
    struct lt_detect *detect;
    float *x;      /* (LT_DETECT_ROWS, F) */
    double *score; /* (LT_DETECT_ROWS) */
    int64_t next;
};

/* Columns that hang together: ten hidden numbers, mixed, and noise. */
static int make_table(struct lt_table **out, struct lt_error *err)
{
    enum { HIDDEN = 10 };
    float *rows = NULL;
    int rc = lt_alloc(&rows, (size_t)ROWS * COLUMNS, sizeof *rows, "rows", err);
    for (int64_t r = 0; r < ROWS && !rc; r++) {
        struct lt_stream random = lt_stream(1, LT_RNG_TEST, 7, (uint64_t)r);
        float z[HIDDEN + COLUMNS];
        lt_fill_normal(&random, z, HIDDEN + COLUMNS);
        for (int j = 0; j < COLUMNS; j++)
            rows[r * COLUMNS + j] =
                z[j % HIDDEN] * z[(j / 3) % HIDDEN] + z[(j + 1) % HIDDEN] + 0.1f * z[HIDDEN + j];
    }
    if (!rc)
        rc = lt_table_from_rows(out, "bench rows", rows, ROWS, COLUMNS, err);
    lt_free(rows);
    return rc;
}

static int add_autoencoder(struct lt_model *model, struct lt_error *err)
{
    struct lt_autoencoder a = {.input = {COLUMNS, 1, 1},
                               .observe = true,
                               .dims = DIMS,
                               .hidden = 2,
                               .layer = {{.width = 256}, {.width = 128}},
                               .act = LT_ACT_SILU,
                               .loss = LT_LOSS_MSE,
                               .unit = LT_ACT_LINEAR};
    struct lt_net_spec spec;
    struct lt_params layout = {0};
    float *weights = NULL;
    int rc = lt_autoencoder_build(&spec, &a, err);
    if (!rc)
        rc = lt_params_of(&layout, &spec, err);
    if (!rc)
        rc = lt_alloc(&weights, layout.total, sizeof *weights, "weights", err);
    if (!rc) {
        lt_params_init(&layout, &spec, 1, weights);
        rc = lt_model_add_network(model, "autoencoder", &spec, weights, err);
    }
    lt_free(weights);
    return rc;
}

static int open_scored(struct scored *s, struct lt_bench *bench, enum lt_detector_kind kind,
                       enum lt_precision precision, struct lt_error *err)
{
    struct lt_rowset parts[LT_PARTS];
    int64_t *train = NULL;
    lt_split(parts, ROWS, ROWS / 10, 1);
    int64_t n = parts[LT_PART_TRAIN].count;
    struct lt_lesson lesson = {.kind = kind,
                               .table = s->table,
                               .kept = s->table,
                               .parts = parts,
                               .backend = bench->backend,
                               .seed = 1,
                               .steps = TAUGHT_STEPS};
    int rc = lt_rowset_list(&train, &parts[LT_PART_TRAIN], err);
    lesson.train_rows = train;
    if (!rc)
        rc = lt_model_create(&s->model, err);
    if (!rc)
        rc = lt_prep_fit(&s->model->prep, s->table, train, n,
                         &(struct lt_prep_options){.scaling = LT_SCALING_STANDARD}, err);
    if (!rc)
        rc = add_autoencoder(s->model, err);
    if (!rc)
        rc = lt_teach(s->model, &lesson, err);
    if (!rc)
        rc = lt_detect_create(&s->detect, s->model, bench->backend, precision, err);
    if (!rc)
        rc = lt_feed_create(&s->feed, s->table, &s->model->prep, LT_DETECT_ROWS,
                            bench->backend->threads, err);
    if (!rc)
        rc = lt_alloc(&s->x, (size_t)LT_DETECT_ROWS * COLUMNS, sizeof *s->x, "rows", err);
    if (!rc)
        rc = lt_alloc(&s->score, LT_DETECT_ROWS, sizeof *s->score, "scores", err);
    lt_free(train);
    return rc;
}

static void close_scored(struct scored *s)
{
    lt_feed_free(&s->feed);
    lt_detect_free(&s->detect);
    lt_model_free(&s->model);
    lt_free(s->x);
    lt_free(s->score);
    s->x = NULL;
    s->score = NULL;
}

static int score_run(void *context, struct lt_error *err)
{
    struct scored *s = context;
    int64_t ids[LT_DETECT_ROWS];
    for (int64_t i = 0; i < LT_DETECT_ROWS; i++)
        ids[i] = s->next + i;
    s->next = (s->next + LT_DETECT_ROWS) % ROWS;
    int rc = lt_feed_rows(s->feed, ids, LT_DETECT_ROWS, s->x, err);
    if (!rc)
        lt_detect_scores(s->detect, s->x, LT_DETECT_ROWS, s->score);
    return rc;
}

static int measure(struct scored *s, struct lt_bench *bench, enum lt_detector_kind kind,
                   enum lt_precision precision, double *rate, struct lt_error *err)
{
    struct lt_turn turn = {.run = score_run, .context = s};
    int rc = open_scored(s, bench, kind, precision, err);
    if (!rc)
        rc = lt_bench_turns(&turn, 1, TURNS_SECONDS, err);
    if (!rc)
        *rate = LT_DETECT_ROWS / turn.seconds;
    close_scored(s);
    return rc;
}

static int run_score(struct lt_bench *bench, struct lt_error *err)
{
    static const struct {
        enum lt_detector_kind kind;
        enum lt_precision precision;
        const char *name, *key;
    } cases[] = {
        {LT_DETECTOR_DEFAULT, LT_PRECISION_F32, "default detector, f32", "default"},
        {LT_DETECTOR_DEFAULT, LT_PRECISION_BF16, "default detector, bf16", "default_bf16"},
        {LT_DETECTOR_RECONSTRUCTION, LT_PRECISION_F32, "reconstruction error, f32",
         "reconstruction"},
        {LT_DETECTOR_RECONSTRUCTION, LT_PRECISION_BF16, "reconstruction error, bf16",
         "reconstruction_bf16"},
    };
    struct scored s = {0};
    double rate = 0;
    int rc = make_table(&s.table, err);
    lt_report_line(bench->report, "score: %d columns from memory to scores", COLUMNS);
    for (size_t i = 0; i < sizeof cases / sizeof *cases && !rc; i++) {
        rc = measure(&s, bench, cases[i].kind, cases[i].precision, &rate, err);
        if (rc)
            break;
        lt_report_line(bench->report, "  %-28s %10.0f rows/s", cases[i].name, rate);
        lt_bench_number(bench, "score", cases[i].key, rate);
        lt_bench_tell(bench, "scores %.0f rows/s with the %s", rate, cases[i].name);
    }
    lt_table_free(&s.table);
    return rc;
}
const struct lt_bench_ops lt_bench_score = {"score", run_score};
