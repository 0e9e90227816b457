/* The same bits: weights depend neither on the number of threads nor on where a training was
 * interrupted and resumed. */
#include "base/file.h"
#include "t_train.h"

static void check_threads(struct job first)
{
    const int threads[] = {2, 3, 5, 8};
    struct job other = first;
    first.threads = 1;
    must_run(&first);
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        other.threads = threads[t];
        must_run(&other);
        if (!same_weights(&first, &other))
            T_FAIL("%s, %s, precision %d, norm %s: other weights with %d threads", first.backend,
                   first.optimizer, first.precision, lt_norm_name(first.norm), threads[t]);
    }
}

TEST(weights_are_the_same_for_any_number_of_threads)
{
    for (int cpu = 0; cpu <= (int)have_cpu(); cpu++)
        for (int precision = 0; precision < 1 + cpu; precision++)
            for (int i = 0; optimizer_name(i); i++)
                for (int norm = 0; norm < LT_NORMS; norm++) {
                    struct job j = job_of(optimizer_name(i));
                    if (!can_normalise(&j, (enum lt_norm)norm))
                        continue;
                    j.backend = cpu ? "cpu" : "ref";
                    j.precision = (enum lt_precision)precision;
                    j.norm = (enum lt_norm)norm;
                    j.corrupted = true;
                    j.settings.steps = 12;
                    check_threads(j);
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

TEST(a_resumed_run_of_a_batchtopk_code_ends_in_the_same_bits)
{
    struct job j = job_of("foof");
    j.keep = 1;
    check_resuming(j);
}

TEST(an_ordered_run_has_the_same_bits_with_any_threads_and_when_resumed)
{
    for (int i = 0; optimizer_name(i); i++) {
        struct job j = job_of(optimizer_name(i));
        j.ordered = true;
        j.backend = have_cpu() ? "cpu" : "ref";
        check_resuming(j); /* with other numbers of threads */
    }
}

TEST(a_contractive_run_has_the_same_bits_with_any_threads_and_when_resumed)
{
    for (int i = 0; optimizer_name(i); i++) {
        struct job j = job_of(optimizer_name(i));
        j.contraction = 0.1;
        j.backend = have_cpu() ? "cpu" : "ref";
        check_resuming(j); /* with other numbers of threads */
    }
}

TEST(a_run_that_draws_neighbours_together_has_the_same_bits_with_any_threads_and_when_resumed)
{
    for (int i = 0; optimizer_name(i); i++) {
        struct job j = job_of(optimizer_name(i));
        j.attraction = 2;
        j.settings.noisy_validation = true;
        j.backend = have_cpu() ? "cpu" : "ref";
        check_resuming(j); /* with other numbers of threads */
    }
}

/* Running statistics are part of what is trained. */
TEST(a_resumed_run_ends_in_the_same_bits_when_layers_are_normalised)
{
    for (int norm = LT_NORM_LAYER; norm < LT_NORMS; norm++)
        for (int i = 0; optimizer_name(i); i++) {
            struct job j = job_of(optimizer_name(i));
            if (!can_normalise(&j, (enum lt_norm)norm))
                continue;
            j.norm = (enum lt_norm)norm;
            j.corrupted = i % 2;
            j.settings.noisy_validation = i % 2;
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

T_MAIN
