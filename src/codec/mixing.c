#include "codec/mixing.h"

#include "base/mem.h"
#include "codec/mixing_parts.h"
#include <string.h>

enum {
    RATE = 6,      /* of learning weights, in 16ths, in the end, ... */
    HASTE = 200,   /* ... and what is added to it at first: HASTE / (times that they were used) */
    START = 12000, /* weights at first, 65536 is 1.0 */
};

/* ---- instruction sets ---- */

extern const struct lt_mixing_coder lt_mixing_coder_base;
#if defined(__x86_64__)
extern const struct lt_mixing_coder lt_mixing_coder_avx2, lt_mixing_coder_avx512;
static const struct lt_mixing_coder *const coders[LT_ISAS] = {
    &lt_mixing_coder_base, &lt_mixing_coder_avx2, &lt_mixing_coder_avx512};
#else
static const struct lt_mixing_coder *const coders[LT_ISAS] = {&lt_mixing_coder_base};
#endif

int lt_mixing_symbol(struct lt_mixing *m, struct lt_range *range, const struct lt_view *view,
                     int bits, int symbol)
{
    return m->coder->symbol(m, range, view, bits, symbol);
}

int lt_mixing_small(struct lt_mixing *m, struct lt_range *range, const struct lt_view *view,
                    int number)
{
    return m->coder->number(m, range, view, number);
}

int lt_mixing_simple(struct lt_mixing *m, struct lt_range *range, uint32_t hash, int bit)
{
    uint32_t *node = &m->simple[hash % LT_MIX_SIMPLE];
    uint32_t p = *node >> 16;
    bit = lt_range_bit(range, bit, p < 1 ? 1 : p);
    *node = lt_taught(*node, bit, m->pace[*node & LT_MIX_COUNT] >> 15);
    return bit;
}

/* ---- making ---- */

void lt_mixing_reset(struct lt_mixing *m)
{
    const int64_t nodes = (int64_t)m->sets * 256;
    memset(m->line, 0, sizeof *m->line << m->lines);
    memset(m->uses, 0, (size_t)nodes * sizeof *m->uses);
    for (int64_t i = 0; i < nodes; i++)
        for (int k = 0; k < LT_MIX_INPUTS; k++)
            m->weight[i][k] = START;
    for (int i = 0; i < LT_MIX_SIMPLE; i++)
        m->simple[i] = LT_MIX_FRESH;
    for (int i = 0; i < LT_MIX_CORRECTIONS; i++)
        for (int b = 0; b < LT_MIX_BUCKETS; b++) {
            int64_t s = (int64_t)b * LT_MIX_SPAN / (LT_MIX_BUCKETS - 1) - LT_STRETCH_MOST;
            m->correct[i][b] = (uint16_t)lt_squash(&m->logistic, s);
        }
}

static void fill_tables(struct lt_mixing *m)
{
    for (int p = 0; p <= 32768; p++)
        m->stretch[p < LT_STRETCH_FINE ? p : p / 16 + LT_MIX_FINE] = lt_stretch(&m->logistic, p);
    for (int n = 0; n <= LT_MIX_COUNT; n++) {
        int rate = 131072 / (2 * n + 3), trust = 512 * n / (2 * n + 1);
        m->pace[n] = rate << 15 | trust;
    }
    for (int n = 0; n <= LT_MIX_USES; n++)
        m->rate[n] = RATE + HASTE / (n + 1);
}

int lt_mixing_create(struct lt_mixing **out, int lines, int32_t sets, enum lt_isa isa,
                     struct lt_error *err)
{
    struct lt_mixing *m;
    *out = NULL;
    if (!lt_isa_has(isa))
        return lt_fail(err, LT_EUSAGE, "this CPU lacks the instructions %s", lt_isa_name(isa));
    int rc = lt_alloc(out, 1, sizeof **out, "a mixer", err);
    if (rc)
        return rc;
    m = *out;
    m->coder = coders[isa];
    m->lines = lines;
    m->sets = sets;
    rc = lt_alloc(&m->line, (size_t)1 << lines, sizeof *m->line, "a mixer", err);
    if (!rc)
        rc = lt_alloc(&m->weight, (size_t)sets * 256, sizeof *m->weight, "a mixer", err);
    if (!rc)
        rc = lt_alloc(&m->uses, (size_t)sets * 256, sizeof *m->uses, "a mixer", err);
    if (!rc)
        rc = lt_alloc(&m->correct, LT_MIX_CORRECTIONS, sizeof *m->correct, "a mixer", err);
    if (!rc)
        rc = lt_alloc(&m->simple, LT_MIX_SIMPLE, sizeof *m->simple, "a mixer", err);
    if (rc) {
        lt_mixing_free(out);
        return rc;
    }
    lt_logistic_init(&m->logistic);
    fill_tables(m);
    lt_mixing_reset(m);
    return 0;
}

void lt_mixing_free(struct lt_mixing **m)
{
    if (*m) {
        lt_free((*m)->line);
        lt_free((*m)->weight);
        lt_free((*m)->uses);
        lt_free((*m)->correct);
        lt_free((*m)->simple);
    }
    lt_free(*m);
    *m = NULL;
}
