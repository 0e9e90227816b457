/* PCA against a plain oracle, and against published reference points. */
#include "app/metrics.h"
#include "app/pca.h"
#include "app/rows.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/table.h"
#include "prep/prep.h"
#include "t.h"

struct matrix {
    int64_t rows, columns;
    float *x; /* (rows, columns) */
};

static int read_matrix(void *context, int64_t begin, int64_t n, float *x, struct lt_error *err)
{
    const struct matrix *m = context;
    (void)err;
    memcpy(x, m->x + begin * m->columns, (size_t)(n * m->columns) * sizeof *x);
    return LT_OK;
}

static struct lt_rows rows_of(struct matrix *m)
{
    return (struct lt_rows){
        .count = m->rows, .inputs = m->columns, .context = m, .read = read_matrix};
}

/* Rows that vary by 1 / (1 + i / 2) in direction i of a random, not orthogonal, basis of `rank`
 * directions, around means of a few units. */
static struct matrix random_matrix(int64_t rows, int64_t columns, int64_t rank, float decay)
{
    struct matrix m = {.rows = rows, .columns = columns};
    float *basis = NULL, *z = NULL;
    T_OK(lt_alloc(&m.x, (size_t)(rows * columns), sizeof *m.x, "m", NULL) == 0);
    T_OK(lt_alloc(&basis, (size_t)(rank * columns), sizeof *basis, "b", NULL) == 0);
    T_OK(lt_alloc(&z, (size_t)rank, sizeof *z, "z", NULL) == 0);
    struct lt_stream stream = lt_stream(7, LT_RNG_TEST, 0, 0);
    lt_fill_normal(&stream, basis, (size_t)(rank * columns));
    for (int64_t r = 0; r < rows; r++) {
        stream = lt_stream(7, LT_RNG_TEST, 1, (uint64_t)r);
        lt_fill_normal(&stream, z, (size_t)rank);
        float *x = m.x + r * columns;
        for (int64_t c = 0; c < columns; c++)
            x[c] = 3.0f + (float)(c % 5);
        for (int64_t k = 0; k < rank; k++)
            for (int64_t c = 0; c < columns; c++)
                x[c] += z[k] / (1.0f + (float)k * decay) * basis[k * columns + c];
    }
    lt_free(basis);
    lt_free(z);
    return m;
}

/* Eigenvalues, on the diagonal of a, and eigenvectors, as rows of v, by cyclic Jacobi rotations. */
static void jacobi(double *a, double *v, int n)
{
    for (int i = 0; i < n * n; i++)
        v[i] = i % (n + 1) == 0;
    for (int sweep = 0; sweep < 60; sweep++)
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++) {
                if (a[p * n + q] == 0)
                    continue;
                double theta = 0.5 * atan2(2 * a[p * n + q], a[q * n + q] - a[p * n + p]);
                double c = cos(theta), s = sin(theta);
                for (int i = 0; i < n; i++) {
                    double x = a[i * n + p], y = a[i * n + q];
                    a[i * n + p] = c * x - s * y, a[i * n + q] = s * x + c * y;
                }
                for (int i = 0; i < n; i++) {
                    double x = a[p * n + i], y = a[q * n + i];
                    a[p * n + i] = c * x - s * y, a[q * n + i] = s * x + c * y;
                    x = v[p * n + i], y = v[q * n + i];
                    v[p * n + i] = c * x - s * y, v[q * n + i] = s * x + c * y;
                }
            }
}

static void covariance(const struct matrix *m, double *mean, double *a)
{
    int64_t d = m->columns;
    for (int64_t r = 0; r < m->rows; r++)
        for (int64_t i = 0; i < d; i++)
            mean[i] += (double)m->x[r * d + i] / (double)m->rows;
    for (int64_t r = 0; r < m->rows; r++)
        for (int64_t i = 0; i < d; i++)
            for (int64_t j = 0; j < d; j++)
                a[i * d + j] += ((double)m->x[r * d + i] - mean[i]) *
                                ((double)m->x[r * d + j] - mean[j]) / (double)m->rows;
}

static struct lt_pca fit(struct matrix *m, int64_t dims, enum lt_pca_method method, int threads)
{
    struct lt_error err = {0};
    struct lt_pca pca = {0};
    struct lt_backend *backend = NULL;
    struct lt_rows rows = rows_of(m);
    T_INT(lt_backend_create(&backend, NULL, threads, &err), LT_OK);
    struct lt_pca_options options = {.dims = dims, .seed = 1, .backend = backend, .method = method};
    lt_pca_fit(&pca, &rows, &options, &err);
    lt_backend_free(&backend);
    T_STR(err.text, "");
    return pca;
}

