#include "data/timestamp.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- the calendar ---- */

/* Days since 1970-01-01 of a Gregorian date, and back: Hinnant, "chrono-compatible low-level date
 * algorithms" (2013), days_from_civil and civil_from_days. */
static int64_t days_of(int64_t y, int m, int d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400, year = y - era * 400;
    int64_t day = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + year * 365 + year / 4 - year / 100 + day - 719468;
}

static void date_of(int64_t days, int64_t *y, int *m, int *d)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, day = days - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    *d = (int)(of_year - (153 * month + 2) / 5 + 1);
    *m = (int)(month < 10 ? month + 3 : month - 9);
    *y = year + era * 400 + (*m <= 2);
}

static int month_length(int y, int m)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return length[m - 1] + (m == 2 && leap);
}

/* ---- reading ---- */

struct cursor {
    const char *at;
    bool ok;
};

/* Exactly n digits. */
static int digits(struct cursor *c, int n)
{
    int value = 0;
    for (int i = 0; i < n && c->ok; i++) { /* stops at what is no digit, an end above all */
        c->ok = *c->at >= '0' && *c->at <= '9';
        value = value * 10 + (*c->at - '0');
        c->at += c->ok;
    }
    return c->ok ? value : 0;
}

static void expect(struct cursor *c, char what)
{
    c->ok = c->ok && *c->at == what;
    c->at += c->ok;
}

static double read_date(struct cursor *c, const struct lt_timestamp_format *f)
{
    int part[3];
    for (int i = 0; i < 3; i++) {
        bool year = f->order == LT_DATE_YMD ? i == 0 : i == 2;
        if (i > 0)
            expect(c, f->date_separator);
        part[i] = digits(c, year ? 4 : 2);
    }
    int y = f->order == LT_DATE_YMD ? part[0] : part[2];
    int m = f->order == LT_DATE_MDY ? part[0] : part[1];
    int d = f->order == LT_DATE_YMD ? part[2] : f->order == LT_DATE_DMY ? part[0] : part[1];
    c->ok = c->ok && y >= 1 && m >= 1 && m <= 12 && d >= 1 && d <= month_length(y, m);
    return c->ok ? 86400.0 * (double)days_of(y, m, d) : 0;
}

/* ".25"; *count digits of it. */
static double read_fraction(struct cursor *c, int *count)
{
    int64_t value = 0, scale = 1;
    *count = 0;
    if (!c->ok || *c->at != '.')
        return 0;
    for (c->at++; *c->at >= '0' && *c->at <= '9' && *count < 9; c->at++, ++*count) {
        value = value * 10 + (*c->at - '0');
        scale *= 10;
    }
    c->ok = *count > 0;
    return (double)value / (double)scale;
}

static double read_clock(struct cursor *c, bool with_seconds, int *fraction)
{
    int h = digits(c, 2), s = 0;
    expect(c, ':');
    int m = digits(c, 2);
    double part = 0;
    *fraction = 0;
    if (with_seconds) {
        expect(c, ':');
        s = digits(c, 2);
        part = read_fraction(c, fraction);
    }
    c->ok = c->ok && h <= 23 && m <= 59 && s <= 59;
    return 3600.0 * h + 60.0 * m + s + part;
}

/* Minutes east. */
static int read_zone(struct cursor *c, enum lt_zone zone)
{
    if (zone == LT_ZONE_NONE)
        return 0;
    if (zone == LT_ZONE_Z) {
        expect(c, 'Z');
        return 0;
    }
    int sign = *c->at == '-' ? -1 : 1;
    c->ok = c->ok && (*c->at == '+' || *c->at == '-');
    c->at += c->ok;
    int h = digits(c, 2);
    if (zone == LT_ZONE_COLON)
        expect(c, ':');
    int m = digits(c, 2);
    c->ok = c->ok && h <= 14 && m <= 59;
    return sign * (60 * h + m);
}

/* What a text says besides its time. */
struct seen {
    int digits, offset;
};

static bool read(const struct lt_timestamp_format *f, const char *text, double *seconds,
                 struct seen *seen)
{
    struct cursor c = {text, true};
    *seen = (struct seen){0};
    *seconds = f->order != LT_DATE_NONE ? read_date(&c, f) : 0;
    if (f->clock) {
        if (f->between)
            expect(&c, f->between);
        *seconds += read_clock(&c, f->seconds, &seen->digits);
        seen->offset = read_zone(&c, f->zone);
        *seconds -= 60.0 * seen->offset;
    }
    return c.ok && *c.at == 0;
}

bool lt_timestamp_parse(const struct lt_timestamp_format *format, const char *text, double *seconds)
{
    struct seen seen;
    return read(format, text, seconds, &seen);
}

