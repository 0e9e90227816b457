/* Logistic regression: its answer is where the gradient vanishes, which plain loops tell. */
#include "app/logistic.h"
#include "app/standardise.h"
#include "base/mem.h"
#include "base/rng.h"
#include "t.h"
#include "t_alloc.h"

struct problem {
    int64_t rows, columns, classes;
    float *x;       /* (N, D + 1) */
    int32_t *label; /* (N) */
    double *w;      /* (C, D + 1) */
    struct lt_logistic_fit fit;
};

/* Normal columns, of which the first tell the class with some noise. */
static struct problem make(int64_t rows, int64_t columns, int64_t classes, uint64_t seed)
{
    struct problem p = {.rows = rows, .columns = columns, .classes = classes};
    T_INT(lt_alloc(&p.x, (size_t)(rows * (columns + 1)), sizeof *p.x, "x", NULL), 0);
    T_INT(lt_alloc(&p.label, (size_t)rows, sizeof *p.label, "labels", NULL), 0);
    T_INT(lt_alloc(&p.w, (size_t)(classes * (columns + 1)), sizeof *p.w, "w", NULL), 0);
    for (int64_t i = 0; i < rows; i++) {
        const struct lt_stream stream = lt_stream(seed, LT_RNG_TEST, 0, (uint64_t)i);
        float *x = p.x + i * (columns + 1);
        p.label[i] = (int32_t)(i % classes);
        for (int64_t j = 0; j < columns; j++)
            x[j] = lt_normal(&stream, (uint32_t)j) + (j == i % classes ? 1.5f : 0.0f);
        x[columns] = 1;
    }
    return p;
}

static void solve(struct problem *p, const char *name, int threads)
{
    struct lt_error err = {0};
    struct lt_backend *backend = NULL;
    struct lt_logistic *l = NULL;
    T_INT(lt_backend_create(&backend, name, threads, &err), 0);
    lt_logistic_create(&l, p->rows, p->columns, p->classes, backend, &err);
    T_STR(err.text, "");
    p->fit = lt_logistic_fit(l, p->x, p->label, p->rows, p->w);
    lt_logistic_free(&l);
    lt_backend_free(&backend);
    T_OK(!l);
}

static void drop(struct problem *p)
{
    lt_free(p->x);
    lt_free(p->label);
    lt_free(p->w);
}

/* The largest value of the gradient, by the book; and beside it the objective. */
static double plainly(const struct problem *p, double penalty, double *objective)
{
    int64_t c = p->classes, w = p->columns + 1;
    double *gradient = NULL, largest = 0;
    T_INT(lt_alloc(&gradient, (size_t)(c * w), sizeof *gradient, "gradient", NULL), 0);
    *objective = 0;
    for (int64_t k = 0; k < c; k++)
        for (int64_t j = 0; j < w - 1; j++) {
            gradient[k * w + j] = penalty * p->w[k * w + j];
            *objective += penalty / 2 * p->w[k * w + j] * p->w[k * w + j];
        }
    for (int64_t i = 0; i < p->rows; i++) {
        double z[16] = {0}, sum = 0;
        for (int64_t k = 0; k < c; k++) {
            for (int64_t j = 0; j < w; j++)
                z[k] += p->w[k * w + j] * (double)p->x[i * w + j];
            sum += exp(z[k]);
        }
        *objective += log(sum) - z[p->label[i]];
        for (int64_t k = 0; k < c; k++)
            for (int64_t j = 0; j < w; j++)
                gradient[k * w + j] +=
                    (exp(z[k]) / sum - (p->label[i] == k ? 1 : 0)) * (double)p->x[i * w + j];
    }
    for (int64_t i = 0; i < c * w; i++)
        largest = fmax(largest, fabs(gradient[i]));
    lt_free(gradient);
    return largest;
}

TEST(the_gradient_vanishes_at_the_answer)
{
    const int64_t sizes[][3] = {{60, 3, 3}, {1023, 20, 5}, {1025, 20, 5}, {2500, 70, 10}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        double objective;
        struct problem p = make(sizes[i][0], sizes[i][1], sizes[i][2], i);
        solve(&p, NULL, 2);
        T_OK(p.fit.converged && p.fit.steps < 20);
        T_OK(plainly(&p, 1, &objective) < 1e-5);
        T_NEAR(p.fit.objective, objective, 1e-9 * objective);
        drop(&p);
    }
}

TEST(more_columns_than_the_full_preconditioner_takes_are_solved_as_well)
{
    double objective;
    struct problem p = make(120, LT_LOGISTIC_FULL + 1, 3, 1);
    solve(&p, NULL, 2);
    T_OK(p.fit.converged);
    T_OK(plainly(&p, 1, &objective) < 1e-5);
    drop(&p);
}

TEST(columns_of_very_different_size_and_copies_of_columns_converge)
{
    double objective;
    struct problem p = make(600, 8, 4, 2);
    for (int64_t i = 0; i < p.rows; i++) {
        float *x = p.x + i * 9;
        x[5] = x[0];
        x[6] = 1e-4f * x[1];
        x[7] = i == 17 ? 24.5f : -0.04f; /* one row of 600 that differs, standardised */
    }
    solve(&p, NULL, 1);
    T_OK(p.fit.converged);
    T_OK(plainly(&p, 1, &objective) < 1e-5);
    T_NEAR(p.w[0], p.w[5], 1e-6);
    drop(&p);
}

