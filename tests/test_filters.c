/* The classical filters against their definitions written as plain loops, and their contest. */
#include "app/filters.h"
#include "app/quality.h"
#include "t.h"
#include "t_alloc.h"
#include "t_picture.h"

enum { MEDIAN, WIENER, NLM };

/* Tiles of the filters are 16 x 128: sizes on both sides of one, and smaller than a window. */
static const int64_t shapes[][3] = {{1, 1, 1},   {2, 3, 1},    {1, 9, 3},
                                    {16, 20, 1}, {17, 130, 1}, {18, 21, 3}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static float *filtered(int filter, int setting, const struct picture *p, double sigma, int threads)
{
    struct lt_error err = {0};
    struct lt_picture picture = {p->v, p->h, p->w, p->c, sigma, threads};
    float *out = NULL;
    T_INT(lt_alloc(&out, (size_t)picture_values(p), sizeof *out, "out", &err), LT_OK);
    lt_filter_run(filter, setting, &picture, out, &err);
    T_STR(err.text, "");
    return out;
}

/* The value in channel k of a picture that continues mirrored: c b a | a b c. */
static double at(const struct picture *p, int64_t y, int64_t x, int64_t k)
{
    while (y < 0 || y >= p->h)
        y = y < 0 ? -1 - y : 2 * p->h - 1 - y;
    while (x < 0 || x >= p->w)
        x = x < 0 ? -1 - x : 2 * p->w - 1 - x;
    return (double)p->v[(y * p->w + x) * p->c + k];
}

typedef double definition(const struct picture *p, int setting, double sigma, int64_t y, int64_t x,
                          int64_t k);

static void agrees(int filter, definition *plainly, double tolerance)
{
    for (int shape = 0; shape < SHAPES; shape++) {
        const int64_t *s = shapes[shape];
        struct picture clean = picture_scene(s[0], s[1], s[2]);
        struct picture p = picture_plus_gaussian(&clean, 0.1, 1);
        for (int setting = 0; setting < lt_filter_settings(filter); setting++) {
            float *out = filtered(filter, setting, &p, 0.1, 2);
            for (int64_t i = 0; i < picture_values(&p); i++)
                T_NEAR(out[i], plainly(&p, setting, 0.1, i / (p.w * p.c), i / p.c % p.w, i % p.c),
                       tolerance);
            lt_free(out);
        }
        lt_free(clean.v);
        lt_free(p.v);
    }
}

/* ---- against the definitions ---- */

static int compare_doubles(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static double median(const struct picture *p, int setting, double sigma, int64_t y, int64_t x,
                     int64_t k)
{
    double window[49];
    int64_t r = setting + 1, n = 0;
    (void)sigma;
    for (int64_t dy = -r; dy <= r; dy++)
        for (int64_t dx = -r; dx <= r; dx++)
            window[n++] = at(p, y + dy, x + dx, k);
    qsort(window, (size_t)n, sizeof *window, compare_doubles);
    return window[n / 2];
}

TEST(the_median_is_the_middle_of_the_sorted_window)
{
    agrees(MEDIAN, median, 0);
}

static double local_mean(const struct picture *p, int64_t r, int64_t y, int64_t x, int64_t k)
{
    double sum = 0;
    for (int64_t dy = -r; dy <= r; dy++)
        for (int64_t dx = -r; dx <= r; dx++)
            sum += at(p, y + dy, x + dx, k);
    return sum / (double)((2 * r + 1) * (2 * r + 1));
}

static double local_variance(const struct picture *p, int64_t r, int64_t y, int64_t x, int64_t k)
{
    double mean = local_mean(p, r, y, x, k), sum = 0;
    for (int64_t dy = -r; dy <= r; dy++)
        for (int64_t dx = -r; dx <= r; dx++)
            sum += pow(at(p, y + dy, x + dx, k) - mean, 2);
    return sum / (double)((2 * r + 1) * (2 * r + 1));
}

static double wiener(const struct picture *p, int setting, double sigma, int64_t y, int64_t x,
                     int64_t k)
{
    int64_t r = setting + 1;
    double mean = local_mean(p, r, y, x, k), variance = local_variance(p, r, y, x, k);
    if (variance < sigma * sigma)
        return mean;
    return mean + (1 - sigma * sigma / variance) * (at(p, y, x, k) - mean);
}

TEST(wiener_shrinks_towards_the_local_mean_by_what_the_noise_explains)
{
    agrees(WIENER, wiener, 1e-6);
}

TEST(wiener_without_sigma_takes_the_mean_of_the_local_variances)
{
    struct picture clean = picture_scene(24, 30, 2), p = picture_plus_gaussian(&clean, 0.1, 2);
    float *out = filtered(WIENER, 1, &p, 0, 2);
    for (int64_t k = 0; k < 2; k++) {
        double noise = 0;
        for (int64_t i = 0; i < 24 * 30; i++)
            noise += local_variance(&p, 2, i / 30, i % 30, k) / (24 * 30);
        for (int64_t i = 0; i < 24 * 30; i++)
            T_NEAR(out[i * 2 + k], wiener(&p, 1, sqrt(noise), i / 30, i % 30, k), 1e-6);
    }
    lt_free(out);
    lt_free(clean.v);
    lt_free(p.v);
}

/* With SciPy 1.17: scipy.signal.wiener(a, side, noise=0.001), away from the edges, which it fills
 * with zeros, of
 *     a = ((3 y + 5 x + 3 (x y mod 17)) mod 200 + (31 y + 17 x) mod 23 - 11) / 256 */
TEST(wiener_is_that_of_scipy_away_from_the_edges)
{
    static const int64_t places[3][2] = {{4, 4}, {10, 13}, {15, 19}};
    static const double want[3][3] = {
        {0.28724301098354726, 0.46165341767371604, 0.6933346800154518},
        {0.2832962706012683, 0.46563209910979086, 0.6725199933911525},
        {0.2887143371711265, 0.4656239260122859, 0.6717432060010934}};
    struct picture p = picture_create(20, 24, 1);
    for (int y = 0; y < 20; y++)
        for (int x = 0; x < 24; x++)
            p.v[y * 24 + x] =
                (float)((3 * y + 5 * x + 3 * (x * y % 17)) % 200 + (31 * y + 17 * x) % 23 - 11) /
                256.0f;
    for (int setting = 0; setting < 3; setting++) {
        float *out = filtered(WIENER, setting, &p, sqrt(0.001), 1);
        for (int i = 0; i < 3; i++)
            T_NEAR(out[places[i][0] * 24 + places[i][1]], want[setting][i], 1e-6);
        lt_free(out);
    }
    lt_free(p.v);
}

/* The mean square difference of two patches. */
static double patch_distance(const struct picture *p, int64_t r, const int64_t a[2],
                             const int64_t b[2])
{
    double sum = 0;
    for (int64_t dy = -r; dy <= r; dy++)
        for (int64_t dx = -r; dx <= r; dx++)
            for (int64_t k = 0; k < p->c; k++) {
                double d = at(p, a[0] + dy, a[1] + dx, k) - at(p, b[0] + dy, b[1] + dx, k);
                sum += d * d;
            }
    return sum / (double)((2 * r + 1) * (2 * r + 1) * p->c);
}

static double non_local_mean(const struct picture *p, int setting, double sigma, int64_t y,
                             int64_t x, int64_t k)
{
    static const double strengths[] = {0.3, 0.4, 0.6, 0.8, 1.0};
    int64_t r = setting < 5 ? 2 : 3;
    double h = strengths[setting % 5] * sigma, sum = 0, weights = 0;
    for (int64_t v = y - 10; v <= y + 10; v++)
        for (int64_t u = x - 10; u <= x + 10; u++) {
            if (v < 0 || v >= p->h || u < 0 || u >= p->w)
                continue;
            double d = patch_distance(p, r, (int64_t[]){y, x}, (int64_t[]){v, u});
            double weight = exp(-fmax(d - 2 * sigma * sigma, 0) / (h * h));
            sum += weight * at(p, v, u, k);
            weights += weight;
        }
    return sum / weights;
}

/* Plain loops over 49 * 441 pixels for each: one shape and two settings. */
static void non_local_means_agree(const int64_t *shape, int setting)
{
    struct picture clean = picture_scene(shape[0], shape[1], shape[2]);
    struct picture p = picture_plus_gaussian(&clean, 0.1, 3);
    float *out = filtered(NLM, setting, &p, 0.1, 2);
    int64_t step = picture_values(&p) > 500 ? 7 : 1;
    for (int64_t i = 0; i < picture_values(&p); i += step) {
        int64_t y = i / (p.w * p.c), x = i / p.c % p.w;
        T_NEAR(out[i], non_local_mean(&p, setting, 0.1, y, x, i % p.c), 1e-5);
    }
    lt_free(out);
    lt_free(clean.v);
    lt_free(p.v);
}

TEST(non_local_means_are_means_weighted_by_the_likeness_of_patches)
{
    for (int shape = 0; shape < SHAPES; shape++) {
        non_local_means_agree(shapes[shape], 2);
        non_local_means_agree(shapes[shape], 9);
    }
}

/* ---- what holds for all ---- */

TEST(a_flat_picture_stays_as_it_is)
{
    struct picture p = picture_create(20, 25, 3);
    for (int64_t i = 0; i < picture_values(&p); i++)
        p.v[i] = 0.25f * (float)(i % 3);
    for (int f = 0; f < lt_filters(); f++)
        for (int s = 0; s < lt_filter_settings(f); s++) {
            float *out = filtered(f, s, &p, 0.1, 2);
            for (int64_t i = 0; i < picture_values(&p); i++)
                T_NEAR(out[i], p.v[i], 1e-6);
            lt_free(out);
        }
    lt_free(p.v);
}

/* Values are neither clipped nor compared with fixed thresholds. */
TEST(the_unit_of_the_values_does_not_matter)
{
    struct picture clean = picture_scene(20, 30, 1), p = picture_plus_gaussian(&clean, 0.1, 4);
    struct picture q = picture_copy(&p);
    for (int64_t i = 0; i < picture_values(&q); i++)
        q.v[i] *= 1024;
    for (int f = 0; f < lt_filters(); f++) {
        float *a = filtered(f, 0, &p, 0.1, 1), *b = filtered(f, 0, &q, 0.1 * 1024, 1);
        for (int64_t i = 0; i < picture_values(&q); i++)
            T_NEAR(b[i] / 1024, a[i], 1e-6);
        lt_free(a);
        lt_free(b);
    }
    lt_free(clean.v);
    lt_free(p.v);
    lt_free(q.v);
}

TEST(threads_do_not_change_a_bit)
{
    struct picture clean = picture_scene(50, 150, 3), p = picture_plus_gaussian(&clean, 0.1, 5);
    size_t bytes = (size_t)picture_values(&p) * sizeof *p.v;
    for (int f = 0; f < lt_filters(); f++) {
        int setting = lt_filter_settings(f) - 1;
        float *one = filtered(f, setting, &p, 0.1, 1);
        for (int threads = 2; threads <= 3; threads++) {
            float *more = filtered(f, setting, &p, 0.1, threads);
            T_OK(memcmp(one, more, bytes) == 0);
            lt_free(more);
        }
        lt_free(one);
    }
    lt_free(clean.v);
    lt_free(p.v);
}

TEST(filters_tell_their_names_and_settings)
{
    char text[LT_FILTER_TEXT];
    T_INT(lt_filters(), 3);
    T_STR(lt_filter_name(NLM), "non-local means");
    lt_filter_describe(MEDIAN, 0, text);
    T_STR(text, "median, 3 x 3 window");
    lt_filter_describe(WIENER, 2, text);
    T_STR(text, "Wiener, 7 x 7 window");
    lt_filter_describe(NLM, 8, text);
    T_STR(text, "non-local means, 7 x 7 patches, h 0.8 sigma");
    for (int f = 0; f < lt_filters(); f++)
        for (int s = 0; s < lt_filter_settings(f); s++) {
            lt_filter_describe(f, s, text);
            T_OK(strncmp(text, lt_filter_name(f), strlen(lt_filter_name(f))) == 0);
            T_OK(strlen(text) < LT_FILTER_TEXT - 1);
        }
}

TEST(what_cannot_be_filtered_is_refused)
{
    struct lt_error err = {0};
    const float x[1] = {0};
    float out[1];
    struct lt_picture empty = {x, 0, 1, 1, 0.1, 1}, unknown = {x, 1, 1, 1, 0, 1};
    T_INT(lt_filter_run(MEDIAN, 0, &empty, out, &err), LT_EUSAGE);
    T_ERR(err, "a filter needs a picture of at least one pixel");
    err = (struct lt_error){0};
    T_INT(lt_filter_run(NLM, 0, &unknown, out, &err), LT_EUSAGE);
    T_ERR(err, "non-local means needs the standard deviation of the noise, above 0");
}

/* ---- the contest ---- */

TEST(the_best_filter_has_the_highest_psnr_of_all)
{
    struct picture clean = picture_scene(40, 50, 1), p = picture_plus_gaussian(&clean, 0.1, 6);
    struct lt_picture noisy = {p.v, p.h, p.w, p.c, 0.1, 2};
    struct lt_filter_score best;
    double highest = 0;
    T_INT(lt_filter_best(&noisy, clean.v, 1, &best, NULL), LT_OK);
    for (int f = 0; f < lt_filters(); f++)
        for (int s = 0; s < lt_filter_settings(f); s++) {
            float *out = filtered(f, s, &p, 0.1, 1);
            double psnr = lt_psnr(out, clean.v, picture_values(&p), 1), ssim;
            if (psnr > highest) {
                highest = psnr;
                T_INT(lt_ssim(out, clean.v, p.h, p.w, p.c, 1, &ssim, NULL), LT_OK);
                T_OK(best.filter > f || (best.filter == f && best.setting >= s));
            }
            if (best.filter == f && best.setting == s) {
                T_NEAR(best.psnr, psnr, 0);
                T_NEAR(best.ssim, ssim, 0);
            }
            lt_free(out);
        }
    T_NEAR(best.psnr, highest, 0);
    lt_free(clean.v);
    lt_free(p.v);
}

TEST(a_contest_takes_means_over_its_pictures)
{
    struct lt_filter_contest both = {0}, one[2] = {{0}};
    for (int i = 0; i < 2; i++) {
        struct picture clean = picture_scene(30 + i, 40, 1);
        struct picture p = picture_plus_gaussian(&clean, 0.05 + 0.1 * i, 7);
        struct lt_picture noisy = {p.v, p.h, p.w, p.c, 0.05 + 0.1 * i, 2};
        T_INT(lt_filter_contest_add(&both, &noisy, clean.v, 1, NULL), LT_OK);
        T_INT(lt_filter_contest_add(&one[i], &noisy, clean.v, 1, NULL), LT_OK);
        lt_free(clean.v);
        lt_free(p.v);
    }
    T_INT(both.pictures, 2);
    T_NEAR(both.noisy_psnr, one[0].noisy_psnr + one[1].noisy_psnr, 1e-12);
    struct lt_filter_score any = lt_filter_contest_best(&both, -1);
    double highest = 0;
    for (int f = 0; f < lt_filters(); f++) {
        struct lt_filter_score best = lt_filter_contest_best(&both, f);
        T_INT(best.filter, f);
        highest = fmax(highest, best.psnr);
        if (f == any.filter)
            T_INT(best.setting, any.setting);
    }
    T_NEAR(any.psnr, highest, 0);
    int trial = any.setting;
    for (int f = 0; f < any.filter; f++)
        trial += lt_filter_settings(f);
    T_NEAR(any.psnr, (one[0].psnr[trial] + one[1].psnr[trial]) / 2, 1e-12);
    T_NEAR(any.ssim, (one[0].ssim[trial] + one[1].ssim[trial]) / 2, 1e-12);
}

TEST(without_sigma_a_contest_measures_it)
{
    struct picture clean = picture_scene(30, 40, 1), p = picture_plus_gaussian(&clean, 0.1, 8);
    struct lt_filter_contest measured = {0}, told = {0};
    struct lt_picture noisy = {p.v, p.h, p.w, p.c, 0, 2};
    T_INT(lt_filter_contest_add(&measured, &noisy, clean.v, 1, NULL), LT_OK);
    noisy.sigma = pow(10, -measured.noisy_psnr / 20); /* from the definition of PSNR */
    T_INT(lt_filter_contest_add(&told, &noisy, clean.v, 1, NULL), LT_OK);
    for (int i = 0; i < LT_FILTER_TRIALS_MAX; i++)
        T_NEAR(measured.psnr[i], told.psnr[i], 1e-4);
    lt_free(clean.v);
    lt_free(p.v);
}

TEST(a_picture_without_noise_can_take_part)
{
    struct picture p = picture_scene(20, 20, 1);
    struct lt_picture noisy = {p.v, p.h, p.w, p.c, 0, 1};
    struct lt_filter_score best;
    T_INT(lt_filter_best(&noisy, p.v, 1, &best, NULL), LT_OK);
    T_OK(best.psnr > 100);
    lt_free(p.v);
}

TEST(impulses_are_for_the_median)
{
    struct picture clean = picture_scene(60, 60, 1), p = picture_with_impulses(&clean, 0.1, 9);
    struct lt_picture noisy = {p.v, p.h, p.w, p.c, 0, 2};
    struct lt_filter_score best;
    T_INT(lt_filter_best(&noisy, clean.v, 1, &best, NULL), LT_OK);
    T_STR(lt_filter_name(best.filter), "median");
    lt_free(clean.v);
    lt_free(p.v);
}

TEST(non_local_means_do_best_on_a_noisy_photograph)
{
    struct picture clean = picture_read("denoise/set12/08.png");
    picture_crop(&clean, 200, 200, 128, 128);
    struct picture p = picture_plus_gaussian(&clean, 25 / 255.0, 10);
    struct lt_picture noisy = {p.v, p.h, p.w, p.c, 25 / 255.0, 2};
    struct lt_filter_contest contest = {0};
    T_INT(lt_filter_contest_add(&contest, &noisy, clean.v, 1, NULL), LT_OK);
    struct lt_filter_score best = lt_filter_contest_best(&contest, -1);
    T_INT(best.filter, NLM);
    T_OK(best.psnr > contest.noisy_psnr + 8 && best.ssim > contest.noisy_ssim + 0.3);
    lt_free(clean.v);
    lt_free(p.v);
}

TEST(every_failing_allocation_is_survived_and_leaves_the_contest_as_it_was)
{
    struct picture clean = picture_scene(6, 7, 1);
    struct lt_picture noisy = {clean.v, 6, 7, 1, 0.1, 1};
    struct lt_filter_contest contest = {0}, before = {0};
    int failures = 0;
    T_EACH_ALLOCATION
    {
        struct lt_error err = {0};
        if (lt_filter_contest_add(&contest, &noisy, clean.v, 1, &err)) {
            failures++;
            T_OK(strstr(err.text, "out of memory"));
            T_OK(memcmp(&contest, &before, sizeof contest) == 0);
        }
    }
    T_OK(failures > 20);
    T_INT(contest.pictures, 1);
    lt_free(clean.v);
}

T_MAIN
