/* What an index and the trailer say, checked. */
#include "base/mem.h"
#include "codec/crc.h"
#include "codec/packlayout.h"
#include <string.h>

int lt_pack_known(const struct lt_pack *pack, uint32_t kind, struct lt_error *err)
{
    if (kind == LT_KIND_HEAD || kind == LT_KIND_MODEL || kind == LT_KIND_BLOCK ||
        kind == LT_KIND_COPY || kind == LT_KIND_INDEX || lt_kind_optional(kind))
        return LT_OK;
    return lt_fail(err, LT_ECONTENT,
                   "%s: has a part \"%c%c%c%c\", which this version of Latent does not know; use a "
                   "newer one",
                   pack->name, (int)(kind & 255), (int)(kind >> 8 & 255), (int)(kind >> 16 & 255),
                   (int)(kind >> 24));
}

int lt_pack_version(const struct lt_pack *pack, const struct lt_preamble *preamble,
                    struct lt_error *err)
{
    if (preamble->major > LT_PACK_MAJOR || preamble->flags)
        return lt_fail(err, LT_ECONTENT,
                       "%s: has the format %d.%d%s, and this version of Latent reads up to %d; use "
                       "a newer one",
                       pack->name, preamble->major, preamble->minor,
                       preamble->flags ? " with further flags" : "", (int)LT_PACK_MAJOR);
    if (preamble->major < 1)
        return lt_fail(err, LT_ECONTENT, "%s: has the format 0, which there is none of",
                       pack->name);
    return LT_OK;
}

/* The sections of an index so far: where the next one begins, and what it has to continue. */
struct course {
    uint64_t at, blocks, rows;
    uint32_t head_size;
    bool model, copy;
};

/* A section's fields other than size and crc, which must be as they follow from those before it. */
static bool continues(const struct lt_section *s, uint64_t number, uint64_t first)
{
    return s->number == number && s->first == first;
}

/* Whether a section may come next; takes it into account. */
static bool advance(struct course *c, const struct lt_section *s, uint32_t identity, bool is_first)
{
    bool fits = !c->copy && is_first == (s->kind == LT_KIND_HEAD); /* COPY is the last */
    if (s->kind == LT_KIND_BLOCK) {
        fits = fits && continues(s, c->blocks, c->rows);
        c->blocks++;
        c->rows += s->rows;
    } else if (s->kind == LT_KIND_COPY) {
        fits = fits && continues(s, c->blocks, 0) && s->rows == c->rows && s->crc == identity &&
               s->size == c->head_size;
        c->copy = true;
    } else {
        fits = fits && continues(s, 0, 0) && !s->rows && s->kind != LT_KIND_INDEX;
    }
    if (s->kind == LT_KIND_HEAD) {
        fits = fits && s->crc == identity;
        c->head_size = (uint32_t)s->size;
    } else if (s->kind == LT_KIND_MODEL) {
        fits = fits && !c->model && !c->blocks;
        c->model = true;
    }
    c->at += LT_SECTION_BYTES + s->size;
    return fits;
}

/* Whether the sections that the index lists are in order and fill the file up to the index itself. */
static int check_course(const struct lt_pack *pack, const struct lt_pack_payload *index,
                        const struct lt_pack_entry *entry, struct lt_error *err)
{
    struct course c = {.at = LT_PREAMBLE_BYTES};
    bool fits = index->size % LT_SECTION_BYTES == 0 &&
                index->size <= (uint64_t)LT_PACK_SECTIONS_MAX * LT_SECTION_BYTES;
    for (size_t at = 0; fits && at < index->size; at += LT_SECTION_BYTES) {
        struct lt_section s;
        fits = lt_section_get(index->data + at, &s, pack->identity);
        if (fits && lt_pack_known(pack, s.kind, err))
            return LT_ECONTENT;
        fits = fits && advance(&c, &s, pack->identity, at == 0);
    }
    if (fits && c.copy && c.at == entry->at && continues(&entry->section, c.blocks, 0) &&
        entry->section.rows == c.rows)
        return LT_OK;
    return lt_fail(err, LT_ECONTENT,
                   "%s: its index is whole but does not fit the file, so it was not written by "
                   "Latent",
                   pack->name);
}

/* The trailer, at the end of a file that is long enough. */
static int find_trailer(const struct lt_pack *pack, struct lt_trailer *out, struct lt_error *err)
{
    const size_t size = pack->bytes->size;
    const unsigned char *end = pack->bytes->data + size - LT_TRAILER_BYTES;
    bool whole = lt_trailer_get(end, out), named = memcmp(end, LT_PACK_END, LT_MAGIC_BYTES) == 0;
    if (!whole && !named)
        return lt_fail(err, LT_ECONTENT,
                       "%s: its end is missing; get the whole file, or unpack what is left of it "
                       "with --salvage",
                       pack->name);
    if (!whole || !named)
        return lt_fail(err, LT_ECONTENT,
                       "%s: its last %d bytes are damaged; unpack it with --salvage", pack->name,
                       (int)LT_TRAILER_BYTES);
    if (out->size != size || out->identity != pack->identity)
        return lt_fail(err, LT_ECONTENT,
                       "%s: has %zu bytes and was written with %llu: something was inserted, left "
                       "out or exchanged; unpack what is left of it with --salvage",
                       pack->name, size, (unsigned long long)out->size);
    return LT_OK;
}

int lt_pack_index(const struct lt_pack *pack, struct lt_pack_payload *index, struct lt_error *err)
{
    const size_t size = pack->bytes->size;
    const size_t least = LT_PREAMBLE_BYTES + LT_SECTION_BYTES + LT_TRAILER_BYTES;
    if (size < least)
        return lt_fail(err, LT_ECONTENT, "%s: its end is missing, and little else is there",
                       pack->name);
    struct lt_trailer trailer;
    int rc = find_trailer(pack, &trailer, err);
    if (rc)
        return rc;
    struct lt_pack_entry entry = {.at = trailer.index};
    if (entry.at < LT_PREAMBLE_BYTES || entry.at > size - LT_TRAILER_BYTES - LT_SECTION_BYTES ||
        !lt_section_get(pack->bytes->data + entry.at, &entry.section, pack->identity) ||
        entry.section.kind != LT_KIND_INDEX || lt_pack_end_of(&entry) != size - LT_TRAILER_BYTES ||
        !lt_pack_whole(pack, &entry))
        return lt_fail(err, LT_ECONTENT, "%s: its index is damaged; unpack it with --salvage",
                       pack->name);
    *index = lt_pack_payload_of(pack, &entry);
    return check_course(pack, index, &entry, err);
}

struct lt_pack_entry lt_pack_index_entry(const struct lt_pack *pack,
                                         const struct lt_pack_payload *index, size_t i, uint64_t at)
{
    struct lt_pack_entry entry = {.at = at};
    lt_section_get(index->data + i * LT_SECTION_BYTES, &entry.section, pack->identity);
    return entry;
}

struct lt_pack_payload lt_pack_payload_of(const struct lt_pack *pack,
                                          const struct lt_pack_entry *entry)
{
    return (struct lt_pack_payload){pack->bytes->data + entry->at + LT_SECTION_BYTES,
                                    (size_t)entry->section.size};
}

bool lt_pack_whole(const struct lt_pack *pack, const struct lt_pack_entry *entry)
{
    struct lt_pack_payload payload = lt_pack_payload_of(pack, entry);
    return lt_crc32c(0, payload.data, payload.size) == entry->section.crc;
}
