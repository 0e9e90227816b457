/* convert.h: verbs that write rows are one command: a model, mostly data in, rows
 * out. They differ in the function that does it. */
#ifndef LT_CLI_CONVERT_H
#define LT_CLI_CONVERT_H

#include "latent.h"

struct lt_settings;

typedef int lt_convert(const latent_model *model, const latent_data *data, const char *path,
                       const latent_apply_options *options, latent_report **report,
                       latent_error *error);

/* Every row of data becomes one; --sheet shows data above their reconstructions. */
int lt_run_convert(struct lt_settings *settings, lt_convert *convert, latent_error *error);

/* `data` is NULL for verbs that take none. */
typedef int lt_draw(const struct lt_settings *settings, const latent_model *model,
                    const latent_data *data, const char *path, const latent_apply_options *options,
                    latent_report **report, latent_error *error);

/* Rows that the settings ask for; --sheet shows them as well. */
int lt_run_draw(struct lt_settings *settings, lt_draw *draw, latent_error *error);

#endif
