/* completion.h: shell completion, made from the tables (latent --completion SHELL). */
#ifndef LT_CLI_COMPLETION_H
#define LT_CLI_COMPLETION_H

#include <stdio.h>

/* "bash" or "zsh". Returns 0, or -1 for a shell we do not know. */
int lt_completion_print(const char *shell, FILE *to);

#endif
