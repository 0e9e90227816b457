/* Optimizers.  Each sees the weights as one array of parameter blocks and a way
 * to evaluate the objective and its gradient at the current weights, so that
 * first-order methods, matrix methods and L-BFGS share one training loop.
 *
 * All state is one block of floats in backend memory plus a few doubles, so
 * that a checkpoint is a copy and a restored run continues to the same bits.
 */
#ifndef LT_TRAIN_OPTIMIZER_H
#define LT_TRAIN_OPTIMIZER_H

#include "kernels/backend.h"
#include "net/net.h"
#include <stdbool.h>
#include <stdint.h>

struct lt_optimizer_settings {
    double lr;                   /* 0: the optimizer's default */
    double momentum;             /* sgd */
    double decay;                /* decoupled weight decay; -1: the optimizer's default */
    double clip;                 /* limit on the gradient's norm; 0: none */
    enum lt_precision precision; /* of matrix products inside the optimizer */
    bool linear;                 /* the outputs are linear, not squeezed into [0, 1] */
    int64_t batch;               /* rows of a full batch */
};

/* What a step needs from the loop. */
struct lt_step {
    double lr;    /* of this step, schedule included */
    int64_t step; /* from 0 */
    int64_t rows; /* of this step's batch */
    void *context;
    /* Computes the gradient at the current weights into the gradient buffer (penalties, reduce
     * hook included) and returns the objective. */
    double (*evaluate)(void *context);
    /* Tells that the weights have changed; before every evaluate but the first. */
    void (*moved)(void *context);
};

enum { LT_OPTIMIZER_COUNTERS = 8 };

struct lt_optimizer_ops;
struct lt_optimizer {
    const struct lt_optimizer_ops *ops;
    struct lt_backend *backend;
    const struct lt_net *net; /* matrix methods look at the layers' inputs */
    const struct lt_params *params;
    struct lt_buffer weights, gradients;
    struct lt_optimizer_settings settings;
    void *state;                           /* backend memory: state_floats floats, then scratch */
    size_t state_floats;                   /* what a checkpoint holds */
    double counter[LT_OPTIMIZER_COUNTERS]; /* more state, on the host */
    void *own;                             /* planned products and the like; never state */
};

struct lt_optimizer_ops {
    const char *name;
    double lr;        /* default learning rate */
    double lr_linear; /* the same where outputs are linear; 0: no difference */
    int64_t lr_batch; /* the batch both are meant for: smaller ones get less, as the square root of
                         their ratio; 0: any */
    double decay;     /* default weight decay */
    bool full_batch;  /* every step evaluates all training rows */
    size_t (*state_floats)(const struct lt_params *params);
    size_t (*scratch_floats)(const struct lt_params *params);    /* may be NULL */
    int (*create)(struct lt_optimizer *o, struct lt_error *err); /* may be NULL */
    void (*free)(struct lt_optimizer *o);                        /* may be NULL */
    /* One step; returns the objective before it. */
    double (*step)(struct lt_optimizer *o, const struct lt_step *step);
};

/* The table's rows by name and by number (NULL past the end). */
const struct lt_optimizer_ops *lt_optimizer_by_name(const char *name);
const struct lt_optimizer_ops *lt_optimizer_at(int index);

/* The learning rate and weight decay that settings mean, defaults filled in. */
double lt_optimizer_lr(const struct lt_optimizer_ops *ops,
                       const struct lt_optimizer_settings *settings);
double lt_optimizer_decay(const struct lt_optimizer_ops *ops,
                          const struct lt_optimizer_settings *settings);

int lt_optimizer_create(struct lt_optimizer **out, const struct lt_optimizer_ops *ops,
                        struct lt_backend *backend, const struct lt_net *net,
                        const struct lt_optimizer_settings *settings, struct lt_error *err);
void lt_optimizer_free(struct lt_optimizer **o);

/* For optimizers: part `index` of the state, each as long as the parameters. */
struct lt_buffer lt_optimizer_state(const struct lt_optimizer *o, int index);
struct lt_buffer lt_optimizer_scratch(const struct lt_optimizer *o);
/* The factor that brings the gradient's norm under the clip limit, or 1. */
double lt_optimizer_clip(const struct lt_optimizer *o);

#endif
