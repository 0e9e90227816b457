/* Distances to the k-th nearest row against plain loops in double. */
#include "app/neighbours.h"
#include "base/mem.h"
#include "base/rng.h"
#include "t.h"
#include "t_alloc.h"

struct matrix {
    int64_t rows, columns;
    float *x; /* (rows, columns) */
};

static struct matrix normal_matrix(int64_t rows, int64_t columns, uint64_t seed)
{
    struct matrix m = {.rows = rows, .columns = columns};
    T_INT(lt_alloc(&m.x, (size_t)(rows * columns), sizeof *m.x, "m", NULL), LT_OK);
    struct lt_stream stream = lt_stream(seed, LT_RNG_TEST, 0, 0);
    lt_fill_normal(&stream, m.x, (size_t)(rows * columns));
    return m;
}

static int compare_doubles(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static double cell(float x)
{
    return isnan(x) ? 0 : (double)x;
}

/* By sorting all distances. */
static double plainly(const struct matrix *r, const float *x, int64_t k)
{
    double *all = NULL, found;
    T_INT(lt_alloc(&all, (size_t)r->rows, sizeof *all, "distances", NULL), LT_OK);
    for (int64_t j = 0; j < r->rows; j++) {
        for (int64_t i = 0; i < r->columns; i++) {
            double d = cell(x[i]) - cell(r->x[j * r->columns + i]);
            all[j] += d * d;
        }
        all[j] = sqrt(all[j]);
    }
    qsort(all, (size_t)r->rows, sizeof *all, compare_doubles);
    found = all[(k < r->rows ? k : r->rows) - 1];
    lt_free(all);
    return found;
}

struct how {
    const char *backend;
    int threads;
    int64_t k, batch;
};

static double *distances(const struct matrix *r, const struct matrix *x, struct how how)
{
    struct lt_error err = {0};
    struct lt_backend *backend = NULL;
    struct lt_neighbours *nb = NULL;
    double *out = NULL;
    T_INT(lt_alloc(&out, (size_t)x->rows, sizeof *out, "distances", &err), LT_OK);
    T_INT(lt_backend_create(&backend, how.backend, how.threads, &err), LT_OK);
    lt_neighbours_create(&nb, r->x, r->rows, r->columns, how.k, backend, how.batch, &err);
    T_STR(err.text, "");
    for (int64_t i = 0; i < x->rows; i += how.batch) {
        int64_t n = x->rows - i < how.batch ? x->rows - i : how.batch;
        lt_neighbours_distances(nb, x->x + i * x->columns, n, out + i);
    }
    lt_neighbours_free(&nb);
    lt_backend_free(&backend);
    T_OK(!nb);
    return out;
}

static void agree(const struct matrix *r, const struct matrix *x, int64_t k)
{
    double *found = distances(r, x, (struct how){NULL, 2, k, 64});
    for (int64_t i = 0; i < x->rows; i++) {
        double want = plainly(r, x->x + i * x->columns, k);
        T_NEAR(found[i], want, 1e-14 * want);
    }
    lt_free(found);
}

TEST(distances_agree_with_plain_loops_on_both_sides_of_a_block)
{
    const int64_t rows[] = {1, 63, 64, 65, 1023, 1024, 1025, 2049};
    struct matrix x = normal_matrix(70, 19, 1);
    T_INT(LT_NEIGHBOURS_BLOCK, 1024);
    for (int i = 0; i < 8; i++) {
        struct matrix r = normal_matrix(rows[i], 19, 2);
        agree(&r, &x, 1);
        agree(&r, &x, 5);
        lt_free(r.x);
    }
    lt_free(x.x);
}

TEST(few_and_many_columns_agree)
{
    const int64_t columns[] = {1, 7, 8, 9, 300};
    for (int i = 0; i < 5; i++) {
        struct matrix r = normal_matrix(1100, columns[i], 3), x = normal_matrix(30, columns[i], 4);
        agree(&r, &x, 5);
        lt_free(r.x);
        lt_free(x.x);
    }
}

/* Two clusters 2,000 apart in which rows are 1e-3 apart: |x|^2 + |r|^2 - 2 x.r in f32 is off by
 * ten thousand times the distances and more. */
TEST(near_rows_at_large_norms_are_not_lost)
{
    struct matrix r = normal_matrix(1500, 12, 5), x = normal_matrix(64, 12, 6);
    struct matrix *both[] = {&r, &x};
    for (int m = 0; m < 2; m++)
        for (int64_t i = 0; i < both[m]->rows * 12; i++)
            both[m]->x[i] = (i / 12 % 2 ? 300.0f : -300.0f) + 1e-3f * both[m]->x[i];
    agree(&r, &x, 1);
    agree(&r, &x, 5);
    for (int64_t i = 0; i < x.rows * 12; i++)
        T_OK(fabsf(x.x[i]) > 299);
    double *found = distances(&r, &x, (struct how){NULL, 1, 5, 64});
    for (int64_t i = 0; i < x.rows; i++)
        T_OK(found[i] < 0.01);
    lt_free(found);
    lt_free(r.x);
    lt_free(x.x);
}

/* Numbers so large and so small that f32 products overflow and vanish. */
TEST(extreme_scales_agree)
{
    const float scales[] = {1e-30f, 1e-18f, 1e17f, 1e19f, 1e30f};
    for (int s = 0; s < 5; s++) {
        struct matrix r = normal_matrix(300, 10, 7), x = normal_matrix(20, 10, 8);
        for (int64_t i = 0; i < r.rows * 10; i++)
            r.x[i] *= scales[s];
        for (int64_t i = 0; i < x.rows * 10; i++)
            x.x[i] *= scales[s];
        agree(&r, &x, 5);
        lt_free(r.x);
        lt_free(x.x);
    }
}

TEST(an_infinite_cell_is_infinitely_far_from_the_others)
{
    struct matrix r = normal_matrix(100, 4, 9), x = normal_matrix(3, 4, 10);
    r.x[4 * 50] = INFINITY;
    x.x[4 * 1] = INFINITY;
    double *found = distances(&r, &x, (struct how){NULL, 2, 5, 3});
    T_OK(isfinite(found[0]) && isinf(found[1]) && isfinite(found[2]));
    r.x[4 * 50] = 1e9f;
    T_NEAR(found[0], plainly(&r, x.x, 5), 1e-14 * found[0]);
    lt_free(found);
    lt_free(r.x);
    lt_free(x.x);
}

TEST(a_missing_cell_stands_at_zero)
{
    struct matrix r = normal_matrix(1100, 9, 11), x = normal_matrix(50, 9, 12);
    for (int64_t i = 0; i < r.rows * 9; i += 7)
        r.x[i] = NAN;
    for (int64_t i = 0; i < x.rows * 9; i += 5)
        x.x[i] = NAN;
    agree(&r, &x, 5);
    for (int64_t i = 0; i < 9; i++)
        r.x[i] = x.x[i] = NAN;
    double *found = distances(&r, &x, (struct how){NULL, 2, 1, 50});
    T_NEAR(found[0], 0, 0);
    lt_free(found);
    lt_free(r.x);
    lt_free(x.x);
}

TEST(with_fewer_than_k_rows_the_farthest_counts)
{
    const float rows[] = {0, 0, 3, 4, 6, 8}, origin[] = {0, 0};
    struct matrix r = {3, 2, (float *)rows}, x = {1, 2, (float *)origin};
    double *found = distances(&r, &x, (struct how){NULL, 2, 5, 1});
    T_NEAR(found[0], 10, 0);
    lt_free(found);
    found = distances(&r, &x, (struct how){NULL, 2, 2, 1});
    T_NEAR(found[0], 5, 0);
    lt_free(found);
}

TEST(k_is_five_unless_asked)
{
    struct matrix r = normal_matrix(40, 3, 13), x = normal_matrix(10, 3, 14);
    double *five = distances(&r, &x, (struct how){NULL, 1, 5, 10});
    double *unasked = distances(&r, &x, (struct how){NULL, 1, 0, 10});
    T_OK(memcmp(five, unasked, 10 * sizeof *five) == 0);
    lt_free(five);
    lt_free(unasked);
    lt_free(r.x);
    lt_free(x.x);
}

TEST(equal_rows_are_as_many_neighbours)
{
    struct matrix r = normal_matrix(2100, 6, 15), x = {10, 6, r.x};
    for (int64_t i = 700 * 6; i < 2100 * 6; i++)
        r.x[i] = r.x[i % (700 * 6)]; /* every row three times */
    double *third = distances(&r, &x, (struct how){NULL, 2, 3, 10});
    double *fourth = distances(&r, &x, (struct how){NULL, 2, 4, 10});
    for (int i = 0; i < 10; i++)
        T_OK(third[i] == 0 && fourth[i] > 0);
    lt_free(third);
    lt_free(fourth);
    lt_free(r.x);
}

TEST(rows_come_nearest_first_and_equal_ones_in_their_order)
{
    const float rows[] = {3, 1, -1, 2, 1, -2, 9, NAN}, zero = 0;
    const int64_t want[] = {7, 1, 2, 4, 3};
    struct lt_backend *backend = NULL;
    struct lt_neighbours *nb = NULL;
    int64_t found[8];
    T_INT(lt_backend_create(&backend, NULL, 1, NULL), LT_OK);
    T_INT(lt_neighbours_create(&nb, rows, 8, 1, 5, backend, 2, NULL), LT_OK);
    T_INT(lt_neighbours_rows(nb, &zero, 1, found), 5);
    T_OK(memcmp(found, want, sizeof want) == 0);
    lt_neighbours_free(&nb);
    T_INT(lt_neighbours_create(&nb, rows, 3, 1, 5, backend, 2, NULL), LT_OK);
    T_INT(lt_neighbours_rows(nb, &zero, 1, found), 3);
    T_OK(found[0] == 1 && found[1] == 2 && found[2] == 0);
    lt_neighbours_free(&nb);
    lt_backend_free(&backend);
}

TEST(threads_batches_and_backends_do_not_change_a_bit)
{
    struct matrix r = normal_matrix(2500, 40, 16), x = normal_matrix(70, 40, 17);
    const struct how others[] = {{NULL, 2, 5, 70}, {NULL, 3, 5, 70},  {NULL, 2, 5, 1},
                                 {NULL, 3, 5, 7},  {"ref", 2, 5, 70}, {"ref", 1, 5, 64}};
    double *one = distances(&r, &x, (struct how){NULL, 1, 5, 70});
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        double *other = distances(&r, &x, others[i]);
        T_OK(memcmp(one, other, (size_t)x.rows * sizeof *one) == 0);
        lt_free(other);
    }
    lt_free(one);
    lt_free(r.x);
    lt_free(x.x);
}

