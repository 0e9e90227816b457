#include "data/image.h"

#include "base/mem.h"
#include "data/image_ops.h"
#include "data/table_ops.h"
#include "data/writer_ops.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

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

int lt_image_read(struct lt_array *out, struct lt_bytes *bytes, bool large, const char *name,
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
        rc = kind->read(out, bytes, large, name, err);
    lt_bytes_free(bytes);
    if (rc)
        lt_array_free(out);
    else
        out->kind = kind->endings[0].text;
    return rc;
}

/* ---- writing ------------------------------------------------------------- */

/* The kind and the ending that a name, or an ending alone, has. */
static const struct lt_image_ops *kind_by_name(const char *name,
                                               const struct lt_image_ending **ending)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (*ending = kinds[i]->endings; (*ending)->text; ++*ending) {
            size_t m = strlen((*ending)->text);
            if (n >= m && strcasecmp(name + n - m, (*ending)->text) == 0)
                return kinds[i];
        }
    return NULL;
}

bool lt_image_names(const char *path)
{
    const struct lt_image_ending *ending;
    return kind_by_name(path, &ending) != NULL;
}

/* The ending of the same kind for images of other channels. */
static const char *ending_for(const struct lt_image_ops *kind, int channels)
{
    const struct lt_image_ending *e = kind->endings;
    while (e->text && e->channels != channels)
        e++;
    return e->text ? e->text : ".png";
}

static const char *colours(int channels)
{
    return channels == 1 ? "grey" : "RGB";
}

/* What this kind of file cannot hold. */
static int check_kind(const struct lt_image_ops *kind, const struct lt_image_ending *ending,
                      const struct lt_image_look *look, const char *path, struct lt_error *err)
{
    if (!kind->write)
        return lt_fail(err, LT_EUSAGE,
                       "%s: this build has no %s and writes no %s; use .pgm or .ppm", path,
                       kind->library, kind->word);
    if (ending->channels && ending->channels != look->channels)
        return lt_fail(err, LT_EUSAGE, "%s: %s holds %s images and this one is %s; use %s", path,
                       ending->text, colours(ending->channels), colours(look->channels),
                       ending_for(kind, look->channels));
    if (look->bits > kind->bits)
        return lt_fail(err, LT_EUSAGE,
                       "%s: a %s holds %d bits a channel and this image has %d; use .png, .pgm or "
                       ".ppm",
                       path, kind->word, kind->bits, look->bits);
    if (look->width > kind->side || look->height > kind->side)
        return lt_fail(err, LT_EUSAGE,
                       "%s: a %s has at most %" PRId64 " pixels a side and this image %" PRId64
                       " x %" PRId64 "; use .png, .pgm or .ppm",
                       path, kind->word, kind->side, look->width, look->height);
    return LT_OK;
}

static bool is_possible(const struct lt_image_look *look)
{
    return look->width > 0 && look->height > 0 && look->width <= LT_IMAGE_SIDE_MAX &&
           look->height <= LT_IMAGE_SIDE_MAX && look->width * look->height <= LT_IMAGE_PIXELS_MAX &&
           (look->channels == 1 || look->channels == 3) && (look->bits == 8 || look->bits == 16);
}

static int find_kind(const struct lt_image_ops **out, const struct lt_image_look *look,
                     const char *path, struct lt_error *err)
{
    const struct lt_image_ending *ending = NULL;
    *out = kind_by_name(look->kind ? look->kind : path, &ending);
    if (!*out)
        return lt_fail(err, LT_EUSAGE,
                       "%s: the ending of the name says no kind of image; use .png, .jpg, .jpeg, "
                       ".webp, .pgm or .ppm",
                       path);
    if (!is_possible(look))
        return lt_fail(err, LT_EUSAGE,
                       "%s: %" PRId64 " x %" PRId64 " pixels of %d channels of %d bits are no "
                       "image that can be written; 1 or 3 channels of 8 or 16 bits can, at most "
                       "%" PRId64 " pixels a side and %" PRId64 " in all",
                       path, look->width, look->height, look->channels, look->bits,
                       LT_IMAGE_SIDE_MAX, LT_IMAGE_PIXELS_MAX);
    return check_kind(*out, ending, look, path, err);
}

