/* Compiled once per instruction set; see isa.h. */
#include "kernels/elementwise.h"

#include "base/fmath.h"
#include <math.h>
#include <string.h>

#define SELU_SCALE 1.0507009873554805f /* Klambauer et al. 2017 */
#define SELU_ALPHA 1.6732632423543772f

enum {
    RUN = 512,       /* columns of a head summed as floats before going to double */
    LANES = 16,      /* floats in the widest vector */
    SUMS = 64,       /* partial sums held side by side, enough to hide an addition's latency */
    ROW_RUN = 64,    /* rows of a column sum before going to the total */
    COLUMN_RUN = 256 /* columns of a column sum held in registers and L1 */
};

/* Every activation: name, value at a, derivative at a where y is the value.
 * The derivatives of gelu and silu look at a too, the others only at y. */
#define ACTIVATIONS(X)                                                                             \
    X(linear, LT_ACT_LINEAR, a, 1.0f)                                                              \
    X(sigmoid, LT_ACT_SIGMOID, lt_sigmoidf(a), y *(1.0f - y))                                      \
    X(tanh, LT_ACT_TANH, lt_tanhf(a), 1.0f - y * y)                                                \
    X(relu, LT_ACT_RELU, a > 0.0f ? a : 0.0f, y > 0.0f ? 1.0f : 0.0f)                              \
    X(leaky_relu, LT_ACT_LEAKY_RELU, a > 0.0f ? a : 0.01f * a, y > 0.0f ? 1.0f : 0.01f)            \
    X(elu, LT_ACT_ELU, a > 0.0f ? a : exp_below(a) - 1.0f, y > 0.0f ? 1.0f : y + 1.0f)             \
    X(selu, LT_ACT_SELU,                                                                           \
      a > 0.0f ? SELU_SCALE * a : SELU_SCALE * SELU_ALPHA * (exp_below(a) - 1.0f),                 \
      y > 0.0f ? SELU_SCALE : y + SELU_SCALE * SELU_ALPHA)                                         \
    X(gelu, LT_ACT_GELU, a *normal_cdf(a), normal_cdf(a) + a * normal_pdf(a))                      \
    X(silu, LT_ACT_SILU, a *lt_sigmoidf(a), silu_slope(a, y))                                      \
    X(softplus, LT_ACT_SOFTPLUS, lt_softplusf(a), 1.0f - lt_expf(-y))

/* exp(a) for a <= 0; positive a (whose value the caller discards) give 1. */
static inline float exp_below(float a)
{
    return lt_expf(a < 0.0f ? a : 0.0f);
}

static inline float normal_cdf(float a)
{
    return 0.5f * (1.0f + lt_erff(a * 0.70710678f));
}

static inline float normal_pdf(float a)
{
    return 0.39894228f * lt_expf(-0.5f * a * a);
}

/* y = a s(a), y' = s + y (1 - s).  A quotient is cheaper than another s(a). */
static inline float silu_slope(float a, float y)
{
    const float s = a != 0.0f ? y / a : 0.5f;
    return s + y * (1.0f - s);
}

