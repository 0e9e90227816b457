/* Compiled once per instruction set; see kernels/isa.h.
 *
 * The inputs of a bit fill a vector of 32-bit integers, and everything that is done for each of them is
 * a loop over all, whose numbers are kept small enough for 32 bits:
 *
 *     |input| <= 2839 (Q8),  |weight| <= 2^19 (Q16):  their product < 2^31
 *     the sum of 16 such products, each divided by 16 < 2^31
 *     |error| <= 65535 (16 + 200) / 32 < 2^19 in learning a weight:  error times input < 2^31
 *     2^15 times the pace of a node (16 bits) < 2^31
 */
#include "codec/intnet.h"
#include "codec/mixing_parts.h"
#if defined(__AVX2__)
#include <immintrin.h>
#endif

enum {
    NIBBLE = 4, /* bits of a symbol that share a line */
    HEAVIEST = 1 << 19,
};

/* Where the lines of a view's contexts begin, in words of lt_mixing.line. */
struct lines {
    _Alignas(64) int32_t at[LT_CONTEXTS_ROOM];
};

/* The bit at hand. */
struct bit {
    _Alignas(64) uint32_t node[LT_MIX_INPUTS];
    _Alignas(64) int32_t input[LT_MIX_INPUTS];
    _Alignas(64) int32_t pace[LT_MIX_INPUTS];
};

/* ---- the experts ---- */

/* The other line where what belongs into one may stand. */
enum { BESIDE = LT_MIX_LINE };

/* Each context has two lines where it may stand; a new one takes that whose first node was met less, once
 * all that are known are found. */
static void find_lines(struct lt_mixing *m, const struct lt_view *v, int node, struct lines *lines)
{
    uint32_t *const words = m->line[0], check[LT_CONTEXTS_ROOM], missing = 0;
    int32_t *at = lines->at;
    for (int i = 0; i < LT_CONTEXTS_ROOM; i++) {
        uint32_t hash = lt_hash(v->hash[i], (uint32_t)(node + i * 256));
        at[i] = (int32_t)((hash >> (32 - m->lines)) * LT_MIX_LINE);
        check[i] = (hash & 0xffffff) | 1u << 24;
    }
    for (int i = 0; i < v->contexts; i++) {
        if (words[at[i]] == check[i])
            continue;
        if (words[at[i] ^ BESIDE] == check[i])
            at[i] ^= BESIDE;
        else
            missing |= 1u << i;
    }
    for (int i = 0; missing; i++, missing >>= 1) {
        if (!(missing & 1))
            continue;
        if ((words[(at[i] ^ BESIDE) + 1] & LT_MIX_COUNT) < (words[at[i] + 1] & LT_MIX_COUNT))
            at[i] ^= BESIDE;
        for (int k = 0; k < LT_MIX_LINE; k++)
            words[at[i] + k] = LT_MIX_FRESH;
        words[at[i]] = check[i];
    }
}

/* The nodes that stand at `within` of their lines; fresh ones for contexts that there are not. */
static inline void fetch_nodes(const struct lt_mixing *m, const struct lines *lines, int contexts,
                               int within, uint32_t *node)
{
    const uint32_t *words = m->line[0] + within;
#if defined(__AVX512F__)
    const __mmask16 all = (__mmask16)((1u << contexts) - 1);
    __m512i fresh = _mm512_set1_epi32((int)LT_MIX_FRESH), at = _mm512_load_si512(lines->at);
    _mm512_store_si512(node, _mm512_mask_i32gather_epi32(fresh, all, at, words, 4));
#else
    for (int i = 0; i < LT_MIX_INPUTS; i++)
        node[i] = i < contexts ? words[lines->at[i]] : LT_MIX_FRESH;
#endif
}

static inline void store_nodes(struct lt_mixing *m, const struct lines *lines, int contexts,
                               int within, const uint32_t *node)
{
    uint32_t *words = m->line[0] + within;
    for (int i = 0; i < contexts; i++)
        words[lines->at[i]] = node[i];
}

