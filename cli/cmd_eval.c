#include "command.h"
#include "settings.h"
#include "verbs.h"

#include <stddef.h>

enum { SHEET_ROWS = 10 };

int lt_cmd_eval(struct lt_settings *settings, latent_error *error)
{
    latent_model *model = NULL;
    latent_data *data = NULL, *pairs = NULL;
    latent_report *report = NULL;
    latent_apply_options options;
    lt_apply_options(settings, &options);
    int e = lt_check_output(settings, "--sheet", settings->sheet, error);
    if (!e)
        e = lt_check_output(settings, "--map", settings->eval.map, error);
    if (!e)
        e = latent_model_open(&model, settings->operands[0], error);
    if (!e)
        e = lt_open_data(settings, 1, model, &data, error);
    if (!e)
        e = lt_open_pairs(settings, &pairs, error);
    settings->eval.pairs = pairs;
    if (!e)
        e = latent_eval(model, data, &settings->eval, &options, &report, error);
    if (!e && settings->sheet)
        e = latent_sheet(model, data, SHEET_ROWS, settings->sheet, &options, error);
    if (!e)
        e = lt_print_report(settings, report, 0, error);
    latent_report_free(&report);
    latent_data_free(&pairs);
    latent_data_free(&data);
    latent_model_free(&model);
    return e;
}