TEST(the_penalty_keeps_separable_classes_finite)
{
    double objective;
    struct problem p = make(200, 4, 4, 3);
    for (int64_t i = 0; i < p.rows; i++)
        for (int64_t j = 0; j < 4; j++)
            p.x[i * 5 + j] = j == i % 4 ? 1000.0f : 0.0f;
    solve(&p, NULL, 1);
    T_OK(p.fit.converged);
    T_OK(plainly(&p, 1, &objective) < 1e-3 && objective < 1e-2);
    for (int64_t i = 0; i < 4 * 5; i++)
        T_OK(fabs(p.w[i]) < 1);
    drop(&p);
}

/* Two classes are one vector w with |w|^2 / 2 in scikit-learn: here w_1 = -w_0 = w / 2, and the
 * penalty |w_0|^2 + |w_1|^2 is as much. */
TEST(two_classes_have_opposite_weights)
{
    double objective;
    struct problem p = make(300, 6, 2, 4);
    solve(&p, NULL, 1);
    T_OK(p.fit.converged);
    T_OK(plainly(&p, 2, &objective) < 1e-6);
    for (int64_t j = 0; j < 7; j++)
        T_NEAR(p.w[j], -p.w[7 + j], 1e-9);
    drop(&p);
}

TEST(no_column_that_tells_anything_leaves_the_shares_of_the_classes)
{
    double log_p[3];
    struct problem p = make(60, 2, 3, 5);
    for (int64_t i = 0; i < p.rows; i++) {
        p.x[i * 3] = p.x[i * 3 + 1] = 0;
        p.label[i] = i < 30 ? 0 : i < 50 ? 1 : 2;
    }
    solve(&p, NULL, 1);
    lt_logistic_predict(log_p, p.x, 1, 3, p.w, 3, 1);
    T_NEAR(exp(log_p[0]), 30. / 60, 1e-8);
    T_NEAR(exp(log_p[1]), 20. / 60, 1e-8);
    T_NEAR(exp(log_p[2]), 10. / 60, 1e-8);
    drop(&p);
}

TEST(threads_do_not_change_a_bit_and_backends_hardly_anything)
{
    struct problem one = make(2100, 40, 4, 6), other = make(2100, 40, 4, 6);
    size_t n = 4 * 41;
    solve(&one, NULL, 1);
    solve(&other, NULL, 3);
    T_OK(memcmp(one.w, other.w, n * sizeof *one.w) == 0);
    solve(&other, "ref", 2);
    for (size_t i = 0; i < n; i++)
        T_NEAR(one.w[i], other.w[i], 1e-7);
    drop(&one);
    drop(&other);
}

TEST(predictions_of_far_rows_are_finite)
{
    const float x[] = {1e30f, 1, -1e30f, 1};
    const double w[] = {3, 0, -3, 0};
    double log_p[4];
    lt_logistic_predict(log_p, x, 2, 2, w, 2, 1);
    T_OK(log_p[0] == 0 && log_p[3] == 0 && log_p[1] < -1e30 && isfinite(log_p[1]));
}

TEST(standardised_columns_have_mean_0_and_variance_1_and_a_1_behind)
{
    const float x[] = {1, 7, 0.1f, NAN, 2, 7, 0.1f, 4, 6, 7, 0.1f, 2, 100, 7, 0.1f, 0};
    const int64_t fitted[] = {0, 1, 2}, all[] = {3, 0};
    double mean[4], divisor[4];
    float out[2 * 5];
    lt_standardise_fit(mean, divisor, x, 4, fitted, 3, 2);
    T_NEAR(mean[0], 3, 1e-15);
    T_NEAR(divisor[0], sqrt(14. / 3), 1e-15);
    T_OK(divisor[1] == 1 && divisor[2] == 1);
    T_NEAR(mean[3], 3, 0);
    T_NEAR(divisor[3], 1, 0);
    lt_standardise(out, mean, divisor, x, 4, all, 2, 2);
    T_NEAR(out[0], 97 / sqrt(14. / 3), 1e-5);
    T_NEAR(out[1], 0, 0);
    T_NEAR(out[2], 0, 1e-8);
    T_NEAR(out[3], -3, 0);
    T_NEAR(out[4], 1, 0);
    T_NEAR(out[8], 0, 0);
    T_NEAR(out[9], 1, 0);
}

TEST(setting_up_survives_every_failing_allocation)
{
    struct lt_backend *backend = NULL;
    T_INT(lt_backend_create(&backend, NULL, 1, NULL), 0);
    int failures = 0;
    T_EACH_ALLOCATION
    {
        struct lt_error err = {0};
        struct lt_logistic *l = NULL;
        if (lt_logistic_create(&l, 20, 3, 2, backend, &err)) {
            failures++;
            T_OK(!l && strstr(err.text, "out of memory"));
        }
        lt_logistic_free(&l);
    }
    T_OK(failures >= 20);
    lt_backend_free(&backend);
}

T_MAIN
