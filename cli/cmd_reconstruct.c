#include "convert.h"
#include "verbs.h"

int lt_cmd_reconstruct(struct lt_settings *settings, latent_error *error)
{
    return lt_run_convert(settings, latent_reconstruct_to, error);
}
