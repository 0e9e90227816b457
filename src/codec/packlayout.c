#include "codec/packlayout.h"

#include "base/le.h"
#include "codec/crc.h"
#include <string.h>

static bool is_letter(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool kind_valid(const unsigned char *kind)
{
    bool valid = is_letter(kind[0]);
    for (int i = 1; i < 4; i++)
        valid = valid && (is_letter(kind[i]) || is_digit(kind[i]));
    return valid;
}

bool lt_kind_optional(uint32_t kind)
{
    return (kind & 255) >= 'a';
}

void lt_section_put(unsigned char out[LT_SECTION_BYTES], const struct lt_section *section,
                    uint32_t identity)
{
    lt_le_put32(out, section->kind);
    lt_le_put64(out + 4, section->size);
    lt_le_put64(out + 12, section->number);
    lt_le_put64(out + 20, section->first);
    lt_le_put64(out + 28, section->rows);
    lt_le_put32(out + LT_SECTION_CRC_AT, section->crc);
    lt_le_put32(out + 40, lt_crc32c(identity, out, 40));
}

bool lt_section_get(const unsigned char *bytes, struct lt_section *out, uint32_t identity)
{
    if (!kind_valid(bytes) || lt_le_get32(bytes + 40) != lt_crc32c(identity, bytes, 40))
        return false;
    *out = (struct lt_section){
        .kind = lt_le_get32(bytes),
        .size = lt_le_get64(bytes + 4),
        .number = lt_le_get64(bytes + 12),
        .first = lt_le_get64(bytes + 20),
        .rows = lt_le_get64(bytes + 28),
        .crc = lt_le_get32(bytes + LT_SECTION_CRC_AT),
    };
    if (out->size > LT_PACK_PAYLOAD_MAX || out->number > LT_PACK_SECTIONS_MAX ||
        out->first > LT_PACK_ROWS_MAX || out->rows > LT_PACK_ROWS_MAX - out->first)
        return false;
    return out->kind != LT_KIND_BLOCK || (out->rows && out->rows <= LT_PACK_BLOCK_ROWS_MAX);
}

void lt_preamble_put(unsigned char out[LT_PREAMBLE_BYTES], const struct lt_preamble *preamble)
{
    memcpy(out, LT_PACK_MAGIC, LT_MAGIC_BYTES);
    lt_le_put16(out + 8, preamble->major);
    lt_le_put16(out + 10, preamble->minor);
    lt_le_put32(out + 12, preamble->flags);
    lt_le_put32(out + 16, preamble->identity);
    lt_le_put32(out + 20, lt_crc32c(0, out, 20));
}

bool lt_preamble_get(const unsigned char *bytes, struct lt_preamble *out)
{
    uint32_t crc = lt_crc32c(lt_crc32c(0, LT_PACK_MAGIC, LT_MAGIC_BYTES), bytes + 8, 12);
    *out = (struct lt_preamble){
        .major = lt_le_get16(bytes + 8),
        .minor = lt_le_get16(bytes + 10),
        .flags = lt_le_get32(bytes + 12),
        .identity = lt_le_get32(bytes + 16),
    };
    return crc == lt_le_get32(bytes + 20);
}

void lt_trailer_put(unsigned char out[LT_TRAILER_BYTES], const struct lt_trailer *trailer)
{
    memcpy(out, LT_PACK_END, LT_MAGIC_BYTES);
    lt_le_put64(out + 8, trailer->index);
    lt_le_put64(out + 16, trailer->size);
    lt_le_put32(out + 24, trailer->identity);
    lt_le_put32(out + 28, lt_crc32c(0, out, 28));
}

bool lt_trailer_get(const unsigned char *bytes, struct lt_trailer *out)
{
    uint32_t crc = lt_crc32c(lt_crc32c(0, LT_PACK_END, LT_MAGIC_BYTES), bytes + 8, 20);
    *out = (struct lt_trailer){
        .index = lt_le_get64(bytes + 8),
        .size = lt_le_get64(bytes + 16),
        .identity = lt_le_get32(bytes + 24),
    };
    return crc == lt_le_get32(bytes + 28);
}
