#include "convert.h"
#include "verbs.h"

static int decode(const struct lt_settings *settings, const latent_model *model,
                  const latent_data *data, const char *path, const latent_apply_options *options,
                  latent_report **report, latent_error *error)
{
    (void)settings;
    return latent_decode_to(model, data, path, options, report, error);
}

int lt_cmd_decode(struct lt_settings *settings, latent_error *error)
{
    return lt_run_convert(settings, decode, 0, error);
}
