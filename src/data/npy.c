/* NPY, NumPy's array format, versions 1 to 3: "\x93NUMPY", version, length of
 * the header, then a Python dictionary such as
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 784), }
 * and the values.  (numpy/lib/format.py) The dictionary is read strictly: these
 * three keys, once each, and nothing else. */
#include "data/readers.h"

#include "base/mem.h"
#include "data/table_ops.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LT_HEADER_MAX = 1 << 16, LT_HALF = -2 };

struct npy_head {
    int type;    /* enum lt_type, or LT_HALF: 16-bit reals */
    size_t size; /* bytes of one value */
    bool big_endian, fortran;
    int rank;
    int64_t shape[LT_SHAPE_MAX + 1];
    bool has_descr, has_order, has_shape;
};

struct scanner {
    const char *p, *end;
};

bool lt_npy_is(const struct lt_bytes *b)
{
    return b->size >= 6 && memcmp(b->data, "\x93NUMPY", 6) == 0;
}

/* ---- the header -------------------------------------------------------- */

static void skip_spaces(struct scanner *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t'))
        s->p++;
}

static bool take(struct scanner *s, const char *word)
{
    skip_spaces(s);
    size_t n = strlen(word);
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
        return false;
    s->p += n;
    return true;
}

/* 'text' or "text" without escapes. */
static bool take_string(struct scanner *s, char *buf, size_t size)
{
    skip_spaces(s);
    if (s->p == s->end || (*s->p != '\'' && *s->p != '"'))
        return false;
    char quote = *s->p++;
    size_t n = 0;
    while (s->p < s->end && *s->p != quote && *s->p != '\\' && n + 1 < size)
        buf[n++] = *s->p++;
    buf[n] = '\0';
    if (s->p == s->end || *s->p != quote)
        return false;
    s->p++;
    return true;
}

static bool take_count(struct scanner *s, int64_t *count)
{
    skip_spaces(s);
    const char *start = s->p;
    uint64_t value = 0;
    for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++) {
        if (value > (uint64_t)INT64_MAX / 10 - 1)
            return false;
        value = value * 10 + (uint64_t)(*s->p - '0');
    }
    *count = (int64_t)value;
    return s->p > start;
}

/* () or (n,) or (n, m, ...). */
static bool take_shape(struct scanner *s, struct npy_head *h)
{
    if (!take(s, "("))
        return false;
    while (!take(s, ")")) {
        if (h->rank == LT_SHAPE_MAX + 1 || !take_count(s, &h->shape[h->rank]))
            return false;
        h->rank++;
        if (take(s, ","))
            continue;
        return take(s, ")") && h->rank > 1;
    }
    return true;
}

static const struct {
    const char *code;
    int type;
    size_t size;
} npy_types[] = {
    {"f4", LT_F32, 4}, {"f8", LT_F64, 8}, {"u1", LT_U8, 1},   {"i1", LT_I8, 1},
    {"u2", LT_U16, 2}, {"i2", LT_I16, 2}, {"u4", LT_U32, 4},  {"i4", LT_I32, 4},
    {"u8", LT_U64, 8}, {"i8", LT_I64, 8}, {"b1", LT_BOOL, 1}, {"f2", LT_HALF, 2},
};

static int read_descr(struct npy_head *h, const char *descr, const char *name, struct lt_error *err)
{
    for (size_t i = 0; strchr("<>|=", descr[0]) && i < sizeof npy_types / sizeof *npy_types; i++) {
        if (descr[0] == '\0' || strcmp(descr + 1, npy_types[i].code) != 0)
            continue;
        if (descr[0] == '|' && npy_types[i].size > 1)
            break;
        h->type = npy_types[i].type;
        h->size = npy_types[i].size;
        h->big_endian = descr[0] == '>';
        h->has_descr = true;
        return LT_OK;
    }
    return lt_fail(
        err, LT_ECONTENT,
        "%s: holds values of type '%s'; f2, f4, f8, i1 to i8, u1 to u8 and b1 can be read", name,
        descr);
}

static int fail_header(const char *name, struct lt_error *err)
{
    return lt_fail(err, LT_ECONTENT, "%s: the NPY header is damaged; write the array again", name);
}

