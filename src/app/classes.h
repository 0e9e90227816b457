/* Classes as a model keeps them: their names, found once in labels (app/strata.h), and the number of
 * any later label among them.
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

/* The classes of labels, in the order of strata, and that of every label, which is freed with lt_free.  LT_ECONTENT: labels that are no classes, all the same,
 * or of more classes than LT_CLASSES_MAX. */
int lt_classes_find(struct lt_classes *out, int32_t **of /* (rows) */,
                    const struct lt_table *labels, struct lt_error *err);
void lt_classes_free(struct lt_classes *classes);

/* The class of every label of another table; -1 where it is none of them. *of is freed with lt_free. */
int lt_classes_of(int32_t **of /* (rows) */, const struct lt_classes *classes,
                  const struct lt_table *labels, struct lt_error *err);

/* An array of names, and back. */
int lt_classes_to_json(struct lt_json *object, const char *key, const struct lt_classes *classes,
                       struct lt_error *err);
int lt_classes_from_json(struct lt_classes *out, const struct lt_json *object, const char *key,
                         struct lt_error *err);

#endif
