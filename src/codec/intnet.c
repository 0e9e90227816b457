#include "codec/intdot.h"

#include "base/mem.h"
#include <stdbool.h>
#include <string.h>

/* ---- instruction sets ---- */

extern const struct lt_intdot lt_intdot_base;
#if defined(__x86_64__)
extern const struct lt_intdot lt_intdot_avx2, lt_intdot_avx512;
static const struct lt_intdot *const tables[LT_ISAS] = {&lt_intdot_base, &lt_intdot_avx2,
                                                        &lt_intdot_avx512};
#else
static const struct lt_intdot *const tables[LT_ISAS] = {&lt_intdot_base};
#endif

const struct lt_intdot *lt_intdot_table(enum lt_isa isa)
{
    return lt_isa_has(isa) ? tables[isa] : NULL;
}

/* ---- making ---- */

static bool is_last(const struct lt_intnet *net, int l)
{
    return l == net->layers - 1;
}

static int check_sizes(int layers, const int64_t *widths, struct lt_error *err)
{
    int64_t weights = 0;
    if (layers < 1 || layers > LT_INTNET_LAYERS)
        return lt_fail(err, LT_ECONTENT, "an integer network has 1 to %d layers, not %d",
                       LT_INTNET_LAYERS, layers);
    for (int l = 0; l <= layers; l++) {
        const int64_t most = l == layers ? LT_INTNET_OUTPUTS : LT_INTNET_WIDTH;
        if (widths[l] < 1 || widths[l] > most)
            return lt_fail(err, LT_ECONTENT,
                           "layer %d of an integer network has %lld %s; 1 to %lld are possible",
                           l ? l : 1, (long long)widths[l], l ? "outputs" : "inputs",
                           (long long)most);
        if (l > 0)
            weights += (int64_t)lt_intnet_padded(widths[l - 1]) * lt_intnet_padded(widths[l]);
    }
    if (weights > LT_INTNET_WEIGHTS)
        return lt_fail(err, LT_ECONTENT, "an integer network has %lld weights; %d are possible",
                       (long long)weights, LT_INTNET_WEIGHTS);
    return 0;
}

static int create_layer(struct lt_intlayer *l, int64_t inputs, int64_t outputs, bool last,
                        struct lt_error *err)
{
    const size_t rows = (size_t)lt_intnet_padded(outputs),
                 columns = (size_t)lt_intnet_padded(inputs);
    *l = (struct lt_intlayer){
        .inputs = (int32_t)inputs, .outputs = (int32_t)outputs, .stride = (int32_t)columns};
    int rc = lt_alloc(&l->weights, (size_t)outputs * columns, sizeof *l->weights,
                      "an integer network", err);
    if (!rc)
        rc = lt_alloc(&l->biases, rows, sizeof *l->biases, "an integer network", err);
    if (!rc && !last)
        rc = lt_alloc(&l->pairs, rows * columns, sizeof *l->pairs, "an integer network", err);
    return rc;
}

int lt_intnet_create(struct lt_intnet **out, int layers, const int64_t *widths, enum lt_isa isa,
                     struct lt_error *err)
{
    *out = NULL;
    if (!lt_intdot_table(isa))
        return lt_fail(err, LT_EUSAGE, "this CPU lacks the instructions %s", lt_isa_name(isa));
    int rc = check_sizes(layers, widths, err);
    if (!rc)
        rc = lt_alloc(out, 1, sizeof **out, "an integer network", err);
    if (rc)
        return rc;
    (*out)->layers = layers;
    (*out)->dot = lt_intdot_table(isa);
    for (int l = 0; l < layers && !rc; l++)
        rc = create_layer(&(*out)->layer[l], widths[l], widths[l + 1], l == layers - 1, err);
    if (rc)
        lt_intnet_free(out);
    return rc;
}

void lt_intnet_free(struct lt_intnet **net)
{
    struct lt_intnet *n = *net;
    *net = NULL;
    for (int l = 0; n && l < n->layers; l++) {
        lt_free(n->layer[l].weights);
        lt_free(n->layer[l].biases);
        lt_free(n->layer[l].pairs);
    }
    lt_free(n);
}

/* Whether no sum of a row can leave an int32. */
static bool row_fits(const struct lt_intlayer *l, int32_t o)
{
    const int16_t *w = l->weights + (int64_t)o * l->stride;
    const int64_t bias = l->biases[o], half = (1 << l->shift) >> 1;
    int64_t sum = 0;
    for (int32_t i = 0; i < l->inputs; i++)
        sum += w[i] < 0 ? -w[i] : w[i];
    return sum * LT_INTNET_MOST + (bias < 0 ? -bias : bias) + half <= INT32_MAX;
}

static void pack_pairs(struct lt_intlayer *l)
{
    for (int32_t o = 0; o < l->outputs; o++) {
        const int16_t *w = l->weights + (int64_t)o * l->stride;
        int16_t *to = l->pairs + (int64_t)(o / LT_INTNET_PAD) * LT_INTNET_PAD * l->stride +
                      2 * (o % LT_INTNET_PAD);
        for (int32_t i = 0; i < l->stride; i += 2)
            memcpy(to + (int64_t)i * LT_INTNET_PAD, w + i, 2 * sizeof *w);
    }
}

