#include "command.h"
#include "interrupt.h"
#include "settings.h"
#include "verbs.h"

#include <string.h>

int lt_cmd_predict(struct lt_settings *settings, latent_error *error)
{
    latent_model *model = NULL;
    latent_data *data = NULL;
    latent_report *report = NULL;
    latent_apply_options options;
    const char *path = settings->out && strcmp(settings->out, "-") != 0 ? settings->out : NULL;
    /* with labels the accuracy is what is asked for, and classes only when they have a place */
    const int quiet_data = !path && (settings->json || settings->data.labels);
    lt_apply_options(settings, &options);
    int e = lt_check_output(settings, "-o", path, error);
    if (!e)
        e = latent_model_open(&model, settings->operands[0], error);
    if (!e)
        e = lt_open_data(settings, 1, model, &data, error);
    if (!e) {
        lt_interrupt_install();
        e = latent_predict_to(model, data, quiet_data ? "" : path, &options, &report, error);
    }
    if (!e)
        e = lt_print_report(settings, report, !path && !quiet_data, error);
    latent_report_free(&report);
    latent_data_free(&data);
    latent_model_free(&model);
    return e;
}
