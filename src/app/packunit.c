#include "app/packunit.h"

#include "app/pace.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "codec/general.h"
#include <string.h>

/* ---- blocks ---- */

struct slot {
    struct lt_packblock block;
    struct lt_error err;
};
struct round {
    const struct lt_packunit *unit;
    struct slot *slot; /* (threads) */
    size_t first;      /* block of the file that slot 0 decodes */
};

static void unpack_one(void *context, size_t chunk, int thread)
{
    struct round *r = context;
    struct slot *s = &r->slot[chunk];
    struct lt_pack_block b;
    struct lt_error why = {0};
    (void)thread;
    s->err.code = 0;
    if (lt_pack_block(r->unit->file->pack, r->first + chunk, &b, &s->err))
        return;
    if (lt_packblock_unpack(&s->block, b.payload.data, b.payload.size, (int64_t)b.first,
                            (int64_t)b.rows, &why))
        lt_fail(&s->err, why.code, "%s: block %llu (rows %llu to %llu) cannot be unpacked: %s",
                r->unit->file->name, (unsigned long long)b.number, (unsigned long long)b.first,
                (unsigned long long)(b.first + b.rows - 1), why.text);
    lt_pack_release(r->unit->file->pack, r->first + chunk);
}

static int run_rounds(struct round *r, int threads, struct lt_error *err)
{
    const struct lt_packunit *u = r->unit;
    const struct lt_pack *pack = u->file->pack;
    struct lt_pace pace = lt_pace_start(u->listener, u->stage, u->to - u->from);
    size_t end = lt_pack_blocks(pack);
    int rc = 0;
    r->first = lt_pack_find(pack, (uint64_t)u->from);
    while (!rc && r->first < end && (int64_t)lt_pack_peek(pack, r->first).first < u->to) {
        size_t n = 1;
        while (n < (size_t)threads && r->first + n < end &&
               (int64_t)lt_pack_peek(pack, r->first + n).first < u->to)
            n++;
        lt_parallel(threads, n, unpack_one, r);
        for (size_t i = 0; i < n && !rc; i++) {
            struct slot *s = &r->slot[i];
            rc = s->err.code ? lt_fail(err, s->err.code, "%s", s->err.text)
                             : u->take(u->context, &s->block.rows, err);
            if (!rc)
                rc = lt_pace_tell(&pace, s->block.rows.first + s->block.rows.rows - u->from, err);
        }
        r->first += n;
    }
    return rc;
}

static int run_blocks(const struct lt_packunit *u, struct lt_error *err)
{
    const struct lt_packfile *f = u->file;
    int threads = u->threads > 0 ? u->threads : lt_cpu_count();
    struct round r = {.unit = u};
    if ((size_t)threads > lt_pack_blocks(f->pack))
        threads = (int)lt_pack_blocks(f->pack);
    int64_t all = (int64_t)lt_pack_rows(f->pack);
    int64_t most = f->head.block_rows < all ? f->head.block_rows : all;
    int rc = lt_alloc(&r.slot, (size_t)threads, sizeof *r.slot, "unpacking", err);
    struct lt_packway way = {.planes = f->head.planes,
                             .pattern = f->pattern,
                             .code = f->code,
                             .guessed = f->head.loss == LT_PACK_GUESSED};
    for (int i = 0; i < threads && !rc; i++)
        rc = lt_packblock_open(&r.slot[i].block, &way, most, err);
    if (!rc)
        rc = run_rounds(&r, threads, err);
    for (int i = 0; r.slot && i < threads; i++)
        lt_packblock_close(&r.slot[i].block);
    lt_free(r.slot);
    return rc;
}

/* ---- one stream ---- */

/* Bytes that have come, cut into blocks of rows again. */
struct stream {
    const struct lt_packunit *unit;
    struct lt_packrows rows;
    const struct lt_group *group;
    int groups;
    int64_t all; /* rows of the file */
    struct lt_growable bytes;
    size_t scanned; /* of text: bytes in which lines were counted */
    int64_t lines;
};

static int hand_on(struct stream *s, size_t used, struct lt_error *err)
{
    int rc = s->unit->take(s->unit->context, &s->rows, err);
    s->rows.first += s->rows.rows;
    s->bytes.used -= used;
    memmove(s->bytes.bytes, s->bytes.bytes + used, s->bytes.used);
    return rc;
}

