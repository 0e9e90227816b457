/* Integer networks from float weights. */
#include "codec/intnet.h"

#include <math.h>
#include <stdbool.h>

/* A layer as floats. */
struct source {
    const float *weights; /* (outputs, inputs) */
    const float *biases;  /* (outputs) */
};

/* Whether a row's numbers, times 2^shift, fit their types and the rule on sums.  Half a unit is added
 * for the rounding of each, so that what is rounded fits as well.  False for NaN. */
static bool row_fits(const struct source *s, const struct lt_intlayer *l, int32_t o, int shift)
{
    const float *w = s->weights + (int64_t)o * l->inputs;
    const double scale = ldexp(1, shift), bias = fabs((double)s->biases[o]);
    double sum = 0, most = 0;
    for (int32_t i = 0; i < l->inputs; i++) {
        sum += fabs((double)w[i]) * scale + 0.5;
        most = fmax(most, fabs((double)w[i]) * scale);
    }
    const double total = sum * LT_INTNET_MOST + bias * scale * LT_INTNET_ONE + 1 + scale / 2;
    return most <= INT16_MAX - 1 && total < INT32_MAX;
}

/* The largest shift up to `bits` that all rows fit; -1: none. */
static int choose_shift(const struct source *s, const struct lt_intlayer *l, int bits)
{
    int shift = bits;
    for (int32_t o = 0; o < l->outputs; o++)
        while (shift >= 0 && !row_fits(s, l, o, shift))
            shift--;
    return shift;
}

static void round_layer(const struct source *s, struct lt_intlayer *l)
{
    const double scale = ldexp(1, l->shift);
    for (int32_t o = 0; o < l->outputs; o++) {
        l->biases[o] = (int32_t)lrint((double)s->biases[o] * scale * LT_INTNET_ONE);
        for (int32_t i = 0; i < l->inputs; i++)
            l->weights[(int64_t)o * l->stride + i] =
                (int16_t)lrint((double)s->weights[(int64_t)o * l->inputs + i] * scale);
    }
}

int lt_intnet_quantise(struct lt_intnet **out, int layers, const int64_t *widths,
                       const float *const *weights, const float *const *biases, int bits,
                       enum lt_isa isa, struct lt_error *err)
{
    *out = NULL;
    if (bits < 0 || bits > LT_INTNET_SHIFT)
        return lt_fail(err, LT_EUSAGE,
                       "weights of an integer network have 0 to %d fractional bits, not %d",
                       LT_INTNET_SHIFT, bits);
    int rc = lt_intnet_create(out, layers, widths, isa, err);
    for (int k = 0; k < layers && !rc; k++) {
        const struct source s = {weights[k], biases[k]};
        struct lt_intlayer *l = &(*out)->layer[k];
        l->shift = choose_shift(&s, l, bits);
        if (l->shift < 0)
            rc = lt_fail(err, LT_EFAIL,
                         "the weights of layer %d are too large for an integer network", k + 1);
        else
            round_layer(&s, l);
    }
    if (!rc)
        rc = lt_intnet_seal(*out, err);
    if (rc && *out)
        lt_intnet_free(out);
    return rc;
}
