#include "model/columnjson.h"

#include "base/mem.h"
#include <math.h>
#include <string.h>

/* ---- texts ---- */

int lt_text_to_json(struct lt_json *array, const char *text, struct lt_error *err)
{
    static const char digit[] = "0123456789abcdef";
    size_t n = strlen(text);
    if (lt_utf8_valid(text, n))
        return lt_json_append_string(array, text, err);
    struct lt_json *json = NULL;
    char *hex = NULL;
    int rc = lt_json_object(&json, err);
    if (!rc)
        rc = lt_alloc(&hex, 2 * n + 1, 1, "a text", err);
    for (size_t i = 0; i < n && !rc; i++) {
        hex[2 * i] = digit[(unsigned char)text[i] >> 4];
        hex[2 * i + 1] = digit[(unsigned char)text[i] & 15];
    }
    if (!rc)
        rc = lt_json_set_string(json, "hex", hex, err);
    if (!rc)
        rc = lt_json_append(array, &json, err);
    lt_free(hex);
    lt_json_free(&json);
    return rc;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_hex(char **out, const struct lt_json *json, struct lt_error *err)
{
    const char *hex = NULL;
    int rc = lt_json_get_string(json, "hex", &hex, err);
    if (!rc)
        rc = lt_alloc(out, strlen(hex) / 2 + 1, 1, "a text", err);
    if (rc)
        return rc;
    for (size_t i = 0; hex[2 * i]; i++) {
        int high = hex_digit(hex[2 * i]), low = high < 0 ? -1 : hex_digit(hex[2 * i + 1]);
        if (low < 0 || (high == 0 && low == 0))
            return lt_fail(err, LT_ECONTENT, "\"hex\" is no text");
        (*out)[i] = (char)(high * 16 + low);
    }
    return LT_OK;
}

int lt_text_from_json(char **out, const struct lt_json *json, struct lt_error *err)
{
    const char *text = NULL;
    if (lt_json_kind(json) == LT_JSON_OBJECT)
        return read_hex(out, json, err);
    int rc = lt_json_get_string(json, "", &text, err);
    return rc ? rc : lt_strdup(out, text, err);
}

/* ---- to JSON ---- */

/* Alike, and told by their kind alone. */
static bool alike(const struct lt_column *a, const struct lt_column *b)
{
    bool plain = a->kind == LT_KIND_NUMBER || a->kind == LT_KIND_INTEGER ||
                 a->kind == LT_KIND_BOOLEAN || a->kind == LT_KIND_IDENTIFIER;
    return plain && a->kind == b->kind && a->missing == b->missing && a->scaling == b->scaling &&
           a->knots == b->knots;
}

static int write_levels(struct lt_json *json, const struct lt_column *c, struct lt_error *err)
{
    struct lt_json *levels = NULL;
    int rc = lt_json_array(&levels, err);
    for (int32_t k = 0; k < c->levels && !rc; k++)
        rc = lt_text_to_json(levels, c->level[k], err);
    if (!rc)
        return lt_json_set(json, "levels", &levels, err);
    lt_json_free(&levels);
    return rc;
}

static int write_scaling(struct lt_json *json, const struct lt_column *c, struct lt_error *err)
{
    int rc = lt_json_set_string(json, "scaling", lt_scaling_name(c->scaling), err);
    if (!rc && c->scaling == LT_SCALING_QUANTILE)
        rc = lt_json_set_integer(json, "knots", c->knots, err);
    return rc;
}

static int write_column(struct lt_json *columns, const struct lt_column *c, int64_t count,
                        struct lt_error *err)
{
    struct lt_json *json = NULL;
    char format[LT_TIMESTAMP_TEXT];
    int rc = lt_json_object(&json, err);
    if (!rc)
        rc = lt_json_set_string(json, "kind", lt_kind_name(c->kind), err);
    if (!rc)
        rc = lt_json_set_integer(json, "count", count, err);
    if (!rc)
        rc = lt_json_set_integer(json, "missing", c->missing, err);
    if (!rc && lt_kind_is_scaled(c->kind))
        rc = write_scaling(json, c, err);
    if (!rc && (c->kind == LT_KIND_CATEGORY || c->kind == LT_KIND_CONSTANT))
        rc = write_levels(json, c, err);
    if (!rc && c->kind == LT_KIND_CONSTANT)
        rc = isnan(c->value) ? lt_json_set_null(json, "value", err)
                             : lt_json_set_number(json, "value", c->value, err);
    if (!rc && c->kind == LT_KIND_TIME) {
        lt_timestamp_format_text(&c->format, format, sizeof format);
        rc = lt_json_set_string(json, "format", format, err);
        if (!rc)
            rc = lt_json_set_integer(json, "parts", (int64_t)c->parts, err);
    }
    if (!rc)
        rc = lt_json_append(columns, &json, err);
    lt_json_free(&json);
    return rc;
}

int lt_columns_to_json(struct lt_json *json, const struct lt_prep *p, struct lt_error *err)
{
    struct lt_json *columns = NULL;
    int rc = lt_json_array(&columns, err);
    for (int64_t j = 0, run; j < p->schema.columns && !rc; j += run) {
        for (run = 1; j + run < p->schema.columns; run++)
            if (!alike(&p->column[j], &p->column[j + run]))
                break;
        rc = write_column(columns, &p->column[j], run, err);
    }
    if (!rc)
        return lt_json_set(json, "prep.columns", &columns, err);
    lt_json_free(&columns);
    return rc;
}

/* ---- from JSON ---- */

static int read_integer(const struct lt_json *json, const char *key, int64_t low, int64_t high,
                        int64_t *out, struct lt_error *err)
{
    int rc = lt_json_get_integer(json, key, out, err);
    if (!rc && (*out < low || *out > high))
        rc = lt_fail(err, LT_ECONTENT, "\"%s\" is %lld, outside of %lld to %lld", key,
                     (long long)*out, (long long)low, (long long)high);
    return rc;
}

static int read_levels(struct lt_column *c, const struct lt_json *json, struct lt_error *err)
{
    const struct lt_json *levels = NULL;
    int rc = lt_json_get_array(json, "levels", &levels, err);
    int64_t count = (int64_t)lt_json_count(levels);
    int64_t low = c->kind == LT_KIND_CATEGORY, high = low ? LT_LEVELS_MAX : 1;
    if (!rc && (count < low || count > high))
        rc = lt_fail(err, LT_ECONTENT, "\"levels\" are %lld, outside of %lld to %lld",
                     (long long)count, (long long)low, (long long)high);
    if (!rc)
        rc = lt_alloc(&c->level, (size_t)count, sizeof *c->level, "levels", err);
    while (c->levels < count && !rc) {
        char **level = &c->level[c->levels++]; /* counted first: what is there will be freed */
        rc = lt_text_from_json(level, lt_json_at(levels, (size_t)c->levels - 1), err);
        for (int32_t k = 0; k < c->levels - 1 && !rc; k++)
            if (strcmp(c->level[k], *level) == 0)
                rc = lt_fail(err, LT_ECONTENT, "the level \"%.40s\" stands twice", *level);
    }
    return rc;
}

static int read_time(struct lt_column *c, const struct lt_json *json, struct lt_error *err)
{
    const char *format = NULL;
    int64_t parts = 0;
    int rc = lt_json_get_string(json, "format", &format, err);
    if (!rc && !lt_timestamp_format_read(&c->format, format))
        rc = lt_fail(err, LT_ECONTENT, "\"format\" has the unknown value \"%.40s\"", format);
    if (!rc)
        rc = read_integer(json, "parts", 0, LT_TIME_DAY | LT_TIME_WEEK | LT_TIME_YEAR, &parts, err);
    c->parts = (unsigned)parts;
    return rc;
}

/* A column that does not say has the scaling of the whole. */
static int read_scaling(struct lt_column *c, const struct lt_json *json, int whole,
                        struct lt_error *err)
{
    const char *name = NULL;
    int scaling = whole;
    int64_t knots = 0;
    int rc = 0;
    if (whole < 0 || lt_json_get(json, "scaling")) {
        rc = lt_json_get_string(json, "scaling", &name, err);
        scaling = rc ? -1 : lt_scaling_by_name(name);
        if (!rc && (scaling < 0 || scaling == LT_SCALING_AUTO))
            rc = lt_fail(err, LT_ECONTENT, "\"scaling\" has the unknown value \"%.32s\"", name);
    }
    if (!rc && scaling == LT_SCALING_QUANTILE)
        rc = read_integer(json, "knots", 2, LT_KNOTS_MAX, &knots, err);
    if (rc)
        return rc;
    c->scaling = (enum lt_scaling)scaling;
    c->knots = (int32_t)knots;
    return LT_OK;
}

static int read_column(struct lt_column *c, const struct lt_json *json, int whole, int64_t most,
                       int64_t *count, struct lt_error *err)
{
    const char *name = NULL;
    int64_t missing = 0;
    int rc = lt_json_get_string(json, "kind", &name, err);
    if (!rc)
        rc = read_integer(json, "count", 1, most, count, err);
    if (!rc)
        rc = read_integer(json, "missing", 0, 1, &missing, err);
    if (rc)
        return rc;
    int kind = lt_kind_by_name(name);
    if (kind < 0)
        return lt_fail(err, LT_ECONTENT, "\"kind\" has the unknown value \"%.32s\"", name);
    c->kind = (enum lt_kind)kind;
    c->missing = missing == 1;
    c->scaling = LT_SCALING_NONE;
    if (lt_kind_is_scaled(c->kind))
        rc = read_scaling(c, json, whole, err);
    if (!rc && (c->kind == LT_KIND_CATEGORY || c->kind == LT_KIND_CONSTANT))
        rc = read_levels(c, json, err);
    if (!rc && c->kind == LT_KIND_CONSTANT)
        rc = lt_json_get_number(json, "value", &c->value, err);
    if (!rc && c->kind == LT_KIND_TIME)
        rc = read_time(c, json, err);
    bool alone = c->level || c->kind == LT_KIND_TIME;
    if (!rc && alone && *count > 1)
        rc = lt_fail(err, LT_ECONTENT, "\"count\" is %lld for a column of its own",
                     (long long)*count);
    return rc;
}

int lt_columns_from_json(struct lt_prep *p, const struct lt_json *json, int scaling,
                         struct lt_error *err)
{
    const struct lt_json *columns = NULL;
    int64_t at = 0, count = 0, total = p->schema.columns;
    int rc = lt_json_get_array(json, "prep.columns", &columns, err);
    if (!rc)
        rc = lt_alloc(&p->column, (size_t)total, sizeof *p->column, "columns", err);
    for (size_t i = 0; i < lt_json_count(columns) && !rc; i++) {
        if (at == total)
            return lt_fail(err, LT_ECONTENT, "\"prep.columns\" are more than the schema has");
        rc = read_column(&p->column[at], lt_json_at(columns, i), scaling, total - at, &count, err);
        for (int64_t k = 1; k < count && !rc; k++)
            p->column[at + k] = p->column[at];
        at += count;
    }
    if (!rc && at != total)
        rc = lt_fail(err, LT_ECONTENT, "\"prep.columns\" are %lld of %lld", (long long)at,
                     (long long)total);
    return rc;
}
