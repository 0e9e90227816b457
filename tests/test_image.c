/* Images as data: every kind, depth and number of channels reads back; what is damaged, cut off,
 * too large or unlike the others is refused with a sentence. */
#include "data/image.h"
#include "data_alloc_help.h"

#ifdef LT_HAVE_PNG
#include <png.h>
#endif
#ifdef LT_HAVE_JPEG
#include <turbojpeg.h>
#endif
#ifdef LT_HAVE_WEBP
#include <webp/encode.h>
#endif

enum { FILE_MAX = 20000 };

struct file {
    unsigned char bytes[FILE_MAX];
    size_t size;
};

T_UNUSED static void put(struct file *f, const void *bytes, size_t n)
{
    T_OK(f->size + n <= FILE_MAX);
    memcpy(f->bytes + f->size, bytes, n);
    f->size += n;
}

/* ---- claims about an image ------------------------------------------------- */

/* `levels`: (h, w, c), row by row; each may differ by `tolerance`. */
static void expect_table(struct lt_table *t, const char *type, int64_t h, int64_t w, int64_t c,
                         const unsigned *levels, double tolerance)
{
    struct lt_error err = {0};
    struct lt_block *block = NULL;
    const struct lt_group *g = lt_table_group(t, 0);
    T_INT(lt_table_rows(t), 1);
    T_INT(lt_table_groups(t), 1);
    T_INT(g->shape_rank, c > 1 ? 3 : 2);
    T_INT(g->shape[0], h);
    T_INT(g->shape[1], w);
    if (c > 1)
        T_INT(g->shape[2], c);
    T_STR(lt_type_name(g->type), type);
    T_OK(!g->missing);
    T_INT(lt_block_create(&block, t, 1, &err), 0);
    T_INT(lt_table_range(t, 0, 1, block, &err), 0);
    for (int64_t i = 0; i < h * w * c; i++)
        T_NEAR(lt_type_value(g->type, block->group[0].values, i), levels[i], tolerance);
    lt_block_free(&block);
    lt_table_free(&t);
}

static void expect_text(const char *name, const char *text, const char *type, int64_t h, int64_t w,
                        int64_t c, const unsigned *levels)
{
    expect_table(help_bytes(name, text, strlen(text)), type, h, w, c, levels, 0);
}

/* Every beginning of the file is refused, and never by the wrong name. */
static void refuse_beginnings(const char *name, const void *bytes, size_t size)
{
    char begin[20];
    snprintf(begin, sizeof begin, "%s: ", name);
    for (size_t n = 0; n < size; n++) {
        /* In room of its own size, so that reading beyond it shows. */
        unsigned char *cut = malloc(n + !n);
        T_OK(cut);
        memcpy(cut, bytes, n);
        struct lt_error err = help_refused(name, cut, n);
        free(cut);
        T_INT(err.code, LT_ECONTENT);
        T_OK(strncmp(err.text, begin, strlen(begin)) == 0);
    }
}

/* No change of one byte does harm: what is not refused is an image. */
static void survive_changes(const char *name, const struct file *f)
{
    struct file changed = *f;
    for (size_t i = 0; i < f->size; i++) {
        struct lt_error err = {0};
        struct lt_table *t = NULL;
        changed.bytes[i] = (unsigned char)(f->bytes[i] ^ (1u << i % 8));
        int rc = lt_table_from_bytes(&t, name, changed.bytes, f->size, NULL, &err);
        T_OK(rc ? !t && err.text[0] : t != NULL);
        lt_table_free(&t);
        changed.bytes[i] = f->bytes[i];
    }
}

/* The first `size` bytes are refused as cut off there. */
T_UNUSED static void expect_cut(const char *name, const char *kind, const struct file *f,
                                size_t size)
{
    char want[200];
    snprintf(want, sizeof want,
             "%s: the %s image is cut off after %zu bytes; fetch or export it again", name, kind,
             size);
    T_ERR(help_refused(name, f->bytes, size), want);
}

