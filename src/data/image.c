#include "data/image.h"

#include "base/mem.h"
#include "data/image_ops.h"
#include "data/table_ops.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct lt_image_ops *const kinds[] = {
    &lt_image_png,
    &lt_image_jpeg,
    &lt_image_webp,
    &lt_image_pnm,
};

static const struct lt_image_ops *kind_of(const struct lt_bytes *bytes)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i]->is(bytes))
            return kinds[i];
    return NULL;
}

bool lt_image_is(const struct lt_bytes *bytes)
{
    return kind_of(bytes) != NULL;
}

bool lt_image_is_text(const struct lt_bytes *bytes)
{
    return kind_of(bytes) == &lt_image_pnm;
}

int lt_image_read(struct lt_array *out, struct lt_bytes *bytes, const char *name,
                  struct lt_error *err)
{
    *out = (struct lt_array){0};
    const struct lt_image_ops *kind = kind_of(bytes);
    int rc = LT_OK;
    if (!kind)
        rc = lt_fail(err, LT_ECONTENT, "%s: is no image", name);
    else if (!kind->read)
        rc = lt_fail(err, LT_ECONTENT,
                     "%s: is a %s image and this build has no %s; convert it to PGM or PPM", name,
                     kind->word, kind->library);
    else
        rc = kind->read(out, bytes, name, err);
    lt_bytes_free(bytes);
    if (rc)
        lt_array_free(out);
    return rc;
}

/* ---- writing ------------------------------------------------------------- */

static const struct lt_image_ops *kind_named(const char *path)
{
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof kinds / sizeof *kinds; i++)
        for (const char *const *e = kinds[i]->endings; *e; e++)
            if (strcasecmp(dot, *e) == 0)
                return kinds[i];
    return NULL;
}

bool lt_image_named(const char *path)
{
    return kind_named(path) != NULL;
}

static int check_write(const struct lt_image_ops *kind, const struct lt_array *image,
                       const char *path, struct lt_error *err)
{
    const char *dot = strrchr(path, '.');
    int64_t channels = image->rank == 3 ? image->shape[2] : 1;
    if (!kind)
        return lt_fail(err, LT_EUSAGE,
                       "%s: is no name of an image; use .png, .jpg, .webp, .pgm or .ppm", path);
    if (!kind->write)
        return lt_fail(err, LT_EUSAGE, "%s: this build has no %s; write .pgm or .ppm", path,
                       kind->library);
    if (image->type == LT_U16 && !kind->deep)
        return lt_fail(err, LT_EUSAGE, "%s: %s holds 8 bits and the image has 16; write .png", path,
                       kind->word);
    if (image->type != LT_U8 && image->type != LT_U16)
        return lt_fail(err, LT_EUSAGE, "%s: images hold whole numbers; write .npy", path);
    if (channels != 1 && channels != 3)
        return lt_fail(err, LT_EUSAGE,
                       "%s: images have 1 or 3 channels, not %" PRId64 "; write .npy", path,
                       channels);
    if (strcasecmp(dot, ".pgm") == 0 && channels == 3)
        return lt_fail(err, LT_EUSAGE, "%s: the image has colours; write .ppm", path);
    return LT_OK;
}

int lt_image_write(const struct lt_array *image, const char *path, struct lt_error *err)
{
    const struct lt_image_ops *kind = kind_named(path);
    struct lt_sink *sink = NULL;
    int rc = check_write(kind, image, path, err);
    if (!rc)
        rc = lt_sink_open(&sink, path, false, err);
    if (!rc)
        rc = kind->write(sink, image, path, err);
    if (!rc)
        return lt_sink_commit(&sink, err);
    lt_sink_abort(&sink);
    return rc;
}

/* ---- for the kinds ------------------------------------------------------- */

