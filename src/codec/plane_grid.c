/* Dictionaries of floats whose values stand at equal distances, but for rounding: what scaling makes of
 * integers.  Entry i is then the first plus k steps, and in the head only k and a few units of rounding. */
#include "codec/plane.h"

#include <math.h>

enum { STEPS_MAX = 1 << 20, DIVISORS = 4 };

static double value_of(enum lt_type type, int64_t key)
{
    return lt_raw_value(type, lt_key_raw(type, key));
}

int64_t lt_grid_entry(enum lt_type type, int64_t first, int64_t last, int64_t steps, int64_t k,
                      uint64_t rest)
{
    double a = value_of(type, first), b = value_of(type, last);
    double value = a + (double)k * ((b - a) / (double)steps);
    uint64_t key = (uint64_t)lt_raw_key(type, lt_value_raw(type, value));
    return (int64_t)(key + (rest >> 1 ^ (rest & 1 ? UINT64_MAX : 0)));
}

uint64_t lt_grid_rest(enum lt_type type, const int64_t *entry, size_t count, int64_t steps,
                      size_t i, int64_t *k)
{
    int64_t first = entry[0], last = entry[count - 1];
    double a = value_of(type, first), b = value_of(type, last);
    *k = (int64_t)rint((value_of(type, entry[i]) - a) / ((b - a) / (double)steps));
    uint64_t rest = (uint64_t)entry[i] - (uint64_t)lt_grid_entry(type, first, last, steps, *k, 0);
    return rest << 1 ^ (rest >> 63 ? UINT64_MAX : 0);
}

/* Whether every entry is near a whole number of steps. */
static bool stands_on(enum lt_type type, const int64_t *entry, size_t count, int64_t steps)
{
    double a = value_of(type, entry[0]),
           step = (value_of(type, entry[count - 1]) - a) / (double)steps;
    for (size_t i = 0; i < count; i++) {
        double k = (value_of(type, entry[i]) - a) / step;
        if (!(fabs(k - rint(k)) < 0.02))
            return false;
    }
    return true;
}

/* The number of steps from the first entry to the last; 0: they stand on no grid.  The smallest gap is
 * one step, or a few where neighbours are missing. */
static int64_t find_steps(enum lt_type type, const int64_t *entry, size_t count)
{
    double span = value_of(type, entry[count - 1]) - value_of(type, entry[0]);
    double least = (double)INFINITY;
    for (size_t i = 1; i < count; i++)
        least = fmin(least, value_of(type, entry[i]) - value_of(type, entry[i - 1]));
    for (int divisor = 1; divisor <= DIVISORS; divisor++) {
        double steps = rint(span / least * divisor);
        if (!(steps <= STEPS_MAX) || steps < 1.0)
            return 0;
        if (stands_on(type, entry, count, (int64_t)steps))
            return (int64_t)steps;
    }
    return 0;
}

static size_t varint_bytes(uint64_t value)
{
    size_t bytes = 1;
    while (value >>= 7)
        bytes++;
    return bytes;
}

static size_t plain_bytes(const int64_t *entry, size_t count)
{
    size_t bytes = 10;
    for (size_t i = 1; i < count; i++)
        bytes += varint_bytes((uint64_t)entry[i] - (uint64_t)entry[i - 1]);
    return bytes;
}

static size_t grid_bytes(enum lt_type type, const int64_t *entry, size_t count, int64_t steps)
{
    size_t bytes = 23; /* both ends and the number of steps */
    int64_t before = 0, k;
    for (size_t i = 1; i + 1 < count; i++, before = k) {
        uint64_t rest = lt_grid_rest(type, entry, count, steps, i, &k);
        bytes += varint_bytes(rest) + (k != before + 1);
    }
    return bytes;
}

size_t lt_entries_bytes(enum lt_type type, const int64_t *entry, size_t count, int64_t *steps)
{
    size_t plain = plain_bytes(entry, count);
    bool finite = lt_type_is_real(type) && isfinite(value_of(type, entry[0])) &&
                  isfinite(value_of(type, entry[count - 1]));
    *steps = count > 3 && finite ? find_steps(type, entry, count) : 0;
    size_t grid = *steps ? grid_bytes(type, entry, count, *steps) : plain;
    if (grid >= plain)
        *steps = 0;
    return grid < plain ? grid : plain;
}
