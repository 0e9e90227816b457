/* What image formats make of grey images of bytes, beside `latent pack`.
 *
 *     pictures png IMAGES HEIGHT WIDTH            bytes of all as one tall PNG, without loss, with or without filters
 *     pictures webp IMAGES HEIGHT WIDTH           bytes as tall WebP without loss
 *     pictures jpeg IMAGES HEIGHT WIDTH BYTES     PSNR at the most quality that needs no more bytes,
 *     pictures lossy IMAGES HEIGHT WIDTH BYTES    of JPEG and of WebP, and the bytes
 *     pictures psnr IMAGES HEIGHT WIDTH OTHERS    PSNR of as many others
 *     pictures pca IMAGES HEIGHT WIDTH BYTES TRAIN
 *                                                 the same of principal components of TRAIN
 *
 * IMAGES and TRAIN hold bytes, (N, HEIGHT, WIDTH), and nothing else.  A tall image has them one below
 * the other; as WebP ends at 16383 lines it is cut into as many as that needs.  With loss, sheets
 * of 16 images side by side are taken, which borders cost less.  PCA's numbers are rounded to steps of
 * one size and counted as their entropy, number by number, which is what an ideal coder that
 * knows their frequencies would take; neither frequencies nor components are counted.
 */
#include <math.h>
#include <png.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>
#include <webp/decode.h>
#include <webp/encode.h>

enum { ACROSS = 16, WEBP_MOST = 16383, COMPONENTS = 128 };

struct images {
    size_t n, h, w;
    unsigned char *pixels;
};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "pictures: %s: %s\n", what, why);
    exit(1);
}

static void *need(size_t n, size_t size)
{
    void *room = calloc(n + !n, size);
    if (!room)
        fail("memory", "not enough");
    return room;
}

static struct images read_images(const char *path, size_t h, size_t w)
{
    struct images in = {.h = h, .w = w};
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        fail(path, "cannot be read");
    size_t size = (size_t)ftell(f);
    rewind(f);
    in.n = size / (h * w);
    in.pixels = need(size, 1);
    if (in.n == 0 || fread(in.pixels, 1, size, f) != size)
        fail(path, "cannot be read");
    fclose(f);
    return in;
}

static double psnr_of(double squared, size_t values)
{
    return 10 * log10(255.0 * 255.0 * (double)values / squared);
}

/* ---- without loss -------------------------------------------------------- */

