/* parse.h: from argv to struct lt_settings. */
#ifndef LT_CLI_PARSE_H
#define LT_CLI_PARSE_H

#include "latent.h"

struct lt_settings;

/* Fills `settings` with the defaults and then with what argv says.  The first
 * word that is no option names the verb; options may stand anywhere, as
 * --name value, --name=value, -x value or -xvalue; after "--" no word is an
 * option.  settings->verb stays NULL when no verb was named.  Returns 0,
 * LATENT_EUSAGE or LATENT_EFAIL with a message; call lt_settings_free in any case. */
int lt_parse(struct lt_settings *settings, int argc, char **argv, latent_error *error);
void lt_settings_free(struct lt_settings *settings);

/* Checks the number of operands of the verb, which --help does not need. */
int lt_parse_check(const struct lt_settings *settings, latent_error *error);

#endif
