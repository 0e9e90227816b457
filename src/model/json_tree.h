/* What a tree of JSON values must offer; between json.c and the two trees,
 * json_jansson.c and json_small.c.  Nobody else includes this.
 */
#ifndef LT_MODEL_JSON_TREE_H
#define LT_MODEL_JSON_TREE_H

#include "model/json.h"

struct lt_json_scalar {
    enum lt_json_kind kind;
    bool boolean;
    int64_t integer;
    double number;    /* finite */
    const char *text; /* valid UTF-8; of a tree's string: holds until the tree is changed */
};

/* A value; an empty array or object for these kinds.  NULL: no memory. */
struct lt_json *lt_tree_new(const struct lt_json_scalar *value);
struct lt_json *lt_tree_copy(const struct lt_json *from); /* NULL: no memory */
void lt_tree_free(struct lt_json *json);

/* The contents of a value that is neither array nor object. */
struct lt_json_scalar lt_tree_scalar(const struct lt_json *json);

/* The member of that key, or NULL; also when `object` is of another kind. */
struct lt_json *lt_tree_member(const struct lt_json *object, const char *key);
/* Sets a member, or adds an element.  Takes `value` over; false, with `value` freed, when there is
 * no memory.  `value` itself is gone afterwards: its contents are found through the parent. */
bool lt_tree_put(struct lt_json *object, const char *key, struct lt_json *value);
bool lt_tree_push(struct lt_json *array, struct lt_json *value);

/* As lt_json_parse, for text whose depth, size and number of values have been checked. */
int lt_tree_parse(struct lt_json **out, const char *name, const char *bytes, size_t size,
                  struct lt_error *err);

/* Here also lie lt_json_kind, lt_json_count, lt_json_at and lt_json_next. */

#endif
