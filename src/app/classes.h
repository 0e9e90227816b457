/* Labels as classes: their names, and every row's number among them.
 *
 * Classes stand in the order of their numbers where all labels are whole numbers, else in
 * the order of their bytes.
 */
#ifndef LT_APP_CLASSES_H
#define LT_APP_CLASSES_H

#include "base/error.h"
#include "data/table.h"
#include "model/json.h"
#include <stdint.h>

enum { LT_CLASSES_MAX = 512, LT_CLASS_NAME = 256 };

struct lt_classes {
    int64_t count;
    char (*name)[LT_CLASS_NAME]; /* (count) */
};

/* The classes of labels (of struct lt_table's kind).  LT_ECONTENT: one class only, or more than
 * LT_CLASSES_MAX, which are then not classes but numbers that measure. */
int lt_classes_find(struct lt_classes *out, const struct lt_table *labels, struct lt_error *err);
void lt_classes_free(struct lt_classes *classes);

/* The class of every label; -1 where it is none of them. *of is freed with lt_free. */
int lt_classes_of(int32_t **of /* (rows) */, const struct lt_classes *classes,
                  const struct lt_table *labels, struct lt_error *err);

/* An array of names, and back. */
int lt_classes_to_json(struct lt_json *object, const char *key, const struct lt_classes *classes,
                       struct lt_error *err);
int lt_classes_from_json(struct lt_classes *out, const struct lt_json *object, const char *key,
                         struct lt_error *err);

#endif
