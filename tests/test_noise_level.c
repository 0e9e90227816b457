/* Noise that was added is found again: its kind and how much of it, in a generated scene and, where
 * they are at hand, in photographs. */
#include "app/noise_level.h"
#include "t.h"
#include "t_alloc.h"
#include "t_picture.h"

static struct lt_noise_level level_of(const struct picture *p, int threads)
{
    struct lt_error err = {0};
    struct lt_noise_level level = {0};
    struct lt_picture picture = {p->v, p->h, p->w, p->c, 0, threads};
    lt_noise_level(&picture, 1, &level, &err);
    T_STR(err.text, "");
    return level;
}

static void expect(struct picture p, enum lt_noise_found kind, double amount, double relative)
{
    struct lt_noise_level level = level_of(&p, 2);
    T_STR(lt_noise_found_name(level.kind), lt_noise_found_name(kind));
    T_NEAR(level.amount, amount, relative * amount);
    lt_free(p.v);
}

static struct picture with_zeros(const struct picture *clean, double share, uint64_t seed)
{
    struct picture p = picture_copy(clean);
    struct lt_stream stream = lt_stream(seed, LT_RNG_TEST, 2, 0);
    for (int64_t i = 0; i < picture_values(&p); i++)
        if ((double)lt_uniform(&stream, (uint32_t)i) < share)
            p.v[i] = 0;
    return p;
}

/* Counts of mean x * amount, by multiplying uniform numbers until they fall below e^-mean (Knuth,
 * "Seminumerical algorithms", section 3.4.1), over amount. */
static struct picture counted(const struct picture *clean, double amount, uint64_t seed)
{
    struct picture p = picture_copy(clean);
    for (int64_t i = 0; i < picture_values(&p); i++) {
        struct lt_stream stream = lt_stream(seed, LT_RNG_TEST, 3, (uint64_t)i);
        double end = exp(-(double)p.v[i] * amount), product = 1;
        uint32_t n = 0;
        while ((product *= (double)lt_uniform(&stream, n)) > end)
            n++;
        p.v[i] = (float)(n / amount);
    }
    return p;
}

static void cut_to_bytes(struct picture *p)
{
    for (int64_t i = 0; i < picture_values(p); i++)
        p->v[i] = roundf(fminf(fmaxf(p->v[i], 0), 1) * 255) / 255;
}

/* ---- a generated scene ---- */

TEST(gaussian_noise_is_measured_within_ten_percent)
{
    struct picture clean = picture_scene(180, 160, 1);
    for (int sigma = 5; sigma <= 50; sigma += 15)
        expect(picture_plus_gaussian(&clean, sigma / 255.0, 1), LT_FOUND_GAUSSIAN, sigma / 255.0,
               0.1);
    lt_free(clean.v);
}

TEST(gaussian_noise_that_was_cut_off_at_black_and_white_is_measured_within_ten_percent)
{
    struct picture clean = picture_scene(180, 160, 1);
    for (int sigma = 5; sigma <= 50; sigma += 15) {
        struct picture p = picture_plus_gaussian(&clean, sigma / 255.0, 2);
        cut_to_bytes(&p);
        expect(p, LT_FOUND_GAUSSIAN, sigma / 255.0, 0.1);
    }
    lt_free(clean.v);
}

TEST(salt_and_pepper_is_counted)
{
    struct picture clean = picture_scene(180, 160, 1);
    expect(picture_with_impulses(&clean, 0.02, 3), LT_FOUND_SALTPEPPER, 0.02, 0.15);
    expect(picture_with_impulses(&clean, 0.1, 4), LT_FOUND_SALTPEPPER, 0.1, 0.1);
    expect(picture_with_impulses(&clean, 0.5, 5), LT_FOUND_SALTPEPPER, 0.5, 0.1);
    lt_free(clean.v);
}

TEST(masked_values_are_counted)
{
    struct picture clean = picture_scene(180, 160, 1);
    expect(with_zeros(&clean, 0.02, 6), LT_FOUND_MASK, 0.02, 0.15);
    expect(with_zeros(&clean, 0.1, 7), LT_FOUND_MASK, 0.1, 0.1);
    expect(with_zeros(&clean, 0.5, 8), LT_FOUND_MASK, 0.5, 0.1);
    lt_free(clean.v);
}

/* In standardised units 0 is in the middle. */
TEST(a_mask_is_found_where_zero_is_not_the_lowest_value)
{
    struct picture clean = picture_scene(180, 160, 1);
    for (int64_t i = 0; i < picture_values(&clean); i++)
        clean.v[i] = 4 * clean.v[i] - 3;
    expect(with_zeros(&clean, 0.1, 9), LT_FOUND_MASK, 0.1, 0.1);
    lt_free(clean.v);
}

TEST(counts_of_light_are_told_from_constant_noise)
{
    struct picture clean = picture_scene(200, 180, 1);
    expect(counted(&clean, 10, 10), LT_FOUND_POISSON, 10, 0.1);
    expect(counted(&clean, 50, 11), LT_FOUND_POISSON, 50, 0.1);
    lt_free(clean.v);
}

TEST(poisson_noise_tells_its_standard_deviation_too)
{
    struct picture clean = picture_scene(200, 180, 1), p = counted(&clean, 30, 12);
    double squares = 0;
    for (int64_t i = 0; i < picture_values(&p); i++)
        squares += pow((double)p.v[i] - (double)clean.v[i], 2);
    double sigma = sqrt(squares / (double)picture_values(&p));
    T_NEAR(level_of(&p, 2).sigma, sigma, 0.1 * sigma);
    lt_free(clean.v);
    lt_free(p.v);
}

