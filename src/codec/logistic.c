#include "codec/logistic.h"

/* squash(s) = 65536 / (1 + exp(-s)): exp(-s/256) by repeated multiplication with exp(-1/256), in Q32,
 * which strays by less than 2^-20 over the whole range. */
static void fill_squash(struct lt_logistic *t)
{
    const uint64_t one = (uint64_t)1 << 32, step = 4278222805u; /* exp(-1/256) 2^32 */
    uint64_t e = one;
    for (int s = 0; s <= LT_STRETCH_MOST; s++) {
        uint64_t p = (((uint64_t)1 << 49) / (one + e) + 1) >> 1;
        p = p > 65535 ? 65535 : p;
        t->squash[LT_STRETCH_MOST + s] = (uint16_t)p;
        t->squash[LT_STRETCH_MOST - s] = (uint16_t)(65536 - p);
        e = (e * step + one / 2) >> 32;
    }
}

/* The first s whose squash reaches p: the inverse, as squash grows with s. */
static void fill_stretch(struct lt_logistic *t)
{
    int s = 0, most = 2 * LT_STRETCH_MOST;
    for (int p = 0; p < 65536; p++) {
        while (s < most && t->squash[s] < p)
            s++;
        if (p < LT_STRETCH_FINE)
            t->fine[p] = (int16_t)(s - LT_STRETCH_MOST);
        if ((p & 15) == 8)
            t->coarse[p >> 4] = (int16_t)(s - LT_STRETCH_MOST);
    }
}

void lt_logistic_init(struct lt_logistic *tables)
{
    fill_squash(tables);
    fill_stretch(tables);
}
