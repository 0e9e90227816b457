#include "codec/general.h"

#include "base/mem.h"
#include "codec/zstd.h"
#include <inttypes.h>
#include <string.h>

bool lt_general_has(enum lt_general_method method)
{
    return method == LT_GENERAL_STORED || (method == LT_GENERAL_ZSTD && lt_zstd_present());
}

static int fail_method(int method, const char *name, struct lt_error *err)
{
    if (method == LT_GENERAL_ZSTD)
        return lt_fail(
            err, LT_EFAIL,
            "%s: is packed with zstd, which this build lacks; use a build of Latent with "
            "libzstd",
            name);
    return lt_fail(err, LT_ECONTENT, "%s: is packed by method %d, which Latent does not know", name,
                   method);
}

static int fail_size(const char *name, uint64_t expected, struct lt_error *err)
{
    return lt_fail(err, LT_ECONTENT, "%s: does not unpack to the %" PRIu64 " bytes it should", name,
                   expected);
}

/* ---- blocks ------------------------------------------------------------ */

int lt_general_pack(unsigned char **out, size_t *room, size_t *size, const void *bytes, size_t n,
                    const char *name, struct lt_error *err)
{
    size_t packed = 0;
    int rc = lt_grow(out, room, LT_GENERAL_MOST(n), 1, name, err);
    if (!rc && lt_zstd_present() && n > 0) /* only where it is shorter does it fit */
        rc = lt_zstd_pack(*out + 1, n - 1, &packed, bytes, n, name, err);
    if (rc)
        return rc;
    (*out)[0] = packed > 0 ? LT_GENERAL_ZSTD : LT_GENERAL_STORED;
    if (packed == 0 && n > 0)
        memcpy(*out + 1, bytes, n);
    *size = 1 + (packed > 0 ? packed : n);
    return LT_OK;
}

bool lt_general_may_win(const void *bytes, size_t n, size_t size)
{
    return n < size || (lt_zstd_present() && lt_zstd_quickly(bytes, n) < size + size / 2);
}

int lt_general_unpack(void *out, size_t n, const void *payload, size_t size, const char *name,
                      struct lt_error *err)
{
    const unsigned char *p = payload;
    if (size < 1)
        return fail_size(name, n, err);
    if (!lt_general_has(p[0]))
        return fail_method(p[0], name, err);
    if (p[0] == LT_GENERAL_ZSTD)
        return lt_zstd_unpack(out, n, p + 1, size - 1) ? LT_OK : fail_size(name, n, err);
    if (size - 1 != n)
        return fail_size(name, n, err);
    if (n > 0)
        memcpy(out, p + 1, n);
    return LT_OK;
}

/* ---- streams ----------------------------------------------------------- */

struct lt_general_stream {
    struct lt_pieces to;
    const char *name;
    bool packs;
    int method;           /* -1: an unpacker that has not been fed yet */
    struct lt_zstd *zstd; /* NULL: bytes as they are */
    uint64_t total;       /* of unpacked bytes */
    uint64_t unpacked;    /* so far */
    bool ended;           /* the zstd frame is over */
    size_t used;          /* of the piece */
    unsigned char piece[LT_GENERAL_PIECE];
};

static int create(struct lt_general_stream **out, bool packs, uint64_t total,
                  const struct lt_pieces *to, const char *name, struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, name, err);
    if (rc)
        return rc;
    struct lt_general_stream *s = *out;
    s->to = *to;
    s->name = name;
    s->packs = packs;
    s->total = total;
    s->method = !packs ? -1 : lt_zstd_present() ? LT_GENERAL_ZSTD : LT_GENERAL_STORED;
    if (!packs)
        return LT_OK;
    s->piece[s->used++] = (unsigned char)s->method;
    if (s->method == LT_GENERAL_ZSTD && (rc = lt_zstd_packer(&s->zstd, total, name, err)))
        lt_general_free(out);
    return rc;
}

int lt_general_packer(struct lt_general_stream **out, uint64_t total, const struct lt_pieces *to,
                      const char *name, struct lt_error *err)
{
    return create(out, true, total, to, name, err);
}

