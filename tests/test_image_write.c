/* Images as what comes out: every kind, depth and number of channels reads back as it was written,
 * and what a kind cannot hold is refused with a sentence and leaves nothing behind. */
#include "data/image.h"
#include "data_help.h"
#include "t_alloc.h"

enum { H = 5, W = 7, MOST = H * W * 3 };

/* Values of all sizes, the least and the greatest among them. */
static void make_values(double *values, int count, int bits)
{
    double greatest = bits == 8 ? 255 : 65535;
    for (int i = 0; i < count; i++)
        values[i] = floor(greatest * (i * 37 % count) / (count - 1));
}

static const char *write_image(const char *name, const struct lt_image_look *look,
                               const double *values)
{
    struct lt_error err = {0};
    const char *path = t_tmp(name);
    if (lt_image_write(look, values, path, &err))
        T_FAIL("%s", err.text);
    return path;
}

/* The image in the file has this shape, (h, w, c), and nearly these values. */
static void expect_image(const char *path, const char *type, int64_t c, const double *values,
                         double tolerance)
{
    struct lt_error err = {0};
    struct lt_block *block = NULL;
    struct lt_table *t = help_open(path);
    int64_t h = 0, w = 0, channels = 0;
    T_OK(lt_table_image(t, &h, &w, &channels));
    T_INT(h, H);
    T_INT(w, W);
    T_INT(channels, c);
    T_STR(help_type(t, 0), type);
    T_INT(lt_block_create(&block, t, 1, &err), 0);
    T_INT(lt_table_range(t, 0, 1, block, &err), 0);
    enum lt_type cells = lt_table_group(t, 0)->type;
    for (int64_t i = 0; i < h * w * c; i++)
        T_NEAR(lt_type_value(cells, block->group[0].values, i), values[i], tolerance);
    lt_block_free(&block);
    lt_table_free(&t);
}

static void round_trip(const char *name, int channels, int bits)
{
    double values[MOST];
    const struct lt_image_look look = {.height = H, .width = W, .channels = channels, .bits = bits};
    make_values(values, H * W * channels, bits);
    expect_image(write_image(name, &look, values), bits == 8 ? "u1" : "u2", channels, values, 0);
}

/* Files that were begun and not finished. */
static int parts_in_tmp(void)
{
    char folder[T_MAX_PATH];
    int count = 0;
    snprintf(folder, sizeof folder, "%s", t_tmp("x"));
    *strrchr(folder, '/') = '\0';
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));)
        count += strncmp(e->d_name, ".latent-", 8) == 0;
    closedir(d);
    return count;
}

/* In the sentence that is expected @ stands for the path. */
static void expect_refusal(const char *name, const struct lt_image_look *look, const char *format)
{
    static const double values[MOST];
    struct lt_error err = {0}, early = {0};
    char want[1000];
    size_t used = 0;
    const char *path = t_tmp(name);
    for (const char *c = format; *c; c++)
        used += *c == '@' ? (size_t)snprintf(want + used, sizeof want - used, "%s", path)
                          : (size_t)snprintf(want + used, sizeof want - used, "%c", *c);
    T_INT(lt_image_writable(look, path, &early), LT_EUSAGE);
    T_ERR(early, want);
    T_INT(lt_image_write(look, values, path, &err), LT_EUSAGE);
    T_ERR(err, want);
    T_OK(access(path, F_OK) != 0);
    T_INT(parts_in_tmp(), 0);
}

static const struct lt_image_look grey = {.height = H, .width = W, .channels = 1, .bits = 8};
static const struct lt_image_look colour = {.height = H, .width = W, .channels = 3, .bits = 8};
T_UNUSED static const struct lt_image_look deep = {
    .height = H, .width = W, .channels = 1, .bits = 16};

TEST(pgm_ppm_and_pnm_come_back_as_they_were_written)
{
    round_trip("a.pgm", 1, 8);
    round_trip("a16.pgm", 1, 16);
    round_trip("a.ppm", 3, 8);
    round_trip("a16.ppm", 3, 16);
    round_trip("grey.pnm", 1, 8);
    round_trip("colour.PNM", 3, 16);
}

