/* Bytes that grow as they are written, bytes that are read with care, and integers of few bytes in both.
 *
 * An integer is written as a varint, seven bits a byte, lowest first, the eighth bit says that more follow;
 * a signed one as 0, -1, 1, -2, ... (zigzag).
 */
#ifndef LT_CODEC_GROWABLE_H
#define LT_CODEC_GROWABLE_H

#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts zeroed; may be used again after `used` is set to 0. */
struct lt_growable {
    unsigned char *bytes;
    size_t used, room;
};
int lt_growable_put(struct lt_growable *buffer, const void *bytes, size_t n, struct lt_error *err);
int lt_growable_varint(struct lt_growable *buffer, uint64_t value, struct lt_error *err);
int lt_growable_signed(struct lt_growable *buffer, int64_t value, struct lt_error *err);
int lt_growable_double(struct lt_growable *buffer, double value,
                       struct lt_error *err); /* 8 bytes, lowest first */
void lt_growable_free(struct lt_growable *buffer);

/* A place in bytes that are read.  What would pass the end, or is no varint, gives 0 (or NULL), sets
 * `broken` and stays there. */
struct lt_reader {
    const unsigned char *p, *end;
    bool broken;
};
struct lt_reader lt_reader_of(const void *bytes, size_t size);
size_t lt_reader_left(const struct lt_reader *reader);
const unsigned char *lt_read_bytes(struct lt_reader *reader, size_t n);
uint64_t lt_read_varint(struct lt_reader *reader);
int64_t lt_read_signed(struct lt_reader *reader);
double lt_read_double(struct lt_reader *reader);
/* A varint of at most `most`; more is broken. */
uint64_t lt_read_up_to(struct lt_reader *reader, uint64_t most);

#endif
