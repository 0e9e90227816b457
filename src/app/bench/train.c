#include "app/bench/bounds.h"

#include "app/build.h"

#include <stdio.h>

static const double EPOCH_ROWS = 60000; /* as in MNIST */

static double epoch(const struct lt_bench_bounded *b)
{
    return b->turn.seconds * EPOCH_ROWS / (double)b->batch;
}

static struct lt_bench_bounded steps_of(struct lt_rig *rig, const struct lt_bench_shape *shape,
                                        enum lt_precision precision)
{
    return (struct lt_bench_bounded){.turn = {.run = lt_rig_step, .context = rig},
                                     .spec = &rig->spec,
                                     .batch = shape->batch,
                                     .precision = precision};
}

/* One line and the keys GROUP.*: an epoch beside its products. */
static void tell_epoch(struct lt_bench *bench, const char *group, const struct lt_bench_bounded *b)
{
    char network[100], bound[100] = "", name[140];
    double gflop = lt_net_flops_train(b->spec) * (double)b->batch * 1e-9;
    lt_autoencoder_text(b->spec, network, sizeof network);
    lt_bench_number(bench, group, "epoch_seconds", epoch(b));
    lt_bench_number(bench, group, "gflops", gflop / b->turn.seconds);
    lt_bench_number(bench, group, "bound_gflops", gflop / b->bound.seconds);
    lt_bench_number(bench, group, "ratio", lt_bench_ratio(b));
    if (bench->bare)
        snprintf(bound, sizeof bound, ", products alone %7.3f s, %6.1f GF/s: %3.0f %%",
                 b->bound.seconds * EPOCH_ROWS / (double)b->batch, gflop / b->bound.seconds,
                 100 * lt_bench_ratio(b));
    snprintf(name, sizeof name, "%s, batch %lld, %s", network, (long long)b->batch,
             b->precision == LT_PRECISION_BF16 ? "bf16" : "f32");
    lt_report_line(bench->report, "  %-58s %7.3f s, %6.1f GF/s%s", name, epoch(b),
                   gflop / b->turn.seconds, bound);
}

/* Adam in f32 on one network. */
static int train_one(struct lt_bench *bench, const struct lt_bench_shape *shape,
                     struct lt_bench_bounded *b, struct lt_error *err)
{
    struct lt_rig rig;
    char group[40];
    int rc = lt_rig_create(&rig, bench, shape, lt_optimizer_by_name("adam"), LT_PRECISION_F32, err);
    *b = steps_of(&rig, shape, LT_PRECISION_F32);
    if (!rc)
        rc = lt_bench_race(bench, b, 1, err);
    snprintf(group, sizeof group, "train.%s", shape->name);
    if (!rc)
        tell_epoch(bench, group, b);
    lt_rig_free(&rig);
    return rc;
}

static int run_train(struct lt_bench *bench, struct lt_error *err)
{
    struct lt_bench_bounded narrow, wide;
    double square;
    lt_report_line(bench->report, "train: an epoch of 60,000 rows, steps only, adam");
    int rc = train_one(bench, &lt_bench_narrow, &narrow, err);
    if (!rc)
        rc = train_one(bench, &lt_bench_wide, &wide, err);
    if (rc)
        return rc;
    if (!bench->bare) {
        lt_bench_tell(bench,
                      "training takes %.3g s an epoch of 784-128-50, %.3g s of "
                      "784-1000-500-250-30; without oneDNN there is no bound to set beside",
                      epoch(&narrow), epoch(&wide));
        return LT_OK;
    }
    rc = lt_bench_square(bench, &square, err);
    lt_report_number(bench->report, "train.square_gflops", square);
    lt_report_line(bench->report, "  a product of 2048 x 2048 matrices runs at %.1f GF/s", square);
    lt_bench_tell(bench,
                  "training runs at %.0f %% (784-128-50) and %.0f %% (784-1000-500-250-30) of the "
                  "speed of its bare matrix products",
                  100 * lt_bench_ratio(&narrow), 100 * lt_bench_ratio(&wide));
    return rc;
}
const struct lt_bench_ops lt_bench_train = {"train", run_train};