TEST(a_pgm_has_the_bytes_that_its_format_says)
{
    const struct lt_image_look look = {.height = 1, .width = 2, .channels = 1, .bits = 16};
    const double values[] = {258, 65535};
    char bytes[20];
    FILE *f = fopen(write_image("bytes.pgm", &look, values), "rb");
    T_OK(f);
    T_INT(fread(bytes, 1, sizeof bytes, f), 17);
    fclose(f);
    T_OK(memcmp(bytes, "P5\n2 1\n65535\n\1\2\xff\xff", 17) == 0);
}

TEST(many_values_of_16_bits_keep_their_order)
{
    enum { LONG = 5000 };
    static double values[LONG];
    const struct lt_image_look look = {.height = 1, .width = LONG, .channels = 1, .bits = 16};
    for (int i = 0; i < LONG; i++)
        values[i] = i * 13;
    struct lt_table *t = help_open(write_image("long.pgm", &look, values));
    T_STR(help_cell(t, 0, 2047), "26611");
    T_STR(help_cell(t, 0, 2048), "26624");
    T_STR(help_cell(t, 0, LONG - 1), "64987");
    lt_table_free(&t);
}

TEST(values_are_rounded_and_clipped)
{
    const struct lt_image_look look = {.height = 1, .width = 6, .channels = 1, .bits = 8};
    const double values[] = {-0.4, 0.5, 2.49, 254.5, 255.4, -INFINITY};
    static const char *const want[] = {"0", "1", "2", "255", "255", "0"};
    struct lt_table *t = help_open(write_image("round.pgm", &look, values));
    for (int i = 0; i < 6; i++)
        T_STR(help_cell(t, 0, i), want[i]);
    lt_table_free(&t);
}

TEST(what_is_not_a_number_is_refused_and_the_file_that_was_there_stays)
{
    double values[MOST] = {0}, before[MOST];
    struct lt_error err = {0};
    char want[1000];
    make_values(before, MOST, 8);
    const char *path = write_image("nan.ppm", &colour, before);
    values[3 * (2 * W + 4) + 1] = NAN;
    T_INT(lt_image_write(&colour, values, path, &err), LT_EFAIL);
    snprintf(want, sizeof want,
             "%s: the value at x 4, y 2 is not a number, which an image cannot hold", path);
    T_ERR(err, want);
    expect_image(path, "u1", 3, before, 0);
    T_INT(parts_in_tmp(), 0);
}

TEST(names_and_images_that_do_not_fit_are_refused)
{
    const struct lt_image_look odd = {.height = 1, .width = 1, .channels = 2, .bits = 8};
    const struct lt_image_look named = {
        .height = H, .width = W, .channels = 3, .bits = 8, .kind = ".pgm"};
    expect_refusal("x.gif", &grey,
                   "@: the ending of the name says no kind of image; use .png, .jpg, .jpeg, .webp, "
                   ".pgm or .ppm");
    expect_refusal("x.pgm", &colour, "@: .pgm holds grey images and this one is RGB; use .ppm");
    expect_refusal("x.ppm", &grey, "@: .ppm holds RGB images and this one is grey; use .pgm");
    expect_refusal("x", &named, "@: .pgm holds grey images and this one is RGB; use .ppm");
    expect_refusal("x.pnm", &odd,
                   "@: 1 x 1 pixels of 2 channels of 8 bits are no image that can be written; 1 or "
                   "3 channels of 8 or 16 bits can, at most 65535 pixels a side and 134217728 in "
                   "all");
#ifdef LT_HAVE_JPEG
    expect_refusal("x.jpg", &deep,
                   "@: a JPEG holds 8 bits a channel and this image has 16; use .png, .pgm or "
                   ".ppm");
#endif
#ifdef LT_HAVE_WEBP
    const struct lt_image_look wide = {.height = 1, .width = 16384, .channels = 1, .bits = 8};
    expect_refusal("x.webp", &deep,
                   "@: a WebP holds 8 bits a channel and this image has 16; use .png, .pgm or "
                   ".ppm");
    expect_refusal("x.webp", &wide,
                   "@: a WebP has at most 16383 pixels a side and this image 16384 x 1; use .png, "
                   ".pgm or .ppm");
#endif
}

