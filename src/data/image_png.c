#include "data/image_ops.h"

#include "base/mem.h"
#include <string.h>

static bool png_is(const struct lt_bytes *b)
{
    return b->size >= 4 && memcmp(b->data, "\x89PNG", 4) == 0;
}

#ifdef LT_HAVE_PNG

#include "data/inflate.h"
#include "data/readers.h"
#include <png.h>
#include <stdlib.h>

enum { LT_PALETTE_MAX = 256 };

/* One reading.  Everything that libpng's longjmp must not lose lives here, outside of the frame
 * that calls setjmp. */
struct reading {
    const unsigned char *next;
    size_t left, size; /* of the file */
    bool large;        /* as in lt_image_read */
    const char *name;
    struct lt_error *err;
    int rc;
    bool no_memory; /* libpng tells of it only in words */
    png_structp png;
    png_infop info;
    png_uint_32 width, height;
    int color, depth;   /* as in the file */
    bool alpha;         /* of the pixels that libpng hands out */
    unsigned char *raw; /* (H, row) what libpng hands out: pixels, or indices into the palette */
    size_t row;         /* bytes */
    int entries;        /* of the palette */
    png_color palette[LT_PALETTE_MAX];
    unsigned char opacity[LT_PALETTE_MAX];
};

/* ---- what libpng calls --------------------------------------------------- */

static void read_bytes(png_structp png, png_bytep to, size_t n)
{
    struct reading *r = png_get_io_ptr(png);
    if (n > r->left) {
        r->rc = lt_image_cut(r->name, "PNG", r->size, r->err);
        png_error(png, "the file ends");
    }
    memcpy(to, r->next, n);
    r->next += n;
    r->left -= n;
}

static png_voidp take_memory(png_structp png, png_alloc_size_t n)
{
    bool *no_memory = png_get_mem_ptr(png);
    void *memory = malloc(n);
    *no_memory |= !memory;
    return memory;
}

static void give_memory(png_structp png, png_voidp memory)
{
    (void)png;
    free(memory);
}

static void on_error(png_structp png, png_const_charp text)
{
    struct reading *r = png_get_error_ptr(png);
    if (!r->rc)
        r->rc = r->no_memory ? lt_fail_memory(r->err, r->name, 0)
                             : lt_image_damaged(r->name, "PNG", text, r->err);
    png_longjmp(png, 1);
}

/* Warnings are about what surrounds the pixels; what breaks them is an error. */
static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

/* ---- reading ------------------------------------------------------------- */

/* The palette and the opacity of its entries; true when all are grey. */
static bool take_palette(struct reading *r)
{
    png_colorp palette = NULL;
    png_bytep opacity = NULL;
    int transparent = 0;
    bool grey = true;
    png_get_PLTE(r->png, r->info, &palette, &r->entries);
    if (png_get_valid(r->png, r->info, PNG_INFO_tRNS))
        png_get_tRNS(r->png, r->info, &opacity, &transparent, NULL);
    for (int i = 0; i < r->entries && i < LT_PALETTE_MAX; i++) {
        r->palette[i] = palette[i];
        r->opacity[i] = opacity && i < transparent ? opacity[i] : 255;
        grey &= palette[i].red == palette[i].green && palette[i].green == palette[i].blue;
    }
    return grey;
}

/* Deflate has a limit, so a file cannot hold what is more than that many times its size. */
static bool can_hold(const struct reading *r)
{
    size_t bits = (size_t)r->depth * png_get_channels(r->png, r->info);
    size_t bytes = (r->width * bits + 7) / 8 * r->height;
    return bytes / LT_DEFLATE_RATIO <= r->size;
}

/* Asks for bytes or 16-bit values, with alpha where there is any transparency, and for one index
 * a byte. */
static void choose_layout(struct reading *r)
{
    if (r->color == PNG_COLOR_TYPE_PALETTE) {
        png_set_packing(r->png);
    } else {
        if (r->depth < 8)
            png_set_expand_gray_1_2_4_to_8(r->png);
        if (png_get_valid(r->png, r->info, PNG_INFO_tRNS)) {
            png_set_tRNS_to_alpha(r->png);
            r->alpha = true;
        }
        r->alpha |= (r->color & PNG_COLOR_MASK_ALPHA) != 0;
    }
}

