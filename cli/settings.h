/* settings.h: everything a command line said, in one struct.
 *
 * The option table (options.c) names for every option the field that it fills,
 * so this struct is the other half of that table.  Fields of the library's own
 * option structs are filled in place.
 */
#ifndef LT_CLI_SETTINGS_H
#define LT_CLI_SETTINGS_H

#include "latent.h"

struct lt_verb;
struct lt_screen;

struct lt_settings {
    const struct lt_verb *verb;
    const char **operands; /* the words that are no options; owned, the words are argv's */
    int operand_count;
    int argc;
    char **argv;    /* as given to main, for telling how to resume */
    double started; /* latent_seconds() when the program began */
    struct lt_screen *screen;
    latent_listener listener; /* the screen's, also checks for Ctrl-C */

    /* everywhere */
    int json, quiet, verbose, help, version;
    uint64_t seed;
    int64_t threads; /* 0: all CPUs */

    /* files */
    const char *out;         /* NULL: not given */
    const char *sheet;       /* NULL: not given */
    const char *truth;       /* denoise: the clean images; NULL: not given */
    const char *uncertainty; /* NULL: not given */
    const char *clusters;    /* cluster: "auto" or how many; NULL: not given */
    int64_t row;             /* nearest; -1: not given */
    int64_t neighbours;      /* nearest: how many; 0: not given */
    int duplicates;          /* nearest */
    const char *valid;       /* a fraction or a file, NULL: not given */
    int curve;               /* finetune: a learning curve instead of a classifier */
    const char *unlabelled;  /* finetune: rows without labels; NULL: not given */
    const char *pairs;       /* noisy partners of DATA; NULL: not given */
    int pairs_at;            /* operands before it on the line */
    int64_t rows[2];         /* from, and one past the last; -1: to the end */
    int64_t dims;            /* encode, reconstruct: numbers of an ordered code; 0: not given */
    int64_t count;           /* sample, interpolate: rows to write; 0: not given */
    int64_t from, to;        /* interpolate: rows; -1: not given */

    /* computing; NULL: not given */
    const char *backend;
    const char *precision;

    latent_data_options data;
    latent_train_options train;
    latent_finetune_options finetune;
    latent_eval_options eval;
    latent_score_options score;
    latent_drift_options drift;
    latent_compare_options compare;
    latent_probe_options probe;
    latent_pack_options pack;
    latent_unpack_options unpack;
    latent_verify_options verify;
};

#endif
