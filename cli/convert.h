/* convert.h: encode, decode and reconstruct are one command: model, data in,
 * data out. They differ in the function that does it. */
#ifndef LT_CLI_CONVERT_H
#define LT_CLI_CONVERT_H

#include "latent.h"

struct lt_settings;

typedef int lt_convert(const latent_model *model, const latent_data *data, const char *path,
                       const latent_apply_options *options, latent_report **report,
                       latent_error *error);

int lt_run_convert(struct lt_settings *settings, lt_convert *convert, latent_error *error);

#endif
