/* Numbers without bounds, as symbols and bits.
 *
 * A number close to 0, as what is left of a good prediction is, is one symbol of 8 bits.  Any other is
 * a symbol that says the side, the length of what exceeds, its three leading bits as symbols, and the
 * rest as bits of even chance.
 */
#ifndef LT_CODEC_NUMBER_H
#define LT_CODEC_NUMBER_H

#include "codec/mixing.h"

enum {
    LT_NUMBER_NEAR = 119, /* most of a number that is one symbol */
    LT_NUMBER_ZERO = 128, /* the symbol of 0, for lt_view.common */
};

/* Codes a number under a view for its symbol; returns it. */
int64_t lt_mixing_number(struct lt_mixing *m, struct lt_range *range, const struct lt_view *view,
                         int64_t number);

#endif
