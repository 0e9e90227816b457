#include "codec/container.h"

#include "base/mem.h"
#include "codec/crc.h"
#include "codec/packlayout.h"
#include <assert.h>
#include <string.h>

struct lt_pack_writer {
    char *name;
    struct lt_outfile *file;
    void *head; /* kept for its copy at the end */
    size_t head_size;
    bool has_model;
    uint32_t identity;
    uint64_t at; /* bytes written */
    uint64_t blocks, rows;
    unsigned char *index; /* the headers of all sections so far: (sections, LT_SECTION_BYTES) */
    size_t sections, room;
};

int lt_pack_writer_create(struct lt_pack_writer **out, const char *path, struct lt_error *err)
{
    *out = NULL;
    struct lt_pack_writer *w = NULL;
    int rc = lt_alloc(&w, 1, sizeof *w, path, err);
    if (!rc)
        rc = lt_strdup(&w->name, path, err);
    if (!rc)
        rc = lt_outfile_open(&w->file, path, err);
    if (rc)
        lt_pack_writer_abort(&w);
    *out = w;
    return rc;
}

static int put(struct lt_pack_writer *w, const void *bytes, size_t size, struct lt_error *err)
{
    w->at += size;
    return lt_outfile_write(w->file, bytes, size, err);
}

/* Writes a section whose crc and size are still to be filled in. */
static int put_section(struct lt_pack_writer *w, struct lt_section section, const void *bytes,
                       size_t size, struct lt_error *err)
{
    if (size > LT_PACK_PAYLOAD_MAX)
        return lt_fail(err, LT_EFAIL,
                       "%s: a part of %zu bytes is larger than %d, the most a packed file holds in "
                       "one; use smaller blocks",
                       w->name, size, (int)LT_PACK_PAYLOAD_MAX);
    /* The last place is for the copy of the head, so that no file fails only at its end. */
    if (w->sections + (section.kind != LT_KIND_COPY) >= LT_PACK_SECTIONS_MAX)
        return lt_fail(err, LT_EFAIL, "%s: needs more than %d blocks; use larger ones", w->name,
                       (int)LT_PACK_SECTIONS_MAX - 3);
    int rc = lt_grow(&w->index, &w->room, (w->sections + 1) * LT_SECTION_BYTES, 1, w->name, err);
    if (rc)
        return rc;
    section.size = size;
    section.crc = lt_crc32c(0, bytes, size);
    unsigned char *header = w->index + w->sections++ * LT_SECTION_BYTES;
    lt_section_put(header, &section, w->identity);
    rc = put(w, header, LT_SECTION_BYTES, err);
    return rc ? rc : put(w, bytes, size, err);
}

int lt_pack_writer_head(struct lt_pack_writer *w, const void *bytes, size_t size,
                        struct lt_error *err)
{
    assert(!w->head);
    unsigned char preamble[LT_PREAMBLE_BYTES];
    int rc = lt_alloc(&w->head, size, 1, w->name, err);
    if (rc)
        return rc;
    if (size)
        memcpy(w->head, bytes, size);
    w->head_size = size;
    w->identity = lt_crc32c(0, bytes, size);
    lt_preamble_put(preamble, &(struct lt_preamble){.major = LT_PACK_MAJOR,
                                                    .minor = LT_PACK_MINOR,
                                                    .identity = w->identity});
    rc = put(w, preamble, sizeof preamble, err);
    return rc ? rc : put_section(w, (struct lt_section){.kind = LT_KIND_HEAD}, bytes, size, err);
}

int lt_pack_writer_model(struct lt_pack_writer *w, const void *bytes, size_t size,
                         struct lt_error *err)
{
    assert(w->head && !w->has_model && !w->blocks);
    w->has_model = true;
    return put_section(w, (struct lt_section){.kind = LT_KIND_MODEL}, bytes, size, err);
}

int lt_pack_writer_block(struct lt_pack_writer *w, uint64_t rows, const void *bytes, size_t size,
                         struct lt_error *err)
{
    assert(w->head && rows);
    if (rows > LT_PACK_BLOCK_ROWS_MAX || rows > LT_PACK_ROWS_MAX - w->rows)
        return lt_fail(err, LT_EFAIL, "%s: a block of %llu rows is too large; use smaller ones",
                       w->name, (unsigned long long)rows);
    struct lt_section section = {
        .kind = LT_KIND_BLOCK, .number = w->blocks, .first = w->rows, .rows = rows};
    w->blocks++;
    w->rows += rows;
    return put_section(w, section, bytes, size, err);
}

uint64_t lt_pack_writer_size(const struct lt_pack_writer *w)
{
    assert(w->head);
    /* The copy of the head and the index, whose entries are the headers before it. */
    return w->at + LT_SECTION_BYTES + w->head_size + LT_SECTION_BYTES +
           (w->sections + 1) * LT_SECTION_BYTES + LT_TRAILER_BYTES;
}

static int put_end(struct lt_pack_writer *w, struct lt_error *err)
{
    unsigned char trailer[LT_TRAILER_BYTES], header[LT_SECTION_BYTES];
    struct lt_section section = {.kind = LT_KIND_COPY, .number = w->blocks, .rows = w->rows};
    int rc = put_section(w, section, w->head, w->head_size, err);
    if (rc)
        return rc;
    section.kind = LT_KIND_INDEX;
    section.size = w->sections * LT_SECTION_BYTES;
    section.crc = lt_crc32c(0, w->index, (size_t)section.size);
    lt_section_put(header, &section, w->identity);
    struct lt_trailer end = {.index = w->at,
                             .size = lt_pack_end_of(&(struct lt_pack_entry){w->at, section}) +
                                     LT_TRAILER_BYTES,
                             .identity = w->identity};
    lt_trailer_put(trailer, &end);
    rc = put(w, header, sizeof header, err);
    if (!rc)
        rc = put(w, w->index, (size_t)section.size, err);
    return rc ? rc : put(w, trailer, sizeof trailer, err);
}

int lt_pack_writer_commit(struct lt_pack_writer **w, struct lt_error *err)
{
    assert((*w)->head);
    int rc = put_end(*w, err);
    if (!rc)
        rc = lt_outfile_commit(&(*w)->file, err);
    lt_pack_writer_abort(w);
    return rc;
}

void lt_pack_writer_abort(struct lt_pack_writer **w)
{
    if (!*w)
        return;
    lt_outfile_abort(&(*w)->file);
    lt_free((*w)->name);
    lt_free((*w)->head);
    lt_free((*w)->index);
    lt_free(*w);
    *w = NULL;
}
