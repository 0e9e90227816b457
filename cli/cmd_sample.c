#include "convert.h"
#include "settings.h"
#include "verbs.h"

static int sample(const struct lt_settings *settings, const latent_model *model,
                  const latent_data *data, const char *path, const latent_apply_options *options,
                  latent_report **report, latent_error *error)
{
    (void)data;
    return latent_sample_to(model, settings->count, path, options, report, error);
}

int lt_cmd_sample(struct lt_settings *settings, latent_error *error)
{
    if (settings->count == 0)
        settings->count = 100;
    return lt_run_draw(settings, sample, error);
}
