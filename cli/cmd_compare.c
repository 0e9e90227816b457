#include "command.h"
#include "settings.h"
#include "verbs.h"

int lt_cmd_compare(struct lt_settings *settings, latent_error *error)
{
    latent_model *before = NULL, *after = NULL;
    latent_data *data = NULL;
    latent_report *report = NULL;
    latent_apply_options options;
    lt_apply_options(settings, &options);
    int e = latent_model_open(&before, settings->operands[0], error);
    if (!e)
        e = latent_model_open(&after, settings->operands[1], error);
    if (!e)
        e = lt_open_data(settings, 2, before, &data, error);
    if (!e)
        e = latent_compare(before, after, data, &settings->compare, &options, &report, error);
    if (!e || (e == LATENT_ENO && report)) {
        *error->text = '\0'; /* the report says it */
        int printed = lt_print_report(settings, report, 0, error);
        e = printed ? printed : e;
    }
    latent_report_free(&report);
    latent_data_free(&data);
    latent_model_free(&after);
    latent_model_free(&before);
    return e;
}
