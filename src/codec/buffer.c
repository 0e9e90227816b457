#include "codec/buffer.h"

#include "base/fmath.h"
#include "base/mem.h"
#include <string.h>

int lt_buffer_put(struct lt_buffer *buffer, const void *bytes, size_t n, struct lt_error *err)
{
    size_t need = 0;
    if (!lt_size_add(buffer->used, n, &need))
        return lt_fail_memory(err, "packing", SIZE_MAX);
    int rc = lt_grow(&buffer->bytes, &buffer->room, need, 1, "packing", err);
    if (rc)
        return rc;
    if (n)
        memcpy(buffer->bytes + buffer->used, bytes, n);
    buffer->used = need;
    return LT_OK;
}

int lt_buffer_varint(struct lt_buffer *buffer, uint64_t value, struct lt_error *err)
{
    unsigned char bytes[10];
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (unsigned char)(value | 0x80);
    bytes[n++] = (unsigned char)value;
    return lt_buffer_put(buffer, bytes, n, err);
}

int lt_buffer_signed(struct lt_buffer *buffer, int64_t value, struct lt_error *err)
{
    uint64_t sign = value < 0 ? UINT64_MAX : 0;
    return lt_buffer_varint(buffer, (uint64_t)value << 1 ^ sign, err);
}

int lt_buffer_double(struct lt_buffer *buffer, double value, struct lt_error *err)
{
    unsigned char bytes[8];
    uint64_t bits = lt_double_bits(value);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(bits >> 8 * i);
    return lt_buffer_put(buffer, bytes, sizeof bytes, err);
}

void lt_buffer_free(struct lt_buffer *buffer)
{
    lt_free(buffer->bytes);
    *buffer = (struct lt_buffer){0};
}

struct lt_reader lt_reader_of(const void *bytes, size_t size)
{
    static const unsigned char none[1] = {0};
    const unsigned char *p = size ? bytes : none;
    return (struct lt_reader){.p = p, .end = p + size};
}

size_t lt_reader_left(const struct lt_reader *reader)
{
    return reader->broken ? 0 : (size_t)(reader->end - reader->p);
}

const unsigned char *lt_read_bytes(struct lt_reader *reader, size_t n)
{
    const unsigned char *p = reader->p;
    if (reader->broken || n > (size_t)(reader->end - p)) {
        reader->broken = true;
        return NULL;
    }
    reader->p += n;
    return p;
}

uint64_t lt_read_varint(struct lt_reader *reader)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        const unsigned char *byte = lt_read_bytes(reader, 1);
        if (!byte)
            return 0;
        uint64_t part = *byte & 0x7f;
        if (part << shift >> shift != part)
            break;
        value |= part << shift;
        if (*byte < 0x80)
            return value;
    }
    reader->broken = true;
    return 0;
}

int64_t lt_read_signed(struct lt_reader *reader)
{
    uint64_t value = lt_read_varint(reader);
    return (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
}

double lt_read_double(struct lt_reader *reader)
{
    const unsigned char *bytes = lt_read_bytes(reader, 8);
    uint64_t bits = 0;
    for (int i = 0; bytes && i < 8; i++)
        bits |= (uint64_t)bytes[i] << 8 * i;
    return lt_double_of(bits);
}

uint64_t lt_read_up_to(struct lt_reader *reader, uint64_t most)
{
    uint64_t value = lt_read_varint(reader);
    if (value <= most)
        return value;
    reader->broken = true;
    return 0;
}
