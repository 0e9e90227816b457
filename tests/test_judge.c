/* The judge on planted cases: each gets its verdict and exactly its warning. */
#include "app/build.h"
#include "app/codes.h"
#include "app/judge.h"
#include "app/metrics.h"
#include "app/pca.h"
#include "app/report.h"
#include "base/mem.h"
#include "base/rng.h"
#include "t.h"

enum { D = 4, K = 2, TRAIN = 2000, JUDGED = 800, HIDDEN = 8 };

/* Rows (t, |t|, s, |s|) plus noise, and `extra` columns of 5: two numbers tell all four, but not
 * linearly. */
static void fill(float *x, int64_t n, int64_t first, float noise, int extra)
{
    for (int64_t r = 0; r < n; r++, x += D + extra) {
        struct lt_stream stream = lt_stream(3, LT_RNG_TEST, 0, (uint64_t)(first + r));
        float z[2 + D];
        lt_fill_normal(&stream, z, 2 + D);
        const float clean[D] = {z[0], fabsf(z[0]), z[1], fabsf(z[1])};
        for (int i = 0; i < D; i++)
            x[i] = clean[i] + noise * z[2 + i];
        for (int i = 0; i < extra; i++)
            x[D + i] = 5;
    }
}

struct scene {
    struct lt_table *train, *judged;
    struct lt_backend *backend;
    struct lt_model *model;
    struct lt_case judge;
};

static void put(struct scene *s, const char *tensor, int64_t row, int64_t column, float value)
{
    struct lt_network *net = &s->model->network[0];
    for (int i = 0; i < net->layout.count; i++)
        if (strcmp(net->layout.param[i].name, tensor) == 0) {
            net->params[(int64_t)net->layout.param[i].offset + row * net->layout.param[i].cols +
                        column] = value;
            return;
        }
    T_OK(!"a tensor of that name");
}

static void fit_baseline(struct scene *s)
{
    struct lt_error err = {0};
    struct lt_rows rows = {0};
    struct lt_pca pca = {0};
    struct lt_pca_options options = {.dims = K, .seed = 1, .backend = s->backend};
    T_INT(lt_rows_open(&rows, s->train, &s->model->prep, NULL, TRAIN, lt_rows_batch(D), &err), 0);
    T_INT(lt_pca_fit(&pca, &rows, &options, &err), LT_OK);
    T_INT(lt_pca_baseline(&s->model->baseline, &pca, K, &err), LT_OK);
    lt_pca_free(&pca);
    lt_rows_close(&rows);
}

/* A network of zeros: inputs -> 8 relu -> 2 -> 8 relu -> inputs, or without hidden layers. */
static void build_network(struct scene *s, bool hidden, enum lt_loss loss)
{
    struct lt_error err = {0};
    struct lt_net_spec spec;
    struct lt_autoencoder a = {.input = {lt_table_columns(s->train), 1, 1},
                               .dims = K,
                               .hidden = hidden,
                               .layer = {{.width = HIDDEN}},
                               .act = LT_ACT_RELU,
                               .loss = loss,
                               .unit = loss == LT_LOSS_BCE ? LT_ACT_SIGMOID : LT_ACT_LINEAR};
    struct lt_params layout;
    float *zeros = NULL;
    T_INT(lt_autoencoder_build(&spec, &a, &err), LT_OK);
    T_INT(lt_params_of(&layout, &spec, &err), LT_OK);
    T_INT(lt_alloc(&zeros, layout.total, sizeof *zeros, "zeros", &err), LT_OK);
    T_INT(lt_model_add_network(s->model, "autoencoder", &spec, zeros, &err), LT_OK);
    lt_free(zeros);
}

