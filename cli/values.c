#include "values.h"

#include "options.h"
#include "settings.h"
#include "usage.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A plain decimal: strtod also takes "inf", "nan" and hexadecimal, which are
 * mistakes here. The program never calls setlocale, so the point is a point. */
static int decimal(const char *text, const char **end, double *value)
{
    char *stop;
    size_t length = strspn(text, "0123456789.+-eE");
    if (length == 0)
        return 0;
    *value = strtod(text, &stop);
    *end = stop;
    return stop != text && stop <= text + length && isfinite(*value);
}

int lt_value_amount(const char *text, double *value)
{
    const char *end;
    double divisor;
    if (!decimal(text, &end, value))
        return 0;
    if (*end == '\0')
        return 1;
    if (strcmp(end, "%") == 0) {
        *value /= 100;
        return 1;
    }
    if (*end != '/' || !decimal(end + 1, &end, &divisor) || *end != '\0' || divisor == 0.0)
        return 0;
    *value /= divisor;
    return isfinite(*value);
}

int lt_value_seconds(const char *text, double *value)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    double sum = 0;
    if (lt_value_amount(text, value))
        return 1;
    while (*text) {
        double number;
        size_t i, length = 0;
        if (!decimal(text, &text, &number))
            return 0;
        for (i = 0; i < sizeof units / sizeof *units; i++) {
            length = strlen(units[i].name);
            /* "m" must not eat the beginning of "ms", which stands first */
            if (strncmp(text, units[i].name, length) == 0)
                break;
        }
        if (i == sizeof units / sizeof *units)
            return 0;
        sum += number * units[i].seconds;
        text += length;
    }
    *value = sum;
    return 1;
}

int lt_value_whole(const char *text, int64_t *value)
{
    char *end;
    if (text[strspn(text, "+-")] < '0' || text[strspn(text, "+-")] > '9')
        return 0;
    errno = 0;
    *value = strtoll(text, &end, 10);
    return *end == '\0' && errno == 0;
}

static int check_limits(const struct lt_option *row, const char *text, double value,
                        latent_error *error)
{
    if (value >= row->least && value <= row->most)
        return 0;
    if (row->most < 1e15)
        return lt_cli_fail(error, LATENT_EUSAGE, "--%s: %s is not between %g and %g", row->name,
                           text, row->least, row->most);
    return lt_cli_fail(error, LATENT_EUSAGE, "--%s: %s is too %s; the %s is %g", row->name, text,
                       value < row->least ? "small" : "large",
                       value < row->least ? "least" : "most",
                       value < row->least ? row->least : row->most);
}

/* Is `word` in the list "a, b, c"? Offers every entry to the guess. */
static int among(const char *list, const char *word, size_t length, struct lt_guess *guess)
{
    while (*list) {
        size_t n = strcspn(list, ",");
        if (n == length && memcmp(list, word, n) == 0)
            return 1;
        lt_guess_offer(guess, list, n);
        list += n;
        list += strspn(list, ", ");
    }
    return 0;
}

static int check_choice(const struct lt_option *row, const char *text, size_t length,
                        latent_error *error)
{
    char hint[100];
    struct lt_guess guess;
    const char *list = latent_choices(row->choices);
    lt_guess_init(&guess, text, length);
    if (!list || among(list, text, length, &guess))
        return 0;
    return lt_cli_fail(error, LATENT_EUSAGE, "--%s: \"%.*s\" is not one of %s%s", row->name,
                       (int)length, text, list, lt_guess_text(&guess, "", hint, sizeof hint));
}

