/* Networks: gradients against central differences in double precision, the two
 * halves against the whole, rows against their neighbours. */
#include "base/mem.h"
#include "kernels/ref/ref.h"
#include "net/layer.h"
#include "t_net.h"

/* ---- bound networks ---- */

struct rig {
    struct lt_backend *backend;
    struct lt_net *net;
    struct lt_params layout;
    float *weights, *gradients; /* (layout.total) */
    float *rows;                /* (capacity, D), values in [0, 1) */
    const float *partners;      /* (capacity - 64, D), rows further on; NULL: none */
    int64_t row_ids[256];
};

static void fill(float *x, size_t n, uint64_t row, float low, float high)
{
    struct lt_stream s = lt_stream(7, LT_RNG_TEST, 0, row);
    lt_fill_uniform(&s, x, n);
    for (size_t i = 0; i < n; i++)
        x[i] = low + (high - low) * x[i];
}

static void rig_close(struct rig *r)
{
    lt_net_free(&r->net);
    lt_backend_free(&r->backend);
    lt_free(r->weights);
    lt_free(r->gradients);
    lt_free(r->rows);
}

/* Biases and means are not 0, gains and variances not 1, so that each one matters. */
static void spread_params(struct rig *r)
{
    for (int p = 0; p < r->layout.count; p++) {
        const struct lt_param *q = &r->layout.param[p];
        const float middle = q->kind == LT_PARAM_GAIN || q->kind == LT_PARAM_VARIANCE ? 1 : 0;
        if (q->kind != LT_PARAM_WEIGHT)
            fill(r->weights + q->offset, (size_t)q->rows, 100 + (uint64_t)p, middle - 0.3f,
                 middle + 0.3f);
    }
}

/* False when this build lacks the backend. */
static bool rig_open(struct rig *r, const struct lt_net_spec *spec, const char *backend,
                     int threads, const struct lt_net_options *options)
{
    struct lt_error err = {0};
    memset(r, 0, sizeof *r);
    if (lt_backend_create(&r->backend, backend, threads, &err))
        return false;
    if (lt_net_create(&r->net, spec, r->backend, options, &err))
        T_FAIL("%s", err.text);
    r->layout = *lt_net_params(r->net);
    size_t width = (size_t)lt_net_spec_inputs(lt_net_spec_of(r->net));
    T_INT(lt_alloc(&r->weights, r->layout.total, sizeof(float), "weights", &err), 0);
    T_INT(lt_alloc(&r->gradients, r->layout.total, sizeof(float), "gradients", &err), 0);
    T_INT(lt_alloc(&r->rows, 256 * width, sizeof(float), "rows", &err), 0);
    lt_params_init(&r->layout, lt_net_spec_of(r->net), 3, r->weights);
    spread_params(r);
    lt_net_set_weights(r->net, r->weights);
    fill(r->rows, 256 * width, 1, 0, 1);
    for (int i = 0; i < 256; i++)
        r->row_ids[i] = 1000 - 3 * i;
    if (spec->node[spec->count - 1].kind == LT_NODE_ATTRACT)
        r->partners = r->rows + 64 * width;
    return true;
}

static struct lt_pass training_pass(const struct rig *r, int64_t rows)
{
    return (struct lt_pass){.rows = rows,
                            .training = true,
                            .seed = 5,
                            .epoch = 2,
                            .row_ids = r->row_ids,
                            .partners = r->partners};
}

static void train_once(struct rig *r, int64_t rows)
{
    struct lt_pass pass = training_pass(r, rows);
    lt_net_put_input(r->net, r->rows, rows);
    lt_net_forward(r->net, &pass);
    lt_net_backward(r->net, &pass);
    r->backend->ops->download(r->backend, r->gradients, lt_net_gradients(r->net),
                              r->layout.total * sizeof(float));
}

/* ---- gradients against the oracle ---- */

static double largest(const double *x, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fabs(x[i]) > most ? fabs(x[i]) : most;
    return most;
}

/* dF/dw by (F(w + h) - F(w - h)) / 2h.  In double with h = 1e-6 its error is near 1e-9: F has few
 * tens of units, and is smooth on that scale at these weights. */
static void differences(const struct lt_net_spec *spec, const struct rig *r,
                        const struct lt_pass *pass, double *w, double *out)
{
    const double h = 1e-6;
    struct lt_error err = {0};
    for (size_t i = 0; i < r->layout.total; i++) {
        double kept = w[i];
        w[i] = kept + h;
        double up = lt_net_oracle(spec, &r->layout, w, r->rows, pass, &err);
        w[i] = kept - h;
        double down = lt_net_oracle(spec, &r->layout, w, r->rows, pass, &err);
        w[i] = kept;
        out[i] = (up - down) / (2 * h);
    }
    T_INT(err.code, 0);
}

/* Each gradient is a sum over rows and paths of f32 products.  A rounding is 6e-8 of the terms and
 * an activation is good to 4e-7, so 4e-6 of the block's largest gradient leaves room for several
 * in a row (5e-7 is the worst met here), and a missing term is far outside. */
static const double GRADIENT_TOLERANCE = 4e-6;

/* The largest deviation of a gradient, in units of the largest gradient of its block; of all where it
 * is none but for rounding, as of a bias that a normalisation takes away again.  Running statistics
 * have none at all. */
static double deviation(const struct rig *r, const double *want, const struct lt_param *q)
{
    size_t count = (size_t)q->rows * (size_t)q->cols;
    double scale = largest(want + q->offset, count), worst = 0;
    double all = largest(want, r->layout.total);
    if (!lt_param_learns(q->kind)) {
        for (size_t i = q->offset; i < q->offset + count; i++)
            T_OK(r->gradients[i] == 0);
        return 0;
    }
    if (q->kind == LT_PARAM_BIAS && scale < 1e-7 * all)
        scale = all;
    T_OK(scale > 0);
    for (size_t i = q->offset; i < q->offset + count; i++)
        if (fabs((double)r->gradients[i] - want[i]) > worst * scale)
            worst = fabs((double)r->gradients[i] - want[i]) / scale;
    return worst;
}

static double check_rig(const struct lt_net_spec *spec, struct rig *r, int64_t rows)
{
    size_t n = r->layout.total;
    struct lt_error err = {0};
    struct lt_pass pass = training_pass(r, rows);
    double *w = NULL, *want = NULL, loss[256], mean = 0, worst = 0, d;
    T_INT(lt_alloc(&w, n, sizeof *w, "weights", &err), 0);
    T_INT(lt_alloc(&want, n, sizeof *want, "gradients", &err), 0);
    train_once(r, rows);
    lt_net_get_losses(r->net, loss, NULL, rows);
    for (int64_t i = 0; i < rows; i++)
        mean += loss[i] / (double)rows;
    for (size_t i = 0; i < n; i++)
        w[i] = (double)r->weights[i];
    double objective = lt_net_oracle(spec, &r->layout, w, r->rows, &pass, &err);
    T_NEAR(mean, objective, 2e-6 * objective);
    differences(spec, r, &pass, w, want);
    for (int p = 0; p < r->layout.count; p++)
        worst = (d = deviation(r, want, &r->layout.param[p])) > worst ? d : worst;
    lt_free(w);
    lt_free(want);
    return worst;
}

static const char *const backends[] = {"ref", "cpu"};
enum { BACKENDS = sizeof backends / sizeof *backends };

/* Rows of mixed_net: numbers in columns 0 ... 4, categories of 3 levels in 5 ... 7 and 8 ... 10, and
 * cells of both sorts missing. */
static void make_mixed(struct rig *r, int64_t rows)
{
    for (int64_t i = 0; i < rows; i++) {
        float *x = r->rows + i * 11;
        for (int64_t j = 0; j < 5; j++)
            x[j] = (i + j) % 4 == 0 ? NAN : x[j];
        for (int64_t j = 5; j < 11; j++)
            x[j] = j < 8 && i % 5 == 0 ? NAN : (j - 5) % 3 == (i + j / 8) % 3;
    }
}

/* Noise, missing cells with flags for columns 1 ... 3, and heads for numbers and categories. */
static void mixed_net(struct lt_net_spec *s, enum lt_noise noise)
{
    int corrupt = add(s, LT_NODE_NOISE, "noise", add_input(s, 11));
    s->node[corrupt].noise = noise;
    s->node[corrupt].amount = 0.2f;
    int observe = add(s, LT_NODE_OBSERVE, "observe", corrupt);
    s->node[observe].flag_first = 1;
    s->node[observe].flags = 3;
    s->node[observe].target = 5;
    s->node[observe].weight = 0.3f;
    int e1 = add_dense(s, "encoder1", observe, 7, LT_ACT_SILU);
    int code = add_code(s, add_dense(s, "encoder2", e1, 3, LT_ACT_LINEAR));
    int d1 = add_dense(s, "decoder1", code, 7, LT_ACT_TANH);
    add_head(s, "output", add_dense(s, "decoder2", d1, 5, LT_ACT_LINEAR), LT_LOSS_HUBER,
             LT_ACT_LINEAR);
    int ce = add_head(s, "output3", add_dense(s, "levels3", d1, 6, LT_ACT_LINEAR), LT_LOSS_CE,
                      LT_ACT_LINEAR);
    s->node[ce].group = 3;
    s->node[ce].target = 5;
    s->node[ce].weight = 0.7f;
}

