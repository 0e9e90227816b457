/* Predictors: networks that learn to tell outputs from features, and end as integers.
 *
 * What the codec asks of a network is small: from what is known of the neighbours of a value, the
 * chances of the next bits of it, or the value itself.  A predictor is trained in floats by the
 * engine that trains everything else,
 *
 *     features -> dense, ReLU (up to three times) -> dense -> outputs,
 *
 * on examples that the caller makes as they are read.  Then its hidden layers are scaled so that
 * their values fill the range of an integer network (ReLU(c x) = c ReLU(x) for c > 0: what a layer is
 * divided by, the next is multiplied with), and it is rounded (codec/intnet.h).
 *
 * The same examples, settings and seed give the same bits for any number of threads, as long as steps
 * rather than seconds end the training.
 */
#ifndef LT_APP_PREDICTOR_H
#define LT_APP_PREDICTOR_H

#include "codec/intnet.h"
#include "kernels/backend.h"
#include "train/trainer.h"
#include <stdint.h>

struct lt_examples {
    int64_t count;
    int64_t features, outputs;
    /* Writes examples ids[0..n-1], each its features as an integer network sees them (divided by
     * LT_INTNET_ONE; within +-8) and its targets: values, or 0 and 1 for bce; NaN where an output is
     * not asked, which then counts nothing.  Called from one thread. */
    int (*read)(void *context, const int64_t *ids /* (n) */, int64_t n,
                float *x /* (n, features + outputs) */, struct lt_error *err);
    void *context;
};

enum { LT_PREDICTOR_HIDDEN = 3 };

struct lt_predictor_settings {
    int layers;                          /* hidden ones, 1 to LT_PREDICTOR_HIDDEN */
    int64_t hidden[LT_PREDICTOR_HIDDEN]; /* their widths */
    enum lt_loss loss;                   /* bce: outputs are logits; mse, huber, mae: values */
    int64_t steps;                       /* planned; 0: the budget decides */
    double budget;                       /* seconds of training; 0: none */
    int64_t batch;                       /* examples of a step; 0: 1024 */
    double lr;                           /* learning rate; 0: 0.008 */
    uint64_t seed;
    const float
        *initial; /* weights to begin with, layer by layer (out, in) and biases; NULL: random */
    int bits;     /* fractional bits of the integer weights where they fit; 0: 10 */
    struct lt_backend *backend;
    enum lt_precision precision; /* as lt_backend_precision says it */
    enum lt_isa isa;             /* of the integer network */
    int (*progress)(void *context, const struct lt_train_progress *progress); /* as in trainer.h */
    void *progress_context;
};

struct lt_predictor_report {
    int64_t steps;              /* taken */
    double seconds, per_second; /* of training; examples */
    /* On examples kept from training, a tenth of all and at most 8,192: the mean loss of an example,
     * summed over the outputs that it asks (nats for bce). */
    int64_t kept;
    double float_loss, integer_loss;
    double
        clamped; /* share of the last hidden values of the integer network that are at their limit */
};

/* *out is sealed, and freed with lt_intnet_free.  `report` may be NULL. */
int lt_predictor_train(struct lt_intnet **out, const struct lt_examples *examples,
                       const struct lt_predictor_settings *settings,
                       struct lt_predictor_report *report, struct lt_error *err);

#endif
