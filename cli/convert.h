/* convert.h: verbs that write rows are one command: a model, mostly data in, rows
 * out. They differ in the function that does it. */
#ifndef LT_CLI_CONVERT_H
#define LT_CLI_CONVERT_H

#include "latent.h"

struct lt_settings;

/* `data` is NULL for verbs that take none. */
typedef int lt_convert(const struct lt_settings *settings, const latent_model *model,
                       const latent_data *data, const char *path,
                       const latent_apply_options *options, latent_report **report,
                       latent_error *error);

/* `draws`: what the verb writes for --sheet is its own rows, rather than data above reconstructions. */
int lt_run_convert(struct lt_settings *settings, lt_convert *convert, int draws,
                   latent_error *error);

#endif