/* On every backend of this build. */
static void check_gradients_on(struct lt_net_spec *spec, int64_t rows, bool mixed)
{
    struct lt_error err = {0};
    struct rig r;
    if (lt_net_spec_infer(spec, &err))
        T_FAIL("%s", err.text);
    for (int b = 0; b < BACKENDS; b++) {
        if (!rig_open(&r, spec, backends[b], 2,
                      &(struct lt_net_options){.rows = rows, .training = true}))
            continue;
        if (mixed)
            make_mixed(&r, rows);
        double worst = check_rig(spec, &r, rows);
        rig_close(&r);
        if (!(worst <= GRADIENT_TOLERANCE))
            T_FAIL("%s: a gradient is off by %.1e of the largest in its block", backends[b], worst);
    }
}

static void check_gradients(struct lt_net_spec *spec, int64_t rows)
{
    check_gradients_on(spec, rows, false);
}

TEST(gradients_of_every_activation_are_right)
{
    struct lt_net_spec s;
    for (int act = 0; act < LT_ACTS; act++) {
        plain_net(&s, SMALL, (enum lt_act)act, false, LT_LOSS_MSE, LT_ACT_LINEAR);
        check_gradients(&s, 5);
    }
}

TEST(gradients_with_missing_cells_flags_and_categories_are_right)
{
    static const enum lt_noise kinds[] = {LT_NOISE_NONE, LT_NOISE_MISSING, LT_NOISE_GAUSSIAN,
                                          LT_NOISE_MASK};
    struct lt_net_spec s;
    for (int i = 0; i < 4; i++) {
        mixed_net(&s, kinds[i]);
        check_gradients_on(&s, 21, true);
    }
}

TEST(missing_cells_add_nothing_and_categories_come_out_as_shares)
{
    struct lt_net_spec s;
    struct lt_error err = {0};
    struct rig r;
    float out[2 * 11];
    double loss[2], squares[2];
    mixed_net(&s, LT_NOISE_NONE);
    T_INT(lt_net_spec_infer(&s, &err), 0);
    T_OK(rig_open(&r, &s, "ref", 1, &(struct lt_net_options){.rows = 2, .training = true}));
    make_mixed(&r, 2);
    for (int64_t j = 0; j < 11; j++)
        r.rows[11 + j] = NAN;
    struct lt_pass pass = {.rows = 2, .row_ids = r.row_ids};
    lt_net_put_input(r.net, r.rows, 2);
    lt_net_forward(r.net, &pass);
    lt_net_get_output(r.net, out, 2);
    lt_net_get_losses(r.net, loss, squares, 2);
    T_OK(loss[0] > 0 && squares[0] > 0);
    T_NEAR(loss[1], 0, 0);
    T_NEAR(squares[1], 0, 0);
    for (int g = 0; g < 4; g++)
        T_NEAR(out[g / 2 * 11 + 5 + g % 2 * 3] + out[g / 2 * 11 + 6 + g % 2 * 3] +
                   out[g / 2 * 11 + 7 + g % 2 * 3],
               1, 1e-6);
    rig_close(&r);
}

TEST(gradients_of_every_loss_and_output_unit_are_right)
{
    struct lt_net_spec s;
    for (int loss = 0; loss < LT_LOSS_CE; loss++)
        for (int sigmoid = loss == LT_LOSS_BCE; sigmoid < 2; sigmoid++) {
            plain_net(&s, SMALL, LT_ACT_TANH, false, (enum lt_loss)loss,
                      sigmoid ? LT_ACT_SIGMOID : LT_ACT_LINEAR);
            check_gradients(&s, 9);
        }
}

TEST(gradients_of_wide_layers_and_remainder_rows_are_right)
{
    struct lt_net_spec s;
    plain_net(&s, ODD, LT_ACT_SOFTPLUS, false, LT_LOSS_BCE, LT_ACT_SIGMOID);
    check_gradients(&s, 3);
    plain_net(&s, SMALL, LT_ACT_SOFTPLUS, false, LT_LOSS_MSE, LT_ACT_LINEAR);
    for (int64_t rows = 31; rows <= 33; rows++)
        check_gradients(&s, rows);
}

TEST(gradients_of_tied_weights_are_right)
{
    struct lt_net_spec s;
    plain_net(&s, SMALL, LT_ACT_TANH, true, LT_LOSS_MSE, LT_ACT_LINEAR);
    check_gradients(&s, 6);
    plain_net(&s, SMALL, LT_ACT_GELU, true, LT_LOSS_BCE, LT_ACT_SIGMOID);
    check_gradients(&s, 33);
}

TEST(gradients_through_every_noise_and_dropout_are_right)
{
    const float amounts[LT_NOISES] = {
        [LT_NOISE_GAUSSIAN] = 0.2f, [LT_NOISE_MASK] = 0.4f,  [LT_NOISE_SALTPEPPER] = 0.4f,
        [LT_NOISE_UNIFORM] = 0.3f,  [LT_NOISE_POISSON] = 20, [LT_NOISE_JPEG] = 40};
    struct lt_net_spec s;
    for (int kind = 0; kind < LT_NOISES; kind++) {
        noisy_net(&s, (enum lt_noise)kind, amounts[kind]);
        check_gradients(&s, 7);
        s.node[1].most = 2 * amounts[kind]; /* rows draw their amounts */
        check_gradients(&s, 7);
    }
}

/* The rows of a rig, one further: what a network of pairs gets to see in place of its rows. */
TEST(a_network_of_pairs_sees_the_partners_and_is_compared_with_the_rows)
{
    struct lt_net_spec s;
    struct lt_error err = {0};
    struct rig r;
    double seen[2], other[2];
    float noisy[2 * 11];
    noisy_net(&s, LT_NOISE_PAIRS, 0);
    T_INT(lt_net_spec_infer(&s, &err), 0);
    for (int b = 0; b < BACKENDS; b++) {
        if (!rig_open(&r, &s, backends[b], 1,
                      &(struct lt_net_options){.rows = 3, .training = true}))
            continue;
        struct lt_pass pass = training_pass(&r, 2);
        pass.partners = r.rows + 11;
        lt_net_put_input(r.net, r.rows, 2);
        lt_net_forward(r.net, &pass);
        lt_net_get_noisy(r.net, noisy, 2);
        T_OK(memcmp(noisy, r.rows + 11, sizeof noisy) == 0);
        lt_net_get_losses(r.net, seen, NULL, 2);
        double *w = NULL;
        T_INT(lt_alloc(&w, r.layout.total, sizeof *w, "weights", &err), 0);
        for (size_t i = 0; i < r.layout.total; i++)
            w[i] = (double)r.weights[i];
        T_NEAR((seen[0] + seen[1]) / 2, lt_net_oracle(&s, &r.layout, w, r.rows, &pass, &err), 1e-5);
        pass.partners = NULL;
        lt_net_forward(r.net, &pass);
        lt_net_get_losses(r.net, other, NULL, 2);
        T_OK(fabs(seen[0] - other[0]) > 1e-3);
        lt_free(w);
        rig_close(&r);
    }
}

TEST(gradients_of_a_skip_a_concatenation_and_two_heads_are_right)
{
    struct lt_net_spec s;
    graph_net(&s);
    check_gradients(&s, 8);
}

TEST(gradients_of_sums_that_share_a_place_are_right)
{
    struct lt_net_spec s;
    sums_net(&s, LT_ACT_LINEAR);
    check_gradients(&s, 8);
    sums_net(&s, LT_ACT_TANH);
    check_gradients(&s, 8);
}

TEST(gradients_of_convolutions_are_right)
{
    const int64_t kernels[][2] = {{1, 1}, {3, 1}, {3, 2}, {5, 1}, {5, 3}};
    struct lt_net_spec s;
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) {
        grid_net(&s, GREY, kernels[k][0], kernels[k][1]);
        check_gradients(&s, 3);
        grid_net(&s, COLOUR, kernels[k][0], kernels[k][1]);
        check_gradients(&s, 5);
    }
}

TEST(gradients_of_pooling_and_upsampling_are_right)
{
    struct lt_net_spec s;
    for (int pool = LT_POOL_MAX; pool < LT_POOLS; pool++)
        for (int upsample = 0; upsample < LT_UPSAMPLES; upsample++)
            for (int64_t factor = 2; factor <= 3; factor++) {
                pooled_net(&s, factor == 2 ? SLIM : COLOUR, (enum lt_pool)pool, factor,
                           (enum lt_upsample)upsample, LT_NORM_LAYER, LT_ACT_TANH);
                check_gradients(&s, 3);
            }
}

TEST(gradients_of_normalisations_are_right)
{
    const enum lt_act acts[] = {LT_ACT_LINEAR, LT_ACT_SIGMOID, LT_ACT_GELU, LT_ACT_SILU};
    struct lt_net_spec s;
    for (int norm = LT_NORM_LAYER; norm < LT_NORMS; norm++)
        for (int i = 0; i < 4; i++) {
            pooled_net(&s, i % 2 ? COLOUR : SLIM, LT_POOL_AVERAGE, 2, LT_UPSAMPLE_BILINEAR,
                       (enum lt_norm)norm, acts[i]);
            check_gradients(&s, norm == LT_NORM_BATCH ? 9 : 3); /* few rows may hardly vary */
        }
}

/* Tied weights, each half normalised on its own, and the input normalised as it comes. */
static void normalised_tied_net(struct lt_net_spec *s, enum lt_norm norm)
{
    int seen = add_norm(s, "seen", add_input(s, 11), norm, LT_ACT_LINEAR);
    int e1 = add_dense(s, "encoder1", seen, 7, LT_ACT_LINEAR);
    int e2 =
        add_dense(s, "encoder2", add_norm(s, "norm1", e1, norm, LT_ACT_SILU), 3, LT_ACT_LINEAR);
    int d1 = add_dense(s, "decoder1", add_code(s, e2), 7, LT_ACT_LINEAR);
    int d2 =
        add_dense(s, "decoder2", add_norm(s, "norm2", d1, norm, LT_ACT_TANH), 11, LT_ACT_LINEAR);
    s->node[d1].tied = e2;
    s->node[d2].tied = e1;
    add_head(s, "output", d2, LT_LOSS_MSE, LT_ACT_LINEAR);
}

