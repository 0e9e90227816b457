#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "train/state.h"
#include <math.h>
#include <string.h>

/* ---- rows ---- */

static int read_feed(void *context, uint32_t epoch, const int64_t *rows, int64_t n, float *x,
                     struct lt_error *err)
{
    (void)epoch;
    return lt_feed_rows(context, rows, n, x, err);
}

struct lt_source lt_feed_source(struct lt_feed *feed, struct lt_rowset rows)
{
    return (struct lt_source){.read = read_feed, .context = feed, .rows = rows};
}

/* ---- one batch ---- */

static int64_t batch_rows(const struct lt_trainer *t, int64_t batch)
{
    int64_t left = t->train.rows.count - batch * t->settings.batch;
    return left < t->settings.batch ? left : t->settings.batch;
}

/* The n rows named in the staging, and their partners. */
static int read_rows(const struct lt_source *source, uint32_t epoch, struct lt_staging *s,
                     int64_t n, struct lt_error *err)
{
    const struct lt_source *p = source->partners;
    int rc = source->read(source->context, epoch, s->row_ids, n, s->rows, err);
    return rc || !p ? rc : p->read(p->context, epoch, s->row_ids, n, s->partners, err);
}

int lt_trainer_load_batch(struct lt_trainer *t, uint32_t epoch, int64_t batch, int64_t n,
                          struct lt_error *err)
{
    struct lt_stream order = lt_stream(t->settings.seed, LT_RNG_SHUFFLE, epoch, 0);
    for (int64_t i = 0; i < n; i++) {
        uint64_t at = (uint64_t)(batch * t->settings.batch + i);
        int64_t shuffled = (int64_t)lt_permute(&order, at, (uint64_t)t->train.rows.count);
        t->staging.row_ids[i] = lt_rowset_row(&t->train.rows, shuffled);
    }
    int rc = read_rows(&t->train, epoch, &t->staging, n, err);
    if (!rc)
        lt_net_put_input(t->net, t->staging.rows, n);
    return rc;
}

/* Loss summed over the rows of one batch; leaves the gradient of their mean. */
static double run_batch(struct lt_trainer *t, uint32_t epoch, int64_t batch)
{
    int64_t n = batch_rows(t, batch);
    t->failed = lt_trainer_load_batch(t, epoch, batch, n, t->err);
    if (t->failed)
        return NAN;
    struct lt_pass pass = {.rows = n,
                           .training = true,
                           .seed = t->settings.seed,
                           .epoch = epoch,
                           .row_ids = t->staging.row_ids,
                           .partners = t->staging.partners};
    lt_net_forward(t->net, &pass);
    lt_net_backward(t->net, &pass);
    lt_net_get_losses(t->net, t->staging.loss, NULL, n);
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += t->staging.loss[i];
    t->now.loss_sum += sum;
    bool penalised = lt_net_get_penalties(t->net, t->staging.loss, n);
    for (int64_t i = 0; i < n && penalised; i++)
        t->now.penalty_sum += t->staging.loss[i];
    t->now.loss_rows += (double)n;
    return sum;
}

/* L1 and L2 act on weights, not on biases and what normalises; returns the L2 term of the objective. */
static double add_penalties(struct lt_trainer *t)
{
    const struct lt_params *params = lt_net_params(t->net);
    const struct lt_backend_ops *ops = t->backend->ops;
    double l2 = 0;
    if (t->settings.l1 == 0 && t->settings.l2 == 0)
        return 0;
    for (int p = 0; p < params->count; p++) {
        const struct lt_param *q = &params->param[p];
        size_t at = q->offset * sizeof(float), n = (size_t)q->rows * (size_t)q->cols;
        if (q->kind != LT_PARAM_WEIGHT)
            continue;
        struct lt_buffer w = lt_buffer_at(lt_net_weights(t->net), at);
        ops->penalty(t->backend, (float)t->settings.l1, (float)t->settings.l2, n, w,
                     lt_buffer_at(lt_net_gradients(t->net), at));
        if (t->sum)
            l2 += t->settings.l2 / 2 * ops->dot(t->backend, n, w, w);
    }
    return l2;
}

