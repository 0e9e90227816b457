#include "command.h"
#include "interrupt.h"
#include "options.h"
#include "progress.h"
#include "settings.h"
#include "usage.h"
#include "values.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHEET_ROWS = 10, LONGEST_PATH = 4096 };

struct job {
    latent_train_options options;
    char checkpoint[LONGEST_PATH + 16]; /* MODEL.checkpoint */
    char refused[LONGEST_PATH + 16];    /* MODEL.refused.csv */
    latent_data *data, *valid, *pairs;
    latent_model *model;
    latent_report *report;
};

/* What can be refused before any file is touched. */
static int check_words(const struct lt_settings *settings, latent_error *error)
{
    double fraction;
    const latent_train_options *train = &settings->train;
    if (!settings->out)
        return lt_cli_fail(error, LATENT_EUSAGE,
                           "%s needs to know where the model goes, for example: %s",
                           settings->verb->name, settings->verb->examples[0][0]);
    if (strcmp(settings->out, "-") == 0)
        return lt_cli_fail(error, LATENT_EUSAGE, "-o: a model needs the name of a file");
    if (strlen(settings->out) > LONGEST_PATH)
        return lt_cli_fail(error, LATENT_EUSAGE, "-o: the name is too long");
    if ((train->epochs > 0) + (train->steps > 0) + (train->budget > 0) > 1)
        return lt_cli_fail(error, LATENT_EUSAGE,
                           "--epochs, --steps and --budget all say how long to train; give one");
    if (settings->valid && lt_value_amount(settings->valid, &fraction) &&
        !(fraction > 0 && fraction <= 0.9))
        return lt_cli_fail(error, LATENT_EUSAGE,
                           "--valid: %s is not a fraction up to 0.9, nor a file", settings->valid);
    return 0;
}

/* --valid is a fraction when it reads as a number, and a file otherwise. */
static int choose_valid(const struct lt_settings *settings, struct job *job, latent_error *error)
{
    double fraction;
    const char *names[1] = {settings->valid};
    latent_data_options options = settings->data;
    if (!settings->valid)
        return 0;
    if (lt_value_amount(settings->valid, &fraction)) {
        job->options.valid = fraction;
        return 0;
    }
    options.row_begin = 0; /* --rows speaks of DATA */
    options.row_end = -1;
    int e = latent_data_open(&job->valid, names, 1, &options, error);
    job->options.valid_data = job->valid;
    return e;
}

static void fill_options(const struct lt_settings *settings, struct job *job)
{
    job->options = settings->train;
    job->options.pretrain = settings->verb->bit == LT_VERB_PRETRAIN;
    job->options.seed = settings->seed;
    job->options.threads = (int)settings->threads;
    if (settings->backend)
        job->options.backend = settings->backend;
    if (settings->precision)
        job->options.precision = settings->precision;
    job->options.started = settings->started;
    snprintf(job->checkpoint, sizeof job->checkpoint, "%s.checkpoint", settings->out);
    job->options.checkpoint_path = job->checkpoint;
    snprintf(job->refused, sizeof job->refused, "%s.refused.csv", settings->out);
    job->options.refused_path = job->refused;
}

static void tell_checkpoint(const struct lt_settings *settings, const struct job *job)
{
    int exists = access(job->checkpoint, F_OK) == 0;
    if (exists && !job->options.resume)
        lt_note(settings, "%s is left from an earlier run and not used; --resume would continue it",
                job->checkpoint);
    else if (!exists && job->options.resume)
        lt_note(settings, "no %s to resume from; starting afresh", job->checkpoint);
}

/* Says what happened and, when there is a checkpoint, the command that goes on
 * from it: the same one with --resume after the verb. */
static void tell_resume(const struct lt_settings *settings, const struct job *job,
                        latent_error *error)
{
    int told = job->options.resume;
    lt_print_error(error);
    if (access(job->checkpoint, F_OK) != 0)
        return;
    fputs("to continue:", stderr);
    for (int i = 0; i < settings->argc; i++) {
        fputc(' ', stderr);
        lt_print_word(settings->argv[i], stderr);
        if (!told && strcmp(settings->argv[i], settings->verb->name) == 0) {
            fputs(" --resume", stderr);
            told = 1;
        }
    }
    fputc('\n', stderr);
}

static void tell_written(const struct lt_settings *settings)
{
    struct stat file;
    if (stat(settings->out, &file) != 0)
        return;
    if (file.st_size < 1000000)
        lt_note(settings, "wrote %s, %lld bytes", settings->out, (long long)file.st_size);
    else
        lt_note(settings, "wrote %s, %.1f MB", settings->out, (double)file.st_size / 1e6);
}

static int train_and_save(const struct lt_settings *settings, struct job *job, latent_error *error)
{
    int e = latent_train(&job->model, job->data, &job->options, &settings->listener, &job->report,
                         error);
    lt_screen_finish(settings->screen);
    if (!e)
        e = latent_model_save(job->model, settings->out, error);
    if (!e) {
        unlink(job->checkpoint); /* the model holds all that it was kept for */
        tell_written(settings);
    }
    return e;
}

static int draw_sheet(const struct lt_settings *settings, const struct job *job,
                      latent_error *error)
{
    latent_apply_options options;
    if (!settings->sheet)
        return 0;
    lt_apply_options(settings, &options);
    options.precision = "f32"; /* --precision was said of training */
    return latent_sheet(job->model, job->valid ? job->valid : job->data, SHEET_ROWS,
                        settings->sheet, &options, error);
}

int lt_cmd_train(struct lt_settings *settings, latent_error *error)
{
    struct job job;
    memset(&job, 0, sizeof job);
    settings->data.mixed = settings->train.crop > 0;
    int e = check_words(settings, error);
    if (e)
        return e;
    fill_options(settings, &job);
    e = lt_check_output(settings, "-o", settings->out, error);
    if (!e)
        e = lt_check_output(settings, "--sheet", settings->sheet, error);
    if (!e)
        e = lt_open_data(settings, 0, NULL, &job.data, error);
    if (!e)
        e = choose_valid(settings, &job, error);
    if (!e)
        e = lt_open_pairs(settings, &job.pairs, error);
    job.options.pairs = job.pairs;
    if (!e) {
        tell_checkpoint(settings, &job);
        lt_interrupt_install();
        e = train_and_save(settings, &job, error);
    }
    /* a sheet that cannot be drawn must not cost the result of hours */
    if (!e && !settings->json)
        e = lt_print_report(settings, job.report, 0, error);
    if (!e)
        e = draw_sheet(settings, &job, error);
    if (!e && settings->json)
        e = lt_print_report(settings, job.report, 0, error);
    if (e == LATENT_EINTERRUPTED)
        tell_resume(settings, &job, error);
    latent_report_free(&job.report);
    latent_model_free(&job.model);
    latent_data_free(&job.pairs);
    latent_data_free(&job.valid);
    latent_data_free(&job.data);
    return e;
}
