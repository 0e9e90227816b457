#include "command.h"
#include "interrupt.h"
#include "progress.h"
#include "settings.h"
#include "usage.h"
#include "verbs.h"

#include <string.h>

static int check_words(const struct lt_settings *settings, latent_error *error)
{
    if (settings->curve)
        return settings->out ? lt_cli_fail(error, LATENT_EUSAGE,
                                           "--curve trains many classifiers and keeps none; leave "
                                           "out -o")
                             : 0;
    if (!settings->out || strcmp(settings->out, "-") == 0)
        return lt_cli_fail(error, LATENT_EUSAGE,
                           "finetune needs to know where the classifier goes, for example: %s",
                           settings->verb->examples[0][0]);
    return lt_check_output(settings, "-o", settings->out, error);
}

/* Rows without labels, under the options of DATA that choose columns. */
static int open_unlabelled(const struct lt_settings *settings, const latent_model *model,
                           latent_data **data, latent_error *error)
{
    latent_data_options options = settings->data;
    options.model = model;
    options.labels = options.keep_label = NULL;
    options.row_begin = 0; /* --rows speaks of DATA */
    options.row_end = -1;
    return settings->unlabelled ? latent_data_open(data, &settings->unlabelled, 1, &options, error)
                                : 0;
}

int lt_cmd_finetune(struct lt_settings *settings, latent_error *error)
{
    latent_model *model = NULL, *made = NULL;
    latent_data *data = NULL, *unlabelled = NULL;
    latent_report *report = NULL;
    latent_apply_options options;
    latent_finetune_options finetune = settings->finetune;
    lt_apply_options(settings, &options);
    int e = check_words(settings, error);
    if (!e)
        e = latent_model_open(&model, settings->operands[0], error);
    if (!e)
        e = lt_open_data(settings, 1, model, &data, error);
    if (!e)
        e = open_unlabelled(settings, model, &unlabelled, error);
    finetune.unlabelled = unlabelled;
    if (!e) {
        lt_interrupt_install();
        e = settings->curve
                ? latent_learning_curve(model, data, &finetune, &options, &report, error)
                : latent_finetune(&made, model, data, &finetune, &options, &report, error);
        lt_screen_finish(settings->screen);
    }
    if (!e && made)
        e = latent_model_save(made, settings->out, error);
    if (!e)
        e = lt_print_report(settings, report, 0, error);
    latent_report_free(&report);
    latent_model_free(&made);
    latent_model_free(&model);
    latent_data_free(&unlabelled);
    latent_data_free(&data);
    return e;
}