TEST(gradients_of_normalised_layers_with_tied_weights_are_right)
{
    struct lt_net_spec s;
    for (int norm = LT_NORM_LAYER; norm < LT_NORMS; norm++) {
        normalised_tied_net(&s, (enum lt_norm)norm);
        check_gradients(&s, 33);
    }
}

/* Runs one operation on a grid of one row. */
static void run_squares(const struct lt_squares *s, int pool, int upsample, const float *x,
                        size_t from, float *y, size_t to)
{
    struct lt_error err = {0};
    struct lt_backend *b = NULL;
    void *in = NULL, *out = NULL;
    T_INT(lt_backend_create(&b, "ref", 1, &err), 0);
    T_INT(b->ops->memory_create(b, from * sizeof *x, &in, &err), 0);
    T_INT(b->ops->memory_create(b, to * sizeof *y, &out, &err), 0);
    b->ops->upload(b, (struct lt_buffer){in, 0}, x, from * sizeof *x);
    if (pool != LT_POOL_NONE)
        b->ops->pool(b, (enum lt_pool)pool, s, (struct lt_buffer){in, 0},
                     (struct lt_buffer){out, 0});
    else
        b->ops->upsample(b, (enum lt_upsample)upsample, s, (struct lt_buffer){in, 0},
                         (struct lt_buffer){out, 0});
    b->ops->download(b, y, (struct lt_buffer){out, 0}, to * sizeof *y);
    b->ops->memory_free(b, in);
    b->ops->memory_free(b, out);
    lt_backend_free(&b);
}

TEST(squares_at_the_edge_hold_the_pixels_that_are_left)
{
    const float x[15] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -1, -2, -3, -4, -6};
    const float most[6] = {7, 9, 10, -1, -3, -6}, mean[6] = {4, 6, 7.5f, -1.5f, -3.5f, -6};
    const struct lt_squares s = {1, 1, 3, 5, 2};
    float y[6];
    run_squares(&s, LT_POOL_MAX, 0, x, 15, y, 6);
    for (int i = 0; i < 6; i++)
        T_NEAR(y[i], most[i], 0);
    run_squares(&s, LT_POOL_AVERAGE, 0, x, 15, y, 6);
    for (int i = 0; i < 6; i++)
        T_NEAR(y[i], mean[i], 0);
}

/* torch.nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False) of the same, as its
 * documentation prints it; and the same without its last line and column. */
TEST(bilinear_values_are_those_of_pytorch)
{
    const float x[4] = {1, 2, 3, 4};
    const float want[16] = {1,    1.25f, 1.75f, 2,    1.5f, 1.75f, 2.25f, 2.5f,
                            2.5f, 2.75f, 3.25f, 3.5f, 3,    3.25f, 3.75f, 4};
    float y[16];
    run_squares(&(struct lt_squares){1, 1, 4, 4, 2}, LT_POOL_NONE, LT_UPSAMPLE_BILINEAR, x, 4, y,
                16);
    for (int i = 0; i < 16; i++)
        T_NEAR(y[i], want[i], 0);
    run_squares(&(struct lt_squares){1, 1, 3, 3, 2}, LT_POOL_NONE, LT_UPSAMPLE_BILINEAR, x, 4, y,
                9);
    for (int i = 0; i < 9; i++)
        T_NEAR(y[i], want[i / 3 * 4 + i % 3], 0);
    run_squares(&(struct lt_squares){1, 1, 3, 3, 2}, LT_POOL_NONE, LT_UPSAMPLE_NEAREST, x, 4, y, 9);
    for (int i = 0; i < 9; i++)
        T_NEAR(y[i], x[i / 3 / 2 * 2 + i % 3 / 2], 0);
}

/* The mean loss of a pass, and the objective of the oracle at the net's weights. */
static void check_loss(struct rig *r, const struct lt_net_spec *spec, const struct lt_pass *pass)
{
    struct lt_error err = {0};
    double *w = NULL, loss[256], mean = 0;
    T_INT(lt_alloc(&w, r->layout.total, sizeof *w, "weights", &err), 0);
    lt_net_get_weights(r->net, r->weights);
    for (size_t i = 0; i < r->layout.total; i++)
        w[i] = (double)r->weights[i];
    lt_net_put_input(r->net, r->rows, pass->rows);
    lt_net_forward(r->net, pass);
    lt_net_get_losses(r->net, loss, NULL, pass->rows);
    for (int64_t i = 0; i < pass->rows; i++)
        mean += loss[i] / (double)pass->rows;
    double objective = lt_net_oracle(spec, &r->layout, w, r->rows, pass, &err);
    T_NEAR(mean, objective, 2e-6 * objective);
    lt_free(w);
}

/* The statistics of the first block of a kind. */
static const float *statistics(const struct rig *r, enum lt_param_kind kind)
{
    for (int p = 0; p < r->layout.count; p++)
        if (r->layout.param[p].kind == kind)
            return r->weights + r->layout.param[p].offset;
    T_FAIL("the network has no statistics");
    return NULL;
}

TEST(running_statistics_take_a_tenth_of_every_batch_and_only_while_learning)
{
    enum { ROWS = 40, WIDTH = 11 };
    struct lt_net_spec s;
    struct lt_error err = {0};
    struct rig r;
    for (int b = 0; b < BACKENDS; b++) {
        normalised_tied_net(&s, LT_NORM_BATCH);
        T_INT(lt_net_spec_infer(&s, &err), 0);
        if (!rig_open(&r, &s, backends[b], 2,
                      &(struct lt_net_options){.rows = ROWS, .training = true}))
            continue;
        double mean[WIDTH], variance[WIDTH];
        for (int j = 0; j < WIDTH; j++) {
            double sum = 0, squares = 0;
            for (int i = 0; i < ROWS; i++)
                sum += (double)r.rows[i * WIDTH + j] / ROWS;
            for (int i = 0; i < ROWS; i++)
                squares += pow((double)r.rows[i * WIDTH + j] - sum, 2);
            mean[j] = 0.9 * (double)statistics(&r, LT_PARAM_MEAN)[j] + 0.1 * sum;
            variance[j] =
                0.9 * (double)statistics(&r, LT_PARAM_VARIANCE)[j] + 0.1 * squares / (ROWS - 1);
        }
        train_once(&r, ROWS);
        lt_net_get_weights(r.net, r.weights);
        for (int j = 0; j < WIDTH; j++) {
            T_NEAR(statistics(&r, LT_PARAM_MEAN)[j], mean[j], 1e-6);
            T_NEAR(statistics(&r, LT_PARAM_VARIANCE)[j], variance[j], 1e-6);
        }
        float *before = NULL;
        T_INT(lt_alloc(&before, r.layout.total, sizeof *before, "weights", &err), 0);
        memcpy(before, r.weights, r.layout.total * sizeof *before);
        struct lt_pass measures = training_pass(&r, ROWS), applies = {.rows = ROWS};
        measures.measures = true;
        check_loss(&r, &s, &measures);
        check_loss(&r, &s, &applies);
        lt_net_get_weights(r.net, r.weights);
        T_OK(memcmp(before, r.weights, r.layout.total * sizeof *before) == 0);
        lt_free(before);
        rig_close(&r);
    }
}

/* A variance cannot be estimated from one value. */
TEST(a_batch_of_one_row_leaves_running_statistics_alone)
{
    struct lt_net_spec s;
    struct lt_error err = {0};
    struct rig r;
    float mean, variance;
    normalised_tied_net(&s, LT_NORM_BATCH);
    T_INT(lt_net_spec_infer(&s, &err), 0);
    T_OK(rig_open(&r, &s, "ref", 1, &(struct lt_net_options){.rows = 8, .training = true}));
    mean = statistics(&r, LT_PARAM_MEAN)[0];
    variance = statistics(&r, LT_PARAM_VARIANCE)[0];
    train_once(&r, 1);
    for (size_t i = 0; i < r.layout.total; i++)
        T_OK(isfinite(r.gradients[i]));
    lt_net_get_weights(r.net, r.weights);
    T_OK(statistics(&r, LT_PARAM_MEAN)[0] == mean);
    T_OK(statistics(&r, LT_PARAM_VARIANCE)[0] == variance);
    rig_close(&r);
}

/* Slices of the input and of two layers, overlapping in one of them. */
static void sliced_net(struct lt_net_spec *s)
{
    int seen = add(s, LT_NODE_SLICE, "seen", add_input(s, 9));
    s->node[seen].target = 2;
    s->node[seen].width = 6;
    int e1 = add_dense(s, "encoder1", seen, 7, LT_ACT_TANH);
    int left = add(s, LT_NODE_SLICE, "left", e1);
    s->node[left].width = 4;
    int right = add(s, LT_NODE_SLICE, "right", e1);
    s->node[right].target = 2;
    s->node[right].width = 5;
    int both = add(s, LT_NODE_CONCAT, "both", left);
    s->node[both].inputs = 2;
    s->node[both].input[1] = right;
    int code = add_code(s, add_dense(s, "encoder2", both, 3, LT_ACT_LINEAR));
    int part = add(s, LT_NODE_SLICE, "part", add_dense(s, "decoder1", code, 12, LT_ACT_TANH));
    s->node[part].target = 3;
    s->node[part].width = 9;
    add_head(s, "output", part, LT_LOSS_MSE, LT_ACT_LINEAR);
}

