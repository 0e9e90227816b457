#include "codec/sizes.h"

#include "base/mem.h"
#include "codec/general.h"
#include "codec/size_ops.h"
#include "data/deflate.h"
#include <inttypes.h>

/* ---- gzip -9 ----------------------------------------------------------- */

static int create_gzip(void **state, uint64_t total, uint64_t memory, const struct lt_pieces *to,
                       int64_t *reduced, const char *name, struct lt_error *err)
{
    (void)total, (void)memory, (void)reduced;
    struct lt_gzip *gzip = NULL;
    int rc = lt_gzip_create(&gzip, 9, to, name, err);
    *state = gzip;
    return rc;
}

static int feed_gzip(void *state, const void *bytes, size_t n, struct lt_error *err)
{
    return lt_gzip_write(state, bytes, n, err);
}

static int finish_gzip(void *state, struct lt_error *err)
{
    return lt_gzip_finish(state, err);
}

static void release_gzip(void **state)
{
    struct lt_gzip *gzip = *state;
    lt_gzip_free(&gzip);
    *state = NULL;
}

/* ---- zstd -19 ---------------------------------------------------------- */

static bool has_zstd(void)
{
    return lt_general_has(LT_GENERAL_ZSTD);
}

static int create_zstd(void **state, uint64_t total, uint64_t memory, const struct lt_pieces *to,
                       int64_t *reduced, const char *name, struct lt_error *err)
{
    (void)memory, (void)reduced;
    struct lt_general_stream *stream = NULL;
    int rc = lt_general_packer(&stream, total, to, name, err);
    *state = stream;
    return rc;
}

static int feed_zstd(void *state, const void *bytes, size_t n, struct lt_error *err)
{
    return lt_general_feed(state, bytes, n, err);
}

static int finish_zstd(void *state, struct lt_error *err)
{
    return lt_general_finish(state, err);
}

static void release_zstd(void **state)
{
    struct lt_general_stream *stream = *state;
    lt_general_free(&stream);
    *state = NULL;
}

/* ---- all --------------------------------------------------------------- */

static const struct lt_size_ops gzip_ops = {"gzip -9", lt_gzip_writable, create_gzip,
                                            feed_gzip, finish_gzip,      release_gzip};
static const struct lt_size_ops zstd_ops = {"zstd -19", has_zstd,    create_zstd,
                                            feed_zstd,  finish_zstd, release_zstd};

static const struct lt_size_ops *const methods[LT_SIZE_METHODS] = {
    [LT_SIZE_GZIP] = &gzip_ops,
    [LT_SIZE_ZSTD] = &zstd_ops,
    [LT_SIZE_XZ] = &lt_size_xz,
};

struct lt_sizing {
    const struct lt_size_ops *ops;
    const char *name;
    void *state;         /* NULL: not measured */
    uint64_t total, fed; /* bytes */
    int64_t made;
    int64_t reduced;
};

static int count(void *context, const void *bytes, size_t n, struct lt_error *err)
{
    struct lt_sizing *s = context;
    (void)bytes, (void)err;
    s->made += (int64_t)n;
    return LT_OK;
}

const char *lt_size_name(enum lt_size_method method)
{
    return methods[method]->name;
}

int lt_sizing_create(struct lt_sizing **out, enum lt_size_method method, uint64_t total,
                     uint64_t memory, const char *name, struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, name, err);
    if (rc)
        return rc;
    struct lt_sizing *s = *out;
    const struct lt_pieces to = {count, s};
    s->ops = methods[method];
    s->name = name;
    s->total = total;
    if (s->ops->present())
        rc = s->ops->create(&s->state, total, memory, &to, &s->reduced, name, err);
    if (method == LT_SIZE_ZSTD)
        s->made = -1; /* the method's byte is none of zstd's */
    if (rc)
        lt_sizing_free(out);
    return rc;
}

int lt_sizing_feed(struct lt_sizing *s, const void *bytes, size_t n, struct lt_error *err)
{
    s->fed += n;
    return s->state && n > 0 ? s->ops->feed(s->state, bytes, n, err) : LT_OK;
}

int lt_sizing_finish(struct lt_sizing *s, struct lt_size *out, struct lt_error *err)
{
    *out = (struct lt_size){.bytes = -1};
    if (s->fed != s->total)
        return lt_fail(err, LT_EFAIL, "%s: %" PRIu64 " bytes came of the %" PRIu64 " announced",
                       s->name, s->fed, s->total);
    int rc = s->state ? s->ops->finish(s->state, err) : LT_OK;
    if (!rc && s->state)
        *out = (struct lt_size){s->made, s->reduced};
    return rc;
}

void lt_sizing_free(struct lt_sizing **sizing)
{
    if (*sizing)
        (*sizing)->ops->release(&(*sizing)->state);
    lt_free(*sizing);
    *sizing = NULL;
}