/* Of rows that lie twice in the reference the first stands first. */
TEST(the_nearest_rows_are_named_in_order)
{
    enum { ROWS = 1100, K = 7 };
    struct matrix r = normal_matrix(ROWS, 6, 31), x = normal_matrix(40, 6, 32);
    memcpy(r.x + 6 * 1050, r.x, 50 * 6 * sizeof *r.x); /* rows 0 ... 49 again */
    memcpy(x.x, r.x, 6 * sizeof *x.x);
    struct lt_error err = {0};
    struct lt_backend *backend = NULL;
    struct lt_neighbours *nb = NULL;
    int64_t nearest[40 * K];
    T_INT(lt_backend_create(&backend, NULL, 2, &err), LT_OK);
    T_INT(lt_neighbours_create(&nb, r.x, ROWS, 6, K, backend, 64, &err), LT_OK);
    lt_neighbours_rows(nb, x.x, 40, nearest);
    T_INT(nearest[0], 0);
    T_INT(nearest[1], 1050);
    for (int64_t i = 0; i < 40; i++) {
        for (int64_t k = 0; k < K; k++) {
            struct matrix one = {1, 6, r.x + 6 * nearest[i * K + k]};
            double found = plainly(&one, x.x + 6 * i, 1), want = plainly(&r, x.x + 6 * i, k + 1);
            T_NEAR(found, want, 1e-12);
        }
    }
    lt_neighbours_free(&nb);
    lt_backend_free(&backend);
    lt_free(r.x);
    lt_free(x.x);
}