static void set_up(struct scene *s, float noise, int extra, bool hidden, enum lt_loss loss)
{
    struct lt_error err = {0};
    static float x[(TRAIN + JUDGED) * (D + 2)];
    int64_t columns = D + extra;
    int64_t rows[TRAIN];
    *s = (struct scene){0};
    fill(x, TRAIN + JUDGED, 0, noise, extra);
    for (int64_t i = 0; loss == LT_LOSS_BCE && i < (TRAIN + JUDGED) * columns; i++)
        x[i] = 0.5f + 0.45f * sinf(x[i]);
    for (int i = 0; i < TRAIN; i++)
        rows[i] = i;
    T_INT(lt_table_from_rows(&s->train, "train", x, TRAIN, columns, &err), LT_OK);
    T_INT(lt_table_from_rows(&s->judged, "judged", x + TRAIN * columns, JUDGED, columns, &err), 0);
    T_INT(lt_backend_create(&s->backend, NULL, 2, &err), LT_OK);
    T_INT(lt_model_create(&s->model, &err), LT_OK);
    T_INT(lt_prep_fit(&s->model->prep, s->train, rows, TRAIN,
                      &(struct lt_prep_options){.scaling = LT_SCALING_NONE}, &err),
          LT_OK);
    fit_baseline(s);
    build_network(s, hidden, loss);
    s->judge = (struct lt_case){.model = s->model,
                                .backend = s->backend,
                                .table = s->judged,
                                .count = JUDGED,
                                .train = s->train,
                                .train_count = TRAIN,
                                .settled = LT_SETTLED_YES,
                                .seed = 1};
}

/* relu(t) - relu(-t) = t and relu(t) + relu(-t) = |t|: a network that reconstructs every row but
 * for its noise, with 4 of the 8 units of each hidden layer. */
static void solve(struct scene *s)
{
    for (int z = 0; z < K; z++)
        for (int sign = 0; sign < 2; sign++) {
            int unit = 2 * z + sign;
            float one = sign ? -1.0f : 1.0f;
            put(s, "encoder1.weight", unit, 2 * z, one);
            put(s, "encoder2.weight", z, unit, one);
            put(s, "decoder1.weight", unit, z, one);
            put(s, "decoder2.weight", 2 * z, unit, one);
            put(s, "decoder2.weight", 2 * z + 1, unit, 1);
        }
    for (int unit = 4; unit < HIDDEN; unit++) { /* the others vary but nobody listens */
        put(s, "encoder1.weight", unit, 1, 1);
        put(s, "decoder1.weight", unit, unit % 2, 1);
    }
}

static struct lt_report *judge(struct scene *s)
{
    struct lt_error err = {0};
    struct lt_report *report = NULL;
    lt_model_seal(s->model);
    T_INT(lt_report_create(&report, &err), LT_OK);
    lt_judge(&s->judge, report, &err);
    T_STR(err.text, "");
    T_INT(lt_report_seal(report, &err), LT_OK);
    return report;
}

static void tear_down(struct scene *s, struct lt_report *report)
{
    lt_report_free(&report);
    lt_model_free(&s->model);
    lt_backend_free(&s->backend);
    lt_table_free(&s->train);
    lt_table_free(&s->judged);
}

/* `warning` is the one warning there must be, NULL for none. */
static void expect(const struct lt_report *r, const char *verdict, const char *warning)
{
    static const char *const all[] = {"dead_units", "duplicates", "not_converged", "few_rows"};
    T_STR(lt_report_get_string(r, "verdict"), verdict);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char key[60];
        snprintf(key, sizeof key, "warnings.%s", all[i]);
        if (warning && strcmp(warning, all[i]) == 0)
            T_OK(lt_report_get_string(r, key) != NULL);
        else
            T_OK(lt_report_get_string(r, key) == NULL);
    }
}

static bool begins(const struct lt_report *r, const char *text)
{
    return strncmp(lt_report_text(r), text, strlen(text)) == 0;
}