TEST(gradients_through_slices_are_right)
{
    struct lt_net_spec s;
    sliced_net(&s);
    check_gradients(&s, 8);
}

static void sparse_net(struct lt_net_spec *s, enum lt_sparsity sparsity)
{
    int e1 = add_dense(s, "encoder1", add_input(s, 7), 9, LT_ACT_TANH);
    int e2 = add_dense(s, "encoder2", e1, 6,
                       sparsity == LT_SPARSITY_KL ? LT_ACT_SIGMOID : LT_ACT_LINEAR);
    int sparse = add(s, LT_NODE_SPARSE, "sparse", e2);
    s->node[sparse].sparsity = sparsity;
    s->node[sparse].width = 2;
    s->node[sparse].amount = 0.1f;
    s->node[sparse].weight = 0.3f;
    int d1 = add_dense(s, "decoder1", add_code(s, sparse), 7, LT_ACT_LINEAR);
    add_head(s, "output", d1, LT_LOSS_MSE, LT_ACT_LINEAR);
}

TEST(gradients_of_sparse_codes_are_right)
{
    struct lt_net_spec s;
    for (int sparsity = LT_SPARSITY_TOPK; sparsity < LT_SPARSITIES; sparsity++) {
        sparse_net(&s, (enum lt_sparsity)sparsity);
        check_gradients(&s, 11);
    }
}

/* A code that is drawn, read twice; its mean comes from a layer that something else reads too. */
static void variational_net(struct lt_net_spec *s)
{
    int e1 = add_dense(s, "encoder1", add_input(s, 7), 9, LT_ACT_TANH);
    int mean = add_dense(s, "encoder2", e1, 4, LT_ACT_LINEAR);
    int logvar = add_dense(s, "logvar", e1, 4, LT_ACT_LINEAR);
    int sample = add(s, LT_NODE_SAMPLE, "sample", mean);
    s->node[sample].inputs = 2;
    s->node[sample].input[1] = logvar;
    s->node[sample].weight = 0.7f;
    int code = add_code(s, sample);
    int d1 = add_dense(s, "decoder1", code, 5, LT_ACT_SILU);
    int both = add(s, LT_NODE_CONCAT, "both", d1);
    s->node[both].inputs = 2;
    s->node[both].input[1] = code;
    add_head(s, "output", add_dense(s, "decoder2", both, 7, LT_ACT_LINEAR), LT_LOSS_BCE,
             LT_ACT_SIGMOID);
}

TEST(gradients_of_drawn_codes_are_right)
{
    struct lt_net_spec s;
    variational_net(&s);
    check_gradients(&s, 13);
}

/* (mean^2 + sigma^2 - 1) / 2 - log sigma a unit, of every row; and no code is drawn otherwise. */
TEST(divergences_of_drawn_codes_have_their_closed_form)
{
    enum { ROWS = 13, K = 4 };
    struct lt_net_spec s;
    struct lt_error err = {0};
    struct rig r;
    double penalty[ROWS];
    float code[ROWS * K], sigma[ROWS * K], drawn[ROWS * K];
    variational_net(&s);
    T_INT(lt_net_spec_infer(&s, &err), 0);
    T_OK(rig_open(&r, &s, "ref", 1, &(struct lt_net_options){.rows = ROWS, .training = true}));
    train_once(&r, ROWS);
    T_OK(lt_net_get_penalties(r.net, penalty, ROWS));
    lt_net_get_code(r.net, drawn, ROWS);
    lt_net_forward(r.net, &(struct lt_pass){.rows = ROWS});
    lt_net_get_code(r.net, code, ROWS);
    lt_net_get_spread(r.net, sigma, ROWS);
    for (int i = 0; i < ROWS; i++) {
        double nats = 0;
        for (int j = i * K; j < (i + 1) * K; j++) {
            const double m = (double)code[j], d = (double)sigma[j];
            nats += (m * m + d * d - 1) / 2 - log(d);
            T_OK(drawn[j] < code[j] || drawn[j] > code[j]);
        }
        T_NEAR(penalty[i], 0.7 * nats, 1e-5);
    }
    T_OK(lt_net_get_penalties(r.net, penalty, ROWS));
    T_NEAR(penalty[0], 0, 0);
    rig_close(&r);
}

TEST(gradients_of_ordered_codes_are_right)
{
    struct lt_net_spec s;
    ordered_net(&s, 7, 6);
    check_gradients(&s, 29);
    two_decoders_net(&s, 7, 6, 2);
    check_gradients(&s, 29);
}

static int find_node(const struct lt_net_spec *s, const char *name)
{
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->node[i].name, name) == 0)
            return i;
    return -1;
}

/* Rows and their errors come from the decoder that serves the width of the code, up to where the spec
 * says; one that is asked for more than it can be shown shows all it can. */
TEST(a_width_is_decoded_by_the_decoder_that_serves_it)
{
    enum { N = 5, D = 7, K = 6, FEW = 2 };
    for (int64_t until = FEW; until <= FEW + 1; until++) {
        struct lt_net_spec s;
        struct rig r;
        float out[N * D], wide[N * D], narrow[N * D], before[N * D];
        double squared[N];
        two_decoders_net(&s, D, K, FEW);
        s.node[s.code + 1].until = until;
        T_OK(rig_open(&r, &s, "ref", 2, &(struct lt_net_options){.rows = N, .training = true}));
        for (int64_t dims = 0; dims <= K; dims++) {
            lt_net_put_input(r.net, r.rows, N);
            lt_net_forward(r.net, &(struct lt_pass){.rows = N, .dims = dims});
            lt_net_get_output(r.net, out, N);
            lt_net_get_losses(r.net, NULL, squared, N);
            lt_net_get_node(r.net, find_node(&s, "few.decoder2"), narrow, N);
            lt_net_get_node(r.net, find_node(&s, "decoder2"), wide, N);
            const bool few = dims >= 1 && dims <= until;
            T_OK(memcmp(out, few ? narrow : wide, sizeof out) == 0);
            T_OK(memcmp(out, few ? wide : narrow, sizeof out) != 0);
            if (dims > 0)
                T_OK((memcmp(out, before, sizeof out) == 0) == (few && dims > FEW));
            memcpy(before, out, sizeof out);
            double sum = 0;
            for (int j = 0; j < D; j++)
                sum += pow((double)out[j] - (double)r.rows[j], 2);
            T_NEAR(squared[0], sum, 1e-5);
        }
        rig_close(&r);
    }
}

TEST(decoders_that_do_not_serve_every_width_once_are_refused)
{
    struct lt_error err = {0};
    struct lt_net_spec s;
    two_decoders_net(&s, 7, 6, 2);
    s.node[find_node(&s, "prefix")].width = 5;
    T_INT(lt_net_spec_infer(&s, &err), LT_ECONTENT);
    T_STR(err.text, "no decoder serves codes of all 6 values");
    two_decoders_net(&s, 7, 6, 2);
    s.node[find_node(&s, "few.prefix")].until = 7;
    T_INT(lt_net_spec_infer(&s, &err), LT_ECONTENT);
    two_decoders_net(&s, 7, 6, 2);
    s.node[find_node(&s, "prefix")].width = 7;
    T_INT(lt_net_spec_infer(&s, &err), LT_ECONTENT);
    err = (struct lt_error){0};
    two_decoders_net(&s, 7, 6, 2);
    const int both = find_node(&s, "decoder1");
    s.node[both] =
        (struct lt_node){.kind = LT_NODE_CONCAT,
                         .name = "decoder1",
                         .inputs = 2,
                         .input = {find_node(&s, "prefix"), find_node(&s, "few.prefix")}};
    T_INT(lt_net_spec_infer(&s, &err), LT_ECONTENT);
    T_OK(strstr(err.text, "it reads two decoders"));
}

/* The decoder is shown the first values and flags that say so, whatever the others are. */
TEST(an_ordered_code_is_cut_where_the_pass_says)
{
    enum { N = 5, D = 7, K = 6 };
    struct lt_net_spec s;
    struct rig r;
    float code[N * K], shown[N * 2 * K], out[N * D], other[N * D];
    ordered_net(&s, D, K);
    T_OK(rig_open(&r, &s, "ref", 2, &(struct lt_net_options){.rows = N, .training = true}));
    for (int64_t dims = 0; dims <= K; dims++) {
        const struct lt_pass pass = {.rows = N, .dims = dims};
        lt_net_put_input(r.net, r.rows, N);
        lt_net_forward(r.net, &pass);
        lt_net_get_code(r.net, code, N);
        lt_net_get_node(r.net, s.code + 1, shown, N);
        lt_net_get_output(r.net, out, N);
        for (int i = 0; i < N; i++)
            for (int64_t j = 0; j < K; j++) {
                const bool is = dims == 0 || j < dims;
                T_OK(shown[i * 2 * K + j] == (is ? code[i * K + j] : 0));
                T_OK(shown[(i * 2 + 1) * K + j] == (is ? 1 : 0));
                code[i * K + j] = is ? code[i * K + j] : 1000;
            }
        lt_net_put_code(r.net, code, N);
        lt_net_decode(r.net, &pass);
        lt_net_get_output(r.net, other, N);
        T_OK(memcmp(out, other, sizeof out) == 0);
    }
    rig_close(&r);
}

