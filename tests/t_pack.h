/* Packed files for tests: a small one as the writer makes it, and others put together by hand. */
#ifndef LT_TESTS_T_PACK_H
#define LT_TESTS_T_PACK_H

#include "base/mem.h"
#include "codec/container.h"
#include "codec/crc.h"
#include "codec/packlayout.h"
#include "t.h"

enum { PACK_BLOCKS = 5, PACK_ROWS = 4 /* of each block */ };
static const char pack_head[] = "the description", pack_model[] = "a model";
static const char *const pack_blocks[PACK_BLOCKS] = {"first", "", "the third one", "4", "last one"};

/* A file of zeros, in an allocation of just this size, so that reading beyond its end is seen. */
static struct lt_bytes pack_room(size_t size)
{
    struct lt_bytes file = {.size = size};
    T_INT(lt_alloc(&file.owned, size, 1, "a file", NULL), 0);
    file.data = file.owned;
    return file;
}

static struct lt_bytes pack_copy(const void *bytes, size_t size)
{
    struct lt_bytes copy = pack_room(size);
    if (size)
        memcpy(copy.owned, bytes, size);
    return copy;
}

T_UNUSED static unsigned char *pack_bytes(const struct lt_bytes *file)
{
    return file->owned;
}

/* The small file: description, model and PACK_BLOCKS blocks. */
T_UNUSED static struct lt_bytes pack_small(void)
{
    struct lt_pack_writer *w = NULL;
    struct lt_bytes file;
    const char *path = t_tmp("small.lpk");
    T_INT(lt_pack_writer_create(&w, path, NULL), 0);
    T_INT(lt_pack_writer_head(w, pack_head, strlen(pack_head), NULL), 0);
    T_INT(lt_pack_writer_model(w, pack_model, strlen(pack_model), NULL), 0);
    for (int i = 0; i < PACK_BLOCKS; i++)
        T_INT(lt_pack_writer_block(w, PACK_ROWS, pack_blocks[i], strlen(pack_blocks[i]), NULL), 0);
    T_INT(lt_pack_writer_commit(&w, NULL), 0);
    T_INT(lt_bytes_read(&file, path, NULL), 0);
    struct lt_bytes copy = pack_copy(file.data, file.size);
    lt_bytes_free(&file);
    return copy;
}

/* Where block i of the small file begins; those behind the last are COPY and INDX. */
T_UNUSED static size_t pack_at(int block)
{
    size_t at = LT_PREAMBLE_BYTES + 2 * LT_SECTION_BYTES + strlen(pack_head) + strlen(pack_model);
    for (int i = 0; i < block; i++)
        at += LT_SECTION_BYTES + strlen(i < PACK_BLOCKS ? pack_blocks[i] : pack_head);
    return at;
}

/* Whether block i of an open small file is block `number` as it was written. */
T_UNUSED static bool pack_block_is(const struct lt_pack *pack, size_t i, int number)
{
    struct lt_pack_block block;
    const char *want = pack_blocks[number];
    return lt_pack_block(pack, i, &block, NULL) == 0 && block.number == (uint64_t)number &&
           block.first == (uint64_t)number * PACK_ROWS && block.rows == PACK_ROWS &&
           block.payload.size == strlen(want) &&
           memcmp(block.payload.data, want, strlen(want)) == 0;
}

/* A section to be written by hand: `kind` as text. */
struct part {
    const char *kind, *payload;
    uint64_t number, first, rows;
    uint64_t size; /* written in place of the payload's, unless 0 */
};

/* The file of these sections; the first gives the identity.  The index lists the same headers, and
 * number and rows of INDX are those of the last section. */
struct by_hand {
    const struct part *parts;
    size_t count;
    struct lt_preamble preamble;
};

static void pack_put(struct lt_bytes *file, const void *bytes, size_t size)
{
    memcpy(pack_bytes(file) + file->size, bytes, size);
    file->size += size;
}

static void pack_put_part(struct lt_bytes *file, const struct part *part, uint32_t identity,
                          unsigned char header[LT_SECTION_BYTES])
{
    const char *k = part->kind;
    struct lt_section section = {.kind = LT_KIND(k[0], k[1], k[2], k[3]),
                                 .size = part->size ? part->size : strlen(part->payload),
                                 .number = part->number,
                                 .first = part->first,
                                 .rows = part->rows,
                                 .crc = lt_crc32c(0, part->payload, strlen(part->payload))};
    lt_section_put(header, &section, identity);
    pack_put(file, header, LT_SECTION_BYTES);
    pack_put(file, part->payload, strlen(part->payload));
}

T_UNUSED static struct lt_bytes pack_by_hand(const struct by_hand *hand)
{
    unsigned char bytes[4000], index[40][LT_SECTION_BYTES], end[LT_TRAILER_BYTES];
    struct lt_bytes file = {.owned = bytes};
    struct lt_preamble preamble = hand->preamble;
    const struct part *parts = hand->parts, *last = parts + hand->count - 1;
    uint32_t identity = lt_crc32c(0, parts->payload, strlen(parts->payload));
    preamble.major = preamble.major ? preamble.major : LT_PACK_MAJOR;
    preamble.identity = identity;
    lt_preamble_put(bytes, &preamble);
    file.size = LT_PREAMBLE_BYTES;
    for (size_t i = 0; i < hand->count; i++)
        pack_put_part(&file, &parts[i], identity, index[i]);
    struct lt_section section = {.kind = LT_KIND_INDEX,
                                 .size = hand->count * LT_SECTION_BYTES,
                                 .number = last->number,
                                 .rows = last->rows,
                                 .crc = lt_crc32c(0, index, hand->count * LT_SECTION_BYTES)};
    struct lt_trailer trailer = {file.size, 0, identity};
    lt_section_put(index[hand->count], &section, identity);
    pack_put(&file, index[hand->count], LT_SECTION_BYTES);
    pack_put(&file, index, hand->count * LT_SECTION_BYTES);
    trailer.size = file.size + LT_TRAILER_BYTES;
    lt_trailer_put(end, &trailer);
    pack_put(&file, end, sizeof end);
    return pack_copy(bytes, file.size);
}

#endif
