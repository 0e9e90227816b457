/* Unsigned integers as bytes, the lowest first, at any address.  Compilers make one load or store of
 * each of them.
 */
#ifndef LT_BASE_LE_H
#define LT_BASE_LE_H

#include <stdint.h>

static inline uint16_t lt_le_get16(const unsigned char *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t lt_le_get32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t lt_le_get64(const unsigned char *p)
{
    return lt_le_get32(p) | (uint64_t)lt_le_get32(p + 4) << 32;
}

static inline void lt_le_put16(unsigned char *p, uint16_t value)
{
    p[0] = (unsigned char)value;
    p[1] = (unsigned char)(value >> 8);
}

static inline void lt_le_put32(unsigned char *p, uint32_t value)
{
    lt_le_put16(p, (uint16_t)value);
    lt_le_put16(p + 2, (uint16_t)(value >> 16));
}

static inline void lt_le_put64(unsigned char *p, uint64_t value)
{
    lt_le_put32(p, (uint32_t)value);
    lt_le_put32(p + 4, (uint32_t)(value >> 32));
}

#endif
