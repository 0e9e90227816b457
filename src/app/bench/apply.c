#include "app/bench/bounds.h"

#include "app/build.h"
#include "app/session.h"
#include "base/mem.h"
#include "model/model.h"

#include <stdio.h>

/* A model as latent train would leave it, its feed, and a run of rows. */
struct encoder {
    struct lt_model *model;
    struct lt_session *session;
    struct lt_feed *feed;
    int64_t rows[LT_SESSION_ROWS];
    int64_t next; /* first row of the next run */
};

/* The widths that latent train gives images of this size, in f32. */
static const struct lt_bench_shape shape = {"encode", "512,256", 50, LT_SESSION_ROWS};

static int make_model(struct encoder *e, struct lt_bench *bench, struct lt_error *err)
{
    struct lt_net_spec spec;
    struct lt_params layout = {0};
    float *weights = NULL;
    int64_t *rows = e->rows;
    int rc = lt_model_create(&e->model, err);
    if (!rc)
        rc = lt_bench_network(&spec, &shape, err);
    if (!rc)
        rc = lt_params_of(&layout, &spec, err);
    if (!rc)
        rc = lt_alloc(&weights, layout.total, sizeof *weights, "weights", err);
    for (int64_t i = 0; i < LT_SESSION_ROWS; i++)
        rows[i] = i;
    if (!rc)
        rc = lt_prep_fit(&e->model->prep, bench->images, rows, LT_SESSION_ROWS,
                         &(struct lt_prep_options){.scaling = LT_SCALING_BYTES}, err);
    if (!rc) {
        lt_params_init(&layout, &spec, 1, weights);
        rc = lt_model_add_network(e->model, "autoencoder", &spec, weights, err);
    }
    lt_free(weights);
    return rc;
}

static void free_encoder(struct encoder *e)
{
    lt_feed_free(&e->feed);
    lt_session_free(&e->session);
    lt_model_free(&e->model);
}

/* One run of rows, from bytes in memory to codes. */
static int encode_run(void *context, struct lt_error *err)
{
    struct encoder *e = context;
    for (int64_t i = 0; i < LT_SESSION_ROWS; i++)
        e->rows[i] = e->next + i;
    e->next = (e->next + LT_SESSION_ROWS) % LT_BENCH_ROWS;
    int rc = lt_feed_rows(e->feed, e->rows, LT_SESSION_ROWS, e->session->rows, err);
    if (!rc)
        lt_session_encode(e->session, e->session->rows, LT_SESSION_ROWS, e->session->codes);
    return rc;
}

static void tell(struct lt_bench *bench, const struct lt_bench_bounded *b)
{
    double rate = LT_SESSION_ROWS / b->turn.seconds, bound = LT_SESSION_ROWS / b->bound.seconds;
    char network[100];
    lt_autoencoder_text(b->spec, network, sizeof network);
    lt_report_string(bench->report, "encode.network", network);
    lt_bench_number(bench, "encode", "rows_per_second", rate);
    lt_bench_number(bench, "encode", "bound_rows_per_second", bound);
    lt_bench_number(bench, "encode", "ratio", rate / bound);
    lt_report_line(bench->report, "encode: with %s, f32, from bytes in memory to codes", network);
    if (!bench->bare) {
        lt_report_line(bench->report, "  %.0f rows/s", rate);
        lt_bench_tell(bench, "encodes %.0f rows/s", rate);
        return;
    }
    lt_report_line(bench->report, "  %.0f rows/s, forward products alone %.0f rows/s: %.0f %%",
                   rate, bound, 100 * rate / bound);
    lt_bench_tell(bench, "encoding runs at %.0f %% of the speed of its bare matrix products",
                  100 * rate / bound);
}

static int run_encode(struct lt_bench *bench, struct lt_error *err)
{
    struct encoder *e = NULL;
    int rc = lt_alloc(&e, 1, sizeof *e, "an encoder", err);
    if (rc)
        return rc;
    rc = make_model(e, bench, err);
    if (!rc)
        rc = lt_session_create(&e->session, e->model,
                               &(struct lt_session_options){.threads = bench->backend->threads},
                               err);
    if (!rc)
        rc = lt_feed_create(&e->feed, bench->images, &e->model->prep, LT_SESSION_ROWS,
                            bench->backend->threads, err);
    if (!rc) {
        struct lt_bench_bounded b = {.turn = {.run = encode_run, .context = e},
                                     .spec = &e->model->network[0].spec,
                                     .batch = LT_SESSION_ROWS,
                                     .encoder = true};
        rc = lt_bench_race(bench, &b, 1, err);
        if (!rc)
            tell(bench, &b);
    }
    free_encoder(e);
    lt_free(e);
    return rc;
}
const struct lt_bench_ops lt_bench_encode = {"encode", run_encode};
