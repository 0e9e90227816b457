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

/* The sum of eight lanes. */
static inline int32_t add_across(__m256i v)
{
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
    return _mm_cvtsi128_si32(s);
}

#if defined(__AVX512BW__)
typedef __m512i vec;
#define load(p) _mm512_loadu_si512(p)
#define store(p, v) _mm512_storeu_si512(p, v)
#define zero() _mm512_setzero_si512()
#define differing(a, b) ((uint32_t)_mm512_cmpneq_epi32_mask(a, b))
#define repeat(both) _mm512_set1_epi32(both)
#define add_products(sum, w, x) _mm512_add_epi32(sum, _mm512_madd_epi16(w, x))
#define total(v)                                                                                   \
    add_across(_mm256_add_epi32(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1)))
#else
typedef __m256i vec;
#define load(p) _mm256_loadu_si256((const void *)(p))
#define store(p, v) _mm256_storeu_si256((void *)(p), v)
#define zero() _mm256_setzero_si256()
#define differing(a, b)                                                                            \
    (~(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b))) & 0xff)
#define repeat(both) _mm256_set1_epi32(both)
#define add_products(sum, w, x) _mm256_add_epi32(sum, _mm256_madd_epi16(w, x))
#define total(v) add_across(v)
#endif

/* Two neighbouring inputs in every lane. */
static inline vec twice(const int16_t *x)
{
    int32_t both;
    memcpy(&both, x, sizeof both);
    return repeat(both);
}

enum {
    LANES = sizeof(vec) / sizeof(int32_t),
    VECTORS = LT_INTNET_PAD / LANES, /* of the sums of LT_INTNET_PAD outputs */
};

static int32_t dot(int64_t n, const int16_t *w, const int16_t *x)
{
    vec s = zero();
    for (int64_t i = 0; i < n; i += 2 * LANES)
        s = add_products(s, load(w + i), load(x + i));
    return total(s);
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

/* Inputs i and i + 1 are others now. */
static inline void move_pair(const struct lt_intlayer *l, int32_t i, const int16_t *x,
                             const int16_t *seen, int32_t *sum)
{
    const int16_t by[2] = {(int16_t)(x[i] - seen[i]), (int16_t)(x[i + 1] - seen[i + 1])};
    const int16_t *w = l->pairs + i * LT_INTNET_PAD;
    const vec both = twice(by);
    for (int32_t o = 0; o < l->outputs; o += LT_INTNET_PAD, w += l->stride * LT_INTNET_PAD)
        for (int k = 0; k < VECTORS; k++) {
            int32_t *to = sum + o + k * LANES;
            store(to, add_products(load(to), load(w + k * 2 * LANES), both));
        }
}

static void move(const struct lt_intlayer *l, const int16_t *x, int16_t *seen, int32_t *sum)
{
    for (int32_t i = 0; i < l->stride; i += 2 * LANES) {
        const vec now = load(x + i);
        uint32_t pairs = differing(now, load(seen + i));
        for (; pairs; pairs &= pairs - 1)
            move_pair(l, i + 2 * __builtin_ctz(pairs), x, seen, sum);
        store(seen + i, now);
    }
}

#else

/* Says that a count of values is a multiple of LT_INTNET_PAD, which saves a loop its remainder. */
static inline int64_t whole(int64_t n)
{
    return n & ~(int64_t)(LT_INTNET_PAD - 1);
}

static int32_t dot(int64_t n, const int16_t *w, const int16_t *x)
{
    int32_t sum = 0;
    n = whole(n);
    for (int64_t i = 0; i < n; i++)
        sum += (int32_t)w[i] * x[i];
    return sum;
}

/* Four rows at once, so that an input is read once for all of them. */
static void dot4(int64_t n, const int16_t *w, const int16_t *x, int32_t sum[4])
{
    int32_t a = 0, b = 0, c = 0, d = 0;
    n = whole(n);
    for (int64_t i = 0; i < n; i++) {
        a += (int32_t)w[i] * x[i];
        b += (int32_t)w[n + i] * x[i];
        c += (int32_t)w[2 * n + i] * x[i];
        d += (int32_t)w[3 * n + i] * x[i];
    }
    sum[0] = a, sum[1] = b, sum[2] = c, sum[3] = d;
}

static void hidden(const struct lt_intlayer *l, const int16_t *x, int16_t *y)
{
    const int64_t n = l->stride;
    const int32_t padded = lt_intnet_padded(l->outputs);
    int32_t o = 0, sum[4];
    for (; o + 4 <= l->outputs; o += 4) {
        dot4(n, l->weights + o * n, x, sum);
        for (int k = 0; k < 4; k++)
            y[o + k] = squash(sum[k] + l->biases[o + k], l->shift);
    }
    for (; o < l->outputs; o++)
        y[o] = squash(dot(n, l->weights + o * n, x) + l->biases[o], l->shift);
    memset(y + l->outputs, 0, (size_t)(padded - l->outputs) * sizeof *y);
}

static void move(const struct lt_intlayer *l, const int16_t *x, int16_t *seen, int32_t *sum)
{
    for (int32_t i = 0; i < l->stride; i++) {
        const int32_t by = x[i] - seen[i];
        for (int32_t o = 0; by && o < l->outputs; o++)
            sum[o] += l->weights[(int64_t)o * l->stride + i] * by;
        seen[i] = x[i];
    }
}

#endif

static void squash_all(const struct lt_intlayer *l, const int32_t *sum, int16_t *y)
{
    const int32_t padded = lt_intnet_padded(l->outputs);
    for (int32_t o = 0; o < padded; o++)
        y[o] = squash(sum[o], l->shift);
}

extern const struct lt_intdot LT_ISA_NAME(lt_intdot);
const struct lt_intdot LT_ISA_NAME(lt_intdot) = {
    .dot = dot, .hidden = hidden, .move = move, .squash = squash_all};
