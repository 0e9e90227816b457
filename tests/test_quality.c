/* PSNR and SSIM against scikit-image and against their definitions. */
#include "app/quality.h"
#include "base/mem.h"
#include "t.h"
#include "t_alloc.h"

enum { MOST = 40 * 60 };

struct pair {
    int64_t h, w, c;
    float a[MOST], b[MOST]; /* (h, w, c) */
};

/* A pattern of 8 bits and one that differs from it by at most 11 levels, exact in floats:
 *     a = (3 y + 5 x + 40 k + 3 (x y mod 17)) mod 200,  b = a + (31 y + 17 x + 7 k) mod 23 - 11 */
static struct pair pattern(int64_t h, int64_t w, int64_t c, float unit)
{
    struct pair p = {.h = h, .w = w, .c = c};
    T_OK(h * w * c <= MOST);
    for (int64_t i = 0; i < h * w * c; i++) {
        int64_t y = i / (w * c), x = i / c % w, k = i % c;
        int64_t a = (3 * y + 5 * x + 40 * k + 3 * (x * y % 17)) % 200;
        p.a[i] = (float)a * unit;
        p.b[i] = (float)(a + (31 * y + 17 * x + 7 * k) % 23 - 11) * unit;
    }
    return p;
}

static double ssim(const struct pair *p, double peak)
{
    struct lt_error err = {0};
    double out = NAN;
    lt_ssim(p->a, p->b, p->h, p->w, p->c, peak, &out, &err);
    T_STR(err.text, "");
    return out;
}

/* With scikit-image 0.26, in double: peak_signal_noise_ratio(a, b, data_range=1) and
 * structural_similarity(a, b, channel_axis=2, data_range=1, gaussian_weights=True, sigma=1.5,
 * use_sample_covariance=False), of the patterns above divided by 256. */
TEST(psnr_and_ssim_are_those_of_scikit_image)
{
    static const struct {
        int64_t h, w, c;
        double psnr, ssim;
    } want[] = {{40, 53, 1, 31.730738147895963, 0.953330472367748},
                {31, 24, 3, 31.727399068382457, 0.9603572542085638},
                {11, 11, 1, 31.73680328669455, 0.9321545800848677},
                {11, 30, 1, 31.7338632359319, 0.9333774413631277}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct pair p = pattern(want[i].h, want[i].w, want[i].c, 1 / 256.0f);
        T_NEAR(lt_psnr(p.a, p.b, p.h * p.w * p.c, 1), want[i].psnr, 1e-9);
        T_NEAR(ssim(&p, 1), want[i].ssim, 1e-12);
    }
}

TEST(the_unit_does_not_matter_when_the_peak_is_in_it)
{
    struct pair p = pattern(31, 24, 3, 1 / 256.0f), q = pattern(31, 24, 3, 1);
    T_NEAR(lt_psnr(q.a, q.b, 31 * 24 * 3, 256), lt_psnr(p.a, p.b, 31 * 24 * 3, 1), 1e-12);
    T_NEAR(ssim(&q, 256), ssim(&p, 1), 1e-12);
}

TEST(equal_images_are_infinitely_and_wholly_alike)
{
    struct pair p = pattern(20, 30, 1, 1 / 256.0f);
    memcpy(p.b, p.a, sizeof p.b);
    T_OK(lt_psnr(p.a, p.b, 600, 1) == INFINITY);
    T_NEAR(ssim(&p, 1), 1, 1e-15);
}

TEST(an_inverted_structure_is_negatively_similar)
{
    struct pair p = pattern(20, 30, 1, 1 / 256.0f);
    for (int i = 0; i < 600; i++)
        p.b[i] = 1 - p.a[i];
    T_OK(ssim(&p, 1) < 0);
}

TEST(psnr_loses_six_decibels_when_the_error_doubles)
{
    const float truth[4] = {0, 0, 0, 0}, a[4] = {.125f, -.125f, .125f, .125f};
    const float b[4] = {.25f, .25f, -.25f, .25f};
    T_NEAR(lt_psnr(truth, a, 4, 1), 20 * log10(8), 1e-12);
    T_NEAR(lt_psnr(truth, a, 4, 1) - lt_psnr(truth, b, 4, 1), 20 * log10(2), 1e-12);
}

/* The definition as it stands: moments of one window around their means, weights in two
 * dimensions. */
static double window_ssim(const struct pair *p, int64_t top, int64_t left, int size)
{
    double weight[121], sum = 0, ma = 0, mb = 0, saa = 0, sbb = 0, sab = 0;
    for (int i = 0; i < size * size; i++) {
        int y = i / size - size / 2, x = i % size - size / 2;
        sum += weight[i] = exp(-(x * x + y * y) / 4.5);
    }
    for (int i = 0; i < size * size; i++) {
        int64_t at = (top + i / size) * p->w + left + i % size;
        weight[i] /= sum;
        ma += weight[i] * (double)p->a[at];
        mb += weight[i] * (double)p->b[at];
    }
    for (int i = 0; i < size * size; i++) {
        int64_t at = (top + i / size) * p->w + left + i % size;
        double a = (double)p->a[at] - ma, b = (double)p->b[at] - mb;
        saa += weight[i] * a * a;
        sbb += weight[i] * b * b;
        sab += weight[i] * a * b;
    }
    return (2 * ma * mb + 1e-4) * (2 * sab + 9e-4) /
           ((ma * ma + mb * mb + 1e-4) * (saa + sbb + 9e-4));
}

TEST(small_images_get_the_largest_odd_window_that_fits)
{
    static const struct {
        int64_t h, w;
        int size;
    } cases[] = {{1, 1, 1}, {2, 9, 1}, {3, 3, 3}, {9, 7, 7}, {8, 40, 7}, {40, 10, 9}, {12, 13, 11}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair p = pattern(cases[i].h, cases[i].w, 1, 1 / 256.0f);
        int64_t rows = p.h - cases[i].size + 1, columns = p.w - cases[i].size + 1;
        double total = 0;
        for (int64_t at = 0; at < rows * columns; at++)
            total += window_ssim(&p, at / columns, at % columns, cases[i].size);
        T_NEAR(ssim(&p, 1), total / (double)(rows * columns), 1e-12);
    }
}

TEST(what_cannot_be_compared_is_refused)
{
    struct lt_error err = {0};
    double out;
    const float x[1] = {0};
    T_INT(lt_ssim(x, x, 0, 1, 1, 1, &out, &err), LT_EUSAGE);
    T_ERR(err, "SSIM needs an image of at least one pixel");
    err = (struct lt_error){0};
    T_INT(lt_ssim(x, x, 1, 1, 1, 0, &out, &err), LT_EUSAGE);
    T_ERR(err, "SSIM needs a peak above 0, not 0");
}

TEST(ssim_survives_every_failing_allocation)
{
    struct pair p = pattern(20, 30, 1, 1 / 256.0f);
    int failures = 0;
    T_EACH_ALLOCATION
    {
        struct lt_error err = {0};
        double out;
        if (lt_ssim(p.a, p.b, 20, 30, 1, 1, &out, &err)) {
            failures++;
            T_OK(strstr(err.text, "out of memory"));
        }
    }
    T_INT(failures, 2);
}

T_MAIN
