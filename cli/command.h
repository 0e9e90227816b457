/* command.h: what the verbs have in common. */
#ifndef LT_CLI_COMMAND_H
#define LT_CLI_COMMAND_H

#include "latent.h"

#include <stdio.h>

struct lt_settings;

/* Opens the operands from `first` on as DATA for a model (NULL: to train one), with the options that
 * choose. */
int lt_open_data(const struct lt_settings *settings, int first, const latent_model *model,
                 latent_data **data, latent_error *error);
/* What --pairs names, under the options of DATA; *pairs stays NULL without it. */
int lt_open_pairs(const struct lt_settings *settings, latent_data **pairs, latent_error *error);

/* The options for applying a model. */
void lt_apply_options(const struct lt_settings *settings, latent_apply_options *options);

/* Refuses, before any work, an output that cannot be written, that is a folder, or that is one of
 * the inputs or of the files in a folder of inputs. NULL and "-" are fine. */
int lt_check_output(const struct lt_settings *settings, const char *option, const char *path,
                    latent_error *error);
/* The same for rows of data, which may also go to a folder. */
int lt_check_data_output(const struct lt_settings *settings, const char *option, const char *path,
                         latent_error *error);

/* Refuses --json beside data on standard output, where `path` is NULL. */
int lt_check_json(const struct lt_settings *settings, const char *path, latent_error *error);

/* A word as a shell would need it. */
void lt_print_word(const char *word, FILE *to);

/* Prints a result: its JSON, or its text, where "MODEL", "FILE" and "DATA" in
 * the last line, which says what to do next, become the names that were given. When the
 * data went to standard output, pass 1 for beside_data and the text goes to
 * standard error. Fails when standard output, data included, cannot be written. */
int lt_print_report(const struct lt_settings *settings, const latent_report *report,
                    int beside_data, latent_error *error);

/* Prints "latent: MESSAGE" on standard error and empties the message, so that
 * nothing is said twice. */
void lt_print_error(latent_error *error);

/* A sentence for standard error, unless --quiet. */
void lt_note(const struct lt_settings *settings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Flushes standard output; a full disk is an error, not silence. */
int lt_flush(latent_error *error);

#endif
