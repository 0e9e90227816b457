/* Convolutions: both backends against the definition, in f32 and bf16, on shapes with odd sides,
 * strides, few and many channels, forward and transposed, with and without an activation, and with a
 * gradient to be added to another. */
#include "base/mem.h"
#include "base/rng.h"
#include "kernels/backend.h"
#include "t.h"

enum { ROWS = 11, SHORT = 7, MOST = 1 << 17 };

struct values { /* of one convolution, on the host */
    float w[MOST], bias[64], x[MOST], dy[MOST], y[MOST], dx[MOST], dw[MOST], db[64];
    float da[MOST]; /* the definition's: dL/d pre-activation */
    float plus[MOST];
    bool adds; /* plus to y */
    uint16_t x16[MOST], y16[MOST];
};

static void fill(float *x, int64_t n, uint64_t which, float scale)
{
    struct lt_stream s = lt_stream(3, LT_RNG_TEST, 0, which);
    lt_fill_normal(&s, x, (size_t)n);
    for (int64_t i = 0; i < n; i++)
        x[i] *= scale;
}

static int64_t in_values(const struct lt_conv_spec *s)
{
    return s->transposed ? lt_conv_coarse_values(s) : lt_conv_fine_values(s);
}
static int64_t out_values(const struct lt_conv_spec *s)
{
    return s->transposed ? lt_conv_fine_values(s) : lt_conv_coarse_values(s);
}
static int64_t weight_count(const struct lt_conv_spec *s)
{
    return s->out * lt_conv_patch(s);
}
static int64_t out_channels(const struct lt_conv_spec *s)
{
    return s->transposed ? s->in : s->out;
}

static void make(struct values *v, const struct lt_conv_spec *s)
{
    fill(v->w, weight_count(s), 1, 0.2f);
    fill(v->bias, out_channels(s), 2, 0.5f);
    fill(v->x, ROWS * in_values(s), 3, 1);
    fill(v->dy, ROWS * out_values(s), 4, 1);
    fill(v->plus, ROWS * out_values(s), 6, 1);
    fill(v->dx, ROWS * in_values(s), 5, 1); /* what stands there before */
}

/* Calls fn(fine index, coarse index, weight index) for everything that a weight joins in a row. */
typedef void join_fn(struct values *v, const struct lt_conv_spec *s, int64_t fine, int64_t coarse,
                     int64_t weight);
static void each_join(struct values *v, const struct lt_conv_spec *s, int64_t rows, join_fn *fn)
{
    const int64_t w = lt_conv_coarse(s->in_w, s->stride);
    for (int64_t p = 0; p < rows * lt_conv_coarse_pixels(s); p++)
        for (int64_t k = 0; k < weight_count(s); k++) {
            const int64_t row = p / lt_conv_coarse_pixels(s), at = p % lt_conv_coarse_pixels(s);
            const int64_t o = k / lt_conv_patch(s), tap = k % lt_conv_patch(s) / s->in;
            const int64_t y = at / w * s->stride - s->kernel / 2 + tap / s->kernel;
            const int64_t x = at % w * s->stride - s->kernel / 2 + tap % s->kernel;
            if (y >= 0 && y < s->in_h && x >= 0 && x < s->in_w)
                fn(v, s, row * lt_conv_fine_values(s) + (y * s->in_w + x) * s->in + k % s->in,
                   p * s->out + o, k);
        }
}

static void join_forward(struct values *v, const struct lt_conv_spec *s, int64_t fine,
                         int64_t coarse, int64_t weight)
{
    const int64_t in = s->transposed ? coarse : fine, out = s->transposed ? fine : coarse;
    v->y[out] += v->w[weight] * v->x[in];
}

static void join_backward(struct values *v, const struct lt_conv_spec *s, int64_t fine,
                          int64_t coarse, int64_t weight)
{
    const int64_t in = s->transposed ? coarse : fine, out = s->transposed ? fine : coarse;
    v->dx[in] += v->w[weight] * v->da[out];
    v->dw[weight] += v->da[out] * v->x[in];
}

/* The definition. */
static void define(struct values *v, const struct lt_conv_spec *s, enum lt_act act, int64_t rows)
{
    memset(v->y, 0, sizeof v->y);
    if (!s->add_dx)
        memset(v->dx, 0, sizeof v->dx);
    memset(v->dw, 0, sizeof v->dw);
    memset(v->db, 0, sizeof v->db);
    each_join(v, s, rows, join_forward);
    for (int64_t i = 0; i < rows * out_values(s); i++) {
        const double a = (double)(v->y[i] + v->bias[i % out_channels(s)]), g = 1 / (1 + exp(-a));
        const bool silu = act == LT_ACT_SILU;
        v->y[i] = (float)(silu ? a * g : a);
        v->da[i] = (float)((double)v->dy[i] * (silu ? g * (1 + a * (1 - g)) : 1));
        v->db[i % out_channels(s)] += v->da[i];
        v->y[i] += v->adds ? v->plus[i] : 0;
    }
    each_join(v, s, rows, join_backward);
}

