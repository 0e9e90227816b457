#include "data/number.h"

#include "base/mem.h"
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LT_TOKEN_MAX = 1000,   /* longest number handed to strtod; longer ones are text */
    LT_EXACT_POWER = 22,   /* 10^22 is the largest power of ten that is a double */
    LT_INTEGER_POWER = 27, /* 5^27 is the largest power of five below 2^64 */
};

struct lt_numbers {
    locale_t locale;
};

int lt_numbers_create(struct lt_numbers **out, struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, "reading numbers", err);
    if (rc)
        return rc;
    (*out)->locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!(*out)->locale) {
        lt_free(*out);
        *out = NULL;
        return lt_fail_memory(err, "reading numbers", sizeof **out);
    }
    return LT_OK;
}

void lt_numbers_free(struct lt_numbers **numbers)
{
    if (!*numbers)
        return;
    freelocale((*numbers)->locale);
    lt_free(*numbers);
    *numbers = NULL;
}

/* ---- reading ----------------------------------------------------------- */

static const double powers_of_ten[LT_EXACT_POWER + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

static const uint64_t powers_of_five[LT_INTEGER_POWER + 1] = {
    1u,
    5u,
    25u,
    125u,
    625u,
    3125u,
    15625u,
    78125u,
    390625u,
    1953125u,
    9765625u,
    48828125u,
    244140625u,
    1220703125u,
    6103515625u,
    30517578125u,
    152587890625u,
    762939453125u,
    3814697265625u,
    19073486328125u,
    95367431640625u,
    476837158203125u,
    2384185791015625u,
    11920928955078125u,
    59604644775390625u,
    298023223876953125u,
    1490116119384765625u,
    7450580596923828125u,
};

__extension__ typedef unsigned __int128 wide; /* gcc and clang have it on 64-bit machines */

/* m * 2^power, where m >= 2^54 and its lowest bit also stands for all bits cut
 * off before: rounded once, to 53 bits, ties to even. */
static double round_to_double(uint64_t m, int power)
{
    int drop = 64 - __builtin_clzll(m) - 53;
    uint64_t kept = m >> drop;
    uint64_t rest = m << (64 - drop);
    const uint64_t half = (uint64_t)1 << 63;
    kept += rest > half || (rest == half && (kept & 1));
    return ldexp((double)kept, power + drop);
}

/* w * 10^k exactly as a 128-bit product w * 5^k, times 2^k. */
static double times_power(uint64_t w, int k)
{
    wide product = (wide)w * powers_of_five[k];
    uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
    int shift = high ? 64 - __builtin_clzll(high) : 0; /* 0 ... 64 */
    if (shift == 0 && low < (uint64_t)1 << 54)
        return ldexp((double)low, k); /* exact, or rounded once by the conversion */
    uint64_t m = shift ? (uint64_t)(product >> shift) : low;
    uint64_t lost = shift ? low << (64 - shift) : 0;
    return round_to_double(m | (lost != 0), k + shift);
}

/* w / 10^k: the quotient of w * 2^n by 5^k, with n such that it has 63 or 64
 * bits and a remainder that only matters when it is not zero. */
static double over_power(uint64_t w, int k)
{
    int wz = __builtin_clzll(w), dz = __builtin_clzll(powers_of_five[k]);
    uint64_t divisor = powers_of_five[k] << dz;
    wide numerator = (wide)(w << wz) << 63;
    uint64_t quotient = (uint64_t)(numerator / divisor);
    uint64_t inexact = numerator != (wide)quotient * divisor;
    return round_to_double(quotient | inexact, dz - wz - 63 - k);
}

/* Clinger, "How to read floating point numbers accurately", PLDI 1990: when
 * digits and the power of ten are both exact doubles, one operation rounds
 * once.  Beyond that, integers of 128 bits hold the product or quotient. */
bool lt_decimal_value(const struct lt_decimal *d, double *value)
{
    double v;
    if (d->count > 19)
        return false;
    if (d->digits == 0) {
        v = 0.0;
    } else if (d->digits <= (uint64_t)1 << 53 && d->exponent >= -LT_EXACT_POWER &&
               d->exponent <= LT_EXACT_POWER) {
        v = (double)d->digits;
        v = d->exponent < 0 ? v / powers_of_ten[-d->exponent] : v * powers_of_ten[d->exponent];
    } else if (d->exponent >= 0 && d->exponent <= LT_INTEGER_POWER) {
        v = times_power(d->digits, (int)d->exponent);
    } else if (d->exponent < 0 && d->exponent >= -LT_INTEGER_POWER) {
        v = over_power(d->digits, (int)-d->exponent);
    } else {
        return false;
    }
    *value = d->negative ? -v : v;
    return true;
}

static bool parse_slowly(const struct lt_numbers *numbers, const char *p, const char *end,
                         double *real)
{
    char token[LT_TOKEN_MAX + 1];
    size_t n = (size_t)(end - p);
    if (n > LT_TOKEN_MAX)
        return false;
    memcpy(token, p, n);
    token[n] = '\0';
    char *stop = NULL;
    *real = strtod_l(token, &stop, numbers->locale);
    return stop == token + n;
}

static bool parse_infinity(const char *p, const char *end, double *real)
{
    bool negative = *p == '-';
    p += *p == '-' || *p == '+';
    size_t n = (size_t)(end - p);
    if (!(n == 3 && strncasecmp(p, "inf", 3) == 0) &&
        !(n == 8 && strncasecmp(p, "infinity", 8) == 0))
        return false;
    *real = negative ? -INFINITY : INFINITY;
    return true;
}

enum lt_number_kind lt_number_parse(const struct lt_numbers *numbers, const char *p,
                                    const char *end, int64_t *integer, double *real)
{
    struct lt_decimal d = {0};
    if (p == end)
        return LT_NUMBER_NONE;
    if (lt_decimal_scan(p, end, &d) != end)
        return parse_infinity(p, end, real) ? LT_NUMBER_REAL : LT_NUMBER_NONE;
    if (d.integer && d.count <= 19 && d.digits <= (uint64_t)INT64_MAX) {
        *integer = d.negative ? -(int64_t)d.digits : (int64_t)d.digits;
        return LT_NUMBER_INTEGER;
    }
    if (lt_decimal_value(&d, real) || parse_slowly(numbers, p, end, real))
        return LT_NUMBER_REAL;
    return LT_NUMBER_NONE;
}

bool lt_number_is(const struct lt_numbers *numbers, const char *text)
{
    int64_t integer;
    double real;
    return lt_number_parse(numbers, text, text + strlen(text), &integer, &real) != LT_NUMBER_NONE;
}

/* ---- writing ----------------------------------------------------------- */

int lt_number_format_u64(char *buf, uint64_t value)
{
    char digits[20];
    int n = 0;
    do
        digits[n++] = (char)('0' + value % 10);
    while (value /= 10);
    for (int i = 0; i < n; i++)
        buf[i] = digits[n - 1 - i];
    buf[n] = '\0';
    return n;
}

int lt_number_format_i64(char *buf, int64_t value)
{
    if (value >= 0)
        return lt_number_format_u64(buf, (uint64_t)value);
    *buf = '-';
    return 1 + lt_number_format_u64(buf + 1, 0 - (uint64_t)value);
}

static int format_special(char *buf, double value)
{
    const char *text = isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
    size_t n = strlen(text);
    memcpy(buf, text, n + 1);
    return (int)n;
}

/* snprintf writes the decimal point of the process's locale. */
static int format_digits(char *buf, double value, int precision)
{
    int n = snprintf(buf, LT_NUMBER_TEXT, "%.*g", precision, value);
    for (char *p = buf; *p; p++)
        if (!(*p >= '0' && *p <= '9') && *p != '-' && *p != '+' && *p != 'e')
            *p = '.';
    return n;
}

static double read_back(const char *text, int n)
{
    struct lt_decimal d = {0};
    double value = 0.0;
    if (lt_decimal_scan(text, text + n, &d) && lt_decimal_value(&d, &value))
        return value;
    return strtod(text, NULL); /* huge or tiny; a wrong point costs digits, never truth */
}

int lt_number_format_f64(char *buf, double value)
{
    if (!isfinite(value))
        return format_special(buf, value);
    for (int precision = 15; precision < 17; precision++) {
        int n = format_digits(buf, value, precision);
        if (read_back(buf, n) == value)
            return n;
    }
    return format_digits(buf, value, 17);
}

/* m * 10^-k as text, in plain notation. */
static int format_fixed(char *buf, bool negative, uint64_t m, int k)
{
    char digits[LT_NUMBER_TEXT];
    while (k > 0 && m % 10 == 0) {
        m /= 10;
        k--;
    }
    int count = lt_number_format_u64(digits, m);
    char *p = buf;
    if (negative)
        *p++ = '-';
    for (int i = count; i <= k; i++) { /* zeros before the digits, one before the point */
        *p++ = '0';
        if (i == count && k > 0)
            *p++ = '.';
    }
    for (int i = 0; i < count; i++) {
        if (i > 0 && i == count - k)
            *p++ = '.';
        *p++ = digits[i];
    }
    *p = '\0';
    return (int)(p - buf);
}

/* The fewest of 1 ... 9 significant digits whose decimal reads back as the
 * same float.  Between 10^-5 and 10^9 candidates come from double arithmetic:
 * m = value * 10^k rounded, and m / 10^k is a correctly rounded double.  Its
 * rounding to float is the decimal's own unless the double lies on the middle
 * between two floats; such cases, and all others, go through snprintf. */
int lt_number_format_f32(char *buf, float value)
{
    double v = fabs((double)value);
    if (!isfinite(value))
        return format_special(buf, (double)value);
    if (v == 0.0)
        return format_digits(buf, (double)value, 1);
    int whole = 0; /* digits before the point, negative for zeros behind it */
    while (whole < 9 && v >= powers_of_ten[whole])
        whole++;
    while (whole > -5 && whole <= 0 && v * powers_of_ten[-whole] < 0.1)
        whole--;
    for (int digits = 6; v >= 1e-5 && v < 1e9 && digits <= 9; digits++) {
        int k = digits - whole;
        if (k < 0)
            k = 0;
        double m = floor(v * powers_of_ten[k] + 0.5);
        double back = m / powers_of_ten[k];
        uint64_t bits;
        memcpy(&bits, &back, sizeof bits);
        if ((float)back == (float)v && (bits & 0x1fffffffu) != 0x10000000u)
            return format_fixed(buf, signbit(value), (uint64_t)m, k);
    }
    for (int digits = 6; digits < 9; digits++) {
        int n = format_digits(buf, (double)value, digits);
        if ((float)read_back(buf, n) == value)
            return n;
    }
    return format_digits(buf, (double)value, 9);
}