/* How many each row draws is its own affair: it depends on seed, epoch and row alone. */
TEST(rows_draw_every_width_of_an_ordered_code)
{
    enum { N = 4000, K = 8 };
    static int64_t ids[N], backwards[N];
    int seen[K + 1] = {0}, same = 0;
    for (int64_t i = 0; i < N; i++) {
        ids[i] = i;
        backwards[i] = N - 1 - i;
    }
    const struct lt_prefix p = {
        .rows = N, .width = K, .last = K, .seed = 3, .epoch = 5, .row_ids = ids};
    struct lt_prefix q = p, next = p;
    q.row_ids = backwards;
    next.epoch = 6;
    for (int64_t i = 0; i < N; i++) {
        const int64_t k = lt_prefix_of_row(&p, i);
        T_OK(k >= 1 && k <= K);
        T_INT(lt_prefix_of_row(&q, N - 1 - i), k);
        seen[k]++;
        same += lt_prefix_of_row(&next, i) == k;
    }
    for (int k = 1; k <= K; k++)
        T_OK(seen[k] > N / K / 4);
    T_OK(same < N / 2);
}

enum { CODES = 40, UNITS = 37 };

/* Codes of which many are equal, and some are 0 and -0. */
static void fill_codes(float *x)
{
    fill(x, CODES * UNITS, 9, -1, 1);
    for (int i = 0; i < CODES * UNITS; i++)
        x[i] = i % 3 ? (float)(int)(4 * x[i]) : x[i];
}

/* What is left of the codes. */
static void sparsify(struct lt_sparse s, int threads, const float *x, float *y)
{
    const size_t bytes = CODES * UNITS * sizeof *x;
    struct lt_error err = {0};
    struct lt_backend *b = NULL;
    void *from = NULL, *to = NULL;
    s.rows = CODES;
    s.width = UNITS;
    T_INT(lt_backend_create(&b, "ref", threads, &err), 0);
    T_INT(b->ops->memory_create(b, bytes, &from, &err), 0);
    T_INT(b->ops->memory_create(b, bytes, &to, &err), 0);
    struct lt_buffer in = {from, 0}, out = {to, 0}, none = {NULL, 0};
    b->ops->upload(b, in, x, bytes);
    b->ops->sparse(b, &s, in, out, none, none);
    b->ops->download(b, y, out, bytes);
    b->ops->memory_free(b, from);
    b->ops->memory_free(b, to);
    lt_backend_free(&b);
}

/* Of n values the `keep` largest and no others, of equal ones the first. */
static void check_kept(const float *x, const float *y, int64_t n, int64_t keep)
{
    for (int64_t j = 0; j < n; j++) {
        int64_t before = 0;
        for (int64_t i = 0; i < n; i++)
            before += x[i] > x[j] || (x[i] == x[j] && i < j);
        if (x[j] != 0) /* 0 and -0 may change places; both are 0 afterwards */
            T_OK(y[j] == (before < keep ? x[j] : 0));
    }
}

TEST(topk_keeps_the_largest_values_and_of_equal_ones_the_first)
{
    static float x[CODES * UNITS], y[CODES * UNITS];
    fill_codes(x);
    for (int64_t keep = 1; keep <= UNITS; keep += 6) {
        sparsify((struct lt_sparse){.kind = LT_SPARSITY_TOPK, .keep = keep}, 2, x, y);
        for (int r = 0; r < CODES; r++)
            check_kept(x + r * UNITS, y + r * UNITS, UNITS, keep);
    }
}

TEST(batchtopk_keeps_the_largest_values_of_all_rows_with_any_number_of_threads)
{
    static float x[CODES * UNITS], y[CODES * UNITS];
    fill_codes(x);
    for (int64_t keep = 1; keep <= UNITS; keep += 6)
        for (int threads = 1; threads <= 5; threads += 2) {
            sparsify((struct lt_sparse){LT_SPARSITY_BATCHTOPK, .keep = keep, .threshold = NAN},
                     threads, x, y);
            check_kept(x, y, CODES * UNITS, keep * CODES);
        }
}

TEST(batchtopk_with_a_threshold_keeps_the_values_from_it_on)
{
    static float x[CODES * UNITS], y[CODES * UNITS];
    fill_codes(x);
    sparsify((struct lt_sparse){LT_SPARSITY_BATCHTOPK, .keep = 3, .threshold = 2}, 2, x, y);
    for (int i = 0; i < CODES * UNITS; i++)
        T_OK(y[i] == (x[i] >= 2 ? x[i] : 0));
}

/* The code of a row where a threshold is known, and what training makes of it beside others. */
TEST(a_batchtopk_code_depends_on_its_batch_while_training_only)
{
    enum { N = 8 };
    struct lt_net_spec s;
    struct lt_error err = {0};
    struct rig r;
    float together[N * 6], alone[6];
    sparse_net(&s, LT_SPARSITY_BATCHTOPK);
    s.node[3].threshold = 0.1f;
    T_INT(lt_net_spec_infer(&s, &err), 0);
    T_OK(rig_open(&r, &s, "ref", 1, &(struct lt_net_options){.rows = N, .training = true}));
    lt_net_put_input(r.net, r.rows, N);
    lt_net_encode(r.net, &(struct lt_pass){.rows = N});
    lt_net_get_code(r.net, together, N);
    for (int i = 0; i < N; i++) {
        lt_net_put_input(r.net, r.rows + i * 7, 1);
        lt_net_encode(r.net, &(struct lt_pass){.rows = 1});
        lt_net_get_code(r.net, alone, 1);
        T_OK(memcmp(alone, together + i * 6, sizeof alone) == 0);
    }
    for (int training = 0; training < 2; training++) {
        struct lt_pass pass = training_pass(&r, N);
        int kept = 0;
        pass.training = training;
        lt_net_put_input(r.net, r.rows, N);
        lt_net_forward(r.net, &pass);
        lt_net_get_code(r.net, together, N);
        for (int i = 0; i < N * 6; i++)
            kept += together[i] != 0;
        T_OK(training ? kept == 2 * N : kept != 2 * N);
    }
    rig_close(&r);
}

/* ---- agreement ---- */

/* Columns 0 to 5 are what the encoder sees, 6 to 8 logits that are given: a teacher without
 * parameters, as no gradient goes to one. */
static int taught_net(struct lt_net_spec *s)
{
    const int input = add_input(s, 9);
    const int rows = add(s, LT_NODE_SLICE, "rows", input);
    s->node[rows].width = 6;
    const int given = add(s, LT_NODE_SLICE, "given", input);
    s->node[given].target = 6;
    s->node[given].width = 3;
    const int code = add_code(s, add_dense(s, "encoder1", rows, 5, LT_ACT_TANH));
    const int logits = add_dense(s, "class", code, 3, LT_ACT_LINEAR);
    add_head(s, "output", logits, LT_LOSS_MSE, LT_ACT_LINEAR);
    s->node[s->count - 1].target = 6;
    const int agree = add(s, LT_NODE_AGREE, "agree", given);
    s->node[agree].inputs = 2;
    s->node[agree].input[1] = logits;
    s->node[agree].weight = 0.7f;
    return agree;
}

TEST(gradients_of_agreement_are_right)
{
    struct lt_net_spec s;
    taught_net(&s);
    check_gradients(&s, 7);
}

/* A classifier of three classes, whose rows are moved by `length`; returns its slice of the input. */
static void agreeing_net(struct lt_net_spec *s, double length)
{
    struct lt_error err = {0};
    const int input = add_input(s, 9);
    const int rows = add(s, LT_NODE_SLICE, "rows", input);
    s->node[rows].width = 6;
    const int code = add_code(s, add_dense(s, "encoder1", rows, 5, LT_ACT_TANH));
    const int logits = add_dense(s, "class", code, 3, LT_ACT_LINEAR);
    const int head = add_head(s, "classes", logits, LT_LOSS_CE, LT_ACT_LINEAR);
    s->node[head].target = 6;
    s->node[head].group = 3;
    if (lt_net_spec_infer(s, &err) || lt_net_spec_agree(s, rows, logits, 1, length, &err))
        T_FAIL("%s", err.text);
}

static int node_named(const struct lt_net_spec *s, const char *name)
{
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->node[i].name, name) == 0)
            return i;
    return -1;
}

TEST(adversaries_move_rows_by_the_length_asked_for)
{
    enum { N = 9 };
    struct lt_net_spec s;
    struct rig r;
    float clean[N * 6], moved[N * 6];
    agreeing_net(&s, 0.25);
    T_OK(rig_open(&r, &s, NULL, 2, &(struct lt_net_options){.rows = N, .training = true}));
    train_once(&r, N);
    lt_net_get_node(r.net, node_named(&s, "rows"), clean, N);
    struct lt_buffer at =
        lt_value_of(r.net, node_named(&s, "near.adversary"), &(struct lt_pass){.training = true});
    r.backend->ops->download(r.backend, moved, at, sizeof moved);
    for (int i = 0; i < N; i++) {
        double square = 0;
        for (int j = 0; j < 6; j++)
            square += pow((double)moved[i * 6 + j] - (double)clean[i * 6 + j], 2);
        T_NEAR(sqrt(square), 0.25, 1e-5);
    }
    rig_close(&r);
}

/* The direction found changes the answer more than one drawn at random: what random ones reach is the
 * penalty of a contraction, known from many. */
