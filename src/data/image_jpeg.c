#include "data/image_ops.h"

#include <string.h>

static bool jpeg_is(const struct lt_bytes *b)
{
    return b->size >= 3 && memcmp(b->data, "\xff\xd8\xff", 3) == 0;
}

#ifdef LT_HAVE_JPEG

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

static int decode(tjhandle jpeg, struct lt_array *out, const struct lt_bytes *b, const char *name,
                  struct lt_error *err)
{
    int width = 0, height = 0, subsampling = 0, colours = 0;
    if (tjDecompressHeader3(jpeg, b->data, b->size, &width, &height, &subsampling, &colours))
        return fail_jpeg(jpeg, name, err);
    if (colours == TJCS_CMYK || colours == TJCS_YCCK)
        return lt_fail(err, LT_ECONTENT, "%s: is a CMYK JPEG; convert it to RGB", name);
    bool grey = colours == TJCS_GRAY;
    int rc = lt_image_make(out, width, height, grey ? 1 : 3, LT_U8, name, err);
    if (!rc && tjDecompress2(jpeg, b->data, b->size, out->owned, width, 0, height,
                             grey ? TJPF_GRAY : TJPF_RGB, LT_JPEG_FLAGS))
        rc = fail_jpeg(jpeg, name, err);
    return rc;
}

static int jpeg_read(struct lt_array *out, const struct lt_bytes *bytes, const char *name,
                     struct lt_error *err)
{
    tjhandle jpeg = tjInitDecompress();
    if (!jpeg)
        return lt_fail_memory(err, name, 0);
    int rc = decode(jpeg, out, bytes, name, err);
    tjDestroy(jpeg);
    return rc;
}

enum { LT_JPEG_QUALITY = 95 };

static int jpeg_write(struct lt_sink *sink, const struct lt_array *image, const char *name,
                      struct lt_error *err)
{
    const bool colour = image->rank == 3 && image->shape[2] == 3;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    tjhandle jpeg = tjInitCompress();
    if (!jpeg)
        return lt_fail_memory(err, name, 0);
    int rc = LT_OK;
    if (tjCompress2(jpeg, image->values, (int)image->shape[1], 0, (int)image->shape[0],
                    colour ? TJPF_RGB : TJPF_GRAY, &bytes, &size, colour ? TJSAMP_444 : TJSAMP_GRAY,
                    LT_JPEG_QUALITY, TJFLAG_ACCURATEDCT))
        rc = lt_fail(err, LT_EFAIL, "%s: libturbojpeg cannot write it: %s", name,
                     tjGetErrorStr2(jpeg));
    else
        rc = lt_sink_write(sink, bytes, size, err);
    tjFree(bytes);
    tjDestroy(jpeg);
    return rc;
}

#define READ jpeg_read
#define WRITE jpeg_write
#else
#define READ NULL
#define WRITE NULL
#endif

static const char *const endings[] = {".jpg", ".jpeg", NULL};
const struct lt_image_ops lt_image_jpeg = {"JPEG",  "libturbojpeg", jpeg_is, READ,
                                           endings, false,          WRITE};
