/* The trainer: every optimizer learns; the bits depend neither on threads nor on interruptions;
 * nothing is allocated while it runs; penalties, clipping, the reduce hook and stopping early do
 * what they say. */
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "t.h"
#include "t_alloc.h"
#include "train/state.h"

/* ---- a table to learn ---- */

enum { ROWS = 300, COLUMNS = 12, KEPT = 60, BATCH = 50, HIDDEN = 10, DIMS = 3, MOST = 500 };

/* Three hidden numbers per row, mixed by bent waves, and a little noise. */
static void make_rows(float *x)
{
    for (int r = 0; r < ROWS; r++) {
        struct lt_stream s = lt_stream(11, LT_RNG_TEST, 0, (uint64_t)r);
        for (int j = 0; j < COLUMNS; j++) {
            double a = (double)lt_normal(&s, (uint32_t)(j % 3));
            double b = (double)lt_normal(&s, (uint32_t)((j + 1) % 3));
            double noise = (double)lt_normal(&s, 10 + (uint32_t)j);
            x[r * COLUMNS + j] = (float)(a + 0.5 * b * (j % 4) + 0.3 * a * b + 0.05 * noise);
        }
    }
}

/* One training, from settings to weights. */
struct job {
    const char *backend, *optimizer;
    int threads;
    bool corrupted; /* noise and dropout */
    enum lt_precision precision;
    struct lt_train_settings settings;
    struct lt_rowset train, stop;

    struct lt_table *table;
    struct lt_prep prep;
    struct lt_feed *feed;
    struct lt_backend *own;
    struct lt_net *net;
    struct lt_trainer *trainer;
    struct lt_train_outcome outcome;
    struct lt_error err;
    float weights[MOST];
};

static struct job job_of(const char *optimizer)
{
    struct job j = {.backend = "ref", .optimizer = optimizer, .threads = 2};
    struct lt_rowset parts[LT_PARTS];
    lt_split(parts, ROWS, KEPT, 1);
    j.train = parts[LT_PART_TRAIN];
    j.stop = parts[LT_PART_STOP];
    j.settings = (struct lt_train_settings){
        .optimizer_settings = {.momentum = 0.9, .decay = -1},
        .schedule = {.kind = LT_SCHEDULE_TRAPEZOID, .warmup = 3},
        .batch = BATCH,
        .steps = 40,
        .validate_every = 7,
        .seed = 1,
        .fingerprint = "a, b"};
    return j;
}

static int add(struct lt_net_spec *s, enum lt_node_kind kind, const char *name, int64_t width,
               enum lt_act act)
{
    struct lt_node *n = &s->node[s->count];
    n->kind = kind;
    snprintf(n->name, sizeof n->name, "%s", name);
    n->inputs = s->count > 0;
    n->input[0] = s->count - 1;
    n->width = width;
    n->act = act;
    n->weight = 1;
    return s->count++;
}

static struct lt_net_spec spec_of(const struct job *j)
{
    struct lt_net_spec s = {0};
    s.node[add(&s, LT_NODE_INPUT, "input", 0, 0)].shape = (struct lt_shape){COLUMNS, 1, 1};
    if (j->corrupted) {
        int noise = add(&s, LT_NODE_NOISE, "noise", 0, 0);
        s.node[noise].noise = LT_NOISE_GAUSSIAN;
        s.node[noise].amount = 0.1f;
    }
    add(&s, LT_NODE_DENSE, "encoder1", HIDDEN, LT_ACT_TANH);
    if (j->corrupted)
        s.node[add(&s, LT_NODE_DROPOUT, "drop", 0, 0)].amount = 0.1f;
    add(&s, LT_NODE_DENSE, "encoder2", DIMS, LT_ACT_LINEAR);
    s.code = add(&s, LT_NODE_CODE, "code", 0, 0);
    add(&s, LT_NODE_DENSE, "decoder1", HIDDEN, LT_ACT_TANH);
    add(&s, LT_NODE_DENSE, "decoder2", COLUMNS, LT_ACT_LINEAR);
    add(&s, LT_NODE_HEAD, "output", 0, 0);
    return s;
}

static void job_close(struct job *j)
{
    lt_trainer_free(&j->trainer);
    lt_net_free(&j->net);
    lt_backend_free(&j->own);
    lt_feed_free(&j->feed);
    lt_prep_free(&j->prep);
    lt_table_free(&j->table);
}

static int open_data(struct job *j)
{
    static float x[ROWS * COLUMNS];
    int64_t rows[ROWS];
    make_rows(x);
    int rc = lt_table_from_rows(&j->table, "rows", x, ROWS, COLUMNS, &j->err);
    for (int64_t i = 0; i < j->train.count; i++)
        rows[i] = lt_rowset_row(&j->train, i);
    if (!rc)
        rc = lt_prep_fit(&j->prep, j->table, rows, j->train.count, LT_SCALING_STANDARD, &j->err);
    if (!rc)
        rc = lt_feed_create(&j->feed, j->table, &j->prep, ROWS, &j->err);
    return rc;
}