/* Mean squared error per row of the fitting rows. */
static double residual(struct matrix *m, struct lt_pca *pca, int64_t dims)
{
    struct lt_error err = {0};
    struct lt_backend *backend = NULL;
    struct lt_rows rows = rows_of(m);
    struct lt_baseline baseline = {.dims = pca->dims, .mean = pca->mean, .basis = pca->basis};
    double mean_error = 0, pca_error = 0;
    T_INT(lt_backend_create(&backend, NULL, 2, &err), LT_OK);
    lt_baseline_errors(&baseline, dims, &rows, backend, &mean_error, &pca_error, &err);
    lt_backend_free(&backend);
    T_STR(err.text, "");
    T_NEAR(mean_error / pca->total, 1, 1e-5);
    return pca_error;
}

TEST(directions_and_variances_agree_with_jacobi_rotations)
{
    enum { D = 24 };
    struct matrix m = random_matrix(5000, D, 30, 0.5f);
    static double a[D * D], v[D * D], mean[D];
    covariance(&m, mean, a);
    jacobi(a, v, D);
    struct lt_pca pca = fit(&m, 10, LT_PCA_AUTO, 2);
    T_INT(pca.dims, 10);
    T_INT(pca.known, D);
    double total = 0, largest = pca.variance[0];
    for (int i = 0; i < D; i++) {
        total += a[i * D + i];
        T_NEAR((double)pca.mean[i], mean[i], 1e-5);
    }
    T_NEAR(pca.total / total, 1, 1e-6);
    for (int k = 0; k < D; k++) {
        int best = 0; /* the largest that is left */
        for (int i = 0; i < D; i++)
            best = a[i * D + i] > a[best * D + best] ? i : best;
        T_NEAR(pca.variance[k] / largest, a[best * D + best] / largest, 1e-6);
        double dot = 0;
        for (int i = 0; k < 10 && i < D; i++)
            dot += (double)pca.basis[k * D + i] * v[best * D + i];
        if (k < 10)
            T_NEAR(fabs(dot), 1, 1e-5);
        a[best * D + best] = -1;
    }
    lt_pca_free(&pca);
    lt_free(m.x);
}

TEST(basis_is_orthonormal_and_leaves_the_variance_that_it_says)
{
    struct matrix m = random_matrix(3000, 100, 100, 0.2f);
    struct lt_pca pca = fit(&m, 20, LT_PCA_AUTO, 2);
    for (int i = 0; i < 20; i++)
        for (int j = 0; j <= i; j++) {
            double dot = 0;
            for (int c = 0; c < 100; c++)
                dot += (double)pca.basis[i * 100 + c] * (double)pca.basis[j * 100 + c];
            T_NEAR(dot, i == j, 1e-6);
        }
    double kept = 0;
    for (int i = 0; i < 20; i++)
        kept += pca.variance[i];
    T_NEAR(residual(&m, &pca, 20) / (pca.total - kept), 1, 1e-4);
    T_OK(residual(&m, &pca, 19) > residual(&m, &pca, 20));
    lt_pca_free(&pca);
    lt_free(m.x);
}

TEST(fewer_rows_than_columns_give_one_direction_less_than_rows)
{
    struct matrix m = random_matrix(12, 60, 60, 0.0f);
    struct lt_pca pca = fit(&m, 30, LT_PCA_AUTO, 2);
    T_INT(pca.dims, 11);
    T_NEAR(residual(&m, &pca, 11) / pca.total, 0, 1e-9);
    lt_pca_free(&pca);
    m.rows = 1;
    pca = fit(&m, 30, LT_PCA_AUTO, 2);
    T_INT(pca.dims, 1);
    T_NEAR(pca.total, 0, 0);
    lt_pca_free(&pca);
    lt_free(m.x);
}

TEST(randomised_is_within_a_thousandth_of_exact)
{
    struct matrix m = random_matrix(4000, 400, 400, 0.1f);
    struct lt_pca exact = fit(&m, 25, LT_PCA_COVARIANCE, 2);
    struct lt_pca random = fit(&m, 25, LT_PCA_RANDOMISED, 2);
    T_INT(random.known, 25);
    T_NEAR(random.total / exact.total, 1, 1e-6);
    T_NEAR(residual(&m, &random, 25) / residual(&m, &exact, 25), 1, 1e-3);
    for (int i = 0; i < 10; i++)
        T_NEAR(random.variance[i] / exact.variance[i], 1, 1e-3);
    lt_pca_free(&exact);
    lt_pca_free(&random);
    lt_free(m.x);
}

TEST(many_columns_are_decomposed_without_their_covariance_matrix)
{
    struct matrix m = random_matrix(300, LT_PCA_EXACT + 500, 15, 0.3f);
    struct lt_pca pca = fit(&m, 15, LT_PCA_AUTO, 2);
    T_INT(pca.known, 15);
    T_NEAR(residual(&m, &pca, 15) / pca.total, 0, 1e-6);
    lt_pca_free(&pca);
    lt_free(m.x);
}

