/* The optimizers, one file each, one row each in optimizer.c. */
#ifndef LT_TRAIN_OPTIMIZERS_H
#define LT_TRAIN_OPTIMIZERS_H

#include "train/optimizer.h"

extern const struct lt_optimizer_ops lt_optimizer_sgd, lt_optimizer_rmsprop, lt_optimizer_adam,
    lt_optimizer_adamw, lt_optimizer_lbfgs, lt_optimizer_foof;

/* One elementwise step over all parameters at once: m and v are the first two parts of the
 * state.  Weight decay acts on weights, not on biases. */
void lt_optimizer_update(struct lt_optimizer *o, enum lt_update kind,
                         const struct lt_update_args *args);

#endif
