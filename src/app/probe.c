#include "app/probe.h"

#include "app/arrange.h"
#include "app/folds.h"
#include "app/judge_denoiser.h"
#include "app/logistic.h"
#include "app/neighbours.h"
#include "app/pace.h"
#include "app/pca.h"
#include "app/probereport.h"
#include "app/products.h"
#include "app/rows.h"
#include "app/standardise.h"
#include "base/clock.h"
#include "base/mem.h"
#include "data/writer.h"
#include "net/net.h"
#include <math.h>
#include <string.h>

enum { BATCH = 256 /* rows whose neighbours are sought together */, PROJECTED = 1024 };

struct probe {
    const struct lt_model *model;
    const struct lt_session_options *options;
    struct lt_backend *backend;
    struct lt_strata classes;
    int64_t rows, folds;
    int32_t *fold;                 /* (N) */
    float *feature[LT_PROBE_SETS]; /* (N, width); of PCA those of the fold at work */
    int64_t width[LT_PROBE_SETS], widest;
    int64_t *train, *test; /* (N): rows of the fold at work */
    int64_t train_rows, test_rows;
    int32_t *label;          /* (N), of the training rows */
    float *x_train, *x_test; /* (train, test rows at most; widest + 1), standardised */
    double *mean, *divisor;  /* (widest) */
    double *weights;         /* (C, widest + 1) */
    double *log_p;           /* (test rows at most, C) */
    int64_t *nearest;        /* (BATCH, LT_PROBE_NEIGHBOURS) */
    int64_t *votes;          /* (C) */
    struct lt_probe_found found;
    struct lt_writer *writer;
    struct lt_pace pace;
    int64_t done;
};

/* ---- features ---- */

/* Codes and inputs of all rows. */
static int read_features(struct probe *p, struct lt_table *table, struct lt_error *err)
{
    struct lt_table *view = NULL;
    struct lt_rows rows = {0};
    struct lt_session *s = NULL;
    int rc = lt_arrange(p->model, table, p->options->listener, &view, err);
    if (!rc)
        rc = lt_rows_open(&rows, view, &p->model->prep, NULL, p->rows, LT_SESSION_ROWS, err);
    if (!rc)
        rc = lt_session_create(&s, p->model, p->options, err);
    for (int64_t at = 0; at < p->rows && !rc; at += LT_SESSION_ROWS) {
        int64_t n = p->rows - at < LT_SESSION_ROWS ? p->rows - at : LT_SESSION_ROWS;
        float *x = p->feature[LT_PROBE_RAW] + at * p->width[LT_PROBE_RAW];
        rc = rows.read(rows.context, at, n, x, err);
        if (!rc)
            lt_session_encode(s, x, n, p->feature[LT_PROBE_CODES] + at * p->width[LT_PROBE_CODES]);
    }
    lt_session_free(&s);
    lt_rows_close(&rows);
    lt_table_free(&view);
    return rc;
}

/* The training rows of the fold, for PCA. */
static int read_training(void *context, int64_t begin, int64_t n, float *x, struct lt_error *err)
{
    const struct probe *p = context;
    size_t width = (size_t)p->width[LT_PROBE_RAW];
    (void)err;
    for (int64_t i = 0; i < n; i++)
        memcpy(x + (size_t)i * width,
               p->feature[LT_PROBE_RAW] + (size_t)p->train[begin + i] * width, width * sizeof *x);
    return 0;
}

/* All rows on the directions of a PCA.  Not centred: standardisation comes next.  A missing cell
 * stands at the mean. */
static int project(struct probe *p, const struct lt_pca *pca, struct lt_error *err)
{
    int64_t d = pca->inputs, k = pca->dims;
    double *basis = NULL, *out = NULL;
    float *x = NULL;
    int rc = lt_alloc(&basis, (size_t)(k * d), sizeof *basis, "PCA", err);
    if (!rc)
        rc = lt_alloc(&out, (size_t)(PROJECTED * k), sizeof *out, "PCA", err);
    if (!rc)
        rc = lt_alloc(&x, (size_t)(PROJECTED * d), sizeof *x, "PCA", err);
    for (int64_t i = 0; i < k * d && !rc; i++)
        basis[i] = (double)pca->basis[i];
    for (int64_t at = 0; at < p->rows && !rc; at += PROJECTED) {
        int64_t n = p->rows - at < PROJECTED ? p->rows - at : PROJECTED;
        const float *raw = p->feature[LT_PROBE_RAW] + at * d;
        for (int64_t i = 0; i < n * d; i++)
            x[i] = isnan(raw[i]) ? pca->mean[i % d] : raw[i];
        lt_products(out, x, n, d, basis, k, p->backend->threads);
        for (int64_t i = 0; i < n * k; i++)
            p->feature[LT_PROBE_PCA][at * p->width[LT_PROBE_PCA] + i] = (float)out[i];
    }
    lt_free(basis);
    lt_free(out);
    lt_free(x);
    return rc;
}