/* ---- detecting ---- */

/* Whether all texts are times in the format, whose digits and offset then become what was seen:
 * the most digits, the first offset. */
static bool fits(struct lt_timestamp_format *f, const char *const *texts, int64_t n)
{
    struct seen seen;
    double seconds;
    f->digits = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!read(f, texts[i], &seconds, &seen))
            return false;
        f->digits = seen.digits > f->digits ? seen.digits : f->digits;
        f->offset = i == 0 ? seen.offset : f->offset;
    }
    return n > 0;
}

/* Every way to write a time of day behind (or without) a date. */
static bool fits_with_clock(struct lt_timestamp_format *f, const char *const *texts, int64_t n)
{
    static const char between[] = {' ', 'T'};
    bool dated = f->order != LT_DATE_NONE;
    f->clock = true;
    for (int b = 0; b < (dated ? 2 : 1); b++)
        for (int s = 0; s < 2; s++)
            for (int z = 0; z < (dated ? 4 : 1); z++) {
                f->between = dated ? between[b] : 0;
                f->seconds = s == 1;
                f->zone = (enum lt_zone)z;
                if (fits(f, texts, n))
                    return true;
            }
    return false;
}

static bool fits_somehow(struct lt_timestamp_format *f, const char *const *texts, int64_t n)
{
    if (f->order != LT_DATE_NONE && fits(f, texts, n))
        return true;
    return fits_with_clock(f, texts, n);
}

bool lt_timestamp_detect(const char *const *texts, int64_t n, struct lt_timestamp_format *format,
                         bool *ambiguous)
{
    static const struct lt_timestamp_format dates[] = {
        {.order = LT_DATE_YMD, .date_separator = '-'},
        {.order = LT_DATE_YMD, .date_separator = '/'},
        {.order = LT_DATE_DMY, .date_separator = '.'},
        {.order = LT_DATE_DMY, .date_separator = '/'},
        {.order = LT_DATE_MDY, .date_separator = '/'},
        {.order = LT_DATE_NONE},
    };
    *ambiguous = false;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        *format = dates[i];
        if (!fits_somehow(format, texts, n))
            continue;
        struct lt_timestamp_format other = *format;
        other.order = LT_DATE_MDY;
        *ambiguous =
            format->order == LT_DATE_DMY && format->date_separator == '/' && fits(&other, texts, n);
        return true;
    }
    return false;
}

/* ---- writing ---- */

static size_t print_date(const struct lt_timestamp_format *f, int64_t days, char *buf, size_t size)
{
    int64_t y;
    int m, d;
    date_of(days, &y, &m, &d);
    char s = f->date_separator;
    int year = (int)y;
    if (f->order == LT_DATE_YMD)
        return (size_t)snprintf(buf, size, "%04d%c%02d%c%02d", year, s, m, s, d);
    if (f->order == LT_DATE_DMY)
        return (size_t)snprintf(buf, size, "%02d%c%02d%c%04d", d, s, m, s, year);
    return (size_t)snprintf(buf, size, "%02d%c%02d%c%04d", m, s, d, s, year);
}

static size_t print_zone(const struct lt_timestamp_format *f, char *buf, size_t size)
{
    int minutes = f->offset < 0 ? -f->offset : f->offset;
    if (f->zone == LT_ZONE_NONE)
        return 0;
    if (f->zone == LT_ZONE_Z)
        return (size_t)snprintf(buf, size, "Z");
    return (size_t)snprintf(buf, size, "%c%02d%s%02d", f->offset < 0 ? '-' : '+', minutes / 60,
                            f->zone == LT_ZONE_COLON ? ":" : "", minutes % 60);
}

/* Time in units of the last digit, within the years that can be written. */
static int64_t in_units(const struct lt_timestamp_format *f, double seconds, int64_t *unit)
{
    static const double first = -62135596800.0, last = 253402300799.0; /* 0001 ... 9999 */
    int64_t whole;
    double local = seconds + 60.0 * f->offset;
    local = !(local > first) ? first : local > last ? last : local;
    *unit = 1;
    for (int i = 0; i < f->digits; i++)
        *unit *= 10;
    if (!f->clock) /* to the nearest day */
        return (int64_t)floor(local / 86400 + 0.5) * 86400;
    if (!f->seconds)
        return (int64_t)floor(local / 60 + 0.5) * 60;
    whole = (int64_t)floor(local);
    return whole * *unit + (int64_t)floor((local - (double)whole) * (double)*unit + 0.5);
}

