/* Opening what is left of a packed file. */
#include "base/le.h"
#include "base/mem.h"
#include "codec/packlayout.h"

enum { RELEASE_STEP = 1 << 20 }; /* bytes searched before their memory goes back */

struct salvage {
    struct lt_pack *pack;
    uint64_t next, row; /* the block that is expected next, and its first row */
    bool skipped;       /* bytes that belong to no section stood before block 0 */
    bool ended;         /* blocks and rows of the file are known: */
    uint64_t blocks, rows;
    uint64_t reentered; /* bytes of payloads that were searched for sections */
    struct lt_error *err;
};

static int lose(struct salvage *s, uint64_t blocks, uint64_t rows)
{
    struct lt_pack *pack = s->pack;
    int rc = lt_grow(&pack->lost, &pack->lost_room, pack->losses + 1, sizeof *pack->lost,
                     pack->name, s->err);
    if (rc)
        return rc;
    pack->lost[pack->losses++] = (struct lt_pack_lost){s->next, blocks, s->row, rows};
    s->next += blocks;
    s->row += rows;
    return LT_OK;
}

/* Up to block `next` with the row `row`; false where that contradicts what came before. */
static bool reaches(const struct salvage *s, uint64_t next, uint64_t row)
{
    if (next < s->next || row < s->row)
        return false;
    return next == s->next ? row == s->row : row - s->row >= next - s->next;
}

static int take_block(struct salvage *s, const struct lt_pack_entry *entry, bool whole)
{
    const struct lt_section *b = &entry->section;
    int rc = LT_OK;
    if (!reaches(s, b->number, b->first))
        return LT_OK;
    if (b->number > s->next)
        rc = lose(s, b->number - s->next, b->first - s->row);
    if (rc || !whole)
        return rc ? rc : lose(s, 1, b->rows);
    s->next++;
    s->row += b->rows;
    return lt_pack_add(s->pack, entry, s->err);
}

/* Takes a section whose header is good. */
static int take(struct salvage *s, const struct lt_pack_entry *entry, bool whole)
{
    struct lt_pack *pack = s->pack;
    const struct lt_section *section = &entry->section;
    const uint32_t kind = section->kind;
    int rc = lt_pack_known(pack, kind, s->err);
    if (rc || kind == LT_KIND_BLOCK)
        return rc ? rc : take_block(s, entry, whole);
    if ((kind == LT_KIND_HEAD || kind == LT_KIND_COPY) && whole && section->crc == pack->identity)
        pack->head = lt_pack_payload_of(pack, entry);
    if (kind == LT_KIND_MODEL && !pack->model.data) {
        pack->model_damaged = !whole;
        pack->model = whole ? lt_pack_payload_of(pack, entry) : (struct lt_pack_payload){0};
    }
    if ((kind == LT_KIND_COPY || kind == LT_KIND_INDEX) && !s->ended) {
        s->ended = true;
        s->blocks = section->number;
        s->rows = section->rows;
    }
    return LT_OK;
}

/* Whether a section lies within the file and its payload is whole, with its memory given back. */
static bool check_payload(const struct lt_pack *pack, const struct lt_pack_entry *entry)
{
    const uint64_t end = lt_pack_end_of(entry);
    bool whole = end <= pack->bytes->size && lt_pack_whole(pack, entry);
    lt_bytes_release(pack->bytes, (size_t)entry->at, (size_t)end);
    return whole;
}

/* With a good index: it has a copy of every header. */
static int take_index(struct salvage *s, const struct lt_pack_payload *index)
{
    uint64_t at = LT_PREAMBLE_BYTES;
    int rc = LT_OK;
    for (size_t i = 0; !rc && i < index->size / LT_SECTION_BYTES; i++) {
        struct lt_pack_entry entry = lt_pack_index_entry(s->pack, index, i, at);
        at = lt_pack_end_of(&entry);
        rc = take(s, &entry, check_payload(s->pack, &entry));
    }
    return rc;
}

/* Whether a section begins at `at`. */
static bool is_section(const struct lt_pack *pack, uint64_t at, struct lt_section *out)
{
    return at + LT_SECTION_BYTES <= pack->bytes->size &&
           lt_section_get(pack->bytes->data + at, out, pack->identity);
}

