/* Integer networks: the same bits on every instruction set, no overflow, no trust in bytes; and
 * predictors, which learn and then lose next to nothing by being rounded. */
#include "t.h"
#include "app/predictor.h"
#include "base/mem.h"
#include "base/rng.h"
#include "codec/intnet.h"
#include "kernels/backend.h"

/* ---- random networks ---- */

static int32_t draw(const struct lt_stream *s, uint32_t *at, int32_t most)
{
    return (int32_t)lt_below(s, (*at)++, 2 * (uint64_t)most + 1) - most;
}

/* As large as the rule on sums lets them be, every third of them small. */
static void fill(struct lt_intnet *net, uint64_t seed)
{
    const struct lt_stream s = lt_stream(seed, LT_RNG_TEST, 0, 0);
    uint32_t at = 0;
    for (int k = 0; k < net->layers; k++) {
        struct lt_intlayer *l = &net->layer[k];
        const int32_t limit = (1 << 17) / l->inputs, most = limit < 32767 ? limit : 32767;
        l->shift = (int)lt_below(&s, at++, LT_INTNET_SHIFT + 1);
        for (int32_t o = 0; o < l->outputs; o++) {
            l->biases[o] = draw(&s, &at, 1 << 29);
            for (int32_t i = 0; i < l->inputs; i++)
                l->weights[o * l->stride + i] =
                    (int16_t)draw(&s, &at, i % 3 ? most : 1 + most / 50);
        }
    }
}

static struct lt_intnet *random_net(int layers, const int64_t *widths, enum lt_isa isa,
                                    uint64_t seed)
{
    struct lt_error err = {0};
    struct lt_intnet *net;
    if (lt_intnet_create(&net, layers, widths, isa, &err))
        T_FAIL("%s", err.text);
    fill(net, seed);
    if (lt_intnet_seal(net, &err))
        T_FAIL("%s", err.text);
    return net;
}

/* floor(a / 2^shift), without shifting a negative number */
static int64_t shifted(int64_t a, int shift)
{
    const int64_t d = (int64_t)1 << shift;
    return a >= 0 ? a / d : -((-a + d - 1) / d);
}

enum { MOST = LT_INTNET_MOST, WIDEST = 600 };

static int64_t plain_sum(const struct lt_intlayer *l, int32_t o, const int64_t *x)
{
    int64_t sum = l->biases[o];
    for (int32_t i = 0; i < l->inputs; i++)
        sum += l->weights[o * l->stride + i] * x[i];
    return sum;
}

/* The formulas of intnet.h in int64; y (outputs). */
static void plain(const struct lt_intnet *net, const int16_t *input, int64_t *y)
{
    int64_t x[WIDEST];
    for (int32_t i = 0; i < net->layer[0].inputs; i++)
        x[i] = input[i] > MOST ? MOST : input[i] < -MOST ? -MOST : input[i];
    for (int k = 0; k < net->layers; k++) {
        const struct lt_intlayer *l = &net->layer[k];
        const int64_t half = (1 << l->shift) / 2;
        for (int32_t o = 0; o < l->outputs; o++) {
            const int64_t sum = plain_sum(l, o, x);
            if (k < net->layers - 1)
                y[o] = (int64_t)fmin(MOST, (double)shifted((sum > 0 ? sum : 0) + half, l->shift));
            else
                y[o] = (int64_t)fmax(INT32_MIN,
                                     fmin(INT32_MAX, (double)shifted(sum * 64 + half, l->shift)));
        }
        memcpy(x, y, (size_t)l->outputs * sizeof *x);
    }
}

static void expect_plain(const struct lt_intnet *net, uint64_t seed)
{
    const struct lt_stream s = lt_stream(seed, LT_RNG_TEST, 1, 0);
    uint32_t at = 0;
    int16_t x[WIDEST], h[WIDEST];
    int64_t want[WIDEST];
    for (int example = 0; example < 20; example++) {
        for (int32_t i = 0; i < lt_intnet_inputs(net); i++)
            x[i] = (int16_t)draw(&s, &at, example % 2 ? 32767 : 3000);
        plain(net, x, want);
        lt_intnet_hidden(net, x, h);
        for (int32_t o = 0; o < lt_intnet_outputs(net); o++)
            T_INT(lt_intnet_unit(net, h, o), want[o]);
    }
}