#define DEFINE_ACTIVATION(name, id, value, slope)                                                  \
    static void act_forward_##name(size_t n, const float *pre, float *out)                         \
    {                                                                                              \
        LT_EACH                                                                                    \
        for (size_t i = 0; i < n; i++) {                                                           \
            const float a = pre[i];                                                                \
            out[i] = value;                                                                        \
        }                                                                                          \
    }                                                                                              \
    static void act_backward_##name(size_t n, const float *pre, const float *out, const float *dy, \
                                    float *da)                                                     \
    {                                                                                              \
        const bool needs_pre = id == LT_ACT_GELU || id == LT_ACT_SILU;                             \
        const float *p = needs_pre ? pre : out;                                                    \
        LT_EACH                                                                                    \
        for (size_t i = 0; i < n; i++) {                                                           \
            const float a = p[i], y = out[i];                                                      \
            (void)a, (void)y;                                                                      \
            da[i] = dy[i] * (slope);                                                               \
        }                                                                                          \
    }                                                                                              \
    static void bias_row_##name(size_t n, const float *bias, float *pre, float *out)               \
    {                                                                                              \
        LT_EACH                                                                                    \
        for (size_t i = 0; i < n; i++) {                                                           \
            const float a = out[i] + bias[i];                                                      \
            pre[i] = a; /* pre may be out: the value below comes last */                           \
            out[i] = value;                                                                        \
        }                                                                                          \
    }                                                                                              \
    static void bias_act_##name(int64_t rows, int64_t width, int64_t stride, const float *bias,    \
                                float *pre, float *out)                                            \
    {                                                                                              \
        for (int64_t r = 0; r < rows; r++) {                                                       \
            float *y = out + r * stride, *p = pre ? pre + r * stride : y;                          \
            if (bias) {                                                                            \
                bias_row_##name((size_t)width, bias, p, y);                                        \
            } else {                                                                               \
                if (pre)                                                                           \
                    memcpy(p, y, (size_t)width * sizeof *p);                                       \
                act_forward_##name((size_t)width, y, y);                                           \
            }                                                                                      \
        }                                                                                          \
    }
ACTIVATIONS(DEFINE_ACTIVATION)

/* Sum of n floats, n a multiple of SUMS: partial sum p holds v[p] + v[p + 64] + ...,
 * then the partial sums are halved, at last as doubles. */
static double sum_floats(const float *v /* (n) */, size_t n)
{
    typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));
    lanes sum[SUMS / LANES] = {{0}};
    for (size_t i = 0; i < n; i += SUMS)
        for (int j = 0; j < SUMS / LANES; j++)
            sum[j] += *(const lanes *)(const void *)(v + i + j * LANES);
    const lanes all = (sum[0] + sum[2]) + (sum[1] + sum[3]);

    double s[LANES];
    for (int l = 0; l < LANES; l++)
        s[l] = (double)all[l];
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++)
            s[l] += s[l + half];
    return s[0];
}

/* Every head: loss, unit, y at a, y' (from y), loss and dL/da where d = y - t. */
#define HEADS(X)                                                                                   \
    X(mse_linear, a, 1.0f, d *d, 2.0f * d)                                                         \
    X(mse_sigmoid, lt_sigmoidf(a), y *(1.0f - y), d *d, 2.0f * d * slope)                          \
    X(mae_linear, a, 1.0f, fabsf(d), sign(d))                                                      \
    X(mae_sigmoid, lt_sigmoidf(a), y *(1.0f - y), fabsf(d), sign(d) * slope)                       \
    X(huber_linear, a, 1.0f, huber(d), clamp1(d))                                                  \
    X(huber_sigmoid, lt_sigmoidf(a), y *(1.0f - y), huber(d), clamp1(d) * slope)                   \
    X(bce_sigmoid, sigmoid_by_decay(a), 1.0f, bce(a, t), d)

static inline float sign(float d)
{
    return (d > 0.0f ? 1.0f : 0.0f) - (d < 0.0f ? 1.0f : 0.0f);
}

static inline float clamp1(float d)
{
    const float low = d < -1.0f ? -1.0f : d;
    return low > 1.0f ? 1.0f : low;
}

/* With c = d clamped to [-1, 1]: c d - c^2/2 is d^2/2 inside, |d| - 1/2 outside. */
static inline float huber(float d)
{
    const float c = clamp1(d);
    return c * d - 0.5f * c * c;
}

/* The sigmoid from exp(-|a|), which the compiler then shares with the loss below. */
static inline float sigmoid_by_decay(float a)
{
    const float u = lt_expf(-fabsf(a));
    return (a < 0.0f ? u : 1.0f) / (1.0f + u);
}

