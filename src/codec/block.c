#include "codec/block.h"

#include "base/mem.h"
#include "codec/lag.h"
#include "codec/number.h"

struct lt_blockcoder {
    const struct lt_pattern *pattern;
    struct lt_mixing *mixing;
    struct lt_surroundings *surroundings;
    uint16_t *lags; /* of the block at hand */
    size_t room;
};

/* log2 of how many lines of 64 bytes a coder has: those that numbers need stay in a cache of the processor;
 * symbols gain more from many than they lose by waiting for them. */
enum { LINES_NUMBERS = 16, LINES_SYMBOLS = 18 };

static int lines_for(const struct lt_pattern *p)
{
    int64_t numbers = 0, kinds = lt_pattern_kinds(p);
    for (int64_t k = 0; k < kinds; k++)
        numbers += p->series[k].number;
    return numbers * 2 < kinds ? LINES_SYMBOLS : LINES_NUMBERS;
}

int lt_blockcoder_create(struct lt_blockcoder **out, const struct lt_pattern *pattern,
                         struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, "a coder", err);
    if (rc)
        return rc;
    (*out)->pattern = pattern;
    rc = lt_mixing_create(&(*out)->mixing, lines_for(pattern), lt_surroundings_sets(pattern),
                          pattern->isa, err);
    if (!rc)
        rc = lt_surroundings_create(&(*out)->surroundings, pattern, err);
    if (rc)
        lt_blockcoder_free(out);
    return rc;
}

void lt_blockcoder_free(struct lt_blockcoder **coder)
{
    if (*coder) {
        lt_mixing_free(&(*coder)->mixing);
        lt_surroundings_free(&(*coder)->surroundings);
        lt_free((*coder)->lags);
    }
    lt_free(*coder);
    *coder = NULL;
}

/* Difference and sum that wrap around. */
static int64_t less(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}
static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t code_value(struct lt_mixing *m, struct lt_range *range,
                          const struct lt_outlook *outlook, int64_t value)
{
    const struct lt_series *s = outlook->series;
    if (!s->number)
        return lt_mixing_symbol(m, range, &outlook->view, s->bits, (int)value);
    return plus(outlook->base,
                lt_mixing_number(m, range, &outlook->view, less(value, outlook->base)));
}

/* Both ways: while decoding, values are filled in. */
static void code_rows(struct lt_blockcoder *b, struct lt_range *range, int64_t rows,
                      const int32_t *guess, int64_t *values)
{
    int64_t planes = b->pattern->planes;
    struct lt_outlook outlook = {0};
    lt_mixing_reset(b->mixing);
    lt_surroundings_begin(b->surroundings, values, guess, b->lags);
    for (int64_t row = 0; row < rows; row++) {
        lt_surroundings_row(b->surroundings, row);
        for (int64_t plane = 0; plane < planes; plane++) {
            int64_t *value = &values[row * planes + plane];
            lt_surroundings_look(b->surroundings, plane, &outlook);
            int64_t coded = code_value(b->mixing, range, &outlook, *value);
            if (range->decoding)
                *value = coded;
            lt_surroundings_seen(b->surroundings, plane, outlook.base);
        }
    }
}

/* Room for the lags of so many rows. */
static int need_lags(struct lt_blockcoder *b, int64_t rows, struct lt_error *err)
{
    size_t need = b->pattern->lagged ? (size_t)lt_lag_segments(rows) : 0;
    return lt_grow(&b->lags, &b->room, need, sizeof *b->lags, "a coder", err);
}

int lt_block_encode(struct lt_blockcoder *b, const int64_t *values, const int32_t *guess,
                    int64_t rows, unsigned char *bytes, size_t size, size_t *written,
                    struct lt_error *err)
{
    int64_t segments = b->pattern->lagged ? lt_lag_segments(rows) : 0;
    *written = 0;
    if (size / 2 < (size_t)segments)
        return 0;
    int rc = need_lags(b, rows, err);
    if (rc)
        return rc;
    if (segments > 0)
        lt_lags_find(b->pattern, values, rows, b->lags);
    for (int64_t i = 0; i < segments; i++, bytes += 2, size -= 2) {
        bytes[0] = (unsigned char)b->lags[i];
        bytes[1] = (unsigned char)(b->lags[i] >> 8);
    }
    struct lt_range range = lt_range_encoder(bytes, size);
    code_rows(b, &range, rows, guess, (int64_t *)values); /* which encoding leaves alone */
    size_t coded = lt_range_finish(&range);
    *written = coded > 0 ? coded + 2 * (size_t)segments : 0;
    return 0;
}

int lt_block_decode(struct lt_blockcoder *b, const unsigned char *bytes, size_t size, int64_t rows,
                    const int32_t *guess, int64_t *values, struct lt_error *err)
{
    int64_t segments = b->pattern->lagged ? lt_lag_segments(rows) : 0;
    if (size / 2 < (size_t)segments)
        return lt_fail(err, LT_ECONTENT, "a block ends within its lags");
    int rc = need_lags(b, rows, err);
    if (rc)
        return rc;
    for (int64_t i = 0; i < segments; i++, bytes += 2, size -= 2)
        b->lags[i] = (uint16_t)(bytes[0] | bytes[1] << 8);
    struct lt_range range = lt_range_decoder(bytes, size);
    code_rows(b, &range, rows, guess, values);
    return 0;
}
