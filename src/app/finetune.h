/* Fine-tuning: a classifier from a pretrained autoencoder, few labels and many rows.
 *
 * The encoder's weights are where training starts; a softmax layer behind the code is new.  What is
 * learnt: the classes of the labelled rows, and that rows close to each other have the same class, which
 * unlabelled rows say as well as labelled ones (app/classifier.h).
 *
 * Rows are kept from training to judge by only where labels are many; the schedule ends by
 * itself, so none is needed to stop.
 */
#ifndef LT_APP_FINETUNE_H
#define LT_APP_FINETUNE_H

#include "app/report.h"
#include "app/tuner.h"

/* `out` is a copy of the model with a classifier in it.  LT_EUSAGE: options that do not fit; LT_ECONTENT:
 * labels that are none, too few rows. */
int lt_finetune(struct lt_model **out, const struct lt_model *model,
                const struct lt_finetune_data *data, const latent_finetune_options *options,
                const latent_apply_options *apply, struct lt_report *report, struct lt_error *err);

/* What labels are worth: classifiers of 10, 30, 100, ... labels, from scratch and from the pretrained
 * weights, on the same rows, with the same options and as many steps, judged on the same rows kept;
 * LT_CURVE_DRAWS draws of the labelled rows each, as many of each class as can be.  Says from how many labels
 * on pretraining no longer pays. */
enum { LT_CURVE_DRAWS = 3 };
int lt_learning_curve(const struct lt_model *model, const struct lt_finetune_data *data,
                      const latent_finetune_options *options, const latent_apply_options *apply,
                      struct lt_report *report, struct lt_error *err);

#endif
