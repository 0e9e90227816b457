/* values.h: from the text of an option's value to the field it fills. */
#ifndef LT_CLI_VALUES_H
#define LT_CLI_VALUES_H

#include "latent.h"

struct lt_option;
struct lt_settings;

/* A decimal or a fraction, "0.1" or "25/255". Returns 1 and fills *value, or 0. */
int lt_value_amount(const char *text, double *value); /* "0.2", "25/255", "2%" */

/* A whole number with or without a sign. Returns 1 and fills *value, or 0. */
int lt_value_whole(const char *text, int64_t *value);

/* A time, "90", "60s", "2m", "1h30m", "500ms", in seconds. Returns 1 or 0. */
int lt_value_seconds(const char *text, double *value);

/* Checks `text` (NULL for a flag) and stores it in the field of `row`.
 * Returns 0 or LATENT_EUSAGE with a message that begins with "--NAME: ". */
int lt_value_store(const struct lt_option *row, const char *text, struct lt_settings *settings,
                   latent_error *error);

#endif
