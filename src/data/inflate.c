#include "data/inflate.h"

#include "base/mem.h"
#include <string.h>

bool lt_gzip_is(const struct lt_bytes *bytes)
{
    return bytes->size >= 2 && bytes->data[0] == 0x1f && bytes->data[1] == 0x8b;
}

#ifdef LT_HAVE_ZLIB

#include <zlib.h>

enum { LT_INFLATE_STEP = 1 << 30 }; /* zlib counts in unsigned int */

/* The last four bytes of a gzip file are the unpacked size modulo 2^32; a good
 * guess when it is possible at all, and only a guess. */
static size_t guess_size(const struct lt_bytes *in)
{
    const unsigned char *p = in->data + in->size - 4;
    if (in->size < 18)
        return 0;
    size_t guess = (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
    return guess / LT_DEFLATE_RATIO <= in->size ? guess : 0;
}

static int fail_early(const char *name, const struct lt_bytes *in, struct lt_error *err)
{
    return lt_fail(err, LT_ECONTENT,
                   "%s: the gzip stream ends early, after %zu bytes; the file is cut off, fetch it "
                   "again",
                   name, in->size);
}

static int fail_damaged(const char *name, const z_stream *z, struct lt_error *err)
{
    return lt_fail(err, LT_ECONTENT, "%s: the gzip stream is damaged (%s); fetch the file again",
                   name, z->msg ? z->msg : "no detail");
}

/* Another member may follow the one that ended; anything else is refused,
 * except zeros, which tapes and some tools leave behind. */
static int next_member(z_stream *z, const struct lt_bytes *in, const char *name, bool *more,
                       struct lt_error *err)
{
    size_t left = in->size - (size_t)(z->next_in - in->data);
    *more = left >= 2 && z->next_in[0] == 0x1f && z->next_in[1] == 0x8b;
    if (*more)
        return inflateReset(z) == Z_OK ? LT_OK : fail_damaged(name, z, err);
    for (size_t i = 0; i < left; i++)
        if (z->next_in[i] != 0)
            return lt_fail(err, LT_ECONTENT,
                           "%s: %zu bytes that are no gzip stream follow the gzip stream", name,
                           left);
    return LT_OK;
}

/* Inflates into room that is there, or makes more; ends when the input does. */
static int unpack_all(z_stream *z, const struct lt_bytes *in, struct lt_bytes *out,
                      const char *name, struct lt_error *err)
{
    size_t room = 0;
    size_t first = guess_size(in) + 64;
    int rc = lt_grow(&out->owned, &room, first, 1, name, err);
    for (bool more = true; !rc && more;) {
        if (out->size == room && (rc = lt_grow(&out->owned, &room, room + 1, 1, name, err)))
            break;
        size_t left = in->size - (size_t)(z->next_in - in->data);
        size_t free_room = room - out->size;
        z->avail_in = (uInt)(left < LT_INFLATE_STEP ? left : LT_INFLATE_STEP);
        z->avail_out = (uInt)(free_room < LT_INFLATE_STEP ? free_room : LT_INFLATE_STEP);
        z->next_out = (unsigned char *)out->owned + out->size;
        uInt before = z->avail_out;
        int status = inflate(z, Z_NO_FLUSH);
        out->size += before - z->avail_out;
        if (out->size > LT_UNPACKED_MAX)
            rc = lt_fail(err, LT_ECONTENT, "%s: unpacks to more than %zu GiB, which is the limit",
                         name, LT_UNPACKED_MAX >> 30);
        else if (status == Z_STREAM_END)
            rc = next_member(z, in, name, &more, err);
        else if (status == Z_MEM_ERROR)
            rc = lt_fail_memory(err, name, 0);
        else if (status != Z_OK && status != Z_BUF_ERROR)
            rc = fail_damaged(name, z, err);
        else if (z->next_in == in->data + in->size && z->avail_out > 0)
            rc = fail_early(name, in, err);
    }
    return rc;
}

int lt_gzip_unpack(struct lt_bytes *bytes, const char *name, struct lt_error *err)
{
    struct lt_bytes out = {0};
    z_stream z = {0};
    if (inflateInit2(&z, 15 + 16) != Z_OK) /* 16: a gzip stream */
        return lt_fail_memory(err, name, 0);
    z.next_in = (z_const Bytef *)(uintptr_t)bytes->data;
    int rc = unpack_all(&z, bytes, &out, name, err);
    inflateEnd(&z);
    if (rc) {
        lt_bytes_free(&out);
        return rc;
    }
    lt_bytes_free(bytes);
    out.data = out.owned;
    *bytes = out;
    return LT_OK;
}

#else

int lt_gzip_unpack(struct lt_bytes *bytes, const char *name, struct lt_error *err)
{
    (void)bytes;
    return lt_fail(err, LT_ECONTENT, "%s: is gzipped and this build has no zlib; unpack it first",
                   name);
}

#endif
