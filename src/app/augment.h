/* Augmentation: square images flipped and turned at random.
 *
 * A source of training rows that shows each row in one of its eight symmetries,
 * drawn anew in every epoch from the seed, the epoch and the row.  Rows that are
 * measured are left as they are.
 */
#ifndef LT_APP_AUGMENT_H
#define LT_APP_AUGMENT_H

#include "train/trainer.h"

struct lt_augment {
    struct lt_feed *feed;
    int64_t side, channels; /* images (side, side, channels) */
    uint64_t seed;
    float *row; /* one image */
};
int lt_augment_create(struct lt_augment *out, struct lt_feed *feed, int64_t side, int64_t channels,
                      uint64_t seed, struct lt_error *err);
void lt_augment_free(struct lt_augment *augment); /* a zeroed one is allowed; not the feed */
struct lt_source lt_augment_source(struct lt_augment *augment, struct lt_rowset rows);

#endif