int lt_general_unpacker(struct lt_general_stream **out, uint64_t total, const struct lt_pieces *to,
                        const char *name, struct lt_error *err)
{
    return create(out, false, total, to, name, err);
}

void lt_general_free(struct lt_general_stream **stream)
{
    if (*stream)
        lt_zstd_free(&(*stream)->zstd);
    lt_free(*stream);
    *stream = NULL;
}

static int hand_on(struct lt_general_stream *s, struct lt_error *err)
{
    int rc = s->used > 0 ? s->to.take(s->to.context, s->piece, s->used, err) : LT_OK;
    s->used = 0;
    return rc;
}

/* The first byte of what is unpacked. */
static int take_method(struct lt_general_stream *s, int method, struct lt_error *err)
{
    if (!lt_general_has((enum lt_general_method)method))
        return fail_method(method, s->name, err);
    s->method = method;
    return method == LT_GENERAL_ZSTD ? lt_zstd_unpacker(&s->zstd, s->name, err) : LT_OK;
}

static void copy(struct lt_general_stream *s, struct lt_zstd_step *step)
{
    size_t left = step->in_size - step->in_used, room = sizeof s->piece - s->used;
    size_t n = left < room ? left : room;
    memcpy(s->piece + s->used, (const unsigned char *)step->in + step->in_used, n);
    step->in_used += n;
    step->out_used += n;
}

/* One step from the input towards the rest of the piece; counts the bytes that are not packed. */
static int advance(struct lt_general_stream *s, struct lt_zstd_step *step, struct lt_error *err)
{
    size_t before = step->in_used;
    step->out = s->piece + s->used;
    step->out_room = sizeof s->piece - s->used;
    step->out_used = 0;
    if (!s->zstd) {
        copy(s, step);
    } else if (!lt_zstd_step(s->zstd, step)) {
        return s->packs ? lt_fail(err, LT_EFAIL, "%s: zstd cannot pack it (%s)", s->name, step->why)
                        : lt_fail(err, LT_ECONTENT, "%s: the zstd stream is damaged (%s)", s->name,
                                  step->why);
    }
    s->used += step->out_used;
    s->unpacked += s->packs ? step->in_used - before : step->out_used;
    s->ended = s->zstd && step->ended;
    return s->unpacked <= s->total ? LT_OK : fail_size(s->name, s->total, err);
}

int lt_general_feed(struct lt_general_stream *s, const void *bytes, size_t n, struct lt_error *err)
{
    struct lt_zstd_step step = {.in = bytes, .in_size = n};
    int rc = LT_OK;
    bool more = n > 0;
    if (more && s->method < 0) {
        rc = take_method(s, *(const unsigned char *)bytes, err);
        step.in_used = 1;
        more = n > 1;
    }
    if (s->packs && n > s->total - s->unpacked)
        return lt_fail(err, LT_EFAIL, "%s: more than the %" PRIu64 " bytes announced", s->name,
                       s->total);
    while (more && !rc) {
        if (s->ended)
            return fail_size(s->name, s->total, err); /* something follows the end */
        rc = advance(s, &step, err);
        bool full = s->used == sizeof s->piece;
        if (!rc && full)
            rc = hand_on(s, err);
        more = step.in_used < n || (full && !s->ended); /* zstd may hold more than had room */
    }
    return rc;
}

int lt_general_finish(struct lt_general_stream *s, struct lt_error *err)
{
    int rc = LT_OK;
    if (s->unpacked != s->total || s->method < 0)
        return s->packs ? lt_fail(err, LT_EFAIL,
                                  "%s: %" PRIu64 " bytes came of the %" PRIu64 " announced",
                                  s->name, s->unpacked, s->total)
                        : fail_size(s->name, s->total, err);
    struct lt_zstd_step step = {.last = true};
    while (s->packs && s->zstd && !s->ended && !rc) {
        rc = advance(s, &step, err);
        if (!rc && s->used == sizeof s->piece)
            rc = hand_on(s, err);
    }
    if (!rc && s->zstd && !s->ended)
        rc = fail_size(s->name, s->total, err);
    return rc ? rc : hand_on(s, err);
}