static struct lt_buffer upload(struct lt_backend *b, const float *from, int64_t n, int64_t room)
{
    struct lt_error err = {0};
    struct lt_buffer to = {0};
    T_INT(b->ops->memory_create(b, (size_t)room * sizeof(float), &to.memory, &err), 0);
    if (from)
        b->ops->upload(b, to, from, (size_t)n * sizeof(float));
    return to;
}

static void download(struct lt_backend *b, float *to, struct lt_buffer from, int64_t n)
{
    b->ops->download(b, to, from, (size_t)n * sizeof(float));
    b->ops->memory_free(b, from.memory);
}

/* To bf16, nearest, ties to even. */
static uint16_t rounded(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

static struct lt_buffer upload16(struct lt_backend *b, const uint16_t *from, int64_t n,
                                 int64_t room)
{
    struct lt_buffer to = upload(b, NULL, 0, room);
    b->ops->upload(b, to, from, (size_t)n * sizeof *from);
    return to;
}

/* The same by a backend. */
static void compute(struct values *v, const struct lt_conv_spec *s, enum lt_act act,
                    struct lt_backend *b, int64_t rows)
{
    struct lt_error err = {0};
    struct lt_conv *conv = NULL;
    const int64_t ni = in_values(s), no = out_values(s), nw = weight_count(s), c = out_channels(s);
    struct lt_buffer w = upload(b, v->w, nw, nw), bias = upload(b, v->bias, c, c);
    struct lt_buffer x = upload(b, v->x, rows * ni, LT_ROW_BLOCK * ni);
    struct lt_buffer dy = upload(b, v->dy, rows * no, LT_ROW_BLOCK * no);
    struct lt_buffer y = upload(b, NULL, 0, LT_ROW_BLOCK * no);
    struct lt_buffer pre = upload(b, NULL, 0, LT_ROW_BLOCK * no);
    struct lt_buffer dx = upload(b, v->dx, rows * ni, LT_ROW_BLOCK * ni);
    struct lt_buffer dw = upload(b, NULL, 0, nw), db = upload(b, NULL, 0, c);
    if (b->ops->conv_create(b, s, &conv, &err))
        T_FAIL("%s", err.text);
    b->ops->conv_pack(b, conv, w);
    struct lt_buffer plus = upload(b, v->plus, rows * no, LT_ROW_BLOCK * no);
    struct lt_buffer x16 = upload16(b, v->x16, rows * ni, LT_ROW_BLOCK * ni);
    struct lt_buffer y16 = upload(b, NULL, 0, LT_ROW_BLOCK * no), none = {NULL, 0};
    const struct lt_conv_values values = {.rows = rows,
                                          .x = x,
                                          .x16 = s->x_copied ? x16 : none,
                                          .bias = bias,
                                          .act = act,
                                          .plus = v->adds ? plus : none,
                                          .pre = pre,
                                          .y = y,
                                          .y16 = s->x_copied ? y16 : none};
    b->ops->conv_forward(b, conv, &values);
    const struct lt_conv_gradients g = {.rows = rows,
                                        .act = act,
                                        .x = x,
                                        .x16 = values.x16,
                                        .pre = pre,
                                        .y = y,
                                        .dy = dy,
                                        .dx = dx,
                                        .dw = dw,
                                        .db = db};
    b->ops->conv_backward(b, conv, &g);
    b->ops->conv_free(b, conv);
    b->ops->download(b, v->y16, y16, (size_t)(rows * no) * sizeof *v->y16);
    download(b, v->y, y, rows * no);
    download(b, v->dx, dx, rows * ni);
    download(b, v->dw, dw, nw);
    download(b, v->db, db, c);
    struct lt_buffer read[] = {w, bias, x, dy, pre, plus, x16, y16};
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        b->ops->memory_free(b, read[i].memory);
}

/* The root mean square of the difference, in units of that of what is wanted. */
static double off(const float *got, const float *want, int64_t n)
{
    double sum = 0, all = 0;
    for (int64_t i = 0; i < n; i++) {
        const double d = (double)got[i] - (double)want[i];
        sum += d * d;
        all += (double)want[i] * (double)want[i];
    }
    return sqrt(sum / all);
}

static const struct lt_conv_spec shapes[] = {
    {.in = 1, .in_h = 1, .in_w = 1, .out = 1, .kernel = 1, .stride = 1},
    {.in = 1, .in_h = 9, .in_w = 6, .out = 8, .kernel = 3, .stride = 1},
    {.in = 1, .in_h = 9, .in_w = 6, .out = 8, .kernel = 3, .stride = 2},
    {.in = 3, .in_h = 7, .in_w = 10, .out = 5, .kernel = 5, .stride = 2},
    {.in = 16, .in_h = 8, .in_w = 8, .out = 32, .kernel = 3, .stride = 1},
    {.in = 16, .in_h = 8, .in_w = 7, .out = 32, .kernel = 3, .stride = 2},
    {.in = 7, .in_h = 10, .in_w = 10, .out = 9, .kernel = 7, .stride = 2},
    {.in = 6, .in_h = 11, .in_w = 8, .out = 4, .kernel = 5, .stride = 3},
    {.in = 24, .in_h = 5, .in_w = 5, .out = 17, .kernel = 1, .stride = 1},
};

static void check_backend(const char *name, enum lt_precision precision, double tolerance)
{
    static struct values want, got;
    struct lt_error err = {0};
    struct lt_backend *b = NULL;
    if (lt_backend_create(&b, name, 2, &err) || lt_backend_precision(b, precision) != precision) {
        lt_backend_free(&b);
        T_SKIP("this build or CPU has no such backend or precision");
    }
    for (size_t i = 0; i < 2 * sizeof shapes / sizeof *shapes; i++) {
        struct lt_conv_spec s = shapes[i / 2];
        s.transposed = i % 2;
        s.rows = s.batch = ROWS;
        s.training = s.need_dx = true;
        s.add_dx = i % 3 == 0;
        s.precision = precision;
        const enum lt_act act = i % 4 < 2 ? LT_ACT_LINEAR : LT_ACT_SILU;
        for (int64_t rows = SHORT; rows <= ROWS; rows += ROWS - SHORT) {
            make(&want, &s);
            make(&got, &s);
            want.adds = got.adds = act == LT_ACT_LINEAR && i % 3 == 1;
            define(&want, &s, act, rows);
            compute(&got, &s, act, b, rows);
            const double worst = fmax(fmax(off(got.y, want.y, rows * out_values(&s)),
                                           off(got.dx, want.dx, rows * in_values(&s))),
                                      fmax(off(got.dw, want.dw, weight_count(&s)),
                                           off(got.db, want.db, out_channels(&s))));
            if (!(worst <= tolerance))
                T_FAIL("shape %zu, %d rows: off by %.1e", i, (int)rows, worst);
        }
    }
    lt_backend_free(&b);
}

TEST(ref_convolves_as_the_definition_says)
{
    check_backend("ref", LT_PRECISION_F32, 1e-5);
}

TEST(cpu_convolves_as_the_definition_says)
{
    check_backend("cpu", LT_PRECISION_F32, 1e-5);
}

/* An operand in bf16 is off by 2^-9 at most, a sum of products by as much on average, and what is made
 * of that by its slope again. */
TEST(bf16_convolves_within_its_rounding)
{
    check_backend("cpu", LT_PRECISION_BF16, 6e-3);
}

/* What comes with x in bf16 is what the convolution would make of x, and y goes out the same way. */
TEST(a_copy_in_bf16_changes_no_bits)
{
    static struct values own, given;
    struct lt_error err = {0};
    struct lt_backend *b = NULL;
    if (lt_backend_create(&b, "cpu", 2, &err) ||
        lt_backend_precision(b, LT_PRECISION_BF16) != LT_PRECISION_BF16) {
        lt_backend_free(&b);
        T_SKIP("this build or CPU has no such backend or precision");
    }
    for (size_t i = 0; i < 2 * sizeof shapes / sizeof *shapes; i++) {
        struct lt_conv_spec s = shapes[i / 2];
        s.transposed = i % 2;
        s.rows = s.batch = ROWS;
        s.training = s.need_dx = true;
        s.precision = LT_PRECISION_BF16;
        if (!b->ops->conv_reads_bf16(b, &s))
            continue;
        make(&own, &s);
        make(&given, &s);
        for (int64_t k = 0; k < ROWS * in_values(&s); k++)
            given.x16[k] = rounded(given.x[k]);
        compute(&own, &s, LT_ACT_SILU, b, SHORT);
        s.x_copied = true;
        compute(&given, &s, LT_ACT_SILU, b, SHORT);
        T_INT(memcmp(own.y, given.y, (size_t)(SHORT * out_values(&s)) * sizeof *own.y), 0);
        T_INT(memcmp(own.dx, given.dx, (size_t)(SHORT * in_values(&s)) * sizeof *own.dx), 0);
        T_INT(memcmp(own.dw, given.dw, (size_t)weight_count(&s) * sizeof *own.dw), 0);
        for (int64_t k = 0; k < SHORT * out_values(&s); k++)
            if (given.y16[k] != rounded(given.y[k]))
                T_FAIL("shape %zu: value %d of the copy", i, (int)k);
    }
    lt_backend_free(&b);
}

T_MAIN
