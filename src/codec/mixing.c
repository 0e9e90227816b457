#include "codec/mixing.h"

#include "base/mem.h"
#include "codec/intnet.h"
#include "codec/logistic.h"
#include <string.h>

enum {
    RATE = 6,    /* of learning weights, in 16ths, in the end, ... */
    HASTE = 200, /* ... and what is added to it at first: HASTE / (times that they were used) */
    USES = 1000, /* that are counted */
    NIBBLE = 4,  /* bits of a symbol that share a line */
    LINE = 16,   /* words: a check, and 15 nodes */
    INPUTS = LT_CONTEXTS_MAX + 2,
    WEIGHTS = INPUTS + 1, /* and how often they were used */
    START = 12000,        /* weights at first, 65536 is 1.0 */
    COUNT_MOST = 1023,
    BUCKETS = 33, /* of a correction */
    SPAN = 2 * LT_STRETCH_MOST + 1,
    CORRECTIONS = 4096,
};

/* A node: 22 bits of probability of a 1, 10 of how often it was met. */
static const uint32_t FRESH = 1u << 31;

struct lt_mixing {
    struct lt_logistic logistic;
    uint16_t rate[COUNT_MOST + 1];  /* 65536 / (n + 1.5) */
    uint16_t trust[COUNT_MOST + 1]; /* of a probability met n times, in Q8 */
    int lines;                      /* log2 */
    uint32_t (*line)[LINE];
    int32_t sets;
    int32_t (*weight)[WEIGHTS];   /* (sets, nodes) */
    uint16_t (*correct)[BUCKETS]; /* (CORRECTIONS) */
    /* of the bit at hand */
    uint32_t *node[LT_CONTEXTS_MAX];
    int32_t input[INPUTS];
};

/* ---- the experts ---- */

static uint32_t *find_line(struct lt_mixing *m, uint32_t hash)
{
    uint32_t index = hash >> (32 - m->lines), check = (hash << 8 >> 8) | 1u << 24;
    uint32_t *line = m->line[index];
    if (line[0] != check) {
        line[0] = check;
        for (int i = 1; i < LINE; i++)
            line[i] = FRESH;
    }
    return line;
}

static int32_t told(const struct lt_mixing *m, uint32_t node)
{
    int p = (int)(node >> 16);
    return lt_stretch(&m->logistic, p) * m->trust[node & COUNT_MOST] >> 8;
}

static void learn(const struct lt_mixing *m, uint32_t *node, int bit, uint32_t limit)
{
    uint32_t n = *node & COUNT_MOST, p = *node >> 10;
    int32_t towards = (int32_t)((bit ? (1u << 22) - 1 : 0)) - (int32_t)p;
    p = (uint32_t)((int32_t)p + (int32_t)((int64_t)towards * m->rate[n] >> 16));
    *node = p << 10 | (n < limit ? n + 1 : n);
}

/* ---- mixing ---- */

static int64_t dot(const int32_t *weight, const int32_t *input, int n)
{
    int64_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += (int64_t)weight[i] * input[i];
    return sum >> 16;
}

static void adjust(int32_t *weight, const int32_t *input, int n, int32_t error)
{
    for (int i = 0; i < n; i++)
        weight[i] += (int32_t)(((int64_t)input[i] * error + (1 << 13)) >> 14);
}

static int clamp_probability(int p)
{
    return p < 1 ? 1 : p > 65535 ? 65535 : p;
}
static int code_bit(struct lt_mixing *m, struct lt_range *range, const struct lt_view *v, int node,
                    int n, int bit)
{
    int64_t stretched[LT_SELECTORS], mean = 0;
    int32_t *weight[LT_SELECTORS];
    for (int s = 0; s < LT_SELECTORS; s++) {
        weight[s] = m->weight[(int64_t)v->set[s] * 256 + node];
        stretched[s] = dot(weight[s], m->input, n);
        mean += stretched[s];
    }
    mean /= LT_SELECTORS;
    mean = mean > LT_STRETCH_MOST    ? LT_STRETCH_MOST
           : mean < -LT_STRETCH_MOST ? -LT_STRETCH_MOST
                                     : mean;
    int mixed = lt_squash(&m->logistic, mean);
    /* the correction, between two buckets */
    int64_t place = (mean + LT_STRETCH_MOST) * (BUCKETS - 1);
    int64_t b = place / SPAN, part = place % SPAN;
    uint16_t *c = m->correct[lt_hash(v->guess, (uint32_t)node) % CORRECTIONS];
    int corrected = (int)((c[b] * (SPAN - part) + c[b + 1] * part) / SPAN);
    int p = clamp_probability((mixed + corrected) / 2);
    bit = lt_range_bit(range, bit, (uint32_t)p);
    for (int s = 0; s < LT_SELECTORS; s++) {
        int q = lt_squash(&m->logistic, stretched[s]);
        int32_t *uses = &weight[s][INPUTS], rate = RATE + HASTE / (*uses + 1);
        *uses += *uses < USES;
        adjust(weight[s], m->input, n, ((bit << 16) - q) * rate >> 4);
    }
    int64_t near = part * 2 < SPAN ? b : b + 1;
    c[near] = (uint16_t)(c[near] + (((bit ? 65535 : 0) - c[near]) >> 6));
    return bit;
}

