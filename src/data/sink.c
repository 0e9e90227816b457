#include "data/sink.h"

#include "base/mem.h"
#include "data/deflate.h"

enum { LT_SINK_LEVEL = 6 }; /* zlib's default */

struct lt_sink {
    struct lt_outfile *file;
    struct lt_gzip *gzip; /* NULL: bytes as they are */
};

static int take(void *context, const void *bytes, size_t n, struct lt_error *err)
{
    const struct lt_sink *s = context;
    return lt_outfile_write(s->file, bytes, n, err);
}

int lt_sink_open(struct lt_sink **out, const char *path, bool gzip, struct lt_error *err)
{
    struct lt_sink *s = NULL;
    *out = NULL;
    int rc = lt_alloc(&s, 1, sizeof *s, path, err);
    if (rc)
        return rc;
    struct lt_pieces to = {take, s};
    if ((gzip && (rc = lt_gzip_create(&s->gzip, LT_SINK_LEVEL, &to, path, err))) ||
        (rc = lt_outfile_open(&s->file, path, err)))
        lt_sink_abort(&s);
    *out = s;
    return rc;
}

int lt_sink_write(struct lt_sink *sink, const void *bytes, size_t n, struct lt_error *err)
{
    return sink->gzip ? lt_gzip_write(sink->gzip, bytes, n, err)
                      : lt_outfile_write(sink->file, bytes, n, err);
}

struct lt_outfile *lt_sink_file(struct lt_sink *sink)
{
    return sink->file;
}

int lt_sink_commit(struct lt_sink **sink, struct lt_error *err)
{
    struct lt_sink *s = *sink;
    int rc = s->gzip ? lt_gzip_finish(s->gzip, err) : LT_OK;
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
    lt_gzip_free(&(*sink)->gzip);
    lt_free(*sink);
    *sink = NULL;
}
