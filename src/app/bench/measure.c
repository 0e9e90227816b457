#include "app/bench/measure.h"

#include "app/build.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- telling ---- */

void lt_bench_tell(struct lt_bench *bench, const char *format, ...)
{
    va_list args;
    if (bench->verdict[0])
        return;
    va_start(args, format);
    vsnprintf(bench->verdict, sizeof bench->verdict, format, args);
    va_end(args);
}

void lt_bench_number(struct lt_bench *bench, const char *group, const char *name, double value)
{
    char key[100];
    snprintf(key, sizeof key, "%s.%s", group, name);
    lt_report_number(bench->report, key, value);
}

/* ---- taking turns ---- */

static const double TURN_SECONDS = 0.06, PATIENCE = 4;
enum { TURNS_LEAST = 3, TURNS_MOST = 60 };

static int run_units(const struct lt_turn *t, int64_t units, double *seconds, struct lt_error *err)
{
    double started = lt_clock();
    int rc = LT_OK;
    for (int64_t i = 0; i < units && !rc; i++)
        rc = t->run(t->context, err);
    *seconds = (lt_clock() - started) / (double)units;
    return rc;
}

/* Runs one period to warm up, one more to see how long it takes. */
static int size_turn(struct lt_turn *t, struct lt_error *err)
{
    int64_t period = t->period > 0 ? t->period : 1;
    double seconds = 0;
    int rc = run_units(t, period, &seconds, err);
    if (!rc && seconds * (double)period < 1)
        rc = run_units(t, period, &seconds, err);
    t->units = period;
    while (!rc && seconds * (double)t->units < TURN_SECONDS && t->units < 1 << 20)
        t->units += (t->units + period - 1) / period * period;
    if (t->seconds <= 0)
        t->seconds = seconds;
    return rc;
}

int lt_bench_turns(struct lt_turn *turn, int n, double seconds, struct lt_error *err)
{
    int rc = LT_OK;
    for (int i = 0; i < n && !rc; i++)
        if (turn[i].units == 0)
            rc = size_turn(&turn[i], err);
    double started = lt_clock();
    for (int k = 0; k < TURNS_MOST && !rc; k++) {
        double spent = lt_clock() - started;
        if (spent > seconds && (k >= TURNS_LEAST || spent > PATIENCE * seconds))
            break;
        for (int i = 0; i < n && !rc; i++) {
            double now = 0;
            rc = run_units(&turn[i], turn[i].units, &now, err);
            turn[i].seconds = now < turn[i].seconds ? now : turn[i].seconds;
        }
    }
    return rc;
}

/* ---- networks ---- */

const struct lt_bench_shape lt_bench_narrow = {"narrow", "128", 50, 128};
const struct lt_bench_shape lt_bench_wide = {"wide", "1000,500,250", 30, 256};

int lt_bench_network(struct lt_net_spec *out, const struct lt_bench_shape *shape,
                     struct lt_error *err)
{
    struct lt_autoencoder a = {.input = {1, LT_BENCH_SIDE, LT_BENCH_SIDE},
                               .dims = shape->dims,
                               .act = LT_ACT_SILU,
                               .loss = LT_LOSS_BCE,
                               .unit = LT_ACT_SIGMOID,
                               .high = 1};
    int rc = lt_parse_layers(shape->layers, &a, err);
    return rc ? rc : lt_autoencoder_build(out, &a, err);
}

static int start_weights(struct lt_rig *rig, struct lt_error *err)
{
    const struct lt_params *params = lt_net_params(rig->net);
    float *weights = NULL;
    int rc = lt_alloc(&weights, params->total, sizeof *weights, "weights", err);
    if (rc)
        return rc;
    lt_params_init(params, &rig->spec, 1, weights);
    lt_net_set_weights(rig->net, weights);
    lt_free(weights);
    return LT_OK;
}

static int start_trainer(struct lt_rig *rig, struct lt_backend *backend,
                         const struct lt_rig_plan *plan, struct lt_error *err)
{
    struct lt_rowset parts[LT_PARTS];
    struct lt_train_settings settings = plan->train;
    settings.optimizer_settings.lr = 1e-4;
    settings.schedule = (struct lt_schedule){.kind = LT_SCHEDULE_CONSTANT};
    settings.steps = 0;
    settings.validate_every = INT64_MAX;
    settings.seed = 1;
    settings.fingerprint = "bench";
    lt_split(parts, lt_table_rows(plan->table), 0, 1);
    struct lt_source train = plan->augment ? lt_augment_source(&rig->augment, parts[LT_PART_TRAIN])
                                           : lt_feed_source(rig->feed, parts[LT_PART_TRAIN]);
    struct lt_source stop = lt_feed_source(rig->feed, parts[LT_PART_STOP]);
    return lt_trainer_create(&rig->trainer, rig->net, backend, &train, &stop, &settings, err);
}