static int fit_pca(struct probe *p, struct lt_error *err)
{
    struct lt_pca pca = {0};
    const struct lt_rows rows = {.count = p->train_rows,
                                 .inputs = p->width[LT_PROBE_RAW],
                                 .context = p,
                                 .read = read_training};
    const struct lt_pca_options options = {
        .dims = p->width[LT_PROBE_PCA], .seed = p->options->seed, .backend = p->backend};
    int rc = lt_pca_fit(&pca, &rows, &options, err);
    if (!rc)
        rc = project(p, &pca, err);
    lt_pca_free(&pca);
    return rc;
}

/* ---- one fold ---- */

static int32_t most_voted(const int64_t *votes, int64_t classes)
{
    int32_t best = 0;
    for (int32_t k = 1; k < classes; k++)
        best = votes[k] > votes[best] ? k : best;
    return best;
}

/* The test rows of the fold by their nearest training rows. */
static int vote(struct probe *p, struct lt_probe_told *told, struct lt_error *err)
{
    struct lt_neighbours *nb = NULL;
    int64_t width = told->width + 1; /* the constant column adds 0 to every distance */
    int rc = lt_neighbours_create(&nb, p->x_train, p->train_rows, width, LT_PROBE_NEIGHBOURS,
                                  p->backend, BATCH, err);
    for (int64_t at = 0; at < p->test_rows && !rc; at += BATCH) {
        int64_t n = p->test_rows - at < BATCH ? p->test_rows - at : BATCH;
        int64_t k = lt_neighbours_rows(nb, p->x_test + at * width, n, p->nearest);
        for (int64_t i = 0; i < n; i++) {
            memset(p->votes, 0, (size_t)p->classes.count * sizeof *p->votes);
            for (int64_t j = 0; j < k; j++)
                if (p->nearest[i * k + j] >= 0)
                    p->votes[p->label[p->nearest[i * k + j]]]++;
            told->voted[p->test[at + i]] = most_voted(p->votes, p->classes.count);
        }
    }
    lt_neighbours_free(&nb);
    return rc;
}

static void regress(struct probe *p, struct lt_logistic *logistic, struct lt_probe_told *told)
{
    int64_t c = p->classes.count;
    struct lt_logistic_fit fit =
        lt_logistic_fit(logistic, p->x_train, p->label, p->train_rows, p->weights);
    told->unsettled += !fit.converged;
    lt_logistic_predict(p->log_p, p->x_test, p->test_rows, told->width + 1, p->weights, c,
                        p->backend->threads);
    for (int64_t i = 0; i < p->test_rows; i++) {
        const double *log_p = p->log_p + i * c;
        int64_t row = p->test[i];
        int32_t best = 0;
        for (int32_t k = 1; k < c; k++)
            best = log_p[k] > log_p[best] ? k : best;
        told->predicted[row] = best;
        told->log_loss[row] = -log_p[p->classes.of[row]];
    }
}

static int run_fold(struct probe *p, enum lt_probe_set set, int64_t fold,
                    struct lt_logistic *logistic, struct lt_error *err)
{
    const float *x = p->feature[set];
    int64_t width = p->width[set];
    int threads = p->backend->threads;
    p->train_rows = lt_folds_rows(p->train, p->fold, p->rows, fold, true);
    p->test_rows = lt_folds_rows(p->test, p->fold, p->rows, fold, false);
    for (int64_t i = 0; i < p->train_rows; i++)
        p->label[i] = p->classes.of[p->train[i]];
    int rc = set == LT_PROBE_PCA ? fit_pca(p, err) : 0;
    if (rc)
        return rc;
    lt_standardise_fit(p->mean, p->divisor, x, width, p->train, p->train_rows, threads);
    lt_standardise(p->x_train, p->mean, p->divisor, x, width, p->train, p->train_rows, threads);
    lt_standardise(p->x_test, p->mean, p->divisor, x, width, p->test, p->test_rows, threads);
    regress(p, logistic, &p->found.told[set]);
    rc = vote(p, &p->found.told[set], err);
    p->done += p->test_rows;
    return rc ? rc : lt_pace_tell(&p->pace, p->done, err);
}

static int run_set(struct probe *p, enum lt_probe_set set, struct lt_error *err)
{
    struct lt_logistic *logistic = NULL;
    int64_t train = p->rows - p->rows / p->folds;
    int rc = lt_logistic_create(&logistic, train, p->width[set], p->classes.count, p->backend, err);
    for (int64_t fold = 0; fold < p->folds && !rc; fold++)
        rc = run_fold(p, set, fold, logistic, err);
    lt_logistic_free(&logistic);
    return rc;
}

/* ---- set up and take down ---- */

/* PCA has no more directions than columns, or than the rows of the smallest training part less one. */
static void find_widths(struct probe *p)
{
    int64_t dims = lt_net_spec_dims(&p->model->network[0].spec), inputs = p->model->prep.features;
    int64_t smallest = p->rows - (p->rows + p->folds - 1) / p->folds;
    int64_t most = inputs < smallest - 1 ? inputs : smallest - 1;
    most = most < 1 ? 1 : most;
    p->width[LT_PROBE_CODES] = dims;
    p->width[LT_PROBE_PCA] = dims < most ? dims : most;
    p->width[LT_PROBE_RAW] = inputs;
    p->widest = dims > inputs ? dims : inputs;
}

