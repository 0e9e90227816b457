/* Elementwise kernels: same bits on every instruction set and for any number
 * of threads; values and slopes against double precision. */
#include "base/fmath.h"
#include "base/rng.h"
#include "kernels/backend.h"
#include "kernels/elementwise.h"
#include "t.h"

enum { N = 3 * 512 + 7, ROWS = 3, WIDTH = N / ROWS };

static void fill(float *out, size_t n, uint64_t which, float scale)
{
    const struct lt_stream stream = lt_stream(1, LT_RNG_TEST, 0, which);
    lt_fill_normal(&stream, out, n);
    for (size_t i = 0; i < n; i++)
        out[i] *= scale;
}

/* Ordinary values with the awkward ones among them. */
static void fill_awkward(float *out, size_t n, uint64_t which)
{
    static const float awkward[] = {0.0f,  -0.0f,  1.0f,   -1.0f,   1e-30f, -1e-30f, 1e-42f, 30.0f,
                                    90.0f, -90.0f, 200.0f, -200.0f, 1e30f,  -1e30f,  0.5f,   3e38f};
    fill(out, n, which, 3.0f);
    for (size_t i = 0; i < sizeof awkward / sizeof *awkward && 5 * i < n; i++)
        out[5 * i] = awkward[i];
}

static bool same(const void *a, const void *b, size_t bytes)
{
    return memcmp(a, b, bytes) == 0;
}

/* The activations in double, from the textbook, for finite differences. */
static double act_double(enum lt_act act, double a)
{
    const double scale = 1.0507009873554804934, alpha = 1.6732632423543772848;
    switch (act) {
    case LT_ACT_SIGMOID:
        return 1 / (1 + exp(-a));
    case LT_ACT_TANH:
        return tanh(a);
    case LT_ACT_RELU:
        return a > 0 ? a : 0;
    case LT_ACT_LEAKY_RELU:
        return a > 0 ? a : 0.01 * a;
    case LT_ACT_ELU:
        return a > 0 ? a : expm1(a);
    case LT_ACT_SELU:
        return a > 0 ? scale * a : scale * alpha * expm1(a);
    case LT_ACT_GELU:
        return a * 0.5 * erfc(-a / sqrt(2));
    case LT_ACT_SILU:
        return a / (1 + exp(-a));
    case LT_ACT_SOFTPLUS:
        return a > 0 ? a + log1p(exp(-a)) : log1p(exp(a));
    default:
        return a;
    }
}

TEST(activations_are_the_textbook_functions)
{
    const struct lt_elementwise *e = lt_elementwise_table(lt_isa_best());
    float pre[N], y[N];
    fill(pre, N, 1, 3.0f);
    for (int act = 0; act < LT_ACTS; act++) {
        e->act_forward[act](N, pre, y);
        for (int i = 0; i < N; i++) {
            const double want = act_double((enum lt_act)act, (double)pre[i]);
            T_NEAR((double)y[i], want, 1e-6 * (1 + fabs(want)));
        }
    }
}

TEST(slopes_of_activations_agree_with_finite_differences)
{
    const struct lt_elementwise *e = lt_elementwise_table(lt_isa_best());
    const double h = 1e-5;
    float pre[N], y[N], dy[N], da[N];
    fill(pre, N, 2, 3.0f);
    fill(dy, N, 3, 1.0f);
    for (int act = 0; act < LT_ACTS; act++) {
        e->act_forward[act](N, pre, y);
        e->act_backward[act](N, lt_act_needs_pre((enum lt_act)act) ? pre : NULL, y, dy, da);
        for (int i = 0; i < N; i++) {
            const double a = (double)pre[i];
            if (fabs(a) < 2 * h)
                continue; /* the corner of relu */
            const double slope =
                (act_double((enum lt_act)act, a + h) - act_double((enum lt_act)act, a - h)) /
                (2 * h);
            T_NEAR((double)da[i], (double)dy[i] * slope, 3e-6 * (1 + fabs((double)dy[i])));
        }
    }
}

static double unit_double(int unit, double a)
{
    return unit ? 1 / (1 + exp(-a)) : a;
}

static double loss_double(enum lt_loss loss, int unit, double a, double t)
{
    const double y = unit_double(unit, a), d = y - t;
    switch (loss) {
    case LT_LOSS_MSE:
        return d * d;
    case LT_LOSS_BCE:
        return (a > 0 ? a : 0) - a * t + log1p(exp(-fabs(a)));
    case LT_LOSS_MAE:
        return fabs(d);
    default:
        return fabs(d) <= 1 ? d * d / 2 : fabs(d) - 0.5;
    }
}

