/* Numbers without bounds, as symbols and bits.
 *
 * A number close to 0, as what is left of a good prediction is, is coded by lt_mixing_small.  Any other is
 * one that says the side, the length of what exceeds, its three leading bits as symbols, and the rest as
 * bits of even chance.
 *
 * Where numbers are noise their lowest bits, view->fine of them, are set aside: what is above them is
 * coded as such a number, and of themselves the three highest have a probability each and the rest even chance.
 */
#ifndef LT_CODEC_NUMBER_H
#define LT_CODEC_NUMBER_H

#include "codec/mixing.h"

enum { LT_FINE_MOST = 48 }; /* view->fine */

/* Codes a number under a view for its symbol; returns it. */
int64_t lt_mixing_number(struct lt_mixing *m, struct lt_range *range, const struct lt_view *view,
                         int64_t number);

#endif
