/* The doctor passes sound networks and finds faults: each test of a fault takes a term out of a
 * backend on purpose. */
#include "app/build.h"
#include "app/doctor.h"
#include "base/clock.h"
#include "base/mem.h"
#include "t.h"

enum { ROWS = 64 };

/* ---- models that need no training ---- */

static void make_rows(float *x, int64_t columns)
{
    for (int64_t r = 0; r < ROWS; r++) {
        struct lt_stream s = lt_stream(4, LT_RNG_TEST, 0, (uint64_t)r);
        lt_fill_uniform(&s, x + r * columns, (size_t)columns);
        for (int64_t j = 1; j < columns; j++)
            x[r * columns + j] = 0.3f * x[r * columns + j] + 0.7f * x[r * columns + j - 1];
    }
}

/* Mean and two directions, as train would leave them, if less exact. */
static void make_baseline(struct lt_baseline *b, const struct lt_prep *prep, const float *x,
                          int64_t columns)
{
    struct lt_error err = {0};
    b->dims = columns > 2 ? 2 : 1;
    T_INT(lt_alloc(&b->mean, (size_t)columns, sizeof(float), "mean", &err), 0);
    T_INT(lt_alloc(&b->basis, (size_t)(b->dims * columns), sizeof(float), "basis", &err), 0);
    T_INT(lt_alloc(&b->variance, (size_t)b->dims, sizeof(float), "variance", &err), 0);
    for (int64_t j = 0; j < columns; j++)
        for (int64_t r = 0; r < ROWS; r++)
            b->mean[j] +=
                (float)(((double)x[r * columns + j] - prep->offset[j]) * prep->scale[j] / ROWS);
    for (int64_t k = 0; k < b->dims; k++) {
        b->variance[k] = (float)(0.02 * (double)columns / (double)(k + 1));
        for (int64_t j = k; j < columns; j += b->dims)
            b->basis[k * columns + j] = 1 / sqrtf((float)(columns / b->dims));
    }
}

static struct lt_model *make_model(const struct lt_autoencoder *a, enum lt_scaling scaling)
{
    static float x[ROWS * 1024];
    int64_t columns = lt_shape_width(a->input), ids[ROWS];
    struct lt_error err = {0};
    struct lt_table *table = NULL;
    struct lt_model *model = NULL;
    struct lt_net_spec spec;
    struct lt_params layout;
    float *weights = NULL;
    make_rows(x, columns);
    for (int64_t r = 0; r < ROWS; r++)
        ids[r] = r;
    if (lt_autoencoder_build(&spec, a, &err) || lt_params_of(&layout, &spec, &err) ||
        lt_alloc(&weights, layout.total, sizeof *weights, "weights", &err) ||
        lt_model_create(&model, &err) ||
        lt_table_from_rows(&table, "rows", x, ROWS, columns, &err) ||
        lt_prep_fit(&model->prep, table, ids, ROWS, &(struct lt_prep_options){.scaling = scaling},
                    &err))
        T_FAIL("%s", err.text);
    make_baseline(&model->baseline, &model->prep, x, columns);
    lt_params_init(&layout, &spec, 9, weights);
    T_INT(lt_model_add_network(model, "autoencoder", &spec, weights, &err), 0);
    lt_model_seal(model);
    lt_table_free(&table);
    lt_free(weights);
    return model;
}

static struct lt_autoencoder small(enum lt_act act)
{
    return (struct lt_autoencoder){.input = {10, 1, 1},
                                   .dims = 3,
                                   .hidden = 2,
                                   .layer = {{.width = 32}, {.width = 16}},
                                   .act = act,
                                   .loss = LT_LOSS_MSE,
                                   .unit = LT_ACT_LINEAR};
}

/* ---- the sound ---- */

static void expect_sound(const struct lt_autoencoder *a, enum lt_scaling scaling,
                         const char *backend)
{
    struct lt_error err = {0};
    struct lt_report *report = NULL;
    struct lt_model *model = make_model(a, scaling);
    int rc = lt_doctor(model, backend, 2, &report, &err);
    if (rc)
        T_FAIL("%s, %s:\n%s\n%s", backend ? backend : "best", lt_act_name(a->act), err.text,
               report ? lt_report_text(report) : "");
    T_STR(lt_report_get_string(report, "verdict"), "sound");
    T_OK(lt_report_get_number(report, "checks.gradients.passed") == 1);
    T_OK(lt_report_get_number(report, "checks.gradients.deviation") < 1e-3);
    lt_report_free(&report);
    lt_model_free(&model);
}

TEST(sound_networks_of_every_activation_pass)
{
    for (int act = 0; act < LT_ACTS; act++) {
        struct lt_autoencoder a = small((enum lt_act)act);
        expect_sound(&a, LT_SCALING_STANDARD, "ref");
        expect_sound(&a, LT_SCALING_STANDARD, NULL);
    }
}

