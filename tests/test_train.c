/* The trainer: every optimizer learns; nothing is allocated while it runs; penalties, clipping,
 * the reduce hook and stopping early do what they say. */
#include "base/clock.h"
#include "t_alloc.h"
#include "t_train.h"

/* ---- learning ---- */

TEST(every_optimizer_lowers_the_loss)
{
    for (int i = 0; optimizer_name(i); i++) {
        struct job j = job_of(optimizer_name(i));
        j.settings.steps = 150;
        if (strcmp(j.optimizer, "lbfgs") == 0)
            j.settings.steps = 30;
        must_open(&j);
        struct lt_staging staging;
        double before, after;
        T_INT(lt_staging_create(&staging, ROWS, COLUMNS, &j.err), 0);
        lt_staging_free(&staging);
        T_INT(lt_staging_create(&staging, BATCH, COLUMNS, &j.err), 0);
        struct lt_source train = lt_feed_source(j.feed, j.train);
        T_INT(lt_measure(j.net, &train, &staging, false, 1, &before, NULL, &j.err), 0);
        T_INT(lt_trainer_run(j.trainer, &j.outcome, &j.err), 0);
        T_INT(lt_measure(j.net, &train, &staging, false, 1, &after, NULL, &j.err), 0);
        T_NOTE("%s: %.3f -> %.3f", j.optimizer, before, after);
        if (!(after < 0.8 * before))
            T_FAIL("%s: %g -> %g", j.optimizer, before, after);
        lt_staging_free(&staging);
        job_close(&j);
    }
}

TEST(every_optimizer_learns_through_normalisations)
{
    for (int norm = LT_NORM_LAYER; norm < LT_NORMS; norm++)
        for (int i = 0; optimizer_name(i); i++) {
            struct job j = job_of(optimizer_name(i));
            if (!can_normalise(&j, (enum lt_norm)norm))
                continue;
            j.norm = (enum lt_norm)norm;
            j.settings.steps = strcmp(j.optimizer, "lbfgs") == 0 ? 30 : 150;
            j.settings.validate_every = 1;
            must_open(&j);
            T_INT(lt_trainer_run(j.trainer, &j.outcome, &j.err), 0);
            double before = j.outcome.history[0].valid_loss, after = j.outcome.best_loss;
            job_close(&j);
            T_NOTE("%s, %s: %.3f -> %.3f", lt_norm_name(j.norm), j.optimizer, before, after);
            if (!(after < 0.8 * before))
                T_FAIL("%s, %s: %g -> %g", lt_norm_name(j.norm), j.optimizer, before, after);
        }
}

TEST(lbfgs_refuses_batch_normalisation)
{
    struct job j = job_of("lbfgs");
    j.norm = LT_NORM_BATCH;
    T_INT(job_open(&j), LT_EUSAGE);
    T_ERR(j.err, "lbfgs cannot train batch normalisation, whose running statistics change with "
                 "every evaluation; use layer normalisation or another optimizer");
    job_close(&j);
}

TEST(lbfgs_never_goes_uphill)
{
    struct job j = job_of("lbfgs");
    must_open(&j);
    double last = INFINITY;
    for (int i = 0; i < 40; i++) {
        double loss = lt_trainer_step(j.trainer, &j.err);
        T_OK(loss <= last);
        last = loss;
    }
    job_close(&j);
}

TEST(another_seed_gives_other_weights)
{
    struct job a = job_of("adam"), b = job_of("adam");
    b.settings.seed = 2;
    must_run(&a);
    must_run(&b);
    T_OK(!same_weights(&a, &b));
}

TEST(a_batch_larger_than_the_table_is_the_table)
{
    for (int i = 0; optimizer_name(i); i++) {
        struct job a = job_of(optimizer_name(i)), b = a;
        a.settings.batch = (int64_t)a.train.count;
        b.settings.batch = 2 * (int64_t)b.train.count;
        a.settings.steps = b.settings.steps = 10;
        must_run(&a);
        must_run(&b);
        if (!same_weights(&a, &b))
            T_FAIL("%s: other weights", a.optimizer);
    }
}

/* ---- memory ---- */

struct counted {
    long evaluations, at_second;
};

static void note_allocations(void *context, struct lt_backend *b, struct lt_buffer g, size_t n)
{
    struct counted *c = context;
    (void)b, (void)g, (void)n;
    if (++c->evaluations == 2)
        c->at_second = t_alloc.calls;
}

