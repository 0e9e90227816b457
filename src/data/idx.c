/* IDX, the format of the MNIST files: two zero bytes, a type, the number of
 * dimensions, then the dimensions as 32-bit big-endian numbers and the values,
 * big-endian as well.  (http://yann.lecun.com/exdb/mnist) */
#include "data/readers.h"

#include "base/mem.h"
#include <inttypes.h>
#include <string.h>

static const struct {
    unsigned char code;
    enum lt_type type;
} idx_types[] = {
    {0x08, LT_U8}, {0x09, LT_I8}, {0x0b, LT_I16}, {0x0c, LT_I32}, {0x0d, LT_F32}, {0x0e, LT_F64},
};

static int type_of(unsigned char code)
{
    for (size_t i = 0; i < sizeof idx_types / sizeof *idx_types; i++)
        if (idx_types[i].code == code)
            return (int)idx_types[i].type;
    return -1;
}

bool lt_idx_is(const struct lt_bytes *b)
{
    return b->size >= 4 && b->data[0] == 0 && b->data[1] == 0 && type_of(b->data[2]) >= 0 &&
           b->data[3] >= 1 && b->data[3] <= LT_SHAPE_MAX + 1;
}

static int64_t big_endian(const unsigned char *p)
{
    return (int64_t)p[0] << 24 | (int64_t)p[1] << 16 | (int64_t)p[2] << 8 | (int64_t)p[3];
}

/* Fills type, rows and shape, and *values_at; checks that the file holds them. */
static int read_head(struct lt_array *out, const struct lt_bytes *b, const char *name,
                     size_t *values_at, struct lt_error *err)
{
    int rank = b->data[3];
    *values_at = 4 + 4 * (size_t)rank;
    if (b->size < *values_at)
        return lt_fail(err, LT_ECONTENT, "%s: the IDX header ends early", name);
    out->type = (enum lt_type)type_of(b->data[2]);
    out->rows = big_endian(b->data + 4);
    out->rank = rank > 1 ? rank - 1 : 1;
    out->shape[0] = 1;
    size_t bytes = (size_t)out->rows;
    bool fits = lt_size_mul(bytes, lt_type_size(out->type), &bytes);
    for (int i = 1; i < rank; i++) {
        out->shape[i - 1] = big_endian(b->data + 4 + 4 * i);
        fits =
            fits && out->shape[i - 1] > 0 && lt_size_mul(bytes, (size_t)out->shape[i - 1], &bytes);
    }
    if (fits && bytes == b->size - *values_at)
        return LT_OK;
    char text[LT_ARRAY_TEXT];
    return lt_fail(
        err, LT_ECONTENT,
        "%s: the IDX header promises %s, but %zu bytes follow it; the file is cut off or "
        "damaged",
        name, lt_array_text(out, text), b->size - *values_at);
}

int lt_idx_read(struct lt_array *out, struct lt_bytes *bytes, const char *name,
                struct lt_error *err)
{
    *out = (struct lt_array){0};
    size_t at = 0;
    int rc = read_head(out, bytes, name, &at, err);
    if (rc)
        goto out;
    out->values = bytes->data + at;
    size_t size = lt_type_size(out->type);
    size_t count = (size_t)out->rows * (size_t)lt_array_width(out);
    if (size > 1) {
        if ((rc = lt_alloc(&out->owned, count, size, name, err)))
            goto out;
        memcpy(out->owned, out->values, count * size);
        lt_swap_bytes(out->owned, count, size);
        out->values = out->owned;
    } else {
        out->bytes = *bytes;
        *bytes = (struct lt_bytes){0};
    }
out:
    lt_bytes_free(bytes);
    return rc;
}