TEST(a_network_that_knows_the_curve_beats_pca)
{
    struct scene s;
    set_up(&s, 0.05f, 0, true, LT_LOSS_MSE);
    solve(&s);
    struct lt_report *r = judge(&s);
    expect(r, "beats-pca", NULL);
    double error = lt_report_get_number(r, "squared_error");
    double pca = lt_report_get_number(r, "pca.squared_error");
    double ratio = lt_report_get_number(r, "ratio.value");
    /* noise of 0.05 on |t| and |s|, doubled by the noise of t and s */
    T_NEAR(error / (4 * 0.0025), 1, 0.2);
    T_NEAR(pca / (2 * (1 - 2 / M_PI)), 1, 0.2);
    T_NEAR(ratio, pca / error, 1e-9);
    T_OK(lt_report_get_number(r, "ratio.low") < ratio);
    T_OK(lt_report_get_number(r, "ratio.high") > ratio);
    T_INT(lt_report_get_number(r, "rows"), JUDGED);
    T_INT(lt_report_get_number(r, "inputs"), D);
    T_INT(lt_report_get_number(r, "dims"), K);
    T_INT(lt_report_get_number(r, "pca.dims"), K);
    T_INT(lt_report_get_number(r, "duplicates.rows"), 0);
    T_NEAR(lt_report_get_number(r, "mse"), error / D, 1e-15);
    T_NEAR(lt_report_get_number(r, "sizes.dimensions_ratio"), 2, 0);
    T_NEAR(lt_report_get_number(r, "sizes.bytes_ratio"), 2, 0);
    T_OK(begins(r, "The autoencoder leaves "));
    T_OK(strstr(lt_report_text(r), " times less error than PCA with the same 2 numbers (95 % "
                                   "interval ") != NULL);
    T_OK(strstr(lt_report_text(r), "\nnext: latent encode MODEL DATA -o codes.npy\n") != NULL);
    tear_down(&s, r);
}

TEST(threads_do_not_change_a_report)
{
    struct scene s;
    set_up(&s, 0.05f, 0, true, LT_LOSS_MSE);
    solve(&s);
    struct lt_report *one = judge(&s);
    struct lt_error err = {0};
    lt_backend_free(&s.backend);
    T_INT(lt_backend_create(&s.backend, NULL, 5, &err), LT_OK);
    s.judge.backend = s.backend;
    struct lt_report *five = judge(&s);
    T_STR(lt_report_json(five), lt_report_json(one));
    lt_report_free(&one);
    tear_down(&s, five);
}

TEST(a_perfect_network_leaves_no_error_at_all)
{
    struct scene s;
    set_up(&s, 0.0f, 0, true, LT_LOSS_MSE);
    solve(&s);
    struct lt_report *r = judge(&s);
    expect(r, "beats-pca", NULL);
    T_OK(
        begins(r, "The autoencoder leaves no error at all; PCA with the same 2 numbers leaves 0."));
    T_OK(strstr(lt_report_json(r), "\"value\": null") != NULL);
    tear_down(&s, r);
}

static void make_linear(struct scene *s, float shrink)
{
    for (int z = 0; z < K; z++) /* t and s are the directions of largest variance */
        for (int i = 0; i < D; i++) {
            float b = s->model->baseline.basis[z * D + i];
            put(s, "encoder1.weight", z, i, b);
            put(s, "decoder1.weight", i, z, shrink * b);
        }
    for (int i = 0; i < D; i++) {
        float kept = s->model->baseline.mean[i];
        for (int z = 0; z < K; z++) { /* x' = mean + B^T B (x - mean) */
            float dot = 0;
            for (int j = 0; j < D; j++)
                dot += s->model->baseline.basis[z * D + j] * s->model->baseline.mean[j];
            kept -= dot * s->model->baseline.basis[z * D + i];
        }
        put(s, "decoder1.bias", i, 0, kept);
    }
}

TEST(a_linear_network_is_told_to_be_pca)
{
    struct scene s;
    set_up(&s, 0.05f, 0, false, LT_LOSS_MSE);
    make_linear(&s, 1);
    struct lt_report *r = judge(&s);
    expect(r, "use-pca", NULL);
    T_NEAR(lt_report_get_number(r, "ratio.value"), 1, 1e-4);
    T_OK(begins(r, "Use PCA: PCA with the same 2 numbers is as good; the autoencoder leaves 1.000 "
                   "times its error"));
    lt_report_free(&r);
    make_linear(&s, 0.5f);
    r = judge(&s);
    expect(r, "use-pca", NULL);
    T_OK(begins(r, "Use PCA: PCA with the same 2 numbers leaves "));
    T_OK(strstr(lt_report_text(r), " less error than the autoencoder (95 % interval ") != NULL);
    tear_down(&s, r);
}