/* Codes the bit of a node whose slots stand at `within` of the lines. */
static int code_node(struct lt_mixing *m, struct lt_range *range, const struct lt_view *v,
                     uint32_t *const *line, int within, int node, int bit)
{
    int n = 0;
    for (int i = 0; i < v->contexts; i++)
        m->input[n++] = told(m, line[i][within]);
    m->input[n++] = 256;
    if (v->net)
        m->input[n++] = lt_intnet_unit(v->net, v->hidden, v->unit + node) >> 8;
    bit = code_bit(m, range, v, node, n, bit);
    for (int i = 0; i < v->contexts; i++)
        learn(m, &line[i][within], bit, 1023);
    return bit;
}

static void find_lines(struct lt_mixing *m, const struct lt_view *v, int node, uint32_t **line)
{
    for (int i = 0; i < v->contexts; i++)
        line[i] = find_line(m, lt_hash(v->hash[i], (uint32_t)(node + i * 256)));
}

int lt_mixing_symbol(struct lt_mixing *m, struct lt_range *range, const struct lt_view *v, int bits,
                     int symbol)
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
        int within = (1 << depth) | (node & ((1 << depth) - 1));
        int bit = code_node(m, range, v, line, within, node, symbol >> k & 1);
        node = node << 1 | bit;
    }
    return node - (1 << bits);
}

/* ---- making ---- */

void lt_mixing_reset(struct lt_mixing *m)
{
    memset(m->line, 0, sizeof *m->line << m->lines);
    for (int64_t i = 0; i < (int64_t)m->sets * 256; i++)
        for (int k = 0; k < WEIGHTS; k++)
            m->weight[i][k] = k < INPUTS ? START : 0;
    for (int i = 0; i < CORRECTIONS; i++)
        for (int b = 0; b < BUCKETS; b++) {
            int64_t s = (int64_t)b * SPAN / (BUCKETS - 1) - LT_STRETCH_MOST;
            m->correct[i][b] = (uint16_t)lt_squash(&m->logistic, s);
        }
}

int lt_mixing_create(struct lt_mixing **out, int lines, int32_t sets, struct lt_error *err)
{
    struct lt_mixing *m;
    int rc = lt_alloc(out, 1, sizeof **out, "a mixer", err);
    if (rc)
        return rc;
    m = *out;
    m->lines = lines;
    m->sets = sets;
    rc = lt_alloc(&m->line, (size_t)1 << lines, sizeof *m->line, "a mixer", err);
    if (!rc)
        rc = lt_alloc(&m->weight, (size_t)sets * 256, sizeof *m->weight, "a mixer", err);
    if (!rc)
        rc = lt_alloc(&m->correct, CORRECTIONS, sizeof *m->correct, "a mixer", err);
    if (rc) {
        lt_mixing_free(out);
        return rc;
    }
    lt_logistic_init(&m->logistic);
    for (int n = 0; n <= COUNT_MOST; n++) {
        m->rate[n] = (uint16_t)(131072 / (2 * n + 3));
        m->trust[n] = (uint16_t)(512 * n / (2 * n + 1));
    }
    lt_mixing_reset(m);
    return 0;
}

void lt_mixing_free(struct lt_mixing **m)
{
    if (*m) {
        lt_free((*m)->line);
        lt_free((*m)->weight);
        lt_free((*m)->correct);
    }
    lt_free(*m);
    *m = NULL;
}
