#include "convert.h"
#include "settings.h"
#include "usage.h"
#include "verbs.h"

static int interpolate(const struct lt_settings *settings, const latent_model *model,
                       const latent_data *data, const char *path,
                       const latent_apply_options *options, latent_report **report,
                       latent_error *error)
{
    return latent_interpolate_to(model, data, settings->from, settings->to, settings->count, path,
                                 options, report, error);
}

int lt_cmd_interpolate(struct lt_settings *settings, latent_error *error)
{
    if (settings->from < 0 || settings->to < 0)
        return lt_cli_fail(error, LATENT_EUSAGE,
                           "interpolate needs to know between which rows, for example: %s",
                           settings->verb->examples[0][0]);
    if (settings->count == 0)
        settings->count = 9;
    return lt_run_draw(settings, interpolate, error);
}
