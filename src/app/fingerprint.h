/* The fingerprint of a training: what it is done with, in one line of text.
 *
 * A checkpoint holds it, so that only the command that began a training goes on
 * with it.
 */
#ifndef LT_APP_FINGERPRINT_H
#define LT_APP_FINGERPRINT_H

#include "app/recipe.h"
#include "data/split.h"
#include "prep/prep.h"

struct lt_training {
    const struct lt_recipe *recipe;
    const struct lt_prep *prep;
    const struct lt_backend *backend;
    const struct lt_rowset *parts; /* (LT_PARTS) */
    const int64_t *rows;           /* that train, of the table behind the feed */
    struct lt_feed *feed;
    struct lt_feed *partners; /* of the same rows; NULL: no pairs */
};

/* Names data, network and training in `out`. */
int lt_fingerprint(char *out, size_t size, const struct lt_training *training,
                   struct lt_error *err);

#endif
