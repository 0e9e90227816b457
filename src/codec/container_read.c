#include "base/mem.h"
#include "codec/packlayout.h"
#include <stdio.h>
#include <string.h>

int lt_pack_new(struct lt_pack **out, const char *name, const struct lt_bytes *bytes,
                struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, name, err);
    if (rc)
        return rc;
    (*out)->bytes = bytes;
    if ((rc = lt_strdup(&(*out)->name, name, err)))
        lt_pack_free(out);
    return rc;
}

void lt_pack_free(struct lt_pack **pack)
{
    if (!*pack)
        return;
    lt_free((*pack)->name);
    lt_free((*pack)->blocks);
    lt_free((*pack)->lost);
    lt_free(*pack);
    *pack = NULL;
}

int lt_pack_add(struct lt_pack *pack, const struct lt_pack_entry *block, struct lt_error *err)
{
    int rc = lt_grow(&pack->blocks, &pack->room, pack->count + 1, sizeof *block, pack->name, err);
    if (rc)
        return rc;
    pack->blocks[pack->count++] = *block;
    pack->rows = block->section.first + block->section.rows;
    return LT_OK;
}

bool lt_pack_is(const struct lt_bytes *bytes)
{
    return bytes->size >= LT_MAGIC_BYTES && memcmp(bytes->data, LT_PACK_MAGIC, LT_MAGIC_BYTES) == 0;
}

/* The failure of a file that does not begin with the magic bytes. */
static int fail_magic(const struct lt_pack *pack, struct lt_error *err)
{
    const struct lt_bytes *bytes = pack->bytes;
    static const char as_text[] = "LATPK\n"; /* behind a byte whose highest bit may be gone */
    if (bytes->size >= sizeof as_text && memcmp(bytes->data + 1, as_text, sizeof as_text - 1) == 0)
        return lt_fail(err, LT_ECONTENT,
                       "%s: was changed on its way, as if it were text; transfer it anew, as a "
                       "binary file",
                       pack->name);
    return lt_fail(err, LT_ECONTENT, "%s: is not a packed file, such as latent pack writes",
                   pack->name);
}

static int read_preamble(struct lt_pack *pack, struct lt_error *err)
{
    const struct lt_bytes *bytes = pack->bytes;
    size_t known = bytes->size < LT_MAGIC_BYTES ? bytes->size : LT_MAGIC_BYTES;
    struct lt_preamble preamble;
    if (bytes->size < LT_PREAMBLE_BYTES)
        return known && memcmp(bytes->data, LT_PACK_MAGIC, known) == 0
                   ? lt_fail(err, LT_ECONTENT, "%s: its end is missing, and little else is there",
                             pack->name)
                   : fail_magic(pack, err);
    bool whole = lt_preamble_get(bytes->data, &preamble);
    if (!whole && !lt_pack_is(bytes))
        return fail_magic(pack, err);
    if (!whole || !lt_pack_is(bytes))
        return lt_fail(err, LT_ECONTENT,
                       "%s: its first %d bytes are damaged; unpack it with --salvage", pack->name,
                       (int)LT_PREAMBLE_BYTES);
    pack->identity = preamble.identity;
    return lt_pack_version(pack, &preamble, err);
}

/* Whether the header in the file is the one that the index has. */
static bool header_matches(const struct lt_pack *pack, const struct lt_pack_entry *entry)
{
    unsigned char header[LT_SECTION_BYTES];
    lt_section_put(header, &entry->section, pack->identity);
    return memcmp(header, pack->bytes->data + entry->at, sizeof header) == 0;
}

static const char *part_name(uint32_t kind)
{
    return kind == LT_KIND_HEAD    ? "its description"
           : kind == LT_KIND_COPY  ? "the copy of its description"
           : kind == LT_KIND_MODEL ? "its model"
                                   : "an additional part of it";
}

/* Takes the sections of a good index, with those other than blocks checked. */
static int take_sections(struct lt_pack *pack, const struct lt_pack_payload *index,
                         struct lt_error *err)
{
    uint64_t at = LT_PREAMBLE_BYTES;
    for (size_t i = 0; i < index->size / LT_SECTION_BYTES; i++) {
        struct lt_pack_entry entry = lt_pack_index_entry(pack, index, i, at);
        const uint32_t kind = entry.section.kind;
        at = lt_pack_end_of(&entry);
        if (kind == LT_KIND_BLOCK) {
            int rc = lt_pack_add(pack, &entry, err);
            if (rc)
                return rc;
            continue;
        }
        if (!header_matches(pack, &entry) || !lt_pack_whole(pack, &entry))
            return lt_fail(err, LT_ECONTENT,
                           "%s: %s is damaged: its checksum does not match; unpack the file with "
                           "--salvage",
                           pack->name, part_name(kind));
        if (kind == LT_KIND_HEAD)
            pack->head = lt_pack_payload_of(pack, &entry);
        else if (kind == LT_KIND_MODEL)
            pack->model = lt_pack_payload_of(pack, &entry);
    }
    return LT_OK;
}