TEST(gradients_of_losses_agree_with_finite_differences)
{
    const struct lt_elementwise *e = lt_elementwise_table(lt_isa_best());
    const double h = 1e-5;
    float a[N], t[N], y[N], da[N];
    double loss[ROWS], square[ROWS];
    fill(a, N, 4, 3.0f);
    const struct lt_stream stream = lt_stream(1, LT_RNG_TEST, 0, 5);
    lt_fill_uniform(&stream, t, N);
    for (int kind = 0; kind < LT_LOSSES; kind++)
        for (int unit = 0; unit < 2; unit++) {
            if (!e->head[kind][unit] || kind == LT_LOSS_CE)
                continue; /* ce: tests/test_net.c */
            const struct lt_head_rows rows = {ROWS, WIDTH, 0, 0.25f, a, t, y, da, loss, square};
            double want[ROWS] = {0}, want_square[ROWS] = {0};
            e->head[kind][unit](&rows);
            for (int i = 0; i < ROWS * WIDTH; i++) {
                const enum lt_loss l = (enum lt_loss)kind;
                const double x = (double)a[i], target = (double)t[i];
                const double d = unit_double(unit, x) - target;
                want[i / WIDTH] += loss_double(l, unit, x, target);
                want_square[i / WIDTH] += d * d;
                if (fabs(d) < 2 * h || fabs(fabs(d) - 1) < 2 * h)
                    continue; /* the corners of mae and huber */
                const double slope =
                    (loss_double(l, unit, x + h, target) - loss_double(l, unit, x - h, target)) /
                    (2 * h);
                T_NEAR((double)y[i], unit_double(unit, x), 1e-6);
                T_NEAR((double)da[i], 0.25 * slope, 2e-6 * (1 + fabs(slope)));
            }
            for (int r = 0; r < ROWS; r++) {
                T_NEAR(loss[r], want[r], 1e-6 * want[r]);
                T_NEAR(square[r], want_square[r], 1e-6 * want_square[r]);
            }
        }
}

TEST(only_bce_with_a_linear_unit_and_ce_with_a_sigmoid_are_no_heads)
{
    const struct lt_elementwise *e = lt_elementwise_table(lt_isa_best());
    for (int kind = 0; kind < LT_LOSSES; kind++)
        for (int unit = 0; unit < 2; unit++)
            T_INT(e->head[kind][unit] == NULL,
                  kind == LT_LOSS_BCE ? unit == 0 : kind == LT_LOSS_CE && unit == 1);
}

/* Everything that a table computes, as one run of bytes. */
struct everything {
    float forward[LT_ACTS][N], backward[LT_ACTS][N], bias_pre[LT_ACTS][N], bias[LT_ACTS][N];
    float head_y[LT_LOSSES][2][N], head_da[LT_LOSSES][2][N];
    double head_loss[LT_LOSSES][2][ROWS], head_square[LT_LOSSES][2][ROWS];
    float updated[LT_UPDATES][3][N], penalty[N], axpby[2][N], product[N], sums[2][WIDTH];
    double dot;
    uint16_t bf16[N];
};

