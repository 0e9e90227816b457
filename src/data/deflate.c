#include "data/deflate.h"

#include "base/mem.h"

#ifdef LT_HAVE_ZLIB

#include <zlib.h>

enum {
    LT_GZIP_BUFFER = 1 << 16,
    LT_GZIP_STEP = 1 << 30, /* zlib counts in unsigned int */
};

struct lt_gzip {
    struct lt_pieces to;
    z_stream z;
    bool open; /* z needs deflateEnd */
    unsigned char buffer[LT_GZIP_BUFFER];
};

bool lt_gzip_writable(void)
{
    return true;
}

int lt_gzip_create(struct lt_gzip **out, int level, const struct lt_pieces *to, const char *name,
                   struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, name, err);
    if (rc)
        return rc;
    (*out)->to = *to;
    /* 16: a gzip stream */
    if (deflateInit2(&(*out)->z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        lt_gzip_free(out);
        return lt_fail_memory(err, name, 0);
    }
    (*out)->open = true;
    return LT_OK;
}

/* Compresses what z->next_in holds. */
static int pump(struct lt_gzip *g, int flush, struct lt_error *err)
{
    int rc = LT_OK, status = Z_OK;
    do {
        g->z.next_out = g->buffer;
        g->z.avail_out = LT_GZIP_BUFFER;
        status = deflate(&g->z, flush);
        size_t n = LT_GZIP_BUFFER - g->z.avail_out;
        rc = n > 0 ? g->to.take(g->to.context, g->buffer, n, err) : LT_OK;
    } while (!rc && (g->z.avail_out == 0 || (flush == Z_FINISH && status == Z_OK)));
    return rc;
}

int lt_gzip_write(struct lt_gzip *g, const void *bytes, size_t n, struct lt_error *err)
{
    const unsigned char *p = bytes;
    int rc = LT_OK;
    while (n > 0 && !rc) {
        size_t step = n < LT_GZIP_STEP ? n : LT_GZIP_STEP;
        g->z.next_in = (z_const Bytef *)(uintptr_t)p;
        g->z.avail_in = (uInt)step;
        rc = pump(g, Z_NO_FLUSH, err);
        p += step;
        n -= step;
    }
    return rc;
}

int lt_gzip_finish(struct lt_gzip *g, struct lt_error *err)
{
    g->z.next_in = NULL;
    g->z.avail_in = 0;
    return pump(g, Z_FINISH, err);
}

void lt_gzip_free(struct lt_gzip **gzip)
{
    if (*gzip && (*gzip)->open)
        deflateEnd(&(*gzip)->z);
    lt_free(*gzip);
    *gzip = NULL;
}

#else

bool lt_gzip_writable(void)
{
    return false;
}

int lt_gzip_create(struct lt_gzip **out, int level, const struct lt_pieces *to, const char *name,
                   struct lt_error *err)
{
    (void)level;
    (void)to;
    *out = NULL;
    return lt_fail(err, LT_EUSAGE,
                   "%s: this build has no zlib and writes no .gz; leave the ending out", name);
}

int lt_gzip_write(struct lt_gzip *g, const void *bytes, size_t n, struct lt_error *err)
{
    (void)bytes;
    (void)n;
    return lt_gzip_finish(g, err);
}

int lt_gzip_finish(struct lt_gzip *g, struct lt_error *err)
{
    (void)g;
    return lt_fail(err, LT_EUSAGE, "this build has no zlib and writes no gzip stream");
}

void lt_gzip_free(struct lt_gzip **gzip)
{
    *gzip = NULL;
}

#endif