TEST(the_kind_may_be_another_than_the_name_says)
{
    double values[MOST];
    struct lt_image_look look = colour;
    look.kind = ".pnm";
    make_values(values, MOST, 8);
    expect_image(write_image("picture", &look, values), "u1", 3, values, 0);
}

TEST(an_image_in_a_missing_folder_is_refused)
{
    const double values[MOST] = {0};
    struct lt_error err = {0};
    char want[1000];
    const char *path = t_tmp("no/such.pgm");
    T_INT(lt_image_write(&grey, values, path, &err), LT_EFAIL);
    snprintf(want, sizeof want,
             "%s: cannot be created: No such file or directory; choose a folder that exists and "
             "can be written to",
             path);
    T_ERR(err, want);
}

/* Whichever allocation fails, the image is written or the file that was there stays. */
static void survive_allocations(const char *name, const struct lt_image_look *look)
{
    double before[MOST] = {0}, values[MOST];
    make_values(values, MOST, 8);
    const char *path = write_image(name, look, before);
    int rc = 0;
    T_EACH_ALLOCATION
    {
        struct lt_error err = {0};
        rc = lt_image_write(look, values, path, &err);
        T_OK(rc == LT_OK || (rc == LT_EFAIL && err.text[0]));
    }
    T_INT(rc, 0);
    expect_image(path, "u1", look->channels, values, 0);
}

TEST(an_image_is_written_or_not_whichever_allocation_fails)
{
    survive_allocations("m.ppm", &colour);
#ifdef LT_HAVE_PNG
    survive_allocations("m.png", &grey);
#endif
#ifdef LT_HAVE_WEBP
    survive_allocations("m.webp", &colour);
#endif
}

/* ---- kinds that need a library ------------------------------------------- */

#ifdef LT_HAVE_PNG
TEST(png_comes_back_as_it_was_written)
{
    round_trip("a.png", 1, 8);
    round_trip("a16.png", 1, 16);
    round_trip("c.png", 3, 8);
    round_trip("c16.PNG", 3, 16);
}
#else
TEST(without_libpng_no_png_is_written)
{
    expect_refusal("x.png", &grey,
                   "@: this build has no libpng and writes no PNG; use .pgm or .ppm");
}
#endif

#ifdef LT_HAVE_JPEG
TEST(jpeg_comes_back_nearly_as_it_was_written)
{
    double values[MOST];
    for (int c = 1; c <= 3; c += 2) {
        const struct lt_image_look look = {.height = H, .width = W, .channels = c, .bits = 8};
        for (int i = 0; i < H * W * c; i++)
            values[i] = 20 + 25 * (i / c % W) + 10 * (i / c / W) + 15 * (i % c);
        expect_image(write_image("a.jpg", &look, values), "u1", c, values, 4);
        expect_image(write_image("a.JPEG", &look, values), "u1", c, values, 4);
    }
}
#else
TEST(without_libturbojpeg_no_jpeg_is_written)
{
    expect_refusal("x.jpg", &grey,
                   "@: this build has no libturbojpeg and writes no JPEG; use .pgm or .ppm");
}
#endif

#ifdef LT_HAVE_WEBP
TEST(webp_comes_back_as_it_was_written_and_grey_as_rgb)
{
    double values[MOST], spread[MOST];
    round_trip("a.webp", 3, 8);
    make_values(values, H * W, 8);
    for (int i = 0; i < MOST; i++)
        spread[i] = values[i / 3];
    expect_image(write_image("grey.webp", &grey, values), "u1", 3, spread, 0);
}
#else
TEST(without_libwebp_no_webp_is_written)
{
    expect_refusal("x.webp", &grey,
                   "@: this build has no libwebp and writes no WebP; use .pgm or .ppm");
}
#endif

T_MAIN