static void compute_everything(const struct lt_elementwise *e, struct everything *all)
{
    float a[N], b[N], t[N];
    const struct lt_update_args args = {.lr = 0.01f,
                                        .beta1 = 0.9f,
                                        .beta2 = 0.99f,
                                        .eps = 1e-8f,
                                        .decay = 0.1f,
                                        .correct1 = 0.1f,
                                        .correct2 = 0.01f,
                                        .gradient_scale = 0.7f};
    memset(all, 0, sizeof *all);
    fill_awkward(a, N, 6);
    fill(b, N, 7, 1.0f);
    const struct lt_stream stream = lt_stream(1, LT_RNG_TEST, 0, 8);
    lt_fill_uniform(&stream, t, N);
    for (int act = 0; act < LT_ACTS; act++) {
        e->act_forward[act](N, a, all->forward[act]);
        e->act_backward[act](N, a, all->forward[act], b, all->backward[act]);
        memcpy(all->bias[act], a, sizeof a);
        e->bias_act[act](ROWS, WIDTH, WIDTH, act % 2 ? b : NULL,
                         act % 3 ? all->bias_pre[act] : NULL, all->bias[act]);
    }
    for (int kind = 0; kind < LT_LOSSES; kind++)
        for (int unit = 0; unit < 2; unit++) {
            const struct lt_head_rows rows = {.rows = ROWS,
                                              .width = WIDTH,
                                              .group = 2,
                                              .scale = 0.3f,
                                              .a = a,
                                              .t = t,
                                              .y = all->head_y[kind][unit],
                                              .da = all->head_da[kind][unit],
                                              .row_loss = all->head_loss[kind][unit],
                                              .row_squared_error = all->head_square[kind][unit]};
            if (e->head[kind][unit])
                e->head[kind][unit](&rows);
        }
    for (int kind = 0; kind < LT_UPDATES; kind++) {
        float(*u)[N] = all->updated[kind];
        memcpy(u[0], a, sizeof a);
        memcpy(u[1], b, sizeof b);
        memcpy(u[2], t, sizeof t);
        e->update[kind](&args, N, u[0], b, u[1], u[2]);
    }
    memcpy(all->penalty, b, sizeof b);
    e->penalty(0.1f, 0.2f, N, a, all->penalty);
    for (int add = 0; add < 2; add++) {
        memcpy(all->axpby[add], b, sizeof b);
        e->axpby(N, 0.3f, a, add ? 0.7f : 0.0f, all->axpby[add]);
        e->column_sums(ROWS, WIDTH, WIDTH, b, all->sums[add], add);
    }
    e->multiply(N, a, b, all->product);
    all->dot = e->dot(N, b, t);
    e->to_bf16(N, a, all->bf16);
}

TEST(a_sum_has_the_same_bits_in_one_pass_as_in_two)
{
    float x[N], z[N], two[N], one[N];
    fill(x, N, 6, 1.0f);
    fill(z, N, 7, 1.0f);
    for (int isa = LT_ISA_BASE; isa < LT_ISAS; isa++) {
        const struct lt_elementwise *e = lt_elementwise_table((enum lt_isa)isa);
        if (!e)
            continue;
        e->axpby(N, 1, x, 0, two);
        e->axpby(N, 1, z, 1, two);
        e->add(N, x, z, one);
        T_OK(same(one, two, sizeof one));
        memcpy(one, z, sizeof z);
        e->add(N, x, one, one);
        T_OK(same(one, two, sizeof one));
    }
}

TEST(every_instruction_set_gives_the_bits_of_the_base_one)
{
    struct everything *base = calloc(1, sizeof *base), *other = calloc(1, sizeof *other);
    T_OK(base && other);
    compute_everything(lt_elementwise_table(LT_ISA_BASE), base);
    int compared = 0;
    for (int isa = LT_ISA_BASE + 1; isa < LT_ISAS; isa++) {
        const struct lt_elementwise *e = lt_elementwise_table((enum lt_isa)isa);
        if (!e)
            continue;
        compute_everything(e, other);
        T_INT(e->isa, isa);
        T_OK(same(base, other, sizeof *base));
        compared++;
    }
    free(base);
    free(other);
    if (!compared)
        T_SKIP("this CPU has one instruction set only");
}

/* A golden value, so that other machines' results are compared with these. */
static uint64_t fnv1a(const void *bytes, size_t n)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3u;
    return hash;
}

TEST(the_bits_are_those_of_every_other_machine)
{
    struct everything *all = calloc(1, sizeof *all);
    T_OK(all != NULL);
    compute_everything(lt_elementwise_table(LT_ISA_BASE), all);
    const uint64_t hash = fnv1a(all, sizeof *all);
    free(all);
    char text[32];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    T_STR(text, "fd2563e7ac32364e");
}

TEST(bf16_rounds_to_nearest_even_and_keeps_nan)
{
    const struct lt_elementwise *e = lt_elementwise_table(lt_isa_best());
    const uint32_t bits[] = {0x3f800000, 0x3f808000, 0x3f818000, 0x3f808001, 0x7f7fffff,
                             0x7f800000, 0xff800000, 0x7f800001, 0x80000000};
    const uint16_t want[] = {0x3f80, 0x3f80, 0x3f82, 0x3f81, 0x7f80,
                             0x7f80, 0xff80, 0x7fc0, 0x8000};
    float x[9];
    uint16_t y[9];
    memcpy(x, bits, sizeof x);
    e->to_bf16(9, x, y);
    for (int i = 0; i < 9; i++)
        T_INT(y[i], want[i]);
}