static int make_room(struct reading *r, struct lt_array *out)
{
    bool palette = r->color == PNG_COLOR_TYPE_PALETTE;
    bool grey = palette ? take_palette(r) : !(r->color & PNG_COLOR_MASK_COLOR);
    int channels = grey ? 1 : 3;
    int rc = lt_image_check(r->width, r->height, channels, r->large, r->name, r->err);
    if (!rc && !can_hold(r))
        rc = lt_image_cut(r->name, "PNG", r->size, r->err);
    if (!rc)
        rc = lt_image_make(out, r->width, r->height, channels, r->depth == 16 ? LT_U16 : LT_U8,
                           r->large, r->name, r->err);
    return rc;
}

/* Everything that libpng may leave by longjmp. */
static void decode(struct reading *r, struct lt_array *out)
{
    png_set_read_fn(r->png, r, read_bytes);
    png_set_user_limits(r->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* lt_image_make has ours */
    png_set_keep_unknown_chunks(r->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1); /* only pixels count */
    png_read_info(r->png, r->info);
    png_get_IHDR(r->png, r->info, &r->width, &r->height, &r->depth, &r->color, NULL, NULL, NULL);
    if ((r->rc = make_room(r, out)))
        return;
    choose_layout(r);
    int passes = png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
    r->row = png_get_rowbytes(r->png, r->info);
    if ((r->rc = lt_alloc(&r->raw, r->height, r->row, r->name, r->err)))
        return;
    for (int pass = 0; pass < passes; pass++)
        for (png_uint_32 y = 0; y < r->height; y++)
            png_read_row(r->png, r->raw + y * r->row, NULL);
    png_read_end(r->png, NULL);
}

static int read_raw(struct reading *r, struct lt_array *out)
{
    r->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, r, on_error, on_warning, &r->no_memory,
                                      take_memory, give_memory);
    r->info = r->png ? png_create_info_struct(r->png) : NULL;
    if (!r->info)
        r->rc = lt_fail_memory(r->err, r->name, 0);
    else if (setjmp(png_jmpbuf(r->png)) == 0)
        decode(r, out);
    png_destroy_read_struct(&r->png, &r->info, NULL);
    if (!r->rc && r->no_memory) /* libpng went on without something */
        r->rc = lt_fail_memory(r->err, r->name, 0);
    return r->rc;
}

/* ---- from libpng's pixels to ours ---------------------------------------- */

static int look_up(const struct reading *r, struct lt_array *out)
{
    unsigned char *to = out->owned;
    for (size_t i = 0; i < (size_t)r->height * r->width; i++) {
        unsigned char index = r->raw[i];
        if (index >= r->entries)
            return lt_image_damaged(r->name, "PNG", "a pixel is beyond the palette", r->err);
        if (r->opacity[index] != 255)
            return lt_image_transparent(out, i, r->name, r->err);
        *to++ = r->palette[index].red;
        if (out->rank == 3) {
            *to++ = r->palette[index].green;
            *to++ = r->palette[index].blue;
        }
    }
    return LT_OK;
}

static int take_pixels(const struct reading *r, struct lt_array *out)
{
    size_t values = (size_t)lt_array_width(out), depth = lt_type_size(out->type);
    size_t pixels = (size_t)r->height * r->width;
    int rc = LT_OK;
    if (r->color == PNG_COLOR_TYPE_PALETTE)
        return look_up(r, out);
    if (r->row * r->height != (values + (r->alpha ? pixels : 0)) * depth)
        return lt_image_damaged(r->name, "PNG", "its rows have another size than promised", r->err);
    if (r->alpha)
        rc = lt_image_drop_alpha(out, r->raw, r->name, r->err);
    else
        memcpy(out->owned, r->raw, values * depth);
    if (depth > 1)
        lt_swap_bytes(out->owned, values, depth);
    return rc;
}

/* Chunks before the pixels tell of an animation, which libpng does not know. */
static bool is_animated(const struct lt_bytes *b)
{
    const unsigned char *p = b->data;
    for (size_t at = 8; at <= b->size && b->size - at >= 8;) {
        size_t length = (size_t)p[at] << 24 | (size_t)p[at + 1] << 16 | (size_t)p[at + 2] << 8 |
                        (size_t)p[at + 3];
        if (memcmp(p + at + 4, "acTL", 4) == 0)
            return true;
        if (memcmp(p + at + 4, "IDAT", 4) == 0)
            return false;
        at += 12 + length;
    }
    return false;
}