TEST(nothing_is_allocated_from_the_second_step_on)
{
    for (int cpu = 0; cpu <= (int)have_cpu(); cpu++)
        for (int i = 0; optimizer_name(i); i++) {
            struct job j = job_of(optimizer_name(i));
            struct counted c = {0, 0};
            j.backend = cpu ? "cpu" : "ref";
            j.corrupted = true;
            j.norm = can_normalise(&j, LT_NORM_BATCH) ? LT_NORM_BATCH : LT_NORM_LAYER;
            j.settings.validate_every = 3;
            j.settings.reduce = note_allocations;
            j.settings.reduce_context = &c;
            j.settings.l1 = j.settings.l2 = 1e-3;
            j.settings.optimizer_settings.clip = 1;
            must_open(&j);
            T_INT(lt_trainer_run(j.trainer, &j.outcome, &j.err), 0);
            long allocated = t_alloc.calls - c.at_second;
            job_close(&j);
            T_OK(c.evaluations > 2);
            if (allocated != 0)
                T_FAIL("%s, %s: %ld allocations", j.backend, j.optimizer, allocated);
        }
}

TEST(every_allocation_that_fails_is_survived)
{
    for (int i = 0; optimizer_name(i); i++) {
        T_EACH_ALLOCATION
        {
            struct job j = job_of(optimizer_name(i));
            int rc = job_open(&j);
            bool failed = t_alloc.calls >= t_alloc.fail_at;
            job_close(&j);
            T_INT(rc, failed ? LT_EFAIL : 0);
            T_OK(!failed || strstr(j.err.text, "memory"));
            T_OK(failed || t_alloc.fail_at > 10);
        }
    }
}

/* ---- what acts on gradients ---- */

struct seen {
    int64_t calls;
    float gradient[MOST]; /* of the first evaluation */
};

static void see(void *context, struct lt_backend *b, struct lt_buffer g, size_t n)
{
    struct seen *s = context;
    if (s->calls++ == 0)
        b->ops->download(b, s->gradient, g, n * sizeof(float));
}

/* The first gradient, as the optimizer gets it, and the weights before (0) and after (1). */
static struct lt_params first_step(struct job *j, struct seen *seen, float weights[2][MOST])
{
    memset(seen, 0, sizeof *seen);
    j->settings.reduce = see;
    j->settings.reduce_context = seen;
    must_open(j);
    struct lt_params params = *lt_net_params(j->net);
    T_OK(params.total <= MOST);
    lt_net_get_weights(j->net, weights[0]);
    lt_trainer_step(j->trainer, &j->err);
    lt_net_get_weights(j->net, weights[1]);
    job_close(j);
    return params;
}

TEST(penalties_act_on_weights_and_not_on_biases)
{
    static struct seen plain, l1, l2;
    static float w[2][MOST];
    struct job j = job_of("sgd");
    struct lt_params params = first_step(&j, &plain, w);
    j.settings.l2 = 0.5;
    first_step(&j, &l2, w);
    j.settings.l2 = 0;
    j.settings.l1 = 0.25;
    first_step(&j, &l1, w);
    for (int p = 0; p < params.count; p++) {
        const struct lt_param *q = &params.param[p];
        for (size_t i = q->offset; i < q->offset + (size_t)(q->rows * q->cols); i++) {
            double by_l2 = (double)l2.gradient[i] - (double)plain.gradient[i];
            double by_l1 = (double)l1.gradient[i] - (double)plain.gradient[i];
            double sign = w[0][i] > 0 ? 1 : -1;
            T_NEAR(by_l2, q->kind == LT_PARAM_BIAS ? 0 : 0.5 * (double)w[0][i], 1e-5);
            T_NEAR(by_l1, q->kind == LT_PARAM_BIAS ? 0 : 0.25 * sign, 1e-5);
        }
    }
}

/* Weights and gradients as they are when a step has evaluated and the optimizer has not yet moved. */
struct moment {
    struct lt_net *net;
    float weights[MOST], gradients[MOST];
};

static void take_moment(void *context, struct lt_backend *b, struct lt_buffer g, size_t n)
{
    struct moment *m = context;
    lt_net_get_weights(m->net, m->weights);
    b->ops->download(b, m->gradients, g, n * sizeof(float));
}

