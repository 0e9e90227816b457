#include "convert.h"
#include "verbs.h"

int lt_cmd_encode(struct lt_settings *settings, latent_error *error)
{
    return lt_run_convert(settings, latent_encode_to, error);
}
