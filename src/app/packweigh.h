/* Whether a code pays for itself: what rows that judge come to with it, without it, and by it alone.
 *
 * A code is bits that tell of a row as a whole, after which its values need fewer.  Contexts tell of the
 * values too, from those before them, and ask for no bits.  Here the three are compared on the same rows,
 * without networks: code and guesses alone, contexts alone, and both.
 */
#ifndef LT_APP_PACKWEIGH_H
#define LT_APP_PACKWEIGH_H

#include "app/packcode.h"

struct lt_packweigh {
    const struct lt_packcode *code;
    struct lt_pattern *pattern; /* of the values; as it was when this returns */
    const int64_t *values;      /* (rows, planes) that judge */
    int64_t rows;
};
/* Bits a value; those of the code are in the first and the last. */
struct lt_packweighed {
    double code_only, context_only, both;
    double decoder; /* bytes that the code takes of a model */
};
int lt_packweigh(struct lt_packweighed *out, const struct lt_packweigh *weigh,
                 struct lt_error *err);

#endif
