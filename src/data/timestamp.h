/* Dates and times as text in tables.
 *
 * A column of times is written in one format: a date, a date with a time of
 * day, or a time of day alone.  The formats known are
 *
 *     2024-05-31   2024/05/31   31.05.2024   31/05/2024   05/31/2024
 *
 * alone or followed by a space or `T` and HH:MM or HH:MM:SS with up to nine
 * digits of a fraction, and then perhaps by Z, +HH:MM or +HHMM; and HH:MM or
 * HH:MM:SS alone.  Days before months and months before days look alike until
 * a number is greater than 12; where no text decides, the day is first and the
 * detector says that it was ambiguous.
 *
 * Times are doubles: seconds since 1970-01-01T00:00:00 UTC, without leap
 * seconds (a 60th second is not a time); a time of day alone counts from
 * midnight.  The calendar is the Gregorian one, years 0001 to 9999.
 */
#ifndef LT_DATA_TIMESTAMP_H
#define LT_DATA_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lt_date_order { LT_DATE_NONE, LT_DATE_YMD, LT_DATE_DMY, LT_DATE_MDY };
enum lt_zone { LT_ZONE_NONE, LT_ZONE_Z, LT_ZONE_COLON, LT_ZONE_PLAIN };

struct lt_timestamp_format {
    enum lt_date_order order;
    char date_separator; /* '-' '/' '.' */
    char between;        /* ' ' or 'T'; 0: no time of day, or no date */
    bool clock, seconds; /* HH:MM; HH:MM:SS */
    int digits;          /* of the fraction printed, 0 ... 9; any number is read */
    enum lt_zone zone;
    int offset; /* of the zone printed, minutes east */
};

/* The format in which all n texts are times; false when there is none. */
bool lt_timestamp_detect(const char *const *texts /* (n) */, int64_t n,
                         struct lt_timestamp_format *format, bool *ambiguous);

/* False when the text is not a time in this format. */
bool lt_timestamp_parse(const struct lt_timestamp_format *format, const char *text,
                        double *seconds);
/* Writes a time, rounded to the last digit of the format; years beyond 0001 ... 9999 are clipped.
 * buf has room for LT_TIMESTAMP_TEXT bytes. */
enum { LT_TIMESTAMP_TEXT = 48 };
void lt_timestamp_print(const struct lt_timestamp_format *format, double seconds, char *buf,
                        size_t size);

/* The format as a text for files, "%Y-%m-%dT%H:%M:%S.3%z+0200", and back. */
void lt_timestamp_format_text(const struct lt_timestamp_format *format, char *buf, size_t size);
bool lt_timestamp_format_read(struct lt_timestamp_format *format, const char *text);

struct lt_timestamp_parts {
    double hour;     /* of the day, [0, 24) */
    int weekday;     /* 0 is Monday */
    int day_of_year; /* from 0 */
};
void lt_timestamp_parts(double seconds, struct lt_timestamp_parts *parts);

#endif
