/* Training classifiers: one table of labelled rows, perhaps one of unlabelled ones, and one pretrained
 * model, from which any number of classifiers are trained: on all of the labelled rows or on some, from
 * the model's weights or from drawn ones, everything else alike.
 */
#ifndef LT_APP_TUNER_H
#define LT_APP_TUNER_H

#include "app/classifier.h"
#include "app/predict.h"
#include "latent.h"
#include "model/model.h"

struct lt_finetune_data {
    struct lt_table *table, *labels; /* a label for each row */
    struct lt_table *unlabelled; /* rows without labels in the columns of the model; NULL: none */
};

struct lt_tuner {
    const struct lt_model *from;
    const struct lt_finetune_data *data;
    const latent_finetune_options *options;
    const latent_apply_options *apply;
    double started; /* clock */
    struct lt_backend *backend;
    struct lt_table *table, *unlabelled; /* in the columns of the model */
    struct lt_classes classes;
    int32_t *class_of;       /* (rows of the table) */
    struct lt_net_spec spec; /* of the classifier trained last ... */
    float *weights;          /* ... and its parameters */
    struct lt_train_outcome outcome;
    const char *stage; /* told while training */
    const int64_t
        *kept; /* (kept_count) rows that judge where a training starts: logistic regression of the
                            codes as they are; NULL: it is not wanted */
    int64_t kept_count;
    struct lt_class_quality start; /* what they found in the last training */
};

/* LT_ECONTENT: labels that are no classes, columns that are missing.  All that is
 * given must outlive it. */
int lt_tuner_open(struct lt_tuner *tuner, const struct lt_model *model,
                  const struct lt_finetune_data *data, const latent_finetune_options *options,
                  const latent_apply_options *apply, struct lt_error *err);
void lt_tuner_close(struct lt_tuner *tuner);

/* The labelled rows in an order that the seed names: the first `kept` are to judge (*judge is NULL where
 * none are), the rest is to train.  Both are indices into the table and freed with lt_free. */
int lt_tuner_split(const struct lt_tuner *tuner, int64_t kept, int64_t **judge, int64_t **train,
                   struct lt_error *err);

/* One classifier, of the rows listed; `scratch`: from drawn weights. */
int lt_tuner_train(struct lt_tuner *tuner, const int64_t *rows, int64_t count, bool scratch,
                   uint64_t seed, struct lt_error *err);
/* How good the last one is on the rows listed. */
int lt_tuner_judge(const struct lt_tuner *tuner, const int64_t *rows, int64_t count,
                   struct lt_class_quality *quality, struct lt_error *err);

#endif
