#include "app/packblock.h"

#include "base/mem.h"
#include "codec/container.h"
#include "codec/general.h"
#include "codec/packedbytes.h"

/* What comes out so many bytes larger than it was is kept by a general method. */
enum { SPARE = 4096, CODE_BYTES_MOST = 10 };

static int open_code(struct lt_packblock *b, struct lt_error *err)
{
    const struct lt_code *c = b->way.code;
    int rc = lt_blockcoder_create(&b->code_coder, c->pattern, err);
    if (!rc)
        rc = lt_alloc(&b->q, (size_t)(b->most * c->dims), sizeof *b->q, "a block", err);
    if (!rc)
        rc = lt_alloc(&b->guess, (size_t)(b->most * c->planes), sizeof *b->guess, "a block", err);
    return rc ? rc
              : lt_alloc(&b->room, (size_t)(c->dims + lt_intnet_room(c->decoder)), sizeof *b->room,
                         "a block", err);
}

int lt_packblock_open(struct lt_packblock *b, const struct lt_packway *way, int64_t most,
                      struct lt_error *err)
{
    const struct lt_planes *planes = way->planes;
    const struct lt_pattern *pattern = way->pattern;
    *b = (struct lt_packblock){.way = *way, .most = most};
    b->group = lt_planes_groups(planes, &b->groups);
    int rc = pattern && !way->guessed ? lt_blockcoder_create(&b->coder, pattern, err) : 0;
    if (!rc && pattern)
        rc = lt_alloc(&b->values, (size_t)(most * lt_planes_count(planes)), sizeof *b->values,
                      "a block", err);
    if (!rc && way->code)
        rc = open_code(b, err);
    if (!rc && b->group)
        rc = lt_packgroups_create(&b->rows.group, b->group, b->groups, most, err);
    if (rc)
        lt_packblock_close(b);
    return rc;
}

void lt_packblock_close(struct lt_packblock *b)
{
    lt_blockcoder_free(&b->coder);
    lt_blockcoder_free(&b->code_coder);
    lt_free(b->values);
    lt_free(b->q);
    lt_free(b->guess);
    lt_free(b->room);
    lt_growable_free(&b->levelled);
    lt_growable_free(&b->exceptions);
    lt_growable_free(&b->bytes);
    lt_growable_free(&b->rows.text);
    lt_packgroups_free(&b->rows.group, b->groups);
    *b = (struct lt_packblock){0};
}

/* ---- packing ---- */

int lt_packlevels(const unsigned char *levels, const struct lt_packchunk *chunk, int64_t width,
                  struct lt_growable *room, struct lt_block_group *out, struct lt_error *err)
{
    size_t cells = (size_t)(chunk->rows * width);
    const unsigned char *from = chunk->group[0].values;
    int rc = lt_grow(&room->bytes, &room->room, cells, 1, "a block", err);
    for (size_t i = 0; i < cells && !rc; i++)
        room->bytes[i] = levels[from[i]];
    *out = chunk->group[0];
    out->values = room->bytes;
    return rc;
}

static int map(struct lt_packblock *b, const struct lt_packsource *source,
               const struct lt_packchunk *chunk, struct lt_error *err)
{
    const struct lt_block_group *group = chunk->group;
    struct lt_block_group levelled;
    int rc = 0;
    b->exceptions.used = 0;
    if (b->way.levels) {
        rc = lt_packlevels(b->way.levels, chunk, b->group->width, &b->levelled, &levelled, err);
        group = &levelled;
    }
    if (rc || source->table)
        return rc ? rc
                  : lt_planes_map(b->way.planes, group, chunk->rows, b->values, &b->exceptions,
                                  err);
    return lt_planes_map_lines(b->way.planes, chunk->begin, chunk->end, chunk->first, chunk->rows,
                               b->values, &b->exceptions, err);
}