TEST(an_empty_reference_is_refused)
{
    struct lt_error err = {0};
    struct lt_backend *backend = NULL;
    struct lt_neighbours *nb = NULL;
    const float x[1] = {0};
    T_INT(lt_backend_create(&backend, "ref", 1, &err), LT_OK);
    T_INT(lt_neighbours_create(&nb, x, 0, 1, 5, backend, 8, &err), LT_EUSAGE);
    T_ERR(err, "nearest neighbours need at least one row and one column to search in");
    T_OK(!nb);
    lt_neighbours_free(&nb);
    lt_backend_free(&backend);
}

TEST(setting_up_survives_every_failing_allocation)
{
    struct lt_backend *backend = NULL;
    struct matrix r = normal_matrix(10, 3, 18);
    T_INT(lt_backend_create(&backend, NULL, 1, NULL), LT_OK);
    int failures = 0;
    T_EACH_ALLOCATION
    {
        struct lt_error err = {0};
        struct lt_neighbours *nb = NULL;
        if (lt_neighbours_create(&nb, r.x, 10, 3, 5, backend, 8, &err)) {
            failures++;
            T_OK(!nb && strstr(err.text, "out of memory"));
        }
        lt_neighbours_free(&nb);
    }
    T_OK(failures >= 10);
    lt_backend_free(&backend);
    lt_free(r.x);
}

T_MAIN
