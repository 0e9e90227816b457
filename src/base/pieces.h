/* Bytes handed on piece by piece: where something that packs or unpacks a stream puts what it makes.
 */
#ifndef LT_BASE_PIECES_H
#define LT_BASE_PIECES_H

#include "base/error.h"

struct lt_pieces {
    /* The next n >= 1 bytes, good until it returns; a failure ends the stream. */
    int (*take)(void *context, const void *bytes, size_t n, struct lt_error *err);
    void *context;
};

#endif
