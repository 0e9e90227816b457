#include "command.h"
#include "settings.h"
#include "verbs.h"

int lt_cmd_info(struct lt_settings *settings, latent_error *error)
{
    latent_model *model = NULL;
    latent_report *report = NULL;
    int e = latent_model_open(&model, settings->operands[0], error);
    if (!e)
        e = latent_model_info(model, &report, error);
    if (!e)
        e = lt_print_report(settings, report, 0, error);
    latent_report_free(&report);
    latent_model_free(&model);
    return e;
}