/* Leaves a trainer with initial weights. */
static int job_open(struct job *j)
{
    struct lt_net_spec spec = spec_of(j);
    struct lt_net_options options = {
        .rows = j->settings.batch, .training = true, .precision = j->precision};
    j->settings.optimizer = lt_optimizer_by_name(j->optimizer);
    j->settings.optimizer_settings.precision = j->precision;
    int rc = open_data(j);
    if (!rc)
        rc = lt_backend_create(&j->own, j->backend, j->threads, &j->err);
    if (!rc)
        rc = lt_net_create(&j->net, &spec, j->own, &options, &j->err);
    if (rc)
        return rc;
    lt_params_init(lt_net_params(j->net), &spec, j->settings.seed, j->weights);
    lt_net_set_weights(j->net, j->weights);
    return lt_trainer_create(&j->trainer, j->net, j->own,
                             &(struct lt_source){j->feed, j->train},
                             &(struct lt_source){j->feed, j->stop}, &j->settings, &j->err);
}

static void must_open(struct job *j)
{
    if (job_open(j))
        T_FAIL("%s", j->err.text);
}

/* Runs to the end or to an interruption and leaves the weights in j->weights. */
static int job_run(struct job *j)
{
    must_open(j);
    int rc = lt_trainer_run(j->trainer, &j->outcome, &j->err);
    lt_net_get_weights(j->net, j->weights);
    job_close(j);
    return rc;
}

static void must_run(struct job *j)
{
    if (job_run(j))
        T_FAIL("%s: %s", j->optimizer, j->err.text);
}

static bool same_weights(const struct job *a, const struct job *b)
{
    return memcmp(a->weights, b->weights, sizeof a->weights) == 0;
}

/* The next row of the optimizers' table. */
static const char *optimizer_name(int i)
{
    const struct lt_optimizer_ops *ops = lt_optimizer_at(i);
    return ops ? ops->name : NULL;
}

static bool have_cpu(void)
{
    struct lt_backend *b = NULL;
    bool have = lt_backend_create(&b, "cpu", 1, NULL) == 0;
    lt_backend_free(&b);
    return have;
}

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
        struct lt_source train = {j.feed, j.train};
        T_INT(lt_measure(j.net, &train, &staging, &before, NULL, &j.err), 0);
        T_INT(lt_trainer_run(j.trainer, &j.outcome, &j.err), 0);
        T_INT(lt_measure(j.net, &train, &staging, &after, NULL, &j.err), 0);
        T_NOTE("%s: %.3f -> %.3f", j.optimizer, before, after);
        if (!(after < 0.8 * before))
            T_FAIL("%s: %g -> %g", j.optimizer, before, after);
        lt_staging_free(&staging);
        job_close(&j);
    }
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

/* ---- the same bits ---- */

TEST(weights_are_the_same_for_any_number_of_threads)
{
    const int threads[] = {2, 3, 5, 8};
    for (int cpu = 0; cpu <= (int)have_cpu(); cpu++)
        for (int precision = 0; precision < 1 + cpu; precision++)
            for (int i = 0; optimizer_name(i); i++) {
                struct job first = job_of(optimizer_name(i)), other = first;
                first.backend = other.backend = cpu ? "cpu" : "ref";
                first.precision = other.precision = (enum lt_precision)precision;
                first.corrupted = other.corrupted = true;
                first.settings.steps = other.settings.steps = 12;
                first.threads = 1;
                must_run(&first);
                for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
                    other.threads = threads[t];
                    must_run(&other);
                    if (!same_weights(&first, &other))
                        T_FAIL("%s, %s, precision %d: other weights with %d threads",
                               first.backend, first.optimizer, precision, threads[t]);
                }
            }
}

/* Keeps what the checkpoint was during some steps, as a kill at that moment would leave it. */
struct copies {
    const char *checkpoint;
    const char *copy[3];
    int64_t at[3]; /* evaluations from 0, or later if there is no checkpoint yet */
    bool done[3];
    int64_t evaluation;
};

static void copy_file(const char *from, const char *to)
{
    struct lt_bytes bytes;
    struct lt_outfile *out = NULL;
    struct lt_error err = {0};
    if (lt_bytes_read(&bytes, from, &err) || lt_outfile_open(&out, to, &err) ||
        lt_outfile_write(out, bytes.data, bytes.size, &err) || lt_outfile_commit(&out, &err))
        T_FAIL("%s", err.text);
    lt_bytes_free(&bytes);
}

static void copy_then(void *context, struct lt_backend *b, struct lt_buffer g, size_t n)
{
    struct copies *c = context;
    (void)b, (void)g, (void)n;
    for (int k = 0; k < 3; k++)
        if (c->evaluation >= c->at[k] && !c->done[k] && access(c->checkpoint, F_OK) == 0) {
            copy_file(c->checkpoint, c->copy[k]);
            c->done[k] = true;
        }
    c->evaluation++;
}

