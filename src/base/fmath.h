/* Elementary functions with the same bits on every machine.
 *
 * libm differs between machines and versions; these are polynomials in plain
 * arithmetic, compiled with -ffp-contract=off, so that the same input gives
 * the same bits on x86-64 and aarch64, scalar or vectorised.  All but lt_erf
 * are written without branches so that compilers vectorise loops over them.
 * Errors are stated beside each one and checked by tests/test_fmath.c; NaN
 * gives NaN everywhere.
 *
 *   lt_expf   <= 2 ulp on [-87, 88]; 0 below -103.98, inf above 88.73
 *   lt_logf   <= 2 ulp on positive numbers, subnormal ones too; log(0) = -inf,
 *             NaN below 0
 *   lt_tanhf  <= 4 ulp
 *   lt_sigmoidf, lt_erff  absolute error <= 4e-7
 *   lt_softplusf          relative error <= 4e-7 where the result is normal
 *   lt_cos2pif(u) = cos(2 pi u) for u in [0, 1), absolute error <= 2e-7
 *   lt_exp, lt_log, lt_tanh, lt_erf  the same in double, relative error <= 1e-14
 *             (for gradient checks)
 *
 * Coefficients without a name are minimax fits (Remez exchange, 50 digits,
 * then rounded) of the function that the comment above them gives.
 */
#ifndef LT_BASE_FMATH_H
#define LT_BASE_FMATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t lt_float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float lt_float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint64_t lt_double_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double lt_double_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* exp(x) = 2^n exp(r) with n the integer nearest x / log 2 and |r| <= log 2 / 2.
 * Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.  log 2
 * is split in a part of few bits, whose product with n is exact, and a rest.
 * 2^n is applied in two steps because n may leave the exponent's range. */
static inline float lt_expf(float x)
{
    x = x > 89.0f ? 89.0f : x;
    x = x < -104.0f ? -104.0f : x;
    float shifted = x * 0x1.715476p+0f + 0x1.8p23f;
    float n = shifted - 0x1.8p23f;
    uint32_t k = lt_float_bits(shifted) - lt_float_bits(0x1.8p23f);
    uint32_t k1 = (uint32_t)((int32_t)k >> 1);
    float r = x - n * 0x1.63p-1f; /* 0.693359375 */
    r = r + n * 0x1.bd0106p-13f;  /* 0.693359375 - log 2 */
    float p = 0x1.6a28e0p-10f;    /* (exp(r) - 1 - r) / r^2 */
    p = p * r + 0x1.1238d2p-7f;
    p = p * r + 0x1.5558e4p-5f;
    p = p * r + 0x1.555494p-3f;
    p = p * r + 0x1.fffffcp-2f;
    p = p * (r * r) + r + 1.0f;
    return p * lt_float_of((k1 + 127) << 23) * lt_float_of((k - k1 + 127) << 23);
}

/* log(x) = k log 2 + log(1 + f), 1 + f in [sqrt(1/2), sqrt(2)).  With
 * s = f / (2 + f): log(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + R(s^2)),
 * R(z) = z (2/3 + 2/5 z + 2/7 z^2 + ...). */
static inline float lt_logf(float x)
{
    float scale = x < 0x1p-126f ? 0x1p25f : 1.0f;
    float shift = x < 0x1p-126f ? 25.0f : 0.0f;
    uint32_t bits = lt_float_bits(x * scale) - 0x3f3504f3u; /* sqrt(1/2) */
    float k = (float)((int32_t)bits >> 23) - shift;
    float f = lt_float_of((bits & 0x7fffffu) + 0x3f3504f3u) - 1.0f;
    float s = f / (2.0f + f);
    float z = s * s;
    float R = 0x1.31e678p-2f; /* (2 atanh(s) - 2 s) / s^3 */
    R = R * z + 0x1.995e9cp-2f;
    R = R * z + 0x1.55557ap-1f;
    R = R * z;
    float half = 0.5f * f * f;
    float y = k * 0x1.62e3p-1f + (f - (half - (s * (half + R) + k * 0x1.2fefa4p-17f)));
    y = x < 0.0f ? NAN : y;
    y = x == 0.0f ? -INFINITY : y;
    return x < INFINITY ? y : x; /* infinity and NaN are their own logarithms */
}

/* tanh(x) = x + x^3 P(x^2) near 0, 1 - 2 / (exp(2x) + 1) elsewhere. */
static inline float lt_tanhf(float x)
{
    float a = fabsf(x);
    float z = x * x;
    float p = -0x1.76ac12p-8f; /* (tanh(x) - x) / x^3 on |x| <= 0.625 */
    p = p * z + 0x1.5256d6p-6f;
    p = p * z - 0x1.b84448p-5f;
    p = p * z + 0x1.110768p-3f;
    p = p * z - 0x1.555534p-2f;
    float near = x + x * (z * p);
    float far = 1.0f - 2.0f / (lt_expf(2.0f * a) + 1.0f);
    return a < 0.625f ? near : copysignf(far, x);
}

static inline float lt_sigmoidf(float x)
{
    return 1.0f / (1.0f + lt_expf(-x));
}

/* log(1 + exp(x)) = max(x, 0) + log(1 + u) with u = exp(-|x|) in (0, 1], and
 * log(1 + u) = 2 atanh(s) with s = u / (2 + u). */
static inline float lt_softplusf(float x)
{
    float u = lt_expf(-fabsf(x));
    float s = u / (2.0f + u);
    float z = s * s;
    float p = 0x1.1ef86cp-2f; /* (2 atanh(s) - 2 s) / s^3 on s <= 1/3 */
    p = p * z + 0x1.1eb612p-2f;
    p = p * z + 0x1.99d27cp-2f;
    p = p * z + 0x1.5555p-1f;
    float positive = x > 0.0f ? x : 0.0f;
    return positive + (2.0f * s + s * (z * p));
}

