/* JSON: a tree of values, built, read, parsed and written.
 *
 * The full build keeps the tree in jansson (json_jansson.c), the minimal one in
 * a small tree of its own (json_small.c); both pass the same tests.  What does
 * not touch the tree's insides is in json.c.
 *
 * A path is keys joined by dots: "pca.squared_error" is `squared_error` in the
 * object `pca`; "" is the value itself.  For keys that contain dots there are
 * lt_json_set_member and lt_json_member.  Members keep the order in which they were first set.
 *
 * Ownership: whoever creates a tree frees its root.  Values inside belong to the
 * tree; pointers to them and to their strings hold until the tree is changed or
 * freed.  One thread at a time may change a tree; any number may read it.
 *
 * Text is UTF-8; bytes that are not become U+FFFD, and a text ends at its first
 * NUL.  Numbers are either 64-bit integers, kept exactly, or doubles, written
 * with the fewest digits that give the same double back; NaN and infinities
 * become null.
 */
#ifndef LT_MODEL_JSON_H
#define LT_MODEL_JSON_H

#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lt_json;

enum lt_json_kind {
    LT_JSON_NULL,
    LT_JSON_BOOL,
    LT_JSON_INTEGER,
    LT_JSON_NUMBER, /* a double: written with a point or an exponent */
    LT_JSON_STRING,
    LT_JSON_ARRAY,
    LT_JSON_OBJECT,
};

enum {
    LT_JSON_DEPTH_MAX = 64,        /* arrays and objects within each other */
    LT_JSON_VALUES_MAX = 4 << 20,  /* values in a parsed text */
    LT_JSON_BYTES_MAX = 256 << 20, /* length of a parsed text */
};

/* ---- building ---- */

int lt_json_object(struct lt_json **out, struct lt_error *err); /* {} */
int lt_json_array(struct lt_json **out, struct lt_error *err);  /* [] */
/* A copy that shares nothing with `from`. */
int lt_json_copy(struct lt_json **out, const struct lt_json *from, struct lt_error *err);
void lt_json_free(struct lt_json **json); /* sets NULL; NULL is allowed */

/* Sets the value at `path` (not "") of an object, replacing what was there and making the objects
 * on the way.  LT_EUSAGE when something on the way is no object. */
int lt_json_set_null(struct lt_json *object, const char *path, struct lt_error *err);
int lt_json_set_bool(struct lt_json *object, const char *path, bool value, struct lt_error *err);
int lt_json_set_integer(struct lt_json *object, const char *path, int64_t value,
                        struct lt_error *err);
int lt_json_set_number(struct lt_json *object, const char *path, double value,
                       struct lt_error *err);
int lt_json_set_string(struct lt_json *object, const char *path, const char *value /* NULL: null */,
                       struct lt_error *err);
/* Moves the tree *value in and sets *value to NULL, whether it succeeds or not. */
int lt_json_set(struct lt_json *object, const char *path, struct lt_json **value,
                struct lt_error *err);
/* The same for a key as it is, dots and all, of this very object. */
int lt_json_set_member(struct lt_json *object, const char *key, struct lt_json **value,
                       struct lt_error *err);
/* A new array of n numbers at `path`. */
int lt_json_set_numbers(struct lt_json *object, const char *path, const double *values /* (n) */,
                        size_t n, struct lt_error *err);

/* Adds a value at the end of an array. */
int lt_json_append_null(struct lt_json *array, struct lt_error *err);
int lt_json_append_bool(struct lt_json *array, bool value, struct lt_error *err);
int lt_json_append_integer(struct lt_json *array, int64_t value, struct lt_error *err);
int lt_json_append_number(struct lt_json *array, double value, struct lt_error *err);
int lt_json_append_string(struct lt_json *array, const char *value, struct lt_error *err);
int lt_json_append(struct lt_json *array, struct lt_json **value, struct lt_error *err); /* moves */

/* ---- reading ---- */

enum lt_json_kind lt_json_kind(const struct lt_json *json);
const char *lt_json_kind_name(enum lt_json_kind kind); /* "a number" */

/* The value at `path`, or the member with that very key; NULL when there is none. */
const struct lt_json *lt_json_get(const struct lt_json *json, const char *path);
const struct lt_json *lt_json_member(const struct lt_json *json, const char *key);

/* The value at `path` as a kind.  LT_ECONTENT when it is absent or of another kind, with the
 * message `"PATH" is missing` or `"PATH" is a string where a number is expected`.  Where a number
 * is expected an integer will do; a null is read as NaN. */
int lt_json_get_bool(const struct lt_json *json, const char *path, bool *out, struct lt_error *err);
int lt_json_get_integer(const struct lt_json *json, const char *path, int64_t *out,
                        struct lt_error *err);
int lt_json_get_number(const struct lt_json *json, const char *path, double *out,
                       struct lt_error *err);
int lt_json_get_string(const struct lt_json *json, const char *path, const char **out,
                       struct lt_error *err);
int lt_json_get_object(const struct lt_json *json, const char *path, const struct lt_json **out,
                       struct lt_error *err);
int lt_json_get_array(const struct lt_json *json, const char *path, const struct lt_json **out,
                      struct lt_error *err);

/* How many elements an array or members an object has; 0 for other kinds. */
size_t lt_json_count(const struct lt_json *json);
/* Element i of an array; NULL beyond its end and for other kinds. */
const struct lt_json *lt_json_at(const struct lt_json *array, size_t i);

/* Members in order:
 *     struct lt_json_member m = {0};
 *     while (lt_json_next(object, &m)) use(m.key, m.value);
 */
struct lt_json_member {
    const char *key;
    const struct lt_json *value;
    void *place;  /* private */
    size_t count; /* private */
};
bool lt_json_next(const struct lt_json *object, struct lt_json_member *member);

/* ---- text ---- */

/* The tree as text, NUL-terminated, freed with lt_free: on one line, or with `indent` > 0 spaces
 * per level.  `size`, the length without the NUL, may be NULL. */
int lt_json_dump(const struct lt_json *json, int indent, char **out, size_t *size,
                 struct lt_error *err);

/* An object or array from `size` bytes.  RFC 8259 and nothing beyond it; refused are also a key
 * that stands twice in an object, \u0000, integers beyond 64 bits, numbers beyond a double, and
 * what exceeds the limits above.  LT_ECONTENT with `NAME: line 3, column 14: what is wrong`. */
int lt_json_parse(struct lt_json **out, const char *name, const char *bytes, size_t size,
                  struct lt_error *err);

/* The length of the UTF-8 sequence that `text`, of n bytes, begins with: 1 to 4, or 0 when it
 * begins with none (or n is 0). */
size_t lt_utf8_length(const char *text, size_t n);
bool lt_utf8_valid(const char *text, size_t n);

#endif
