/* Memory: checked sizes, zeroed allocations, and plans.
 *
 * A plan is how Latent lays out everything it needs in one 64-byte-aligned
 * block: first every part is reserved and given its offset, then the block is
 * allocated once.  Nothing that runs inside a training loop allocates.
 */
#ifndef LT_BASE_MEM_H
#define LT_BASE_MEM_H

#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LT_ALIGN = 64 }; /* bytes; a cache line and the widest vector */

/* a * b and a + b in *out; false when the result does not fit a size_t. */
bool lt_size_mul(size_t a, size_t b, size_t *out);
bool lt_size_add(size_t a, size_t b, size_t *out);

/* `count` zeroed elements of `size` bytes, 64-byte aligned, at *out (a pointer
 * to a pointer); on failure *out is NULL and `err` names `what`.  Freed with
 * lt_free.  count or size may be 0: *out is then a valid pointer to free. */
int lt_alloc(void *out, size_t count, size_t size, const char *what, struct lt_error *err);

/* The same with memory that holds anything, for large blocks that several threads fill at once:
 * the first touch of a page is the slow one. */
int lt_alloc_bare(void *out, size_t count, size_t size, const char *what, struct lt_error *err);

/* Grows *array to hold at least `need` elements of `size` bytes (doubling,
 * zeroing the new part) and updates *capacity.  The old array stays valid on
 * failure. */
int lt_grow(void *array, size_t *capacity, size_t need, size_t size, const char *what,
            struct lt_error *err);

void lt_free(void *array); /* NULL is allowed */

/* A copy of a string, freed with lt_free; NULL copies to NULL. */
int lt_strdup(char **out, const char *text, struct lt_error *err);

/* A plan: reserve, then allocate `bytes`.  A plan that overflowed says so when
 * it is allocated. */
struct lt_plan {
    size_t bytes;
    bool overflow;
};
size_t lt_plan_reserve(struct lt_plan *plan, size_t count, size_t size); /* the part's offset */
int lt_plan_alloc(const struct lt_plan *plan, void *out, const char *what, struct lt_error *err);

#endif