static void reduce(struct lt_trainer *t)
{
    if (t->settings.reduce)
        t->settings.reduce(t->settings.reduce_context, t->backend, lt_net_gradients(t->net),
                           lt_net_params(t->net)->total);
}

static double evaluate_batch(void *context)
{
    struct lt_trainer *t = context;
    int64_t step = (int64_t)t->now.step;
    int64_t batch = step % t->steps_per_epoch;
    double loss = run_batch(t, (uint32_t)(step / t->steps_per_epoch), batch);
    add_penalties(t);
    reduce(t);
    return loss / (double)batch_rows(t, batch);
}

/* The objective over all training rows; noise and dropout stay those of epoch 0, so that a line
 * search sees one function. */
static double evaluate_all(void *context)
{
    struct lt_trainer *t = context;
    const struct lt_backend_ops *ops = t->backend->ops;
    size_t n = lt_net_params(t->net)->total;
    struct lt_buffer sum = {t->sum, 0}, gradient = lt_net_gradients(t->net);
    double loss = 0, rows = (double)t->train.rows.count;
    ops->zero(t->backend, sum, n * sizeof(float));
    for (int64_t b = 0; b < t->steps_per_epoch && !t->failed; b++) {
        loss += run_batch(t, 0, b);
        ops->axpby(t->backend, n, (float)((double)batch_rows(t, b) / rows), gradient, 1, sum);
    }
    ops->copy(t->backend, gradient, sum, n * sizeof(float));
    double penalty = add_penalties(t);
    reduce(t);
    return loss / rows + penalty;
}

static void moved(void *context)
{
    struct lt_trainer *t = context;
    lt_net_pack(t->net);
}

double lt_trainer_step(struct lt_trainer *t, struct lt_error *err)
{
    t->err = err;
    t->failed = 0;
    double factor = lt_schedule_factor(&t->settings.schedule, (int64_t)t->now.step,
                                       (int64_t)t->now.steps, t->now.plateau);
    struct lt_step step = {.lr = t->optimizer->settings.lr * factor,
                           .step = (int64_t)t->now.step,
                           .rows = batch_rows(t, (int64_t)t->now.step % t->steps_per_epoch),
                           .context = t,
                           .evaluate = t->sum ? evaluate_all : evaluate_batch,
                           .moved = moved};
    double loss = t->optimizer->ops->step(t->optimizer, &step);
    lt_net_pack(t->net);
    t->now.step++;
    return loss;
}

/* ---- how long, and when to stop ---- */

static double seconds(const struct lt_trainer *t)
{
    return t->now.seconds + (lt_clock() - t->started);
}

static double epochs(const struct lt_trainer *t)
{
    return t->sum ? t->now.step : t->now.step / (double)t->steps_per_epoch;
}

/* A budget becomes a number of steps when the constant part of the trapezoid has used its share
 * of the time; a margin covers the machine slowing down while the learning rate falls. */
static void plan_by_clock(struct lt_trainer *t, double now)
{
    const double margin = 0.96;
    if (t->settings.budget <= 0 || t->now.steps > 0)
        return;
    bool trapezoid = t->settings.schedule.kind == LT_SCHEDULE_TRAPEZOID;
    if (trapezoid && now >= margin * (1 - LT_TRAPEZOID_FALL) * t->settings.budget)
        t->now.steps = (double)lt_trapezoid_steps((int64_t)t->now.step);
}

static bool finished(struct lt_trainer *t, double now)
{
    if (t->now.stopped_early > 0 || (t->now.steps > 0 && t->now.step >= t->now.steps))
        return true;
    if (t->settings.budget > 0 && now >= t->settings.budget) {
        t->overran = t->now.steps > 0;
        return true;
    }
    return false;
}

/* Patience ran out: a trapezoid begins to fall now, anything else stops. */
static void lose_patience(struct lt_trainer *t)
{
    int64_t planned = (int64_t)t->now.steps, shorter = lt_trapezoid_steps((int64_t)t->now.step);
    bool can_fall = t->settings.schedule.kind == LT_SCHEDULE_TRAPEZOID && t->now.falling == 0 &&
                    (planned == 0 || t->now.step < (double)lt_trapezoid_fall(planned));
    t->now.stale = 0;
    if (can_fall) {
        t->now.falling = 1;
        t->now.steps = (double)(planned == 0 || shorter < planned ? shorter : planned);
    } else if (t->settings.schedule.kind != LT_SCHEDULE_TRAPEZOID || t->now.falling > 0) {
        t->now.stopped_early = 1;
    }
}

