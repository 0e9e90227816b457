/* Blocks of rows, packed and unpacked: one thread's working space.
 *
 * A packed file's head says which planes its rows are mapped to, its model which pattern codes them.
 * Both are shared by all threads; everything here is one thread's.
 */
#ifndef LT_APP_PACKBLOCK_H
#define LT_APP_PACKBLOCK_H

#include "app/packsource.h"
#include "codec/block.h"
#include "codec/packedblock.h"

/* Rows that were unpacked: lines of text, or cells. */
struct lt_packrows {
    int64_t first, rows;
    struct lt_growable text;
    struct lt_block_group *group; /* (groups) */
};

struct lt_packblock {
    const struct lt_planes *planes;
    const struct lt_pattern *pattern; /* NULL: blocks are kept by general methods */
    const struct lt_group *group;     /* (groups); text: NULL */
    int groups;
    int64_t most; /* rows of a block */
    struct lt_blockcoder *coder;
    int64_t *values; /* (most, planes) */
    struct lt_growable exceptions, bytes;
    struct lt_packrows rows; /* unpacked last */
};

/* `most` rows at a time. */
int lt_packblock_open(struct lt_packblock *b, const struct lt_planes *planes,
                      const struct lt_pattern *pattern, int64_t most, struct lt_error *err);
void lt_packblock_close(struct lt_packblock *b);

/* Appends the payload of a chunk to `out`: coded, or by a general method where that is smaller.
 * *general says which; `raw` are its bytes (lt_packchunk_bytes).  What was coded is not yet proven. */
int lt_packblock_pack(struct lt_packblock *b, const struct lt_packsource *source,
                      const struct lt_packchunk *chunk, const struct lt_growable *raw,
                      struct lt_growable *out, bool *general, struct lt_error *err);
/* Keeps the chunk by a general method. */
int lt_packblock_keep(const struct lt_growable *raw, struct lt_growable *out, struct lt_error *err);

/* Unpacks a payload of `rows` rows into b->rows. */
int lt_packblock_unpack(struct lt_packblock *b, const void *bytes, size_t size, int64_t first,
                        int64_t rows, struct lt_error *err);

#endif
