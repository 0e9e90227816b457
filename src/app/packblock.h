/* Blocks of rows, packed and unpacked: one thread's working space.
 *
 * A packed file's head says which planes its rows are mapped to, its model which pattern codes them.
 * Both are shared by all threads; everything here is one thread's.
 *
 * Where the model has a code, rows are encoded by what the caller gives for that (app/packcode.h), and
 * `guessed` blocks are nothing but their codes: the guesses stand for the values.
 */
#ifndef LT_APP_PACKBLOCK_H
#define LT_APP_PACKBLOCK_H

#include "app/packsource.h"
#include "codec/block.h"
#include "codec/code.h"
#include "codec/packedblock.h"

/* Rows that were unpacked: lines of text, or cells. */
struct lt_packrows {
    int64_t first, rows;
    struct lt_growable text;
    struct lt_block_group *group; /* (groups) */
};

/* What blocks are mapped to and coded by. */
struct lt_packway {
    const struct lt_planes *planes;
    const struct lt_pattern *pattern; /* NULL: blocks are kept by general methods */
    const struct lt_code *code;       /* NULL: none */
    bool guessed;                     /* values are what the code guesses */
    const unsigned char *levels; /* (256): what pixels become before they are packed; NULL: same */
};

/* Codes of rows. */
struct lt_packencoder {
    int (*encode)(void *context, const int64_t *values /* (rows, planes) */, int64_t rows,
                  int64_t *q /* (rows, dims) */, struct lt_error *err);
    void *context;
};

struct lt_packblock {
    struct lt_packway way;
    const struct lt_group *group; /* (groups); text: NULL */
    int groups;
    int64_t most;                             /* rows of a block */
    struct lt_blockcoder *coder, *code_coder; /* of the code's integers */
    int64_t *values;                          /* (most, planes) */
    int64_t *q;                               /* (most, dims) */
    int32_t *guess;                           /* (most, planes) */
    int16_t *room;
    struct lt_packencoder encoder; /* set by those who pack */
    struct lt_growable exceptions, bytes, levelled;
    size_t code_bytes;       /* of the block that was packed last: what codes take of it */
    struct lt_packrows rows; /* unpacked last */
};

/* `most` rows at a time. */
int lt_packblock_open(struct lt_packblock *b, const struct lt_packway *way, int64_t most,
                      struct lt_error *err);
void lt_packblock_close(struct lt_packblock *b);

/* Appends the payload of a chunk to `out`: coded, or by a general method where that is smaller.
 * *general says which; `raw` are its bytes (lt_packchunk_bytes).  What was coded is not yet proven. */
int lt_packblock_pack(struct lt_packblock *b, const struct lt_packsource *source,
                      const struct lt_packchunk *chunk, const struct lt_growable *raw,
                      struct lt_growable *out, bool *general, struct lt_error *err);
/* Keeps the chunk by a general method. */
int lt_packblock_keep(const struct lt_growable *raw, struct lt_growable *out, struct lt_error *err);

/* A chunk's pixels, brought to levels in `room`: what to map in place of its group. */
int lt_packlevels(const unsigned char *levels /* (256) */, const struct lt_packchunk *chunk,
                  int64_t width, struct lt_growable *room, struct lt_block_group *out,
                  struct lt_error *err);

/* Unpacks a payload of `rows` rows into b->rows. */
int lt_packblock_unpack(struct lt_packblock *b, const void *bytes, size_t size, int64_t first,
                        int64_t rows, struct lt_error *err);

#endif
