/* help.h: latent --help and latent VERB --help, made from the tables. */
#ifndef LT_CLI_HELP_H
#define LT_CLI_HELP_H

#include <stdio.h>

struct lt_option;
struct lt_verb;

void lt_help_program(FILE *to);
void lt_help_verb(const struct lt_verb *verb, FILE *to);

/* The sentence of an option together with the words that it accepts. */
const char *lt_help_option_text(const struct lt_option *row, char *text, size_t size);

#endif
