/* The tree and the parser of a build without jansson. */
#include "model/json_tree.h"

#ifndef LT_HAVE_JANSSON

#include "base/mem.h"
#include "data/number.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct lt_json {
    enum lt_json_kind kind;
    union {
        bool boolean;
        int64_t integer;
        double number;
        char *text;
        struct lt_json *item; /* (count): elements, or members' values */
    } as;
    char **key; /* (count): members' keys */
    size_t count, capacity;
};

/* ---- the tree ---- */

static void clear(struct lt_json *v)
{
    for (size_t i = 0; i < v->count; i++) {
        clear(&v->as.item[i]);
        if (v->key)
            lt_free(v->key[i]);
    }
    lt_free(v->key);
    if (v->kind == LT_JSON_STRING)
        lt_free(v->as.text);
    if (v->kind == LT_JSON_ARRAY || v->kind == LT_JSON_OBJECT)
        lt_free(v->as.item);
    *v = (struct lt_json){0};
}

/* Room for one element or member more; the values of both grow together. */
static bool make_room(struct lt_json *v)
{
    size_t items = v->capacity, keys = v->capacity;
    if (v->kind == LT_JSON_OBJECT &&
        lt_grow(&v->key, &keys, v->count + 1, sizeof *v->key, "JSON", NULL))
        return false;
    if (lt_grow(&v->as.item, &items, v->count + 1, sizeof *v->as.item, "JSON", NULL))
        return false;
    v->capacity = items;
    return true;
}

static bool copy(struct lt_json *to, const struct lt_json *from)
{
    *to = *from;
    to->key = NULL;
    to->count = to->capacity = 0;
    if (from->kind == LT_JSON_STRING)
        return lt_strdup(&to->as.text, from->as.text, NULL) == LT_OK;
    if (from->kind == LT_JSON_ARRAY || from->kind == LT_JSON_OBJECT)
        to->as.item = NULL;
    for (size_t i = 0; i < from->count; i++) {
        if (!make_room(to) || (from->key && lt_strdup(&to->key[i], from->key[i], NULL) != LT_OK))
            return false;
        to->count++;
        if (!copy(&to->as.item[i], &from->as.item[i]))
            return false;
    }
    return true;
}

struct lt_json *lt_tree_new(const struct lt_json_scalar *value)
{
    struct lt_json *v = NULL;
    if (lt_alloc(&v, 1, sizeof *v, "JSON", NULL))
        return NULL;
    v->kind = value->kind;
    if (v->kind == LT_JSON_BOOL)
        v->as.boolean = value->boolean;
    else if (v->kind == LT_JSON_INTEGER)
        v->as.integer = value->integer;
    else if (v->kind == LT_JSON_NUMBER)
        v->as.number = value->number;
    else if (v->kind == LT_JSON_STRING && lt_strdup(&v->as.text, value->text, NULL)) {
        lt_free(v);
        return NULL;
    }
    return v;
}

struct lt_json *lt_tree_copy(const struct lt_json *from)
{
    struct lt_json *v = NULL;
    if (lt_alloc(&v, 1, sizeof *v, "JSON", NULL))
        return NULL;
    if (!copy(v, from)) {
        lt_tree_free(v);
        return NULL;
    }
    return v;
}

void lt_tree_free(struct lt_json *json)
{
    clear(json);
    lt_free(json);
}

struct lt_json_scalar lt_tree_scalar(const struct lt_json *json)
{
    struct lt_json_scalar s = {.kind = json->kind};
    if (json->kind == LT_JSON_BOOL)
        s.boolean = json->as.boolean;
    else if (json->kind == LT_JSON_INTEGER)
        s.integer = json->as.integer;
    else if (json->kind == LT_JSON_NUMBER)
        s.number = json->as.number;
    else if (json->kind == LT_JSON_STRING)
        s.text = json->as.text;
    return s;
}

enum lt_json_kind lt_json_kind(const struct lt_json *json)
{
    return json->kind;
}