int lt_image_check(int64_t width, int64_t height, int channels, const char *name,
                   struct lt_error *err)
{
    if (width < 1 || height < 1)
        return lt_fail(err, LT_ECONTENT, "%s: is an image of %" PRId64 " x %" PRId64 " pixels",
                       name, width, height);
    if (width > LT_IMAGE_SIDE_MAX || height > LT_IMAGE_SIDE_MAX ||
        width * height > LT_IMAGE_PIXELS_MAX)
        return lt_fail(err, LT_ECONTENT,
                       "%s: is an image of %" PRId64 " x %" PRId64 " pixels; at most %" PRId64
                       " a side and %" PRId64 " in all can be read",
                       name, width, height, LT_IMAGE_SIDE_MAX, LT_IMAGE_PIXELS_MAX);
    if (width * height * channels > LT_COLUMNS_MAX)
        return lt_fail(err, LT_ECONTENT,
                       "%s: %" PRId64 " columns (an image of %" PRId64 " x %" PRId64
                       " pixels); between 1 and %" PRId64 " can be read",
                       name, width * height * channels, width, height, LT_COLUMNS_MAX);
    return LT_OK;
}

int lt_image_make(struct lt_array *out, int64_t width, int64_t height, int channels,
                  enum lt_type type, const char *name, struct lt_error *err)
{
    int rc = lt_image_check(width, height, channels, name, err);
    if (rc)
        return rc;
    *out = (struct lt_array){.type = type, .rows = 1, .rank = channels > 1 ? 3 : 2};
    out->shape[0] = height;
    out->shape[1] = width;
    out->shape[2] = channels > 1 ? channels : 0;
    size_t count = (size_t)(width * height * channels);
    rc = lt_alloc(&out->owned, count, lt_type_size(type), name, err);
    out->values = out->owned;
    return rc;
}

int lt_image_transparent(const struct lt_array *out, size_t pixel, const char *name,
                         struct lt_error *err)
{
    size_t width = (size_t)out->shape[1];
    return lt_fail(err, LT_ECONTENT,
                   "%s: is transparent at x %zu, y %zu; flatten it onto a background first", name,
                   pixel % width, pixel / width);
}

int lt_image_drop_alpha(struct lt_array *out, const unsigned char *pixels, const char *name,
                        struct lt_error *err)
{
    static const unsigned char opaque[2] = {255, 255};
    size_t depth = lt_type_size(out->type), count = (size_t)(out->shape[0] * out->shape[1]);
    size_t colours = (size_t)lt_array_width(out) / count * depth;
    unsigned char *to = out->owned;
    for (size_t i = 0; i < count; i++) {
        memcpy(to + i * colours, pixels, colours);
        if (memcmp(pixels + colours, opaque, depth) != 0)
            return lt_image_transparent(out, i, name, err);
        pixels += colours + depth;
    }
    return LT_OK;
}

int lt_image_damaged(const char *name, const char *kind, const char *why, struct lt_error *err)
{
    return lt_fail(err, LT_ECONTENT,
                   "%s: the %s image is damaged (%.200s); fetch or export it again", name, kind,
                   why);
}

int lt_image_cut(const char *name, const char *kind, size_t bytes, struct lt_error *err)
{
    return lt_fail(err, LT_ECONTENT,
                   "%s: the %s image is cut off after %zu bytes; fetch or export it again", name,
                   kind, bytes);
}

int lt_image_animated(const char *name, const char *kind, struct lt_error *err)
{
    return lt_fail(err, LT_ECONTENT, "%s: is an animated %s; save one frame as an image", name,
                   kind);
}

/* ---- agreement ----------------------------------------------------------- */

enum { LT_LOOK_TEXT = 100 };

static const char *look(const struct lt_array *image, char buf[LT_LOOK_TEXT])
{
    snprintf(buf, LT_LOOK_TEXT, "%" PRId64 " x %" PRId64 " pixels (%s, %d bits)", image->shape[1],
             image->shape[0], image->rank == 3 ? "RGB" : "grey", image->type == LT_U8 ? 8 : 16);
    return buf;
}

int lt_images_alike(const struct lt_array *first, const struct lt_array *other,
                    struct lt_error *err)
{
    const char *cure = NULL;
    if (first->type != other->type)
        cure = "convert all to 8 bits or all to 16";
    if (first->rank != other->rank)
        cure = "convert all to grey or all to RGB";
    if (first->shape[0] != other->shape[0] || first->shape[1] != other->shape[1])
        cure = "resize or crop all to one size";
    char a[LT_LOOK_TEXT], b[LT_LOOK_TEXT];
    return cure ? lt_fail(err, LT_ECONTENT, "%s: is %s but %s is %s; %s", other->name,
                          look(other, b), first->name, look(first, a), cure)
                : LT_OK;
}
