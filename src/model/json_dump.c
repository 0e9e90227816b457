#include "base/mem.h"
#include "data/number.h"
#include "model/json.h"
#include "model/json_tree.h"
#include <stdio.h>
#include <string.h>

/* The text that grows.  The first failure is kept; after it nothing is added. */
struct sink {
    char *bytes;
    size_t used, capacity;
    int indent;
    int rc;
    struct lt_error *err;
};

static void put(struct sink *s, const char *bytes, size_t n)
{
    size_t need = 0;
    if (s->rc)
        return;
    if (!lt_size_add(s->used, n, &need) || !lt_size_add(need, 1, &need)) {
        s->rc = lt_fail_memory(s->err, "a JSON text", n);
        return;
    }
    s->rc = lt_grow(&s->bytes, &s->capacity, need, 1, "a JSON text", s->err);
    if (s->rc)
        return;
    memcpy(s->bytes + s->used, bytes, n);
    s->used += n;
    s->bytes[s->used] = '\0';
}

static void put_text(struct sink *s, const char *text)
{
    put(s, text, strlen(text));
}

static void put_break(struct sink *s, int depth)
{
    if (s->indent == 0)
        return;
    put(s, "\n", 1);
    for (int i = 0; i < s->indent * depth; i++)
        put(s, " ", 1);
}

/* The bytes that JSON wants escaped, as runs between them. */
static void put_string(struct sink *s, const char *text)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
    put(s, "\"", 1);
    while (*text) {
        size_t run = 0;
        while ((unsigned char)text[run] >= 0x20 && text[run] != '"' && text[run] != '\\')
            run++;
        put(s, text, run);
        text += run;
        if (!*text)
            break;
        const char *known = strchr(plain, *text);
        char escape[8];
        int n = known ? snprintf(escape, sizeof escape, "\\%c", letter[known - plain])
                      : snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)*text);
        put(s, escape, (size_t)n);
        text++;
    }
    put(s, "\"", 1);
}

/* A double keeps a point or an exponent, so that it is read as a double again. */
static void put_number(struct sink *s, double value)
{
    char text[LT_NUMBER_TEXT];
    lt_number_format_f64(text, value);
    put_text(s, text);
    if (!strpbrk(text, ".eE"))
        put(s, ".0", 2);
}

static void put_scalar(struct sink *s, const struct lt_json *json)
{
    struct lt_json_scalar v = lt_tree_scalar(json);
    char text[LT_NUMBER_TEXT];
    switch (v.kind) {
    case LT_JSON_BOOL:
        put_text(s, v.boolean ? "true" : "false");
        break;
    case LT_JSON_INTEGER:
        lt_number_format_i64(text, v.integer);
        put_text(s, text);
        break;
    case LT_JSON_NUMBER:
        put_number(s, v.number);
        break;
    case LT_JSON_STRING:
        put_string(s, v.text);
        break;
    default:
        put_text(s, "null");
        break;
    }
}

static void put_value(struct sink *s, const struct lt_json *json, int depth)
{
    enum lt_json_kind kind = lt_json_kind(json);
    if (kind != LT_JSON_ARRAY && kind != LT_JSON_OBJECT) {
        put_scalar(s, json);
        return;
    }
    if (depth == LT_JSON_DEPTH_MAX) {
        s->rc = lt_fail(s->err, LT_EFAIL, "more than %d arrays and objects in each other",
                        LT_JSON_DEPTH_MAX);
        return;
    }
    bool object = kind == LT_JSON_OBJECT;
    size_t count = lt_json_count(json);
    struct lt_json_member m = {0};
    put(s, object ? "{" : "[", 1);
    for (size_t i = 0; i < count && !s->rc; i++) {
        if (i > 0)
            put(s, s->indent ? "," : ", ", s->indent ? 1 : 2);
        put_break(s, depth + 1);
        if (object && lt_json_next(json, &m)) {
            put_string(s, m.key);
            put(s, ": ", 2);
        }
        put_value(s, object ? m.value : lt_json_at(json, i), depth + 1);
    }
    if (count > 0)
        put_break(s, depth);
    put(s, object ? "}" : "]", 1);
}

int lt_json_dump(const struct lt_json *json, int indent, char **out, size_t *size,
                 struct lt_error *err)
{
    struct sink s = {.indent = indent > 0 ? indent : 0, .err = err};
    *out = NULL;
    put_value(&s, json, 0);
    if (s.rc) {
        lt_free(s.bytes);
        return s.rc;
    }
    *out = s.bytes;
    if (size)
        *size = s.used;
    return LT_OK;
}