/* The rows' codes, and what they guess. */
static int put_codes(struct lt_packblock *b, int64_t rows, struct lt_growable *out,
                     struct lt_error *err)
{
    const struct lt_code *c = b->way.code;
    size_t room = (size_t)(rows * c->dims) * CODE_BYTES_MOST + SPARE, begin = out->used;
    int rc = b->encoder.encode(b->encoder.context, b->values, rows, b->q, err);
    if (!rc)
        rc = lt_grow(&b->bytes.bytes, &b->bytes.room, room, 1, "a block", err);
    if (!rc)
        rc = lt_block_encode(b->code_coder, b->q, NULL, rows, b->bytes.bytes, room, &b->bytes.used,
                             err);
    if (!rc)
        rc = lt_growable_varint(out, b->bytes.used, err);
    if (!rc)
        rc = lt_growable_put(out, b->bytes.bytes, b->bytes.used, err);
    if (!rc)
        lt_code_guess(c, b->way.pattern, b->q, rows, b->room, b->guess);
    b->code_bytes = out->used - begin;
    return rc;
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
    b->code_bytes = 0;
    if (!rc && b->way.code)
        rc = put_codes(b, rows, out, err);
    if (rc || b->way.guessed)
        return rc;
    rc = lt_grow(&out->bytes, &out->room, out->used + most, 1, "a block", err);
    if (!rc)
        rc = lt_block_encode(b->coder, b->values, b->guess, rows, out->bytes + out->used, most,
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
    int rc = b->way.pattern ? map(b, source, chunk, err) : 0;
    if (!rc && b->way.pattern)
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

/* The codes that a block begins with, and what they guess. */
static int take_codes(struct lt_packblock *b, const unsigned char **coded, size_t *size,
                      int64_t rows, struct lt_error *err)
{
    struct lt_reader r = lt_reader_of(*coded, *size);
    uint64_t n = lt_read_varint(&r);
    const unsigned char *bytes = r.broken || n > *size ? NULL : lt_read_bytes(&r, (size_t)n);
    if (!bytes)
        return lt_fail(err, LT_ECONTENT, "a block ends within its codes");
    int rc = lt_block_decode(b->code_coder, bytes, (size_t)n, rows, NULL, b->q, err);
    if (!rc)
        lt_code_guess(b->way.code, b->way.pattern, b->q, rows, b->room, b->guess);
    *coded = r.p;
    *size = lt_reader_left(&r);
    return rc;
}

/* Guesses as values: nothing may follow them. */
static int take_guesses(struct lt_packblock *b, size_t left, int64_t rows, struct lt_error *err)
{
    if (left > 0)
        return lt_fail(err, LT_ECONTENT, "a block goes on behind its codes");
    for (int64_t i = 0; i < rows * b->way.pattern->planes; i++)
        b->values[i] = lt_guess_nearest(b->guess[i]);
    return 0;
}

static int unpack_coded(struct lt_packblock *b, const struct lt_packed_parts *parts, int64_t first,
                        int64_t rows, struct lt_error *err)
{
    const unsigned char *coded = parts->coded;
    size_t size = parts->coded_size;
    if (!b->way.pattern)
        return lt_fail(err, LT_ECONTENT, "a block is coded, and the file has no model");
    b->exceptions.used = b->rows.text.used = 0;
    int rc = lt_packedbytes_get(&b->exceptions, parts->exceptions, parts->exceptions_size,
                                LT_PACK_PAYLOAD_MAX, err);
    if (!rc && b->way.code)
        rc = take_codes(b, &coded, &size, rows, err);
    if (!rc && b->way.guessed)
        rc = take_guesses(b, size, rows, err);
    else if (!rc)
        rc = lt_block_decode(b->coder, coded, size, rows, b->guess, b->values, err);
    if (!rc && b->group)
        rc = lt_planes_unmap(b->way.planes, b->values, rows, b->exceptions.bytes,
                             b->exceptions.used, b->rows.group, err);
    else if (!rc)
        rc = lt_planes_unmap_lines(b->way.planes, b->values, first, rows, b->exceptions.bytes,
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