TEST(adam_takes_the_steps_of_the_paper)
{
    const struct lt_elementwise *e = lt_elementwise_table(lt_isa_best());
    float w = 1, m = 0, v = 0;
    double dw = 1, dm = 0, dv = 0;
    for (int t = 1; t <= 50; t++) {
        const float g = 2 * w + 0.1f * (float)(t % 3);
        const struct lt_update_args args = {.lr = 0.05f,
                                            .beta1 = 0.9f,
                                            .beta2 = 0.999f,
                                            .eps = 1e-8f,
                                            .decay = 0.01f,
                                            .correct1 = (float)(1 - pow(0.9, t)),
                                            .correct2 = (float)(1 - pow(0.999, t)),
                                            .gradient_scale = 0.5f};
        const double dg = 0.5 * (2 * dw + 0.1 * (t % 3));
        e->update[LT_UPDATE_ADAM](&args, 1, &w, &g, &m, &v);
        dm = 0.9 * dm + 0.1 * dg;
        dv = 0.999 * dv + 0.001 * dg * dg;
        dw -= 0.05 * 0.01 * dw;
        dw -= 0.05 * (dm / (1 - pow(0.9, t))) / (sqrt(dv / (1 - pow(0.999, t))) + 1e-8);
        T_NEAR((double)w, dw, 1e-4);
    }
}

/* A backend of `threads` threads with one block of memory holding floats. */
struct rig {
    struct lt_backend *b;
    void *memory;
};

static struct rig rig_make(int threads, size_t floats)
{
    struct rig rig = {0};
    T_INT(lt_backend_create(&rig.b, "ref", threads, NULL), 0);
    T_INT(rig.b->ops->memory_create(rig.b, floats * sizeof(float), &rig.memory, NULL), 0);
    return rig;
}

static void rig_free(struct rig *rig)
{
    rig->b->ops->memory_free(rig->b, rig->memory);
    lt_backend_free(&rig->b);
}

static struct lt_buffer at(const struct rig *rig, size_t index)
{
    return lt_buffer_at((struct lt_buffer){rig->memory, 0}, index * sizeof(float));
}

/* Runs every threaded operation over arrays longer than several chunks. */
static void run_threaded(const struct rig *rig, size_t n, double *dot)
{
    const struct lt_backend_ops *ops = rig->b->ops;
    const int64_t width = 100, rows = (int64_t)n / width;
    const struct lt_update_args args = {0.01f, 0.9f, 0.99f, 1e-8f, 0, 0.1f, 0.01f, 1};
    const struct lt_buffer x = at(rig, 0), y = at(rig, n), z = at(rig, 2 * n), u = at(rig, 3 * n);
    int64_t ids[5000];
    for (int64_t i = 0; i < rows; i++)
        ids[i] = 7 * i;
    float *host = rig->memory;
    fill(host, 4 * n, 9, 1.0f);
    for (size_t i = 3 * n; i < 4 * n; i++)
        host[i] = fabsf(host[i]);
    ops->update(rig->b, LT_UPDATE_ADAM, &args, n, x, y, z, u);
    ops->penalty(rig->b, 0.1f, 0.1f, n, x, y);
    ops->axpby(rig->b, n, 0.5f, x, 0.5f, y);
    ops->multiply(rig->b, n, x, z, z);
    ops->act_forward(rig->b, LT_ACT_TANH, n, x, x);
    ops->act_backward(rig->b, LT_ACT_TANH, n, (struct lt_buffer){0}, x, y, y);
    ops->copy_columns(rig->b, rows, width / 2, x, width, u, width, true);
    ops->head(rig->b, LT_LOSS_BCE, LT_ACT_SIGMOID, 0.1f, rows, width, 0, x, u,
              (struct lt_buffer){0}, z, at(rig, 4 * n), at(rig, 4 * n + 2 * (size_t)rows));
    *dot = ops->dot(rig->b, n, x, z);
    const struct lt_corruption range = {LT_NOISE_GAUSSIAN, 0.1f, 0.3f, 0, 1, 1, 1},
                               counts = {LT_NOISE_POISSON, 5, 50, 0, 1, 1, 1},
                               blocks = {LT_NOISE_JPEG, 5, 50, 0, 1, 10, 10};
    ops->noise(rig->b, &range, 3, 2, ids, rows, width, x, u);
    ops->noise(rig->b, &counts, 3, 2, ids, rows, width, u, x);
    ops->noise(rig->b, &blocks, 3, 2, ids, rows, width, x, u);
    ops->dropout(rig->b, 0.3f, 3, 2, 1, ids, rows, width, u, z, y);
}

