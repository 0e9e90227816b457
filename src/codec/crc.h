/* CRC-32C (Castagnoli), the checksum of packed files.
 */
#ifndef LT_CODEC_CRC_H
#define LT_CODEC_CRC_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of `size` bytes that follow those whose checksum is `crc`; 0 to begin with.  Polynomial
 * 0x1EDC6F41, reflected, register and result inverted, as in iSCSI (RFC 3720): "123456789" gives
 * 0xE3069283.  A change within any 32 adjacent bits always changes it. */
uint32_t lt_crc32c(uint32_t crc, const void *bytes, size_t size);

#endif
