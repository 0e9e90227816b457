#include "app/bench/bounds.h"

#include "app/recipe.h"

#include <stdio.h>

/* Training steps of the networks of convolutions that latent train draws, beside their bare
 * convolutions and products. */

struct drawn {
    const char *name;   /* of its keys */
    int64_t rows, side; /* images in memory */
    const char *noise;  /* --noise; NULL: an autoencoder with a code */
    int64_t dims;       /* --dims; 0: a denoiser */
};
static const struct drawn digits = {"digits", LT_BENCH_ROWS, LT_BENCH_SIDE, NULL, 50};
static const struct drawn denoiser = {"denoiser", 512, 64, "gaussian:25/255", 0};

/* The default optimizer of a network with a code changes what it does from step to step with this
 * period (see foof.c). */
enum { OPTIMIZER_PERIOD = 40 };

enum { EPOCH_ROWS = 60000 }; /* as in MNIST: the batch follows from them */

static int draw(struct lt_recipe *recipe, const struct drawn *d, const struct lt_prep *prep,
                struct lt_error *err)
{
    const latent_train_options options = {.size = sizeof options,
                                          .arch = "conv",
                                          .noise = d->noise,
                                          .momentum = 0.9,
                                          .weight_decay = -1,
                                          .warmup = -1,
                                          .patience = -1,
                                          .seed = 1};
    const struct lt_facts facts = {.rows = EPOCH_ROWS, .prep = prep, .name = "bench images"};
    return lt_recipe_draw(recipe, &options, d->dims, &facts, err);
}

/* One line and the keys conv.NAME.*: a step beside its products. */
static void tell_step(struct lt_bench *bench, const struct drawn *d,
                      const struct lt_bench_bounded *b, const char *optimizer, int64_t reorders)
{
    const double gflop = lt_net_flops_train(b->spec) * (double)b->batch * 1e-9;
    const char *precision = b->precision == LT_PRECISION_BF16 ? "bf16" : "f32";
    char group[40], network[200], key[80];
    snprintf(group, sizeof group, "conv.%s", d->name);
    lt_autoencoder_text(b->spec, network, sizeof network);
    snprintf(key, sizeof key, "%s.network", group);
    lt_report_string(bench->report, key, network);
    snprintf(key, sizeof key, "%s.optimizer", group);
    lt_report_string(bench->report, key, optimizer);
    snprintf(key, sizeof key, "%s.precision", group);
    lt_report_string(bench->report, key, precision);
    lt_bench_number(bench, group, "step_seconds", b->turn.seconds);
    lt_bench_number(bench, group, "bound_seconds", b->bound.seconds);
    lt_bench_number(bench, group, "gflops", gflop / b->turn.seconds);
    lt_bench_number(bench, group, "bound_gflops", gflop / b->bound.seconds);
    lt_bench_number(bench, group, "ratio", lt_bench_ratio(b));
    lt_bench_number(bench, group, "reorders", (double)reorders);
    lt_report_line(bench->report, "  %s, batch %lld, %s, %s", network, (long long)b->batch,
                   precision, optimizer);
    lt_report_line(bench->report,
                   "    %7.2f ms, %6.1f GF/s, convolutions alone %7.2f ms, %6.1f GF/s: %3.0f %%; "
                   "%lld reorders",
                   1e3 * b->turn.seconds, gflop / b->turn.seconds, 1e3 * b->bound.seconds,
                   gflop / b->bound.seconds, 100 * lt_bench_ratio(b), (long long)reorders);
}

/* Reorders of one step, which are the same in each. */
static int count_reorders(struct lt_rig *rig, struct lt_backend *backend, int64_t *reorders,
                          struct lt_error *err)
{
    const int64_t before = backend->reorders;
    int rc = lt_rig_step(rig, err);
    *reorders = backend->reorders - before;
    return rc;
}

static int train_drawn(struct lt_bench *bench, const struct drawn *d, struct lt_bench_bounded *b,
                       struct lt_rig *rig, const struct lt_recipe *recipe, struct lt_error *err)
{
    int64_t reorders = 0;
    *b = (struct lt_bench_bounded){
        .turn = {.run = lt_rig_step,
                 .context = rig,
                 .period = recipe->train.optimizer == lt_optimizer_at(0) ? OPTIMIZER_PERIOD : 1},
        .spec = &rig->spec,
        .batch = recipe->train.batch,
        .precision = lt_backend_precision(bench->backend, recipe->precision)};
    int rc = count_reorders(rig, bench->backend, &reorders, err);
    if (!rc)
        rc = lt_bench_race(bench, b, 1, err);
    if (!rc)
        tell_step(bench, d, b, recipe->train.optimizer->name, reorders);
    return rc;
}

static int measure_drawn(struct lt_bench *bench, const struct drawn *d, struct lt_bench_bounded *b,
                         struct lt_error *err)
{
    struct lt_table *table = NULL;
    struct lt_prep prep = {0};
    struct lt_recipe recipe;
    struct lt_rig rig = {.net = NULL};
    int rc = lt_bench_images(&table, &prep, d->rows, d->side, err);
    if (!rc)
        rc = draw(&recipe, d, &prep, err);
    if (!rc)
        rc = lt_rig_start(&rig, bench->backend,
                          &(struct lt_rig_plan){.spec = &recipe.spec,
                                                .table = table,
                                                .prep = &prep,
                                                .train = recipe.train,
                                                .augment = d->dims == 0},
                          err);
    if (!rc)
        rc = train_drawn(bench, d, b, &rig, &recipe, err);
    lt_rig_free(&rig);
    lt_prep_free(&prep);
    lt_table_free(&table);
    return rc;
}

static int run_conv(struct lt_bench *bench, struct lt_error *err)
{
    struct lt_bench_bounded code, blocks;
    lt_report_line(bench->report, "conv: a training step as latent train --arch conv draws it");
    if (!bench->bare) { /* and plain C would need minutes */
        lt_report_line(bench->report, "  not measured: without oneDNN there is no bound");
        lt_bench_tell(bench, "convolutions are not measured: without oneDNN there is no bound to "
                             "set beside");
        return LT_OK;
    }
    int rc = measure_drawn(bench, &digits, &code, err);
    if (!rc)
        rc = measure_drawn(bench, &denoiser, &blocks, err);
    if (!rc)
        lt_bench_tell(bench,
                      "training runs at %.0f %% (28 x 28, with a code) and %.0f %% (a denoiser) of "
                      "the speed of its bare convolutions",
                      100 * lt_bench_ratio(&code), 100 * lt_bench_ratio(&blocks));
    return rc;
}
const struct lt_bench_ops lt_bench_conv = {"conv", run_conv};
