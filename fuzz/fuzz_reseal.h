/* Packed files whose checksums are set right, so that what lies behind them is reached. */
#ifndef LT_FUZZ_RESEAL_H
#define LT_FUZZ_RESEAL_H

#include "base/le.h"
#include "codec/container.h"
#include "codec/crc.h"
#include "codec/packlayout.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Makes the checksums of one section right, as far as it lies in the file; its end. */
static uint64_t reseal_section(unsigned char *file, size_t size, uint64_t at, uint32_t identity)
{
    unsigned char *header = file + at;
    uint64_t payload = lt_le_get64(header + 4);
    if (payload > size - at - LT_SECTION_BYTES)
        payload = size - at - LT_SECTION_BYTES;
    lt_le_put32(header + LT_SECTION_CRC_AT, lt_crc32c(0, header + LT_SECTION_BYTES, payload));
    lt_le_put32(header + 40, lt_crc32c(identity, header, 40));
    return at + LT_SECTION_BYTES + payload;
}

/* The index is made to list what is there, so that only its last section may be wrong. */
static void reseal(unsigned char *file, size_t size)
{
    struct lt_preamble preamble;
    struct lt_trailer trailer;
    if (size < LT_PREAMBLE_BYTES + 2 * LT_SECTION_BYTES + LT_TRAILER_BYTES)
        return;
    lt_preamble_get(file, &preamble);
    size_t head = (size_t)lt_le_get64(file + LT_PREAMBLE_BYTES + 4);
    if (head < size - LT_PREAMBLE_BYTES - LT_SECTION_BYTES)
        preamble.identity = lt_crc32c(0, file + LT_PREAMBLE_BYTES + LT_SECTION_BYTES, head);
    lt_preamble_put(file, &preamble);
    unsigned char *end = file + size - LT_TRAILER_BYTES;
    lt_trailer_get(end, &trailer);
    trailer.size = size;
    trailer.identity = preamble.identity;
    lt_trailer_put(end, &trailer);
    uint64_t at = LT_PREAMBLE_BYTES, listed = trailer.index + LT_SECTION_BYTES;
    while (at + LT_SECTION_BYTES <= size - LT_TRAILER_BYTES && at < trailer.index) {
        uint64_t next = reseal_section(file, size - LT_TRAILER_BYTES, at, preamble.identity);
        if (listed <= size - LT_TRAILER_BYTES - LT_SECTION_BYTES && listed > trailer.index)
            memcpy(file + listed, file + at, LT_SECTION_BYTES);
        listed += LT_SECTION_BYTES;
        at = next;
    }
    if (trailer.index <= size - LT_TRAILER_BYTES - LT_SECTION_BYTES)
        reseal_section(file, size - LT_TRAILER_BYTES, trailer.index, preamble.identity);
}

#endif
