#include "data/image_ops.h"

#include <string.h>

static bool jpeg_is(const struct lt_bytes *b)
{
    return b->size >= 3 && memcmp(b->data, "\xff\xd8\xff", 3) == 0;
}

#ifdef LT_HAVE_JPEG

#include "base/mem.h"
#include <turbojpeg.h>

/* The library stops at the first warning: the pixels after one are guesses.  The slow transform
 * gives the same bytes on every CPU, and a limit on scans keeps small files from taking minutes. */
enum { LT_JPEG_FLAGS = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS };

/* The library tells only in words that memory was short. */
static int fail_jpeg(tjhandle jpeg, const char *name, struct lt_error *err)
{
    const char *why = tjGetErrorStr2(jpeg);
    return strcasestr(why, "memory") ? lt_fail_memory(err, name, 0)
                                     : lt_image_damaged(name, "JPEG", why, err);
}

static int decode(tjhandle jpeg, struct lt_array *out, const struct lt_bytes *b, bool large,
                  const char *name, struct lt_error *err)
{
    int width = 0, height = 0, subsampling = 0, colours = 0;
    if (tjDecompressHeader3(jpeg, b->data, b->size, &width, &height, &subsampling, &colours))
        return fail_jpeg(jpeg, name, err);
    if (colours == TJCS_CMYK || colours == TJCS_YCCK)
        return lt_fail(err, LT_ECONTENT, "%s: is a CMYK JPEG; convert it to RGB", name);
    bool grey = colours == TJCS_GRAY;
    int rc = lt_image_make(out, width, height, grey ? 1 : 3, LT_U8, large, name, err);
    if (!rc && tjDecompress2(jpeg, b->data, b->size, out->owned, width, 0, height,
                             grey ? TJPF_GRAY : TJPF_RGB, LT_JPEG_FLAGS))
        rc = fail_jpeg(jpeg, name, err);
    return rc;
}

static int jpeg_read(struct lt_array *out, const struct lt_bytes *bytes, bool large,
                     const char *name, struct lt_error *err)
{
    tjhandle jpeg = tjInitDecompress();
    if (!jpeg)
        return lt_fail_memory(err, name, 0);
    int rc = decode(jpeg, out, bytes, large, name, err);
    tjDestroy(jpeg);
    return rc;
}

/* ---- writing ------------------------------------------------------------- */

/* Of 1 ... 100: with colours in full resolution errors are a few levels. */
enum { LT_JPEG_QUALITY = 95 };

static int encode(tjhandle jpeg, unsigned char *room, unsigned long *size,
                  const struct lt_image_look *look, const void *values, const char *name,
                  struct lt_error *err)
{
    bool grey = look->channels == 1;
    if (tjCompress2(jpeg, values, (int)look->width, 0, (int)look->height,
                    grey ? TJPF_GRAY : TJPF_RGB, &room, size, grey ? TJSAMP_GRAY : TJSAMP_444,
                    LT_JPEG_QUALITY, TJFLAG_ACCURATEDCT | TJFLAG_NOREALLOC)) {
        const char *why = tjGetErrorStr2(jpeg);
        return strcasestr(why, "memory") ? lt_fail_memory(err, name, 0)
                                         : lt_image_unwritten(name, "JPEG", why, err);
    }
    return LT_OK;
}

static int jpeg_write(struct lt_outfile *file, const struct lt_image_look *look, const void *values,
                      const char *name, struct lt_error *err)
{
    unsigned char *room = NULL;
    unsigned long size = tjBufSize((int)look->width, (int)look->height,
                                   look->channels == 1 ? TJSAMP_GRAY : TJSAMP_444);
    tjhandle jpeg = tjInitCompress();
    if (!jpeg)
        return lt_fail_memory(err, name, 0);
    int rc = lt_alloc(&room, size, 1, name, err);
    if (!rc)
        rc = encode(jpeg, room, &size, look, values, name, err);
    if (!rc)
        rc = lt_outfile_write(file, room, size, err);
    lt_free(room);
    tjDestroy(jpeg);
    return rc;
}

#define READ jpeg_read
#define WRITE jpeg_write
#else
#define READ NULL
#define WRITE NULL
#endif

const struct lt_image_ops lt_image_jpeg = {
    .word = "JPEG",
    .library = "libturbojpeg",
    .endings = {{".jpg", 0}, {".jpeg", 0}},
    .bits = 8,
    .side = 65500, /* the library's limit */
    .is = jpeg_is,
    .read = READ,
    .write = WRITE,
};
