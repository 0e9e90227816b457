/* The packed file: a description of the data, a model that decodes it, blocks of rows, and an index,
 * each with checksums.  What the payloads mean is no business of this file's; docs/pack-format.md
 * specifies every byte around them.
 *
 * What it promises:
 *   - A change of any one byte of a file (indeed of any within 4 adjacent ones) is found, and the message
 *     says what it hit: "p.lpk: block 7 (rows 28672 to 32767) is damaged: ...".
 *   - Every block can be read alone.  Damage to one leaves the others readable.
 *   - Where the end of a file is missing, or any of its parts changed, salvage gives all blocks that are
 *     whole and says which rows are lost.
 *   - Nothing is allocated or read by a number from a file before that is checked against the file's size.
 * It promises nothing against people who change a file on purpose and make its checksums right again; such
 * a file may decode to other values, but opens no door.
 *
 * Rows and blocks count from 0 everywhere, in messages too.
 */
#ifndef LT_CODEC_CONTAINER_H
#define LT_CODEC_CONTAINER_H

#include "base/file.h"

enum {
    LT_PACK_MAJOR = 1, /* the format written, and the highest one read */
    LT_PACK_MINOR = 0,
    LT_PACK_PAYLOAD_MAX = 1 << 30,  /* bytes of a section, and of a block's rows once unpacked */
    LT_PACK_SECTIONS_MAX = 1 << 21, /* sections of a file, so an index is at most 88 MiB */
};
#define LT_PACK_BLOCK_ROWS_MAX (UINT64_C(1) << 31)
#define LT_PACK_ROWS_MAX (UINT64_C(1) << 62) /* rows of a file */

/* ---- writing ------------------------------------------------------------------------------------ */

/* A file being written, from its beginning to its end and never back, so that it may be a pipe.  Head,
 * then model (or none), then blocks, then commit; calls in another order are the caller's mistake, caught
 * by assert.  One thread at a time.  After a failure only abort is left to be called. */
struct lt_pack_writer;

/* Opens `path` as lt_outfile_open does, so call it before hours of work.  Nothing is written yet. */
int lt_pack_writer_create(struct lt_pack_writer **out, const char *path, struct lt_error *err);
/* The description of the data.  It is written twice, so keep it small; `bytes` may go after the call,
 * here and below. */
int lt_pack_writer_head(struct lt_pack_writer *w, const void *bytes, size_t size,
                        struct lt_error *err);
/* What decodes the blocks, or names it. */
int lt_pack_writer_model(struct lt_pack_writer *w, const void *bytes, size_t size,
                         struct lt_error *err);
/* The next `rows` (>= 1) rows: they follow those of the block before. */
int lt_pack_writer_block(struct lt_pack_writer *w, uint64_t rows, const void *bytes, size_t size,
                         struct lt_error *err);
/* Bytes of the file if it were committed now; blocks add LT_PACK_BLOCK_COST to their payload.
 * Head must have been written. */
uint64_t lt_pack_writer_size(const struct lt_pack_writer *w);
enum { LT_PACK_BLOCK_COST = 88 };
/* Ends the file and gives it its name; frees and NULLs *w in any case.  On failure no file is left. */
int lt_pack_writer_commit(struct lt_pack_writer **w, struct lt_error *err);
/* Removes what was written; NULL is allowed. */
void lt_pack_writer_abort(struct lt_pack_writer **w);

/* ---- reading ------------------------------------------------------------------------------------ */

/* An open file.  Nothing of it changes after opening, so any number of threads may use one. */
struct lt_pack;

struct lt_pack_payload { /* points into the file's bytes; data is NULL where there is none */
    const unsigned char *data;
    size_t size;
};

struct lt_pack_block {
    uint64_t number;      /* in the file as it was written */
    uint64_t first, rows; /* it holds the rows [first, first + rows) */
    struct lt_pack_payload payload;
};

/* Whether bytes begin as a packed file does. */
bool lt_pack_is(const struct lt_bytes *bytes);

/* Checks everything but the blocks, which lt_pack_block checks one by one.  `name` is for messages.
 * `bytes` must outlive the pack.  A newer format, anything that does not fit together, and any damage
 * outside the blocks are LT_ECONTENT. */
int lt_pack_open(struct lt_pack **out, const char *name, const struct lt_bytes *bytes,
                 struct lt_error *err);

/* Opens what is left of a file, which is passed over once: block i is then the i-th whole one, its number
 * may be another, and lt_pack_lost tells what is missing.  A whole file opens as with lt_pack_open.  Fails
 * where neither copy of the description is whole, and on a newer format. */
int lt_pack_open_salvage(struct lt_pack **out, const char *name, const struct lt_bytes *bytes,
                         struct lt_error *err);

void lt_pack_free(struct lt_pack **pack); /* NULL is allowed */

struct lt_pack_payload lt_pack_head(const struct lt_pack *pack);
/* The model; data is NULL where the file has none.  After salvage it may be damaged: LT_ECONTENT, and
 * blocks that need it cannot be decoded.  Where block 0 is gone and the index too, nobody can tell whether
 * there was a model; that counts as damaged as well. */
int lt_pack_model(const struct lt_pack *pack, struct lt_pack_payload *out, struct lt_error *err);

uint64_t lt_pack_rows(const struct lt_pack *pack); /* the end of the last row known of */
size_t lt_pack_blocks(const struct lt_pack *pack); /* that can be read */
/* The first block that ends after `row`: the one with the row, unless that is lost.  lt_pack_blocks when
 * there is none.  The rows [a, b) are in the blocks from find(a) while their first row is below b. */
size_t lt_pack_find(const struct lt_pack *pack, uint64_t row);
/* Number, rows and payload of block i < lt_pack_blocks, unchecked. */
struct lt_pack_block lt_pack_peek(const struct lt_pack *pack, size_t i);
/* The same with the checksum checked; LT_ECONTENT names the block that is damaged. */
int lt_pack_block(const struct lt_pack *pack, size_t i, struct lt_pack_block *out,
                  struct lt_error *err);
/* Gives back the memory of block i's bytes, which can still be read again (lt_bytes_release). */
void lt_pack_release(const struct lt_pack *pack, size_t i);

/* LT_ECONTENT where a block has more rows than LT_PACK_PAYLOAD_MAX bytes hold, `row_bytes` each: check
 * it before a buffer of that size is allocated. */
int lt_pack_limit(const struct lt_pack *pack, uint64_t row_bytes, struct lt_error *err);

/* Rows that salvage did not find, in order.  rows is 0 in the last of them where the file's end is
 * missing and with it how many there were; blocks is 0 then too. */
struct lt_pack_lost {
    uint64_t number, blocks; /* the blocks [number, number + blocks) */
    uint64_t first, rows;
};
const struct lt_pack_lost *lt_pack_lost(const struct lt_pack *pack, size_t *count);

/* "block 7 (rows 28672 to 32767)", "blocks 7 to 9 (rows ...)", "everything from block 7 (row 28672) on".
 * Returns `out`. */
enum { LT_PACK_NAME = 120 };
const char *lt_pack_lost_name(const struct lt_pack_lost *lost, char out[LT_PACK_NAME]);

#endif