/* Inputs of which few change from one example to the next, now and then all. */
static void expect_the_same_again(const struct lt_intnet *net, uint64_t seed)
{
    const struct lt_stream s = lt_stream(seed, LT_RNG_TEST, 2, 0);
    const int32_t inputs = lt_intnet_inputs(net);
    uint32_t at = 0;
    int16_t x[WIDEST] = {0}, h[WIDEST], again[WIDEST];
    struct lt_intmemo *memo;
    T_INT(lt_intmemo_create(&memo, net, NULL), 0);
    for (int example = 0; example < 60; example++) {
        for (int32_t i = 0; i < (example % 20 ? example % 7 : inputs); i++)
            x[lt_below(&s, at++, (uint64_t)inputs)] =
                (int16_t)draw(&s, &at, example % 2 ? 32767 : 3000);
        lt_intnet_hidden(net, x, h);
        lt_intnet_hidden_again(net, memo, x, again);
        T_OK(memcmp(h, again, (size_t)lt_intnet_room(net) * sizeof *h) == 0);
    }
    lt_intmemo_free(&memo);
}

static const int64_t shapes[][4] = {
    {64, 96, 32, 255}, {1, 1, 1, 1}, {33, 65, 31, 7}, {500, 3, 129, 40}, {40, 5, 0, 0}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static int layers_of(int shape)
{
    return shapes[shape][2] ? 3 : 1;
}

TEST(every_instruction_set_gives_the_bits_of_plain_arithmetic)
{
    for (int isa = 0; isa < LT_ISAS; isa++)
        for (int k = 0; k < SHAPES && lt_isa_has((enum lt_isa)isa); k++)
            for (uint64_t seed = 1; seed <= 4; seed++) {
                struct lt_intnet *net = random_net(layers_of(k), shapes[k], (enum lt_isa)isa, seed);
                expect_plain(net, seed);
                if (net->layers > 1)
                    expect_the_same_again(net, seed);
                lt_intnet_free(&net);
            }
}

TEST(sums_at_their_limit_do_not_overflow)
{
    struct lt_error err = {0};
    const int64_t widths[] = {8, 1, 1};
    const int16_t x[] = {32767, -32767, 32767, -32767, 32767, -32767, 32767, -32767};
    for (int isa = 0; isa < LT_ISAS; isa++) {
        struct lt_intnet *net;
        int16_t h[LT_INTNET_PAD];
        if (!lt_isa_has((enum lt_isa)isa))
            continue;
        T_INT(lt_intnet_create(&net, 2, widths, (enum lt_isa)isa, &err), 0);
        net->layer[0].shift = net->layer[1].shift = 14;
        for (int i = 0; i < 8; i++)
            net->layer[0].weights[i] = i % 2 ? -32768 : 32767;
        net->layer[0].biases[0] = INT32_MAX - 8192 - MOST * (4 * 32767 + 4 * 32768);
        net->layer[1].weights[0] = -32768;
        net->layer[1].biases[0] = -(INT32_MAX - 8192 - MOST * 32768);
        T_INT(lt_intnet_seal(net, &err), 0);
        lt_intnet_hidden(net, x, h);
        T_INT(h[0], MOST);
        T_INT(lt_intnet_unit(net, h, 0), shifted((int64_t)(8192 - INT32_MAX) * 64 + 8192, 14));
        net->layer[0].biases[0]++;
        T_INT(lt_intnet_seal(net, &err), LT_ECONTENT);
        T_ERR(err, "the weights of unit 0 in layer 1 of an integer network are so large that its "
                   "sum may overflow");
        err = (struct lt_error){0};
        lt_intnet_free(&net);
    }
}

TEST(sizes_beyond_the_limits_are_refused)
{
    const int64_t wide[] = {4097, 8}, tall[] = {8, 65537}, big[] = {4096, 4096, 4096},
                  none[] = {8, 0}, hidden[] = {8, 4097, 8}, most[] = {4, 65536};
    struct lt_error err = {0};
    struct lt_intnet *net;
    T_INT(lt_intnet_create(&net, 1, wide, LT_ISA_BASE, &err), LT_ECONTENT);
    T_ERR(err, "layer 1 of an integer network has 4097 inputs; 1 to 4096 are possible");
    T_INT(lt_intnet_create(&net, 1, tall, LT_ISA_BASE, NULL), LT_ECONTENT);
    T_INT(lt_intnet_create(&net, 2, big, LT_ISA_BASE, NULL), LT_ECONTENT);
    T_INT(lt_intnet_create(&net, 1, none, LT_ISA_BASE, NULL), LT_ECONTENT);
    T_INT(lt_intnet_create(&net, 2, hidden, LT_ISA_BASE, NULL), LT_ECONTENT);
    T_INT(lt_intnet_create(&net, 7, big, LT_ISA_BASE, NULL), LT_ECONTENT);
    T_INT(lt_intnet_create(&net, 1, most, LT_ISA_BASE, NULL), 0);
    lt_intnet_free(&net);
}

/* ---- bytes ---- */

struct bytes {
    uint8_t *byte;
    size_t size, capacity;
};

static struct bytes written(const struct lt_intnet *net)
{
    struct bytes b = {0};
    struct lt_error err = {0};
    if (lt_intnet_write(net, &b.byte, &b.size, &b.capacity, &err))
        T_FAIL("%s", err.text);
    return b;
}

TEST(what_is_written_is_read_back)
{
    for (int k = 0; k < SHAPES; k++) {
        struct lt_error err = {0};
        struct lt_intnet *net = random_net(layers_of(k), shapes[k], LT_ISA_BASE, 7), *back;
        struct bytes a = written(net), b;
        T_INT(lt_intnet_read(&back, a.byte, a.size, lt_isa_best(), &err), 0);
        expect_plain(back, 3);
        b = written(back);
        T_OK(a.size == b.size && memcmp(a.byte, b.byte, a.size) == 0);
        lt_free(a.byte);
        lt_free(b.byte);
        lt_intnet_free(&net);
        lt_intnet_free(&back);
    }
}

/* In memory of its own, so that sanitizers see what is read beyond it. */
static int read_copy(const uint8_t *byte, size_t size)
{
    struct lt_error err = {0};
    struct lt_intnet *net = NULL;
    uint8_t *copy = malloc(size ? size : 1);
    int16_t h[WIDEST], x[WIDEST] = {1, 2, 3};
    memcpy(copy, byte, size);
    int rc = lt_intnet_read(&net, copy, size, lt_isa_best(), &err);
    free(copy);
    T_OK(rc == 0 || (rc == LT_ECONTENT && err.text[0] && !net));
    if (rc == 0) {
        lt_intnet_hidden(net, x, h);
        (void)lt_intnet_unit(net, h, lt_intnet_outputs(net) - 1);
    }
    lt_intnet_free(&net);
    return rc;
}

TEST(damaged_bytes_are_refused_or_harmless)
{
    const int64_t widths[] = {5, 9, 4, 3};
    struct lt_intnet *net = random_net(3, widths, LT_ISA_BASE, 5);
    struct bytes b = written(net);
    int refused = 0;
    for (size_t size = 0; size < b.size; size++)
        T_INT(read_copy(b.byte, size), LT_ECONTENT);
    for (size_t at = 0; at < b.size; at++)
        for (int bit = 0; bit < 8; bit++) {
            b.byte[at] ^= (uint8_t)(1 << bit);
            refused += read_copy(b.byte, b.size) != 0;
            b.byte[at] ^= (uint8_t)(1 << bit);
        }
    T_OK(refused >= 8 * 12); /* at least wherever a size stands */
    T_INT(read_copy(b.byte, b.size), 0);
    lt_free(b.byte);
    lt_intnet_free(&net);
}

/* ---- quantising ---- */

TEST(quantising_takes_as_many_bits_as_fit)
{
    struct lt_error err = {0};
    const int64_t widths[] = {2, 2, 1};
    float w1[] = {1.5f, -0.25f, 0.75f, 0.5f}, b1[] = {0.5f, -0.125f}, w2[] = {-2, 3},
          b2[] = {0.25f};
    const float *weights[] = {w1, w2}, *biases[] = {b1, b2};
    struct lt_intnet *net;
    int16_t x[] = {2048, 1024}, h[LT_INTNET_PAD]; /* 2, 1 */
    T_INT(lt_intnet_quantise(&net, 2, widths, weights, biases, 12, LT_ISA_BASE, &err), 0);
    T_INT(net->layer[0].shift, 12);
    lt_intnet_hidden(net, x, h);
    T_INT(h[0], 3.25 * 1024);
    T_INT(h[1], 1.875 * 1024);
    T_INT(lt_intnet_unit(net, h, 0), (-2 * 3.25 + 3 * 1.875 + 0.25) * 65536);
    lt_intnet_free(&net);
    w2[1] = 900; /* 2^18 / 902 is 290.6 */
    T_INT(lt_intnet_quantise(&net, 2, widths, weights, biases, 12, LT_ISA_BASE, &err), 0);
    T_INT(net->layer[1].shift, 5); /* 900 x 2^5 fits an int16 */
    lt_intnet_free(&net);
    w2[1] = 1e9f;
    T_INT(lt_intnet_quantise(&net, 2, widths, weights, biases, 12, LT_ISA_BASE, &err), LT_EFAIL);
    T_ERR(err, "the weights of layer 2 are too large for an integer network");
    w2[1] = NAN;
    T_INT(lt_intnet_quantise(&net, 2, widths, weights, biases, 12, LT_ISA_BASE, NULL), LT_EFAIL);
    w2[1] = 1;
    b1[0] = INFINITY;
    T_INT(lt_intnet_quantise(&net, 2, widths, weights, biases, 12, LT_ISA_BASE, NULL), LT_EFAIL);
}

/* ---- predictors ---- */

enum { FEATURES = 8, OUTPUTS = 3 };

/* Three questions about eight features, of which every example is asked two: whether the first is
 * larger than the second, whether two others multiply to more than a tenth, whether the rest add up
 * to more than 0. */
static int read_questions(void *context, const int64_t *ids, int64_t n, float *x,
                          struct lt_error *err)
{
    (void)context, (void)err;
    for (int64_t k = 0; k < n; k++, x += FEATURES + OUTPUTS) {
        const struct lt_stream s = lt_stream(11, LT_RNG_TEST, 2, (uint64_t)ids[k]);
        lt_fill_normal(&s, x, FEATURES);
        x[8] = x[0] > x[1];
        x[9] = x[2] * x[3] > 0.1f;
        x[10] = x[4] + x[5] + x[6] + x[7] > 0;
        x[FEATURES + ids[k] % OUTPUTS] = NAN;
    }
    return 0;
}

static const struct lt_examples questions = {20000, FEATURES, OUTPUTS, read_questions, NULL};

static struct lt_intnet *taught(struct lt_predictor_settings s, int threads,
                                struct lt_predictor_report *report)
{
    struct lt_error err = {0};
    struct lt_intnet *net = NULL;
    if (lt_backend_create(&s.backend, NULL, threads, &err) ||
        lt_predictor_train(&net, &questions, &s, report, &err))
        T_FAIL("%s", err.text);
    lt_backend_free(&s.backend);
    return net;
}

static const struct lt_predictor_settings small = {.layers = 2,
                                                   .hidden = {48, 24},
                                                   .loss = LT_LOSS_BCE,
                                                   .steps = 300,
                                                   .batch = 256,
                                                   .lr = 0.01,
                                                   .seed = 3};

TEST(a_predictor_learns_and_loses_little_as_integers)
{
    struct lt_predictor_report r;
    struct lt_intnet *net = taught(small, 1, &r);
    T_NOTE("loss %.4f in floats, %.4f in integers, %.5f of the hidden values clamped", r.float_loss,
           r.integer_loss, r.clamped);
    T_INT(r.steps, 300);
    T_INT(r.kept, 2000);
    T_OK(r.float_loss < 0.35 * 2 * log(2)); /* two questions, each about as often yes as no */
    T_NEAR(r.integer_loss, r.float_loss, 0.02 * r.float_loss);
    T_OK(r.clamped < 1e-3);
    lt_intnet_free(&net);
}

TEST(predictors_of_values_learn_too)
{
    struct lt_predictor_settings s = small;
    struct lt_predictor_report r;
    s.loss = LT_LOSS_MSE;
    struct lt_intnet *net = taught(s, 1, &r);
    T_OK(r.float_loss < 0.5 * 2 * 0.25); /* a chance of one half has a variance of a quarter */
    T_NEAR(r.integer_loss, r.float_loss, 0.02 * r.float_loss);
    lt_intnet_free(&net);
}

TEST(a_seed_gives_the_same_bits_for_any_number_of_threads)
{
    struct lt_predictor_settings s = small;
    s.steps = 20;
    struct lt_intnet *one = taught(s, 1, NULL), *two = taught(s, 2, NULL);
    s.seed++;
    struct lt_intnet *other = taught(s, 1, NULL);
    struct bytes a = written(one), b = written(two), c = written(other);
    T_OK(a.size == b.size && memcmp(a.byte, b.byte, a.size) == 0);
    T_OK(a.size == c.size && memcmp(a.byte, c.byte, a.size) != 0);
    lt_free(a.byte);
    lt_free(b.byte);
    lt_free(c.byte);
    lt_intnet_free(&one);
    lt_intnet_free(&two);
    lt_intnet_free(&other);
}

TEST(predictors_that_cannot_be_are_refused)
{
    struct lt_error err = {0};
    struct lt_intnet *net;
    struct lt_predictor_settings s = small;
    s.layers = 4;
    T_INT(lt_predictor_train(&net, &questions, &s, NULL, &err), LT_EUSAGE);
    T_ERR(err, "a predictor has 1 to 3 hidden layers, not 4");
    s = small;
    s.steps = 0;
    T_INT(lt_predictor_train(&net, &questions, &s, NULL, NULL), LT_EUSAGE);
    s = small;
    s.loss = LT_LOSS_CE;
    T_INT(lt_predictor_train(&net, &questions, &s, NULL, NULL), LT_EUSAGE);
    struct lt_examples none = questions;
    none.count = 1;
    T_INT(lt_predictor_train(&net, &none, &small, NULL, NULL), LT_EUSAGE);
}

T_MAIN
