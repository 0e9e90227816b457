#include "command.h"
#include "interrupt.h"
#include "settings.h"
#include "verbs.h"

#include <string.h>

int lt_cmd_probe(struct lt_settings *settings, latent_error *error)
{
    latent_model *model = NULL;
    latent_data *data = NULL;
    latent_report *report = NULL;
    latent_apply_options options;
    const int to_stdout = settings->out && strcmp(settings->out, "-") == 0;
    lt_apply_options(settings, &options);
    settings->probe.path = settings->out;
    int e = lt_check_json(settings, to_stdout ? NULL : "", error);
    if (!e)
        e = lt_check_output(settings, "-o", settings->out, error);
    if (!e)
        e = latent_model_open(&model, settings->operands[0], error);
    if (!e)
        e = lt_open_data(settings, 1, model, &data, error);
    if (!e)
        lt_interrupt_install();
    if (!e)
        e = latent_probe(model, data, &settings->probe, &options, &report, error);
    if (!e)
        e = lt_print_report(settings, report, to_stdout, error);
    latent_report_free(&report);
    latent_data_free(&data);
    latent_model_free(&model);
    return e;
}