TEST(sound_networks_of_every_loss_pass)
{
    for (int loss = 0; loss < LT_LOSS_CE; loss++) {
        struct lt_autoencoder a = small(LT_ACT_RELU);
        a.loss = (enum lt_loss)loss;
        a.unit = LT_ACT_SIGMOID;
        expect_sound(&a, LT_SCALING_NONE, NULL);
    }
}

TEST(sound_networks_with_ties_noise_and_dropout_pass)
{
    struct lt_autoencoder a = small(LT_ACT_ELU);
    a.tied = true;
    expect_sound(&a, LT_SCALING_STANDARD, NULL);
    a.noise = LT_NOISE_MASK;
    a.amount = 0.4;
    a.dropout = 0.5;
    expect_sound(&a, LT_SCALING_STANDARD, NULL);
}

TEST(sound_networks_of_unusual_shape_pass)
{
    struct lt_autoencoder a = small(LT_ACT_TANH);
    a.hidden = 0;
    expect_sound(&a, LT_SCALING_STANDARD, NULL); /* linear: PCA's own shape */
    a.input.c = 2;
    a.dims = 1;
    expect_sound(&a, LT_SCALING_MINMAX, NULL);
    a = (struct lt_autoencoder){
        .input = {60, 1, 1},
        .dims = 2,
        .hidden = 5,
        .layer = {{.width = 48}, {.width = 40}, {.width = 32}, {.width = 16}, {.width = 8}},
        .act = LT_ACT_SIGMOID,
        .loss = LT_LOSS_BCE,
        .unit = LT_ACT_SIGMOID};
    expect_sound(&a, LT_SCALING_NONE, NULL); /* deep and saturating */
}

TEST(a_large_network_is_examined_in_seconds)
{
    struct lt_autoencoder a = {.input = {784, 1, 1},
                               .dims = 30,
                               .hidden = 3,
                               .layer = {{.width = 1000}, {.width = 500}, {.width = 250}},
                               .act = LT_ACT_ELU,
                               .loss = LT_LOSS_BCE,
                               .unit = LT_ACT_SIGMOID};
    double began = lt_clock();
    expect_sound(&a, LT_SCALING_NONE, NULL);
    T_NOTE("784-1000-500-250-30: %.1f s", lt_clock() - began);
}

/* ---- the faulty ---- */

static const struct lt_backend_ops *honest; /* what the faults leave out a part of */

static void no_bias(struct lt_backend *b, struct lt_dense *dense, int64_t rows, struct lt_buffer x,
                    struct lt_buffer da, struct lt_buffer dx, struct lt_buffer dw,
                    struct lt_buffer db, bool accumulate)
{
    (void)db;
    honest->dense_backward(b, dense, rows, x, da, dx, dw, (struct lt_buffer){NULL, 0}, accumulate);
}

static void no_data_gradient(struct lt_backend *b, struct lt_dense *dense, int64_t rows,
                             struct lt_buffer x, struct lt_buffer da, struct lt_buffer dx,
                             struct lt_buffer dw, struct lt_buffer db, bool accumulate)
{
    (void)dx;
    honest->dense_backward(b, dense, rows, x, da, (struct lt_buffer){NULL, 0}, dw, db, accumulate);
}

static void no_last_row(struct lt_backend *b, struct lt_dense *dense, int64_t rows,
                        struct lt_buffer x, struct lt_buffer da, struct lt_buffer dx,
                        struct lt_buffer dw, struct lt_buffer db, bool accumulate)
{
    honest->dense_backward(b, dense, rows, x, da, dx, dw, db, accumulate);
    honest->dense_backward(b, dense, rows - 1, x, da, dx, dw, db, accumulate);
}

static void no_slope(struct lt_backend *b, enum lt_act act, size_t n, struct lt_buffer pre,
                     struct lt_buffer y, struct lt_buffer dy, struct lt_buffer da)
{
    (void)b, (void)act, (void)n, (void)pre, (void)y, (void)dy, (void)da;
}

static void no_update(struct lt_backend *b, enum lt_update kind, const struct lt_update_args *args,
                      size_t n, struct lt_buffer w, struct lt_buffer g, struct lt_buffer m,
                      struct lt_buffer v)
{
    (void)b, (void)kind, (void)args, (void)n, (void)w, (void)g, (void)m, (void)v;
}

static void thread_matters(struct lt_backend *b, struct lt_dense *dense, int64_t rows,
                           struct lt_buffer x, struct lt_buffer bias, enum lt_act act,
                           struct lt_buffer pre, struct lt_buffer y)
{
    honest->dense_forward(b, dense, rows, x, bias, act, pre, y);
    if (b->threads == 3)
        honest->axpby(b, 1, 0, y, 1.0000001f, y);
}