void lt_timestamp_print(const struct lt_timestamp_format *f, double seconds, char *buf, size_t size)
{
    int64_t unit, at = in_units(f, seconds, &unit), day = 86400 * unit;
    int64_t days = at / day - (at % day < 0), rest = at - days * day;
    size_t used = 0;
    if (f->order != LT_DATE_NONE)
        used += print_date(f, days, buf, size);
    if (f->clock && f->between)
        used += (size_t)snprintf(buf + used, size - used, "%c", f->between);
    int64_t second = rest / unit;
    if (f->clock)
        used += (size_t)snprintf(buf + used, size - used, "%02d:%02d", (int)(second / 3600),
                                 (int)(second / 60 % 60));
    if (f->seconds)
        used += (size_t)snprintf(buf + used, size - used, ":%02d", (int)(second % 60));
    if (f->digits > 0)
        used += (size_t)snprintf(buf + used, size - used, ".%0*lld", f->digits,
                                 (long long)(rest % unit));
    if (f->clock)
        print_zone(f, buf + used, size - used);
}

/* ---- formats as text ---- */

void lt_timestamp_format_text(const struct lt_timestamp_format *f, char *buf, size_t size)
{
    static const char *const orders[] = {[LT_DATE_NONE] = "",
                                         [LT_DATE_YMD] = "%Ys%ms%d",
                                         [LT_DATE_DMY] = "%ds%ms%Y",
                                         [LT_DATE_MDY] = "%ms%ds%Y"};
    size_t used = (size_t)snprintf(buf, size, "%s", orders[f->order]);
    for (size_t i = 0; i < used; i++)
        if (buf[i] == 's')
            buf[i] = f->date_separator;
    if (f->clock && f->between)
        used += (size_t)snprintf(buf + used, size - used, "%c", f->between);
    if (f->clock)
        used += (size_t)snprintf(buf + used, size - used, "%%H:%%M%s", f->seconds ? ":%S" : "");
    if (f->digits > 0)
        used += (size_t)snprintf(buf + used, size - used, ".%d", f->digits);
    if (f->zone == LT_ZONE_COLON || f->zone == LT_ZONE_PLAIN)
        used += (size_t)snprintf(buf + used, size - used, "%%z");
    print_zone(f, buf + used, size - used);
}

static bool take(const char **at, const char *what)
{
    size_t n = strlen(what);
    bool there = strncmp(*at, what, n) == 0;
    *at += there ? n : 0;
    return there;
}

static void read_order(struct lt_timestamp_format *f, const char **at)
{
    static const char *const orders[] = {
        [LT_DATE_YMD] = "Ymd", [LT_DATE_DMY] = "dmY", [LT_DATE_MDY] = "mdY"};
    const char *p = *at;
    for (int o = LT_DATE_YMD; o <= LT_DATE_MDY; o++)
        if (strlen(p) >= 8 && p[0] == '%' && p[1] == orders[o][0] && p[3] == '%' &&
            p[4] == orders[o][1] && p[6] == '%' && p[7] == orders[o][2] && p[2] == p[5] &&
            strchr("-/.", p[2])) {
            f->order = (enum lt_date_order)o;
            f->date_separator = p[2];
            *at += 8;
            return;
        }
}

static bool read_format_zone(struct lt_timestamp_format *f, const char **at)
{
    if (take(at, "Z")) {
        f->zone = LT_ZONE_Z;
        return true;
    }
    if (!take(at, "%z"))
        return true;
    f->zone = strlen(*at) == 6 ? LT_ZONE_COLON : LT_ZONE_PLAIN;
    struct cursor c = {*at, true};
    f->offset = read_zone(&c, f->zone);
    *at = c.at;
    return c.ok;
}

bool lt_timestamp_format_read(struct lt_timestamp_format *f, const char *text)
{
    *f = (struct lt_timestamp_format){0};
    read_order(f, &text);
    if (f->order != LT_DATE_NONE && (*text == ' ' || *text == 'T'))
        f->between = *text++;
    if (f->order == LT_DATE_NONE || f->between) {
        f->clock = take(&text, "%H:%M");
        if (!f->clock)
            return false;
        f->seconds = take(&text, ":%S");
        if (f->seconds && *text == '.' && text[1] >= '1' && text[1] <= '9') {
            f->digits = text[1] - '0';
            text += 2;
        }
        if (!read_format_zone(f, &text))
            return false;
    }
    return *text == 0;
}

/* ---- parts ---- */

void lt_timestamp_parts(double seconds, struct lt_timestamp_parts *parts)
{
    double days = floor(seconds / 86400);
    int64_t y, day = (int64_t)days;
    int m, d;
    date_of(day, &y, &m, &d);
    parts->hour = (seconds - days * 86400) / 3600;
    parts->weekday = (int)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    parts->day_of_year = (int)(day - days_of(y, 1, 1));
}