int lt_image_writable(const struct lt_image_look *look, const char *path, struct lt_error *err)
{
    const struct lt_image_ops *kind;
    return find_kind(&kind, look, path, err);
}

/* Values as (H, W, C) of uint8_t or uint16_t, to be freed. */
static int make_levels(void **out, const struct lt_image_look *look, const double *values,
                       const char *name, struct lt_error *err)
{
    size_t count = (size_t)(look->height * look->width * look->channels);
    enum lt_type type = look->bits == 8 ? LT_U8 : LT_U16;
    size_t size = lt_type_size(type);
    int rc = lt_alloc(out, count, size, name, err);
    for (size_t i = 0; i < count && !rc; i++) {
        int64_t pixel = (int64_t)i / look->channels;
        if (isnan(values[i]))
            rc = lt_fail(err, LT_EFAIL,
                         "%s: the value at x %" PRId64 ", y %" PRId64
                         " is not a number, which an image cannot hold",
                         name, pixel % look->width, pixel / look->width);
        else
            lt_writer_put(type, values[i], (char *)*out + i * size);
    }
    return rc;
}

int lt_image_draw(struct lt_outfile *file, const struct lt_image_look *look, const double *values,
                  const char *name, struct lt_error *err)
{
    const struct lt_image_ops *kind;
    void *levels = NULL;
    int rc = find_kind(&kind, look, name, err);
    if (!rc)
        rc = make_levels(&levels, look, values, name, err);
    if (!rc)
        rc = kind->write(file, look, levels, name, err);
    lt_free(levels);
    return rc;
}

int lt_image_write(const struct lt_image_look *look, const double *values, const char *path,
                   struct lt_error *err)
{
    struct lt_outfile *file = NULL;
    int rc = lt_image_writable(look, path, err);
    if (!rc)
        rc = lt_outfile_open(&file, path, err);
    if (!rc)
        rc = lt_image_draw(file, look, values, path, err);
    if (!rc)
        rc = lt_outfile_commit(&file, err);
    lt_outfile_abort(&file);
    return rc;
}

/* ---- for the kinds ------------------------------------------------------- */

int lt_image_check(int64_t width, int64_t height, int channels, bool large, const char *name,
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
    if (width * height * channels > LT_COLUMNS_MAX && !large)
        return lt_fail(err, LT_ECONTENT,
                       "%s: %" PRId64 " columns (an image of %" PRId64 " x %" PRId64
                       " pixels); between 1 and %" PRId64 " can be read",
                       name, width * height * channels, width, height, LT_COLUMNS_MAX);
    return LT_OK;
}

int lt_image_make(struct lt_array *out, int64_t width, int64_t height, int channels,
                  enum lt_type type, bool large, const char *name, struct lt_error *err)
{
    int rc = lt_image_check(width, height, channels, large, name, err);
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

int lt_image_unwritten(const char *name, const char *kind, const char *why, struct lt_error *err)
{
    return lt_fail(err, LT_EFAIL, "%s: the %s cannot be written (%.200s)", name, kind, why);
}

/* ---- agreement ----------------------------------------------------------- */

enum { LT_LOOK_TEXT = 100 };

static const char *look(const struct lt_array *image, char buf[LT_LOOK_TEXT])
{
    snprintf(buf, LT_LOOK_TEXT, "%" PRId64 " x %" PRId64 " pixels (%s, %d bits)", image->shape[1],
             image->shape[0], image->rank == 3 ? "RGB" : "grey", image->type == LT_U8 ? 8 : 16);
    return buf;
}

int lt_images_alike(const struct lt_array *first, const struct lt_array *other, bool mixed,
                    struct lt_error *err)
{
    const char *cure = NULL;
    if (first->type != other->type)
        cure = "convert all to 8 bits or all to 16";
    if (first->rank != other->rank)
        cure = "convert all to grey or all to RGB";
    if (!mixed && (first->shape[0] != other->shape[0] || first->shape[1] != other->shape[1]))
        cure = LT_MIXED_CURE;
    char a[LT_LOOK_TEXT], b[LT_LOOK_TEXT];
    return cure ? lt_fail(err, LT_ECONTENT, "%s: is %s but %s is %s; %s", other->name,
                          look(other, b), first->name, look(first, a), cure)
                : LT_OK;
}