static void forward_is_off(struct lt_backend *b, struct lt_dense *dense, int64_t rows,
                           struct lt_buffer x, struct lt_buffer bias, enum lt_act act,
                           struct lt_buffer pre, struct lt_buffer y)
{
    honest->dense_forward(b, dense, rows, x, bias, act, pre, y);
    honest->axpby(b, (size_t)rows, 0, y, 1.1f, y);
}

/* Which checks fail with this table of operations. */
static void expect_fault(const struct lt_backend_ops *ops, const char *checks)
{
    struct lt_error err = {0};
    struct lt_report *report = NULL;
    struct lt_backend *b = NULL;
    struct lt_autoencoder a = small(LT_ACT_TANH);
    struct lt_model *model = make_model(&a, LT_SCALING_STANDARD);
    char message[200];
    T_INT(lt_backend_create(&b, NULL, 2, &err), 0);
    T_INT(lt_report_create(&report, &err), 0);
    b->ops = ops;
    T_INT(lt_doctor_examine(model, b, report, &err), LT_ENO);
    snprintf(message, sizeof message, "doctor found a fault: %s", checks);
    if (strcmp(err.text, message) != 0)
        T_FAIL("expected faults in %s, but:\n%s", checks, lt_report_text(report));
    T_STR(lt_report_get_string(report, "verdict"), "fault");
    T_STR(lt_report_get_string(report, "message"), message);
    lt_report_free(&report);
    lt_backend_free(&b);
    lt_model_free(&model);
}

/* A copy of the best backend's operations, to be changed. */
static struct lt_backend_ops copy_of_best(bool *two)
{
    struct lt_backend *b = NULL, *ref = NULL;
    T_INT(lt_backend_create(&b, NULL, 1, NULL), 0);
    T_INT(lt_backend_create(&ref, "ref", 1, NULL), 0);
    honest = b->ops;
    *two = strcmp(b->ops->name, "ref") != 0;
    lt_backend_free(&b);
    lt_backend_free(&ref);
    return *honest;
}

TEST(a_missing_bias_gradient_is_found)
{
    bool two;
    struct lt_backend_ops ops = copy_of_best(&two);
    ops.dense_backward = no_bias;
    expect_fault(&ops, two ? "gradients, backends" : "gradients");
}

TEST(a_missing_data_gradient_is_found)
{
    bool two;
    struct lt_backend_ops ops = copy_of_best(&two);
    ops.dense_backward = no_data_gradient;
    expect_fault(&ops, two ? "gradients, backends" : "gradients");
}

TEST(a_row_that_is_left_out_of_a_sum_is_found)
{
    bool two;
    struct lt_backend_ops ops = copy_of_best(&two);
    ops.dense_backward = no_last_row;
    expect_fault(&ops, two ? "gradients, backends" : "gradients");
}

TEST(a_missing_slope_of_the_activation_is_found)
{
    bool two;
    struct lt_backend_ops ops = copy_of_best(&two);
    ops.act_backward = no_slope;
    expect_fault(&ops, two ? "gradients, backends" : "gradients");
}

TEST(an_optimizer_that_stands_still_is_found)
{
    bool two;
    struct lt_backend_ops ops = copy_of_best(&two);
    ops.update = no_update;
    expect_fault(&ops, "overfitting");
}

TEST(bits_that_depend_on_threads_are_found)
{
    bool two;
    struct lt_backend_ops ops = copy_of_best(&two);
    ops.dense_forward = thread_matters;
    expect_fault(&ops, "threads");
}

TEST(a_wrong_forward_product_is_found)
{
    bool two;
    struct lt_backend_ops ops = copy_of_best(&two);
    ops.dense_forward = forward_is_off;
    expect_fault(&ops, two ? "gradients, backends" : "gradients");
}

TEST(weights_that_do_not_match_their_digest_are_found)
{
    struct lt_error err = {0};
    struct lt_report *report = NULL;
    struct lt_autoencoder a = small(LT_ACT_TANH);
    struct lt_model *model = make_model(&a, LT_SCALING_STANDARD);
    model->network[0].params[0] += 1; /* after it was sealed */
    int rc = lt_doctor(model, NULL, 2, &report, &err);
    T_OK(rc == LT_ENO || rc == LT_ECONTENT);
    lt_report_free(&report);
    lt_model_free(&model);
}

TEST(an_unknown_backend_is_refused_without_a_report)
{
    struct lt_error err = {0};
    struct lt_report *report = NULL;
    struct lt_autoencoder a = small(LT_ACT_TANH);
    struct lt_model *model = make_model(&a, LT_SCALING_STANDARD);
    T_INT(lt_doctor(model, "abacus", 2, &report, &err), LT_EUSAGE);
    T_OK(report == NULL);
    lt_model_free(&model);
}

T_MAIN
