/* verbs.h: the table of verbs.  One file cmd_*.c per verb, one row here. */
#ifndef LT_CLI_VERBS_H
#define LT_CLI_VERBS_H

#include "latent.h"

#include <stddef.h>

struct lt_settings;

struct lt_verb {
    const char *name;
    unsigned bit;        /* enum lt_verb_bit, as the option table uses it */
    const char *heading; /* what people want when they look for it */
    const char *operands;
    int least, most; /* operands allowed */
    const char *summary;
    const char *about;
    const char *examples[4][2]; /* a command and what it does; ends with NULL */
    /* Returns 0 or a LATENT_E... code with a message in error. */
    int (*run)(struct lt_settings *settings, latent_error *error);
};

/* Row i, or NULL past the end; rows with the same heading stand together. */
const struct lt_verb *lt_verb_at(size_t i);
const struct lt_verb *lt_verb_find(const char *name);

int lt_cmd_train(struct lt_settings *settings, latent_error *error);
int lt_cmd_finetune(struct lt_settings *settings, latent_error *error);
int lt_cmd_predict(struct lt_settings *settings, latent_error *error);
int lt_cmd_encode(struct lt_settings *settings, latent_error *error);
int lt_cmd_decode(struct lt_settings *settings, latent_error *error);
int lt_cmd_sample(struct lt_settings *settings, latent_error *error);
int lt_cmd_interpolate(struct lt_settings *settings, latent_error *error);
int lt_cmd_reconstruct(struct lt_settings *settings, latent_error *error);
int lt_cmd_denoise(struct lt_settings *settings, latent_error *error);
int lt_cmd_impute(struct lt_settings *settings, latent_error *error);
int lt_cmd_eval(struct lt_settings *settings, latent_error *error);
int lt_cmd_score(struct lt_settings *settings, latent_error *error);
int lt_cmd_cluster(struct lt_settings *settings, latent_error *error);
int lt_cmd_nearest(struct lt_settings *settings, latent_error *error);
int lt_cmd_info(struct lt_settings *settings, latent_error *error);
int lt_cmd_doctor(struct lt_settings *settings, latent_error *error);
int lt_cmd_compare(struct lt_settings *settings, latent_error *error);
int lt_cmd_drift(struct lt_settings *settings, latent_error *error);
int lt_cmd_probe(struct lt_settings *settings, latent_error *error);
int lt_cmd_pack(struct lt_settings *settings, latent_error *error);
int lt_cmd_unpack(struct lt_settings *settings, latent_error *error);
int lt_cmd_verify(struct lt_settings *settings, latent_error *error);
int lt_cmd_demo(struct lt_settings *settings, latent_error *error);
int lt_cmd_bench(struct lt_settings *settings, latent_error *error);

#endif
