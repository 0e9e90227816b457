#include "codec/code.h"

#include "base/mem.h"

int lt_code_create(struct lt_code **out, int64_t dims, int64_t planes, struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, "a code", err);
    if (rc)
        return rc;
    (*out)->dims = dims;
    (*out)->planes = planes;
    rc = lt_alloc(&(*out)->scale, (size_t)dims, sizeof *(*out)->scale, "a code", err);
    if (!rc)
        rc = lt_pattern_create(&(*out)->pattern, dims, 0, 0, 0, err);
    if (rc)
        lt_code_free(out);
    return rc;
}

void lt_code_free(struct lt_code **code)
{
    if (*code) {
        lt_pattern_free(&(*code)->pattern);
        lt_intnet_free(&(*code)->decoder);
        lt_free((*code)->scale);
    }
    lt_free(*code);
    *code = NULL;
}

bool lt_code_possible(const struct lt_pattern *values)
{
    for (int64_t k = 0; k < lt_pattern_kinds(values); k++)
        if (values->series[k].low < -LT_GUESS_MOST || values->series[k].high > LT_GUESS_MOST)
            return false;
    return values->planes <= LT_INTNET_OUTPUTS;
}

/* ---- guessing ---- */

enum { FAR = 1 << 24 }; /* integers beyond it are shown as it */

static int64_t within(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

void lt_code_show(const struct lt_code *code, const int64_t *q, int16_t *x)
{
    for (int64_t k = 0; k < code->dims; k++) {
        int64_t shown = within(q[k], -FAR, FAR) * code->scale[k] >> LT_CODE_SHIFT;
        x[k] = (int16_t)within(shown, -LT_INTNET_MOST, LT_INTNET_MOST);
    }
}

static int32_t guess_of(int32_t y, const struct lt_series *s)
{
    int64_t range = (s->high - s->low) << LT_GUESS_POINT;
    int64_t up = (int64_t)y * range >> 16;
    return (int32_t)(s->low * (1 << LT_GUESS_POINT) + within(up, 0, range));
}

void lt_code_guess(const struct lt_code *code, const struct lt_pattern *values, const int64_t *q,
                   int64_t rows, int16_t *room, int32_t *guess)
{
    int16_t *x = room, *h = room + code->dims;
    for (int64_t r = 0; r < rows; r++) {
        lt_code_show(code, q + r * code->dims, x);
        lt_intnet_hidden(code->decoder, x, h);
        for (int64_t j = 0; j < code->planes; j++)
            *guess++ = guess_of(lt_intnet_unit(code->decoder, h, (int32_t)j),
                                lt_pattern_series(values, j));
    }
}

/* ---- as bytes ---- */

static int write_pattern(const struct lt_code *code, struct lt_growable *out, struct lt_error *err)
{
    struct lt_growable bytes = {0};
    int rc = lt_pattern_write(code->pattern, &bytes, err);
    if (!rc)
        rc = lt_growable_varint(out, bytes.used, err);
    if (!rc)
        rc = lt_growable_put(out, bytes.bytes, bytes.used, err);
    lt_growable_free(&bytes);
    return rc;
}

static int write_decoder(const struct lt_code *code, struct lt_growable *out, struct lt_error *err)
{
    uint8_t *bytes = NULL;
    size_t size = 0, room = 0;
    int rc = lt_intnet_write(code->decoder, &bytes, &size, &room, err);
    if (!rc)
        rc = lt_growable_put(out, bytes, size, err);
    lt_free(bytes);
    return rc;
}

int lt_code_write(const struct lt_code *code, struct lt_growable *out, struct lt_error *err)
{
    int rc = lt_growable_varint(out, (uint64_t)code->dims, err);
    if (!rc)
        rc = lt_growable_varint(out, (uint64_t)code->planes, err);
    for (int64_t k = 0; k < code->dims && !rc; k++)
        rc = lt_growable_varint(out, (uint64_t)code->scale[k], err);
    if (!rc)
        rc = write_pattern(code, out, err);
    return rc ? rc : write_decoder(code, out, err);
}

static bool all_numbers(const struct lt_pattern *p)
{
    for (int64_t k = 0; k < p->planes; k++)
        if (!p->series[k].number)
            return false;
    return p->scene == LT_SCENE_RECORDS && !p->guessed;
}

static int read_shape(struct lt_code **out, const struct lt_pattern *values, struct lt_reader *r,
                      struct lt_error *err)
{
    int64_t dims = (int64_t)lt_read_up_to(r, LT_CODE_DIMS);
    int64_t planes = (int64_t)lt_read_up_to(r, LT_PATTERN_PLANES);
    if (r->broken || dims < 1 || dims > planes || planes != values->planes ||
        !lt_code_possible(values))
        return lt_fail(err, LT_ECONTENT, "the model's code is not one of these rows");
    int rc = lt_code_create(out, dims, planes, err);
    for (int64_t k = 0; k < dims && !rc; k++) {
        (*out)->scale[k] = (int32_t)lt_read_up_to(r, LT_CODE_SCALE);
        if (r->broken || (*out)->scale[k] < 1)
            rc = lt_fail(err, LT_ECONTENT, "the model's code has no step for its number %lld",
                         (long long)k);
    }
    return rc;
}

int lt_code_read(struct lt_code **out, const struct lt_pattern *values, const void *bytes,
                 size_t size, enum lt_isa isa, struct lt_error *err)
{
    struct lt_reader r = lt_reader_of(bytes, size);
    struct lt_code *c = NULL;
    *out = NULL;
    int rc = read_shape(&c, values, &r, err);
    uint64_t n = rc ? 0 : lt_read_varint(&r);
    if (!rc && (r.broken || n > lt_reader_left(&r)))
        rc = lt_fail(err, LT_ECONTENT, "the model ends within its code");
    if (!rc) {
        lt_pattern_free(&c->pattern);
        rc = lt_pattern_read(&c->pattern, lt_read_bytes(&r, (size_t)n), (size_t)n, isa, err);
    }
    if (!rc)
        rc = lt_intnet_read(&c->decoder, r.p, lt_reader_left(&r), isa, err);
    if (!rc &&
        (c->pattern->planes != c->dims || !all_numbers(c->pattern) ||
         lt_intnet_inputs(c->decoder) != c->dims || lt_intnet_outputs(c->decoder) != c->planes))
        rc = lt_fail(err, LT_ECONTENT, "the parts of the model's code do not fit each other");
    if (rc)
        lt_code_free(&c);
    *out = c;
    return rc;
}
