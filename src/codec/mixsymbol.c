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

/* The bit at hand. */
struct bit {
    _Alignas(64) uint32_t node[LT_MIX_INPUTS];
    _Alignas(64) int32_t input[LT_MIX_INPUTS];
    _Alignas(64) int32_t pace[LT_MIX_INPUTS];
};

/* ---- the experts ---- */

static void find_lines(struct lt_mixing *m, const struct lt_view *v, int node, uint32_t **line)
{
    uint32_t hash[LT_CONTEXTS_ROOM];
    for (int i = 0; i < LT_CONTEXTS_ROOM; i++)
        hash[i] = lt_hash(v->hash[i], (uint32_t)(node + i * 256));
    for (int i = 0; i < v->contexts; i++) {
        line[i] = m->line[hash[i] >> (32 - m->lines)];
        __builtin_prefetch(line[i], 1);
    }
    for (int i = 0; i < v->contexts; i++) {
        uint32_t check = (hash[i] << 8 >> 8) | 1u << 24;
        if (line[i][0] == check)
            continue;
        line[i][0] = check;
        for (int k = 1; k < LT_MIX_LINE; k++)
            line[i][k] = LT_MIX_FRESH;
    }
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

/* Nodes move towards the bit. */
static inline void teach_nodes(struct bit *b, int bit)
{
    for (int i = 0; i < LT_MIX_INPUTS; i++)
        b->node[i] = lt_taught(b->node[i], bit, b->pace[i]);
}

/* ---- mixing ---- */

static inline int32_t dot(const int32_t *weight, const int32_t *input)
{
    int32_t sum = 0;
    for (int i = 0; i < LT_MIX_INPUTS; i++)
        sum += weight[i] * input[i] >> 4;
    return sum >> 12;
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
                     uint32_t *const *line, int within, int node, int bit)
{
    struct bit b;
    for (int i = 0; i < v->contexts; i++)
        b.node[i] = line[i][within];
    for (int i = v->contexts; i < LT_MIX_INPUTS; i++)
        b.node[i] = LT_MIX_FRESH;
    ask_nodes(m, &b);
    b.input[LT_MIX_BIAS] = 256;
    if (v->net)
        b.input[LT_MIX_NETWORK] =
            limited(lt_intnet_unit(v->net, v->hidden, v->unit + node) >> 8, LT_STRETCH_MOST);
    bit = code_bit(m, range, v, node, &b, bit);
    teach_nodes(&b, bit);
    for (int i = 0; i < v->contexts; i++)
        line[i][within] = b.node[i];
    return bit;
}

static int code_symbol(struct lt_mixing *m, struct lt_range *range, const struct lt_view *v,
                       int bits, int symbol)
{
    int node = 1;
    uint32_t *line[LT_CONTEXTS_MAX];
    if (v->common >= 0) {
        find_lines(m, v, 0, line);
        if (code_node(m, range, v, line, 1, 0, symbol == v->common))
            return v->common;
    }
    for (int k = bits - 1; k >= 0; k--) {
        int depth = (bits - 1 - k) % NIBBLE;
        if (depth == 0)
            find_lines(m, v, node, line);
        look_ahead(m, v, 2 * node & 255);
        look_ahead(m, v, (2 * node + 1) & 255);
        int within = (1 << depth) | (node & ((1 << depth) - 1));
        int bit = code_node(m, range, v, line, within, node, symbol >> k & 1);
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
    uint32_t *line[LT_CONTEXTS_MAX];
    for (int k = length - 2, depth = 0; k >= 0; k--, depth++) {
        int from = depth < LEADING ? group : group + FOLLOWING;
        if (depth % LEADING == 0) {
            find_lines(m, v, depth ? from + 256 * known : from, line);
            node = 1;
        }
        int bit = code_node(m, range, v, line, node, from + node, size >> k & 1);
        node = node << 1 | bit;
        known = known << 1 | bit;
    }
    return known;
}

static int code_number(struct lt_mixing *m, struct lt_range *range, const struct lt_view *v,
                       int number)
{
    int size = number < 0 ? -number : number, length = 1;
    uint32_t *line[LT_CONTEXTS_MAX];
    find_lines(m, v, 0, line);
    look_ahead(m, v, IS_LONGER);
    if (code_node(m, range, v, line, IS_ZERO, IS_ZERO, number == 0))
        return 0;
    for (; length <= LENGTHS; length++) {
        int node = IS_LONGER + length - 1;
        look_ahead(m, v, node + 1);
        look_ahead(m, v, node + LENGTHS);
        if (!code_node(m, range, v, line, node, node, size >> length != 0))
            break;
    }
    int node = SIGN + (length < LENGTHS ? length : LENGTHS) - 1;
    int sign = code_node(m, range, v, line, node, node, number < 0);
    size = length > LENGTHS ? LT_NUMBER_FAR : code_bits(m, range, v, length, sign, size);
    return sign ? -size : size;
}

extern const struct lt_mixing_coder LT_ISA_NAME(lt_mixing_coder);
const struct lt_mixing_coder LT_ISA_NAME(lt_mixing_coder) = {code_symbol, code_number};