int lt_pack_open(struct lt_pack **out, const char *name, const struct lt_bytes *bytes,
                 struct lt_error *err)
{
    struct lt_pack_payload index;
    int rc = lt_pack_new(out, name, bytes, err);
    if (rc)
        return rc;
    if ((rc = read_preamble(*out, err)) || (rc = lt_pack_index(*out, &index, err)) ||
        (rc = take_sections(*out, &index, err)))
        lt_pack_free(out);
    return rc;
}

struct lt_pack_payload lt_pack_head(const struct lt_pack *pack)
{
    return pack->head;
}

int lt_pack_model(const struct lt_pack *pack, struct lt_pack_payload *out, struct lt_error *err)
{
    *out = pack->model;
    if (!pack->model_damaged)
        return LT_OK;
    return lt_fail(err, LT_ECONTENT,
                   "%s: its model is damaged, and blocks that need it cannot be decoded",
                   pack->name);
}

uint64_t lt_pack_rows(const struct lt_pack *pack)
{
    return pack->rows;
}

size_t lt_pack_blocks(const struct lt_pack *pack)
{
    return pack->count;
}

size_t lt_pack_find(const struct lt_pack *pack, uint64_t row)
{
    size_t low = 0, high = pack->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct lt_section *s = &pack->blocks[middle].section;
        if (s->first + s->rows > row)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

struct lt_pack_block lt_pack_peek(const struct lt_pack *pack, size_t i)
{
    const struct lt_section *s = &pack->blocks[i].section;
    return (struct lt_pack_block){.number = s->number,
                                  .first = s->first,
                                  .rows = s->rows,
                                  .payload = lt_pack_payload_of(pack, &pack->blocks[i])};
}

int lt_pack_block(const struct lt_pack *pack, size_t i, struct lt_pack_block *out,
                  struct lt_error *err)
{
    const struct lt_pack_entry *entry = &pack->blocks[i];
    char name[LT_PACK_NAME];
    *out = lt_pack_peek(pack, i);
    /* After salvage the index may be all that is known of a header. */
    bool header = pack->salvaged || header_matches(pack, entry);
    if (header && lt_pack_whole(pack, entry))
        return LT_OK;
    struct lt_pack_lost lost = {out->number, 1, out->first, out->rows};
    *out = (struct lt_pack_block){0};
    return lt_fail(err, LT_ECONTENT, "%s: %s is damaged: its %s; unpack the rest with --salvage",
                   pack->name, lt_pack_lost_name(&lost, name),
                   header ? "checksum does not match" : "header is not as the index has it");
}

void lt_pack_release(const struct lt_pack *pack, size_t i)
{
    const struct lt_pack_entry *entry = &pack->blocks[i];
    lt_bytes_release(pack->bytes, (size_t)entry->at, (size_t)lt_pack_end_of(entry));
}

int lt_pack_limit(const struct lt_pack *pack, uint64_t row_bytes, struct lt_error *err)
{
    for (size_t i = 0; i < pack->count; i++)
        if (row_bytes && pack->blocks[i].section.rows > LT_PACK_PAYLOAD_MAX / row_bytes)
            return lt_fail(err, LT_ECONTENT,
                           "%s: block %llu says that it has %llu rows of %llu bytes, which is more "
                           "than a block may hold; the file was not written by Latent",
                           pack->name, (unsigned long long)pack->blocks[i].section.number,
                           (unsigned long long)pack->blocks[i].section.rows,
                           (unsigned long long)row_bytes);
    return LT_OK;
}

const struct lt_pack_lost *lt_pack_lost(const struct lt_pack *pack, size_t *count)
{
    *count = pack->losses;
    return pack->lost;
}

const char *lt_pack_lost_name(const struct lt_pack_lost *lost, char out[LT_PACK_NAME])
{
    unsigned long long block = lost->number, first = lost->first;
    unsigned long long last = first + lost->rows - 1, last_block = block + lost->blocks - 1;
    if (!lost->rows)
        snprintf(out, LT_PACK_NAME, "everything from block %llu (row %llu) on", block, first);
    else if (lost->blocks == 1 && lost->rows == 1)
        snprintf(out, LT_PACK_NAME, "block %llu (row %llu)", block, first);
    else if (lost->blocks == 1)
        snprintf(out, LT_PACK_NAME, "block %llu (rows %llu to %llu)", block, first, last);
    else
        snprintf(out, LT_PACK_NAME, "blocks %llu to %llu (rows %llu to %llu)", block, last_block,
                 first, last);
    return out;
}