TEST(any_number_of_threads_gives_the_same_bits)
{
    const size_t n = 100000, floats = 5 * n;
    struct rig one = rig_make(1, floats);
    double dot = 0;
    run_threaded(&one, n, &dot);
    for (int threads = 2; threads <= 8; threads++) {
        struct rig many = rig_make(threads, floats);
        double other = 0;
        run_threaded(&many, n, &other);
        T_OK(same(one.memory, many.memory, floats * sizeof(float)));
        T_OK(same(&dot, &other, sizeof dot));
        rig_free(&many);
    }
    rig_free(&one);
}

TEST(a_dot_product_of_any_length_is_accurate)
{
    static const size_t lengths[] = {0, 1, 15, 16, 17, 16384, 16385, 300007};
    struct rig rig = rig_make(2, 2 * 300007);
    float *host = rig.memory;
    fill(host, 2 * 300007, 10, 1.0f);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        double want = 0;
        for (size_t j = 0; j < lengths[i]; j++)
            want += (double)host[j] * (double)host[300007 + j];
        T_NEAR(rig.b->ops->dot(rig.b, lengths[i], at(&rig, 0), at(&rig, 300007)), want, 1e-9);
    }
    rig_free(&rig);
}

TEST(noise_of_a_row_depends_on_the_row_not_on_its_place)
{
    const int64_t ids[] = {5, 9, 2}, moved[] = {2, 5, 9};
    const int64_t width = 37;
    struct rig rig = rig_make(1, 1000);
    float *host = rig.memory;
    for (int kind = 0; kind < LT_NOISES; kind++)
        for (int range = 0; range < 2; range++) {
            const struct lt_corruption noise = {
                (enum lt_noise)kind, 0.5f, range ? 0.8f : 0, -2, 2, 1, width};
            for (int i = 0; i < 3 * width; i++)
                host[i] = 0.3f; /* no byte */
            rig.b->ops->noise(rig.b, &noise, 1, 1, ids, 3, width, at(&rig, 0), at(&rig, 200));
            rig.b->ops->noise(rig.b, &noise, 1, 1, moved, 3, width, at(&rig, 0), at(&rig, 400));
            T_OK(same(host + 200, host + 400 + width, 2 * (size_t)width * sizeof(float)));
            T_OK(same(host + 200 + 2 * width, host + 400, (size_t)width * sizeof(float)));
            T_INT(same(host + 200, host, (size_t)width * sizeof(float)),
                  kind == LT_NOISE_NONE || kind == LT_NOISE_PAIRS);
        }
    rig_free(&rig);
}

enum { WIDE = 100000 };

/* WIDE values of x, corrupted as row 3. */
static void corrupt_wide(struct rig *rig, struct lt_corruption noise, float x)
{
    const int64_t id = 3;
    float *host = rig->memory;
    for (int i = 0; i < WIDE; i++)
        host[i] = x;
    rig->b->ops->noise(rig->b, &noise, 1, 0, &id, 1, WIDE, at(rig, 0), at(rig, WIDE));
}

static double mean_of(const float *y, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (double)y[i];
    return sum / (double)n;
}

static double variance_around(const float *y, int64_t n, double mean)
{
    double square = 0;
    for (int64_t i = 0; i < n; i++)
        square += ((double)y[i] - mean) * ((double)y[i] - mean);
    return square / (double)n;
}

static double share_of(const float *y, int64_t n, float value)
{
    double count = 0;
    for (int64_t i = 0; i < n; i++)
        count += same(&y[i], &value, sizeof value) ? 1 : 0;
    return count / (double)n;
}

