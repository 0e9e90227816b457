/* Dates and times as text. */
#include "base/rng.h"
#include "data/timestamp.h"
#include "t.h"

static struct lt_timestamp_format detected(const char *a, const char *b)
{
    struct lt_timestamp_format f;
    const char *texts[] = {a, b};
    bool ambiguous;
    if (!lt_timestamp_detect(texts, 2, &f, &ambiguous))
        T_FAIL("\"%s\" and \"%s\" are no times of one format", a, b);
    return f;
}

static bool is_time(const char *a, const char *b)
{
    struct lt_timestamp_format f;
    const char *texts[] = {a, b};
    bool ambiguous;
    return lt_timestamp_detect(texts, 2, &f, &ambiguous);
}

static double seconds_of(const char *text)
{
    struct lt_timestamp_format f = detected(text, text);
    double seconds;
    T_OK(lt_timestamp_parse(&f, text, &seconds));
    return seconds;
}

TEST(known_instants)
{
    T_NEAR(seconds_of("1970-01-01"), 0, 0);
    T_NEAR(seconds_of("2000-03-01"), 951868800, 0);
    T_NEAR(seconds_of("2024-02-29 12:30"), 1709209800, 0);
    T_NEAR(seconds_of("2001-09-09T01:46:40Z"), 1000000000, 0);
    T_NEAR(seconds_of("2001-09-09T03:46:40+02:00"), 1000000000, 0);
    T_NEAR(seconds_of("2001-09-08 20:16:40.250-0530"), 1000000000.25, 0);
    T_NEAR(seconds_of("31.12.1969 23:59:59"), -1, 0);
    T_NEAR(seconds_of("0001-01-01"), -62135596800.0, 0);
    T_NEAR(seconds_of("12/31/1999"), 946598400, 0);
    T_NEAR(seconds_of("06:30:15"), 23415, 0);
}

TEST(days_before_months_until_a_text_decides)
{
    struct lt_timestamp_format f;
    bool ambiguous;
    const char *both[] = {"05/06/2024", "07/08/2024"}, *months[] = {"05/06/2024", "07/18/2024"};
    T_OK(lt_timestamp_detect(both, 2, &f, &ambiguous));
    T_OK(ambiguous);
    T_INT(f.order, LT_DATE_DMY);
    T_OK(lt_timestamp_detect(months, 2, &f, &ambiguous));
    T_OK(!ambiguous);
    T_INT(f.order, LT_DATE_MDY);
}

TEST(what_is_no_time_is_refused)
{
    static const char *const texts[] = {
        "2023-02-29",  "2024-13-01", "2024-00-10",  "2024-1-1",   "25:61",      "24:00:00",
        "2024-01-01x", "",           "2024-01-01 ", "0000-01-01", "20240101",   "12",
        "2024-01-01T", "12:30:60",   "12:30:00.",   "1.2.2024",   "10000-01-01"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (is_time(texts[i], texts[i]))
            T_FAIL("\"%s\" was taken", texts[i]);
    T_OK(!is_time("2024-01-01", "2024-01-01 10:00"));
    T_OK(!is_time("2024-01-01", "cat"));
    T_OK(!is_time("2024-01-01", "01.01.2024"));
}

/* Every format: its text reads back, and times that it wrote are read and written again alike. */
static void check_format(struct lt_timestamp_format f, struct lt_stream *stream, uint64_t *counter)
{
    struct lt_timestamp_format back;
    char text[LT_TIMESTAMP_TEXT], again[LT_TIMESTAMP_TEXT];
    lt_timestamp_format_text(&f, text, sizeof text);
    T_OK(lt_timestamp_format_read(&back, text));
    lt_timestamp_format_text(&back, again, sizeof again);
    T_STR(again, text);
    for (int i = 0; i < 200; i++) {
        double seconds, once, twice;
        seconds = f.order == LT_DATE_NONE
                      ? 86399 * (double)lt_uniform(stream, (uint32_t)(*counter)++)
                      : 8e9 * (2 * (double)lt_uniform(stream, (uint32_t)(*counter)++) - 1);
        lt_timestamp_print(&back, seconds, text, sizeof text);
        if (!lt_timestamp_parse(&back, text, &once))
            T_FAIL("\"%s\" is not read back", text);
        T_NEAR(once, seconds, f.seconds ? 1 : f.clock ? 31 : 43201);
        lt_timestamp_print(&back, once, again, sizeof again);
        T_STR(again, text);
        T_OK(lt_timestamp_parse(&back, again, &twice) && !(twice < once) && !(twice > once));
    }
}

TEST(every_format_round_trips)
{
    struct lt_stream stream = lt_stream(7, LT_RNG_TEST, 0, 0);
    uint64_t counter = 0;
    static const int offsets[] = {0, 0, 330, -90};
    for (int order = LT_DATE_NONE; order <= LT_DATE_MDY; order++)
        for (int clock = order == LT_DATE_NONE; clock < 5; clock++) {
            struct lt_timestamp_format f = {.order = (enum lt_date_order)order,
                                            .date_separator = order == LT_DATE_YMD ? '-' : '/',
                                            .clock = clock > 0,
                                            .seconds = clock > 1,
                                            .digits = clock > 2 ? 3 : 0};
            f.between = f.clock && order != LT_DATE_NONE ? (clock % 2 ? ' ' : 'T') : 0;
            f.zone = f.clock && order != LT_DATE_NONE && clock > 2 ? (enum lt_zone)(clock - 1)
                                                                   : LT_ZONE_NONE;
            f.offset = f.zone > LT_ZONE_Z ? offsets[clock - 1] : 0;
            check_format(f, &stream, &counter);
        }
}

TEST(parts_of_a_time)
{
    struct lt_timestamp_parts p;
    lt_timestamp_parts(seconds_of("2024-12-31 18:45"), &p);
    T_NEAR(p.hour, 18.75, 1e-12);
    T_INT(p.weekday, 1); /* a Tuesday */
    T_INT(p.day_of_year, 365);
    lt_timestamp_parts(-1, &p);
    T_INT(p.weekday, 2);
    T_INT(p.day_of_year, 364);
}

TEST(formats_that_are_none_are_refused)
{
    static const char *const texts[] = {"",
                                        "%Y",
                                        "%Y-%m/%d",
                                        "%Y-%m-%d ",
                                        "%Y-%m-%d %H",
                                        "%H:%M:%S.0",
                                        "%Y-%m-%d %H:%M%z",
                                        "%Y-%m-%d %H:%M%z+99:00",
                                        "%Y-%m-%dx"};
    struct lt_timestamp_format f;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (lt_timestamp_format_read(&f, texts[i]))
            T_FAIL("\"%s\" was taken", texts[i]);
}

T_MAIN
