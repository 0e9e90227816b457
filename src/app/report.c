#include "app/report.h"

#include "base/mem.h"
#include "model/json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_BYTES = 2000 };

struct text { /* a string that grows */
    char *bytes;
    size_t used, capacity;
};

struct lt_report {
    struct text verdict, lines, next; /* each line ends in a newline */
    struct lt_json *values;
    struct text text, json; /* sealed */
    struct lt_error error;  /* the first failure */
};

int lt_report_create(struct lt_report **out, struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, "a report", err);
    if (rc == LT_OK)
        rc = lt_json_object(&(*out)->values, err);
    if (rc)
        lt_report_free(out);
    return rc;
}

void lt_report_free(struct lt_report **report)
{
    struct lt_report *r = *report;
    if (!r)
        return;
    lt_json_free(&r->values);
    struct text *texts[] = {&r->verdict, &r->lines, &r->next, &r->text, &r->json};
    for (int i = 0; i < 5; i++)
        lt_free(texts[i]->bytes);
    lt_free(r);
    *report = NULL;
}

/* ---- text ---- */

static void append(struct lt_report *r, struct text *t, const char *string)
{
    size_t n = strlen(string);
    if (r->error.code ||
        lt_grow(&t->bytes, &t->capacity, t->used + n + 1, 1, "a report", &r->error))
        return;
    memcpy(t->bytes + t->used, string, n + 1);
    t->used += n;
}

/* Starts a line over. */
static void put(struct lt_report *r, struct text *t, const char *prefix, const char *line)
{
    t->used = 0;
    append(r, t, prefix);
    append(r, t, line);
    append(r, t, "\n");
}

void lt_report_line(struct lt_report *r, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    append(r, &r->lines, line);
    append(r, &r->lines, "\n");
}

void lt_report_verdict(struct lt_report *r, const char *word, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (word)
        lt_report_string(r, "verdict", word);
    lt_report_string(r, "message", line);
    put(r, &r->verdict, "", line);
}

void lt_report_warn(struct lt_report *r, const char *name, const char *format, ...)
{
    char line[LINE_MAX_BYTES], key[100];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    snprintf(key, sizeof key, "warnings.%s", name);
    lt_report_string(r, key, line);
    lt_report_line(r, "warning: %s", line);
}

void lt_report_next(struct lt_report *r, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    put(r, &r->next, "next: ", line);
}

/* ---- values ---- */

void lt_report_number(struct lt_report *r, const char *key, double value)
{
    if (!r->error.code)
        lt_json_set_number(r->values, key, value, &r->error);
}

void lt_report_integer(struct lt_report *r, const char *key, int64_t value)
{
    if (!r->error.code)
        lt_json_set_integer(r->values, key, value, &r->error);
}

void lt_report_string(struct lt_report *r, const char *key, const char *value)
{
    if (!r->error.code)
        lt_json_set_string(r->values, key, value, &r->error);
}

void lt_report_boolean(struct lt_report *r, const char *key, bool value)
{
    if (!r->error.code)
        lt_json_set_bool(r->values, key, value, &r->error);
}

void lt_report_numbers(struct lt_report *r, const char *key, const double *values, int64_t n)
{
    if (!r->error.code)
        lt_json_set_numbers(r->values, key, values, (size_t)n, &r->error);
}

void lt_report_value(struct lt_report *r, const char *key, struct lt_json **value)
{
    if (!r->error.code)
        lt_json_set(r->values, key, value, &r->error);
    lt_json_free(value);
}

int lt_report_seal(struct lt_report *r, struct lt_error *err)
{
    char *json = NULL;
    const struct text *parts[] = {&r->verdict, &r->lines, &r->next};
    r->text.used = r->json.used = 0;
    for (int i = 0; i < 3; i++)
        if (parts[i]->used > 0)
            append(r, &r->text, parts[i]->bytes);
    if (!r->error.code && lt_json_dump(r->values, 2, &json, NULL, &r->error) == LT_OK) {
        append(r, &r->json, json);
        append(r, &r->json, "\n");
    }
    lt_free(json);
    return r->error.code ? lt_fail(err, r->error.code, "%s", r->error.text) : LT_OK;
}

/* ---- reading ---- */

const char *lt_report_text(const struct lt_report *r)
{
    return r->text.bytes ? r->text.bytes : "";
}

const char *lt_report_json(const struct lt_report *r)
{
    return r->json.bytes ? r->json.bytes : "{}\n";
}

double lt_report_get_number(const struct lt_report *r, const char *key)
{
    double number = (double)NAN;
    bool yes = false;
    if (lt_json_get_bool(r->values, key, &yes, NULL) == LT_OK)
        return yes;
    return lt_json_get_number(r->values, key, &number, NULL) == LT_OK ? number : (double)NAN;
}

const char *lt_report_get_string(const struct lt_report *r, const char *key)
{
    const char *string = NULL;
    return lt_json_get_string(r->values, key, &string, NULL) == LT_OK ? string : NULL;
}
