/* A block: a matrix of integers as bytes, and back.  All that a block needs besides its bytes is the
 * pattern, so that it can be decoded alone. */
#ifndef LT_CODEC_BLOCK_H
#define LT_CODEC_BLOCK_H

#include "codec/surroundings.h"

struct lt_blockcoder;

/* For one thread. */
int lt_blockcoder_create(struct lt_blockcoder **out, const struct lt_pattern *pattern,
                         struct lt_error *err);
void lt_blockcoder_free(struct lt_blockcoder **coder);

/* The bytes of a block, which begin with the lags of its segments (u16 each) where the pattern is lagged;
 * *written is 0 when they do not fit `size`. */
int lt_block_encode(struct lt_blockcoder *coder, const int64_t *values /* (rows, planes) */,
                    const int32_t *guess /* likewise, where the pattern is guessed */, int64_t rows,
                    unsigned char *bytes, size_t size, size_t *written, struct lt_error *err);
/* Any bytes decode to something; symbols are less than 2^bits. */
int lt_block_decode(struct lt_blockcoder *coder, const unsigned char *bytes, size_t size,
                    int64_t rows, const int32_t *guess, int64_t *values, struct lt_error *err);

#endif
