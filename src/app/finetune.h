/* Fine-tuning: a classifier from a pretrained autoencoder, few labels and many rows.
 *
 * The encoder's weights are where training starts; a softmax layer behind the code is new.  What is
 * learnt: the classes of the labelled rows, and that rows close to each other have the same class, which
 * unlabelled rows say as well as labelled ones (app/classifier.h).
 *
 * Rows are kept from training to judge by only where labels are many (lt_finetune_kept); the
 * schedule ends by itself, so none is needed to stop.
 */
#ifndef LT_APP_FINETUNE_H
#define LT_APP_FINETUNE_H

#include "app/classifier.h"
#include "app/report.h"
#include "latent.h"
#include "model/model.h"

struct lt_finetune_data {
    struct lt_table *table, *labels;
    struct lt_table *unlabelled; /* rows without labels in the columns of the model; NULL: none */
};

/* `out` is a copy of the model with a classifier in it.  LT_EUSAGE: options that do not fit; LT_ECONTENT:
 * labels that are none, too few rows. */
int lt_finetune(struct lt_model **out, const struct lt_model *model,
                const struct lt_finetune_data *data, const latent_finetune_options *options,
                const latent_apply_options *apply, struct lt_report *report, struct lt_error *err);

#endif