struct lt_json *lt_tree_member(const struct lt_json *object, const char *key)
{
    for (size_t i = 0; object->kind == LT_JSON_OBJECT && i < object->count; i++)
        if (strcmp(object->key[i], key) == 0)
            return &object->as.item[i];
    return NULL;
}

bool lt_tree_put(struct lt_json *object, const char *key, struct lt_json *value)
{
    struct lt_json *place = lt_tree_member(object, key);
    if (!place) {
        if (!make_room(object) || lt_strdup(&object->key[object->count], key, NULL)) {
            lt_tree_free(value);
            return false;
        }
        place = &object->as.item[object->count++];
        *place = (struct lt_json){0};
    }
    clear(place);
    *place = *value;
    lt_free(value);
    return true;
}

bool lt_tree_push(struct lt_json *array, struct lt_json *value)
{
    if (!make_room(array)) {
        lt_tree_free(value);
        return false;
    }
    array->as.item[array->count++] = *value;
    lt_free(value);
    return true;
}

size_t lt_json_count(const struct lt_json *json)
{
    return json->count;
}

const struct lt_json *lt_json_at(const struct lt_json *array, size_t i)
{
    return array->kind == LT_JSON_ARRAY && i < array->count ? &array->as.item[i] : NULL;
}

bool lt_json_next(const struct lt_json *object, struct lt_json_member *m)
{
    if (object->kind != LT_JSON_OBJECT || m->count >= object->count)
        return false;
    m->key = object->key[m->count];
    m->value = &object->as.item[m->count];
    m->count++;
    return true;
}

/* ---- the parser ---- */

struct parser {
    const char *name, *begin, *p, *end;
    struct lt_numbers *numbers;
    struct lt_error *err;
};

static int fail_at(const struct parser *s, const char *where, const char *what)
{
    int line = 1, column = 1;
    for (const char *c = s->begin; c < where; c++) {
        column = *c == '\n' ? 1 : column + 1;
        line += *c == '\n';
    }
    return lt_fail(s->err, LT_ECONTENT, "%s: line %d, column %d: %s", s->name, line, column, what);
}

static int fail_memory(const struct parser *s)
{
    return lt_fail(s->err, LT_EFAIL, "not enough memory for %zu bytes of JSON",
                   (size_t)(s->end - s->begin));
}

static void skip_space(struct parser *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
        s->p++;
}

/* The next byte after spaces, or -1 at the end. */
static int peek(struct parser *s)
{
    skip_space(s);
    return s->p < s->end ? (unsigned char)*s->p : -1;
}

/* Four hexadecimal digits at s->p, or -1. */
static int32_t parse_hex4(struct parser *s)
{
    int32_t value = 0;
    if (s->end - s->p < 4)
        return -1;
    for (int i = 0; i < 4; i++, s->p++) {
        char c = *s->p;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static char *put_utf8(char *to, int32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *to++ = (char)(0xe0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 63));
        *to++ = (char)(0x80 | (c & 63));
    } else {
        *to++ = (char)(0xf0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 63));
        *to++ = (char)(0x80 | (c >> 6 & 63));
        *to++ = (char)(0x80 | (c & 63));
    }
    return to;
}

/* \uXXXX behind its \u, a pair of surrogates as one character. */
static int parse_unicode(struct parser *s, char **to)
{
    const char *start = s->p - 2;
    int32_t c = parse_hex4(s);
    if (c < 0)
        return fail_at(s, start, "\\u without four hexadecimal digits");
    if (c == 0)
        return fail_at(s, start, "\\u0000 is not allowed");
    if (c >= 0xd800 && c < 0xdc00) {
        int32_t low = -1;
        if (s->end - s->p >= 2 && s->p[0] == '\\' && s->p[1] == 'u') {
            s->p += 2;
            low = parse_hex4(s);
        }
        if (low < 0xdc00 || low > 0xdfff)
            return fail_at(s, start, "half of a surrogate pair");
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    } else if (c >= 0xdc00 && c < 0xe000) {
        return fail_at(s, start, "half of a surrogate pair");
    }
    *to = put_utf8(*to, c);
    return LT_OK;
}