/* -t log s(a) - (1 - t) log(1 - s(a)) = max(a, 0) - a t + log(1 + exp(-|a|)) */
static inline float bce(float a, float t)
{
    return (a > 0.0f ? a : 0.0f) - a * t + lt_softplusf(-fabsf(a));
}

/* Two loops for each head: with the loss, and without where nobody asks for it. */
#define DEFINE_HEAD(name, value, derivative, loss_value, gradient)                                 \
    static void head_quiet_##name(size_t n, float scale, const float *pa, const float *pt,         \
                                  float *py, float *pda)                                           \
    {                                                                                              \
        LT_EACH                                                                                    \
        for (size_t i = 0; i < n; i++) {                                                           \
            const float a = pa[i], t = pt[i];                                                      \
            const float y = value;                                                                 \
            const float slope = derivative;                                                        \
            const float d = y - t;                                                                 \
            (void)slope;                                                                           \
            py[i] = y;                                                                             \
            pda[i] = t == t ? scale * (gradient) : 0.0f;                                           \
        }                                                                                          \
    }                                                                                              \
    static void head_run_##name(size_t n, float scale, const float *pa, const float *pt,           \
                                float *py, float *pda, float *loss, float *square)                 \
    {                                                                                              \
        LT_EACH                                                                                    \
        for (size_t i = 0; i < n; i++) {                                                           \
            const float a = pa[i], t = pt[i];                                                      \
            const float y = value;                                                                 \
            const float slope = derivative;                                                        \
            const float d = y - t;                                                                 \
            (void)slope;                                                                           \
            py[i] = y;                                                                             \
            pda[i] = t == t ? scale * (gradient) : 0.0f;                                           \
            loss[i] = t == t ? loss_value : 0.0f;                                                  \
            square[i] = t == t ? d * d : 0.0f;                                                     \
        }                                                                                          \
    }                                                                                              \
    static void head_##name(const struct lt_head_rows *h)                                          \
    {                                                                                              \
        head_each(h, head_run_##name, head_quiet_##name);                                          \
    }

/* Drives a head over rows and runs of columns, and sums. */
static inline void head_each(const struct lt_head_rows *h,
                             void (*run)(size_t n, float scale, const float *a, const float *t,
                                         float *y, float *da, float *loss, float *square),
                             void (*quiet)(size_t n, float scale, const float *a, const float *t,
                                           float *y, float *da))
{
    float y[RUN], da[RUN], loss[RUN], square[RUN]; /* y and da: where they are not wanted */
    for (int64_t r = 0; r < h->rows; r++) {
        double row_loss = 0, row_square = 0;
        for (int64_t c = 0; c < h->width; c += RUN) {
            const int64_t at = r * h->width + c;
            const size_t n = h->width - c < RUN ? (size_t)(h->width - c) : RUN;
            const size_t padded = (n + SUMS - 1) / SUMS * SUMS;
            float *py = h->y ? h->y + at : y, *pda = h->da ? h->da + at : da;
            if (!h->row_loss && !h->row_squared_error) {
                quiet(n, h->scale, h->a + at, h->t + at, py, pda);
                continue;
            }
            memset(loss + n, 0, (padded - n) * sizeof *loss);
            memset(square + n, 0, (padded - n) * sizeof *square);
            run(n, h->scale, h->a + at, h->t + at, py, pda, loss, square);
            if (h->row_loss)
                row_loss += sum_floats(loss, padded);
            if (h->row_squared_error)
                row_square += sum_floats(square, padded);
        }
        if (h->row_loss)
            h->row_loss[r] = row_loss;
        if (h->row_squared_error)
            h->row_squared_error[r] = row_square;
    }
}
HEADS(DEFINE_HEAD)

/* One group: y = softmax(a), loss = -sum t log y = sum t (log sum exp a - a), dL/da = y sum t - t;
 * nothing where t is missing or all 0. */
static void softmax_group(int64_t n, float scale, const float *a, const float *t, float *y,
                          float *da, double *loss, double *square)
{
    float most = a[0], sum = 0, total = 0, cross = 0, errors = 0;
    for (int64_t i = 1; i < n; i++)
        most = a[i] > most ? a[i] : most;
    for (int64_t i = 0; i < n; i++) {
        y[i] = lt_expf(a[i] - most);
        sum += y[i];
    }
    const float log_sum = lt_logf(sum);
    for (int64_t i = 0; i < n; i++) {
        y[i] /= sum;
        cross += t[i] * (log_sum - (a[i] - most));
        total += t[i];
        errors += (y[i] - t[i]) * (y[i] - t[i]);
    }
    const bool here = total == total && total != 0;
    for (int64_t i = 0; i < n && da; i++)
        da[i] = here ? scale * (y[i] * total - t[i]) : 0.0f;
    *loss += here ? (double)cross : 0;
    *square += here ? (double)errors : 0;
}

static void head_ce(const struct lt_head_rows *h)
{
    float spare[RUN]; /* y, where it is not wanted; groups are at most RUN wide */
    for (int64_t r = 0; r < h->rows; r++) {
        double loss = 0, square = 0;
        for (int64_t c = 0; c < h->width; c += h->group) {
            const int64_t at = r * h->width + c;
            softmax_group(h->group, h->scale, h->a + at, h->t + at, h->y ? h->y + at : spare,
                          h->da ? h->da + at : NULL, &loss, &square);
        }
        if (h->row_loss)
            h->row_loss[r] = loss;
        if (h->row_squared_error)
            h->row_squared_error[r] = square;
    }
}

/* m = mu m + g;  w -= lr (g + mu m)  (Nesterov momentum as in Sutskever et al. 2013) */
static void update_sgd(const struct lt_update_args *args, size_t n, float *w, const float *g,
                       float *m, float *v)
{
    const float lr = args->lr, mu = args->beta1, keep = 1.0f - args->lr * args->decay;
    const float scale = args->gradient_scale;
    (void)v;
    LT_EACH
    for (size_t i = 0; i < n; i++) {
        const float gi = g[i] * scale;
        const float mi = mu * m[i] + gi;
        m[i] = mi;
        w[i] = w[i] * keep - lr * (gi + mu * mi);
    }
}

/* v = b2 v + (1 - b2) g^2;  w -= lr g / (sqrt v + eps)  (Tieleman & Hinton 2012) */
static void update_rmsprop(const struct lt_update_args *args, size_t n, float *w, const float *g,
                           float *m, float *v)
{
    const float lr = args->lr, b2 = args->beta2, c2 = 1.0f - args->beta2, eps = args->eps;
    const float keep = 1.0f - args->lr * args->decay, scale = args->gradient_scale;
    (void)m;
    LT_EACH
    for (size_t i = 0; i < n; i++) {
        const float gi = g[i] * scale;
        const float vi = b2 * v[i] + c2 * gi * gi;
        v[i] = vi;
        w[i] = w[i] * keep - lr * gi / (sqrtf(vi) + eps);
    }
}

/* m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
 * w -= lr (m / correct1) / (sqrt(v / correct2) + eps)  (Kingma & Ba 2015, Algorithm 1) */
static void update_adam(const struct lt_update_args *args, size_t n, float *w, const float *g,
                        float *m, float *v)
{
    const float b1 = args->beta1, c1 = 1.0f - b1, b2 = args->beta2, c2 = 1.0f - b2;
    const float step = args->lr / args->correct1, root = 1.0f / sqrtf(args->correct2);
    const float keep = 1.0f - args->lr * args->decay, eps = args->eps;
    const float scale = args->gradient_scale;
    LT_EACH
    for (size_t i = 0; i < n; i++) {
        const float gi = g[i] * scale;
        const float mi = b1 * m[i] + c1 * gi;
        const float vi = b2 * v[i] + c2 * gi * gi;
        m[i] = mi;
        v[i] = vi;
        w[i] = w[i] * keep - step * mi / (sqrtf(vi) * root + eps);
    }
}

static void penalty(float l1, float l2, size_t n, const float *w, float *g)
{
    LT_EACH
    for (size_t i = 0; i < n; i++) {
        g[i] = g[i] + (l2 * w[i] + l1 * sign(w[i]));
    }
}

static void axpby(size_t n, float alpha, const float *x, float beta, float *y)
{
    if (beta == 0.0f) { /* y may hold anything, NaN included */
        LT_EACH
        for (size_t i = 0; i < n; i++)
            y[i] = alpha * x[i];
    } else {
        LT_EACH
        for (size_t i = 0; i < n; i++)
            y[i] = alpha * x[i] + beta * y[i];
    }
}

static void add(size_t n, const float *x, const float *z, float *y)
{
    LT_EACH
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] + z[i];
}