static int parse_header(struct npy_head *h, struct scanner s, const char *name,
                        struct lt_error *err)
{
    char key[32], descr[32];
    if (!take(&s, "{"))
        return fail_header(name, err);
    while (!take(&s, "}")) {
        if (!take_string(&s, key, sizeof key) || !take(&s, ":"))
            return fail_header(name, err);
        if (strcmp(key, "descr") == 0 && !h->has_descr) {
            if (!take_string(&s, descr, sizeof descr))
                return lt_fail(err, LT_ECONTENT,
                               "%s: holds records with fields, not one array of "
                               "numbers; write the columns as one array",
                               name);
            int rc = read_descr(h, descr, name, err);
            if (rc)
                return rc;
        } else if (strcmp(key, "fortran_order") == 0 && !h->has_order) {
            h->fortran = take(&s, "True");
            if (!h->fortran && !take(&s, "False"))
                return fail_header(name, err);
            h->has_order = true;
        } else if (strcmp(key, "shape") == 0 && !h->has_shape) {
            if (!take_shape(&s, h))
                return fail_header(name, err);
            h->has_shape = true;
        } else {
            return fail_header(name, err);
        }
        if (!take(&s, ",") && !(s.p < s.end && *s.p == '}'))
            return fail_header(name, err);
    }
    skip_spaces(&s);
    return s.p == s.end && h->has_descr && h->has_order && h->has_shape ? LT_OK
                                                                        : fail_header(name, err);
}

/* Finds the dictionary and *values_at. */
static int read_head(struct npy_head *h, const struct lt_bytes *b, const char *name,
                     size_t *values_at, struct lt_error *err)
{
    const unsigned char *p = b->data;
    if (b->size < 12)
        return lt_fail(err, LT_ECONTENT, "%s: the NPY header ends early", name);
    if (p[6] < 1 || p[6] > 3 || p[7] != 0)
        return lt_fail(err, LT_ECONTENT, "%s: is NPY version %d.%d; 1.0 to 3.0 can be read", name,
                       p[6], p[7]);
    size_t begin = p[6] == 1 ? 10 : 12;
    size_t length = (size_t)p[8] | (size_t)p[9] << 8;
    if (p[6] > 1)
        length |= (size_t)p[10] << 16 | (size_t)p[11] << 24;
    if (length > LT_HEADER_MAX || length > b->size - begin)
        return lt_fail(err, LT_ECONTENT,
                       "%s: the NPY header claims to be %zu bytes long, but %zu bytes follow", name,
                       length, b->size - begin);
    *values_at = begin + length;
    const char *text = (const char *)p + begin;
    return parse_header(h, (struct scanner){text, text + length}, name, err);
}

/* The number of values; checks that the file holds exactly them. */
static int check_size(const struct npy_head *h, size_t have, const char *name, size_t *count,
                      struct lt_error *err)
{
    char shape[LT_ARRAY_TEXT];
    int n = snprintf(shape, sizeof shape, "(");
    size_t bytes = 0;
    *count = 1;
    bool fits = true;
    for (int i = 0; i < h->rank; i++) {
        fits = fits && lt_size_mul(*count, (size_t)h->shape[i], count);
        n +=
            snprintf(shape + n, sizeof shape - (size_t)n, "%s%" PRId64, i ? ", " : "", h->shape[i]);
    }
    fits = fits && lt_size_mul(*count, h->size, &bytes);
    if (h->rank == 0)
        return lt_fail(err, LT_ECONTENT, "%s: holds a single value, not rows", name);
    if (fits && bytes > 0 && bytes == have)
        return LT_OK;
    if (fits && bytes == 0)
        return lt_fail(err, LT_ECONTENT, "%s: holds no rows: its shape is %s%s)", name, shape,
                       h->rank == 1 ? "," : "");
    return lt_fail(
        err, LT_ECONTENT,
        "%s: the NPY header promises %s%s) values of %zu bytes, but %zu bytes follow it; "
        "the file is cut off or damaged",
        name, shape, h->rank == 1 ? "," : "", h->size, have);
}

/* ---- the values -------------------------------------------------------- */