static int run_bf16(struct lt_bench *bench, struct lt_error *err)
{
    struct lt_rig rigs[2] = {{.net = NULL}};
    struct lt_bench_bounded b[2];
    const struct lt_bench_shape *shape = &lt_bench_wide;
    const struct lt_optimizer_ops *adam = lt_optimizer_by_name("adam");
    lt_report_line(bench->report, "bf16: the same with products of bf16 operands");
    if (lt_backend_precision(bench->backend, LT_PRECISION_BF16) != LT_PRECISION_BF16) {
        lt_report_line(bench->report, "  not measured: %s",
                       bench->backend->note[0] ? bench->backend->note : "not on this machine");
        lt_bench_tell(bench, "bf16 is not faster here: this machine or build has no bf16 products");
        return LT_OK;
    }
    int rc = lt_rig_create(&rigs[0], bench, shape, adam, LT_PRECISION_F32, err);
    if (!rc)
        rc = lt_rig_create(&rigs[1], bench, shape, adam, LT_PRECISION_BF16, err);
    b[0] = steps_of(&rigs[0], shape, LT_PRECISION_F32);
    b[1] = steps_of(&rigs[1], shape, LT_PRECISION_BF16);
    if (!rc)
        rc = lt_bench_race(bench, b, 2, err);
    if (!rc) {
        double ratio = b[0].turn.seconds / b[1].turn.seconds;
        tell_epoch(bench, "bf16.f32", &b[0]);
        tell_epoch(bench, "bf16.bf16", &b[1]);
        lt_report_number(bench->report, "bf16.ratio", ratio);
        lt_report_line(bench->report, "  bf16 is %.2f times as fast as f32", ratio);
        lt_bench_tell(bench, "training in bf16 is %.2f times as fast as in f32", ratio);
    }
    lt_rig_free(&rigs[0]);
    lt_rig_free(&rigs[1]);
    return rc;
}
const struct lt_bench_ops lt_bench_bf16 = {"bf16", run_bf16};

/* The default optimizer changes what it does from step to step with this period (see foof.c). */
enum { OPTIMIZER_PERIOD = 40 };

static int run_optimizer(struct lt_bench *bench, struct lt_error *err)
{
    const struct lt_optimizer_ops *ops[2] = {lt_optimizer_at(0), lt_optimizer_by_name("adam")};
    enum lt_precision precision = lt_backend_precision(bench->backend, LT_PRECISION_BF16);
    /* plain C needs minutes for the wide one */
    const struct lt_bench_shape *shape = bench->bare ? &lt_bench_wide : &lt_bench_narrow;
    struct lt_rig rigs[2] = {{.net = NULL}};
    struct lt_turn turns[2] = {{0}};
    int rc = LT_OK;
    for (int i = 0; i < 2 && !rc; i++) {
        rc = lt_rig_create(&rigs[i], bench, shape, ops[i], precision, err);
        turns[i] = (struct lt_turn){
            .run = lt_rig_step, .context = &rigs[i], .period = i == 0 ? OPTIMIZER_PERIOD : 1};
    }
    if (!rc)
        rc = lt_bench_turns(turns, 2, 4, err);
    if (!rc) {
        double ratio = turns[0].seconds / turns[1].seconds;
        const char *name = precision == LT_PRECISION_BF16 ? "bf16" : "f32";
        lt_report_string(bench->report, "optimizer.name", ops[0]->name);
        lt_report_string(bench->report, "optimizer.precision", name);
        lt_bench_number(bench, "optimizer", "step_seconds", turns[0].seconds);
        lt_bench_number(bench, "optimizer", "adam_step_seconds", turns[1].seconds);
        lt_bench_number(bench, "optimizer", "ratio", ratio);
        lt_report_line(bench->report, "optimizer: a step of the %s network, batch %lld, %s",
                       shape->name, (long long)shape->batch, name);
        lt_report_line(bench->report, "  %s %.2f ms, adam %.2f ms: %.2f times adam", ops[0]->name,
                       1e3 * turns[0].seconds, 1e3 * turns[1].seconds, ratio);
        lt_bench_tell(bench, "a step of %s, the default optimizer, costs %.2f times one of adam",
                      ops[0]->name, ratio);
    }
    lt_rig_free(&rigs[0]);
    lt_rig_free(&rigs[1]);
    return rc;
}
const struct lt_bench_ops lt_bench_optimizer = {"optimizer", run_optimizer};
