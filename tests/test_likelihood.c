/* How likely rows are: a variational model whose likelihood has a closed form.
 *
 * Rows x = W z + e with z standard normal (K) and e normal of variance s come from N(0, W W' + s I)
 * (probabilistic PCA: Tipping and Bishop, JRSS B 1999).  With columns of W at right angles, z given x is
 * normal with means w_k x / (|w_k|^2 + s) and variances s / (|w_k|^2 + s): a linear encoder. */
#include "app/binarise.h"
#include "app/build.h"
#include "app/likelihood.h"
#include "base/mem.h"
#include "base/rng.h"
#include "t.h"

enum { D = 4, K = 2, ROWS = 700 };
static const double S = 0.3;
static const double W[D][K] = {
    {1, 1}, {1, -1}, {0.5, 2}, {-1, 1}}; /* w_0 w_1 = 1 - 1 + 1 - 1 = 0 */
static const double NORM[K] = {3.25, 7}; /* |w_k|^2 */

struct scene {
    struct lt_table *table;
    struct lt_backend *backend;
    struct lt_model *model;
    float x[ROWS * D];
};

static void put(struct lt_network *net, const char *tensor, int64_t at, double value)
{
    for (int i = 0; i < net->layout.count; i++)
        if (strcmp(net->layout.param[i].name, tensor) == 0) {
            net->params[(int64_t)net->layout.param[i].offset + at] = (float)value;
            return;
        }
    T_OK(!"a tensor of that name");
}

static void fill(float *x)
{
    for (int r = 0; r < ROWS; r++, x += D) {
        struct lt_stream stream = lt_stream(5, LT_RNG_TEST, 0, (uint64_t)r);
        float z[K + D];
        lt_fill_normal(&stream, z, K + D);
        for (int j = 0; j < D; j++)
            x[j] = (float)(W[j][0] * (double)z[0] + W[j][1] * (double)z[1] +
                           sqrt(S) * (double)z[K + j]);
    }
}

/* `blur` multiplies the posterior's standard deviations: 1 is the truth. */
static void set_up(struct scene *s, enum lt_loss loss, double blur)
{
    struct lt_error err = {0};
    struct lt_net_spec spec;
    struct lt_params layout;
    struct lt_autoencoder a = {.input = {D, 1, 1},
                               .dims = K,
                               .variational = true,
                               .beta = 1,
                               .variance = loss == LT_LOSS_MSE ? S : 0,
                               .loss = loss,
                               .unit = loss == LT_LOSS_BCE ? LT_ACT_SIGMOID : LT_ACT_LINEAR};
    float *zeros = NULL;
    int64_t rows[ROWS];
    *s = (struct scene){0};
    fill(s->x);
    for (int i = 0; loss == LT_LOSS_BCE && i < ROWS * D; i++)
        s->x[i] = 0.3f;
    for (int i = 0; i < ROWS; i++)
        rows[i] = i;
    T_INT(lt_table_from_rows(&s->table, "rows", s->x, ROWS, D, &err), 0);
    T_INT(lt_backend_create(&s->backend, NULL, 2, &err), 0);
    T_INT(lt_model_create(&s->model, &err), 0);
    T_INT(lt_prep_fit(&s->model->prep, s->table, rows, ROWS,
                      &(struct lt_prep_options){.scaling = LT_SCALING_NONE}, &err),
          0);
    T_INT(lt_autoencoder_build(&spec, &a, &err), 0);
    T_INT(lt_params_of(&layout, &spec, &err), 0);
    T_INT(lt_alloc(&zeros, layout.total, sizeof *zeros, "zeros", &err), 0);
    T_INT(lt_model_add_network(s->model, "autoencoder", &spec, zeros, &err), 0);
    lt_free(zeros);
    struct lt_network *net = &s->model->network[0];
    for (int k = 0; k < K && loss == LT_LOSS_MSE; k++) {
        for (int j = 0; j < D; j++) {
            put(net, "encoder1.weight", k * D + j, W[j][k] / (NORM[k] + S));
            put(net, "decoder1.weight", j * K + k, W[j][k]);
        }
        put(net, "logvar.bias", k, log(blur * blur * S / (NORM[k] + S)));
    }
}

static void tear_down(struct scene *s)
{
    lt_model_free(&s->model);
    lt_backend_free(&s->backend);
    lt_table_free(&s->table);
}

/* The value under the key; the model is judged with so many samples. */
static double rated(const struct scene *s, int64_t samples, const char *key)
{
    struct lt_error err = {0};
    struct lt_report *r = NULL;
    T_INT(lt_report_create(&r, &err), 0);
    T_INT(lt_judge_variational(&(struct lt_case){.model = s->model,
                                                 .backend = s->backend,
                                                 .table = s->table,
                                                 .count = ROWS,
                                                 .seed = 1,
                                                 .samples = samples},
                               r, &err),
          0);
    T_STR(err.text, "");
    T_INT(lt_report_seal(r, &err), 0);
    double value = lt_report_get_number(r, key);
    lt_report_free(&r);
    return value;
}

