/* usage.h: mistakes on the command line, and what was probably meant. */
#ifndef LT_CLI_USAGE_H
#define LT_CLI_USAGE_H

#include "latent.h"

#include <stddef.h>

/* Fills `error` (which may not be NULL) and returns `code`. */
int lt_cli_fail(latent_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Searches the word most like another among many: init with the word, offer
 * every candidate, then ask `best`, which is NULL when nothing comes near. */
struct lt_guess {
    const char *word;
    size_t length; /* of word */
    size_t distance;
    const char *best; /* start of the nearest candidate */
    size_t best_length;
};
void lt_guess_init(struct lt_guess *guess, const char *word, size_t length);
void lt_guess_offer(struct lt_guess *guess, const char *candidate, size_t length);
/* "; did you mean PREFIXbest?" or "", written to text. */
const char *lt_guess_text(const struct lt_guess *guess, const char *prefix, char *text,
                          size_t size);

#endif
