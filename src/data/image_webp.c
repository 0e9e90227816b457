#include "data/image_ops.h"

#include <string.h>

static bool webp_is(const struct lt_bytes *b)
{
    return b->size >= 12 && memcmp(b->data, "RIFF", 4) == 0 && memcmp(b->data + 8, "WEBP", 4) == 0;
}

#ifdef LT_HAVE_WEBP

#include "base/mem.h"
#include <webp/decode.h>
#include <webp/encode.h>

static int fail_webp(VP8StatusCode status, const struct lt_bytes *b, const char *name,
                     struct lt_error *err)
{
    switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
        return lt_fail_memory(err, name, 0);
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
        return lt_image_cut(name, "WebP", b->size, err);
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        return lt_image_damaged(name, "WebP", "it asks for what does not exist", err);
    default:
        return lt_image_damaged(name, "WebP", "its stream of pixels cannot be read", err);
    }
}

/* Decodes to `pixels`, (H, W, 3 or 4) bytes. */
static int decode(unsigned char *pixels, const WebPBitstreamFeatures *f, const struct lt_bytes *b,
                  const char *name, struct lt_error *err)
{
    int channels = f->has_alpha ? 4 : 3;
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config))
        return lt_fail(err, LT_EFAIL, "%s: libwebp is of another version than at build time", name);
    config.output.colorspace = f->has_alpha ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = f->width * channels;
    config.output.u.RGBA.size = (size_t)f->width * (size_t)f->height * (size_t)channels;
    VP8StatusCode status = WebPDecode(b->data, b->size, &config);
    WebPFreeDecBuffer(&config.output);
    return status == VP8_STATUS_OK ? LT_OK : fail_webp(status, b, name, err);
}

static int webp_read(struct lt_array *out, const struct lt_bytes *bytes, bool large,
                     const char *name, struct lt_error *err)
{
    WebPBitstreamFeatures f;
    unsigned char *raw = NULL;
    VP8StatusCode status = WebPGetFeatures(bytes->data, bytes->size, &f);
    if (status != VP8_STATUS_OK)
        return fail_webp(status, bytes, name, err);
    if (f.has_animation)
        return lt_image_animated(name, "WebP", err);
    int rc = lt_image_make(out, f.width, f.height, 3, LT_U8, large, name, err);
    if (rc || !f.has_alpha)
        return rc ? rc : decode(out->owned, &f, bytes, name, err);
    rc = lt_alloc(&raw, (size_t)f.width * (size_t)f.height, 4, name, err);
    if (!rc)
        rc = decode(raw, &f, bytes, name, err);
    if (!rc)
        rc = lt_image_drop_alpha(out, raw, name, err);
    lt_free(raw);
    return rc;
}

/* ---- writing ------------------------------------------------------------- */

static int spread_grey(unsigned char **rgb, const struct lt_image_look *look,
                       const unsigned char *grey, const char *name, struct lt_error *err)
{
    size_t pixels = (size_t)(look->height * look->width);
    int rc = lt_alloc(rgb, pixels, 3, name, err);
    for (size_t i = 0; i < pixels && !rc; i++)
        memset(*rgb + 3 * i, grey[i], 3);
    return rc;
}

static int webp_write(struct lt_outfile *file, const struct lt_image_look *look, const void *values,
                      const char *name, struct lt_error *err)
{
    unsigned char *rgb = NULL;
    uint8_t *bytes = NULL;
    int rc = look->channels == 1 ? spread_grey(&rgb, look, values, name, err) : LT_OK;
    if (rc)
        return rc;
    /* The size was checked, so nothing but memory can be short. */
    size_t size = WebPEncodeLosslessRGB(rgb ? rgb : values, (int)look->width, (int)look->height,
                                        3 * (int)look->width, &bytes);
    rc = size ? lt_outfile_write(file, bytes, size, err) : lt_fail_memory(err, name, 0);
    WebPFree(bytes);
    lt_free(rgb);
    return rc;
}

#define READ webp_read
#define WRITE webp_write
#else
#define READ NULL
#define WRITE NULL
#endif

const struct lt_image_ops lt_image_webp = {
    .word = "WebP",
    .library = "libwebp",
    .endings = {{".webp", 0}},
    .bits = 8,
    .side = 16383, /* the format has 14 bits for it */
    .is = webp_is,
    .read = READ,
    .write = WRITE,
};
