/* What is packed: rows as they lie in a source, in blocks.
 *
 * A source is text, whose rows are lines (a header is not one of them), or a table of cells.  Blocks
 * hold the same number of rows each, but for the last, and may be fetched in any order by several
 * threads, each with a chunk of its own.
 */
#ifndef LT_APP_PACKSOURCE_H
#define LT_APP_PACKSOURCE_H

#include "base/file.h"
#include "codec/growable.h"
#include "codec/planes.h"
#include "codec/text.h"
#include "data/table.h"

struct lt_packsource {
    struct lt_table *table; /* NULL: text */
    struct lt_bytes text;   /* the whole file, unpacked */
    struct lt_text_format format;
    const struct lt_group *group; /* (groups), of a table */
    int groups;
    int64_t rows;      /* of text: known once it is indexed */
    int64_t row_bytes; /* of a table's row, without its validity */
    int64_t block_rows, blocks;
    int64_t columns;
    size_t *start; /* (blocks + 1): where a block of text begins */
    const char *name;
};

/* The rows of one block. */
struct lt_packchunk {
    int64_t first, rows;
    const char *begin, *end;      /* of text */
    struct lt_block *block;       /* of a table, kept for the next fetch */
    struct lt_block_group *group; /* the block's, or the caller's */
};

/* Opens DATA: `count` names as lt_table_open takes them; one name that is text is read as text.
 * `options` may be NULL. */
int lt_packsource_open(struct lt_packsource *source, const char *const *names, int count,
                       struct lt_error *err);
void lt_packsource_close(struct lt_packsource *source);
/* Cuts it into blocks of `rows` rows; text is read through for that. */
int lt_packsource_cut(struct lt_packsource *source, int64_t rows, struct lt_error *err);
/* A chunk starts zeroed and is closed when it has done its last fetch. */
int lt_packsource_fetch(const struct lt_packsource *source, int64_t block,
                        struct lt_packchunk *chunk, struct lt_error *err);
void lt_packchunk_close(struct lt_packchunk *chunk);
/* Lets go of the memory behind rows that will not be read again soon. */
void lt_packsource_release(const struct lt_packsource *source, const struct lt_packchunk *chunk);

/* ---- bytes ---- */

/* Appends the rows as bytes: lines as they are; the cells of a table row by row, and after them, for
 * each group with missing cells, one bit for every cell that says whether it is there. */
int lt_packchunk_bytes(const struct lt_packsource *source, const struct lt_packchunk *chunk,
                       struct lt_growable *out, struct lt_error *err);
/* How many they are: of a table. */
int64_t lt_packgroups_bytes(const struct lt_group *group, int groups, int64_t rows);
/* Puts them back into arrays, as lt_planes_unmap fills them. */
void lt_packgroups_take(const struct lt_group *group, int groups, int64_t rows,
                        const unsigned char *bytes, struct lt_block_group *to);

/* Arrays for `rows` rows of cells, with validity where cells may be missing.  *out (groups) and what
 * it holds are freed with lt_packgroups_free. */
int lt_packgroups_create(struct lt_block_group **out, const struct lt_group *group, int groups,
                         int64_t rows, struct lt_error *err);
void lt_packgroups_free(struct lt_block_group **arrays, int groups);

#endif