/* libpng ends by longjmp where it fails. */
static void count_bytes(png_structp png, png_bytep bytes, size_t n)
{
    (void)bytes;
    *(size_t *)png_get_io_ptr(png) += n;
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

static size_t png_size_by(const struct images *in, int filters)
{
    size_t size = 0;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info || setjmp(png_jmpbuf(png)))
        fail("PNG", "cannot be written");
    png_set_write_fn(png, &size, count_bytes, flush_nothing);
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
    png_set_compression_level(png, 9);
    png_set_filter(png, 0, filters);
    png_set_IHDR(png, info, (png_uint_32)in->w, (png_uint_32)(in->n * in->h), 8,
                 PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (size_t y = 0; y < in->n * in->h; y++)
        png_write_row(png, in->pixels + y * in->w);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return size;
}

static size_t png_size(const struct images *in)
{
    size_t none = png_size_by(in, PNG_FILTER_NONE), all = png_size_by(in, PNG_ALL_FILTERS);
    return none < all ? none : all;
}

/* Grey as red, green and blue, which is what WebP takes. */
static void import(WebPPicture *picture, const unsigned char *grey, size_t h, size_t w)
{
    unsigned char *rgb = need(h * w, 3);
    for (size_t i = 0; i < h * w; i++)
        memset(rgb + 3 * i, grey[i], 3);
    picture->width = (int)w;
    picture->height = (int)h;
    if (!WebPPictureImportRGB(picture, rgb, (int)(3 * w)))
        fail("WebP", "not enough memory");
    free(rgb);
}

static size_t webp_size(const struct images *in)
{
    const size_t each = WEBP_MOST / in->h;
    size_t size = 0;
    for (size_t first = 0; first < in->n; first += each) {
        size_t n = in->n - first < each ? in->n - first : each;
        WebPConfig config;
        WebPPicture picture;
        WebPMemoryWriter writer;
        WebPMemoryWriterInit(&writer);
        if (!WebPConfigInit(&config) || !WebPConfigLosslessPreset(&config, 9) ||
            !WebPPictureInit(&picture))
            fail("WebP", "another version of the library");
        picture.use_argb = 1;
        picture.writer = WebPMemoryWrite;
        picture.custom_ptr = &writer;
        import(&picture, in->pixels + first * in->h * in->w, n * in->h, in->w);
        if (!WebPEncode(&config, &picture))
            fail("WebP", "cannot be written");
        size += writer.size;
        WebPMemoryWriterClear(&writer);
        WebPPictureFree(&picture);
    }
    return size;
}

/* ---- with loss ----------------------------------------------------------- */

/* Sheets of images side by side, (lines * h, ACROSS * w), as one block of lines; what is left over is
 * black. */
static unsigned char *sheet_of(const struct images *in, size_t *lines)
{
    const size_t width = ACROSS * in->w;
    *lines = (in->n + ACROSS - 1) / ACROSS;
    unsigned char *sheet = need(*lines * in->h * width, 1);
    for (size_t i = 0; i < in->n; i++)
        for (size_t y = 0; y < in->h; y++)
            memcpy(sheet + (i / ACROSS * in->h + y) * width + i % ACROSS * in->w,
                   in->pixels + (i * in->h + y) * in->w, in->w);
    return sheet;
}

/* Bytes of `h` lines at one quality, adding the squared differences of what comes back. */
typedef size_t codec(const unsigned char *sheet, size_t h, size_t w, int quality, double *squared);

static size_t jpeg(const unsigned char *sheet, size_t h, size_t w, int quality, double *squared)
{
    unsigned char *packed = NULL, *back = need(h * w, 1);
    unsigned long size = 0;
    tjhandle in = tjInitCompress(), out = tjInitDecompress();
    if (!in || !out ||
        tjCompress2(in, sheet, (int)w, 0, (int)h, TJPF_GRAY, &packed, &size, TJSAMP_GRAY, quality,
                    TJFLAG_ACCURATEDCT | TJFLAG_PROGRESSIVE) ||
        tjDecompress2(out, packed, size, back, (int)w, 0, (int)h, TJPF_GRAY, TJFLAG_ACCURATEDCT))
        fail("JPEG", "cannot be written");
    for (size_t i = 0; i < h * w; i++)
        *squared += ((double)back[i] - sheet[i]) * ((double)back[i] - sheet[i]);
    tjDestroy(in);
    tjDestroy(out);
    tjFree(packed);
    free(back);
    return size;
}

static size_t webp(const unsigned char *sheet, size_t h, size_t w, int quality, double *squared)
{
    WebPConfig config;
    WebPPicture picture;
    WebPMemoryWriter writer;
    int width, height;
    WebPMemoryWriterInit(&writer);
    if (!WebPConfigInit(&config) || !WebPPictureInit(&picture))
        fail("WebP", "another version of the library");
    config.quality = (float)quality;
    config.method = 6;
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &writer;
    import(&picture, sheet, h, w);
    if (!WebPEncode(&config, &picture))
        fail("WebP", "cannot be written");
    uint8_t *back = WebPDecodeRGB(writer.mem, writer.size, &width, &height);
    for (size_t i = 0; back && i < h * w; i++)
        *squared += ((double)back[3 * i] - sheet[i]) * ((double)back[3 * i] - sheet[i]);
    size_t size = writer.size;
    WebPFree(back);
    WebPMemoryWriterClear(&writer);
    WebPPictureFree(&picture);
    return size;
}

static size_t at_quality(codec *make, const unsigned char *sheet, size_t lines,
                         const struct images *in, int quality, double *squared)
{
    const size_t w = ACROSS * in->w, most = WEBP_MOST / in->h;
    size_t size = 0;
    *squared = 0;
    for (size_t line = 0; line < lines; line += most) {
        size_t n = lines - line < most ? lines - line : most;
        size += make(sheet + line * in->h * w, n * in->h, w, quality, squared);
    }
    return size;
}

/* The highest quality that fits, by halving: sizes grow with it. */
static void print_lossy(codec *make, const struct images *in, size_t bytes)
{
    size_t lines = 0;
    unsigned char *sheet = sheet_of(in, &lines);
    double squared = 0;
    int low = 0, high = 101;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (at_quality(make, sheet, lines, in, middle, &squared) <= bytes)
            low = middle;
        else
            high = middle;
    }
    size_t size = low > 0 ? at_quality(make, sheet, lines, in, low, &squared) : 0;
    printf("%.3f %zu\n", low > 0 ? psnr_of(squared, in->n * in->h * in->w) : 0.0, size);
    free(sheet);
}

