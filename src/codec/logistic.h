/* Probabilities on the logistic scale, in integers.
 *
 *     stretch(p) = log(p / (1 - p))      squash(s) = 1 / (1 + exp(-s))
 *
 * Probabilities are 16 bits wide, 1 ... 65535 of 65536; stretched ones are in Q8 (256 is 1.0), within
 * +-LT_STRETCH_MOST.  The tables are made by multiplications of integers, so they are the same
 * everywhere.
 */
#ifndef LT_CODEC_LOGISTIC_H
#define LT_CODEC_LOGISTIC_H

#include <stdint.h>

enum {
    LT_STRETCH_MOST = 2839, /* log(65535) in Q8 */
    LT_STRETCH_FINE = 2048, /* probabilities below this one have an entry each, others one for 16 */
};

struct lt_logistic {
    uint16_t squash[2 * LT_STRETCH_MOST + 1];
    int16_t fine[LT_STRETCH_FINE];
    int16_t coarse[4096];
};
void lt_logistic_init(struct lt_logistic *tables);

static inline int lt_squash(const struct lt_logistic *t, int64_t s)
{
    s = s > LT_STRETCH_MOST ? LT_STRETCH_MOST : s < -LT_STRETCH_MOST ? -LT_STRETCH_MOST : s;
    return t->squash[s + LT_STRETCH_MOST];
}

static inline int lt_stretch(const struct lt_logistic *t, int p)
{
    if (p < LT_STRETCH_FINE)
        return t->fine[p];
    if (p > 65536 - LT_STRETCH_FINE)
        return -t->fine[65536 - p];
    return t->coarse[p >> 4];
}

#endif