/* ---- PGM and PPM ----------------------------------------------------------- */

static const unsigned six[] = {0, 1, 2, 100, 254, 255};

TEST(plain_and_raw_pgm_and_ppm_read_back)
{
    const unsigned wide[] = {0, 258, 65535};
    expect_text("t.pgm", "P2\n3 2\n255\n0 1 2\n100 254 255\n", "u1", 2, 3, 1, six);
    expect_text("t.ppm", "P3 2 1 255 0 1 2 100 254 255", "u1", 1, 2, 3, six);
    expect_table(help_bytes("t.pgm", "P5 2 3 255\n\0\1\2\x64\xfe\xff", 17), "u1", 3, 2, 1, six, 0);
    expect_table(help_bytes("t.ppm", "P6 1 2 255\n\0\1\2\x64\xfe\xff", 17), "u1", 2, 1, 3, six, 0);
    expect_text("t.pgm", "P2 1 3 65535 0 258 65535", "u2", 3, 1, 1, wide);
    expect_table(help_bytes("t.pgm", "P5 3 1 65535\n\0\0\1\2\xff\xff", 19), "u2", 1, 3, 1, wide, 0);
    expect_table(help_bytes("t.ppm", "P6 1 1 65535\n\0\0\1\2\xff\xff", 19), "u2", 1, 1, 3, wide, 0);
}

TEST(comments_and_any_space_stand_between_the_numbers_of_a_pgm)
{
    const unsigned one[] = {7};
    expect_text("t.pgm", "P2#a\r\n# 9 9\n1\t#b\n1\v255#c\n\n\f7 # end\n", "u1", 1, 1, 1, one);
}

TEST(levels_are_spread_over_8_or_16_bits)
{
    const unsigned few[] = {0, 17, 255}, many[] = {0, 16, 65535};
    expect_text("t.pgm", "P2 3 1 15 0 1 15", "u1", 1, 3, 1, few);
    expect_text("t.pgm", "P2 3 1 4095 0 1 4095", "u2", 1, 3, 1, many);
}

TEST(damaged_pgms_are_refused)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"P2 1 1 255 256", "a sample is above the greatest level"},
        {"P5 1 1 15\n\x10", "a sample is above the greatest level"},
        {"P2 1 1 0 0", "the greatest level is not between 1 and 65535"},
        {"P2 1 1 65536 0", "the greatest level is not between 1 and 65535"},
        {"P2 1 x 255 0", "something stands where a number should"},
        {"P2 1 1 255 -1", "something stands where a number should"},
        {"P2 1 1 255x1", "something stands where a number should end"},
        {"P2 1234567890 1 255 1", "a number has more than 9 digits"},
        {"P2 1 1 255 1 2", "more follows behind the image"},
        {"P5 1 1 255\nab", "more follows behind the image"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char want[200];
        snprintf(want, sizeof want,
                 "t.pgm: the PNM image is damaged (%s); fetch or export it again", cases[i].why);
        T_ERR(help_refused("t.pgm", cases[i].text, strlen(cases[i].text)), want);
    }
    T_ERR(help_refused("t.pgm", "P2 0 1 255 1", 12), "t.pgm: is an image of 0 x 1 pixels");
    T_ERR(help_refused("t.pgm", "hello", 5),
          "t.pgm: is called .pgm but is no image file (it begins with 68 65 6c 6c); is the name "
          "right?");
}

TEST(cut_pgms_are_refused)
{
    refuse_beginnings("t.ppm", "P3 1 2 255 1 2 3 4 5 6", 22);
    refuse_beginnings("t.pgm", "P5 2 2 65535\nabcdefgh", 21);
    T_ERR(help_refused("t.pgm", "P5 2 2 255\nabc", 14),
          "t.pgm: the PNM image is cut off after 14 bytes; fetch or export it again");
}

