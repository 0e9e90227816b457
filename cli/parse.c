#include "parse.h"

#include "options.h"
#include "settings.h"
#include "usage.h"
#include "values.h"
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

static void set_defaults(struct lt_settings *settings, int argc, char **argv)
{
    double started = settings->started;
    memset(settings, 0, sizeof *settings);
    settings->started = started;
    settings->argc = argc;
    settings->argv = argv;
    settings->seed = 1;
    settings->rows[1] = -1;
    settings->from = settings->to = settings->row = -1;
    latent_data_options_init(&settings->data);
    latent_train_options_init(&settings->train);
    latent_finetune_options_init(&settings->finetune);
    latent_eval_options_init(&settings->eval);
    latent_score_options_init(&settings->score);
    latent_drift_options_init(&settings->drift);
    latent_compare_options_init(&settings->compare);
    latent_probe_options_init(&settings->probe);
    latent_pack_options_init(&settings->pack);
    latent_unpack_options_init(&settings->unpack);
    latent_verify_options_init(&settings->verify);
}

static int unknown_verb(const char *word, latent_error *error)
{
    char hint[100];
    struct lt_guess guess;
    const struct lt_verb *verb;
    lt_guess_init(&guess, word, strlen(word));
    for (size_t i = 0; (verb = lt_verb_at(i)); i++)
        lt_guess_offer(&guess, verb->name, strlen(verb->name));
    lt_guess_text(&guess, "", hint, sizeof hint);
    return lt_cli_fail(error, LATENT_EUSAGE, "\"%s\" is not a verb%s", word,
                       *hint ? hint : "; latent --help lists them");
}

/* The verbs in a set, as "train and demo". */
static void name_verbs(unsigned set, char *text, size_t size)
{
    const struct lt_verb *verb;
    *text = '\0';
    for (size_t i = 0; (verb = lt_verb_at(i)); i++) {
        if (!(verb->bit & set))
            continue;
        set &= ~verb->bit;
        if (*text)
            strncat(text, set ? ", " : " and ", size - strlen(text) - 1);
        strncat(text, verb->name, size - strlen(text) - 1);
    }
}

static int unknown_option(const char *name, size_t length, const struct lt_verb *verb,
                          latent_error *error)
{
    char text[200];
    struct lt_guess guess;
    const struct lt_option *row;
    unsigned owners = 0;
    lt_guess_init(&guess, name, length);
    for (size_t i = 0; (row = lt_option_at(i)); i++) {
        if (strlen(row->name) == length && memcmp(row->name, name, length) == 0)
            owners |= row->verbs;
        else if (!verb || (row->verbs & verb->bit))
            lt_guess_offer(&guess, row->name, strlen(row->name));
    }
    if (owners) {
        name_verbs(owners, text, sizeof text);
        return lt_cli_fail(error, LATENT_EUSAGE, "--%.*s is an option of %s%s%s", (int)length, name,
                           text, verb ? ", not of " : "; name the verb first",
                           verb ? verb->name : "");
    }
    lt_guess_text(&guess, "--", text, sizeof text);
    if (!*text && verb)
        return lt_cli_fail(error, LATENT_EUSAGE,
                           "--%.*s is not an option; latent %s --help lists them", (int)length,
                           name, verb->name);
    return lt_cli_fail(error, LATENT_EUSAGE, "--%.*s is not an option%s", (int)length, name,
                       *text ? text : "; latent --help shows the way");
}

/* Whether the option in word i, whose value may be left out, has none: no number follows. */
static int stands_alone(const struct lt_settings *settings, const struct lt_option *row, int i)
{
    double number;
    return lt_option_may_stand_alone(row) &&
           (i + 1 >= settings->argc || !lt_value_amount(settings->argv[i + 1], &number));
}

/* The value of an option which takes one: `attached`, or the next word; 1 where it stands alone. */
static int take_value(const struct lt_settings *settings, const struct lt_option *row,
                      const char *attached, int *i, const char **value, latent_error *error)
{
    *value = attached ? attached : "1";
    if (attached || stands_alone(settings, row, *i))
        return 0;
    if (*i + 1 >= settings->argc || strncmp(settings->argv[*i + 1], "--", 2) == 0)
        return lt_cli_fail(error, LATENT_EUSAGE, "--%s needs a value: --%s %s", row->name,
                           row->name, row->metavar);
    *value = settings->argv[++*i];
    return 0;
}

static int parse_long(struct lt_settings *settings, int *i, latent_error *error)
{
    const char *name = settings->argv[*i] + 2;
    size_t length = strcspn(name, "=");
    const char *attached = name[length] ? name + length + 1 : NULL;
    const char *value = NULL;
    unsigned verbs = settings->verb ? settings->verb->bit : LT_VERB_ALL;
    const struct lt_option *row = lt_option_find(name, length, verbs);
    if (!row || (!settings->verb && row->verbs != LT_VERB_ALL))
        return unknown_option(name, length, settings->verb, error);
    if (row->metavar) {
        int e = take_value(settings, row, attached, i, &value, error);
        if (e)
            return e;
    } else if (attached) {
        return lt_cli_fail(error, LATENT_EUSAGE, "--%s takes no value", row->name);
    }
    return lt_value_store(row, value, settings, error);
}