TEST(adversaries_find_what_changes_the_answer)
{
    enum { N = 64 };
    struct lt_net_spec s;
    struct rig r;
    double penalty[N], entropy = 0, found = 0, drawn = 0;
    float chances[N * 9];
    agreeing_net(&s, 1.0);
    T_OK(rig_open(&r, &s, NULL, 1, &(struct lt_net_options){.rows = N, .training = true}));
    train_once(&r, N);
    lt_net_get_penalties(r.net, penalty, N);
    lt_net_get_output(r.net, chances, N);
    for (int i = 0; i < N; i++) {
        found += penalty[i];
        for (int k = 6; k < 9; k++)
            entropy -= (double)chances[i * 9 + k] * log((double)chances[i * 9 + k]);
    }
    rig_close(&r);
    const int adversary = node_named(&s, "near.adversary");
    s.node[adversary].kind = LT_NODE_DROPOUT; /* none: moves nothing */
    s.node[adversary].amount = 0;
    T_OK(rig_open(&r, &s, NULL, 1, &(struct lt_net_options){.rows = N, .training = true}));
    train_once(&r, N);
    lt_net_get_penalties(r.net, penalty, N);
    for (int i = 0; i < N; i++)
        drawn += penalty[i];
    T_NEAR(drawn, entropy, 1e-4 * entropy); /* unmoved, only the entropy is left */
    T_OK(found > drawn * 1.001);
    rig_close(&r);
}

/* ---- contraction ---- */

static void contract(struct lt_net_spec *s, double weight, double step)
{
    struct lt_error err = {0};
    if (lt_net_spec_infer(s, &err) || lt_net_spec_contract(s, weight, step, &err))
        T_FAIL("%s", err.text);
}

/* Steps are long here, so that differences of codes are good to as many digits as the codes. */
TEST(gradients_of_contractive_networks_are_right)
{
    struct lt_net_spec s;
    for (int tied = 0; tied < 2; tied++) {
        plain_net(&s, SMALL, LT_ACT_TANH, tied, LT_LOSS_MSE, LT_ACT_LINEAR);
        contract(&s, 0.7, 0.5);
        check_gradients(&s, 6);
    }
    graph_net(&s);
    contract(&s, 0.7, 0.5);
    check_gradients(&s, 8);
    grid_net(&s, GREY, 3, 2);
    contract(&s, 0.7, 0.5);
    check_gradients(&s, 3);
    grid_net(&s, COLOUR, 5, 1);
    contract(&s, 0.7, 0.5);
    check_gradients(&s, 5);
    sparse_net(&s, LT_SPARSITY_KL);
    contract(&s, 0.7, 0.5);
    check_gradients(&s, 11);
    mixed_net(&s, LT_NOISE_NONE);
    s.node[2].input[0] = 0; /* past the noise */
    contract(&s, 0.7, 0.5);
    check_gradients_on(&s, 21, true);
}

TEST(neighbours_share_the_mask_of_dropout)
{
    struct lt_net_spec s;
    struct rig r;
    double penalty[7];
    noisy_net(&s, LT_NOISE_GAUSSIAN, 0);
    s.node[2].input[0] = 0; /* past the noise */
    contract(&s, 0.7, 0.5);
    check_gradients(&s, 7);
    noisy_net(&s, LT_NOISE_GAUSSIAN, 0);
    s.node[2].input[0] = 0; /* past the noise */
    contract(&s, 1, 1e-3);
    T_OK(rig_open(&r, &s, "ref", 1, &(struct lt_net_options){.rows = 7, .training = true}));
    train_once(&r, 7);
    T_OK(lt_net_get_penalties(r.net, penalty, 7));
    for (int i = 0; i < 7; i++) /* another mask would make it some 1e6 */
        T_OK(penalty[i] > 0 && penalty[i] < 1e3);
    rig_close(&r);
}

/* One layer h = sigmoid(W x + b): |dh/dx|^2 = sum over j of (h_j (1 - h_j))^2 sum over i of W_ji^2
 * (Rifai et al. 2011). */
static double contraction_of(const struct rig *r, const float *x)
{
    const int64_t out = r->layout.param[0].rows, in = r->layout.param[0].cols;
    const float *w = r->weights, *bias = r->weights + r->layout.param[1].offset;
    double sum = 0;
    for (int64_t j = 0; j < out; j++) {
        double a = (double)bias[j], squares = 0;
        for (int64_t i = 0; i < in; i++) {
            a += (double)w[j * in + i] * (double)x[i];
            squares += (double)w[j * in + i] * (double)w[j * in + i];
        }
        const double h = 1 / (1 + exp(-a));
        sum += h * (1 - h) * h * (1 - h) * squares;
    }
    return sum;
}

/* The estimate has mean |J|^2 and, for eigenvalues l of J^T J, variance 2 sum l^2: over 256 rows and
 * 64 epochs the mean is good to about 1 %. */
TEST(contraction_is_the_square_of_all_slopes)
{
    enum { N = 256, EPOCHS = 64 };
    static const double steps[] = {1e-3, 1e-2, 1e-1};
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
        struct lt_net_spec s;
        struct rig r;
        double penalty[N], got = 0, want = 0;
        int code = add_dense(&s, "encoder1", add_input(&s, 20), 6, LT_ACT_SIGMOID);
        add_head(&s, "output", add_dense(&s, "decoder1", add_code(&s, code), 20, LT_ACT_LINEAR),
                 LT_LOSS_MSE, LT_ACT_LINEAR);
        contract(&s, 0.5, steps[k]);
        T_OK(rig_open(&r, &s, NULL, 2, &(struct lt_net_options){.rows = N, .training = true}));
        lt_net_put_input(r.net, r.rows, N);
        for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
            struct lt_pass pass = training_pass(&r, N);
            pass.epoch = epoch;
            lt_net_forward(r.net, &pass);
            T_OK(lt_net_get_penalties(r.net, penalty, N));
            for (int i = 0; i < N; i++)
                got += penalty[i] / EPOCHS;
        }
        for (int i = 0; i < N; i++)
            want += 0.5 * contraction_of(&r, r.rows + i * 20);
        printf("# steps of %g: %.5f of the closed form\n", steps[k], got / want);
        T_NEAR(got / want, 1, 0.03);
        rig_close(&r);
    }
}

/* Of nets with and without: losses, codes and outputs. */
TEST(a_contractive_network_is_applied_as_if_it_were_none)
{
    enum { N = 9 };
    struct lt_net_spec s, plain;
    struct rig r, p;
    double loss[2][N], penalty[N];
    float out[2][N * 35];
    grid_net(&plain, GREY, 3, 2);
    s = plain;
    contract(&s, 2, 0.01);
    const struct lt_net_options options = {.rows = N, .training = true};
    T_OK(rig_open(&r, &s, NULL, 2, &options) && rig_open(&p, &plain, NULL, 2, &options));
    T_INT(r.layout.total, p.layout.total);
    train_once(&r, N);
    T_OK(lt_net_get_penalties(r.net, penalty, N) && penalty[0] > 0);
    for (int k = 0; k < 2; k++) {
        struct rig *of = k ? &p : &r;
        lt_net_put_input(of->net, of->rows, N);
        lt_net_forward(of->net, &(struct lt_pass){.rows = N});
        lt_net_get_losses(of->net, loss[k], NULL, N);
        lt_net_decode(of->net, &(struct lt_pass){.rows = N});
        lt_net_get_output(of->net, out[k], N);
    }
    T_OK(memcmp(loss[0], loss[1], sizeof loss[0]) == 0);
    T_OK(memcmp(out[0], out[1], sizeof out[0]) == 0);
    lt_net_get_penalties(r.net, penalty, N);
    T_NEAR(penalty[0], 0, 0);
    rig_close(&r);
    rig_close(&p);
}

/* ---- attraction ---- */

static void attract(struct lt_net_spec *s, double weight)
{
    struct lt_error err = {0};
    if (lt_net_spec_infer(s, &err) || lt_net_spec_attract(s, weight, &err))
        T_FAIL("%s", err.text);
}

TEST(gradients_of_networks_that_draw_neighbours_together_are_right)
{
    struct lt_net_spec s;
    for (int tied = 0; tied < 2; tied++)
        for (int64_t rows = 1; rows < 20; rows += 6) {
            plain_net(&s, SMALL, LT_ACT_TANH, tied, LT_LOSS_MSE, LT_ACT_LINEAR);
            attract(&s, 3);
            check_gradients(&s, rows);
        }
    graph_net(&s);
    attract(&s, 0.7);
    check_gradients(&s, 33);
    grid_net(&s, GREY, 3, 2);
    attract(&s, 0.7);
    check_gradients(&s, 9);
    mixed_net(&s, LT_NOISE_NONE);
    s.node[2].input[0] = 0; /* past the noise */
    attract(&s, 0.7);
    check_gradients_on(&s, 21, true);
}

/* An encoder that passes two numbers on, rows at 0, (3, 0) and (0, 4), partners at 0, (3, 1) and (0, 2):
 * each similarity is 1 / (1 + square of a distance). */
