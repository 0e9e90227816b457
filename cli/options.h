/* options.h: the one table of options.
 *
 * Parsing, --help, the man pages and shell completion all read this table, so
 * an option is one row in options.c and one field of struct lt_settings.
 */
#ifndef LT_CLI_OPTIONS_H
#define LT_CLI_OPTIONS_H

#include <stddef.h>

/* What the value of an option looks like, and the C type of its field. */
enum lt_option_type {
    LT_OPTION_FLAG,    /* no value; int, set to 1 */
    LT_OPTION_TEXT,    /* const char * */
    LT_OPTION_CHOICE,  /* const char *, one of latent_choices(row->choices) */
    LT_OPTION_KIND,    /* const char *, "KIND" or "KIND:AMOUNT" with KIND such a choice */
    LT_OPTION_WHOLE,   /* int64_t */
    LT_OPTION_SEED,    /* uint64_t */
    LT_OPTION_AMOUNT,  /* double: a decimal or a fraction such as 25/255 */
    LT_OPTION_SECONDS, /* double: 90, 60s, 2m, 1h30m */
    LT_OPTION_ROWS,    /* int64_t[2]: A:B, A: or :B */
    LT_OPTION_SIDES,   /* int64_t[2]: height and width, HxW or N for both */
};

/* Headings of --help, in the order they are shown. */
enum lt_option_group {
    LT_GROUP_FILES,
    LT_GROUP_DATA,
    LT_GROUP_BOUNDS,
    LT_GROUP_NETWORK,
    LT_GROUP_DETECTOR,
    LT_GROUP_TRUST,
    LT_GROUP_OPTIMIZER,
    LT_GROUP_LENGTH,
    LT_GROUP_COMPUTE,
    LT_GROUP_EVERYWHERE,
    LT_GROUP_COUNT,
};

/* The verbs an option belongs to, as a set. */
enum lt_verb_bit {
    LT_VERB_TRAIN = 1 << 0,
    LT_VERB_ENCODE = 1 << 1,
    LT_VERB_DECODE = 1 << 2,
    LT_VERB_RECONSTRUCT = 1 << 3,
    LT_VERB_EVAL = 1 << 4,
    LT_VERB_INFO = 1 << 5,
    LT_VERB_DOCTOR = 1 << 6,
    LT_VERB_DEMO = 1 << 7,
    LT_VERB_BENCH = 1 << 8,
    LT_VERB_SCORE = 1 << 9,
    LT_VERB_IMPUTE = 1 << 10,
    LT_VERB_DRIFT = 1 << 11,
    LT_VERB_COMPARE = 1 << 12,
    LT_VERB_DENOISE = 1 << 13,
    LT_VERB_SAMPLE = 1 << 14,
    LT_VERB_INTERPOLATE = 1 << 15,
    LT_VERB_PROBE = 1 << 16,
    LT_VERB_CLUSTER = 1 << 17,
    LT_VERB_NEAREST = 1 << 18,
    LT_VERB_PRETRAIN = 1 << 19,
    LT_VERB_FINETUNE = 1 << 20,
    LT_VERB_PREDICT = 1 << 21,
    LT_VERB_PACK = 1 << 22,
    LT_VERB_UNPACK = 1 << 23,
    LT_VERB_VERIFY = 1 << 24,
    LT_VERB_ALL = (1 << 25) - 1,
};

struct lt_option {
    const char *name;    /* without the dashes */
    char letter;         /* short form, 0: none */
    const char *metavar; /* NULL for flags */
    enum lt_option_type type;
    size_t offset;  /* of the field in struct lt_settings */
    unsigned verbs; /* set of enum lt_verb_bit */
    enum lt_option_group group;
    double least, most;  /* limits of a numeric value, both included */
    const char *choices; /* argument of latent_choices, or NULL */
    const char *help;    /* one sentence, with the default */
};

/* Whether the value may be left out, and then is 1: its metavar stands in brackets. */
static inline int lt_option_may_stand_alone(const struct lt_option *row)
{
    return row->metavar && row->metavar[0] == '[';
}

/* Row i of the table, or NULL past its end. */
const struct lt_option *lt_option_at(size_t i);

/* The row called `name` (`length` bytes) that belongs to one of `verbs`, or NULL. */
const struct lt_option *lt_option_find(const char *name, size_t length, unsigned verbs);

/* The same by its letter. */
const struct lt_option *lt_option_by_letter(char letter, unsigned verbs);

/* The heading of a group. */
const char *lt_option_group_title(enum lt_option_group group);

#endif
