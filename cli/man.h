/* man.h: the man pages, made from the tables (latent --man [VERB]). */
#ifndef LT_CLI_MAN_H
#define LT_CLI_MAN_H

#include <stdio.h>

struct lt_verb;

/* latent(1), or latent-VERB(1) when verb is not NULL. */
void lt_man_print(const struct lt_verb *verb, FILE *to);

#endif
