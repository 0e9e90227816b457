#include "command.h"
#include "interrupt.h"
#include "settings.h"
#include "usage.h"
#include "verbs.h"

#include <string.h>

static int check(const struct lt_settings *settings, latent_error *error)
{
    if (settings->duplicates && (settings->row >= 0 || settings->neighbours > 0))
        return lt_cli_fail(error, LATENT_EUSAGE,
                           "--duplicates compares all rows, so it goes without --%s",
                           settings->row >= 0 ? "row" : "count");
    if (!settings->duplicates && settings->row < 0)
        return lt_cli_fail(error, LATENT_EUSAGE,
                           "nearest needs --row ROW or --duplicates, for example: %s",
                           settings->verb->examples[0][0]);
    return 0;
}

int lt_cmd_nearest(struct lt_settings *settings, latent_error *error)
{
    enum { NEIGHBOURS = 10 };
    latent_model *model = NULL;
    latent_data *data = NULL;
    latent_report *report = NULL;
    latent_apply_options options;
    const char *path = settings->out && strcmp(settings->out, "-") != 0 ? settings->out : NULL;
    const char *to = settings->json && !path ? "" : path;
    lt_apply_options(settings, &options);
    int e = check(settings, error);
    if (!e)
        e = lt_check_output(settings, "-o", path, error);
    if (!e)
        e = latent_model_open(&model, settings->operands[0], error);
    if (!e)
        e = lt_open_data(settings, 1, model, &data, error);
    if (!e)
        lt_interrupt_install();
    if (!e && settings->duplicates)
        e = latent_duplicates_to(model, data, to, &options, &report, error);
    else if (!e)
        e = latent_nearest_to(model, data, settings->row,
                              settings->neighbours > 0 ? settings->neighbours : NEIGHBOURS, to,
                              &options, &report, error);
    if (!e)
        e = lt_print_report(settings, report, !to, error);
    latent_report_free(&report);
    latent_data_free(&data);
    latent_model_free(&model);
    return e;
}