TEST(attraction_is_the_share_of_the_partner_in_the_similarities)
{
    static const float rows[] = {0, 0, 3, 0, 0, 4}, partners[] = {0, 0, 3, 1, 0, 2};
    static const double square[3][3] = {{0, 10, 4}, {9, 1, 13}, {16, 18, 4}};
    struct lt_net_spec s;
    struct rig r;
    double penalty[3];
    int code = add_dense(&s, "encoder1", add_input(&s, 2), 2, LT_ACT_LINEAR);
    add_head(&s, "output", add_dense(&s, "decoder1", add_code(&s, code), 2, LT_ACT_LINEAR),
             LT_LOSS_MSE, LT_ACT_LINEAR);
    attract(&s, 0.5);
    for (int b = 0; b < BACKENDS; b++) {
        if (!rig_open(&r, &s, backends[b], 1,
                      &(struct lt_net_options){.rows = 3, .training = true}))
            continue;
        const float identity[] = {1, 0, 0, 1, 0, 0}; /* weights and biases */
        memcpy(r.weights, identity, sizeof identity);
        lt_net_set_weights(r.net, r.weights);
        struct lt_pass pass = training_pass(&r, 3);
        pass.partners = partners;
        lt_net_put_input(r.net, rows, 3);
        lt_net_forward(r.net, &pass);
        T_OK(lt_net_get_penalties(r.net, penalty, 3));
        for (int i = 0; i < 3; i++) {
            double sum = 0;
            for (int m = 0; m < 3; m++)
                sum += 1 / (1 + square[i][m]);
            T_NEAR(penalty[i], -0.5 * log(1 / (1 + square[i][i]) / sum), 1e-6);
        }
        lt_net_forward(r.net, &(struct lt_pass){.rows = 3});
        T_OK(lt_net_get_penalties(r.net, penalty, 3));
        T_OK(penalty[0] == 0 && penalty[1] == 0 && penalty[2] == 0);
        rig_close(&r);
    }
}

TEST(penalties_on_codes_count_while_training_only)
{
    struct lt_net_spec s;
    struct lt_error err = {0};
    struct rig r;
    double loss[11], penalty[11];
    sparse_net(&s, LT_SPARSITY_L1);
    T_INT(lt_net_spec_infer(&s, &err), 0);
    T_OK(rig_open(&r, &s, "ref", 1, &(struct lt_net_options){.rows = 11, .training = true}));
    train_once(&r, 11);
    lt_net_get_losses(r.net, loss, NULL, 11);
    lt_net_get_penalties(r.net, penalty, 11);
    for (int i = 0; i < 11; i++)
        T_OK(penalty[i] > 0 && penalty[i] < loss[i]);
    lt_net_forward(r.net, &(struct lt_pass){.rows = 11});
    lt_net_get_penalties(r.net, penalty, 11);
    for (int i = 0; i < 11; i++)
        T_NEAR(penalty[i], 0, 0);
    rig_close(&r);
}

/* Backward passes that lack a term. */
static void without_bias(struct lt_backend *b, struct lt_dense *dense, int64_t rows,
                         struct lt_buffer x, struct lt_buffer da, struct lt_buffer dx,
                         struct lt_buffer dw, struct lt_buffer db, bool accumulate)
{
    (void)db;
    lt_ref_ops.dense_backward(b, dense, rows, x, da, dx, dw, (struct lt_buffer){NULL, 0},
                              accumulate);
}

static void without_sharing(struct lt_backend *b, struct lt_dense *dense, int64_t rows,
                            struct lt_buffer x, struct lt_buffer da, struct lt_buffer dx,
                            struct lt_buffer dw, struct lt_buffer db, bool accumulate)
{
    (void)accumulate;
    lt_ref_ops.dense_backward(b, dense, rows, x, da, dx, dw, db, false);
}

static void without_slope(struct lt_backend *b, enum lt_act act, size_t n, struct lt_buffer pre,
                          struct lt_buffer y, struct lt_buffer dy, struct lt_buffer da)
{
    (void)b, (void)act, (void)n, (void)pre, (void)y, (void)dy, (void)da;
}

/* As if the deviation or the mean did not depend on the values. */
static void without_moments(struct lt_backend *b, const struct lt_normalisation *n,
                            struct lt_buffer x, struct lt_buffer moments, struct lt_buffer gain,
                            struct lt_buffer da, struct lt_buffer dx, struct lt_buffer dgain,
                            struct lt_buffer dbias)
{
    lt_ref_ops.normalise_backward(b, n, x, moments, gain, da, dx, dgain, dbias);
    lt_ref_ops.axpby(b, (size_t)(n->pixels * n->channels), 0.1f, da, 1, dx);
}

static void without_gain(struct lt_backend *b, const struct lt_normalisation *n, struct lt_buffer x,
                         struct lt_buffer moments, struct lt_buffer gain, struct lt_buffer da,
                         struct lt_buffer dx, struct lt_buffer dgain, struct lt_buffer dbias)
{
    lt_ref_ops.normalise_backward(b, n, x, moments, gain, da, dx, dgain, dbias);
    lt_ref_ops.zero(b, dgain, sizeof(float));
}

/* The whole gradient to every pixel of a square. */
static void without_share(struct lt_backend *b, enum lt_pool kind, const struct lt_squares *s,
                          struct lt_buffer x, struct lt_buffer y, struct lt_buffer dy,
                          struct lt_buffer dx)
{
    lt_ref_ops.pool_backward(b, kind, s, x, y, dy, dx);
    lt_ref_ops.axpby(b, (size_t)(s->rows * s->h * s->w * s->channels), 3, dx, 1, dx);
}

static void without_neighbours(struct lt_backend *b, enum lt_upsample kind,
                               const struct lt_squares *s, struct lt_buffer dy, struct lt_buffer dx)
{
    (void)kind;
    lt_ref_ops.upsample_backward(b, LT_UPSAMPLE_NEAREST, s, dy, dx);
}

TEST(a_backward_pass_of_grids_that_lacks_a_term_is_found)
{
    struct lt_net_spec s;
    struct lt_error err = {0};
    struct rig r;
    for (int norm = LT_NORM_LAYER; norm < LT_NORMS; norm++)
        for (int fault = 0; fault < (norm == LT_NORM_LAYER ? 5 : 3); fault++) {
            struct lt_backend_ops ops = lt_ref_ops;
            pooled_net(&s, SLIM, LT_POOL_AVERAGE, 2, LT_UPSAMPLE_BILINEAR, (enum lt_norm)norm,
                       LT_ACT_TANH);
            T_INT(lt_net_spec_infer(&s, &err), 0);
            if (fault == 1)
                ops.normalise_backward = without_moments;
            if (fault == 2)
                ops.normalise_backward = without_gain;
            if (fault == 3)
                ops.pool_backward = without_share;
            if (fault == 4)
                ops.upsample_backward = without_neighbours;
            T_OK(rig_open(&r, &s, "ref", 1, &(struct lt_net_options){.rows = 9, .training = true}));
            r.backend->ops = &ops;
            double worst = check_rig(&s, &r, 9);
            T_OK(fault ? worst > 0.01 : worst <= GRADIENT_TOLERANCE);
            rig_close(&r);
        }
}

TEST(a_backward_pass_that_lacks_a_term_is_found)
{
    struct lt_net_spec s;
    struct lt_error err = {0};
    struct rig r;
    plain_net(&s, SMALL, LT_ACT_TANH, true, LT_LOSS_MSE, LT_ACT_LINEAR);
    T_INT(lt_net_spec_infer(&s, &err), 0);
    for (int fault = 0; fault < 4; fault++) {
        struct lt_backend_ops ops = lt_ref_ops;
        if (fault == 1)
            ops.dense_backward = without_bias;
        if (fault == 2)
            ops.dense_backward = without_sharing;
        if (fault == 3)
            ops.act_backward = without_slope;
        T_OK(rig_open(&r, &s, "ref", 1, &(struct lt_net_options){.rows = 8, .training = true}));
        r.backend->ops = &ops;
        double worst = check_rig(&s, &r, 8);
        T_OK(fault ? worst > 0.01 : worst <= GRADIENT_TOLERANCE);
        rig_close(&r);
    }
}

/* ---- the halves and the whole ---- */

static void check_halves(const struct lt_net_spec *spec, const char *backend, bool training)
{
    enum { N = 37 };
    struct rig r;
    float codes[N * 32], whole[N * 128], halves[N * 128];
    struct lt_pass pass = {.rows = N};
    if (!rig_open(&r, spec, backend, 2, &(struct lt_net_options){.rows = N, .training = training}))
        return;
    size_t bytes = N * (size_t)lt_net_spec_inputs(lt_net_spec_of(r.net)) * sizeof(float);
    lt_net_put_input(r.net, r.rows, N);
    lt_net_forward(r.net, &pass);
    lt_net_get_output(r.net, whole, N);
    lt_net_put_input(r.net, r.rows, N);
    lt_net_encode(r.net, &pass);
    lt_net_get_code(r.net, codes, N);
    memset(halves, 0, sizeof halves);
    lt_net_put_input(r.net, halves, N); /* nothing of the rows is left */
    lt_net_encode(r.net, &pass);
    lt_net_put_code(r.net, codes, N);
    lt_net_decode(r.net, &pass);
    lt_net_get_output(r.net, halves, N);
    T_OK(memcmp(whole, halves, bytes) == 0);
    rig_close(&r);
}

TEST(encode_then_decode_gives_the_bits_of_forward)
{
    struct lt_net_spec s;
    for (int b = 0; b < BACKENDS; b++)
        for (int training = 0; training < 2; training++) {
            for (int act = 0; act < LT_ACTS; act++) {
                plain_net(&s, ODD, (enum lt_act)act, act % 2, LT_LOSS_MSE,
                          act % 3 ? LT_ACT_SIGMOID : LT_ACT_LINEAR);
                check_halves(&s, backends[b], training);
            }
            graph_net(&s);
            check_halves(&s, backends[b], training);
            grid_net(&s, COLOUR, 3, 2);
            check_halves(&s, backends[b], training);
            ordered_net(&s, 67, 17);
            check_halves(&s, backends[b], training);
            noisy_net(&s, LT_NOISE_MASK, 0.5f);
            check_halves(&s, backends[b], training);
        }
}