TEST(training_that_had_not_converged_is_told)
{
    struct scene s;
    set_up(&s, 0.05f, 0, false, LT_LOSS_MSE);
    make_linear(&s, 0.5f);
    s.judge.settled = LT_SETTLED_NO;
    struct lt_report *r = judge(&s);
    expect(r, "not-converged", NULL);
    tear_down(&s, r);
    set_up(&s, 0.05f, 0, true, LT_LOSS_MSE);
    solve(&s);
    s.judge.settled = LT_SETTLED_NO;
    r = judge(&s);
    expect(r, "beats-pca", "not_converged");
    tear_down(&s, r);
}

TEST(validations_that_still_fall_are_not_converged)
{
    double errors[30];
    for (int i = 0; i < 30; i++)
        errors[i] = 100 * pow(0.9, i);
    T_OK(!lt_converged(errors, 30));
    for (int i = 0; i < 30; i++)
        errors[i] = 5 + 100 * pow(0.6, i);
    T_OK(lt_converged(errors, 30));
    T_OK(!lt_converged(errors, 5));
    T_OK(!lt_converged(errors, 1));
    T_OK(!lt_converged(errors, 0));
    for (int i = 20; i < 30; i++)
        errors[i] = 6 + i; /* rising again: the best stays */
    T_OK(lt_converged(errors, 30));
}

TEST(a_collapsed_network_is_told_and_why)
{
    struct scene s;
    set_up(&s, 0.05f, 0, true, LT_LOSS_MSE);
    struct lt_report *r = judge(&s);
    expect(r, "collapsed", NULL);
    T_STR(lt_report_get_string(r, "message"),
          "Collapsed: the network gives every row the same reconstruction, because its code does "
          "not vary.");
    lt_report_free(&r);
    put(&s, "encoder1.weight", 0, 0, 1);
    put(&s, "encoder2.weight", 0, 0, 1);
    r = judge(&s);
    expect(r, "collapsed", NULL);
    T_STR(lt_report_get_string(r, "message"),
          "Collapsed: the network gives every row the same reconstruction, because its decoder "
          "does not listen to the code.");
    tear_down(&s, r);
}

TEST(dead_units_are_counted_and_told)
{
    struct scene s;
    set_up(&s, 0.05f, 0, true, LT_LOSS_MSE);
    solve(&s);
    put(&s, "decoder1.bias", 5, 0, -100);
    put(&s, "decoder1.bias", 7, 0, -100);
    struct lt_report *r = judge(&s);
    expect(r, "beats-pca", "dead_units");
    T_INT(lt_report_get_number(r, "units.dead"), 2);
    T_INT(lt_report_get_number(r, "units.total"), 2 * HIDDEN + K);
    T_OK(strstr(lt_report_text(r), "warning: 2 of the 8 units of \"decoder1\" never vary") != NULL);
    tear_down(&s, r);
}

TEST(units_of_a_code_that_hardly_vary_are_dead)
{
    for (int shy = 0; shy < 2; shy++) {
        struct scene s;
        struct lt_error err = {0};
        set_up(&s, 0.05f, 0, true, LT_LOSS_MSE);
        solve(&s);
        for (int sign = 0; sign < 2 && shy; sign++)
            put(&s, "encoder2.weight", 1, 2 + sign, sign ? -0.001f : 0.001f);
        if (shy)
            T_INT(lt_json_set_number(s.model->record, "settings.contractive", 0.1, &err), 0);
        struct lt_report *r = judge(&s);
        T_NEAR(lt_report_get_number(r, "codes.active_mean"), K, 0.01);
        T_INT(lt_report_get_number(r, "codes.used"), K - shy);
        T_INT(lt_report_get_number(r, "codes.dead"), shy);
        const char *line =
            "contractive code: 1 of 2 units vary from row to row, 1 by less than 1 % of "
            "the one that varies most";
        T_OK((strstr(lt_report_text(r), line) != NULL) == (shy == 1));
        tear_down(&s, r);
    }
}