static void multiply(size_t n, const float *x, const float *mask, float *y)
{
    LT_EACH
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] * mask[i];
}

static void add_to(size_t n, const float *x, float *y)
{
    LT_EACH
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}

static void column_sums(int64_t rows, int64_t width, int64_t stride, const float *a, float *sums,
                        bool add)
{
    float run[COLUMN_RUN], total[COLUMN_RUN];
    for (int64_t c = 0; c < width; c += COLUMN_RUN) {
        const size_t n = width - c < COLUMN_RUN ? (size_t)(width - c) : COLUMN_RUN;
        if (add)
            memcpy(total, sums + c, n * sizeof *total);
        else
            memset(total, 0, n * sizeof *total);
        for (int64_t r = 0; r < rows; r += ROW_RUN) {
            const int64_t end = r + ROW_RUN < rows ? r + ROW_RUN : rows;
            memcpy(run, a + r * stride + c, n * sizeof *run);
            for (int64_t i = r + 1; i < end; i++)
                add_to(n, a + i * stride + c, run);
            add_to(n, run, total);
        }
        memcpy(sums + c, total, n * sizeof *total);
    }
}

static double dot(size_t n, const float *x, const float *y)
{
    typedef float single8 __attribute__((vector_size(8 * sizeof(float)), aligned(4), may_alias));
    typedef double double8 __attribute__((vector_size(8 * sizeof(double))));
    double8 sum[2] = {{0}, {0}};
    float tail[2][LANES] = {{0}}; /* the last, incomplete 16 values, padded by zeros */
    for (size_t i = 0; i < n; i += LANES) {
        const float *px = x + i, *py = y + i;
        if (n - i < LANES) {
            px = memcpy(tail[0], px, (n - i) * sizeof *px);
            py = memcpy(tail[1], py, (n - i) * sizeof *py);
        }
        for (int h = 0; h < 2; h++)
            sum[h] +=
                __builtin_convertvector(*(const single8 *)(const void *)(px + 8 * h), double8) *
                __builtin_convertvector(*(const single8 *)(const void *)(py + 8 * h), double8);
    }
    double8 s = sum[0] + sum[1];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/* to (4, 4) = from (4, 4) transposed: pairs of rows interleaved twice. (Blocks of
 * 8 x 8 in wider registers were slower with gcc 12.) */
static inline void transpose4(const float *from, int64_t from_stride, float *to, int64_t to_stride)
{
    typedef float row4 __attribute__((vector_size(4 * sizeof(float)), aligned(4), may_alias));
    const row4 a = *(const row4 *)(const void *)from;
    const row4 b = *(const row4 *)(const void *)(from + from_stride);
    const row4 c = *(const row4 *)(const void *)(from + 2 * from_stride);
    const row4 d = *(const row4 *)(const void *)(from + 3 * from_stride);
    const row4 ac_low = __builtin_shufflevector(a, c, 0, 4, 1, 5);
    const row4 ac_high = __builtin_shufflevector(a, c, 2, 6, 3, 7);
    const row4 bd_low = __builtin_shufflevector(b, d, 0, 4, 1, 5);
    const row4 bd_high = __builtin_shufflevector(b, d, 2, 6, 3, 7);
    *(row4 *)(void *)to = __builtin_shufflevector(ac_low, bd_low, 0, 4, 1, 5);
    *(row4 *)(void *)(to + to_stride) = __builtin_shufflevector(ac_low, bd_low, 2, 6, 3, 7);
    *(row4 *)(void *)(to + 2 * to_stride) = __builtin_shufflevector(ac_high, bd_high, 0, 4, 1, 5);
    *(row4 *)(void *)(to + 3 * to_stride) = __builtin_shufflevector(ac_high, bd_high, 2, 6, 3, 7);
}

/* In blocks of 16 x 16, so that a cache line of either matrix is used while it
 * is near. */
static void transpose(int64_t rows, int64_t columns, const float *from, int64_t from_stride,
                      float *to, int64_t to_stride)
{
    for (int64_t r = 0; r < rows; r += LANES)
        for (int64_t c = 0; c < columns; c += LANES) {
            const int64_t nr = rows - r < LANES ? rows - r : LANES;
            const int64_t nc = columns - c < LANES ? columns - c : LANES;
            const float *f = from + r * from_stride + c;
            float *t = to + c * to_stride + r;
            if (nr == LANES && nc == LANES) {
                for (int j = 0; j < LANES; j += 4)
                    for (int i = 0; i < LANES; i += 4)
                        transpose4(f + i * from_stride + j, from_stride, t + j * to_stride + i,
                                   to_stride);
            } else {
                for (int64_t j = 0; j < nc; j++)
                    for (int64_t i = 0; i < nr; i++)
                        t[j * to_stride + i] = f[i * from_stride + j];
            }
        }
}

static void to_bf16(size_t n, const float *x, uint16_t *y)
{
    LT_EACH
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        const uint32_t even = bits + 0x7fffu + (bits >> 16 & 1u);
        const uint32_t quiet = bits | 0x400000u; /* a NaN whose payload must not round to inf */
        y[i] = (uint16_t)(((bits & 0x7fffffffu) > 0x7f800000u ? quiet : even) >> 16);
    }
}