/* ---- validation ---- */

int lt_staging_create(struct lt_staging *out, int64_t capacity, int64_t width, struct lt_error *err)
{
    *out = (struct lt_staging){.capacity = capacity};
    size_t n = (size_t)capacity;
    int rc = lt_alloc(&out->rows, n * (size_t)width, sizeof *out->rows, "a batch", err);
    if (!rc)
        rc = lt_alloc(&out->row_ids, n, sizeof *out->row_ids, "a batch", err);
    if (!rc)
        rc = lt_alloc(&out->loss, n, sizeof *out->loss, "a batch", err);
    if (!rc)
        rc = lt_alloc(&out->squared_error, n, sizeof *out->squared_error, "a batch", err);
    if (rc)
        lt_staging_free(out);
    return rc;
}

int lt_staging_pair(struct lt_staging *s, int64_t width, struct lt_error *err)
{
    return lt_alloc(&s->partners, (size_t)s->capacity * (size_t)width, sizeof *s->partners,
                    "a batch", err);
}

void lt_staging_free(struct lt_staging *s)
{
    lt_free(s->partners);
    lt_free(s->rows);
    lt_free(s->row_ids);
    lt_free(s->loss);
    lt_free(s->squared_error);
    *s = (struct lt_staging){0};
}

int lt_measure(struct lt_net *net, const struct lt_source *source, struct lt_staging *staging,
               bool noisy, uint64_t seed, double *loss, double *squared_error, struct lt_error *err)
{
    int64_t count = source->rows.count;
    double total = 0, squared = 0;
    for (int64_t first = 0; first < count; first += staging->capacity) {
        int64_t n = count - first < staging->capacity ? count - first : staging->capacity;
        for (int64_t i = 0; i < n; i++)
            staging->row_ids[i] = lt_rowset_row(&source->rows, first + i);
        int rc = read_rows(source, LT_EPOCH_MEASURE, staging, n, err);
        if (rc)
            return rc;
        lt_net_put_input(net, staging->rows, n);
        lt_net_forward(net, &(struct lt_pass){.rows = n,
                                              .training = noisy,
                                              .measures = true,
                                              .seed = seed,
                                              .epoch = LT_EPOCH_MEASURE,
                                              .row_ids = staging->row_ids,
                                              .partners = staging->partners});
        lt_net_get_losses(net, staging->loss, staging->squared_error, n);
        for (int64_t i = 0; i < n; i++) {
            total += staging->loss[i];
            squared += staging->squared_error[i];
        }
    }
    if (loss)
        *loss = total / (double)count;
    if (squared_error)
        *squared_error = squared / (double)count;
    return 0;
}

/* Keeps at most LT_HISTORY_MAX points by dropping every other one when full. */
static void record(struct lt_trainer *t)
{
    int count = (int)t->now.history_count;
    if (t->now.history_stride == 0)
        t->now.history_stride = 1;
    if (fmod(t->now.validations++, t->now.history_stride) != 0)
        return;
    if (count == LT_HISTORY_MAX) {
        count /= 2;
        for (int i = 0; i < count; i++)
            t->history[i] = t->history[2 * i];
        t->now.history_stride *= 2;
    }
    t->history[count] = (struct lt_history_point){
        t->now.step, t->now.loss_rows > 0 ? t->now.loss_sum / t->now.loss_rows : NAN,
        t->now.valid_loss, t->now.valid_error, seconds(t)};
    t->now.history_count = count + 1;
}

