#include "base/poisson.h"
#include "base/rng.h"
#include "t.h"

static void check_block(const uint32_t counter[4], const uint32_t key[2], const uint32_t want[4])
{
    uint32_t got[4];
    lt_philox(counter, key, got);
    for (int i = 0; i < 4; i++)
        T_INT(got[i], want[i]);
}

/* The three vectors that Random123 publishes for philox4x32-10 (file
 * tests/kat_vectors of its distribution). */
TEST(philox_gives_the_published_numbers)
{
    check_block((const uint32_t[4]){0, 0, 0, 0}, (const uint32_t[2]){0, 0},
                (const uint32_t[4]){0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    check_block((const uint32_t[4]){0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                (const uint32_t[2]){0xffffffff, 0xffffffff},
                (const uint32_t[4]){0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    check_block((const uint32_t[4]){0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                (const uint32_t[2]){0xa4093822, 0x299f31d0},
                (const uint32_t[4]){0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST(filled_arrays_equal_single_numbers)
{
    struct lt_stream stream = lt_stream(7, LT_RNG_TEST, 3, 12345678901u);
    float uniform[1003], normal[1003];
    const size_t sizes[] = {0, 1, 2, 3, 4, 5, 127, 128, 129, 1003};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        lt_fill_uniform(&stream, uniform, sizes[s]);
        lt_fill_normal(&stream, normal, sizes[s]);
        for (size_t i = 0; i < sizes[s]; i++) {
            T_OK(uniform[i] == lt_uniform(&stream, (uint32_t)i));
            T_OK(normal[i] == lt_normal(&stream, (uint32_t)i));
        }
    }
}

TEST(streams_differ_in_every_part_of_their_name)
{
    const struct lt_stream streams[] = {
        lt_stream(1, LT_RNG_TEST, 0, 0),          lt_stream(2, LT_RNG_TEST, 0, 0),
        lt_stream(1ull << 32, LT_RNG_TEST, 0, 0), lt_stream(1, LT_RNG_NOISE, 0, 0),
        lt_stream(1, LT_RNG_TEST, 1, 0),          lt_stream(1, LT_RNG_TEST, 0, 1),
        lt_stream(1, LT_RNG_TEST, 0, 1ull << 32),
    };
    enum { COUNT = sizeof streams / sizeof *streams };
    for (int a = 0; a < COUNT; a++)
        for (int b = 0; b < a; b++)
            T_OK(lt_below(&streams[a], 0, UINT64_MAX) != lt_below(&streams[b], 0, UINT64_MAX));
}

TEST(uniform_numbers_are_uniform)
{
    enum { N = 1 << 18, BINS = 64 };
    struct lt_stream stream = lt_stream(1, LT_RNG_TEST, 0, 0);
    long count[BINS] = {0};
    double sum = 0;
    for (uint32_t i = 0; i < N; i++) {
        float u = lt_uniform(&stream, i);
        T_OK(u >= 0.0f && u < 1.0f);
        count[(int)(u * BINS)]++;
        sum += u;
    }
    T_NEAR(sum / N, 0.5, 4 * sqrt(1.0 / 12 / N));
    double chi2 = 0, expected = (double)N / BINS;
    for (int b = 0; b < BINS; b++)
        chi2 += ((double)count[b] - expected) * ((double)count[b] - expected) / expected;
    T_NEAR(chi2, BINS - 1, 4 * sqrt(2.0 * (BINS - 1)));
}

TEST(normal_numbers_have_normal_moments_and_tails)
{
    enum { N = 1 << 20 };
    static float x[N];
    struct lt_stream stream = lt_stream(1, LT_RNG_TEST, 0, 1);
    lt_fill_normal(&stream, x, N);
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0, pair = 0;
    long beyond2 = 0, beyond4 = 0;
    for (int i = 0; i < N; i++) {
        double v = (double)x[i];
        m1 += v;
        m2 += v * v;
        m3 += v * v * v;
        m4 += v * v * v * v;
        pair += i % 2 ? v * (double)x[i - 1] : 0;
        beyond2 += fabs(v) > 2;
        beyond4 += fabs(v) > 4;
    }
    /* Four standard errors each; Var x^2 = 2, Var x^3 = 15, Var x^4 = 96. */
    T_NEAR(m1 / N, 0, 4 * sqrt(1.0 / N));
    T_NEAR(m2 / N, 1, 4 * sqrt(2.0 / N));
    T_NEAR(m3 / N, 0, 4 * sqrt(15.0 / N));
    T_NEAR(m4 / N, 3, 4 * sqrt(96.0 / N));
    T_NEAR(pair / (N / 2), 0, 4 * sqrt(2.0 / N));
    T_NEAR((double)beyond2 / N, 0.0455003, 4 * sqrt(0.0455 / N));
    T_NEAR((double)beyond4 / N, 6.3342e-5, 4 * sqrt(6.3342e-5 / N));
}

TEST(below_is_in_range_and_reaches_every_value)
{
    struct lt_stream stream = lt_stream(5, LT_RNG_TEST, 0, 0);
    for (uint64_t n = 1; n <= 20; n++) {
        long count[20] = {0};
        for (uint32_t i = 0; i < 4000; i++) {
            uint64_t v = lt_below(&stream, i, n);
            T_OK(v < n);
            count[v]++;
        }
        double expected = 4000.0 / (double)n;
        for (uint64_t v = 0; v < n; v++)
            T_NEAR(count[v], expected, 5 * sqrt(expected));
    }
    T_OK(lt_below(&stream, 0, UINT64_MAX) > UINT32_MAX);
}

TEST(permute_is_a_permutation_for_every_size)
{
    static unsigned char seen[70000];
    for (uint64_t n = 1; n < 70000; n = n < 300 ? n + 1 : n * 2 + 1) {
        struct lt_stream stream = lt_stream(n, LT_RNG_TEST, 2, 0);
        memset(seen, 0, sizeof seen);
        for (uint64_t i = 0; i < n; i++) {
            uint64_t to = lt_permute(&stream, i, n);
            T_OK(to < n);
            T_OK(!seen[to]);
            seen[to] = 1;
        }
    }
    struct lt_stream stream = lt_stream(1, LT_RNG_TEST, 0, 0);
    T_OK(lt_permute(&stream, 0, UINT64_MAX) != lt_permute(&stream, 1, UINT64_MAX));
}

TEST(permutations_send_every_index_everywhere)
{
    enum { N = 10, RUNS = 20000 };
    static long count[N][N];
    long neighbours = 0;
    for (uint64_t run = 0; run < RUNS; run++) {
        struct lt_stream stream = lt_stream(1, LT_RNG_TEST, (uint32_t)run, 9);
        uint64_t before = N;
        for (uint64_t i = 0; i < N; i++) {
            uint64_t to = lt_permute(&stream, i, N);
            count[i][to]++;
            neighbours += to == before + 1;
            before = to;
        }
    }
    for (int i = 0; i < N; i++)
        for (int to = 0; to < N; to++)
            T_NEAR(count[i][to], RUNS / N, 5 * sqrt(RUNS / N));
    /* Of the 9 steps from i to i + 1, each goes up by one with chance 1/10. */
    T_NEAR(neighbours, 0.9 * RUNS, 5 * sqrt(0.9 * RUNS));
}

/* Shares of the counts beside exp(-m) m^k / k!, by Pearson's chi-square over the counts that are
 * expected 10 times or more; means on both sides of where the method changes. */
TEST(poisson_numbers_have_the_poisson_distribution)
{
    enum { NUMBERS = 200000, COUNTS = 200 };
    const double means[] = {0.01, 0.7, 5, 9.99, 10, 10.5, 30, 100};
    for (size_t m = 0; m < sizeof means / sizeof *means; m++) {
        const struct lt_stream stream = lt_stream(3, LT_RNG_TEST, 0, m);
        double seen[COUNTS] = {0}, p = exp(-means[m]), chi = 0;
        int cells = 0;
        for (uint32_t i = 0; i < NUMBERS; i++) {
            double k = lt_poisson(&stream, i, NUMBERS, means[m]);
            T_OK(k >= 0 && k < COUNTS);
            seen[(int)k]++;
        }
        for (int k = 0; k < COUNTS; p *= means[m] / ++k)
            if (p * NUMBERS >= 10) {
                chi += (seen[k] - p * NUMBERS) * (seen[k] - p * NUMBERS) / (p * NUMBERS);
                cells++;
            }
        T_NEAR(chi, cells, 4.5 * sqrt(2.0 * cells) + 4); /* its mean, give or take its spread */
    }
}

TEST(poisson_numbers_of_large_means_have_their_mean_variance_and_skewness)
{
    enum { NUMBERS = 100000 };
    const double means[] = {1e3, 1e6};
    for (size_t m = 0; m < 2; m++) {
        const struct lt_stream stream = lt_stream(4, LT_RNG_TEST, 0, m);
        const double spread = sqrt(means[m]);
        double sum = 0, square = 0, cube = 0;
        for (uint32_t i = 0; i < NUMBERS; i++) {
            double d = (lt_poisson(&stream, i, NUMBERS, means[m]) - means[m]) / spread;
            sum += d / NUMBERS;
            square += d * d / NUMBERS;
            cube += d * d * d / NUMBERS;
        }
        T_NEAR(sum, 0, 5 / sqrt(NUMBERS));
        T_NEAR(square, 1, 5 * sqrt(2.0 / NUMBERS));
        T_NEAR(cube, 1 / spread, 5 * sqrt(15.0 / NUMBERS));
    }
}

TEST(poisson_numbers_of_no_mean_are_zero)
{
    const struct lt_stream stream = lt_stream(1, LT_RNG_TEST, 0, 0);
    T_NEAR(lt_poisson(&stream, 0, 1, 0), 0, 0);
    T_NEAR(lt_poisson(&stream, 0, 1, -3), 0, 0);
    T_NEAR(lt_poisson(&stream, 0, 1, (double)NAN), 0, 0);
}

/* Frozen so that a change that would break "the same seed, the same bits"
 * across versions shows. */
TEST(a_stream_keeps_its_numbers)
{
    struct lt_stream stream = lt_stream(1, LT_RNG_TEST, 2, 3);
    char line[200];
    snprintf(line, sizeof line, "%a %a %a %llu %llu", (double)lt_uniform(&stream, 0),
             (double)lt_normal(&stream, 0), (double)lt_normal(&stream, 1),
             (unsigned long long)lt_below(&stream, 0, 1000000),
             (unsigned long long)lt_permute(&stream, 0, 1000000));
    T_STR(line, "0x1.6a633p-2 0x1.3a2cc8p-5 0x1.70db72p+0 245764 194654");
    double pair[2];
    lt_uniform_pair(&stream, 1, pair);
    snprintf(line, sizeof line, "%a %a %g %g %g", pair[0], pair[1], lt_poisson(&stream, 2, 9, 4.5),
             lt_poisson(&stream, 3, 9, 40), lt_poisson(&stream, 4, 9, 123456));
    T_STR(line, "0x1.f42fdfae0b53p-4 0x1.76e8678ae4151p-1 1 36 123213");
}

T_MAIN
