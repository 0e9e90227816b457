#include "model/json.h"

#include "base/mem.h"
#include "data/number.h"
#include "model/json_tree.h"
#include <math.h>
#include <string.h>

enum { KEY_BYTES = 256 }; /* of one key in a path, with its NUL */

static int fail_memory(struct lt_error *err)
{
    return lt_fail(err, LT_EFAIL, "not enough memory for a JSON value");
}

/* ---- UTF-8 ---- */

static bool continues(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* The well-formed sequences of Unicode's table 3-7: no overlong forms, no surrogates, nothing
 * beyond U+10FFFF. */
size_t lt_utf8_length(const char *text, size_t n)
{
    const unsigned char *c = (const unsigned char *)text;
    if (n >= 1 && c[0] < 0x80)
        return 1;
    if (n >= 2 && c[0] >= 0xc2 && c[0] <= 0xdf && continues(c[1]))
        return 2;
    if (n >= 3 && (c[0] & 0xf0) == 0xe0 && continues(c[1]) && continues(c[2])) {
        bool overlong = c[0] == 0xe0 && c[1] < 0xa0;
        bool surrogate = c[0] == 0xed && c[1] > 0x9f;
        return overlong || surrogate ? 0 : 3;
    }
    if (n >= 4 && c[0] >= 0xf0 && c[0] <= 0xf4 && continues(c[1]) && continues(c[2]) &&
        continues(c[3])) {
        bool overlong = c[0] == 0xf0 && c[1] < 0x90;
        bool beyond = c[0] == 0xf4 && c[1] > 0x8f;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

bool lt_utf8_valid(const char *text, size_t n)
{
    for (size_t i = 0, step; i < n; i += step)
        if ((step = lt_utf8_length(text + i, n - i)) == 0)
            return false;
    return true;
}

/* A copy of `text` with U+FFFD for every byte that is not UTF-8. */
static int repair(char **out, const char *text, struct lt_error *err)
{
    size_t n = strlen(text), bytes = 0;
    if (!lt_size_mul(n, 3, &bytes) || !lt_size_add(bytes, 1, &bytes))
        return fail_memory(err);
    int rc = lt_alloc(out, bytes, 1, "a text", err);
    if (rc)
        return rc;
    char *to = *out;
    for (size_t i = 0; i < n;) {
        size_t step = lt_utf8_length(text + i, n - i);
        memcpy(to, step ? text + i : "\xef\xbf\xbd", step ? step : 3);
        to += step ? step : 3;
        i += step ? step : 1;
    }
    *to = '\0';
    return LT_OK;
}

/* ---- building ---- */

static int new_value(struct lt_json **out, struct lt_json_scalar value, struct lt_error *err)
{
    *out = NULL;
    char *repaired = NULL;
    if (value.kind == LT_JSON_STRING && !value.text)
        value.kind = LT_JSON_NULL;
    if (value.kind == LT_JSON_NUMBER && !isfinite(value.number))
        value.kind = LT_JSON_NULL;
    if (value.kind == LT_JSON_STRING && !lt_utf8_valid(value.text, strlen(value.text))) {
        int rc = repair(&repaired, value.text, err);
        if (rc)
            return rc;
        value.text = repaired;
    }
    *out = lt_tree_new(&value);
    lt_free(repaired);
    return *out ? LT_OK : fail_memory(err);
}

int lt_json_object(struct lt_json **out, struct lt_error *err)
{
    return new_value(out, (struct lt_json_scalar){.kind = LT_JSON_OBJECT}, err);
}

int lt_json_array(struct lt_json **out, struct lt_error *err)
{
    return new_value(out, (struct lt_json_scalar){.kind = LT_JSON_ARRAY}, err);
}

int lt_json_copy(struct lt_json **out, const struct lt_json *from, struct lt_error *err)
{
    *out = lt_tree_copy(from);
    return *out ? LT_OK : fail_memory(err);
}

void lt_json_free(struct lt_json **json)
{
    if (*json)
        lt_tree_free(*json);
    *json = NULL;
}

/* Takes the first key off *path into `key`; false when it is empty or too long. */
static bool take_key(const char **path, char key[KEY_BYTES])
{
    const char *dot = strchr(*path, '.');
    size_t n = dot ? (size_t)(dot - *path) : strlen(*path);
    if (n == 0 || n >= KEY_BYTES)
        return false;
    memcpy(key, *path, n);
    key[n] = '\0';
    *path += n + (dot != NULL);
    return true;
}

/* Where the last key of *path belongs, with that key; objects on the way are made. */
static int walk(struct lt_json **object, const char *path, char key[KEY_BYTES],
                struct lt_error *err)
{
    const char *rest = path;
    struct lt_json *at = *object;
    if (!lt_utf8_valid(path, strlen(path)))
        return lt_fail(err, LT_EUSAGE, "the key \"%s\" is not UTF-8", path);
    for (;;) {
        if (!take_key(&rest, key) || (!*rest && rest[-1] == '.'))
            return lt_fail(err, LT_EUSAGE, "\"%s\" is no path: its keys must have 1 to %d bytes",
                           path, KEY_BYTES - 1);
        if (lt_json_kind(at) != LT_JSON_OBJECT)
            return lt_fail(err, LT_EUSAGE, "\"%s\" cannot be set: \"%s\" would lie in %s", path,
                           key, lt_json_kind_name(lt_json_kind(at)));
        if (!*rest)
            break;
        struct lt_json *inner = lt_tree_member(at, key);
        if (!inner) {
            int rc = lt_json_object(&inner, err);
            if (rc)
                return rc;
            if (!lt_tree_put(at, key, inner))
                return fail_memory(err);
            inner = lt_tree_member(at, key);
        }
        at = inner;
    }
    *object = at;
    return LT_OK;
}

int lt_json_set(struct lt_json *object, const char *path, struct lt_json **value,
                struct lt_error *err)
{
    char key[KEY_BYTES];
    struct lt_json *moved = *value;
    *value = NULL;
    int rc = walk(&object, path, key, err);
    if (rc) {
        lt_json_free(&moved);
        return rc;
    }
    return lt_tree_put(object, key, moved) ? LT_OK : fail_memory(err);
}

int lt_json_set_member(struct lt_json *object, const char *key, struct lt_json **value,
                       struct lt_error *err)
{
    struct lt_json *moved = *value;
    *value = NULL;
    if (lt_json_kind(object) != LT_JSON_OBJECT || !lt_utf8_valid(key, strlen(key))) {
        lt_json_free(&moved);
        return lt_fail(err, LT_EUSAGE, "the key \"%s\" cannot be set", key);
    }
    return lt_tree_put(object, key, moved) ? LT_OK : fail_memory(err);
}

static int set_scalar(struct lt_json *object, const char *path, struct lt_json_scalar value,
                      struct lt_error *err)
{
    struct lt_json *made = NULL;
    int rc = new_value(&made, value, err);
    return rc ? rc : lt_json_set(object, path, &made, err);
}

int lt_json_set_null(struct lt_json *object, const char *path, struct lt_error *err)
{
    return set_scalar(object, path, (struct lt_json_scalar){.kind = LT_JSON_NULL}, err);
}

int lt_json_set_bool(struct lt_json *object, const char *path, bool value, struct lt_error *err)
{
    return set_scalar(object, path, (struct lt_json_scalar){.kind = LT_JSON_BOOL, .boolean = value},
                      err);
}

int lt_json_set_integer(struct lt_json *object, const char *path, int64_t value,
                        struct lt_error *err)
{
    return set_scalar(object, path,
                      (struct lt_json_scalar){.kind = LT_JSON_INTEGER, .integer = value}, err);
}

int lt_json_set_number(struct lt_json *object, const char *path, double value, struct lt_error *err)
{
    return set_scalar(object, path,
                      (struct lt_json_scalar){.kind = LT_JSON_NUMBER, .number = value}, err);
}

int lt_json_set_string(struct lt_json *object, const char *path, const char *value,
                       struct lt_error *err)
{
    return set_scalar(object, path, (struct lt_json_scalar){.kind = LT_JSON_STRING, .text = value},
                      err);
}

int lt_json_set_numbers(struct lt_json *object, const char *path, const double *values, size_t n,
                        struct lt_error *err)
{
    struct lt_json *array = NULL;
    int rc = lt_json_array(&array, err);
    for (size_t i = 0; i < n && !rc; i++)
        rc = lt_json_append_number(array, values[i], err);
    if (rc) {
        lt_json_free(&array);
        return rc;
    }
    return lt_json_set(object, path, &array, err);
}

int lt_json_append(struct lt_json *array, struct lt_json **value, struct lt_error *err)
{
    struct lt_json *moved = *value;
    *value = NULL;
    if (lt_json_kind(array) != LT_JSON_ARRAY) {
        lt_json_free(&moved);
        return lt_fail(err, LT_EUSAGE, "a value cannot be added to %s",
                       lt_json_kind_name(lt_json_kind(array)));
    }
    return lt_tree_push(array, moved) ? LT_OK : fail_memory(err);
}

static int append_scalar(struct lt_json *array, struct lt_json_scalar value, struct lt_error *err)
{
    struct lt_json *made = NULL;
    int rc = new_value(&made, value, err);
    return rc ? rc : lt_json_append(array, &made, err);
}

int lt_json_append_null(struct lt_json *array, struct lt_error *err)
{
    return append_scalar(array, (struct lt_json_scalar){.kind = LT_JSON_NULL}, err);
}

int lt_json_append_bool(struct lt_json *array, bool value, struct lt_error *err)
{
    return append_scalar(array, (struct lt_json_scalar){.kind = LT_JSON_BOOL, .boolean = value},
                         err);
}

int lt_json_append_integer(struct lt_json *array, int64_t value, struct lt_error *err)
{
    return append_scalar(array, (struct lt_json_scalar){.kind = LT_JSON_INTEGER, .integer = value},
                         err);
}

int lt_json_append_number(struct lt_json *array, double value, struct lt_error *err)
{
    return append_scalar(array, (struct lt_json_scalar){.kind = LT_JSON_NUMBER, .number = value},
                         err);
}

int lt_json_append_string(struct lt_json *array, const char *value, struct lt_error *err)
{
    return append_scalar(array, (struct lt_json_scalar){.kind = LT_JSON_STRING, .text = value},
                         err);
}

/* ---- reading ---- */

const char *lt_json_kind_name(enum lt_json_kind kind)
{
    static const char *const names[] = {
        [LT_JSON_NULL] = "null",          [LT_JSON_BOOL] = "true or false",
        [LT_JSON_INTEGER] = "an integer", [LT_JSON_NUMBER] = "a number",
        [LT_JSON_STRING] = "a string",    [LT_JSON_ARRAY] = "an array",
        [LT_JSON_OBJECT] = "an object",
    };
    return names[kind];
}

const struct lt_json *lt_json_get(const struct lt_json *json, const char *path)
{
    char key[KEY_BYTES];
    while (json && *path) {
        if (!take_key(&path, key))
            return NULL;
        json = lt_tree_member(json, key);
    }
    return json;
}

const struct lt_json *lt_json_member(const struct lt_json *json, const char *key)
{
    return lt_tree_member(json, key);
}

/* The value at `path` if it is of one of two kinds. */
static int get_kind(const struct lt_json *json, const char *path, enum lt_json_kind kind,
                    enum lt_json_kind other, const struct lt_json **out, struct lt_error *err)
{
    const char *quote = *path ? "\"" : "", *what = *path ? path : "an element";
    *out = lt_json_get(json, path);
    if (!*out)
        return lt_fail(err, LT_ECONTENT, "%s%s%s is missing", quote, what, quote);
    enum lt_json_kind found = lt_json_kind(*out);
    if (found != kind && found != other)
        return lt_fail(err, LT_ECONTENT, "%s%s%s is %s where %s is expected", quote, what, quote,
                       lt_json_kind_name(found), lt_json_kind_name(kind));
    return LT_OK;
}

int lt_json_get_bool(const struct lt_json *json, const char *path, bool *out, struct lt_error *err)
{
    const struct lt_json *value = NULL;
    int rc = get_kind(json, path, LT_JSON_BOOL, LT_JSON_BOOL, &value, err);
    if (!rc)
        *out = lt_tree_scalar(value).boolean;
    return rc;
}

int lt_json_get_integer(const struct lt_json *json, const char *path, int64_t *out,
                        struct lt_error *err)
{
    const struct lt_json *value = NULL;
    int rc = get_kind(json, path, LT_JSON_INTEGER, LT_JSON_INTEGER, &value, err);
    if (!rc)
        *out = lt_tree_scalar(value).integer;
    return rc;
}

int lt_json_get_number(const struct lt_json *json, const char *path, double *out,
                       struct lt_error *err)
{
    const struct lt_json *value = lt_json_get(json, path);
    if (value && lt_json_kind(value) == LT_JSON_NULL) {
        *out = (double)NAN;
        return LT_OK;
    }
    int rc = get_kind(json, path, LT_JSON_NUMBER, LT_JSON_INTEGER, &value, err);
    if (rc)
        return rc;
    struct lt_json_scalar s = lt_tree_scalar(value);
    *out = s.kind == LT_JSON_INTEGER ? (double)s.integer : s.number;
    return LT_OK;
}

int lt_json_get_string(const struct lt_json *json, const char *path, const char **out,
                       struct lt_error *err)
{
    const struct lt_json *value = NULL;
    int rc = get_kind(json, path, LT_JSON_STRING, LT_JSON_STRING, &value, err);
    if (!rc)
        *out = lt_tree_scalar(value).text;
    return rc;
}

int lt_json_get_object(const struct lt_json *json, const char *path, const struct lt_json **out,
                       struct lt_error *err)
{
    return get_kind(json, path, LT_JSON_OBJECT, LT_JSON_OBJECT, out, err);
}

int lt_json_get_array(const struct lt_json *json, const char *path, const struct lt_json **out,
                      struct lt_error *err)
{
    return get_kind(json, path, LT_JSON_ARRAY, LT_JSON_ARRAY, out, err);
}

/* ---- parsing ---- */

/* Depth and number of values, before anything is built: brackets and commas outside of strings. */
static int check_limits(const char *name, const char *bytes, size_t size, struct lt_error *err)
{
    int depth = 0;
    size_t values = 1;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        char c = bytes[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            depth++;
            values++;
        } else if (c == ']' || c == '}') {
            depth--;
        } else {
            values += c == ',';
        }
        if (depth > LT_JSON_DEPTH_MAX)
            return lt_fail(err, LT_ECONTENT, "%s: more than %d arrays and objects in each other",
                           name, LT_JSON_DEPTH_MAX);
        if (values > LT_JSON_VALUES_MAX)
            return lt_fail(err, LT_ECONTENT, "%s: more than %d values", name, LT_JSON_VALUES_MAX);
    }
    return LT_OK;
}

int lt_json_parse(struct lt_json **out, const char *name, const char *bytes, size_t size,
                  struct lt_error *err)
{
    *out = NULL;
    if (size > LT_JSON_BYTES_MAX)
        return lt_fail(err, LT_ECONTENT, "%s: more than %d bytes of JSON", name, LT_JSON_BYTES_MAX);
    int rc = check_limits(name, bytes, size, err);
    return rc ? rc : lt_tree_parse(out, name, bytes, size, err);
}