TEST(changed_bytes_of_a_pgm_do_no_harm)
{
    struct file f = {{0}, 0};
    put(&f, "P3 1 2 255 1 2 3 4 5 6", 22);
    survive_changes("t.ppm", &f);
}

TEST(a_column_called_p2_is_a_table_by_its_name)
{
    struct lt_table *t = help_bytes("t.csv", "P2\n1\n1\n5\n3\n", 11);
    T_INT(lt_table_rows(t), 4);
    T_STR(lt_table_column_name(t, 0, NULL, 0), "P2");
    lt_table_free(&t);
    t = help_bytes("t", "P2\tP3\n1\t1\n", 10);
    T_INT(lt_table_columns(t), 2);
    lt_table_free(&t);
}

TEST(images_too_large_are_refused_by_their_headers)
{
    T_ERR(help_refused("t.pgm", "P5 30000 30000 255\n", 19),
          "t.pgm: is an image of 30000 x 30000 pixels; at most 65535 a side and 134217728 in all "
          "can be read");
    T_ERR(help_refused("t.pgm", "P5 65536 1 255\n", 15),
          "t.pgm: is an image of 65536 x 1 pixels; at most 65535 a side and 134217728 in all can "
          "be read");
    T_ERR(help_refused("t.ppm", "P6 5000 5000 255\n", 17),
          "t.ppm: 75000000 columns (an image of 5000 x 5000 pixels); between 1 and 16777216 can "
          "be read");
    T_ERR(help_refused("t.pgm", "P5 4000 4000 255\n", 17),
          "t.pgm: the PNM image is cut off after 17 bytes; fetch or export it again");
}

/* ---- PNG ------------------------------------------------------------------- */

#ifdef LT_HAVE_PNG

struct png {
    unsigned width, height;
    int depth, color, interlace;
    const void *rows; /* packed as in the file, 16 bits big end first */
    const png_color *palette;
    int entries;
    const unsigned char *opacity; /* of the palette, (opaque) */
    int opacities;
    const png_color_16 *key; /* the transparent colour */
};

static void png_to_file(png_structp png, png_bytep bytes, size_t n)
{
    put(png_get_io_ptr(png), bytes, n);
}

static void png_no_flush(png_structp png)
{
    (void)png;
}

static struct file write_png(const struct png *p)
{
    static struct file f;
    f.size = 0;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    T_OK(info && !setjmp(png_jmpbuf(png)));
    png_set_write_fn(png, &f, png_to_file, png_no_flush);
    png_set_IHDR(png, info, p->width, p->height, p->depth, p->color, p->interlace, 0, 0);
    if (p->palette)
        png_set_PLTE(png, info, p->palette, p->entries);
    if (p->opacity || p->key)
        png_set_tRNS(png, info, p->opacity, p->opacities, p->key);
    png_write_info(png, info);
    size_t row = png_get_rowbytes(png, info);
    for (int pass = png_set_interlace_handling(png); pass > 0; pass--)
        for (unsigned y = 0; y < p->height; y++)
            png_write_row(png, (png_const_bytep)p->rows + y * row);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    return f;
}

static void expect_png(const struct png *p, const char *type, int64_t c, const unsigned *levels)
{
    struct file f = write_png(p);
    expect_table(help_bytes("t.png", f.bytes, f.size), type, p->height, p->width, c, levels, 0);
}

static void refuse_png(const struct png *p, const char *why)
{
    struct file f = write_png(p);
    T_ERR(help_refused("t.png", f.bytes, f.size), why);
}

static const unsigned char six_bytes[] = {0, 1, 2, 100, 254, 255};