TEST(optimizers_decay_penalties_and_clipping_leave_running_statistics_alone)
{
    static struct moment m;
    for (int i = 0; optimizer_name(i); i++) {
        struct job j = job_of(optimizer_name(i));
        int64_t seen = 0;
        if (!can_normalise(&j, LT_NORM_BATCH))
            continue;
        j.norm = LT_NORM_BATCH;
        j.settings.l1 = j.settings.l2 = 0.1;
        j.settings.optimizer_settings.decay = 0.5;
        j.settings.optimizer_settings.clip = 0.01;
        j.settings.reduce = take_moment;
        j.settings.reduce_context = &m;
        must_open(&j);
        m.net = j.net;
        for (int step = 0; step < 5; step++) {
            lt_trainer_step(j.trainer, &j.err);
            lt_net_get_weights(j.net, j.weights);
            for (int p = 0; p < lt_net_params(j.net)->count; p++) {
                const struct lt_param *q = &lt_net_params(j.net)->param[p];
                for (size_t k = q->offset; k < q->offset + (size_t)(q->rows * q->cols); k++)
                    if (!lt_param_learns(q->kind)) {
                        T_OK(m.gradients[k] == 0);
                        T_OK(m.weights[k] == j.weights[k]);
                        seen += j.weights[k] < 0 || j.weights[k] > 0;
                    }
            }
        }
        job_close(&j);
        T_OK(seen > 0);
    }
}

TEST(validation_leaves_running_statistics_alone_with_noise_too)
{
    struct job j = job_of("adam");
    static float before[MOST];
    struct lt_staging staging;
    double loss;
    j.norm = LT_NORM_BATCH;
    j.corrupted = true;
    must_open(&j);
    struct lt_source stop = lt_feed_source(j.feed, j.stop);
    T_INT(lt_staging_create(&staging, BATCH, COLUMNS, &j.err), 0);
    lt_net_get_weights(j.net, before);
    T_INT(lt_measure(j.net, &stop, &staging, true, 1, &loss, NULL, &j.err), 0);
    lt_net_get_weights(j.net, j.weights);
    T_OK(memcmp(before, j.weights, lt_net_params(j.net)->total * sizeof(float)) == 0);
    lt_staging_free(&staging);
    job_close(&j);
}

static double norm_of_move(float w[2][MOST], size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pow((double)w[1][i] - (double)w[0][i], 2);
    return sqrt(sum);
}

TEST(clipping_limits_the_gradient_and_keeps_its_direction)
{
    static struct seen seen;
    static float w[2][MOST];
    struct job j = job_of("sgd");
    j.settings.optimizer_settings.lr = 1;
    j.settings.optimizer_settings.momentum = 0;
    j.settings.optimizer_settings.clip = 0.01;
    j.settings.schedule = (struct lt_schedule){LT_SCHEDULE_CONSTANT, 0};
    struct lt_params params = first_step(&j, &seen, w);
    T_NEAR(norm_of_move(w, params.total), 0.01, 1e-6);
    double along = 0, norm = 0;
    for (size_t i = 0; i < params.total; i++) {
        along += ((double)w[0][i] - (double)w[1][i]) * (double)seen.gradient[i];
        norm += (double)seen.gradient[i] * (double)seen.gradient[i];
    }
    T_NEAR(along / (0.01 * sqrt(norm)), 1, 1e-4);
    j.settings.optimizer_settings.clip = 1e6;
    first_step(&j, &seen, w);
    T_NEAR(norm_of_move(w, params.total), sqrt(norm), 1e-5 * sqrt(norm));
}

TEST(weight_decay_spares_biases_and_is_zero_for_adam)
{
    static struct seen seen;
    static float plain[2][MOST], decayed[2][MOST];
    struct job j = job_of("adam");
    j.settings.schedule = (struct lt_schedule){LT_SCHEDULE_CONSTANT, 0};
    struct lt_params params = first_step(&j, &seen, plain);
    j.optimizer = "adamw";
    j.settings.optimizer_settings.decay = 0.5;
    first_step(&j, &seen, decayed);
    for (int p = 0; p < params.count; p++) {
        const struct lt_param *q = &params.param[p];
        for (size_t i = q->offset; i < q->offset + (size_t)(q->rows * q->cols); i++)
            T_NEAR(decayed[1][i] - plain[1][i],
                   q->kind == LT_PARAM_BIAS ? 0 : -1e-3 * 0.5 * (double)plain[0][i], 1e-7);
    }
}

/* A second machine: it has the same weights and the other half of the rows. */
struct machine {
    struct job *main;
    struct job half;
};

static void add_half(void *context, struct lt_backend *b, struct lt_buffer g, size_t n)
{
    struct machine *m = context;
    static float x[ROWS * COLUMNS], weights[MOST];
    int64_t ids[ROWS], rows = m->half.train.count;
    for (int64_t i = 0; i < rows; i++)
        ids[i] = lt_rowset_row(&m->half.train, i);
    lt_net_get_weights(m->main->net, weights);
    lt_net_set_weights(m->half.net, weights);
    T_INT(lt_feed_rows(m->half.feed, ids, rows, x, &m->half.err), 0);
    lt_net_put_input(m->half.net, x, rows);
    struct lt_pass pass = {.rows = rows, .training = true, .row_ids = ids};
    lt_net_forward(m->half.net, &pass);
    lt_net_backward(m->half.net, &pass);
    b->ops->axpby(b, n, 0.5f, lt_net_gradients(m->half.net), 0.5f, g);
}

