#include "model/json_tree.h"

#ifdef LT_HAVE_JANSSON

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A tree is jansson's own; struct lt_json is never defined, only pointed to. */
static json_t *own(const struct lt_json *json)
{
    return (json_t *)(uintptr_t)json;
}

static struct lt_json *wrap(json_t *value)
{
    return (struct lt_json *)value;
}

struct lt_json *lt_tree_new(const struct lt_json_scalar *value)
{
    switch (value->kind) {
    case LT_JSON_BOOL:
        return wrap(json_boolean(value->boolean));
    case LT_JSON_INTEGER:
        return wrap(json_integer(value->integer));
    case LT_JSON_NUMBER:
        return wrap(json_real(value->number));
    case LT_JSON_STRING:
        return wrap(json_string(value->text));
    case LT_JSON_ARRAY:
        return wrap(json_array());
    case LT_JSON_OBJECT:
        return wrap(json_object());
    default:
        return wrap(json_null());
    }
}

struct lt_json *lt_tree_copy(const struct lt_json *from)
{
    return wrap(json_deep_copy(own(from)));
}

void lt_tree_free(struct lt_json *json)
{
    json_decref(own(json));
}

struct lt_json_scalar lt_tree_scalar(const struct lt_json *json)
{
    const json_t *v = own(json);
    return (struct lt_json_scalar){
        .kind = lt_json_kind(json),
        .boolean = json_is_true(v),
        .integer = json_integer_value(v),
        .number = json_real_value(v),
        .text = json_string_value(v),
    };
}

enum lt_json_kind lt_json_kind(const struct lt_json *json)
{
    switch (json_typeof(own(json))) {
    case JSON_TRUE:
    case JSON_FALSE:
        return LT_JSON_BOOL;
    case JSON_INTEGER:
        return LT_JSON_INTEGER;
    case JSON_REAL:
        return LT_JSON_NUMBER;
    case JSON_STRING:
        return LT_JSON_STRING;
    case JSON_ARRAY:
        return LT_JSON_ARRAY;
    case JSON_OBJECT:
        return LT_JSON_OBJECT;
    default:
        return LT_JSON_NULL;
    }
}

struct lt_json *lt_tree_member(const struct lt_json *object, const char *key)
{
    return wrap(json_object_get(own(object), key));
}

bool lt_tree_put(struct lt_json *object, const char *key, struct lt_json *value)
{
    return json_object_set_new(own(object), key, own(value)) == 0;
}

bool lt_tree_push(struct lt_json *array, struct lt_json *value)
{
    return json_array_append_new(own(array), own(value)) == 0;
}

size_t lt_json_count(const struct lt_json *json)
{
    const json_t *v = own(json);
    return json_is_object(v) ? json_object_size(v) : json_array_size(v);
}

const struct lt_json *lt_json_at(const struct lt_json *array, size_t i)
{
    return wrap(json_array_get(own(array), i));
}

bool lt_json_next(const struct lt_json *object, struct lt_json_member *m)
{
    json_t *v = own(object);
    m->place = m->count++ == 0 ? json_object_iter(v) : json_object_iter_next(v, m->place);
    if (!m->place)
        return false;
    m->key = json_object_iter_key(m->place);
    m->value = wrap(json_object_iter_value(m->place));
    return true;
}

/* jansson quotes what it stopped at; that may be any bytes. */
static void make_printable(char *text)
{
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
            *c = '?';
}

int lt_tree_parse(struct lt_json **out, const char *name, const char *bytes, size_t size,
                  struct lt_error *err)
{
    json_error_t error;
    *out = wrap(json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error));
    if (*out)
        return LT_OK;
    /* Where memory ends jansson often leaves the error as it was: without a line. */
    if (json_error_code(&error) == json_error_out_of_memory || error.line < 0)
        return lt_fail(err, LT_EFAIL, "not enough memory for %zu bytes of JSON", size);
    make_printable(error.text);
    return lt_fail(err, LT_ECONTENT, "%s: line %d, column %d: %s", name, error.line, error.column,
                   error.text);
}

#endif
