/* Greedy pretraining: one layer at a time.
 *
 * Layer k of the encoder learns, with its mirror in the decoder, to give back what layer k - 1 puts out
 * from a corrupted copy of it: a chain of denoising autoencoders, of which each is trained with those
 * below it fixed (Bengio et al., "Greedy layer-wise training of deep networks", NIPS 2006; Vincent et al.,
 * "Stacked denoising autoencoders", JMLR 2010).  Their weights are where the training of all layers
 * together starts, which "unrolls" them.
 *
 * Every layer is a function of the data, the settings and the seed: training it again gives the same
 * bits.
 */
#ifndef LT_APP_GREEDY_H
#define LT_APP_GREEDY_H

#include "app/build.h"
#include "train/trainer.h"

struct lt_greedy {
    const struct lt_autoencoder *shape;
    const struct lt_train_settings *train; /* of the whole: optimizer, batch, seed, callbacks */
    struct lt_backend *backend;
    enum lt_precision precision;
    struct lt_source rows; /* that train */
    const float *mean;     /* (D), of these; and their mean square sum */
    double mean_square;
    int64_t steps; /* of every layer; 0: the seconds decide */
    double seconds;
};

/* How many layers there are to train: the hidden ones and the code. */
static inline int lt_greedy_layers(const struct lt_autoencoder *a)
{
    return a->hidden + (a->dims > 0);
}
/* Refuses what has no layers of its own to train: LT_EUSAGE. */
int lt_greedy_check(const struct lt_autoencoder *a, struct lt_error *err);

/* Puts the layers' weights in the place of those of the same nodes; all others stay. */
int lt_greedy_start(const struct lt_greedy *greedy, const struct lt_params *layout,
                    float *weights /* (layout->total) */, struct lt_error *err);

#endif
