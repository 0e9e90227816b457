/* Numbers as text, read and written with correct rounding and without the
 * locale's decimal point.
 */
#ifndef LT_DATA_NUMBER_H
#define LT_DATA_NUMBER_H

#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What slow cases need (a "C" locale).  May be shared by threads. */
struct lt_numbers;
int lt_numbers_create(struct lt_numbers **out, struct lt_error *err);
void lt_numbers_free(struct lt_numbers **numbers); /* NULL is allowed */

/* [+-]digits[.digits][e[+-]digits], cut into its parts by a reader. */
struct lt_decimal {
    uint64_t digits;  /* all digits as one integer, when count <= 19 */
    int64_t count;    /* of digits, without leading zeros */
    int64_t exponent; /* value = digits * 10^exponent */
    bool negative;
    bool integer; /* neither point nor exponent */
};

/* digits * 10^exponent, correctly rounded (to nearest, ties to even), for
 * count <= 19; false when only strtod can tell. */
bool lt_decimal_value(const struct lt_decimal *d, double *value);

enum lt_number_kind { LT_NUMBER_NONE, LT_NUMBER_INTEGER, LT_NUMBER_REAL };

/* The text [p, end) as a whole: an integer that fits int64_t, a real (also
 * "inf", "infinity" in any case, signed), or no number. */
enum lt_number_kind lt_number_parse(const struct lt_numbers *numbers, const char *p,
                                    const char *end, int64_t *integer, double *real);
bool lt_number_is(const struct lt_numbers *numbers, const char *text);

/* The shortest decimals that read back as the same bits; at most 32 bytes with the
 * final zero.  Returns the length. */
enum { LT_NUMBER_TEXT = 32 };
int lt_number_format_f32(char *buf, float value);
int lt_number_format_f64(char *buf, double value);
int lt_number_format_i64(char *buf, int64_t value);
int lt_number_format_u64(char *buf, uint64_t value);

/* Cuts [p, end) into parts as far as it is a number; returns where it stopped,
 * or NULL when there is no digit.  Kept inline: it is the CSV reader's loop. */
static inline const char *lt_decimal_scan(const char *p, const char *end, struct lt_decimal *d)
{
    uint64_t w = 0;
    d->negative = p < end && *p == '-';
    p += p < end && (*p == '-' || *p == '+');
    const char *start = p;
    for (unsigned c; p < end && (c = (unsigned)(unsigned char)*p - '0') <= 9; p++)
        w = w * 10 + c;
    int64_t count = p - start;
    int64_t exponent = 0;
    d->integer = true;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        for (unsigned c; p < end && (c = (unsigned)(unsigned char)*p - '0') <= 9; p++)
            w = w * 10 + c;
        exponent = fraction - p;
        count -= exponent;
        d->integer = false;
    }
    if (count == 0)
        return NULL;
    if (count > 19) /* leading zeros do not count */
        for (; start < p && (*start == '0' || *start == '.'); start++)
            count -= *start == '0';
    if (p < end && (*p | 32) == 'e') {
        const char *e = p + 1;
        bool down = e < end && *e == '-';
        e += e < end && (*e == '-' || *e == '+');
        int64_t power = 0;
        const char *first = e;
        for (unsigned c; e < end && (c = (unsigned)(unsigned char)*e - '0') <= 9; e++)
            power = power < 100000 ? power * 10 + c : power;
        if (e > first) {
            exponent += down ? -power : power;
            d->integer = false;
            p = e;
        }
    }
    d->digits = w;
    d->count = count;
    d->exponent = exponent;
    return p;
}

#endif
