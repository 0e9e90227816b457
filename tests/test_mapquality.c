/* Quality of maps against scikit-learn and against plain loops in double. */
#include "app/mapquality.h"
#include "base/mem.h"
#include "base/rng.h"
#include "t.h"
#include "t_alloc.h"

enum { ROWS = 300, INPUTS = 5, K = LT_MAP_NEAREST };

struct rows {
    float x[ROWS * INPUTS], z[ROWS * 2];
    int32_t label[ROWS];
};

static struct lt_map measure(const struct rows *r, const float *z, int64_t n, const char *backend,
                             int threads)
{
    struct lt_error err = {0};
    struct lt_backend *b = NULL;
    struct lt_map m[2] = {{.codes = r->z, .dims = 2}, {.codes = z, .dims = 2}};
    T_INT(lt_backend_create(&b, backend, threads, &err), LT_OK);
    T_INT(lt_map_quality(m, 2, r->x, n, INPUTS, r->label, b, &err), LT_OK);
    lt_backend_free(&b);
    return m[1];
}

/* The values are those of scikit-learn 1.9.1, for the same rows: trustworthiness(x, z, n_neighbors=10),
 * the same with x and z exchanged, and the share of rows found by their 10 nearest others. */
TEST(quality_is_that_of_scikit_learn)
{
    static struct rows r;
    for (uint32_t i = 0; i < ROWS; i++) {
        for (uint32_t j = 0; j < INPUTS; j++) {
            const float v = (float)(((i * INPUTS + j + 1) * 2654435761u >> 8) % 4099) / 4099.0f;
            r.x[i * INPUTS + j] = v + v * v * v; /* so that no distances are equal */
        }
        r.z[2 * i] = r.x[i * INPUTS];
        r.z[2 * i + 1] = r.x[i * INPUTS + 2];
        r.label[i] = (int32_t)(r.x[i * INPUTS] * 4.0f);
    }
    struct lt_map m = measure(&r, r.z, 60, NULL, 2);
    T_NEAR(m.trustworthiness, 0.9364794007490637, 1e-12);
    T_NEAR(m.continuity, 0.9688389513108614, 1e-12);
    T_NEAR(m.accuracy, 43.0 / 60, 1e-12);
    m = measure(&r, r.z, 300, NULL, 2);
    T_NEAR(m.trustworthiness, 0.9830216754540129, 1e-12);
    T_NEAR(m.continuity, 0.999559461042765, 1e-12);
    T_NEAR(m.accuracy, 290.0 / 300, 1e-12);
}

/* ---- plain loops ---- */

static double square(const float *a, const float *b, int64_t n)
{
    double sum = 0;
    for (int64_t k = 0; k < n; k++)
        sum += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
    return sum;
}

static int64_t plain_rank(const float *x, int64_t width, int64_t n, int64_t i, int64_t j)
{
    const double d = square(x + i * width, x + j * width, width);
    int64_t rank = 1;
    for (int64_t l = 0; l < n; l++) {
        const double other = square(x + i * width, x + l * width, width);
        rank += l != i && l != j && (other < d || (other == d && l < j));
    }
    return rank;
}

/* How much those near by `z` are strangers by `x`. */
static double plainly(const float *x, int64_t x_width, const float *z, int64_t z_width, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            if (i != j && plain_rank(z, z_width, n, i, j) <= K) {
                const int64_t rank = plain_rank(x, x_width, n, i, j);
                sum += rank > K ? (double)(rank - K) : 0;
            }
    return 1 - 2 / ((double)n * K * (2 * (double)n - 3 * K - 1)) * sum;
}

static void fill(struct rows *r, uint64_t seed)
{
    struct lt_stream s = lt_stream(seed, LT_RNG_TEST, 0, 0);
    lt_fill_normal(&s, r->x, ROWS * INPUTS);
    s = lt_stream(seed, LT_RNG_TEST, 0, 1);
    lt_fill_normal(&s, r->z, ROWS * 2);
    for (int64_t i = 0; i < ROWS; i++) {
        for (int k = 0; k < 2; k++)
            r->z[2 * i + k] = 0.4f * r->z[2 * i + k] + r->x[INPUTS * i + k];
        r->label[i] = (int32_t)(i % 3);
    }
}

