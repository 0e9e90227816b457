#include "usage.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_WORD = 40 };

int lt_cli_fail(latent_error *error, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    error->code = code;
    return code;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The fewest insertions, deletions, replacements and swaps of neighbours that
 * turn a into b (Damerau and Levenshtein's distance, optimal string alignment). */
static size_t edit_distance(const char *a, size_t m, const char *b, size_t n)
{
    size_t d[LONGEST_WORD + 1][LONGEST_WORD + 1];
    for (size_t i = 0; i <= m; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= n; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= m; i++) {
        for (size_t j = 1; j <= n; j++) {
            size_t same = a[i - 1] == b[j - 1] ? 0 : 1;
            d[i][j] = least(d[i - 1][j - 1] + same, least(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[m][n];
}

void lt_guess_init(struct lt_guess *guess, const char *word, size_t length)
{
    guess->word = word;
    guess->length = length;
    guess->best = NULL;
    guess->best_length = 0;
    /* one mistake in a short word, one in three letters of a longer one */
    guess->distance = (length < 3 ? 1 : length / 3) + 1;
}

void lt_guess_offer(struct lt_guess *guess, const char *candidate, size_t length)
{
    if (guess->length > LONGEST_WORD || length > LONGEST_WORD || length == 0)
        return;
    size_t distance = edit_distance(guess->word, guess->length, candidate, length);
    /* the beginning of a word is as good as one mistake */
    if (guess->length >= 2 && guess->length < length &&
        memcmp(guess->word, candidate, guess->length) == 0)
        distance = 1;
    if (distance < guess->distance) {
        guess->distance = distance;
        guess->best = candidate;
        guess->best_length = length;
    }
}

const char *lt_guess_text(const struct lt_guess *guess, const char *prefix, char *text, size_t size)
{
    if (guess->best)
        snprintf(text, size, "; did you mean %s%.*s?", prefix, (int)guess->best_length,
                 guess->best);
    else
        snprintf(text, size, "%s", "");
    return text;
}