/* Any moment: the checkpoint of every step is a file that the next kill may leave behind. */
static void check_resuming(struct job whole)
{
    struct copies copies = {.checkpoint = t_tmp("run.ckpt"),
                            .copy = {t_tmp("a.ckpt"), t_tmp("b.ckpt"), t_tmp("c.ckpt")},
                            .at = {1, 12, 33}};
    struct job watched = whole;
    remove(copies.checkpoint);
    must_run(&whole);
    watched.settings.checkpoint = copies.checkpoint;
    watched.settings.checkpoint_seconds = 1e-9;
    watched.settings.reduce = copy_then;
    watched.settings.reduce_context = &copies;
    must_run(&watched);
    T_OK(same_weights(&whole, &watched));
    for (int k = 0; k < 3; k++) {
        struct job resumed = whole;
        resumed.threads = 1 + k;
        resumed.settings.checkpoint = copies.copy[k];
        resumed.settings.resume = true;
        must_run(&resumed);
        T_OK(resumed.outcome.resumed);
        if (!same_weights(&whole, &resumed))
            T_FAIL("%s, %s: other weights when resumed from copy %d", whole.backend,
                   whole.optimizer, k);
        T_INT(resumed.outcome.steps, whole.outcome.steps);
        T_INT(resumed.outcome.best_step, whole.outcome.best_step);
        T_INT(resumed.outcome.history_count, whole.outcome.history_count);
    }
}

TEST(a_resumed_run_ends_in_the_same_bits_with_every_optimizer)
{
    for (int i = 0; optimizer_name(i); i++)
        check_resuming(job_of(optimizer_name(i)));
    if (have_cpu()) {
        struct job j = job_of("foof");
        j.backend = "cpu";
        check_resuming(j);
    }
}

TEST(a_resumed_run_ends_in_the_same_bits_with_noise_dropout_and_early_stopping)
{
    for (int i = 0; optimizer_name(i); i++) {
        struct job j = job_of(optimizer_name(i));
        j.corrupted = true;
        j.settings.validate_every = 2;
        j.settings.patience = 3;
        j.settings.steps = 200;
        j.settings.schedule.kind = i % 2 ? LT_SCHEDULE_PLATEAU : LT_SCHEDULE_TRAPEZOID;
        check_resuming(j);
    }
}

static int stop_always(void *context, const struct lt_train_progress *progress)
{
    (void)context, (void)progress;
    return 1;
}

TEST(an_interrupted_run_says_where_it_can_go_on)
{
    struct job j = job_of("adam"), whole = job_of("adam");
    char message[400];
    j.settings.progress = stop_always;
    T_INT(job_run(&j), LT_EINTERRUPTED);
    T_OK(strncmp(j.err.text, "interrupted at step ", 20) == 0);
    j.settings.checkpoint = t_tmp("interrupted.ckpt");
    j.settings.resume = true;
    j.settings.validate_every = whole.settings.validate_every = 1;
    for (int step = 1; step < 40; step++) {
        j.err = (struct lt_error){0};
        T_INT(job_run(&j), LT_EINTERRUPTED);
        snprintf(message, sizeof message, "interrupted at step %d; progress is saved in %s", step,
                 j.settings.checkpoint);
        T_ERR(j.err, message);
    }
    j.settings.progress = NULL;
    j.err = (struct lt_error){0};
    must_run(&j);
    must_run(&whole);
    T_OK(same_weights(&j, &whole));
}

TEST(a_checkpoint_of_another_training_is_refused)
{
    struct job j = job_of("sgd");
    char message[400];
    j.settings.checkpoint = t_tmp("other.ckpt");
    j.settings.progress = stop_always;
    T_INT(job_run(&j), LT_EINTERRUPTED);
    j.settings.progress = NULL;
    j.settings.resume = true;
    j.settings.fingerprint = "a, c";
    j.err = (struct lt_error){0};
    T_INT(job_run(&j), LT_EUSAGE);
    snprintf(message, sizeof message,
             "%s belongs to another training: it has b where this command has c; repeat the "
             "command that was interrupted, or remove the file to start afresh",
             j.settings.checkpoint);
    T_ERR(j.err, message);
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
            T_NEAR(by_l2, q->bias ? 0 : 0.5 * (double)w[0][i], 1e-5);
            T_NEAR(by_l1, q->bias ? 0 : 0.25 * sign, 1e-5);
        }
    }
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
            T_NEAR(decayed[1][i] - plain[1][i], q->bias ? 0 : -1e-3 * 0.5 * (double)plain[0][i],
                   1e-7);
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
        T_INT(lt_measure(j.net, &(struct lt_source){j.feed, j.stop}, &staging, &loss, NULL,
                         &j.err),
              0);
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
    s.kind = LT_SCHEDULE_TRAPEZOID;
    T_NEAR(lt_schedule_factor(&s, 39, 100, 1), 1, 0);
    T_NEAR(lt_schedule_factor(&s, 70, 100, 1), 0.5, 1e-12);
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
