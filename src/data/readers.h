/* Readers of arrays: from the bytes of a file to a struct lt_array.
 *
 * Each takes the bytes over in any case (*bytes is empty afterwards): the
 * array may point into them.
 */
#ifndef LT_DATA_READERS_H
#define LT_DATA_READERS_H

#include "base/error.h"
#include "base/file.h"
#include "data/array.h"
#include <stdbool.h>

/* What source.c does with the bytes of one file, for those that have them (data/lines.h).  The first
 * bytes tell what is not CSV: gzip, another kind, or something that is refused by name. */
bool lt_source_is_csv(const struct lt_bytes *first);
int lt_source_read(struct lt_table **out, const char *name, struct lt_bytes *bytes,
                   const struct lt_open_options *options, struct lt_error *err);

bool lt_npy_is(const struct lt_bytes *bytes);
int lt_npy_read(struct lt_array *out, struct lt_bytes *bytes, const char *name,
                struct lt_error *err);

bool lt_idx_is(const struct lt_bytes *bytes);
int lt_idx_read(struct lt_array *out, struct lt_bytes *bytes, const char *name,
                struct lt_error *err);

/* `key` names an array; NULL: the only one, or `preferred`. */
bool lt_npz_is(const struct lt_bytes *bytes);
int lt_npz_read(struct lt_array *out, struct lt_bytes *bytes, const char *name, const char *key,
                const char *preferred, struct lt_error *err);

/* Shared: values in another byte order or in Fortran order, put right. */
void lt_swap_bytes(void *values, size_t count, size_t size);

#endif