/* A word such as -o FILE, -oFILE, -q or -qv. */
static int parse_short(struct lt_settings *settings, int *i, latent_error *error)
{
    unsigned verbs = settings->verb ? settings->verb->bit : LT_VERB_ALL;
    for (const char *letter = settings->argv[*i] + 1; *letter; letter++) {
        const char *value = NULL;
        const struct lt_option *row = lt_option_by_letter(*letter, verbs);
        int e = 0;
        if (!row || (!settings->verb && row->verbs != LT_VERB_ALL))
            return lt_cli_fail(error, LATENT_EUSAGE, "-%c is not an option%s%s%s", *letter,
                               settings->verb ? " of " : "; latent --help shows the way",
                               settings->verb ? settings->verb->name : "",
                               settings->verb && (unsigned char)*letter >= '0' && *letter <= '9'
                                   ? "; write -- before a word that begins with a dash"
                                   : "");
        if (row->metavar) {
            e = take_value(settings, row, letter[1] ? letter + 1 : NULL, i, &value, error);
            letter += strlen(letter) - 1;
        }
        if (!e)
            e = lt_value_store(row, value, settings, error);
        if (e)
            return e;
    }
    return 0;
}

/* Options may stand before the verb, so the verb is looked for first. */
static int find_verb(struct lt_settings *settings, int *at, latent_error *error)
{
    for (*at = 1; *at < settings->argc; ++*at) {
        const char *word = settings->argv[*at];
        const struct lt_option *row = NULL;
        if (word[0] != '-' || word[1] == '\0') {
            settings->verb = lt_verb_find(word);
            return settings->verb ? 0 : unknown_verb(word, error);
        }
        if (strncmp(word, "--", 2) == 0 && !strchr(word, '='))
            row = lt_option_find(word + 2, strlen(word + 2), LT_VERB_ALL);
        if (row && row->metavar && !stands_alone(settings, row, *at))
            ++*at; /* its value is no verb */
    }
    return 0;
}

/* --pairs stands before DATA or behind it, and of the two names the first is that of the clean images:
 * "CLEAN --pairs NOISY" and "--pairs CLEAN NOISY" say the same. */
static void order_pairs(struct lt_settings *settings)
{
    const int data = settings->verb ? settings->verb->least - 1 : 0; /* the operand */
    if (!settings->pairs || settings->pairs_at > data || settings->operand_count != data + 1)
        return;
    const char *clean = settings->pairs;
    settings->pairs = settings->operands[data];
    settings->operands[data] = clean;
}

int lt_parse(struct lt_settings *settings, int argc, char **argv, latent_error *error)
{
    int verb_at, plain = 0;
    set_defaults(settings, argc, argv);
    settings->operands = malloc(sizeof *settings->operands * (size_t)(argc + 1));
    if (!settings->operands)
        return lt_cli_fail(error, LATENT_EFAIL, "out of memory");
    int e = find_verb(settings, &verb_at, error);
    for (int i = 1; i < argc && !e; i++) {
        if (i == verb_at)
            continue;
        if (plain || argv[i][0] != '-' || argv[i][1] == '\0')
            settings->operands[settings->operand_count++] = argv[i];
        else if (strcmp(argv[i], "--") == 0)
            plain = 1;
        else if (argv[i][1] == '-') {
            const char *pairs = settings->pairs;
            e = parse_long(settings, &i, error);
            if (settings->pairs != pairs)
                settings->pairs_at = settings->operand_count;
        } else
            e = parse_short(settings, &i, error);
    }
    order_pairs(settings);
    settings->data.row_begin = settings->rows[0];
    settings->data.row_end = settings->rows[1];
    settings->data.threads = (int)settings->threads;
    return e;
}

void lt_settings_free(struct lt_settings *settings)
{
    free((void *)settings->operands);
    settings->operands = NULL;
}

/* The operands from `first` on as "MODEL and DATA"; options end the list. */
static void name_operands(const char *operands, int first, char *text, size_t size)
{
    *text = '\0';
    for (int i = 0; *operands && *operands != '-'; i++) {
        size_t length = strcspn(operands, " .");
        if (i >= first && *text)
            strncat(text, " and ", size - strlen(text) - 1);
        if (i >= first && length < size - strlen(text))
            strncat(text, operands, length);
        operands += strcspn(operands, " ");
        operands += strspn(operands, " ");
    }
}

int lt_parse_check(const struct lt_settings *settings, latent_error *error)
{
    char missing[100];
    const struct lt_verb *verb = settings->verb;
    name_operands(verb->operands, settings->operand_count, missing, sizeof missing);
    if (settings->operand_count < verb->least)
        return lt_cli_fail(error, LATENT_EUSAGE, "%s needs %s, for example: %s", verb->name,
                           missing, verb->examples[0][0]);
    if (settings->data.keep_label && !settings->data.labels)
        return lt_cli_fail(error, LATENT_EUSAGE,
                           "--keep-label needs --labels to say where they are");
    if (settings->operand_count > verb->most)
        return lt_cli_fail(error, LATENT_EUSAGE, "%s does not know what to do with \"%s\"",
                           verb->name, settings->operands[verb->most]);
    return 0;
}