TEST(half_batches_summed_by_the_reduce_hook_train_like_whole_ones)
{
    struct job whole = job_of("adam"), main = whole;
    struct machine machine = {.main = &main, .half = whole};
    int64_t half = whole.train.count / 2;
    whole.stop.count = main.stop.count = 0;
    whole.settings.batch = 2 * half;
    main.settings.batch = machine.half.settings.batch = half;
    main.train.count = machine.half.train.count = half;
    machine.half.train.first += half;
    main.settings.reduce = add_half;
    main.settings.reduce_context = &machine;
    /* The scaling is fitted on rows that train: here on those of each machine. */
    must_open(&machine.half);
    must_open(&main);
    must_open(&whole);
    memcpy(main.prep.offset, whole.prep.offset, COLUMNS * sizeof(double));
    memcpy(main.prep.scale, whole.prep.scale, COLUMNS * sizeof(double));
    memcpy(machine.half.prep.offset, whole.prep.offset, COLUMNS * sizeof(double));
    memcpy(machine.half.prep.scale, whole.prep.scale, COLUMNS * sizeof(double));
    T_INT(lt_trainer_run(whole.trainer, &whole.outcome, &whole.err), 0);
    T_INT(lt_trainer_run(main.trainer, &main.outcome, &main.err), 0);
    lt_net_get_weights(whole.net, whole.weights);
    lt_net_get_weights(main.net, main.weights);
    for (int i = 0; i < (int)lt_net_params(main.net)->total; i++)
        T_NEAR(main.weights[i], whole.weights[i], 1e-4);
    job_close(&machine.half);
    job_close(&main);
    job_close(&whole);
}

/* ---- when it ends ---- */

TEST(patience_ends_a_run_that_gains_nothing_and_keeps_the_best_weights)
{
    for (int kind = 0; kind < LT_SCHEDULES; kind++) {
        struct job j = job_of("adam");
        j.norm =
            (enum lt_norm)(kind % LT_NORMS); /* the best statistics are kept with the weights */
        j.settings.schedule.kind = (enum lt_schedule_kind)kind;
        j.settings.optimizer_settings.lr = 0.5;
        j.settings.validate_every = 1;
        j.settings.patience = 4;
        j.settings.steps = 2000;
        must_open(&j);
        T_INT(lt_trainer_run(j.trainer, &j.outcome, &j.err), 0);
        struct lt_staging staging;
        double loss;
        T_INT(lt_staging_create(&staging, BATCH, COLUMNS, &j.err), 0);
        struct lt_source stop = lt_feed_source(j.feed, j.stop);
        T_INT(lt_measure(j.net, &stop, &staging, false, 1, &loss, NULL, &j.err), 0);
        lt_staging_free(&staging);
        job_close(&j);
        T_OK(j.outcome.stopped_early);
        T_OK(j.outcome.steps < 2000);
        T_OK(loss == j.outcome.best_loss);
        T_OK(j.outcome.best_step <= j.outcome.steps);
    }
}

TEST(a_budget_becomes_a_number_of_steps_that_repeats_the_bits)
{
    struct job timed = job_of("adam");
    timed.settings.steps = 0;
    timed.settings.budget = 0.3;
    for (int attempt = 0; attempt < 5 && timed.outcome.planned == 0; attempt++) {
        double began = lt_clock();
        must_run(&timed); /* a busy machine may run over, and then says so */
        T_OK(lt_clock() - began < 10);
    }
    T_OK(timed.outcome.planned > 0);
    struct job counted = job_of("adam");
    counted.settings.steps = timed.outcome.planned;
    must_run(&counted);
    T_INT(counted.outcome.steps, timed.outcome.steps);
    T_OK(same_weights(&timed, &counted));
}

TEST(a_loss_that_is_no_longer_finite_ends_the_run)
{
    struct job j = job_of("sgd");
    j.settings.optimizer_settings.lr = 1e6;
    T_INT(job_run(&j), LT_EFAIL);
    T_OK(strncmp(j.err.text, "training diverged: the ", 23) == 0);
    T_OK(strstr(j.err.text, "; try a smaller --lr or --clip 1") != NULL);
}

/* ---- batchtopk ---- */

