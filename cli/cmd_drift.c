#include "command.h"
#include "settings.h"
#include "verbs.h"

int lt_cmd_drift(struct lt_settings *settings, latent_error *error)
{
    latent_model *model = NULL;
    latent_data *data = NULL;
    latent_report *report = NULL;
    latent_apply_options options;
    lt_apply_options(settings, &options);
    int e = latent_model_open(&model, settings->operands[0], error);
    if (!e)
        e = lt_open_data(settings, 1, model, &data, error);
    if (!e)
        e = latent_drift(model, data, &settings->drift, &options, &report, error);
    if (!e || (e == LATENT_ENO && report)) {
        *error->text = '\0'; /* the report says it */
        int printed = lt_print_report(settings, report, 0, error);
        e = printed ? printed : e;
    }
    latent_report_free(&report);
    latent_data_free(&data);
    latent_model_free(&model);
    return e;
}
