#include "app/arrival.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double DAY = 86400; /* seconds */

/* Rows per day as the times of one column say; 0 when they all are one time. */
static double rows_per_day(const struct lt_table *table, int64_t column, const struct lt_column *c)
{
    double first = INFINITY, last = -INFINITY, seconds;
    int32_t texts = lt_table_text_count(table, column);
    for (int32_t k = 0; k < texts; k++) {
        if (!lt_timestamp_parse(&c->format, lt_table_text(table, column, k), &seconds))
            continue;
        first = fmin(first, seconds);
        last = fmax(last, seconds);
    }
    return last > first ? (double)lt_table_rows(table) / ((last - first) / DAY) : 0;
}

int lt_arrival_note(struct lt_model *model, const struct lt_table *table, struct lt_error *err)
{
    const struct lt_prep *p = &model->prep;
    struct lt_json *noted = NULL;
    int rc = lt_json_object(&noted, err);
    for (int64_t j = 0; j < p->schema.columns && !rc; j++) {
        if (p->column[j].kind != LT_KIND_TIME || !p->schema.names)
            continue;
        double rows = rows_per_day(table, j, &p->column[j]);
        struct lt_json *value = NULL;
        if (rows > 0)
            rc = lt_json_object(&value, err);
        if (!rc && value)
            rc = lt_json_set_number(value, "rows", rows, err);
        if (!rc && value)
            rc = lt_json_set_member(noted, p->schema.names[j], &value, err);
        lt_json_free(&value);
    }
    if (!rc)
        rc = lt_json_set(model->record, "rows_per_day", &noted, err);
    lt_json_free(&noted);
    return rc;
}

static double unit_seconds(const char *unit)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"hour", 3600}, {"day", 86400}, {"week", 7 * 86400}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i].name) == 0)
            return units[i].seconds;
    return 0;
}

int lt_arrival_rate(const struct lt_model *model, const char *alarms, const char *time,
                    double *rate, struct lt_error *err)
{
    char *end;
    double count = strtod(alarms, &end), rows = 0;
    double seconds = end > alarms && *end == '/' ? unit_seconds(end + 1) : 0;
    if (!(count > 0) || seconds == 0)
        return lt_fail(err, LT_EUSAGE,
                       "--alarms: \"%.40s\" is not a number of alarms in an hour, a day or a week, "
                       "such as 5/day",
                       alarms);
    if (!time)
        return lt_fail(
            err, LT_EUSAGE,
            "--alarms needs --time COL, the column that says when rows came, to know how "
            "many come in a day; or give a rate with --fpr");
    const struct lt_json *noted = lt_json_get(model->record, "rows_per_day");
    const struct lt_json *column = noted ? lt_json_member(noted, time) : NULL;
    if (!column || lt_json_get_number(column, "rows", &rows, NULL) || !(rows > 0))
        return lt_fail(err, LT_EUSAGE,
                       "--time: \"%.80s\" is no column of dates or times in this model's training "
                       "data; latent info tells the kinds of its columns",
                       time);
    *rate = fmin(1, count * (DAY / seconds) / rows);
    return 0;
}