static inline int32_t limited(int32_t v, int32_t most)
{
    v = v > most ? most : v;
    return v < -most ? -most : v;
}

static inline void look_up(const int32_t *table, const int32_t *index, int32_t *to)
{
#if defined(__AVX512F__)
    _mm512_storeu_si512(to, _mm512_i32gather_epi32(_mm512_loadu_si512(index), table, 4));
#elif defined(__AVX2__)
    for (int i = 0; i < LT_MIX_INPUTS; i += 8) {
        __m256i at = _mm256_loadu_si256((const void *)(index + i));
        _mm256_storeu_si256((void *)(to + i), _mm256_i32gather_epi32(table, at, 4));
    }
#else
    for (int i = 0; i < LT_MIX_INPUTS; i++)
        to[i] = table[index[i]];
#endif
}

/* What the nodes say, as far as they are trusted. */
static inline void ask_nodes(const struct lt_mixing *m, struct bit *b)
{
    int32_t index[LT_MIX_INPUTS], pace[LT_MIX_INPUTS];
    for (int i = 0; i < LT_MIX_INPUTS; i++) {
        int32_t p = (int32_t)(b->node[i] >> 16), q = p > 32768 ? 65536 - p : p;
        index[i] = q < LT_STRETCH_FINE ? q : (q >> 4) + LT_MIX_FINE;
    }
    look_up(m->stretch, index, b->input);
    for (int i = 0; i < LT_MIX_INPUTS; i++)
        index[i] = (int32_t)(b->node[i] & LT_MIX_COUNT);
    look_up(m->pace, index, pace);
    for (int i = 0; i < LT_MIX_INPUTS; i++) {
        int32_t s = b->input[i] * (pace[i] & 0x7fff) >> 8;
        b->input[i] = b->node[i] >> 31 ? -s : s;
        b->pace[i] = pace[i] >> 15;
    }
}

/* The inputs that are no nodes: a bias, and what the network says.  Processors wait where single numbers
 * go into a vector that is read as a whole next. */
static inline void put_fixed(int32_t *input, int32_t told)
{
#if defined(__AVX512F__)
    __m256i upper = _mm256_set_epi32(told, 256, 0, 0, 0, 0, 0, 0);
    __m512i fixed = _mm512_inserti64x4(_mm512_setzero_si512(), upper, 1);
    const __mmask16 which = 1 << LT_MIX_BIAS | 1 << LT_MIX_NETWORK;
    _mm512_storeu_si512(input, _mm512_mask_blend_epi32(which, _mm512_loadu_si512(input), fixed));
#elif defined(__AVX2__)
    __m256i upper = _mm256_loadu_si256((const void *)(input + 8));
    __m256i fixed = _mm256_set_epi32(told, 256, 0, 0, 0, 0, 0, 0);
    _mm256_storeu_si256((void *)(input + 8), _mm256_blend_epi32(upper, fixed, 0xc0));
#else
    input[LT_MIX_BIAS] = 256;
    input[LT_MIX_NETWORK] = told;
#endif
}
_Static_assert(LT_MIX_BIAS == 14 && LT_MIX_NETWORK == 15, "put_fixed sets the last two lanes");

/* Nodes move towards the bit. */
static inline void teach_nodes(struct bit *b, int bit)
{
    for (int i = 0; i < LT_MIX_INPUTS; i++)
        b->node[i] = lt_taught(b->node[i], bit, b->pace[i]);
}

/* ---- mixing ---- */

