/* Typed cells as raw bits and as keys, and decimals. */
#include "codec/plane.h"

#include <math.h>

#define LOAD(ctype) ((const ctype *)cells)[index]

uint64_t lt_raw_load(enum lt_type type, const void *cells, int64_t index)
{
    switch (type) {
    case LT_F32:
    case LT_U32:
        return LOAD(uint32_t);
    case LT_F64:
    case LT_U64:
    case LT_I64:
        return LOAD(uint64_t);
    case LT_U8:
    case LT_BOOL:
        return LOAD(uint8_t);
    case LT_I8:
        return (uint64_t)(int64_t)LOAD(int8_t);
    case LT_U16:
        return LOAD(uint16_t);
    case LT_I16:
        return (uint64_t)(int64_t)LOAD(int16_t);
    default:
        return (uint64_t)(int64_t)LOAD(int32_t);
    }
}

void lt_raw_store(enum lt_type type, void *cells, int64_t index, uint64_t raw)
{
    switch (lt_type_size(type)) {
    case 1:
        ((uint8_t *)cells)[index] = (uint8_t)raw;
        break;
    case 2:
        ((uint16_t *)cells)[index] = (uint16_t)raw;
        break;
    case 4:
        ((uint32_t *)cells)[index] = (uint32_t)raw;
        break;
    default:
        ((uint64_t *)cells)[index] = raw;
        break;
    }
}

/* Bits of a negative number fall as it rises: all but the sign are turned.  Its own inverse. */
static int64_t in_order(int64_t bits)
{
    return bits < 0 ? bits ^ INT64_MAX : bits;
}

int64_t lt_raw_key(enum lt_type type, uint64_t raw)
{
    if (type == LT_F32)
        return in_order((int64_t)(int32_t)(uint32_t)raw);
    if (type == LT_F64)
        return in_order((int64_t)raw);
    return (int64_t)(type == LT_U64 ? raw ^ (uint64_t)1 << 63 : raw);
}

uint64_t lt_key_raw(enum lt_type type, int64_t key)
{
    if (type == LT_F32)
        return (uint32_t)in_order(key);
    if (type == LT_F64)
        return (uint64_t)in_order(key);
    return (uint64_t)key ^ (type == LT_U64 ? (uint64_t)1 << 63 : 0);
}

double lt_raw_value(enum lt_type type, uint64_t raw)
{
    return type == LT_F32 ? (double)lt_float_of((uint32_t)raw) : lt_double_of(raw);
}

uint64_t lt_value_raw(enum lt_type type, double value)
{
    return type == LT_F32 ? lt_float_bits((float)value) : lt_double_bits(value);
}

enum lt_cell_kind lt_real_kind(double x)
{
    if (isnan(x))
        return LT_CELL_NAN;
    if (isinf(x))
        return x > 0 ? LT_CELL_INF : LT_CELL_NEG_INF;
    return x == 0.0 && signbit(x) ? LT_CELL_NEG_ZERO : LT_CELL_REGULAR;
}

double lt_power_of_ten(int digits)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    return power[digits];
}

__extension__ typedef __int128 wide; /* gcc and clang have it on 64-bit machines */

int64_t lt_nearest_multiple(int64_t x, uint64_t step)
{
    if (step == 1)
        return x;
    wide sum = (wide)x + step / 2, quotient = sum / step;
    return (int64_t)(quotient - (sum % step < 0));
}

/* x stands within half an ulp of m / 10^digits, so that x * 10^digits, rounded once more, is nearest m
 * while m has three bits less than the type. */
double lt_most_units(int digits, bool single)
{
    if (digits == 0)
        return 0x1p53;
    return single ? 0x1p22 : 0x1p50;
}

bool lt_real_units(double x, int digits, bool single, int64_t *units, bool *exact)
{
    double m = rint(x * lt_power_of_ten(digits));
    if (!(fabs(m) <= lt_most_units(digits, single)))
        return false;
    *units = (int64_t)m;
    double back = m / lt_power_of_ten(digits);
    *exact = (single ? (double)(float)back : back) == x;
    return true;
}

static bool is_decimal(double x, int digits, bool single)
{
    int64_t units;
    bool exact;
    return lt_real_units(x, digits, single, &units, &exact) && exact;
}

/* More digits never lose a number that fewer told, up to the most that its size allows. */
int lt_real_digits(double x, bool single, int guess)
{
    int most = LT_DECIMALS, digits = 0;
    while (most > 0 && fabs(x) * lt_power_of_ten(most) > lt_most_units(most, single))
        most--;
    if (!is_decimal(x, most, single))
        return LT_DECIMALS + 1;
    if (guess <= most && is_decimal(x, guess, single) &&
        (guess == 0 || !is_decimal(x, guess - 1, single)))
        return guess;
    while (!is_decimal(x, digits, single))
        digits++;
    return digits;
}
