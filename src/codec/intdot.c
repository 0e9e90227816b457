/* Compiled once per instruction set; see kernels/isa.h.
 *
 * Base is plain C on rows of weights.  The others multiply two neighbouring inputs with the weights
 * of many outputs at once (pmaddwd adds each two products), so that the sums of a layer stay side by
 * side in registers and are never added across.  Integers: the order changes no bit. */
#include "codec/intdot.h"

#include <string.h>

/* What a sum of a hidden layer becomes; b is part of it. */
static inline int16_t squash(int32_t sum, int shift)
{
    const int32_t positive = sum > 0 ? sum : 0;
    const int32_t y = (positive + ((1 << shift) >> 1)) >> shift;
    return (int16_t)(y < LT_INTNET_MOST ? y : LT_INTNET_MOST);
}

#if defined(__AVX2__)
#include <immintrin.h>

#if defined(__AVX512BW__)
typedef __m512i vec;
static inline vec load(const void *p)
{
    return _mm512_loadu_si512(p);
}
static inline void store(void *p, vec v)
{
    _mm512_storeu_si512(p, v);
}
static inline vec twice(const int16_t *x) /* two inputs in every lane */
{
    int32_t both;
    memcpy(&both, x, sizeof both);
    return _mm512_set1_epi32(both);
}
static inline vec add_products(vec sum, vec w, vec x)
{
    return _mm512_add_epi32(sum, _mm512_madd_epi16(w, x));
}
static inline vec zero(void)
{
    return _mm512_setzero_si512();
}
#else
typedef __m256i vec;
static inline vec load(const void *p)
{
    return _mm256_loadu_si256(p);
}
static inline void store(void *p, vec v)
{
    _mm256_storeu_si256(p, v);
}
static inline vec twice(const int16_t *x) /* two inputs in every lane */
{
    int32_t both;
    memcpy(&both, x, sizeof both);
    return _mm256_set1_epi32(both);
}
static inline vec add_products(vec sum, vec w, vec x)
{
    return _mm256_add_epi32(sum, _mm256_madd_epi16(w, x));
}
static inline vec zero(void)
{
    return _mm256_setzero_si256();
}
#endif

enum {
    LANES = sizeof(vec) / sizeof(int32_t),
    VECTORS = LT_INTNET_PAD / LANES, /* of the sums of LT_INTNET_PAD outputs */
};

static int32_t dot(int64_t n, const int16_t *w, const int16_t *x)
{
    int32_t lane[LANES], sum = 0;
    vec s = zero();
    for (int64_t i = 0; i < n; i += 2 * LANES)
        s = add_products(s, load(w + i), load(x + i));
    store(lane, s);
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

static void hidden(const struct lt_intlayer *l, const int16_t *x, int16_t *y)
{
    const int16_t *w = l->pairs;
    for (int32_t o = 0; o < l->outputs; o += LT_INTNET_PAD) {
        vec s[VECTORS];
        int32_t sum[LT_INTNET_PAD];
        for (int k = 0; k < VECTORS; k++)
            s[k] = load(l->biases + o + k * LANES);
        for (int32_t i = 0; i < l->stride; i += 2) {
            const vec both = twice(x + i);
            for (int k = 0; k < VECTORS; k++, w += 2 * LANES)
                s[k] = add_products(s[k], load(w), both);
        }
        for (int k = 0; k < VECTORS; k++)
            store(sum + k * LANES, s[k]);
        for (int k = 0; k < LT_INTNET_PAD; k++)
            y[o + k] = squash(sum[k], l->shift);
    }
}

#else

static int32_t dot(int64_t n, const int16_t *w, const int16_t *x)
{
    int32_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (int32_t)w[i] * x[i];
    return sum;
}

static void hidden(const struct lt_intlayer *l, const int16_t *x, int16_t *y)
{
    const int32_t padded = lt_intnet_padded(l->outputs);
    for (int32_t o = 0; o < l->outputs; o++)
        y[o] =
            squash(dot(l->stride, l->weights + (int64_t)o * l->stride, x) + l->biases[o], l->shift);
    memset(y + l->outputs, 0, (size_t)(padded - l->outputs) * sizeof *y);
}

#endif

extern const struct lt_intdot LT_ISA_NAME(lt_intdot);
const struct lt_intdot LT_ISA_NAME(lt_intdot) = {.dot = dot, .hidden = hidden};
