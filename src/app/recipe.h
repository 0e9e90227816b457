/* The recipe: every choice that the user left open, drawn from the data.
 *
 * What is asked for stands; what is not follows from how many rows and inputs
 * there are, whether the inputs lie in [0, 1], and how many floating-point
 * operations an hour-glass of that size costs.  docs/defaults.md gives the
 * rules and the measurements behind them.
 */
#ifndef LT_APP_RECIPE_H
#define LT_APP_RECIPE_H

#include "app/build.h"
#include "latent.h"
#include "prep/prep.h"
#include "train/trainer.h"

struct lt_facts {
    int64_t rows; /* that train */
    const struct lt_prep *prep;
    const char *name; /* of the data, for messages */
    double residual;  /* squared error per row that PCA with as many numbers leaves */
};

struct lt_recipe {
    struct lt_autoencoder shape;
    struct lt_net_spec spec;
    struct lt_net_spec training;    /* spec, and behind it what serves training alone: it has no
                                       parameters of its own */
    struct lt_train_settings train; /* budget, checkpoint, callbacks: the caller's */
    enum lt_precision precision;    /* wanted; the backend may fall back */
    bool binarised;                 /* rows are drawn as zeros and ones */
};

/* Checks the words and numbers of the options that need no data; call it first, so that a
 * mistyped option costs no reading. LT_EUSAGE names the option. */
int lt_recipe_check(const latent_train_options *options, struct lt_error *err);

/* What pretraining for a classifier asks for where the options leave it open, with so many rows: that the
 * codes of neighbours are drawn together, since rows close to each other mostly have the same class. */
void lt_recipe_pretrain(latent_train_options *options, int64_t rows);

/* Whether the options ask for a denoiser: convolutions, which pairs imply, and noise, and no width of a
 * code. */
bool lt_recipe_denoises(const latent_train_options *options);

/* `dims` is the code's width, chosen before; 0: a denoiser's. LT_EUSAGE: dims >= D without noise; bce on data
 * outside [0, 1]; and what lt_recipe_check refuses. */
int lt_recipe_draw(struct lt_recipe *out, const latent_train_options *options, int64_t dims,
                   const struct lt_facts *facts, struct lt_error *err);

#endif