/* Three units: one for every row, one for one row in 200, one for none. */
TEST(units_of_a_sparse_code_are_used_for_one_row_in_a_hundred)
{
    enum { N = 200 };
    struct lt_net_spec spec = {.count = 2, .code = 1};
    struct lt_moments none = {0};
    struct lt_codes codes;
    struct lt_error err = {0};
    struct lt_report *r = NULL;
    float x[N * 3] = {0};
    spec.node[0].kind = LT_NODE_SPARSE;
    spec.node[0].sparsity = LT_SPARSITY_BATCHTOPK;
    spec.node[1].shape = (struct lt_shape){3, 1, 1};
    for (int i = 0; i < N; i++)
        x[3 * i] = -1;
    x[1] = 2;
    T_INT(lt_codes_create(&codes, &spec, &err), 0);
    T_INT(lt_report_create(&r, &err), 0);
    lt_codes_add(&codes, x, N);
    lt_codes_report(&codes, &none, false, r);
    T_NEAR(lt_report_get_number(r, "codes.active_mean"), 1 + 1.0 / N, 1e-12);
    T_INT(lt_report_get_number(r, "codes.used"), 1);
    T_INT(lt_report_get_number(r, "codes.dead"), 1);
    lt_report_free(&r);
    lt_codes_free(&codes);
}

TEST(judged_rows_that_also_trained_are_counted_exactly)
{
    struct scene s;
    set_up(&s, 0.05f, 0, true, LT_LOSS_MSE);
    solve(&s);
    s.judge.train = s.judged; /* the same table: rows 700 ... 799 train and judge */
    int64_t train_rows[100];
    for (int i = 0; i < 100; i++)
        train_rows[i] = 700 + i;
    s.judge.train_rows = train_rows;
    s.judge.train_count = 100;
    struct lt_report *r = judge(&s);
    expect(r, "beats-pca", "duplicates");
    T_INT(lt_report_get_number(r, "duplicates.rows"), 100);
    T_NEAR(lt_report_get_number(r, "duplicates.fraction"), 0.125, 0);
    T_OK(strstr(lt_report_text(r),
                "warning: 12.5 % of the judged rows also stand in training (100 of 800); on the "
                "others the squared error is 0.0") != NULL);
    tear_down(&s, r);
}

TEST(few_rows_make_a_wide_interval_and_say_so)
{
    struct scene s;
    set_up(&s, 0.05f, 0, true, LT_LOSS_MSE);
    solve(&s);
    struct lt_report *many = judge(&s);
    s.judge.count = 60;
    struct lt_report *r = judge(&s);
    expect(r, "beats-pca", "few_rows");
    double wide = lt_report_get_number(r, "ratio.high") - lt_report_get_number(r, "ratio.low");
    double narrow =
        lt_report_get_number(many, "ratio.high") - lt_report_get_number(many, "ratio.low");
    T_OK(wide > 2 * narrow);
    lt_report_free(&r);
    lt_report_free(&many);
    s.judge.count = 1;
    r = judge(&s);
    T_OK(strstr(lt_report_text(r), "(too few rows for an interval)") != NULL);
    T_OK(strstr(lt_report_text(r), "warning: 1 row is too few to promise anything") != NULL);
    tear_down(&s, r);
}