int lt_intnet_seal(struct lt_intnet *net, struct lt_error *err)
{
    for (int k = 0; k < net->layers; k++) {
        struct lt_intlayer *l = &net->layer[k];
        if (l->shift < 0 || l->shift > LT_INTNET_SHIFT)
            return lt_fail(err, LT_ECONTENT,
                           "the weights of layer %d of an integer network have %d fractional "
                           "bits; 0 to %d are possible",
                           k + 1, l->shift, LT_INTNET_SHIFT);
        for (int32_t o = 0; o < l->outputs; o++)
            if (!row_fits(l, o))
                return lt_fail(err, LT_ECONTENT,
                               "the weights of unit %ld in layer %d of an integer network are so "
                               "large that its sum may overflow",
                               (long)o, k + 1);
        if (!is_last(net, k))
            pack_pairs(l);
    }
    return 0;
}

/* ---- running ---- */

static int16_t clamp(int16_t x)
{
    return x > LT_INTNET_MOST ? LT_INTNET_MOST : x < -LT_INTNET_MOST ? -LT_INTNET_MOST : x;
}

static void take_inputs(const struct lt_intlayer *first, const int16_t *x, int16_t *to)
{
    for (int32_t i = 0; i < first->inputs; i++)
        to[i] = clamp(x[i]);
    for (int32_t i = first->inputs; i < first->stride; i++)
        to[i] = 0;
}

/* Hidden layers from `first` on, whose inputs lie in room[first % 2]. */
static void run_hidden(const struct lt_intnet *net, int first, int16_t (*room)[LT_INTNET_WIDTH],
                       int16_t *h)
{
    const int hidden = net->layers - 1;
    for (int l = first; l < hidden; l++)
        net->dot->hidden(&net->layer[l], room[l % 2], l + 1 < hidden ? room[(l + 1) % 2] : h);
}

void lt_intnet_hidden(const struct lt_intnet *net, const int16_t *x, int16_t *h)
{
    _Alignas(LT_INTNET_PAD * 2) int16_t room[2][LT_INTNET_WIDTH];
    take_inputs(&net->layer[0], x, net->layers > 1 ? room[0] : h);
    run_hidden(net, 0, room, h);
}

struct lt_intmemo {
    int16_t *x;   /* inputs, padded, ... */
    int32_t *sum; /* ... and what the first layer sums up to for them, padded */
};

int lt_intmemo_create(struct lt_intmemo **out, const struct lt_intnet *net, struct lt_error *err)
{
    const struct lt_intlayer *l = &net->layer[0];
    const size_t outputs = (size_t)lt_intnet_padded(l->outputs);
    int rc = lt_alloc(out, 1, sizeof **out, "a network's inputs", err);
    if (rc)
        return rc;
    rc = lt_alloc(&(*out)->x, (size_t)l->stride, sizeof *(*out)->x, "a network's inputs", err);
    if (!rc)
        rc = lt_alloc(&(*out)->sum, outputs, sizeof *(*out)->sum, "a network's inputs", err);
    if (rc)
        lt_intmemo_free(out);
    else
        memcpy((*out)->sum, l->biases, outputs * sizeof *l->biases);
    return rc;
}

void lt_intmemo_free(struct lt_intmemo **memo)
{
    if (*memo) {
        lt_free((*memo)->x);
        lt_free((*memo)->sum);
    }
    lt_free(*memo);
    *memo = NULL;
}

void lt_intnet_hidden_again(const struct lt_intnet *net, struct lt_intmemo *memo, const int16_t *x,
                            int16_t *h)
{
    _Alignas(LT_INTNET_PAD * 2) int16_t room[2][LT_INTNET_WIDTH];
    const struct lt_intlayer *first = &net->layer[0];
    take_inputs(first, x, room[0]);
    net->dot->move(first, room[0], memo->x, memo->sum);
    net->dot->squash(first, memo->sum, net->layers > 2 ? room[1] : h);
    run_hidden(net, 1, room, h);
}

int32_t lt_intnet_unit(const struct lt_intnet *net, const int16_t *h, int32_t unit)
{
    enum { Q16 = 1 << (16 - LT_INTNET_POINT) }; /* sums have shift + 10 fractional bits */
    const struct lt_intlayer *l = &net->layer[net->layers - 1];
    const int32_t sum =
        net->dot->dot(l->stride, l->weights + (int64_t)unit * l->stride, h) + l->biases[unit];
    /* Rounded half up; compilers shift negative numbers arithmetically, which tests hold them to. */
    const int64_t y = ((int64_t)sum * Q16 + ((1 << l->shift) >> 1)) >> l->shift;
    return (int32_t)(y > INT32_MAX ? INT32_MAX : y < INT32_MIN ? INT32_MIN : y);
}