static int allocate(struct probe *p, struct lt_error *err)
{
    size_t n = (size_t)p->rows, w = (size_t)p->widest, c = (size_t)p->classes.count;
    size_t test = (size_t)((p->rows + p->folds - 1) / p->folds), train = n - n / (size_t)p->folds;
    int rc = 0;
    for (int set = 0; set < LT_PROBE_SETS && !rc; set++) {
        struct lt_probe_told *told = &p->found.told[set];
        told->width = p->width[set];
        rc = lt_alloc(&p->feature[set], n * (size_t)p->width[set], sizeof(float), "features", err);
        if (!rc)
            rc = lt_alloc(&told->predicted, n, sizeof(int32_t), "predictions", err);
        if (!rc)
            rc = lt_alloc(&told->voted, n, sizeof(int32_t), "predictions", err);
        if (!rc)
            rc = lt_alloc(&told->log_loss, n, sizeof(double), "predictions", err);
    }
    const struct {
        void *at;
        size_t count, size;
    } list[] = {{&p->train, n, sizeof *p->train},
                {&p->test, n, sizeof *p->test},
                {&p->label, n, sizeof *p->label},
                {&p->x_train, train * (w + 1), sizeof *p->x_train},
                {&p->x_test, test * (w + 1), sizeof *p->x_test},
                {&p->mean, w, sizeof *p->mean},
                {&p->divisor, w, sizeof *p->divisor},
                {&p->weights, c * (w + 1), sizeof *p->weights},
                {&p->log_p, test * c, sizeof *p->log_p},
                {&p->nearest, BATCH * LT_PROBE_NEIGHBOURS, sizeof *p->nearest},
                {&p->votes, c, sizeof *p->votes}};
    for (size_t i = 0; i < sizeof list / sizeof *list && !rc; i++)
        rc = lt_alloc(list[i].at, list[i].count, list[i].size, "the probe", err);
    return rc;
}

static void probe_free(struct probe *p)
{
    void *list[] = {p->fold, p->train,   p->test,    p->label, p->x_train, p->x_test,
                    p->mean, p->divisor, p->weights, p->log_p, p->nearest, p->votes};
    lt_writer_abort(&p->writer);
    for (int set = 0; set < LT_PROBE_SETS; set++) {
        lt_free(p->feature[set]);
        lt_free(p->found.told[set].predicted);
        lt_free(p->found.told[set].voted);
        lt_free(p->found.told[set].log_loss);
    }
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        lt_free(list[i]);
    lt_strata_free(&p->classes);
    lt_backend_free(&p->backend);
}

static int probe_open(struct probe *p, const struct lt_table *labels,
                      const struct lt_probe_options *options, struct lt_error *err)
{
    if (lt_model_denoises(p->model))
        return lt_fail(err, LT_EUSAGE,
                       "this model is a denoiser, which has no codes to probe; train one with "
                       "--dims");
    int rc = lt_strata_find(&p->classes, labels, err);
    if (!rc)
        rc = lt_alloc(&p->fold, (size_t)p->rows, sizeof *p->fold, "folds", err);
    if (!rc)
        rc = lt_folds_deal(p->fold, &p->classes, p->folds, p->options->seed, err);
    if (!rc)
        rc = lt_backend_create(&p->backend, p->options->backend, p->options->threads, err);
    if (rc)
        return rc;
    find_widths(p);
    p->found = (struct lt_probe_found){.classes = &p->classes,
                                       .rows = p->rows,
                                       .folds = p->folds,
                                       .fold = p->fold,
                                       .seed = p->options->seed,
                                       .threads = p->backend->threads};
    rc = allocate(p, err);
    return rc || !options->path ? rc : lt_probe_open(&p->writer, options->path, &p->found, err);
}

int lt_probe(const struct lt_model *model, struct lt_table *table, const struct lt_table *labels,
             const struct lt_probe_options *options, const struct lt_session_options *session,
             struct lt_report *report, struct lt_error *err)
{
    struct probe p = {
        .model = model, .options = session, .rows = lt_table_rows(table), .folds = options->folds};
    double started = lt_clock();
    int rc = probe_open(&p, labels, options, err);
    if (!rc)
        rc = read_features(&p, table, err);
    p.pace = lt_pace_start(session->listener, "probing", LT_PROBE_SETS * p.rows);
    for (int set = 0; set < LT_PROBE_SETS && !rc; set++)
        rc = run_set(&p, set, err);
    if (!rc && p.writer)
        rc = lt_probe_write(p.writer, &p.found, err);
    if (!rc && p.writer)
        rc = lt_writer_commit(&p.writer, err);
    p.found.seconds = lt_clock() - started;
    if (!rc)
        rc = lt_probe_tell(&p.found, report, err);
    probe_free(&p);
    return rc ? rc : lt_report_seal(report, err);
}