/* erf(x) = x P(x^2) on |x| < 1, 1 - exp(-x Q(x)) up to 4, and 1 beyond. */
static inline float lt_erff(float x)
{
    float a = fabsf(x);
    float z = x * x;
    float p = 0x1.496a26p-14f; /* erf(x) / x */
    p = p * z - 0x1.a3f6fcp-11f;
    p = p * z + 0x1.5405b2p-8f;
    p = p * z - 0x1.b7f90cp-6f;
    p = p * z + 0x1.ce2cf8p-4f;
    p = p * z - 0x1.81273ep-2f;
    p = p * z + 0x1.20dd74p+0f;
    float c = a > 4.0f ? 4.0f : a;
    float q = -0x1.b8c846p-13f; /* -log(1 - erf(x)) / x */
    q = q * c + 0x1.a13782p-9f;
    q = q * c - 0x1.7553b4p-6f;
    q = q * c + 0x1.ae79d2p-4f;
    q = q * c + 0x1.458daap-1f;
    q = q * c + 0x1.20e3c6p+0f;
    float far = 1.0f - lt_expf(-c * q);
    return a < 1.0f ? x * p : copysignf(far, x);
}

/* cos(2 pi u) = sin(2 pi s) with s = |u - 1/2| - 1/4, which is exact for the
 * multiples of 2^-24 that random numbers are. */
static inline float lt_cos2pif(float u)
{
    float s = fabsf(u - 0.5f) - 0.25f;
    float z = s * s;
    float p = 0x1.3daff4p+5f; /* sin(2 pi s) / s on |s| <= 1/4 */
    p = p * z - 0x1.324ccap+6f;
    p = p * z + 0x1.4668b0p+6f;
    p = p * z - 0x1.4abbc2p+5f;
    p = p * z + 0x1.921fb6p+2f;
    return s * p;
}

/* As lt_expf, with the Taylor series to r^13: |r| <= log 2 / 2, so that the
 * first term left out is below 5e-18. */
static inline double lt_exp(double x)
{
    x = x > 710.0 ? 710.0 : x;
    x = x < -746.0 ? -746.0 : x;
    double shifted = x * 0x1.71547652b82fep+0 + 0x1.8p52;
    double n = shifted - 0x1.8p52;
    uint64_t k = lt_double_bits(shifted) - lt_double_bits(0x1.8p52);
    uint64_t k1 = (uint64_t)(int64_t)((int32_t)k >> 1);
    double r = x - n * 0x1.62e42feep-1;
    r = r - n * 0x1.a39ef35793c76p-33;
    double p = 1.0 / 6227020800.0; /* 1/13!, then 1/12! ... 1/2! */
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * (r * r) + r + 1.0;
    return p * lt_double_of((k1 + 1023) << 52) * lt_double_of((k - k1 + 1023) << 52);
}

/* As lt_logf, with the series of R to z^10, z <= 0.0295. */
static inline double lt_log(double x)
{
    double scale = x < 0x1p-1022 ? 0x1p54 : 1.0;
    double shift = x < 0x1p-1022 ? 54.0 : 0.0;
    uint64_t bits = lt_double_bits(x * scale) - 0x3fe6a09e667f3bcdu; /* sqrt(1/2) */
    double k = (double)(int32_t)((int64_t)bits >> 52) - shift;
    double f = lt_double_of((bits & 0xfffffffffffffu) + 0x3fe6a09e667f3bcdu) - 1.0;
    double s = f / (2.0 + f);
    double z = s * s;
    double R = 2.0 / 21.0;
    R = R * z + 2.0 / 19.0;
    R = R * z + 2.0 / 17.0;
    R = R * z + 2.0 / 15.0;
    R = R * z + 2.0 / 13.0;
    R = R * z + 2.0 / 11.0;
    R = R * z + 2.0 / 9.0;
    R = R * z + 2.0 / 7.0;
    R = R * z + 2.0 / 5.0;
    R = R * z + 2.0 / 3.0;
    R = R * z;
    double half = 0.5 * f * f;
    double y = k * 0x1.62e42feep-1 + (f - (half - (s * (half + R) + k * 0x1.a39ef35793c76p-33)));
    y = x < 0.0 ? (double)NAN : y;
    y = x == 0.0 ? -(double)INFINITY : y;
    return x < (double)INFINITY ? y : x;
}

/* Near 0 by Lambert's continued fraction, x / (1 + x^2 / (3 + x^2 / (5 + ...))). */
static inline double lt_tanh(double x)
{
    double a = fabs(x);
    double z = x * x;
    double near = x / (1.0 + z / (3.0 + z / (5.0 + z / (7.0 + z / (9.0 + z / (11.0 + z / 13.0))))));
    double far = 1.0 - 2.0 / (lt_exp(2.0 * a) + 1.0);
    return a < 0.5 ? near : copysign(far, x);
}

/* erf(x) = 2 / sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (1 3 5 ... (2n+1)),
 * a sum of positive terms (Abramowitz and Stegun 7.1.6); 1 beyond 6. */
static inline double lt_erf(double x)
{
    double a = fabs(x) > 6.0 ? 6.0 : fabs(x);
    double term = a, sum = a;
    for (int n = 1; n < 160; n++) {
        term = term * (2.0 * a * a / (2 * n + 1));
        sum = sum + term;
    }
    double y = 0x1.20dd750429b6dp+0 * lt_exp(-a * a) * sum;
    return copysign(y > 1.0 ? 1.0 : y, x);
}

#endif