static int png_read(struct lt_array *out, const struct lt_bytes *bytes, bool large,
                    const char *name, struct lt_error *err)
{
    struct reading r = {.next = bytes->data,
                        .left = bytes->size,
                        .size = bytes->size,
                        .large = large,
                        .name = name,
                        .err = err};
    if (is_animated(bytes))
        return lt_image_animated(name, "PNG", err);
    int rc = read_raw(&r, out);
    if (!rc)
        rc = take_pixels(&r, out);
    lt_free(r.raw);
    return rc;
}

/* ---- writing ------------------------------------------------------------- */

struct writing {
    struct lt_outfile *file;
    const char *name;
    struct lt_error *err;
    int rc;
    bool no_memory;
    png_structp png;
    png_infop info;
};

static void write_bytes(png_structp png, png_bytep bytes, size_t n)
{
    struct writing *w = png_get_io_ptr(png);
    if (!w->rc)
        w->rc = lt_outfile_write(w->file, bytes, n, w->err);
    if (w->rc)
        png_error(png, "writing failed");
}

/* Nothing: the file is flushed when it is complete. */
static void flush_bytes(png_structp png)
{
    (void)png;
}

static void on_write_error(png_structp png, png_const_charp text)
{
    struct writing *w = png_get_error_ptr(png);
    if (!w->rc)
        w->rc = w->no_memory ? lt_fail_memory(w->err, w->name, 0)
                             : lt_image_unwritten(w->name, "PNG", text, w->err);
    png_longjmp(png, 1);
}

/* Everything that libpng may leave by longjmp. */
static void encode(struct writing *w, const struct lt_png_rows *rows)
{
    static const int colors[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                 PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
    png_set_write_fn(w->png, w, write_bytes, flush_bytes);
    png_set_IHDR(w->png, w->info, (png_uint_32)rows->width, (png_uint_32)rows->height, rows->bits,
                 colors[rows->channels], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(w->png, w->info);
    if (rows->bits == 16)
        png_set_swap(w->png); /* files have the big end first */
    for (int64_t y = 0; y < rows->height; y++)
        png_write_row(w->png, rows->row(rows->context, y));
    png_write_end(w->png, w->info);
}

int lt_png_write(struct lt_outfile *file, const struct lt_png_rows *rows, const char *name,
                 struct lt_error *err)
{
    struct writing w = {.file = file, .name = name, .err = err};
    w.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &w, on_write_error, on_warning,
                                      &w.no_memory, take_memory, give_memory);
    w.info = w.png ? png_create_info_struct(w.png) : NULL;
    if (!w.info)
        w.rc = lt_fail_memory(err, name, 0);
    else if (setjmp(png_jmpbuf(w.png)) == 0)
        encode(&w, rows);
    png_destroy_write_struct(&w.png, &w.info);
    return w.rc;
}

/* An image in memory, row by row. */
struct in_memory {
    const unsigned char *values;
    size_t row; /* bytes */
};

static const void *row_in_memory(void *context, int64_t y)
{
    const struct in_memory *image = context;
    return image->values + (size_t)y * image->row;
}

static int png_write(struct lt_outfile *file, const struct lt_image_look *look, const void *values,
                     const char *name, struct lt_error *err)
{
    size_t row = (size_t)(look->width * look->channels * (look->bits / 8));
    struct in_memory image = {values, row};
    struct lt_png_rows rows = {look->height, look->width,   look->channels,
                               look->bits,   row_in_memory, &image};
    return lt_png_write(file, &rows, name, err);
}

#define READ png_read
#define WRITE png_write
#else
#define READ NULL
#define WRITE NULL

int lt_png_write(struct lt_outfile *file, const struct lt_png_rows *rows, const char *name,
                 struct lt_error *err)
{
    (void)file;
    (void)rows;
    return lt_fail(err, LT_EUSAGE, "%s: this build has no libpng and draws no images", name);
}
#endif

const struct lt_image_ops lt_image_png = {
    .word = "PNG",
    .library = "libpng",
    .endings = {{".png", 0}},
    .bits = 16,
    .side = LT_IMAGE_SIDE_MAX,
    .is = png_is,
    .read = READ,
    .write = WRITE,
};