static int store_rows(const struct lt_option *row, const char *text, int64_t *range /* [2] */,
                      latent_error *error)
{
    char first[32];
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : 0;
    int64_t begin = 0, end = -1;
    if (!colon || strlen(text) < 2 || length >= sizeof first)
        goto bad;
    memcpy(first, text, length);
    first[length] = '\0';
    if (length > 0 && (!lt_value_whole(first, &begin) || begin < 0))
        goto bad;
    if (colon[1] && (!lt_value_whole(colon + 1, &end) || end < 0))
        goto bad;
    if (end >= 0 && end <= begin)
        return lt_cli_fail(error, LATENT_EUSAGE,
                           "--%s: %s holds no row; rows count from 0 and B is excluded", row->name,
                           text);
    range[0] = begin;
    range[1] = end;
    return 0;
bad:
    return lt_cli_fail(error, LATENT_EUSAGE,
                       "--%s: \"%s\" is not a range of rows such as 0:1000, 1000: or :1000",
                       row->name, text);
}

/* A side in pixels, of `length` bytes. */
static int side(const char *text, size_t length, int64_t *value)
{
    char word[32];
    if (length == 0 || length >= sizeof word)
        return 0;
    memcpy(word, text, length);
    word[length] = '\0';
    return lt_value_whole(word, value);
}

static int store_sides(const struct lt_option *row, const char *text, int64_t *sides /* [2] */,
                       latent_error *error)
{
    const size_t height = strcspn(text, "x");
    const char *width = text[height] ? text + height + 1 : text;
    if (side(text, height, &sides[0]) && side(width, strlen(width), &sides[1]) &&
        sides[0] >= (int64_t)row->least && sides[1] >= (int64_t)row->least)
        return 0;
    return lt_cli_fail(
        error, LATENT_EUSAGE,
        "--%s: \"%s\" is not a height and a width in pixels such as 64x48, or 64 for "
        "both",
        row->name, text);
}

static int store_seed(const struct lt_option *row, const char *text, uint64_t *seed,
                      latent_error *error)
{
    char *end;
    errno = 0;
    *seed = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno)
        return lt_cli_fail(error, LATENT_EUSAGE, "--%s: \"%s\" is not a whole number from 0",
                           row->name, text);
    return 0;
}

int lt_value_store(const struct lt_option *row, const char *text, struct lt_settings *settings,
                   latent_error *error)
{
    void *field = (char *)settings + row->offset;
    double number;
    int64_t integer;
    switch (row->type) {
    case LT_OPTION_FLAG:
        *(int *)field = 1;
        return 0;
    case LT_OPTION_KIND:
    case LT_OPTION_CHOICE: {
        size_t length = row->type == LT_OPTION_KIND ? strcspn(text, ":") : strlen(text);
        *(const char **)field = text;
        return check_choice(row, text, length, error);
    }
    case LT_OPTION_TEXT:
        *(const char **)field = text;
        if (!*text)
            return lt_cli_fail(error, LATENT_EUSAGE, "--%s: %s is empty", row->name, row->metavar);
        return 0;
    case LT_OPTION_WHOLE:
        if (!lt_value_whole(text, &integer))
            return lt_cli_fail(error, LATENT_EUSAGE, "--%s: \"%s\" is not a whole number",
                               row->name, text);
        *(int64_t *)field = integer;
        return check_limits(row, text, (double)integer, error);
    case LT_OPTION_SEED:
        return store_seed(row, text, field, error);
    case LT_OPTION_AMOUNT:
        if (!lt_value_amount(text, &number))
            return lt_cli_fail(error, LATENT_EUSAGE,
                               "--%s: \"%s\" is not a number such as 0.1 or 25/255", row->name,
                               text);
        *(double *)field = number;
        return check_limits(row, text, number, error);
    case LT_OPTION_SECONDS:
        if (!lt_value_seconds(text, &number))
            return lt_cli_fail(error, LATENT_EUSAGE,
                               "--%s: \"%s\" is not a time such as 60s, 2m or 1h", row->name, text);
        *(double *)field = number;
        return check_limits(row, text, number, error);
    case LT_OPTION_ROWS:
        return store_rows(row, text, field, error);
    case LT_OPTION_SIDES:
        return store_sides(row, text, field, error);
    }
    return 0;
}