/* ---- PCA ----------------------------------------------------------------- */

/* Mean and covariance of the training images, (D) and (D, D). */
static void learn(const struct images *train, double *mean, double *covariance)
{
    const size_t d = train->h * train->w;
    size_t *lit = need(d, sizeof *lit);
    for (size_t i = 0; i < train->n; i++) {
        const unsigned char *x = train->pixels + i * d;
        size_t count = 0;
        for (size_t j = 0; j < d; j++)
            if (x[j])
                lit[count++] = j;
        for (size_t a = 0; a < count; a++) { /* most pixels are 0 */
            mean[lit[a]] += x[lit[a]];
            for (size_t b = 0; b <= a; b++)
                covariance[lit[a] * d + lit[b]] += (double)x[lit[a]] * x[lit[b]];
        }
    }
    for (size_t j = 0; j < d; j++)
        mean[j] /= (double)train->n;
    for (size_t j = 0; j < d; j++)
        for (size_t k = 0; k <= j; k++)
            covariance[j * d + k] = covariance[k * d + j] =
                covariance[j * d + k] / (double)train->n - mean[j] * mean[k];
    free(lit);
}

static double dot(const double *a, const double *b, size_t d)
{
    double sum = 0;
    for (size_t j = 0; j < d; j++)
        sum += a[j] * b[j];
    return sum;
}

/* Rows of v (K, D) made orthogonal and of length one, from the first on (Gram and Schmidt). */
static void straighten(double *v, size_t k, size_t d)
{
    for (size_t a = 0; a < k; a++) {
        for (size_t b = 0; b < a; b++) {
            double along = dot(v + a * d, v + b * d, d);
            for (size_t j = 0; j < d; j++)
                v[a * d + j] -= along * v[b * d + j];
        }
        double length = sqrt(dot(v + a * d, v + a * d, d));
        for (size_t j = 0; j < d; j++)
            v[a * d + j] /= length;
    }
}

/* The first COMPONENTS eigenvectors, by orthogonal iteration. */
static void find_components(const double *covariance, double *v, size_t d)
{
    double *next = need(COMPONENTS * d, sizeof *next);
    for (size_t i = 0; i < COMPONENTS * d; i++)
        v[i] = (double)((i * 2654435761u) % 1000003) / 1000003 - 0.5;
    straighten(v, COMPONENTS, d);
    for (int round = 0; round < 40; round++) {
        for (size_t k = 0; k < COMPONENTS; k++)
            for (size_t j = 0; j < d; j++)
                next[k * d + j] = dot(v + k * d, covariance + j * d, d);
        memcpy(v, next, COMPONENTS * d * sizeof *v);
        straighten(v, COMPONENTS, d);
    }
    free(next);
}

/* Bits of n numbers in steps, as their entropy. */
static double entropy(const double *numbers, size_t n, double step)
{
    enum { MOST = 1 << 16 };
    size_t *count = need(MOST, sizeof *count);
    double bits = 0;
    for (size_t i = 0; i < n; i++)
        count[((long)nearbyint(numbers[i] / step) + MOST / 2) & (MOST - 1)]++;
    for (size_t c = 0; c < MOST; c++)
        if (count[c])
            bits -= (double)count[c] * log2((double)count[c] / (double)n);
    free(count);
    return bits;
}

