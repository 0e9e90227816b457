/* The imputer: a network of the model that says what a missing cell holds.
 *
 * It is trained beside the autoencoder, on the same rows.  Every time it meets a row, cells are
 * hidden from it, each with a probability that is the row's own, between 5 and 60 %, and only the
 * hidden cells count in the loss:
 *
 *     sum over hidden numbers (x' - x)^2  +  sum over hidden categories -log p(level) / width
 *
 * so that it learns E[x | what is visible] for whichever cells are visible.  It has no bottleneck:
 * an autoencoder is asked for a short description, the imputer only for the cells it cannot see.
 *
 * Numbers enter standardised by the training rows, (x - center) / spread, whatever the model's
 * scaling; flags say which are missing.  Categories enter as one-hot codes divided by a constant
 * spread; a missing one is all zeros.
 * What it expects stays within the range of the training rows.
 *
 * How far it is off is measured once and kept in the model: cells of the rows kept from training
 * (those that judge and calibrate) are hidden in turn, and the 90 % quantile of |x' - x| of a column
 * is its radius.  By split-conformal reasoning (app/conformal.h) a cell that is missing by chance
 * lies within the radius with probability 0.9, on average over calibration sets.
 */
#ifndef LT_APP_IMPUTER_H
#define LT_APP_IMPUTER_H

#include "base/error.h"
#include "data/split.h"
#include "data/table.h"
#include "model/model.h"
#include "train/trainer.h"
#include <stdbool.h>
#include <stdint.h>

#define LT_IMPUTER_ROLE "imputer"

/* ---- applying ---- */

/* What is known of the features and columns besides the network. */
struct lt_imputer_facts {
    const double *center,
        *spread;              /* (F) mean and standard deviation of the training rows; levels of
                                      categories: how often they are, and a constant */
    const double *low, *high; /* (F) their range */
    const double *radius;     /* (D) 90 % of errors are at most this; NaN: not known */
};

struct lt_imputer;

/* Whether the model can fill cells. */
bool lt_imputer_in(const struct lt_model *model);

int lt_imputer_refuse(struct lt_error *err); /* LT_EUSAGE: why it cannot, and what to do */

/* Plans work on `rows` rows at a time.  Model and backend must outlive it.  LT_EUSAGE when the
 * model has no imputer. */
int lt_imputer_create(struct lt_imputer **out, const struct lt_model *model,
                      struct lt_backend *backend, int64_t rows, struct lt_error *err);
void lt_imputer_free(struct lt_imputer **imputer);
const struct lt_imputer_facts *lt_imputer_facts(const struct lt_imputer *imputer);

/* A feature as the network reads it: a number standardised, a level of a category divided by its
 * spread. `numbers` is lt_prep_numbers. */
float lt_imputer_input(const struct lt_imputer_facts *facts, int64_t numbers, int64_t feature,
                       float x);

/* What each cell would be if the NaN cells of x are all that is missing: expected numbers, and the
 * probabilities of levels.  x and expected may be the same array; any n. */
void lt_imputer_expect(struct lt_imputer *imputer, const float *x /* (n, F) */, int64_t n,
                       float *expected /* (n, F) */);

/* Replaces NaN cells by the expected values, categories by the one-hot code of the likeliest level
 * that has a text (never "the others"). */
void lt_imputer_fill(struct lt_imputer *imputer, float *x /* (n, F) */, int64_t n);

/* The likeliest level of a category with a text, and its probability. */
int32_t lt_imputer_level(const struct lt_column *column, const float *expected /* (width) */,
                         double *probability);

/* ---- training ---- */

struct lt_imputer_data {
    const struct lt_table *table, *kept_table; /* rows that train; rows kept from training */
    const struct lt_rowset *parts;             /* (LT_PARTS) */
    int64_t batch;                             /* rows a step */
    double flops; /* that the training may cost, see lt_net_flops_train */
    uint64_t seed;
    struct lt_backend *backend;
    enum lt_precision precision;
    /* as in struct lt_train_settings */
    int (*progress)(void *context, const struct lt_train_progress *progress);
    void *progress_context;
};

/* Trains an imputer for the model's columns and adds it to the model, whose prep and first network
 * are there; seal the model afterwards. */
int lt_imputer_fit(struct lt_model *model, const struct lt_imputer_data *data,
                   struct lt_error *err);

#endif