#define LT_ISA_ID_base LT_ISA_BASE
#define LT_ISA_ID_avx2 LT_ISA_AVX2
#define LT_ISA_ID_avx512 LT_ISA_AVX512
#define LT_ISA_ID LT_ISA_PASTE(LT_ISA_ID, LT_ISA)

#define FORWARD_ROW(name, id, value, slope) [id] = act_forward_##name,
#define BACKWARD_ROW(name, id, value, slope) [id] = act_backward_##name,
#define BIAS_ROW(name, id, value, slope) [id] = bias_act_##name,

const struct lt_elementwise LT_ISA_NAME(lt_elementwise) = {
    .isa = LT_ISA_ID,
    .act_forward = {ACTIVATIONS(FORWARD_ROW)},
    .act_backward = {ACTIVATIONS(BACKWARD_ROW)},
    .bias_act = {ACTIVATIONS(BIAS_ROW)},
    .head =
        {
            [LT_LOSS_MSE] = {head_mse_linear, head_mse_sigmoid},
            [LT_LOSS_BCE] = {NULL, head_bce_sigmoid},
            [LT_LOSS_MAE] = {head_mae_linear, head_mae_sigmoid},
            [LT_LOSS_HUBER] = {head_huber_linear, head_huber_sigmoid},
            [LT_LOSS_CE] = {head_ce, NULL},
        },
    .update =
        {
            [LT_UPDATE_SGD] = update_sgd,
            [LT_UPDATE_RMSPROP] = update_rmsprop,
            [LT_UPDATE_ADAM] = update_adam,
        },
    .penalty = penalty,
    .axpby = axpby,
    .add = add,
    .multiply = multiply,
    .column_sums = column_sums,
    .dot = dot,
    .transpose = transpose,
    .to_bf16 = to_bf16,
};