TEST(channels_count_as_pictures)
{
    struct picture clean = picture_scene(100, 90, 3);
    expect(picture_plus_gaussian(&clean, 0.1, 13), LT_FOUND_GAUSSIAN, 0.1, 0.05);
    expect(picture_with_impulses(&clean, 0.1, 14), LT_FOUND_SALTPEPPER, 0.1, 0.1);
    lt_free(clean.v);
}

TEST(the_unit_only_scales_sigma)
{
    struct picture clean = picture_scene(100, 90, 1), p = picture_plus_gaussian(&clean, 0.1, 15);
    struct picture q = picture_copy(&p);
    for (int64_t i = 0; i < picture_values(&q); i++)
        q.v[i] = 512 * q.v[i] - 100;
    T_NEAR(level_of(&q, 1).sigma / 512, level_of(&p, 1).sigma, 1e-4);
    lt_free(clean.v);
    lt_free(p.v);
    lt_free(q.v);
}

/* Each of them has 324 positions of a patch, too few for a good answer. */
TEST(many_small_pictures_are_measured_together)
{
    enum { COUNT = 40 };
    struct picture p[COUNT];
    struct lt_picture pictures[COUNT];
    double sigma;
    for (int i = 0; i < COUNT; i++) {
        struct picture clean = picture_scene(60, 24 + i, 1);
        picture_crop(&clean, i % 30, i, 24, 24);
        p[i] = picture_plus_gaussian(&clean, 0.1, 16 + (uint64_t)i);
        pictures[i] = (struct lt_picture){p[i].v, 24, 24, 1, 0, 2};
        lt_free(clean.v);
    }
    T_INT(lt_noise_sigma(pictures, COUNT, &sigma, NULL), LT_OK);
    T_NEAR(sigma, 0.1, 0.005);
    for (int i = 0; i < COUNT; i++)
        lt_free(p[i].v);
}

TEST(missing_values_are_passed_over)
{
    struct picture clean = picture_scene(180, 160, 1), p = picture_plus_gaussian(&clean, 0.1, 60);
    for (int64_t i = 0; i < picture_values(&p); i += 401)
        p.v[i] = NAN;
    expect(p, LT_FOUND_GAUSSIAN, 0.1, 0.05);
    lt_free(clean.v);
}

TEST(threads_do_not_change_a_bit)
{
    struct picture clean = picture_scene(120, 100, 2), p = picture_plus_gaussian(&clean, 0.1, 61);
    struct lt_noise_level one = level_of(&p, 1), two = level_of(&p, 2), three = level_of(&p, 3);
    T_OK(one.sigma == two.sigma && one.sigma == three.sigma && one.sigma > 0);
    lt_free(clean.v);
    lt_free(p.v);
}

TEST(a_flat_picture_has_no_noise)
{
    struct picture p = picture_create(40, 40, 1);
    struct lt_noise_level level = level_of(&p, 1);
    T_INT(level.kind, LT_FOUND_GAUSSIAN);
    T_NEAR(level.sigma, 0, 0);
    lt_free(p.v);
}

TEST(pictures_too_small_to_tell_are_refused)
{
    struct lt_error err = {0};
    struct lt_noise_level level;
    struct picture p = picture_scene(12, 12, 1);
    struct lt_picture small = {p.v, 12, 12, 1, 0, 1}, empty = {p.v, 0, 12, 1, 0, 1};
    T_INT(lt_noise_level(&small, 1, &level, &err), LT_EUSAGE);
    T_ERR(err, "the noise of the pictures cannot be estimated: 200 patches of 7 x 7 pixels are "
               "needed, and there are 36");
    err = (struct lt_error){0};
    T_INT(lt_noise_level(&empty, 1, &level, &err), LT_EUSAGE);
    T_ERR(err, "a picture to estimate noise in has no pixels");
    err = (struct lt_error){0};
    T_INT(lt_noise_level(NULL, 0, &level, &err), LT_EUSAGE);
    T_ERR(err, "there are no pictures to estimate noise in");
    lt_free(p.v);
}

TEST(every_failing_allocation_is_survived)
{
    struct picture clean = picture_scene(80, 80, 1), p = counted(&clean, 50, 62);
    struct lt_picture picture = {p.v, 80, 80, 1, 0, 1};
    int failures = 0;
    T_EACH_ALLOCATION
    {
        struct lt_error err = {0};
        struct lt_noise_level level;
        if (lt_noise_level(&picture, 1, &level, &err)) {
            failures++;
            T_OK(strstr(err.text, "out of memory"));
        }
    }
    T_OK(failures >= 6);
    lt_free(clean.v);
    lt_free(p.v);
}

/* ---- photographs ---- */

static void expect_in_photograph(const char *name, double relative)
{
    struct picture clean = picture_read(name);
    for (int sigma = 5; sigma <= 50; sigma += 45)
        expect(picture_plus_gaussian(&clean, sigma / 255.0, 63), LT_FOUND_GAUSSIAN, sigma / 255.0,
               relative);
    expect(picture_with_impulses(&clean, 0.1, 64), LT_FOUND_SALTPEPPER, 0.1, 0.15);
    expect(with_zeros(&clean, 0.1, 65), LT_FOUND_MASK, 0.1, 0.15);
    expect(counted(&clean, 20, 66), LT_FOUND_POISSON, 20, 0.15);
    lt_free(clean.v);
}

TEST(noise_in_photographs_is_measured_within_ten_percent)
{
    expect_in_photograph("denoise/set12/01.png", 0.1);
    expect_in_photograph("denoise/train400/test_001.png", 0.1);
}

T_MAIN