TEST(pca_with_fewer_numbers_than_the_code_says_so)
{
    struct scene s;
    set_up(&s, 0.05f, 0, true, LT_LOSS_MSE);
    solve(&s);
    s.model->baseline.dims = 1;
    struct lt_report *r = judge(&s);
    expect(r, "beats-pca", NULL);
    T_INT(lt_report_get_number(r, "pca.dims"), 1);
    T_OK(strstr(lt_report_text(r), "less error than PCA with only 1 number (95 ") != NULL);
    T_OK(strstr(lt_report_text(r), "\nPCA stops at 1: its training rows vary in no more directions"
                                   "\n") != NULL);
    tear_down(&s, r);
}

TEST(cross_entropy_is_told_in_nats_beside_a_constant_and_a_perfect_prediction)
{
    struct scene s;
    set_up(&s, 0.05f, 0, true, LT_LOSS_BCE);
    struct lt_report *r = judge(&s); /* zeros: every prediction is 1/2 */
    T_NEAR(lt_report_get_number(r, "nats"), D * log(2), 1e-5);
    double constant = lt_report_get_number(r, "mean.nats");
    double perfect = lt_report_get_number(r, "perfect.nats");
    T_OK(constant < D * log(2) && perfect < constant && perfect > 0);
    T_OK(strstr(lt_report_text(r), "cross-entropy 2.7726 nats per row") != NULL);
    tear_down(&s, r);
}

TEST(intervals_cover_the_truth_about_nineteen_times_in_twenty)
{
    enum { N = 200, TRIALS = 200 };
    int covered = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        double a[N], b[N];
        struct lt_interval interval;
        for (int i = 0; i < N; i++) {
            struct lt_stream stream = lt_stream(5, LT_RNG_TEST, (uint32_t)trial, (uint64_t)i);
            b[i] = 1 + (double)lt_uniform(&stream, 0);
            a[i] = 3 * b[i] + (double)lt_normal(&stream, 1);
        }
        T_INT(lt_bootstrap_ratio(&interval, a, b, N, (uint64_t)trial, 2, NULL), LT_OK);
        covered += interval.low <= 3 && 3 <= interval.high;
    }
    T_OK(covered >= 0.90 * TRIALS && covered < TRIALS);
}

TEST(a_report_orders_its_text_and_nests_its_keys)
{
    struct lt_error err = {0};
    struct lt_report *r = NULL;
    T_INT(lt_report_create(&r, &err), LT_OK);
    lt_report_integer(r, "rows", 3);
    lt_report_number(r, "pca.squared_error", 0.1);
    lt_report_string(r, "name", "a\"b\\c\n\xc3\xa9\xff");
    lt_report_number(r, "pca.dims", INFINITY);
    const double values[] = {1, 2.5};
    lt_report_numbers(r, "curve", values, 2);
    lt_report_boolean(r, "deep.er.yes", true);
    lt_report_integer(r, "rows", 4);
    lt_report_next(r, "stop");
    lt_report_line(r, "line %d", 1);
    lt_report_verdict(r, "word", "Sentence.");
    T_INT(lt_report_seal(r, &err), LT_OK);
    T_STR(lt_report_text(r), "Sentence.\nline 1\nnext: stop\n");
    struct lt_json *json = NULL;
    const char *text = lt_report_json(r);
    int64_t rows = 0;
    bool yes = false;
    T_INT(lt_json_parse(&json, "report", text, strlen(text), &err), LT_OK);
    T_INT(lt_json_get_integer(json, "rows", &rows, &err), LT_OK);
    T_INT(rows, 4);
    T_INT(lt_json_get_bool(json, "deep.er.yes", &yes, &err), LT_OK);
    T_OK(yes);
    T_INT(lt_json_kind(lt_json_get(json, "pca.dims")), LT_JSON_NULL);
    T_INT(lt_json_count(lt_json_get(json, "curve")), 2);
    T_STR(lt_report_get_string(r, "name"), "a\"b\\c\n\xc3\xa9\xef\xbf\xbd");
    lt_json_free(&json);
    T_NEAR(lt_report_get_number(r, "pca.squared_error"), 0.1, 0);
    T_OK(isnan(lt_report_get_number(r, "absent")));
    T_OK(lt_report_get_string(r, "rows") == NULL);
    lt_report_free(&r);
}

T_MAIN
