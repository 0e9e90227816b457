#include "base/fmath.h"
#include "t.h"

/* Distance in units of the last place of the exact value; 0 for equal values,
 * infinities among them. */
static double ulps(float got, double exact)
{
    float nearest = (float)exact;
    if (got == nearest || (isnan(got) && isnan(nearest)))
        return 0;
    if (!isfinite(got) || !isfinite(nearest))
        return INFINITY;
    int exponent;
    frexp(exact, &exponent);
    int place = exponent < -125 ? -149 : exponent - 24;
    return fabs((double)got - exact) / ldexp(1, place);
}

/* Every 499th float with |x| in [low, high], of both signs when wanted. */
static double worst(float (*f)(float), double (*exact)(double), float low, float high,
                    bool negative, bool absolute)
{
    double most = 0;
    for (uint32_t bits = lt_float_bits(low); bits <= lt_float_bits(high); bits += 499) {
        for (int sign = 0; sign <= negative; sign++) {
            float x = sign ? -lt_float_of(bits) : lt_float_of(bits);
            double want = exact((double)x);
            double off = absolute ? fabs((double)f(x) - want) : ulps(f(x), want);
            most = off > most ? off : most;
        }
    }
    return most;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double softplus(double x)
{
    return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}

static double cos2pi(double u)
{
    return cos(2 * 3.14159265358979323846 * u);
}

#define T_BOUND(what, got, bound)                                                                  \
    do {                                                                                           \
        double bound_got = (got);                                                                  \
        T_NOTE("%s: worst %.3g, promised %.3g", what, bound_got, (double)(bound));                 \
        T_OK(bound_got <= (bound));                                                                \
    } while (0)

TEST(expf_is_within_2_ulp)
{
    T_BOUND("lt_expf [ulp]", worst(lt_expf, exp, 0.0f, 87.0f, true, false), 2);
    T_BOUND("lt_expf, results that overflow or are subnormal [ulp]",
            worst(lt_expf, exp, 87.0f, 200.0f, true, false), 2);
    T_OK(lt_expf(0.0f) == 1.0f);
    T_OK(lt_expf(88.73f) == INFINITY && lt_expf(INFINITY) == INFINITY);
    T_OK(lt_expf(-103.98f) == 0.0f && lt_expf(-INFINITY) == 0.0f);
    T_OK(isnan(lt_expf(NAN)));
}

TEST(logf_is_within_2_ulp)
{
    T_BOUND("lt_logf [ulp]", worst(lt_logf, log, 0x1p-149f, 0x1.fffffep127f, false, false), 2);
    T_OK(lt_logf(1.0f) == 0.0f);
    T_OK(lt_logf(0.0f) == -INFINITY && lt_logf(INFINITY) == INFINITY);
    T_OK(isnan(lt_logf(-1.0f)) && isnan(lt_logf(-INFINITY)) && isnan(lt_logf(NAN)));
}

TEST(tanhf_is_within_4_ulp)
{
    T_BOUND("lt_tanhf [ulp]", worst(lt_tanhf, tanh, 0.0f, 200.0f, true, false), 4);
    T_OK(lt_tanhf(INFINITY) == 1.0f && lt_tanhf(-INFINITY) == -1.0f && isnan(lt_tanhf(NAN)));
}

TEST(sigmoidf_and_erff_keep_their_absolute_error)
{
    T_BOUND("lt_sigmoidf", worst(lt_sigmoidf, sigmoid, 0.0f, 200.0f, true, true), 4e-7);
    T_BOUND("lt_erff", worst(lt_erff, erf, 0.0f, 200.0f, true, true), 4e-7);
    T_OK(lt_sigmoidf(INFINITY) == 1.0f && lt_sigmoidf(-INFINITY) == 0.0f);
    T_OK(lt_erff(INFINITY) == 1.0f && lt_erff(-INFINITY) == -1.0f);
    T_OK(isnan(lt_sigmoidf(NAN)) && isnan(lt_erff(NAN)));
}

TEST(softplusf_keeps_its_relative_error)
{
    double most = 0;
    for (float x = -87.0f; x < 200.0f; x += 0.00037f) {
        double want = softplus((double)x);
        most = fmax(most, fabs((double)lt_softplusf(x) - want) / want);
    }
    T_BOUND("lt_softplusf [relative]", most, 4e-7);
    T_OK(lt_softplusf(INFINITY) == INFINITY && lt_softplusf(-INFINITY) == 0.0f);
    T_OK(isnan(lt_softplusf(NAN)));
}

TEST(cos2pif_keeps_its_absolute_error)
{
    T_BOUND("lt_cos2pif", worst(lt_cos2pif, cos2pi, 0.0f, 0x1.fffffep-1f, false, true), 2e-7);
    T_OK(lt_cos2pif(0.25f) == 0.0f && lt_cos2pif(0.75f) == 0.0f);
}

/* Largest relative error of a function in double against libm's. */
static double worst_double(double (*f)(double), double (*exact)(double), double low, double high)
{
    double most = 0;
    for (int i = 0; i <= 200000; i++) {
        double x = low + (high - low) * i / 200000;
        double want = exact(x);
        double off = want == 0 ? fabs(f(x)) : fabs(f(x) - want) / fabs(want);
        most = off > most ? off : most;
    }
    return most;
}

TEST(double_functions_keep_their_relative_error)
{
    T_BOUND("lt_exp", worst_double(lt_exp, exp, -700, 709), 1e-14);
    T_BOUND("lt_log", worst_double(lt_log, log, 1e-6, 3), 1e-14);
    T_BOUND("lt_log, large", worst_double(lt_log, log, 3, 1e300), 1e-14);
    T_BOUND("lt_tanh", worst_double(lt_tanh, tanh, -20, 20), 1e-14);
    T_BOUND("lt_erf", worst_double(lt_erf, erf, -7, 7), 1e-14);
    T_OK(lt_exp(1000) == (double)INFINITY && lt_exp(-1000) == 0 && isnan(lt_exp((double)NAN)));
    T_OK(lt_log(0) == -(double)INFINITY && isnan(lt_log(-1)) && isnan(lt_log((double)NAN)));
    T_OK(lt_log((double)INFINITY) == (double)INFINITY);
    T_NEAR(lt_log(0x1p-1074), -744.44007192138126, 1e-11);
    T_OK(isnan(lt_tanh((double)NAN)) && isnan(lt_erf((double)NAN)));
}

/* The FNV-1a hash of the results of all functions on a fixed set of arguments.
 * The number is the same on every machine and with every compiler. */
static uint64_t hash_bits(uint64_t hash, uint64_t bits)
{
    for (int byte = 0; byte < 8; byte++)
        hash = (hash ^ (bits >> 8 * byte & 0xff)) * 0x100000001b3u;
    return hash;
}

TEST(every_machine_gives_the_same_bits)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = -4000; i <= 4000; i++) {
        float x = (float)i * 0x1.1p-5f;
        const float y[] = {lt_expf(x),
                           lt_logf(fabsf(x)),
                           lt_tanhf(x),
                           lt_sigmoidf(x),
                           lt_softplusf(x),
                           lt_erff(x),
                           lt_cos2pif((float)(i & 1023) * 0x1p-10f)};
        for (size_t k = 0; k < sizeof y / sizeof *y; k++)
            hash = hash_bits(hash, lt_float_bits(y[k]));
        double d = (double)x;
        const double z[] = {lt_exp(d), lt_log(fabs(d)), lt_tanh(d), lt_erf(d)};
        for (size_t k = 0; k < sizeof z / sizeof *z; k++)
            hash = hash_bits(hash, lt_double_bits(z[k]));
    }
    char text[20];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    T_STR(text, "34ccf1834c131ad5");
}

T_MAIN