static inline int32_t dot(const int32_t *weight, const int32_t *input)
{
#if defined(__AVX512F__)
    __m512i product = _mm512_mullo_epi32(_mm512_loadu_si512(weight), _mm512_loadu_si512(input));
    return _mm512_reduce_add_epi32(_mm512_srai_epi32(product, 4)) >> 12;
#elif defined(__AVX2__)
    __m256i sums = _mm256_setzero_si256();
    for (int i = 0; i < LT_MIX_INPUTS; i += 8) {
        __m256i product = _mm256_mullo_epi32(_mm256_loadu_si256((const void *)(weight + i)),
                                             _mm256_loadu_si256((const void *)(input + i)));
        sums = _mm256_add_epi32(sums, _mm256_srai_epi32(product, 4));
    }
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1))) >> 12;
#else
    int32_t sum = 0;
    for (int i = 0; i < LT_MIX_INPUTS; i++)
        sum += weight[i] * input[i] >> 4;
    return sum >> 12;
#endif
}

static inline void teach_weights(int32_t *weight, const int32_t *input, int32_t error)
{
    for (int i = 0; i < LT_MIX_INPUTS; i++)
        weight[i] = limited(weight[i] + ((input[i] * error + (1 << 12)) >> 13), HEAVIEST);
}

/* The probability that is mixed and corrected, between two buckets; *near is the nearer. */
static inline int correct(const struct lt_mixing *m, uint16_t *buckets, int32_t mean,
                          uint16_t **near)
{
    uint32_t place = (uint32_t)(mean + LT_STRETCH_MOST) * (LT_MIX_BUCKETS - 1);
    uint32_t b = place / LT_MIX_SPAN, part = place % LT_MIX_SPAN;
    uint32_t corrected = (buckets[b] * (LT_MIX_SPAN - part) + buckets[b + 1] * part) / LT_MIX_SPAN;
    int p = (lt_squash(&m->logistic, mean) + (int)corrected) / 2;
    *near = &buckets[part * 2 < LT_MIX_SPAN ? b : b + 1];
    return p < 1 ? 1 : p > 65535 ? 65535 : p;
}

static inline uint16_t *correction_of(const struct lt_mixing *m, const struct lt_view *v, int node)
{
    return m->correct[(v->guess + (uint32_t)node) % LT_MIX_CORRECTIONS];
}

static int code_bit(struct lt_mixing *m, struct lt_range *range, const struct lt_view *v, int node,
                    const struct bit *b, int bit)
{
    int32_t stretched[LT_SELECTORS], mean = 0;
    int32_t *weight[LT_SELECTORS];
    uint16_t *uses[LT_SELECTORS], *near;
    for (int s = 0; s < LT_SELECTORS; s++) {
        int64_t at = (int64_t)node * m->sets + v->set[s];
        weight[s] = m->weight[at];
        uses[s] = &m->uses[at];
        stretched[s] = dot(weight[s], b->input);
        mean += limited(stretched[s], 1 << 20);
    }
    mean = limited(mean / LT_SELECTORS, LT_STRETCH_MOST);
    int p = correct(m, correction_of(m, v, node), mean, &near);
    bit = lt_range_bit(range, bit, (uint32_t)p);
    for (int s = 0; s < LT_SELECTORS; s++) {
        int32_t error = (bit << 16) - lt_squash(&m->logistic, stretched[s]);
        teach_weights(weight[s], b->input, error * m->rate[*uses[s]] >> 5);
        *uses[s] = (uint16_t)(*uses[s] + (*uses[s] < LT_MIX_USES));
    }
    *near = (uint16_t)(*near + (((bit ? 65535 : 0) - *near) >> 6));
    return bit;
}

/* Asks for the weights of a node that may follow. */
static inline void look_ahead(const struct lt_mixing *m, const struct lt_view *v, int node)
{
    for (int s = 0; s < LT_SELECTORS; s++) {
        int64_t at = (int64_t)node * m->sets + v->set[s];
        __builtin_prefetch(m->weight[at], 1);
        __builtin_prefetch(&m->uses[at], 1);
    }
    __builtin_prefetch(correction_of(m, v, node), 1);
}