static int parse_escape(struct parser *s, char **to)
{
    static const char letter[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    const char *start = s->p++;
    if (s->p == s->end)
        return fail_at(s, start, "the text ends within a string");
    char c = *s->p++;
    if (c == 'u')
        return parse_unicode(s, to);
    const char *known = c ? strchr(letter, c) : NULL;
    if (!known)
        return fail_at(s, start, "unknown escape in a string");
    *(*to)++ = means[known - letter];
    return LT_OK;
}

/* The string at s->p, which points at its quote. */
static int parse_string(struct parser *s, char **out)
{
    const char *start = s->p++, *close = s->p;
    *out = NULL;
    while (close < s->end && *close != '"')
        close += *close == '\\' && s->end - close > 1 ? 2 : 1;
    if (close >= s->end)
        return fail_at(s, start, "a string without its closing quote");
    if (lt_alloc(out, (size_t)(close - s->p) + 1, 1, "JSON", NULL)) /* never longer decoded */
        return fail_memory(s);
    char *to = *out;
    while (*s->p != '"') {
        int rc = LT_OK;
        size_t n = lt_utf8_length(s->p, (size_t)(s->end - s->p));
        if (n == 0)
            rc = fail_at(s, s->p, "a byte that is not UTF-8");
        else if ((unsigned char)*s->p < 0x20)
            rc = fail_at(s, s->p, "a control character in a string");
        else if (*s->p == '\\')
            rc = parse_escape(s, &to);
        else {
            memcpy(to, s->p, n);
            to += n;
            s->p += n;
        }
        if (rc) {
            lt_free(*out);
            *out = NULL;
            return rc;
        }
    }
    *to = '\0';
    s->p++;
    return LT_OK;
}

static bool skip_digits(struct parser *s)
{
    const char *start = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
        s->p++;
    return s->p > start;
}

/* [-]digits, when it fits 64 bits. */
static bool integer_value(const char *p, const char *end, int64_t *value)
{
    bool negative = *p == '-';
    int64_t v = 0; /* built downwards: there is one negative number more */
    for (p += negative; p < end; p++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, *p - '0', &v))
            return false;
    if (!negative && v == INT64_MIN)
        return false;
    *value = negative ? v : -v;
    return true;
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
static int parse_number(struct parser *s, struct lt_json *v)
{
    const char *start = s->p;
    bool integer = true;
    s->p += *s->p == '-';
    if (s->p < s->end && *s->p == '0')
        s->p++;
    else if (!skip_digits(s))
        return fail_at(s, start, "a value is expected");
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        integer = false;
        if (!skip_digits(s))
            return fail_at(s, start, "a number without digits behind its point");
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;
        integer = false;
        s->p += s->p < s->end && (*s->p == '+' || *s->p == '-');
        if (!skip_digits(s))
            return fail_at(s, start, "a number without digits in its exponent");
    }
    if (integer) {
        v->kind = LT_JSON_INTEGER;
        return integer_value(start, s->p, &v->as.integer)
                   ? LT_OK
                   : fail_at(s, start, "an integer beyond 64 bits");
    }
    int64_t unused = 0;
    v->kind = LT_JSON_NUMBER;
    if (lt_number_parse(s->numbers, start, s->p, &unused, &v->as.number) != LT_NUMBER_REAL ||
        !isfinite(v->as.number))
        return fail_at(s, start, "a number beyond the range of a double");
    return LT_OK;
}

static int parse_word(struct parser *s, struct lt_json *v)
{
    static const struct {
        const char *text;
        size_t length;
        enum lt_json_kind kind;
        bool boolean;
    } words[] = {{"true", 4, LT_JSON_BOOL, true},
                 {"false", 5, LT_JSON_BOOL, false},
                 {"null", 4, LT_JSON_NULL, false}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if ((size_t)(s->end - s->p) < words[i].length ||
            memcmp(s->p, words[i].text, words[i].length) != 0)
            continue;
        s->p += words[i].length;
        v->kind = words[i].kind;
        v->as.boolean = words[i].boolean;
        return LT_OK;
    }
    return fail_at(s, s->p, "a value is expected");
}

static int compare_keys(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    return strcmp(*left, *right);
}

