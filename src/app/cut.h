/* Images cut into crops for training, whole images apart for judging.
 */
#ifndef LT_APP_CUT_H
#define LT_APP_CUT_H

#include "data/table.h"

struct lt_cut {
    struct lt_table *train, *kept; /* crops */
    struct lt_table *images[2];    /* what they are cut from, where rows were kept */
};

/* Crops of side x side pixels.  `valid` NULL: `kept` images, drawn by seed and at least one, are kept from
 * training whole, so that no crop of an image judges what learnt from another.  Freed with
 * lt_cut_free, which accepts a zeroed one. */
int lt_cut_images(struct lt_cut *out, struct lt_table *table, struct lt_table *valid, int64_t side,
                  int64_t kept, uint64_t seed, struct lt_error *err);
void lt_cut_free(struct lt_cut *cut);

#endif