/* Puts another size into the header, with its checksum. */
static void claim_size(struct file *f, unsigned width, unsigned height)
{
    const unsigned words[] = {width, height};
    for (int i = 0; i < 8; i++)
        f->bytes[16 + i] = (unsigned char)(words[i / 4] >> (24 - 8 * (i % 4)));
    unsigned crc = ~0u;
    for (int i = 12; i < 29; i++) {
        crc ^= f->bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    for (int i = 0; i < 4; i++)
        f->bytes[29 + i] = (unsigned char)(~crc >> (24 - 8 * i));
}

TEST(png_of_8_and_16_bits_grey_and_colour_reads_back)
{
    const unsigned char wide_bytes[] = {0, 0, 1, 2, 255, 255};
    const unsigned wide[] = {0, 258, 65535};
    expect_png(&(struct png){3, 2, 8, PNG_COLOR_TYPE_GRAY, 0, .rows = six_bytes}, "u1", 1, six);
    expect_png(&(struct png){1, 2, 8, PNG_COLOR_TYPE_RGB, 0, .rows = six_bytes}, "u1", 3, six);
    expect_png(&(struct png){1, 3, 16, PNG_COLOR_TYPE_GRAY, 0, .rows = wide_bytes}, "u2", 1, wide);
    expect_png(&(struct png){1, 1, 16, PNG_COLOR_TYPE_RGB, 0, .rows = wide_bytes}, "u2", 3, wide);
    expect_png(&(struct png){1, 1, 8, PNG_COLOR_TYPE_GRAY, 0, .rows = six_bytes + 5}, "u1", 1,
               six + 5);
}

TEST(png_of_few_bits_is_spread_over_8)
{
    const unsigned ones[] = {255, 0, 255}, twos[] = {0, 85, 255}, fours[] = {0, 17, 255};
    expect_png(&(struct png){3, 1, 1, PNG_COLOR_TYPE_GRAY, 0, .rows = "\xa0"}, "u1", 1, ones);
    expect_png(&(struct png){3, 1, 2, PNG_COLOR_TYPE_GRAY, 0, .rows = "\x1c"}, "u1", 1, twos);
    expect_png(&(struct png){3, 1, 4, PNG_COLOR_TYPE_GRAY, 0, .rows = "\x01\xf0"}, "u1", 1, fours);
}

TEST(interlaced_png_reads_back)
{
    unsigned char bytes[81];
    unsigned levels[81];
    for (unsigned i = 0; i < 81; i++)
        bytes[i] = (unsigned char)(levels[i] = i * 3);
    expect_png(&(struct png){9, 9, 8, PNG_COLOR_TYPE_GRAY, 1, .rows = bytes}, "u1", 1, levels);
}

TEST(png_palettes_become_grey_or_rgb)
{
    const png_color grey[] = {{9, 9, 9}, {0, 0, 0}, {255, 255, 255}};
    const png_color colours[] = {{9, 9, 9}, {1, 2, 3}};
    const unsigned from_grey[] = {0, 255, 9}, from_colours[] = {1, 2, 3, 9, 9, 9};
    struct png p = {3, 1, 2, PNG_COLOR_TYPE_PALETTE, 0, "\x60", grey, .entries = 3};
    expect_png(&p, "u1", 1, from_grey);
    p = (struct png){2, 1, 8, PNG_COLOR_TYPE_PALETTE, 0, "\1\0", colours, .entries = 2};
    expect_png(&p, "u1", 3, from_colours);
    p = (struct png){2, 1, 8, PNG_COLOR_TYPE_PALETTE, 0, "\1\2", colours, .entries = 2};
    refuse_png(&p, "t.png: the PNG image is damaged (a pixel is beyond the palette); fetch or "
                   "export it again");
}

TEST(opaque_alpha_is_dropped_from_png)
{
    const unsigned char opaque[] = {1, 255, 2, 255}, clear[] = {1, 255, 2, 254};
    const unsigned char wide[] = {0, 5, 255, 255, 1, 0, 255, 255};
    const unsigned char wide_clear[] = {0, 5, 255, 255, 1, 0, 255, 254};
    const unsigned char rgba[] = {1, 2, 3, 255};
    const unsigned levels[] = {1, 2, 3}, wides[] = {5, 256};
    const char *why = "t.png: is transparent at x 1, y 0; flatten it onto a background first";
    expect_png(&(struct png){2, 1, 8, PNG_COLOR_TYPE_GRAY_ALPHA, 0, .rows = opaque}, "u1", 1,
               levels);
    expect_png(&(struct png){1, 1, 8, PNG_COLOR_TYPE_RGB_ALPHA, 0, .rows = rgba}, "u1", 3, levels);
    expect_png(&(struct png){2, 1, 16, PNG_COLOR_TYPE_GRAY_ALPHA, 0, .rows = wide}, "u2", 1, wides);
    refuse_png(&(struct png){2, 1, 8, PNG_COLOR_TYPE_GRAY_ALPHA, 0, .rows = clear}, why);
    refuse_png(&(struct png){2, 1, 16, PNG_COLOR_TYPE_GRAY_ALPHA, 0, .rows = wide_clear}, why);
}

TEST(transparency_that_no_pixel_has_is_dropped_from_png)
{
    const png_color colours[] = {{9, 9, 9}, {1, 2, 3}};
    const unsigned char opacity[] = {0, 255};
    const png_color_16 white = {.gray = 1}, two = {.gray = 2};
    const unsigned levels[] = {1, 2, 3}, two_levels[] = {0, 1};
    struct png p = {1, 1, 8, PNG_COLOR_TYPE_PALETTE, 0, "\1", colours, 2, opacity, 2, NULL};
    expect_png(&p, "u1", 3, levels);
    p.rows = "\0";
    refuse_png(&p, "t.png: is transparent at x 0, y 0; flatten it onto a background first");
    p = (struct png){2, 1, 8, PNG_COLOR_TYPE_GRAY, 0, "\0\1", .key = &two};
    expect_png(&p, "u1", 1, two_levels);
    p = (struct png){2, 1, 1, PNG_COLOR_TYPE_GRAY, 0, "\x40", .key = &white};
    refuse_png(&p, "t.png: is transparent at x 1, y 0; flatten it onto a background first");
}

TEST(an_animated_png_is_refused)
{
    struct file f = write_png(&(struct png){3, 2, 8, PNG_COLOR_TYPE_GRAY, 0, .rows = six_bytes});
    memmove(f.bytes + 33 + 20, f.bytes + 33, f.size - 33);
    memcpy(f.bytes + 33, "\0\0\0\10acTL\0\0\0\1\0\0\0\0\0\0\0\0", 20);
    T_ERR(help_refused("t.png", f.bytes, f.size + 20),
          "t.png: is an animated PNG; save one frame as an image");
}

TEST(cut_and_changed_pngs_are_refused_or_read)
{
    const png_color colours[] = {{9, 9, 9}, {1, 2, 3}};
    struct file f = write_png(&(struct png){1, 2, 8, PNG_COLOR_TYPE_RGB, 0, .rows = six_bytes});
    refuse_beginnings("t.png", f.bytes, f.size);
    survive_changes("t.png", &f);
    expect_cut("t.png", "PNG", &f, f.size - 1);
    f.bytes[29]++;
    T_ERR(help_refused("t.png", f.bytes, f.size),
          "t.png: the PNG image is damaged (IHDR: CRC error); fetch or export it again");
    f = write_png(
        &(struct png){3, 1, 2, PNG_COLOR_TYPE_PALETTE, 1, "\x10", colours, 2, six_bytes, 2, NULL});
    refuse_beginnings("t.png", f.bytes, f.size);
    survive_changes("t.png", &f);
}

TEST(the_size_that_a_png_claims_is_not_believed)
{
    struct file f = write_png(&(struct png){3, 2, 8, PNG_COLOR_TYPE_GRAY, 0, .rows = six_bytes});
    claim_size(&f, 30000, 30000);
    T_ERR(help_refused("t.png", f.bytes, f.size),
          "t.png: is an image of 30000 x 30000 pixels; at most 65535 a side and 134217728 in all "
          "can be read");
    claim_size(&f, 0x7fffffff, 0x7fffffff);
    T_ERR(help_refused("t.png", f.bytes, f.size),
          "t.png: is an image of 2147483647 x 2147483647 pixels; at most 65535 a side and "
          "134217728 in all can be read");
    claim_size(&f, 4000, 4000);
    expect_cut("t.png", "PNG", &f, f.size);
}

#endif

/* ---- JPEG ------------------------------------------------------------------ */

#ifdef LT_HAVE_JPEG

enum { SIDE = 16 };

/* A slope in every channel, as (SIDE, SIDE, channels). */
static void slope(unsigned *levels, unsigned char *bytes, int channels)
{
    for (int i = 0; i < SIDE * SIDE; i++)
        for (int c = 0; c < channels; c++)
            bytes[i * channels + c] = (unsigned char)(levels[i * channels + c] =
                                                          (unsigned)(60 * c + i % SIDE + i / SIDE));
}

static struct file write_jpeg(const unsigned char *bytes, int format, int subsampling, int flags)
{
    static struct file f;
    tjhandle jpeg = tjInitCompress();
    unsigned char *out = f.bytes;
    unsigned long size = FILE_MAX;
    T_OK(jpeg);
    int rc = tjCompress2(jpeg, bytes, SIDE, 0, SIDE, format, &out, &size, subsampling, 100,
                         TJFLAG_NOREALLOC | flags);
    if (rc)
        T_FAIL("%s", tjGetErrorStr2(jpeg));
    tjDestroy(jpeg);
    f.size = size;
    return f;
}

static void expect_jpeg(int format, int channels, int subsampling, int flags)
{
    unsigned char bytes[SIDE * SIDE * 3];
    unsigned levels[SIDE * SIDE * 3];
    slope(levels, bytes, channels);
    struct file f = write_jpeg(bytes, format, subsampling, flags);
    expect_table(help_bytes("t.jpg", f.bytes, f.size), "u1", SIDE, SIDE, channels, levels, 3);
}

TEST(jpeg_grey_and_colour_reads_back)
{
    expect_jpeg(TJPF_GRAY, 1, TJSAMP_GRAY, 0);
    expect_jpeg(TJPF_RGB, 3, TJSAMP_444, 0);
    expect_jpeg(TJPF_RGB, 3, TJSAMP_420, 0);
    expect_jpeg(TJPF_RGB, 3, TJSAMP_444, TJFLAG_PROGRESSIVE);
}

TEST(a_cmyk_jpeg_is_refused)
{
    unsigned char bytes[SIDE * SIDE * 4] = {0};
    struct file f = write_jpeg(bytes, TJPF_CMYK, TJSAMP_444, 0);
    T_ERR(help_refused("t.jpeg", f.bytes, f.size), "t.jpeg: is a CMYK JPEG; convert it to RGB");
}

TEST(cut_and_changed_jpegs_are_refused_or_read)
{
    static const int flags[] = {0, TJFLAG_PROGRESSIVE};
    unsigned char bytes[SIDE * SIDE * 3];
    unsigned levels[SIDE * SIDE * 3];
    slope(levels, bytes, 3);
    for (int i = 0; i < 2; i++) {
        struct file f = write_jpeg(bytes, TJPF_RGB, TJSAMP_420, flags[i]);
        refuse_beginnings("t.jpg", f.bytes, f.size);
        survive_changes("t.jpg", &f);
        T_ERR(help_refused("t.jpg", f.bytes, f.size - 1),
              "t.jpg: the JPEG image is damaged (Premature end of JPEG file); fetch or export it "
              "again");
    }
}

TEST(a_jpeg_too_large_is_refused_by_its_header)
{
    unsigned char bytes[SIDE * SIDE] = {0};
    struct file f = write_jpeg(bytes, TJPF_GRAY, TJSAMP_GRAY, 0);
    for (size_t i = 0; i + 9 < f.size; i++)
        if (f.bytes[i] == 0xff && f.bytes[i + 1] == 0xc0)
            memcpy(f.bytes + i + 5, "\x75\x30\x75\x30", 4);
    T_ERR(help_refused("t.jpg", f.bytes, f.size),
          "t.jpg: is an image of 30000 x 30000 pixels; at most 65535 a side and 134217728 in all "
          "can be read");
}

#endif

/* ---- WebP ------------------------------------------------------------------ */

#ifdef LT_HAVE_WEBP

static struct file keep_webp(uint8_t *bytes, size_t size)
{
    static struct file f;
    f.size = 0;
    put(&f, bytes, size);
    WebPFree(bytes);
    return f;
}

static struct file write_webp(const unsigned char *rgb, int w, int h)
{
    uint8_t *out = NULL;
    size_t size = WebPEncodeLosslessRGB(rgb, w, h, 3 * w, &out);
    return keep_webp(out, size);
}

static struct file write_webp_alpha(const unsigned char *rgba, int w, int h)
{
    uint8_t *out = NULL;
    size_t size = WebPEncodeLosslessRGBA(rgba, w, h, 4 * w, &out);
    return keep_webp(out, size);
}

/* `alpha` of one pixel, in a header that says that there is any. */
static struct file write_webp_pixel(unsigned char alpha)
{
    const unsigned char pixels[] = {1, 2, 3, 254, 4, 5, 6, alpha};
    struct file f = write_webp_alpha(pixels, 2, 1);
    return f;
}

TEST(webp_reads_back)
{
    const unsigned char bytes[] = {0, 1, 2, 100, 254, 255};
    struct file f = write_webp(bytes, 1, 2);
    expect_table(help_bytes("t.webp", f.bytes, f.size), "u1", 2, 1, 3, six, 0);
    f = write_webp(bytes, 1, 1);
    expect_table(help_bytes("t.webp", f.bytes, f.size), "u1", 1, 1, 3, six, 0);
    unsigned char flat[16 * 16 * 3];
    unsigned levels[16 * 16 * 3];
    for (int i = 0; i < 16 * 16 * 3; i++)
        flat[i] = (unsigned char)(levels[i] = 100);
    uint8_t *out = NULL;
    size_t size = WebPEncodeRGB(flat, 16, 16, 48, 90, &out);
    f = keep_webp(out, size);
    expect_table(help_bytes("t.webp", f.bytes, f.size), "u1", 16, 16, 3, levels, 3);
    refuse_beginnings("t.webp", f.bytes, f.size);
    survive_changes("t.webp", &f);
}

TEST(a_transparent_webp_is_refused_and_opaque_alpha_is_dropped)
{
    const unsigned levels[] = {1, 2, 3, 4, 5, 6};
    struct file f = write_webp_pixel(255);
    T_ERR(help_refused("t.webp", f.bytes, f.size),
          "t.webp: is transparent at x 0, y 0; flatten it onto a background first");
    const unsigned char opaque[] = {1, 2, 3, 255, 4, 5, 6, 255};
    f = write_webp_alpha(opaque, 2, 1);
    f.bytes[24] |= 0x10; /* the header promises alpha, and every pixel is opaque */
    expect_table(help_bytes("t.webp", f.bytes, f.size), "u1", 1, 2, 3, levels, 0);
}

TEST(an_animated_webp_is_refused)
{
    const char animated[] = "RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\2\0\0\0\1\0\0\1\0\0";
    T_ERR(help_refused("t.webp", animated, 30),
          "t.webp: is an animated WebP; save one frame as an image");
}

TEST(cut_and_changed_webps_are_refused_or_read)
{
    const unsigned char bytes[] = {0, 1, 2, 100, 254, 255};
    struct file f = write_webp(bytes, 1, 2);
    refuse_beginnings("t.webp", f.bytes, f.size);
    survive_changes("t.webp", &f);
    f = write_webp_pixel(3);
    refuse_beginnings("t.webp", f.bytes, f.size);
    survive_changes("t.webp", &f);
    expect_cut("t.webp", "WebP", &f, f.size - 1);
}

TEST(a_webp_too_large_is_refused_by_its_header)
{
    const unsigned char bytes[] = {0, 1, 2, 100, 254, 255};
    struct file f = write_webp(bytes, 1, 2);
    memcpy(f.bytes + 21, "\xfe\xbf\xff\x0f", 4); /* 14 bits each, less one */
    T_ERR(help_refused("t.webp", f.bytes, f.size),
          "t.webp: is an image of 16383 x 16383 pixels; at most 65535 a side and 134217728 in all "
          "can be read");
}

#endif

/* ---- what a build without a library says ------------------------------------- */

#ifndef LT_HAVE_PNG
TEST(without_libpng_a_png_is_refused)
{
    T_ERR(help_refused("t.png", "\x89PNG\r\n\x1a\n", 8),
          "t.png: is a PNG image and this build has no libpng; convert it to PGM or PPM");
}
#endif
#ifndef LT_HAVE_JPEG
TEST(without_libturbojpeg_a_jpeg_is_refused)
{
    T_ERR(help_refused("t.jpg", "\xff\xd8\xff\xe0", 4),
          "t.jpg: is a JPEG image and this build has no libturbojpeg; convert it to PGM or PPM");
}
#endif
#ifndef LT_HAVE_WEBP
TEST(without_libwebp_a_webp_is_refused)
{
    T_ERR(help_refused("t.webp", "RIFF\x16\0\0\0WEBP", 12),
          "t.webp: is a WebP image and this build has no libwebp; convert it to PGM or PPM");
}
#endif

#ifdef LT_HAVE_ZLIB
TEST(a_gzipped_image_is_read)
{
    static const unsigned char packed[] = {/* P2 1 1 255 7 */ 0x1f,
                                           0x8b,
                                           0x08,
                                           0x00,
                                           0x00,
                                           0x00,
                                           0x00,
                                           0x00,
                                           0x02,
                                           0x03,
                                           0x0b,
                                           0x30,
                                           0x52,
                                           0x30,
                                           0x04,
                                           0x42,
                                           0x23,
                                           0x53,
                                           0x53,
                                           0x05,
                                           0x73,
                                           0x00,
                                           0xda,
                                           0x35,
                                           0xfc,
                                           0xa2,
                                           0x0c,
                                           0x00,
                                           0x00,
                                           0x00};
    const unsigned seven[] = {7};
    expect_table(help_bytes("t.pgm.gz", packed, sizeof packed), "u1", 1, 1, 1, seven, 0);
}
#endif

/* ---- memory ------------------------------------------------------------------ */

#ifdef LT_HAVE_PNG
TEST(a_png_is_read_or_refused_whichever_allocation_fails)
{
    const unsigned char opaque[] = {1, 255, 2, 255};
    const png_color colours[] = {{9, 9, 9}, {1, 2, 3}};
    struct file f = write_png(&(struct png){2, 1, 8, PNG_COLOR_TYPE_GRAY_ALPHA, 0, .rows = opaque});
    help_fail_each_allocation(t_file("memory.png", f.bytes, f.size));
    f = write_png(&(struct png){2, 1, 8, PNG_COLOR_TYPE_PALETTE, 1, "\1\0", colours, 2,
                                (png_bytep) "\xff\xff", 2, NULL});
    help_fail_each_allocation(t_file("memory.png", f.bytes, f.size));
}
#endif

T_MAIN