TEST(quality_agrees_with_plain_loops_around_a_batch)
{
    const int64_t sizes[] = {21, 127, 128, 129};
    static struct rows r;
    fill(&r, 3);
    memcpy(r.z + 40, r.z, 2 * 20 * sizeof *r.z); /* rows that lie upon each other */
    for (int k = 0; k < 4; k++) {
        const struct lt_map m = measure(&r, r.z, sizes[k], NULL, 2);
        T_NEAR(m.trustworthiness, plainly(r.x, INPUTS, r.z, 2, sizes[k]), 1e-12);
        T_NEAR(m.continuity, plainly(r.z, 2, r.x, INPUTS, sizes[k]), 1e-12);
    }
}

TEST(a_map_that_changes_nothing_is_perfect_and_one_of_noise_is_not)
{
    static struct rows r;
    static float noise[ROWS * 2];
    fill(&r, 4);
    for (int64_t i = 0; i < ROWS; i++) /* inputs that are a plane */
        for (int64_t j = 0; j < INPUTS; j++)
            r.x[i * INPUTS + j] = j < 2 ? r.z[2 * i + j] : 0;
    const struct lt_map same = measure(&r, r.z, ROWS, NULL, 2);
    T_NEAR(same.trustworthiness, 1, 1e-6);
    T_NEAR(same.continuity, 1, 1e-6);
    struct lt_stream s = lt_stream(5, LT_RNG_TEST, 0, 0);
    lt_fill_normal(&s, noise, ROWS * 2);
    const struct lt_map other = measure(&r, noise, ROWS, NULL, 2);
    T_NEAR(other.trustworthiness, 0.5, 0.05);
    T_NEAR(other.continuity, 0.5, 0.05);
    T_NEAR(other.accuracy, 1.0 / 3, 0.1);
}

TEST(quality_has_the_same_bits_for_any_number_of_threads)
{
    static struct rows r;
    fill(&r, 6);
    const struct lt_map one = measure(&r, r.z, ROWS, "ref", 1),
                        more = measure(&r, r.z, ROWS, "ref", 5);
    T_OK(memcmp(&one.trustworthiness, &more.trustworthiness, sizeof(double)) == 0);
    T_OK(memcmp(&one.continuity, &more.continuity, sizeof(double)) == 0);
    T_OK(memcmp(&one.accuracy, &more.accuracy, sizeof(double)) == 0);
}

TEST(too_few_rows_are_refused_and_labels_may_lack)
{
    static struct rows r;
    struct lt_error err = {0};
    struct lt_backend *b = NULL;
    struct lt_map m = {.codes = r.z, .dims = 2};
    fill(&r, 7);
    T_INT(lt_backend_create(&b, NULL, 1, &err), LT_OK);
    T_INT(lt_map_quality(&m, 1, r.x, 20, INPUTS, NULL, b, &err), LT_EUSAGE);
    T_ERR(err, "a map of 20 rows cannot be measured; 21 is the least");
    T_INT(lt_map_quality(&m, 1, r.x, 21, INPUTS, NULL, b, &err), LT_OK);
    T_OK(isnan(m.accuracy));
    lt_backend_free(&b);
}

TEST(measuring_survives_every_failing_allocation)
{
    static struct rows r;
    struct lt_backend *b = NULL;
    struct lt_map m = {.codes = r.z, .dims = 2};
    int failures = 0;
    fill(&r, 8);
    T_INT(lt_backend_create(&b, NULL, 1, NULL), LT_OK);
    T_EACH_ALLOCATION
    {
        struct lt_error err = {0};
        if (lt_map_quality(&m, 1, r.x, 40, INPUTS, r.label, b, &err)) {
            failures++;
            T_OK(strstr(err.text, "out of memory") != NULL);
        }
    }
    T_OK(failures >= 6);
    lt_backend_free(&b);
}

T_MAIN