/* -log N(x; 0, W W' + s I), by the matrix inversion lemma, averaged over the rows. */
static double exact_nll(const struct scene *s)
{
    double sum = 0, determinant = D * log(S);
    for (int k = 0; k < K; k++)
        determinant += log(1 + NORM[k] / S);
    for (int r = 0; r < ROWS; r++) {
        double square = 0;
        for (int j = 0; j < D; j++)
            square += (double)s->x[r * D + j] * (double)s->x[r * D + j] / S;
        for (int k = 0; k < K; k++) {
            double along = 0;
            for (int j = 0; j < D; j++)
                along += W[j][k] * (double)s->x[r * D + j];
            square -= along * along / (S * (NORM[k] + S));
        }
        sum += (square + determinant + D * log(2 * 3.14159265358979323846)) / 2;
    }
    return sum / ROWS;
}

TEST(with_the_true_posterior_one_sample_gives_the_likelihood)
{
    struct scene s;
    set_up(&s, LT_LOSS_MSE, 1);
    const double exact = exact_nll(&s);
    T_NEAR(rated(&s, 1, "nll.nats"), exact, 1e-4 * exact);
    T_NEAR(rated(&s, 1, "nll.bound"), exact, 1e-4 * exact);
    tear_down(&s);
}

TEST(with_another_many_samples_do_and_the_bound_lies_above)
{
    struct scene s;
    set_up(&s, LT_LOSS_MSE, 1.5);
    const double exact = exact_nll(&s);
    T_NEAR(rated(&s, 2000, "nll.nats"), exact, 2e-3 * exact);
    /* the bound is off by KL(q || posterior) = (1.5^2 - 1) / 2 - log 1.5 a unit */
    const double gap = K * ((1.5 * 1.5 - 1) / 2 - log(1.5));
    T_NEAR(rated(&s, 2000, "nll.bound"), exact + gap, 0.02 * gap + 2e-3 * exact);
    tear_down(&s);
}

TEST(what_codes_tell_has_its_closed_form)
{
    struct scene s;
    set_up(&s, LT_LOSS_MSE, 1);
    double told = 0;
    for (int r = 0; r < ROWS; r++)
        for (int k = 0; k < K; k++) {
            double mean = 0, variance = S / (NORM[k] + S);
            for (int j = 0; j < D; j++)
                mean += W[j][k] / (NORM[k] + S) * (double)s.x[r * D + j];
            told += (mean * mean + variance - 1 - log(variance)) / 2 / ROWS;
        }
    T_NEAR(rated(&s, 0, "vae.divergence"), told, 1e-5 * told);
    T_NEAR(rated(&s, 0, "vae.units_used"), K, 0);
    tear_down(&s);
}

/* Outputs of one half say log 2 of every zero or one, whatever is drawn. */
TEST(grey_values_are_drawn_as_zeros_and_ones)
{
    struct scene s;
    set_up(&s, LT_LOSS_BCE, 1);
    T_NEAR(rated(&s, 3, "nll.nats"), D * log(2), 1e-6);
    T_NEAR(rated(&s, 3, "vae.units_used"), 0, 0);
    tear_down(&s);
}

TEST(any_number_of_threads_draws_the_same_samples)
{
    struct scene s;
    struct lt_error err = {0};
    set_up(&s, LT_LOSS_MSE, 1.5);
    const double two = rated(&s, 600, "nll.nats");
    lt_backend_free(&s.backend);
    T_INT(lt_backend_create(&s.backend, NULL, 1, &err), 0);
    T_NEAR(rated(&s, 600, "nll.nats"), two, 0);
    tear_down(&s);
}

TEST(models_without_a_distribution_have_no_likelihood)
{
    struct scene s;
    struct lt_error err = {0};
    set_up(&s, LT_LOSS_MAE, 1);
    struct lt_case c = {
        .model = s.model, .backend = s.backend, .table = s.table, .count = ROWS, .samples = 1};
    T_INT(lt_judge_variational(&c, NULL, &err), LT_EUSAGE);
    T_STR(err.text,
          "likelihoods are told of models with one loss, bce or mse; this one has another, or "
          "categories");
    tear_down(&s);
}

/* Binarised rows: as often 1 as the values say, other draws in other epochs, the same for measuring. */
TEST(binarised_rows_keep_their_means)
{
    enum { WIDTH = 3000 };
    static float x[WIDTH], again[WIDTH];
    const float p[3] = {0, 0.3f, 1};
    double sum[3] = {0};
    int differ = 0;
    for (int i = 0; i < WIDTH; i++)
        x[i] = again[i] = p[i % 3];
    x[5] = again[5] = NAN;
    lt_binarise_row(1, 0, 7, WIDTH, x);
    lt_binarise_row(1, 1, 7, WIDTH, again);
    T_OK(isnan(x[5]));
    x[5] = again[5] = 1;
    for (int i = 0; i < WIDTH; i++) {
        T_OK(x[i] == 0 || x[i] == 1);
        sum[i % 3] += (double)x[i];
        differ += x[i] < again[i] || x[i] > again[i];
    }
    T_NEAR(sum[0], 0, 0);
    T_NEAR(sum[1] / 1000, 0.3, 0.05);
    T_NEAR(sum[2], 1000, 0);
    T_OK(differ > 300 && differ < 540);
}

T_MAIN
