#include "app/packblock.h"

#include "base/mem.h"
#include "codec/container.h"
#include "codec/general.h"
#include "codec/packedbytes.h"

/* What comes out so many bytes larger than it was is kept by a general method. */
enum { SPARE = 4096 };

int lt_packblock_open(struct lt_packblock *b, const struct lt_planes *planes,
                      const struct lt_pattern *pattern, int64_t most, struct lt_error *err)
{
    *b = (struct lt_packblock){.planes = planes, .pattern = pattern, .most = most};
    b->group = lt_planes_groups(planes, &b->groups);
    int rc = pattern ? lt_blockcoder_create(&b->coder, pattern, err) : 0;
    if (!rc && pattern)
        rc = lt_alloc(&b->values, (size_t)(most * lt_planes_count(planes)), sizeof *b->values,
                      "a block", err);
    if (!rc && b->group)
        rc = lt_packgroups_create(&b->rows.group, b->group, b->groups, most, err);
    if (rc)
        lt_packblock_close(b);
    return rc;
}

void lt_packblock_close(struct lt_packblock *b)
{
    lt_blockcoder_free(&b->coder);
    lt_free(b->values);
    lt_growable_free(&b->exceptions);
    lt_growable_free(&b->bytes);
    lt_growable_free(&b->rows.text);
    lt_packgroups_free(&b->rows.group, b->groups);
    *b = (struct lt_packblock){0};
}

/* ---- packing ---- */

static int map(struct lt_packblock *b, const struct lt_packsource *source,
               const struct lt_packchunk *chunk, struct lt_error *err)
{
    b->exceptions.used = 0;
    if (source->table)
        return lt_planes_map(b->planes, chunk->group, chunk->rows, b->values, &b->exceptions, err);
    return lt_planes_map_lines(b->planes, chunk->begin, chunk->end, chunk->first, chunk->rows,
                               b->values, &b->exceptions, err);
}

/* The coded form; nothing is appended when it comes out larger than `most`. */
static int put_coded(struct lt_packblock *b, int64_t rows, size_t most, struct lt_growable *out,
                     struct lt_error *err)
{
    size_t begin = out->used, written = 0;
    int rc = lt_growable_varint(out, LT_PACKED_CODED, err);
    b->bytes.used = 0;
    if (!rc)
        rc = lt_packedbytes_put(&b->bytes, b->exceptions.bytes, b->exceptions.used, false, err);
    if (!rc)
        rc = lt_growable_varint(out, b->bytes.used, err);
    if (!rc)
        rc = lt_growable_put(out, b->bytes.bytes, b->bytes.used, err);
    if (!rc)
        rc = lt_grow(&out->bytes, &out->room, out->used + most, 1, "a block", err);
    if (!rc)
        rc = lt_block_encode(b->coder, b->values, NULL, rows, out->bytes + out->used, most,
                             &written, err);
    out->used = rc || written == 0 ? begin : out->used + written;
    return rc;
}

int lt_packblock_keep(const struct lt_growable *raw, struct lt_growable *out, struct lt_error *err)
{
    int rc = lt_growable_varint(out, LT_PACKED_GENERAL, err);
    return rc ? rc : lt_packedbytes_put(out, raw->bytes, raw->used, false, err);
}

int lt_packblock_pack(struct lt_packblock *b, const struct lt_packsource *source,
                      const struct lt_packchunk *chunk, const struct lt_growable *raw,
                      struct lt_growable *out, bool *general, struct lt_error *err)
{
    size_t begin = out->used;
    int rc = b->pattern ? map(b, source, chunk, err) : 0;
    if (!rc && b->pattern)
        rc = put_coded(b, chunk->rows, raw->used + SPARE, out, err);
    size_t coded = out->used - begin;
    *general = coded == 0;
    if (rc || (coded > 0 && !lt_general_may_win(raw->bytes, raw->used, coded)))
        return rc;
    b->bytes.used = 0;
    rc = lt_packblock_keep(raw, &b->bytes, err);
    if (!rc && (coded == 0 || b->bytes.used < coded)) {
        *general = true;
        out->used = begin;
        rc = lt_growable_put(out, b->bytes.bytes, b->bytes.used, err);
    }
    return rc;
}

/* ---- unpacking ---- */

static int unpack_general(struct lt_packblock *b, const struct lt_packed_parts *parts, int64_t rows,
                          struct lt_error *err)
{
    struct lt_growable *to = b->group ? &b->bytes : &b->rows.text;
    size_t expected =
        b->group ? (size_t)lt_packgroups_bytes(b->group, b->groups, rows) : LT_PACK_PAYLOAD_MAX;
    to->used = 0;
    int rc = lt_packedbytes_get(to, parts->coded, parts->coded_size, expected, err);
    if (rc || !b->group)
        return rc;
    if (to->used != expected)
        return lt_fail(err, LT_ECONTENT, "a block holds %zu bytes where its rows have %zu",
                       to->used, expected);
    lt_packgroups_take(b->group, b->groups, rows, to->bytes, b->rows.group);
    return 0;
}

static int unpack_coded(struct lt_packblock *b, const struct lt_packed_parts *parts, int64_t first,
                        int64_t rows, struct lt_error *err)
{
    if (!b->pattern)
        return lt_fail(err, LT_ECONTENT, "a block is coded, and the file has no model");
    b->exceptions.used = b->rows.text.used = 0;
    int rc = lt_packedbytes_get(&b->exceptions, parts->exceptions, parts->exceptions_size,
                                LT_PACK_PAYLOAD_MAX, err);
    if (!rc)
        rc = lt_block_decode(b->coder, parts->coded, parts->coded_size, rows, NULL, b->values, err);
    if (!rc && b->group)
        rc = lt_planes_unmap(b->planes, b->values, rows, b->exceptions.bytes, b->exceptions.used,
                             b->rows.group, err);
    else if (!rc)
        rc = lt_planes_unmap_lines(b->planes, b->values, first, rows, b->exceptions.bytes,
                                   b->exceptions.used, &b->rows.text, err);
    return rc;
}

int lt_packblock_unpack(struct lt_packblock *b, const void *bytes, size_t size, int64_t first,
                        int64_t rows, struct lt_error *err)
{
    struct lt_packed_parts parts;
    if (rows < 1 || rows > b->most)
        return lt_fail(err, LT_ECONTENT, "a block has %lld rows where blocks have %lld",
                       (long long)rows, (long long)b->most);
    b->rows.first = first;
    b->rows.rows = rows;
    int rc = lt_packed_split(&parts, bytes, size, err);
    if (rc)
        return rc;
    return parts.form == LT_PACKED_GENERAL ? unpack_general(b, &parts, rows, err)
                                           : unpack_coded(b, &parts, first, rows, err);
}