static int cut_cells(struct stream *s, struct lt_error *err)
{
    int64_t most = s->unit->file->head.block_rows;
    for (;;) {
        int64_t left = s->all - s->rows.first;
        s->rows.rows = left < most ? left : most;
        size_t need = (size_t)lt_packgroups_bytes(s->group, s->groups, s->rows.rows);
        if (left == 0 || s->bytes.used < need)
            return 0;
        lt_packgroups_take(s->group, s->groups, s->rows.rows, s->bytes.bytes, s->rows.group);
        int rc = hand_on(s, need, err);
        if (rc)
            return rc;
    }
}

static int cut_lines(struct stream *s, bool last, struct lt_error *err)
{
    int64_t most = s->unit->file->head.block_rows;
    int rc = 0;
    for (size_t i = s->scanned; i < s->bytes.used && !rc; i++) {
        s->scanned = i + 1;
        if (s->bytes.bytes[i] != '\n' || ++s->lines < most)
            continue;
        s->rows.text.used = 0;
        s->rows.rows = s->lines;
        rc = lt_growable_put(&s->rows.text, s->bytes.bytes, i + 1, err);
        if (!rc)
            rc = hand_on(s, i + 1, err);
        s->scanned = 0;
        s->lines = 0;
        i = (size_t)-1; /* from the beginning again */
    }
    if (rc || !last || s->bytes.used == 0)
        return rc;
    s->rows.text.used = 0;
    s->rows.rows = s->lines + (s->bytes.bytes[s->bytes.used - 1] != '\n');
    rc = lt_growable_put(&s->rows.text, s->bytes.bytes, s->bytes.used, err);
    return rc ? rc : hand_on(s, s->bytes.used, err);
}

static int take_bytes(void *context, const void *bytes, size_t n, struct lt_error *err)
{
    struct stream *s = context;
    int rc = lt_growable_put(&s->bytes, bytes, n, err);
    if (rc)
        return rc;
    return s->group ? cut_cells(s, err) : cut_lines(s, false, err);
}

static int feed(struct stream *s, struct lt_general_stream *general, struct lt_error *err)
{
    const struct lt_pack *pack = s->unit->file->pack;
    struct lt_pack_block b;
    int rc = 0;
    for (size_t i = 0; i < lt_pack_blocks(pack) && !rc; i++) {
        rc = lt_pack_block(pack, i, &b, err);
        if (!rc)
            rc = lt_general_feed(general, b.payload.data, b.payload.size, err);
        lt_pack_release(pack, i);
    }
    if (!rc)
        rc = lt_general_finish(general, err);
    return rc || s->group ? rc : cut_lines(s, true, err);
}

static int run_stream(const struct lt_packunit *u, struct lt_error *err)
{
    const struct lt_packfile *f = u->file;
    struct stream s = {.unit = u, .all = (int64_t)lt_pack_rows(f->pack)};
    struct lt_pieces to = {take_bytes, &s};
    struct lt_general_stream *general = NULL;
    s.group = lt_planes_groups(f->head.planes, &s.groups);
    int rc = s.group
                 ? lt_packgroups_create(&s.rows.group, s.group, s.groups, f->head.block_rows, err)
                 : 0;
    if (!rc)
        rc = lt_general_unpacker(&general, f->head.bytes, &to, f->name, err);
    if (!rc)
        rc = feed(&s, general, err);
    lt_general_free(&general);
    lt_packgroups_free(&s.rows.group, s.groups);
    lt_growable_free(&s.rows.text);
    lt_growable_free(&s.bytes);
    return rc;
}

/* A packed block has fewer values, and its rows fewer bytes, unless it is of one row. */
enum { VALUES_MOST = 1 << 22, BYTES_MOST = 1 << 26 };

/* What a block may hold is bounded before anything is allocated for it. */
static int check_limits(const struct lt_packfile *f, struct lt_error *err)
{
    int groups;
    const struct lt_group *group = lt_planes_groups(f->head.planes, &groups);
    int64_t planes = lt_planes_count(f->head.planes), rows = f->head.block_rows;
    int64_t bytes = group ? lt_packgroups_bytes(group, groups, 1) : 0;
    bool one =
        planes <= LT_PACK_PAYLOAD_MAX / (int64_t)sizeof(int64_t) && bytes <= LT_PACK_PAYLOAD_MAX;
    if (!one || (rows > 1 && (rows > VALUES_MOST / planes || (bytes && rows > BYTES_MOST / bytes))))
        return lt_fail(
            err, LT_ECONTENT,
            "%s says that a block holds %lld rows of %lld columns, which is more than any "
            "that is packed",
            f->name, (long long)rows, (long long)planes);
    return 0;
}

int lt_packunit_run(const struct lt_packunit *unit, struct lt_error *err)
{
    int rc = check_limits(unit->file, err);
    if (rc)
        return rc;
    return unit->file->head.stream ? run_stream(unit, err) : run_blocks(unit, err);
}
