/* Dynamic binarisation: values between 0 and 1 read as chances.
 *
 * A source of rows whose values are 0 or 1, 1 with a probability of what the
 * source behind it gives, drawn anew in every epoch from the seed, the epoch and
 * the row (Salakhutdinov and Murray, "On the quantitative analysis of deep belief
 * networks", ICML 2008).  Rows that are measured are always drawn alike.
 */
#ifndef LT_APP_BINARISE_H
#define LT_APP_BINARISE_H

#include "train/trainer.h"

struct lt_binarise {
    struct lt_source source; /* behind it */
    int64_t width;           /* of a row */
    uint64_t seed;
    int threads;
};
/* Reads through *binarise, which must live as long. */
struct lt_source lt_binarise_source(struct lt_binarise *binarise);

/* One row, in place; missing values (NaN) stay. */
void lt_binarise_row(uint64_t seed, uint32_t epoch, int64_t row, int64_t width,
                     float *x /* (width) */);

#endif
