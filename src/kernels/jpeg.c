/* JPEG's loss (ITU-T T.81): squares of 8 x 8 pixels, beyond the edges continued by the last pixel, become
 * cosine coefficients
 *
 *     F[v, u] = 1/4 a(u) a(v) sum over y, x < 8 of
 *               f[y, x] cos((2x + 1) u pi / 16) cos((2y + 1) v pi / 16),
 *
 * a(0) = sqrt(1/2) and a = 1 elsewhere, f in -128 ... 127; these are rounded to multiples of q[v, u], and
 * the same sum over u and v gives f back.  q is the table of luminance of Annex K, scaled for a quality
 * as libjpeg does (jpeg_quality_scaling and jpeg_add_quant_table). */
#include "kernels/jpeg.h"

#include <math.h>

enum { SIDE = 8, CELLS = SIDE * SIDE };

static const uint8_t luminance[CELLS] = {
    16, 11, 10, 16, 24,  40,  51,  61,  /* v = 0 */
    12, 12, 14, 19, 26,  58,  60,  55,  /**/
    14, 13, 16, 24, 40,  57,  69,  56,  /**/
    14, 17, 22, 29, 51,  87,  80,  62,  /**/
    18, 22, 37, 56, 68,  109, 103, 77,  /**/
    24, 35, 55, 64, 81,  104, 113, 92,  /**/
    49, 64, 78, 87, 103, 121, 120, 101, /**/
    72, 92, 95, 98, 112, 100, 103, 99,
};

/* cos(k pi / 16) */
static const double cosine[SIDE + 1] = {1,
                                        0.98078528040323044913,
                                        0.92387953251128675613,
                                        0.83146961230254523708,
                                        0.70710678118654752440,
                                        0.55557023301960222474,
                                        0.38268343236508977173,
                                        0.19509032201612826785,
                                        0};

struct codec {
    double wave[SIDE][SIDE]; /* cos((2x + 1) u pi / 16) of u and x */
    double step[SIDE][SIDE]; /* q of v and u */
};

/* cos(k pi / 16) of any k >= 0. */
static double cosine_of(int k)
{
    k %= 32;
    k = k > 16 ? 32 - k : k;
    return k > SIDE ? -cosine[16 - k] : cosine[k];
}

static void prepare(struct codec *codec, int quality)
{
    const int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    for (int v = 0; v < SIDE; v++)
        for (int u = 0; u < SIDE; u++) {
            const int q = (luminance[v * SIDE + u] * scale + 50) / 100;
            codec->step[v][u] = q < 1 ? 1 : q > 255 ? 255 : q;
            codec->wave[v][u] = cosine_of((2 * u + 1) * v);
        }
}

/* 1/4 a(u) a(v), which is exact where both are 0. */
static double weight(int v, int u)
{
    return v == 0 && u == 0 ? 0.125 : v == 0 || u == 0 ? 0.25 * cosine[4] : 0.25;
}

/* f (y, x) -> F (v, u), one direction after the other. */
static void transform(const struct codec *codec, double block[SIDE][SIDE])
{
    double half[SIDE][SIDE];
    for (int y = 0; y < SIDE; y++)
        for (int u = 0; u < SIDE; u++) {
            half[y][u] = 0;
            for (int x = 0; x < SIDE; x++)
                half[y][u] += block[y][x] * codec->wave[u][x];
        }
    for (int v = 0; v < SIDE; v++)
        for (int u = 0; u < SIDE; u++) {
            block[v][u] = 0;
            for (int y = 0; y < SIDE; y++)
                block[v][u] += half[y][u] * codec->wave[v][y];
            block[v][u] *= weight(v, u);
        }
}

/* F -> f */
static void transform_back(const struct codec *codec, double block[SIDE][SIDE])
{
    double half[SIDE][SIDE];
    for (int v = 0; v < SIDE; v++)
        for (int x = 0; x < SIDE; x++) {
            half[v][x] = 0;
            for (int u = 0; u < SIDE; u++)
                half[v][x] += weight(v, u) * block[v][u] * codec->wave[u][x];
        }
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            block[y][x] = 0;
            for (int v = 0; v < SIDE; v++)
                block[y][x] += half[v][x] * codec->wave[v][y];
        }
}

/* Halves go away from zero, as libjpeg rounds. */
static void quantise(const struct codec *codec, double block[SIDE][SIDE])
{
    for (int v = 0; v < SIDE; v++)
        for (int u = 0; u < SIDE; u++) {
            const double steps = floor(fabs(block[v][u]) / codec->step[v][u] + 0.5);
            block[v][u] = copysign(steps * codec->step[v][u], block[v][u]);
        }
}

static double byte_of(double v)
{
    v = floor(v + 0.5);
    return v < 0 ? 0 : v > 255 ? 255 : v;
}

/* A channel of the block whose first pixel is (top, left). */
struct place {
    int64_t h, w, c, top, left, channel;
};

static int64_t at(const struct place *p, int64_t y, int64_t x)
{
    const int64_t line = p->top + y < p->h ? p->top + y : p->h - 1;
    const int64_t pixel = p->left + x < p->w ? p->left + x : p->w - 1;
    return (line * p->w + pixel) * p->c + p->channel;
}

static void code_block(const struct codec *codec, const struct place *p, const float *x, float *y)
{
    double block[SIDE][SIDE];
    for (int i = 0; i < CELLS; i++) {
        const float v = x[at(p, i / SIDE, i % SIDE)];
        block[i / SIDE][i % SIDE] = isnan(v) ? 0 : byte_of(255 * (double)v) - 128;
    }
    transform(codec, block);
    quantise(codec, block);
    transform_back(codec, block);
    for (int64_t i = 0; i < SIDE && p->top + i < p->h; i++)
        for (int64_t j = 0; j < SIDE && p->left + j < p->w; j++) {
            const int64_t k = at(p, i, j);
            y[k] = isnan(x[k]) ? x[k] : (float)(byte_of(block[i][j] + 128) / 255);
        }
}

void lt_jpeg(int64_t h, int64_t w, int64_t c, int quality, const float *x, float *y)
{
    struct codec codec;
    prepare(&codec, quality);
    struct place p = {.h = h, .w = w, .c = c};
    for (p.top = 0; p.top < h; p.top += SIDE)
        for (p.left = 0; p.left < w; p.left += SIDE)
            for (p.channel = 0; p.channel < c; p.channel++)
                code_block(&codec, &p, x, y);
}