void lt_swap_bytes(void *values, size_t count, size_t size)
{
    unsigned char *p = values;
    for (size_t i = 0; i < count; i++, p += size) {
        for (size_t a = 0, b = size - 1; a < b; a++, b--) {
            unsigned char keep = p[a];
            p[a] = p[b];
            p[b] = keep;
        }
    }
}

/* IEEE 754 binary16 to binary32, exactly. */
static float half_value(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    uint32_t exponent = half >> 10 & 31u, fraction = half & 1023u;
    uint32_t bits;
    float value;
    if (exponent == 0) {
        value = (float)fraction * 0x1p-24f;
        memcpy(&bits, &value, sizeof bits);
    } else {
        bits = (exponent == 31 ? 255u : exponent + 112) << 23 | fraction << 13;
    }
    bits |= sign;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* From Fortran order (first index fastest) to C order: the value of C index k
 * stands at sum_i index_i * stride_i. */
static void reorder(char *to, const char *from, const struct npy_head *h, size_t count)
{
    size_t stride[LT_SHAPE_MAX + 1] = {1}, at = 0;
    int64_t index[LT_SHAPE_MAX + 1] = {0};
    for (int i = 1; i < h->rank; i++)
        stride[i] = stride[i - 1] * (size_t)h->shape[i - 1];
    for (size_t k = 0; k < count; k++) {
        memcpy(to + k * h->size, from + at * h->size, h->size);
        for (int i = h->rank - 1; i >= 0; i--) {
            at += stride[i];
            if (++index[i] < h->shape[i])
                break;
            at -= stride[i] * (size_t)h->shape[i];
            index[i] = 0;
        }
    }
}

/* Any value but 0 is true. */
static void clean_bools(unsigned char *p, size_t count)
{
    for (size_t i = 0; i < count; i++)
        p[i] = p[i] != 0;
}

static int convert(struct lt_array *out, const struct npy_head *h, const void *from, size_t count,
                   const char *name, struct lt_error *err)
{
    size_t room = h->type == LT_HALF ? sizeof(float) : h->size;
    int rc = lt_alloc(&out->owned, count, room, name, err);
    if (rc)
        return rc;
    /* Halves are first put into the upper part of their final room, so that
     * widening from the front never overwrites what is still to be read. */
    char *to = (char *)out->owned + (room - h->size) * count;
    if (h->fortran && h->rank > 1)
        reorder(to, from, h, count);
    else
        memcpy(to, from, count * h->size);
    if (h->big_endian && h->size > 1)
        lt_swap_bytes(to, count, h->size);
    if (h->type == LT_BOOL)
        clean_bools(out->owned, count);
    for (size_t i = 0; h->type == LT_HALF && i < count; i++) {
        uint16_t half;
        memcpy(&half, to + i * sizeof half, sizeof half);
        ((float *)out->owned)[i] = half_value(half);
    }
    out->values = out->owned;
    return LT_OK;
}

int lt_npy_read(struct lt_array *out, struct lt_bytes *bytes, const char *name,
                struct lt_error *err)
{
    *out = (struct lt_array){0};
    struct npy_head h = {0};
    size_t at = 0, count = 0;
    int rc = read_head(&h, bytes, name, &at, err);
    if (!rc)
        rc = check_size(&h, bytes->size - at, name, &count, err);
    if (rc)
        goto out;
    out->type = h.type == LT_HALF ? LT_F32 : (enum lt_type)h.type;
    out->rows = h.shape[0];
    out->rank = h.rank > 1 ? h.rank - 1 : 1;
    out->shape[0] = 1;
    for (int i = 1; i < h.rank; i++)
        out->shape[i - 1] = h.shape[i];
    const unsigned char *from = bytes->data + at;
    bool aligned = (uintptr_t)from % h.size == 0;
    if (h.big_endian || h.fortran || h.type == LT_HALF || h.type == LT_BOOL || !aligned) {
        rc = convert(out, &h, from, count, name, err);
    } else {
        out->values = from;
        out->bytes = *bytes;
        *bytes = (struct lt_bytes){0};
    }
out:
    lt_bytes_free(bytes);
    return rc;
}
