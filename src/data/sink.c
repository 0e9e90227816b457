#include "data/sink.h"

#include "base/mem.h"

#ifdef LT_HAVE_ZLIB
#include <zlib.h>
#endif

enum { LT_SINK_BUFFER = 1 << 16, LT_SINK_STEP = 1 << 30 };

struct lt_sink {
    struct lt_outfile *file;
    bool gzip;
#ifdef LT_HAVE_ZLIB
    z_stream z;
    bool open; /* z needs deflateEnd */
    unsigned char buffer[LT_SINK_BUFFER];
#endif
};

#ifdef LT_HAVE_ZLIB

static int begin_gzip(struct lt_sink *s, const char *path, struct lt_error *err)
{
    /* 16: a gzip stream; its header holds no time, so that the same data give
     * the same bytes. */
    if (deflateInit2(&s->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return lt_fail_memory(err, path, 0);
    s->open = true;
    return LT_OK;
}

/* Compresses what z->next_in holds. */
static int pump(struct lt_sink *s, int flush, struct lt_error *err)
{
    int rc = LT_OK, status = Z_OK;
    do {
        s->z.next_out = s->buffer;
        s->z.avail_out = LT_SINK_BUFFER;
        status = deflate(&s->z, flush);
        rc = lt_outfile_write(s->file, s->buffer, LT_SINK_BUFFER - s->z.avail_out, err);
    } while (!rc && (s->z.avail_out == 0 || (flush == Z_FINISH && status == Z_OK)));
    return rc;
}

static int write_gzip(struct lt_sink *s, const void *bytes, size_t n, struct lt_error *err)
{
    const unsigned char *p = bytes;
    int rc = LT_OK;
    while (n > 0 && !rc) {
        size_t step = n < LT_SINK_STEP ? n : LT_SINK_STEP;
        s->z.next_in = (z_const Bytef *)(uintptr_t)p;
        s->z.avail_in = (uInt)step;
        rc = pump(s, Z_NO_FLUSH, err);
        p += step;
        n -= step;
    }
    return rc;
}

static int end_gzip(struct lt_sink *s, struct lt_error *err)
{
    s->z.next_in = NULL;
    s->z.avail_in = 0;
    return pump(s, Z_FINISH, err);
}

static void free_gzip(struct lt_sink *s)
{
    if (s->open)
        deflateEnd(&s->z);
}

#else

static int begin_gzip(struct lt_sink *s, const char *path, struct lt_error *err)
{
    (void)s;
    return lt_fail(err, LT_EUSAGE,
                   "%s: this build has no zlib and writes no .gz; leave the ending out", path);
}

static int write_gzip(struct lt_sink *s, const void *bytes, size_t n, struct lt_error *err)
{
    return lt_outfile_write(s->file, bytes, n, err);
}

static int end_gzip(struct lt_sink *s, struct lt_error *err)
{
    (void)s;
    (void)err;
    return LT_OK;
}

static void free_gzip(struct lt_sink *s)
{
    (void)s;
}

#endif

int lt_sink_open(struct lt_sink **out, const char *path, bool gzip, struct lt_error *err)
{
    struct lt_sink *s = NULL;
    *out = NULL;
    int rc = lt_alloc(&s, 1, sizeof *s, path, err);
    if (rc)
        return rc;
    s->gzip = gzip;
    if ((gzip && (rc = begin_gzip(s, path, err))) || (rc = lt_outfile_open(&s->file, path, err)))
        lt_sink_abort(&s);
    *out = s;
    return rc;
}

int lt_sink_write(struct lt_sink *sink, const void *bytes, size_t n, struct lt_error *err)
{
    return sink->gzip ? write_gzip(sink, bytes, n, err)
                      : lt_outfile_write(sink->file, bytes, n, err);
}

struct lt_outfile *lt_sink_file(struct lt_sink *sink)
{
    return sink->file;
}

int lt_sink_commit(struct lt_sink **sink, struct lt_error *err)
{
    struct lt_sink *s = *sink;
    int rc = s->gzip ? end_gzip(s, err) : LT_OK;
    if (!rc)
        rc = lt_outfile_commit(&s->file, err);
    lt_sink_abort(sink);
    return rc;
}

void lt_sink_abort(struct lt_sink **sink)
{
    if (!*sink)
        return;
    lt_outfile_abort(&(*sink)->file);
    free_gzip(*sink);
    lt_free(*sink);
    *sink = NULL;
}
