/* A classifier: the encoder of an autoencoder, and behind its code a softmax over classes.
 *
 *     x (D) -> encoder -> code (K) -> classes (C)
 *
 * A row of its network holds the D inputs and behind them C values, 1 for the row's class and 0 for the
 * others, or NaN throughout where the class is not known: what a head must say, and the encoder does not
 * see.  Rows without a class therefore add nothing to the cross-entropy, but to all else that is
 * learnt: the agreement of close rows (lt_net_spec_agree), and the reconstruction.
 *
 * In a model file it is the network "classifier" beside the autoencoder that it began as, and an object
 * "classifier" that names the classes.
 */
#ifndef LT_APP_CLASSIFIER_H
#define LT_APP_CLASSIFIER_H

#include "app/classes.h"
#include "base/error.h"
#include "data/table.h"
#include "model/model.h"
#include "train/trainer.h"

struct lt_classifier_plan {
    int64_t classes;
    double dropout;        /* probability, behind every hidden layer */
    double agreement;      /* weight of the agreement of close rows; 0: none */
    double length;         /* how far such rows lie apart, in scaled units */
    double reconstruction; /* weight of the reconstruction error; 0: the decoder is left out */
    double labelled;       /* share of the rows of a batch that have a class */
};

/* The networks, both inferred: `spec` is what the model keeps; `training` has further nodes behind it,
 * so that the parameters of spec are the first of training's. */
int lt_classifier_build(struct lt_net_spec *spec, struct lt_net_spec *training,
                        const struct lt_net_spec *autoencoder,
                        const struct lt_classifier_plan *plan, struct lt_error *err);

/* Where training starts: weights drawn under the seed and, where `from` is not NULL, those of its
 * nodes of the same names instead. */
void lt_classifier_start(const struct lt_params *layout, const struct lt_net_spec *training,
                         const struct lt_network *from, uint64_t seed,
                         float *weights /* (layout->total) */);

/* ---- applying ---- */

struct lt_classifier; /* a network, ready; one thread's */

/* Of an inferred spec, whose inputs are the prep's features and the classes; all must outlive it. */
int lt_classifier_create(struct lt_classifier **out, const struct lt_net_spec *spec,
                         const float *params, const struct lt_prep *prep,
                         const struct lt_classes *classes, struct lt_backend *backend,
                         struct lt_error *err);
/* That of a model.  LT_EUSAGE when the model has none. */
int lt_classifier_open(struct lt_classifier **out, const struct lt_model *model,
                       struct lt_backend *backend, struct lt_error *err);
void lt_classifier_close(struct lt_classifier **classifier);
const struct lt_classes *lt_classifier_classes(const struct lt_classifier *classifier);
/* The chances of the classes for n rows of a table in the columns of the model; rows NULL: its first. */
int lt_classifier_apply(struct lt_classifier *classifier, const struct lt_table *table,
                        const int64_t *rows /* (n) */, int64_t n, float *chances /* (n, C) */,
                        struct lt_error *err);

/* Their codes, likewise. */
int lt_classifier_codes(struct lt_classifier *classifier, const struct lt_table *table,
                        const int64_t *rows /* (n) */, int64_t n, float *codes /* (n, K) */,
                        struct lt_error *err);

/* ---- rows that train ---- */

struct lt_class_rows { /* one table's */
    struct lt_feed *feed;
    const int64_t *rows; /* (count): indices into the table; NULL: its first */
    int64_t count;
    const int32_t *class_of; /* of the table's rows; NULL: not known */
};
struct lt_class_source {
    struct lt_class_rows labelled, unlabelled; /* unlabelled: count 0 where there are none */
    int64_t features, classes;
    double share; /* of a batch that is labelled; 1 where all is */
};
/* Batches of both kinds, labelled rows first.  An epoch goes through whichever there are more of.
 * Reads through *source, which must live as long. */
struct lt_source lt_class_source(struct lt_class_source *source, uint64_t seed);

#endif