TEST(noise_has_the_amount_it_was_asked_for)
{
    struct rig rig = rig_make(1, 2 * WIDE);
    const float *y = (const float *)rig.memory + WIDE;
    corrupt_wide(&rig, (struct lt_corruption){LT_NOISE_GAUSSIAN, 0.3f, 0, 0, 1, 1, 1}, 0.5f);
    T_NEAR(sqrt(variance_around(y, WIDE, 0.5)), 0.3, 0.005);
    corrupt_wide(&rig, (struct lt_corruption){LT_NOISE_SALTPEPPER, 0.3f, 0, -1, 2, 1, 1}, 0.5f);
    T_NEAR(share_of(y, WIDE, -1), 0.15, 0.01);
    T_NEAR(share_of(y, WIDE, 2), 0.15, 0.01);
    corrupt_wide(&rig, (struct lt_corruption){LT_NOISE_MASK, 0.3f, 0, 0, 1, 1, 1}, 0.5f);
    T_NEAR(share_of(y, WIDE, 0), 0.3, 0.01);
    corrupt_wide(&rig, (struct lt_corruption){LT_NOISE_UNIFORM, 0.3f, 0, 0, 1, 1, 1}, 0.5f);
    for (int i = 0; i < WIDE; i++)
        T_OK(y[i] >= 0.2f && y[i] <= 0.8f);
    T_NEAR(variance_around(y, WIDE, 0.5), 0.3 * 0.3 / 3, 0.001);
    const float peaks[] = {3, 1000};
    for (int i = 0; i < 2; i++) {
        const double variance = 0.5 / (double)peaks[i];
        corrupt_wide(&rig, (struct lt_corruption){LT_NOISE_POISSON, peaks[i], 0, 0, 1, 1, 1}, 0.5f);
        T_NEAR(mean_of(y, WIDE), 0.5, 5 * sqrt(variance / WIDE));
        T_NEAR(variance_around(y, WIDE, 0.5), variance, 0.05 * variance);
        for (int k = 0; k < WIDE; k++)
            T_NEAR((double)(y[k] * peaks[i]), round((double)(y[k] * peaks[i])), 1e-3);
    }
    corrupt_wide(&rig, (struct lt_corruption){LT_NOISE_POISSON, 30, 0, 0, 1, 1, 1}, -0.5f);
    T_NEAR(share_of(y, WIDE, 0), 1, 0);
    rig_free(&rig);
}

/* The spread of each row, over many rows: uniform between the ends of the range, another one for a row
 * in every epoch, and never outside. */
TEST(rows_draw_their_amounts_from_the_range)
{
    enum { MANY = 400, LONG = 1000 };
    const double low = 0.1, high = 0.5;
    const struct lt_corruption noise = {LT_NOISE_GAUSSIAN, 0.1f, 0.5f, 0, 1, 1, 1};
    struct rig rig = rig_make(2, 2 * MANY * LONG);
    const float *y = (const float *)rig.memory + MANY * LONG;
    int64_t ids[MANY];
    double mean = 0, square = 0, first[2];
    for (int64_t i = 0; i < MANY; i++)
        ids[i] = i;
    for (uint32_t epoch = 0; epoch < 2; epoch++) {
        rig.b->ops->noise(rig.b, &noise, 1, epoch, ids, MANY, LONG, at(&rig, 0),
                          at(&rig, MANY * LONG));
        first[epoch] = sqrt(variance_around(y, LONG, 0));
    }
    for (int64_t i = 0; i < MANY; i++) {
        double amount = sqrt(variance_around(y + i * LONG, LONG, 0));
        T_OK(amount > 0.9 * low && amount < 1.1 * high);
        mean += amount / MANY;
        square += amount * amount / MANY;
    }
    T_NEAR(mean, (low + high) / 2, 0.02);
    T_NEAR(sqrt(square - mean * mean), (high - low) / sqrt(12), 0.01);
    T_OK(fabs(first[0] - first[1]) > 0.01);
    rig_free(&rig);
}

TEST(dropout_keeps_the_mean_and_writes_its_mask)
{
    const int64_t id = 3;
    struct rig rig = rig_make(1, 3 * WIDE);
    float *x = rig.memory, *mask = x + WIDE, *y = mask + WIDE;
    double sum = 0;
    for (int i = 0; i < WIDE; i++)
        x[i] = 2;
    rig.b->ops->dropout(rig.b, 0.25f, 1, 0, 4, &id, 1, WIDE, at(&rig, 0), at(&rig, WIDE),
                        at(&rig, 2 * WIDE));
    for (int i = 0; i < WIDE; i++) {
        T_OK(mask[i] == 0 || mask[i] == 1.0f / 0.75f);
        T_OK(y[i] == 2 * mask[i]);
        sum += (double)y[i];
    }
    T_NEAR(sum / WIDE, 2, 0.02);
    rig_free(&rig);
}

TEST(names_are_found_again)
{
    for (int act = 0; act < LT_ACTS; act++)
        T_INT(lt_act_by_name(lt_act_name((enum lt_act)act)), act);
    for (int loss = 0; loss < LT_LOSSES; loss++)
        T_INT(lt_loss_by_name(lt_loss_name((enum lt_loss)loss)), loss);
    for (int noise = 0; noise < LT_NOISES; noise++)
        T_INT(lt_noise_by_name(lt_noise_name((enum lt_noise)noise)), noise);
    T_INT(lt_act_by_name("swish"), -1);
}

T_MAIN