int lt_rig_start(struct lt_rig *rig, struct lt_backend *backend, const struct lt_rig_plan *plan,
                 struct lt_error *err)
{
    const int64_t batch = plan->train.batch;
    const struct lt_net_options options = {
        .rows = batch, .training = true, .precision = plan->train.optimizer_settings.precision};
    const struct lt_shape input = plan->spec->node[0].shape;
    *rig = (struct lt_rig){.spec = *plan->spec};
    int rc = lt_net_create(&rig->net, &rig->spec, backend, &options, err);
    if (!rc)
        rc = start_weights(rig, err);
    if (!rc)
        rc = lt_feed_create(&rig->feed, plan->table, plan->prep, batch, backend->threads, err);
    if (!rc && plan->augment)
        rc = lt_augment_create(&rig->augment, rig->feed, input.h, input.c, 1, err);
    return rc ? rc : start_trainer(rig, backend, plan, err);
}

int lt_rig_create(struct lt_rig *rig, struct lt_bench *bench, const struct lt_bench_shape *shape,
                  const struct lt_optimizer_ops *optimizer, enum lt_precision precision,
                  struct lt_error *err)
{
    struct lt_net_spec spec;
    struct lt_rig_plan plan = {
        .spec = &spec,
        .table = bench->images,
        .prep = &bench->prep,
        .train = {.optimizer = optimizer,
                  .optimizer_settings = {.decay = -1, .precision = precision},
                  .batch = shape->batch}};
    *rig = (struct lt_rig){0};
    int rc = lt_bench_network(&spec, shape, err);
    return rc ? rc : lt_rig_start(rig, bench->backend, &plan, err);
}

void lt_rig_free(struct lt_rig *rig)
{
    lt_trainer_free(&rig->trainer);
    lt_augment_free(&rig->augment);
    lt_feed_free(&rig->feed);
    lt_net_free(&rig->net);
}

int lt_rig_step(void *rig, struct lt_error *err)
{
    struct lt_rig *r = rig;
    lt_trainer_step(r->trainer, err);
    return err->code;
}

/* ---- data ---- */

/* Four of five pixels are black. */
static void draw_image(unsigned char *image, float *uniform, int64_t row, int64_t pixels)
{
    struct lt_stream stream = lt_stream(1, LT_RNG_TEST, 0, (uint64_t)row);
    lt_fill_uniform(&stream, uniform, (size_t)pixels);
    for (int64_t i = 0; i < pixels; i++)
        image[i] = uniform[i] < 0.8f ? 0 : (unsigned char)((uniform[i] - 0.8f) * 1275.0f);
}

int lt_bench_images(struct lt_table **table, struct lt_prep *prep, int64_t count, int64_t side,
                    struct lt_error *err)
{
    struct lt_bench_npy file = {0};
    const int64_t pixels = side * side;
    char shape[60];
    float *uniform = NULL;
    int64_t *rows = NULL;
    snprintf(shape, sizeof shape, "%lld, %lld", (long long)side, (long long)side);
    int rc = lt_bench_npy_make(&file, "|u1", 1, count, shape, pixels, err);
    if (!rc)
        rc = lt_alloc(&uniform, (size_t)pixels, sizeof *uniform, "images", err);
    if (!rc)
        rc = lt_alloc(&rows, (size_t)count, sizeof *rows, "images", err);
    for (int64_t i = 0; i < count && !rc; i++) {
        draw_image((unsigned char *)file.values + i * pixels, uniform, i, pixels);
        rows[i] = i;
    }
    if (!rc)
        rc = lt_table_from_bytes(table, "bench images", file.bytes, file.size, NULL, err);
    if (!rc)
        rc = lt_prep_fit(prep, *table, rows, count,
                         &(struct lt_prep_options){.scaling = LT_SCALING_BYTES}, err);
    lt_free(rows);
    lt_free(uniform);
    lt_free(file.bytes);
    return rc;
}

int lt_bench_npy_make(struct lt_bench_npy *out, const char *descr, size_t size, int64_t rows,
                      const char *shape, int64_t columns, struct lt_error *err)
{
    enum { HEADER = 128 }; /* magic, version 1.0, length of the rest, text, newline */
    size_t cells = (size_t)(rows * columns);
    int rc = lt_alloc(&out->bytes, HEADER + cells * size, 1, "an array", err);
    if (rc)
        return rc;
    memcpy(out->bytes, "\x93NUMPY\x01\x00\x76\x00", 10);
    int text = snprintf(out->bytes + 10, HEADER - 10,
                        "{'descr': '%s', 'fortran_order': False, 'shape': (%lld, %s), }", descr,
                        (long long)rows, shape);
    memset(out->bytes + 10 + text, ' ', (size_t)(HEADER - 11 - text));
    out->bytes[HEADER - 1] = '\n';
    out->values = out->bytes + HEADER;
    out->size = HEADER + cells * size;
    return LT_OK;
}