TEST(threads_do_not_change_a_bit)
{
    struct matrix m = random_matrix(2500, 150, 150, 0.1f);
    for (int method = LT_PCA_COVARIANCE; method <= LT_PCA_RANDOMISED; method++) {
        struct lt_pca one = fit(&m, 20, (enum lt_pca_method)method, 1);
        const int threads[] = {2, 3, 5, 8};
        for (int i = 0; i < 4; i++) {
            struct lt_pca many = fit(&m, 20, (enum lt_pca_method)method, threads[i]);
            T_OK(memcmp(one.basis, many.basis, 20 * 150 * sizeof(float)) == 0);
            T_OK(memcmp(one.variance, many.variance, 20 * sizeof(double)) == 0);
            T_OK(one.total == many.total);
            lt_pca_free(&many);
        }
        lt_pca_free(&one);
    }
    lt_free(m.x);
}

TEST(dims_are_chosen_for_nine_tenths_of_the_variance)
{
    char why[200];
    double steep[20] = {50, 30, 15, 5}, flat[20];
    for (int i = 0; i < 20; i++)
        flat[i] = 5;
    struct lt_pca pca = {
        .rows = 100, .inputs = 20, .dims = 10, .known = 20, .variance = steep, .total = 100};
    T_INT(lt_choose_dims(&pca, why, sizeof why), 3);
    T_STR(why, "dims 3: the fewest numbers with which PCA keeps 90 % of the variance of the 20 "
               "inputs");
    pca.variance = flat;
    T_INT(lt_choose_dims(&pca, why, sizeof why), 10);
    T_STR(why, "dims 10: half of the 20 inputs, with which PCA keeps 50 % of the variance; fewer "
               "would lose more");
    pca.dims = 6;
    T_INT(lt_choose_dims(&pca, why, sizeof why), 6);
    pca.total = 0;
    memset(flat, 0, sizeof flat);
    T_INT(lt_choose_dims(&pca, why, sizeof why), 1);
    pca.inputs = 2;
    T_INT(lt_choose_dims(&pca, why, sizeof why), 1);
}

static struct lt_table *open_images(const char *path)
{
    struct lt_error err = {0};
    struct lt_table *table = NULL;
    lt_table_open(&table, &path, 1, NULL, &err);
    T_STR(err.text, "");
    return table;
}

TEST(mnist_test_errors_are_the_published_ones)
{
    const char *train_path = t_data("mnist/train-images-idx3-ubyte.gz");
    const char *test_path = t_data("mnist/t10k-images-idx3-ubyte.gz");
    if (!train_path || !test_path)
        T_SKIP("no MNIST here");
    struct lt_error err = {0};
    struct lt_table *train = open_images(train_path), *test = open_images(test_path);
    int64_t n = lt_table_rows(train);
    int64_t *all = NULL;
    T_INT(lt_alloc(&all, (size_t)n, sizeof *all, "rows", &err), LT_OK);
    for (int64_t i = 0; i < n; i++)
        all[i] = i;
    struct lt_prep prep = {0};
    struct lt_rows rows = {0}, test_rows = {0};
    struct lt_backend *backend = NULL;
    struct lt_pca pca = {0};
    double mean_error = 0, pca_error = 0;
    T_INT(lt_prep_fit(&prep, train, all, n, &(struct lt_prep_options){.scaling = LT_SCALING_AUTO},
                      &err),
          LT_OK);
    int64_t batch = lt_rows_batch(784);
    T_INT(lt_rows_open(&rows, train, &prep, NULL, n, batch, &err), LT_OK);
    T_INT(lt_rows_open(&test_rows, test, &prep, NULL, 10000, batch, &err), LT_OK);
    T_INT(lt_backend_create(&backend, NULL, 2, &err), LT_OK);
    struct lt_pca_options options = {.dims = 50, .seed = 1, .backend = backend};
    T_INT(lt_pca_fit(&pca, &rows, &options, &err), LT_OK);
    struct lt_baseline baseline = {.dims = pca.dims, .mean = pca.mean, .basis = pca.basis};
    T_INT(lt_baseline_errors(&baseline, 50, &test_rows, backend, &mean_error, &pca_error, &err),
          LT_OK);
    T_NEAR(mean_error, 52.897, 0.0006);
    T_NEAR(pca_error, 9.004, 0.0006);
    T_INT(lt_baseline_errors(&baseline, 30, &test_rows, backend, &mean_error, &pca_error, &err),
          LT_OK);
    T_NEAR(pca_error, 13.866, 0.0006);
    lt_pca_free(&pca);
    lt_backend_free(&backend);
    lt_rows_close(&rows);
    lt_rows_close(&test_rows);
    lt_prep_free(&prep);
    lt_free(all);
    lt_table_free(&train);
    lt_table_free(&test);
}

T_MAIN
