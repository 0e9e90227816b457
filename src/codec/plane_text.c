/* Cells of text as integers, and back. */
#include "codec/plane.h"
#include "data/number.h"

#include <math.h>
#include <string.h>

bool lt_text_printed(const struct lt_text_cell *cell, struct lt_printed *out)
{
    const char *p = cell->begin, *end = p + cell->size;
    bool negative = p < end && *p == '-';
    p += negative;
    const char *first = p, *point = NULL;
    uint64_t units = 0;
    if (p == end || end - p > LT_DIGITS_MAX + 1)
        return false;
    for (; p < end; p++) {
        unsigned digit = (unsigned)(unsigned char)*p - '0';
        if (digit <= 9)
            units = units * 10 + digit;
        else if (*p == '.' && !point && p > first)
            point = p;
        else
            return false;
    }
    const char *whole = point ? point : end;
    if (point == end - 1 || (!point && end - first > LT_DIGITS_MAX))
        return false;
    if ((*first == '0' && whole - first > 1) || (negative && units == 0))
        return false;
    out->digits = point ? (int)(end - point - 1) : 0;
    out->zero = point && end[-1] == '0';
    out->units = negative ? -(int64_t)units : (int64_t)units;
    return true;
}

int lt_units_print(char buf[LT_UNITS_TEXT], int64_t units, int digits, int least)
{
    uint64_t size = units < 0 ? 0 - (uint64_t)units : (uint64_t)units;
    for (; digits > least && size % 10 == 0; digits--)
        size /= 10;
    char reversed[LT_UNITS_TEXT], *p = reversed;
    for (int i = 0; i <= digits || size; i++, size /= 10) {
        if (i == digits && digits > 0)
            *p++ = '.';
        *p++ = (char)('0' + size % 10);
    }
    if (units < 0)
        *p++ = '-';
    int n = (int)(p - reversed);
    for (int i = 0; i < n; i++)
        buf[i] = reversed[n - 1 - i];
    return n;
}

bool lt_text_number(const struct lt_text_cell *cell, double *value, int64_t *digits)
{
    struct lt_decimal d = {0};
    const char *end = cell->begin + cell->size;
    if (lt_decimal_scan(cell->begin, end, &d) != end || !lt_decimal_value(&d, value))
        return false;
    *digits = d.exponent < 0 ? -d.exponent : 0;
    return true;
}

bool lt_text_near(double value, double far)
{
    return !lt_real_kind(value) && fabs(value) <= far && (value == 0.0 || fabs(value) >= 0x1p-1022);
}

int32_t lt_texts_find(const struct lt_texts *texts, const char *text, size_t size)
{
    int32_t lo = 0, hi = texts->count - 1;
    while (lo <= hi) {
        int32_t middle = lo + (hi - lo) / 2;
        const char *entry = texts->bytes + texts->start[middle];
        size_t length = texts->start[middle + 1] - texts->start[middle];
        size_t both = length < size ? length : size;
        int order = both ? memcmp(entry, text, both) : 0;
        if (order == 0 && length == size)
            return middle;
        if (order < 0 || (order == 0 && length < size))
            lo = middle + 1;
        else
            hi = middle - 1;
    }
    return -1;
}

/* ---- forward ----------------------------------------------------------- */

/* Units of the mapping, when the text is what lt_units_print would write. */
static bool printed_units(const struct lt_mapping *m, const struct lt_text_cell *cell, int64_t *n)
{
    struct lt_printed printed;
    if (!lt_text_printed(cell, &printed) || printed.digits > m->digits ||
        printed.digits < m->least || (printed.digits > m->least && printed.zero))
        return false;
    *n = printed.units;
    for (int i = printed.digits; i < m->digits; i++)
        if (__builtin_mul_overflow(*n, 10, n))
            return false;
    return true;
}

/* The multiple nearest to a number within the bound. */
static bool nearest_units(const struct lt_mapping *m, const struct lt_text_cell *cell, int64_t *n)
{
    double value, power = lt_power_of_ten(m->digits);
    int64_t digits;
    if (!lt_text_number(cell, &value, &digits) || !lt_text_near(value, m->far))
        return false;
    double multiple = rint(value * power / (double)m->step);
    if (!(fabs(multiple * (double)m->step) <= 0x1p53))
        return false;
    *n = (int64_t)multiple;
    double written = (double)(*n * (int64_t)m->step) / power; /* as the text is read */
    return fabs(written - value) <= m->limit;
}

enum lt_cell_kind lt_text_forward(const struct lt_mapping *m, const struct lt_text_cell *cell,
                                  int64_t *n)
{
    bool regular = false;
    if (m->kind == LT_MAP_DICTIONARY) {
        *n = lt_texts_find(&m->text, cell->begin, cell->size);
        return *n < 0 ? LT_CELL_RAW : LT_CELL_REGULAR;
    }
    if (cell->size == 0)
        return LT_CELL_MISSING;
    if (m->kind == LT_MAP_DECIMAL)
        regular = m->by_value ? nearest_units(m, cell, n) : printed_units(m, cell, n);
    if (regular && *n >= m->lo && *n <= m->hi)
        return LT_CELL_REGULAR;
    int32_t special = lt_texts_find(&m->special, cell->begin, cell->size);
    return special < 0 ? LT_CELL_RAW : LT_CELL_SPECIAL + (enum lt_cell_kind)special;
}

int lt_text_back(const struct lt_mapping *m, int64_t n, struct lt_growable *out,
                 struct lt_error *err)
{
    if (m->kind == LT_MAP_DICTIONARY) {
        const size_t *start = m->text.start + n;
        return lt_growable_put(out, m->text.bytes + start[0], start[1] - start[0], err);
    }
    char buf[LT_UNITS_TEXT];
    int64_t units = (int64_t)((uint64_t)n * m->step);
    int size = lt_units_print(buf, units, m->digits, m->least);
    return lt_growable_put(out, buf, (size_t)size, err);
}
