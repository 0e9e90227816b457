#include "codec/crc.h"

#include "base/le.h"

/* Eight bytes at a time ("slicing by eight": Kounavis, Berry, "A systematic approach to building high
 * performance software-based CRC generators", 2005).  table[k][b] is what the byte b, with k zero bytes
 * behind it, adds to the register.
 *
 * That is linear in the bits of b, so eight numbers span a table; and all 64 of them are successive
 * states of the register s, s' = s / 2 ^ (s odd ? 0x82F63B78 : 0), from the bit 0x80 of table 0 to the
 * bit 0x01 of table 7. */
#define BIT(b, bit, state) ((b) & (bit) ? UINT32_C(state) : 0)
#define ONE(b, s0, s1, s2, s3, s4, s5, s6, s7)                                                     \
    (BIT(b, 0x80, s0) ^ BIT(b, 0x40, s1) ^ BIT(b, 0x20, s2) ^ BIT(b, 0x10, s3) ^                   \
     BIT(b, 0x08, s4) ^ BIT(b, 0x04, s5) ^ BIT(b, 0x02, s6) ^ BIT(b, 0x01, s7))
#define FOUR(b, ...)                                                                               \
    ONE(b, __VA_ARGS__), ONE((b) + 1, __VA_ARGS__), ONE((b) + 2, __VA_ARGS__),                     \
        ONE((b) + 3, __VA_ARGS__)
#define SIXTEEN(b, ...)                                                                            \
    FOUR(b, __VA_ARGS__), FOUR((b) + 4, __VA_ARGS__), FOUR((b) + 8, __VA_ARGS__),                  \
        FOUR((b) + 12, __VA_ARGS__)
#define SIXTY_FOUR(b, ...)                                                                         \
    SIXTEEN(b, __VA_ARGS__), SIXTEEN((b) + 16, __VA_ARGS__), SIXTEEN((b) + 32, __VA_ARGS__),       \
        SIXTEEN((b) + 48, __VA_ARGS__)
#define TABLE(...)                                                                                 \
    {                                                                                              \
        SIXTY_FOUR(0, __VA_ARGS__), SIXTY_FOUR(64, __VA_ARGS__), SIXTY_FOUR(128, __VA_ARGS__),     \
            SIXTY_FOUR(192, __VA_ARGS__)                                                           \
    }

/* clang-format off */
static const uint32_t table[8][256] = {
    TABLE(0x82f63b78, 0x417b1dbc, 0x20bd8ede, 0x105ec76f, 0x8ad958cf, 0xc79a971f, 0xe13b70f7, 0xf26b8303),
    TABLE(0xfbc3faf9, 0xff17c604, 0x7f8be302, 0x3fc5f181, 0x9d14c3b8, 0x4e8a61dc, 0x274530ee, 0x13a29877),
    TABLE(0x8b277743, 0xc76580d9, 0xe144fb14, 0x70a27d8a, 0x38513ec5, 0x9edea41a, 0x4f6f520d, 0xa541927e),
    TABLE(0x52a0c93f, 0xaba65fe7, 0xd725148b, 0xe964b13d, 0xf64463e6, 0x7b2231f3, 0xbf672381, 0xdd45aab8),
    TABLE(0x6ea2d55c, 0x37516aae, 0x1ba8b557, 0x8f2261d3, 0xc5670b91, 0xe045beb0, 0x7022df58, 0x38116fac),
    TABLE(0x1c08b7d6, 0x0e045beb, 0x85f4168d, 0xc00c303e, 0x6006181f, 0xb2f53777, 0xdb8ca0c3, 0xef306b19),
    TABLE(0xf56e0ef4, 0x7ab7077a, 0x3d5b83bd, 0x9c5bfaa6, 0x4e2dfd53, 0xa5e0c5d1, 0xd0065990, 0x68032cc8),
    TABLE(0x34019664, 0x1a00cb32, 0x0d006599, 0x847609b4, 0x423b04da, 0x211d826d, 0x9278fa4e, 0x493c7d27),
};
/* clang-format on */

uint32_t lt_crc32c(uint32_t crc, const void *bytes, size_t size)
{
    const unsigned char *p = bytes;
    crc = ~crc;
    for (; size >= 8; p += 8, size -= 8) {
        uint32_t low = crc ^ lt_le_get32(p), high = lt_le_get32(p + 4);
        crc = table[7][low & 255] ^ table[6][low >> 8 & 255] ^ table[5][low >> 16 & 255] ^
              table[4][low >> 24] ^ table[3][high & 255] ^ table[2][high >> 8 & 255] ^
              table[1][high >> 16 & 255] ^ table[0][high >> 24];
    }
    for (; size; p++, size--)
        crc = table[0][(crc ^ *p) & 255] ^ crc >> 8;
    return ~crc;
}