static void keep_best(struct lt_trainer *t)
{
    const double half = 0.5;
    bool gained =
        t->stop.rows.count == 0 || t->now.best_step < 0 || t->now.valid_loss < t->now.best_loss;
    if (gained) {
        t->now.best_loss = t->now.valid_loss;
        t->now.best_error = t->now.valid_error;
        t->now.best_step = t->now.step;
        t->now.stale = 0;
        t->backend->ops->copy(t->backend, (struct lt_buffer){t->best, 0}, lt_net_weights(t->net),
                              lt_net_params(t->net)->total * sizeof(float));
        return;
    }
    t->now.stale++;
    if (t->settings.schedule.kind == LT_SCHEDULE_PLATEAU && fmod(t->now.stale, 3) == 0)
        t->now.plateau *= half;
    if (t->settings.patience > 0 && t->now.stale >= (double)t->settings.patience)
        lose_patience(t);
}

static int validate(struct lt_trainer *t, struct lt_error *err)
{
    if (t->stop.rows.count > 0) {
        int rc = lt_measure(t->net, &t->stop, &t->staging, t->settings.noisy_validation,
                            t->settings.seed, &t->now.valid_loss, &t->now.valid_error, err);
        if (rc)
            return rc;
        if (!isfinite(t->now.valid_loss))
            return lt_fail(err, LT_EFAIL,
                           "training diverged: the validation loss is no longer finite at step "
                           "%.0f; try a smaller --lr or --clip 1",
                           t->now.step);
    }
    record(t);
    keep_best(t);
    return 0;
}

/* ---- the loop ---- */

static int report(struct lt_trainer *t, bool validated)
{
    double clock = lt_clock(), now = seconds(t);
    if (!t->settings.progress || (!validated && clock - t->reported < 0.2))
        return 0;
    t->reported = clock;
    double share = t->now.steps > 0         ? t->now.step / t->now.steps
                   : t->settings.budget > 0 ? now / t->settings.budget
                                            : NAN;
    double rows = epochs(t) * (double)t->train.rows.count;
    struct lt_train_progress p = {
        .step = (int64_t)t->now.step,
        .steps = (int64_t)t->now.steps,
        .epoch = epochs(t),
        .train_loss = t->now.loss_rows > 0 ? t->now.loss_sum / t->now.loss_rows : NAN,
        .penalty = t->now.loss_rows > 0 ? t->now.penalty_sum / t->now.loss_rows : 0,
        .valid_loss = t->now.validations > 0 ? t->now.valid_loss : NAN,
        .valid_error = t->now.validations > 0 ? t->now.valid_error : NAN,
        .rows_per_second = now > 0 ? rows / now : 0,
        .seconds = now,
        .seconds_left = share > 0 ? now * (1 - share) / share : NAN,
        .validated = validated};
    return t->settings.progress(t->settings.progress_context, &p);
}

static int after_step(struct lt_trainer *t, struct lt_error *err)
{
    bool last = t->now.steps > 0 && t->now.step >= t->now.steps;
    bool due = last || fmod(t->now.step, (double)t->settings.validate_every) == 0;
    int rc = due ? validate(t, err) : 0;
    if (rc)
        return rc;
    bool stop = report(t, due) != 0;
    if (due)
        t->now.loss_sum = t->now.penalty_sum = t->now.loss_rows = 0;
    bool timed = t->settings.checkpoint && t->settings.checkpoint_seconds > 0 &&
                 lt_clock() - t->saved >= t->settings.checkpoint_seconds;
    if (timed || (stop && t->settings.checkpoint)) {
        rc = lt_trainer_save(t, err);
        t->saved = lt_clock();
    }
    if (!rc && stop)
        rc = lt_fail(err, LT_EINTERRUPTED,
                     t->settings.checkpoint ? "interrupted at step %.0f; progress is saved in %s"
                                            : "interrupted at step %.0f",
                     t->now.step, t->settings.checkpoint);
    return rc;
}