/* Where to look on behind a section whose payload is not whole.  Where nothing stands at its end, bytes
 * may have been lost or inserted, so its inside is searched as well; not for more bytes than the file has,
 * so that the time stays linear. */
static uint64_t behind_damage(struct salvage *s, const struct lt_pack_entry *entry)
{
    struct lt_section next;
    const uint64_t size = s->pack->bytes->size, end = lt_pack_end_of(entry);
    const uint64_t inside = entry->at + LT_SECTION_BYTES;
    if (is_section(s->pack, end, &next) || s->reentered > size)
        return end;
    s->reentered += (end < size ? end : size) - inside;
    return inside;
}

/* Without an index: one section after the other, and where there is none, the next place where one
 * begins. */
static int take_found(struct salvage *s)
{
    const struct lt_pack *pack = s->pack;
    struct lt_pack_entry entry = {.at = LT_PREAMBLE_BYTES};
    int rc = LT_OK;
    if (!is_section(pack, entry.at, &entry.section))
        entry.at = 0;
    while (!rc && !s->ended && entry.at + LT_SECTION_BYTES <= pack->bytes->size) {
        if (is_section(pack, entry.at, &entry.section)) {
            bool whole = check_payload(pack, &entry);
            rc = take(s, &entry, whole);
            entry.at = whole ? lt_pack_end_of(&entry) : behind_damage(s, &entry);
            continue;
        }
        s->skipped |= s->next == 0;
        if (++entry.at % RELEASE_STEP == 0)
            lt_bytes_release(pack->bytes, (size_t)entry.at - RELEASE_STEP, (size_t)entry.at);
    }
    s->pack->model_damaged |= s->skipped && !pack->model.data;
    return rc;
}

/* What is missing at the end. */
static int finish(struct salvage *s)
{
    int rc = LT_OK;
    if (!s->ended)
        rc = lose(s, 0, 0);
    else if (s->blocks > s->next && reaches(s, s->blocks, s->rows))
        rc = lose(s, s->blocks - s->next, s->rows - s->row);
    s->pack->rows = s->row;
    return rc;
}

/* The file's identity from the first of three places that is whole: preamble, trailer, description. */
static int find_identity(struct lt_pack *pack, struct lt_error *err)
{
    const unsigned char *bytes = pack->bytes->data;
    const size_t size = pack->bytes->size;
    struct lt_preamble preamble;
    struct lt_trailer trailer;
    struct lt_section head;
    if (size >= LT_PREAMBLE_BYTES && lt_preamble_get(bytes, &preamble)) {
        pack->identity = preamble.identity;
        return lt_pack_version(pack, &preamble, err);
    }
    if (size >= LT_TRAILER_BYTES && lt_trailer_get(bytes + size - LT_TRAILER_BYTES, &trailer)) {
        pack->identity = trailer.identity;
        return LT_OK;
    }
    if (size >= LT_PREAMBLE_BYTES + LT_SECTION_BYTES) {
        bytes += LT_PREAMBLE_BYTES;
        pack->identity = lt_le_get32(bytes + LT_SECTION_CRC_AT);
        if (lt_section_get(bytes, &head, pack->identity) && head.kind == LT_KIND_HEAD)
            return LT_OK;
    }
    return lt_fail(err, LT_ECONTENT,
                   "%s: is not a packed file, or so damaged that nothing in it can be recognised",
                   pack->name);
}

static int salvage(struct lt_pack *pack, struct lt_error *err)
{
    struct salvage s = {.pack = pack, .err = err};
    struct lt_pack_payload index;
    struct lt_error why = {0}; /* the index is of no use: that is no failure here */
    pack->salvaged = true;
    int rc = find_identity(pack, err);
    if (rc)
        return rc;
    rc = lt_pack_index(pack, &index, &why) ? take_found(&s) : take_index(&s, &index);
    if (rc || (rc = finish(&s)))
        return rc;
    if (pack->head.data)
        return LT_OK;
    return lt_fail(
        err, LT_ECONTENT,
        "%s: nothing can be salvaged: neither its description nor the copy of it is whole",
        pack->name);
}

int lt_pack_open_salvage(struct lt_pack **out, const char *name, const struct lt_bytes *bytes,
                         struct lt_error *err)
{
    int rc = lt_pack_new(out, name, bytes, err);
    if (!rc && (rc = salvage(*out, err)))
        lt_pack_free(out);
    return rc;
}
