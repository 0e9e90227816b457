/* Dictionaries: the distinct texts of a column, numbered as they appear. */
#ifndef LT_DATA_DICTIONARY_H
#define LT_DATA_DICTIONARY_H

#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

struct lt_dictionary {
    char *text; /* all texts, each ended by a zero */
    size_t used, capacity;
    size_t *start; /* (count) offsets into text */
    size_t starts; /* room in start */
    int32_t count;
    int32_t *slot; /* (slots) open addressing: code + 1, or 0 */
    size_t slots;  /* a power of two, or 0 */
};

/* The code of a text of n bytes, added when it is new.  `what` names the source
 * in messages. */
int lt_dictionary_code(struct lt_dictionary *dictionary, const char *text, size_t n, int32_t *code,
                       const char *what, struct lt_error *err);
const char *lt_dictionary_text(const struct lt_dictionary *dictionary, int32_t code);
void lt_dictionary_free(struct lt_dictionary *dictionary);

#endif