/* Values of a row's code that are kept, on average over the full batches of the training rows. */
static double count_kept(struct job *j, float threshold)
{
    struct lt_net_spec spec = spec_of(j);
    const int node = spec.code - 1;
    struct lt_net *net = NULL;
    float x[BATCH * COLUMNS], code[BATCH * DIMS];
    int64_t ids[BATCH], kept = 0, rows = 0;
    spec.node[node].threshold = threshold;
    T_INT(lt_net_create(&net, &spec, j->own, &(struct lt_net_options){.rows = BATCH}, &j->err), 0);
    lt_net_get_weights(j->net, j->weights);
    lt_net_set_weights(net, j->weights);
    for (int64_t first = 0; first + BATCH <= j->train.count; first += BATCH) {
        for (int64_t i = 0; i < BATCH; i++)
            ids[i] = lt_rowset_row(&j->train, first + i);
        T_INT(lt_feed_rows(j->feed, ids, BATCH, x, &j->err), 0);
        lt_net_put_input(net, x, BATCH);
        lt_net_encode(net, &(struct lt_pass){.rows = BATCH});
        lt_net_get_code(net, code, BATCH);
        for (int i = 0; i < BATCH * DIMS; i++)
            kept += code[i] != 0;
        rows += BATCH;
    }
    lt_net_free(&net);
    return (double)kept / (double)rows;
}

TEST(the_threshold_of_batchtopk_keeps_as_many_values_as_its_batches)
{
    struct job j = job_of("adam");
    float threshold[2];
    j.keep = 1;
    for (int k = 0; k < 2; k++) {
        j.threads = 1 + 2 * k;
        must_open(&j);
        T_INT(lt_trainer_run(j.trainer, &j.outcome, &j.err), 0);
        T_INT(lt_trainer_threshold(j.trainer, spec_of(&j).code - 1, &threshold[k], &j.err), 0);
        T_NEAR(count_kept(&j, NAN), 1, 0);
        T_NEAR(count_kept(&j, threshold[k]), 1, 0.1);
        job_close(&j);
    }
    T_OK(memcmp(&threshold[0], &threshold[1], sizeof *threshold) == 0);
}

/* ---- schedules ---- */

TEST(schedules_have_the_shape_of_their_name)
{
    struct lt_schedule s = {LT_SCHEDULE_CONSTANT, 0};
    T_NEAR(lt_schedule_factor(&s, 99, 100, 1), 1, 0);
    s.kind = LT_SCHEDULE_COSINE;
    T_NEAR(lt_schedule_factor(&s, 0, 100, 1), 1, 1e-6);
    T_NEAR(lt_schedule_factor(&s, 50, 100, 1), 0.5, 1e-6);
    T_NEAR(lt_schedule_factor(&s, 100, 100, 1), 0, 1e-6);
    s.kind = LT_SCHEDULE_STEP;
    T_NEAR(lt_schedule_factor(&s, 59, 100, 1), 1, 0);
    T_NEAR(lt_schedule_factor(&s, 60, 100, 1), 0.1, 0);
    T_NEAR(lt_schedule_factor(&s, 85, 100, 1), 0.01, 0);
    s.kind = LT_SCHEDULE_PLATEAU;
    T_NEAR(lt_schedule_factor(&s, 60, 100, 0.25), 0.25, 0);
    s.kind = LT_SCHEDULE_LINEAR;
    T_NEAR(lt_schedule_factor(&s, 25, 100, 1), 0.75, 1e-12);
    s.kind = LT_SCHEDULE_TRAPEZOID;
    T_NEAR(lt_schedule_factor(&s, lt_trapezoid_fall(100) - 1, 100, 1), 1, 0);
    T_NEAR(lt_schedule_factor(&s, 70, 100, 1), 0.3 / LT_TRAPEZOID_FALL, 1e-12);
    T_NEAR(lt_schedule_factor(&s, 70, 0, 1), 1, 0); /* steps not known yet */
    s.warmup = 4;
    T_NEAR(lt_schedule_factor(&s, 0, 100, 1), 0.2, 1e-12);
    T_NEAR(lt_schedule_factor(&s, 3, 100, 1), 0.8, 1e-12);
    T_NEAR(lt_schedule_factor(&s, 4, 100, 1), 1, 0);
    for (int64_t step = 1; step < 1000; step++) {
        int64_t steps = lt_trapezoid_steps(step);
        T_OK(lt_trapezoid_fall(steps) >= step && lt_trapezoid_fall(steps) <= step + 1);
    }
    for (int kind = 0; kind < LT_SCHEDULES; kind++)
        T_INT(lt_schedule_by_name(lt_schedule_name((enum lt_schedule_kind)kind)), kind);
}

T_MAIN