TEST(columns_without_a_head_come_back_as_zero)
{
    struct lt_net_spec s;
    struct rig r;
    float out[3 * 12];
    graph_net(&s);
    T_OK(rig_open(&r, &s, "ref", 1, &(struct lt_net_options){.rows = 3}));
    lt_net_put_input(r.net, r.rows, 3);
    lt_net_forward(r.net, &(struct lt_pass){.rows = 3});
    lt_net_get_output(r.net, out, 3);
    for (int i = 0; i < 36; i++)
        T_OK((out[i] == 0) == (i % 12 == 11));
    rig_close(&r);
}

/* ---- memory ---- */

/* Codes, outputs and losses of a network that trains and of one that shares memory. */
static void check_sharing(const struct lt_net_spec *spec, const char *backend)
{
    enum { N = 37 };
    struct rig r;
    float codes[2][N * 32], out[2][N * 128];
    double loss[2][N];
    size_t memory[2];
    for (int training = 0; training < 2; training++) {
        if (!rig_open(&r, spec, backend, 1,
                      &(struct lt_net_options){.rows = N, .training = training}))
            return;
        memset(codes[training], 0, sizeof codes[0]);
        memset(out[training], 0, sizeof out[0]);
        lt_net_put_input(r.net, r.rows, N);
        lt_net_forward(r.net, &(struct lt_pass){.rows = N});
        lt_net_get_code(r.net, codes[training], N);
        lt_net_get_output(r.net, out[training], N);
        lt_net_get_losses(r.net, loss[training], NULL, N);
        memory[training] = lt_net_memory(r.net);
        rig_close(&r);
    }
    T_OK(memcmp(codes[0], codes[1], sizeof codes[0]) == 0);
    T_OK(memcmp(out[0], out[1], sizeof out[0]) == 0);
    T_OK(memcmp(loss[0], loss[1], sizeof loss[0]) == 0);
    T_OK(memory[0] < memory[1]);
}

TEST(values_that_share_memory_keep_their_bits)
{
    struct lt_net_spec s;
    for (int b = 0; b < BACKENDS; b++) {
        plain_net(&s, ODD, LT_ACT_GELU, false, LT_LOSS_MSE, LT_ACT_LINEAR);
        check_sharing(&s, backends[b]);
        graph_net(&s);
        check_sharing(&s, backends[b]);
        grid_net(&s, GREY, 3, 2);
        check_sharing(&s, backends[b]);
        ordered_net(&s, 67, 17);
        check_sharing(&s, backends[b]);
        noisy_net(&s, LT_NOISE_GAUSSIAN, 0.5f);
        check_sharing(&s, backends[b]);
        for (int norm = LT_NORM_LAYER; norm < LT_NORMS; norm++) {
            pooled_net(&s, GREY, LT_POOL_MAX, 2, LT_UPSAMPLE_BILINEAR, (enum lt_norm)norm,
                       LT_ACT_SILU);
            check_sharing(&s, backends[b]);
        }
    }
}

/* ---- rows and their neighbours ---- */

/* Row `row` of a batch of `n`, and the same row as the only one. */
static void check_alone(struct rig *r, int64_t n, int64_t row)
{
    enum { MOST = 256 };
    static float codes[MOST * 32], out[MOST * 128];
    float code[32], alone[128];
    double loss[MOST], alone_loss;
    size_t d = (size_t)lt_net_spec_inputs(lt_net_spec_of(r->net));
    size_t k = (size_t)lt_net_spec_dims(lt_net_spec_of(r->net));
    lt_net_put_input(r->net, r->rows, n);
    lt_net_forward(r->net, &(struct lt_pass){.rows = n});
    lt_net_get_code(r->net, codes, n);
    lt_net_get_output(r->net, out, n);
    lt_net_get_losses(r->net, loss, NULL, n);
    lt_net_put_input(r->net, r->rows + (size_t)row * d, 1);
    lt_net_forward(r->net, &(struct lt_pass){.rows = 1});
    lt_net_get_code(r->net, code, 1);
    lt_net_get_output(r->net, alone, 1);
    lt_net_get_losses(r->net, &alone_loss, NULL, 1);
    T_OK(memcmp(code, codes + (size_t)row * k, k * sizeof(float)) == 0);
    T_OK(memcmp(alone, out + (size_t)row * d, d * sizeof(float)) == 0);
    T_OK(memcmp(&alone_loss, loss + row, sizeof alone_loss) == 0);
}

TEST(a_row_alone_gives_the_bits_it_gives_among_others)
{
    const int64_t counts[] = {1, 2, 31, 32, 33, 63, 64, 100, 255, 256};
    struct lt_net_spec s;
    struct rig r;
    for (int kind = 0; kind < 7; kind++)
        for (int b = 0; b < BACKENDS; b++)
            for (int precision = 0; precision < 2; precision++) {
                if (kind == 2)
                    graph_net(&s);
                else if (kind > 4)
                    pooled_net(&s, GREY, LT_POOL_AVERAGE, 3, LT_UPSAMPLE_BILINEAR,
                               kind == 5 ? LT_NORM_LAYER : LT_NORM_BATCH, LT_ACT_SILU);
                else if (kind > 2)
                    grid_net(&s, kind == 3 ? GREY : COLOUR, 3, kind - 2);
                else
                    plain_net(&s, ODD, LT_ACT_SILU, kind == 1, LT_LOSS_BCE, LT_ACT_SIGMOID);
                if (!rig_open(&r, &s, backends[b], 3,
                              &(struct lt_net_options){.rows = 256,
                                                       .precision = (enum lt_precision)precision}))
                    continue;
                for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
                    check_alone(&r, counts[i], 0);
                    check_alone(&r, counts[i], counts[i] / 2);
                    check_alone(&r, counts[i], counts[i] - 1);
                }
                rig_close(&r);
            }
}

TEST(a_short_batch_is_blind_to_the_longer_one_before_it)
{
    struct lt_net_spec s;
    struct rig fresh, used;
    for (int b = 0; b < BACKENDS; b++)
        for (int precision = 0; precision < 2; precision++) {
            struct lt_net_options options = {
                .rows = 100, .training = true, .precision = (enum lt_precision)precision};
            for (int grid = 0; grid < 3; grid++) {
                if (grid == 2)
                    pooled_net(&s, GREY, LT_POOL_MAX, 2, LT_UPSAMPLE_NEAREST, LT_NORM_LAYER,
                               LT_ACT_GELU);
                else if (grid)
                    grid_net(&s, GREY, 3, 2);
                else
                    plain_net(&s, ODD, LT_ACT_ELU, true, LT_LOSS_MSE, LT_ACT_LINEAR);
                if (!rig_open(&fresh, &s, backends[b], 2, &options))
                    continue;
                T_OK(rig_open(&used, &s, backends[b], 2, &options));
                train_once(&used, 100);
                train_once(&used, 37);
                train_once(&fresh, 37);
                T_OK(memcmp(fresh.gradients, used.gradients, fresh.layout.total * sizeof(float)) ==
                     0);
                rig_close(&fresh);
                rig_close(&used);
            }
        }
}

/* ---- threads ---- */

static void check_threads(const struct lt_net_spec *spec, const char *backend,
                          enum lt_precision precision)
{
    const int threads[] = {1, 2, 3, 5, 8};
    struct rig first, other;
    struct lt_net_options options = {.rows = 200, .training = true, .precision = precision};
    if (!rig_open(&first, spec, backend, threads[0], &options))
        return;
    train_once(&first, 171);
    for (size_t i = 1; i < sizeof threads / sizeof *threads; i++) {
        T_OK(rig_open(&other, spec, backend, threads[i], &options));
        train_once(&other, 171);
        if (memcmp(first.gradients, other.gradients, first.layout.total * sizeof(float)) != 0)
            T_FAIL("%s: other bits with %d threads", backend, threads[i]);
        rig_close(&other);
    }
    rig_close(&first);
}

TEST(gradients_have_the_same_bits_for_any_number_of_threads)
{
    const int64_t wide[3] = {301, 257, 64};
    struct lt_net_spec s;
    for (int b = 0; b < BACKENDS; b++)
        for (int precision = 0; precision < 2; precision++)
            /* from 8 on contractive, from 13 on drawn to partners, but for the noisy one; 16 ordered */
            for (int k = 0; k < 17; k++) {
                const int kind = k < 8 ? k : k < 10 ? k - 8 : k < 13 ? k - 7 : k < 14 ? 0 : k - 11;
                if (k == 16)
                    ordered_net(&s, 301, 64);
                else if (kind > 5)
                    pooled_net(&s, COLOUR, kind == 6 ? LT_POOL_MAX : LT_POOL_AVERAGE, 2,
                               LT_UPSAMPLE_BILINEAR, kind == 6 ? LT_NORM_LAYER : LT_NORM_BATCH,
                               LT_ACT_SILU);
                else if (kind > 3)
                    grid_net(&s, kind == 4 ? GREY : COLOUR, 3, kind - 3);
                else if (kind == 3)
                    graph_net(&s);
                else if (kind == 2)
                    noisy_net(&s, LT_NOISE_GAUSSIAN, 0.1f);
                else
                    plain_net(&s, wide, LT_ACT_GELU, kind == 1, LT_LOSS_HUBER, LT_ACT_SIGMOID);
                if (k == 13 || k == 14 || k == 15)
                    attract(&s, 0.5);
                else if (k >= 8 && k < 13)
                    contract(&s, 0.5, 0.01);
                check_threads(&s, backends[b], (enum lt_precision)precision);
            }
}

T_MAIN