/* Codes the bit of a node whose slots stand at `within` of the lines. */
static int code_node(struct lt_mixing *m, struct lt_range *range, const struct lt_view *v,
                     const struct lines *lines, int within, int node, int bit)
{
    struct bit b;
    fetch_nodes(m, lines, v->contexts, within, b.node);
    ask_nodes(m, &b);
    int32_t told = 0;
    if (v->net)
        told = limited(lt_intnet_unit(v->net, v->hidden, v->unit + node) >> 8, LT_STRETCH_MOST);
    put_fixed(b.input, told);
    bit = code_bit(m, range, v, node, &b, bit);
    teach_nodes(&b, bit);
    store_nodes(m, lines, v->contexts, within, b.node);
    return bit;
}

static int code_symbol(struct lt_mixing *m, struct lt_range *range, const struct lt_view *v,
                       int bits, int symbol)
{
    int node = 1;
    struct lines lines;
    if (v->common >= 0) {
        find_lines(m, v, 0, &lines);
        if (code_node(m, range, v, &lines, 1, 0, symbol == v->common))
            return v->common;
    }
    for (int k = bits - 1; k >= 0; k--) {
        int depth = (bits - 1 - k) % NIBBLE;
        if (depth == 0)
            find_lines(m, v, node, &lines);
        look_ahead(m, v, 2 * node & 255);
        look_ahead(m, v, (2 * node + 1) & 255);
        int within = (1 << depth) | (node & ((1 << depth) - 1));
        int bit = code_node(m, range, v, &lines, within, node, symbol >> k & 1);
        node = node << 1 | bit;
    }
    return node - (1 << bits);
}

/* ---- numbers ---- */

/* Nodes of a number: is it 0, is its length more than 1, 2, ... 7, its sign by its length; then for each
 * length and sign three bits below the highest, and those that follow.  The first 15 share a line. */
enum { IS_ZERO = 1, IS_LONGER = 2, SIGN = 9, LENGTHS = 7, LEADING = 3, FOLLOWING = 112 };

/* The bits below the highest one of a number of so many. */
static int code_bits(struct lt_mixing *m, struct lt_range *range, const struct lt_view *v,
                     int length, int sign, int size)
{
    const int group = 16 * length + 8 * sign;
    int node = 1, known = 1;
    struct lines lines;
    for (int k = length - 2, depth = 0; k >= 0; k--, depth++) {
        int from = depth < LEADING ? group : group + FOLLOWING;
        if (depth % LEADING == 0) {
            find_lines(m, v, depth ? from + 256 * known : from, &lines);
            node = 1;
        }
        int bit = code_node(m, range, v, &lines, node, from + node, size >> k & 1);
        node = node << 1 | bit;
        known = known << 1 | bit;
    }
    return known;
}

static int code_number(struct lt_mixing *m, struct lt_range *range, const struct lt_view *v,
                       int number)
{
    int size = number < 0 ? -number : number, length = 1;
    struct lines lines;
    find_lines(m, v, 0, &lines);
    look_ahead(m, v, IS_LONGER);
    if (code_node(m, range, v, &lines, IS_ZERO, IS_ZERO, number == 0))
        return 0;
    for (; length <= LENGTHS; length++) {
        int node = IS_LONGER + length - 1;
        look_ahead(m, v, node + 1);
        look_ahead(m, v, node + LENGTHS);
        if (!code_node(m, range, v, &lines, node, node, size >> length != 0))
            break;
    }
    int node = SIGN + (length < LENGTHS ? length : LENGTHS) - 1;
    int sign = code_node(m, range, v, &lines, node, node, number < 0);
    size = length > LENGTHS ? LT_NUMBER_FAR : code_bits(m, range, v, length, sign, size);
    return sign ? -size : size;
}

extern const struct lt_mixing_coder LT_ISA_NAME(lt_mixing_coder);
const struct lt_mixing_coder LT_ISA_NAME(lt_mixing_coder) = {code_symbol, code_number};