/* Sorting a copy of the keys finds one that stands twice in n log n steps. */
static int check_keys(const struct parser *s, const struct lt_json *object)
{
    char **sorted = NULL;
    int rc = LT_OK;
    if (object->count < 2)
        return LT_OK;
    if (lt_alloc(&sorted, object->count, sizeof *sorted, "JSON", NULL))
        return fail_memory(s);
    memcpy(sorted, object->key, object->count * sizeof *sorted);
    qsort(sorted, object->count, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < object->count && !rc; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            rc = fail_at(s, s->p, "a key stands twice in this object");
    lt_free(sorted);
    return rc;
}

static int parse_value(struct parser *s, struct lt_json *v, int depth);

/* A member or an element behind its place in the container. */
static int parse_item(struct parser *s, struct lt_json *v, int depth)
{
    if (!make_room(v))
        return fail_memory(s);
    char *key = NULL;
    if (v->kind == LT_JSON_OBJECT) {
        if (peek(s) != '"')
            return fail_at(s, s->p, "a key in quotes is expected");
        int rc = parse_string(s, &key);
        if (rc)
            return rc;
        v->key[v->count] = key;
    }
    struct lt_json *item = &v->as.item[v->count];
    *item = (struct lt_json){0};
    v->count++; /* from here on clear() finds key and item */
    if (v->kind == LT_JSON_OBJECT) {
        if (peek(s) != ':')
            return fail_at(s, s->p, "a colon is expected behind a key");
        s->p++;
    }
    return parse_value(s, item, depth + 1);
}

static int parse_container(struct parser *s, struct lt_json *v, int depth)
{
    char close = *s->p == '{' ? '}' : ']';
    if (depth == LT_JSON_DEPTH_MAX)
        return fail_at(s, s->p, "too many arrays and objects in each other");
    v->kind = *s->p == '{' ? LT_JSON_OBJECT : LT_JSON_ARRAY;
    s->p++;
    if (peek(s) == close) {
        s->p++;
        return LT_OK;
    }
    for (;;) {
        int rc = parse_item(s, v, depth);
        if (rc)
            return rc;
        int next = peek(s);
        if (next == close)
            break;
        if (next != ',')
            return fail_at(s, s->p,
                           close == '}' ? "a comma or } is expected" : "a comma or ] is expected");
        s->p++;
    }
    s->p++;
    return v->kind == LT_JSON_OBJECT ? check_keys(s, v) : LT_OK;
}

/* Fills *v, which is zeroed; what was filled when it fails is the caller's to clear. */
static int parse_value(struct parser *s, struct lt_json *v, int depth)
{
    int c = peek(s);
    if (c == '{' || c == '[')
        return parse_container(s, v, depth);
    if (c == '"') {
        char *text = NULL;
        int rc = parse_string(s, &text);
        if (rc)
            return rc;
        v->kind = LT_JSON_STRING;
        v->as.text = text;
        return LT_OK;
    }
    if (c == '-' || (c >= '0' && c <= '9'))
        return parse_number(s, v);
    return c < 0 ? fail_at(s, s->p, "the text ends where a value is expected") : parse_word(s, v);
}

int lt_tree_parse(struct lt_json **out, const char *name, const char *bytes, size_t size,
                  struct lt_error *err)
{
    struct parser s = {.name = name, .begin = bytes, .p = bytes, .end = bytes + size, .err = err};
    struct lt_json *root = NULL;
    int rc = lt_numbers_create(&s.numbers, err);
    if (!rc)
        rc = lt_alloc(&root, 1, sizeof *root, "JSON", err);
    if (rc)
        goto out;
    int c = peek(&s);
    if (c != '{' && c != '[')
        rc = fail_at(&s, s.p, "an object or an array is expected");
    if (!rc)
        rc = parse_value(&s, root, 0);
    if (!rc && peek(&s) >= 0)
        rc = fail_at(&s, s.p, "something follows where the text should end");
    if (!rc) {
        *out = root;
        root = NULL;
    }
out:
    if (root)
        lt_tree_free(root);
    lt_numbers_free(&s.numbers);
    return rc;
}

#endif