static void finish(struct lt_trainer *t, struct lt_train_outcome *out)
{
    size_t bytes = lt_net_params(t->net)->total * sizeof(float);
    if (t->now.best_step >= 0) {
        t->backend->ops->copy(t->backend, lt_net_weights(t->net), (struct lt_buffer){t->best, 0},
                              bytes);
        lt_net_pack(t->net);
    }
    double time = seconds(t);
    bool repeats = !t->overran && (t->settings.budget <= 0 || t->now.steps > 0 ||
                                   t->settings.schedule.kind != LT_SCHEDULE_TRAPEZOID);
    *out = (struct lt_train_outcome){
        .steps = (int64_t)t->now.step,
        .planned = !repeats ? 0 : (int64_t)(t->now.steps > 0 ? t->now.steps : t->now.step),
        .epochs = epochs(t),
        .best_step = (int64_t)t->now.best_step,
        .best_loss = t->stop.rows.count > 0 ? t->now.best_loss : NAN,
        .best_error = t->stop.rows.count > 0 ? t->now.best_error : NAN,
        .seconds = time,
        .rows_per_second = time > 0 ? epochs(t) * (double)t->train.rows.count / time : 0,
        .stopped_early = t->now.stopped_early > 0 || t->now.falling > 0,
        .resumed = t->resumed,
        .history_count = (int)t->now.history_count,
        .history = t->history};
}

int lt_trainer_run(struct lt_trainer *t, struct lt_train_outcome *outcome, struct lt_error *err)
{
    t->started = t->saved = lt_clock();
    if (t->settings.resume && t->settings.checkpoint) {
        int rc = lt_trainer_load(t, &t->resumed, err);
        if (rc)
            return rc;
    }
    while (!finished(t, seconds(t))) {
        plan_by_clock(t, seconds(t));
        double loss = lt_trainer_step(t, err);
        if (t->failed)
            return t->failed;
        if (!isfinite(loss))
            return lt_fail(err, LT_EFAIL,
                           "training diverged: the loss is no longer finite at step %.0f; try a "
                           "smaller --lr or --clip 1",
                           t->now.step);
        int rc = after_step(t, err);
        if (rc)
            return rc;
    }
    if (t->now.loss_rows > 0) { /* stopped by the clock between validations */
        int rc = validate(t, err);
        if (rc)
            return rc;
    }
    finish(t, outcome);
    return 0;
}

/* ---- life ---- */

static int create(struct lt_trainer *t, struct lt_error *err)
{
    size_t bytes = lt_net_params(t->net)->total * sizeof(float);
    const int64_t width = lt_net_spec_inputs(lt_net_spec_of(t->net));
    const struct lt_backend_ops *ops = t->backend->ops;
    if (t->settings.batch > t->train.rows.count) /* so that a full batch exists */
        t->settings.batch = t->train.rows.count;
    t->steps_per_epoch = (int64_t)lt_chunks((size_t)t->train.rows.count, (size_t)t->settings.batch);
    t->settings.optimizer_settings.batch = t->settings.batch;
    t->now.steps = (double)t->settings.steps;
    t->now.best_step = -1;
    t->now.plateau = 1;
    int rc = lt_optimizer_create(&t->optimizer, t->settings.optimizer, t->backend, t->net,
                                 &t->settings.optimizer_settings, err);
    if (!rc)
        rc = ops->memory_create(t->backend, bytes, &t->best, err);
    if (!rc && t->settings.optimizer->full_batch)
        rc = ops->memory_create(t->backend, bytes, &t->sum, err);
    if (!rc)
        rc = lt_staging_create(&t->staging, t->settings.batch, width, err);
    if (!rc && t->train.partners)
        rc = lt_staging_pair(&t->staging, width, err);
    return rc;
}

int lt_trainer_create(struct lt_trainer **out, struct lt_net *net, struct lt_backend *backend,
                      const struct lt_source *train, const struct lt_source *stop,
                      const struct lt_train_settings *settings, struct lt_error *err)
{
    struct lt_trainer *t = NULL;
    *out = NULL;
    int rc = lt_alloc(&t, 1, sizeof *t, "a trainer", err);
    if (rc)
        return rc;
    t->net = net;
    t->backend = backend;
    t->train = *train;
    t->stop = *stop;
    t->settings = *settings;
    rc = create(t, err);
    if (rc)
        lt_trainer_free(&t);
    *out = t;
    return rc;
}

void lt_trainer_free(struct lt_trainer **trainer)
{
    struct lt_trainer *t = *trainer;
    *trainer = NULL;
    if (!t)
        return;
    lt_optimizer_free(&t->optimizer);
    if (t->best)
        t->backend->ops->memory_free(t->backend, t->best);
    if (t->sum)
        t->backend->ops->memory_free(t->backend, t->sum);
    lt_staging_free(&t->staging);
    lt_free(t);
}