/* The squared error over all images, rounded to bytes, of numbers in steps. */
static double error_of(const struct images *in, const double *mean, const double *v,
                       const double *numbers /* (K, N) */, double step)
{
    const size_t d = in->h * in->w;
    double *back = need(d, sizeof *back), squared = 0;
    for (size_t i = 0; i < in->n; i++) {
        memcpy(back, mean, d * sizeof *back);
        for (size_t k = 0; k < COMPONENTS; k++) {
            double value = step * nearbyint(numbers[k * in->n + i] / step);
            for (size_t j = 0; j < d && value != 0; j++)
                back[j] += value * v[k * d + j];
        }
        for (size_t j = 0; j < d; j++) {
            double pixel = fmin(255, fmax(0, nearbyint(back[j]))) - in->pixels[i * d + j];
            squared += pixel * pixel;
        }
    }
    free(back);
    return squared;
}

static double bytes_of(const double *numbers, size_t n, double step)
{
    double bits = 0;
    for (size_t k = 0; k < COMPONENTS; k++)
        bits += entropy(numbers + k * n, n, step);
    return bits / 8;
}

/* One step for all numbers lets those of little spread vanish, which chooses how many there are. */
static void print_pca(const struct images *in, const struct images *train, size_t bytes)
{
    const size_t d = in->h * in->w;
    double *mean = need(d, sizeof *mean), *covariance = need(d * d, sizeof *covariance);
    double *v = need(COMPONENTS * d, sizeof *v), *numbers = need(COMPONENTS * in->n, sizeof *v);
    double *x = need(d, sizeof *x), low = 1, high = 4096;
    learn(train, mean, covariance);
    find_components(covariance, v, d);
    for (size_t i = 0; i < in->n; i++) {
        for (size_t j = 0; j < d; j++)
            x[j] = in->pixels[i * d + j] - mean[j];
        for (size_t k = 0; k < COMPONENTS; k++)
            numbers[k * in->n + i] = dot(x, v + k * d, d);
    }
    for (int round = 0; round < 20; round++) {
        double middle = sqrt(low * high);
        if (bytes_of(numbers, in->n, middle) > (double)bytes)
            low = middle;
        else
            high = middle;
    }
    printf("%.3f %.0f\n", psnr_of(error_of(in, mean, v, numbers, high), in->n * d),
           bytes_of(numbers, in->n, high));
    free(x);
    free(numbers);
    free(v);
    free(covariance);
    free(mean);
}

static void print_psnr(const struct images *in, const struct images *others)
{
    const size_t values = in->n * in->h * in->w;
    double squared = 0;
    if (in->n != others->n)
        fail("psnr", "there are not as many of both");
    for (size_t i = 0; i < values; i++)
        squared += ((double)in->pixels[i] - others->pixels[i]) *
                   ((double)in->pixels[i] - others->pixels[i]);
    printf("%.3f\n", psnr_of(squared, values));
}

int main(int argc, char **argv)
{
    if (argc < 5)
        fail("usage",
             "pictures png|webp|jpeg|lossy|psnr|pca IMAGES HEIGHT WIDTH [BYTES [TRAIN] | OTHERS]");
    const char *what = argv[1];
    const size_t h = strtoul(argv[3], NULL, 10), w = strtoul(argv[4], NULL, 10);
    const size_t bytes = argc > 5 ? strtoul(argv[5], NULL, 10) : 0;
    struct images in = read_images(argv[2], h, w);
    if (strcmp(what, "png") == 0)
        printf("%zu\n", png_size(&in));
    else if (strcmp(what, "webp") == 0)
        printf("%zu\n", webp_size(&in));
    else if (strcmp(what, "jpeg") == 0 && bytes)
        print_lossy(jpeg, &in, bytes);
    else if (strcmp(what, "lossy") == 0 && bytes)
        print_lossy(webp, &in, bytes);
    else if (strcmp(what, "pca") == 0 && argc > 6) {
        struct images train = read_images(argv[6], h, w);
        print_pca(&in, &train, bytes);
        free(train.pixels);
    } else if (strcmp(what, "psnr") == 0 && argc > 5) {
        struct images others = read_images(argv[5], h, w);
        print_psnr(&in, &others);
        free(others.pixels);
    } else
        fail(what, "is nothing that can be measured so");
    free(in.pixels);
    return 0;
}
