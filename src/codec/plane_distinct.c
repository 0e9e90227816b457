/* The distinct keys of a column. */
#include "base/mem.h"
#include "codec/plane.h"

#include <stdlib.h>
#include <string.h>

static size_t place_of(const struct lt_distinct *d, int64_t key)
{
    uint64_t h = (uint64_t)key * 0x9e3779b97f4a7c15u; /* 2^64 / golden ratio */
    size_t i = (size_t)(h ^ h >> 32) & (d->slots - 1);
    while (d->slot[i] && d->slot[i] != key)
        i = (i + 1) & (d->slots - 1);
    return i;
}

static int grow(struct lt_distinct *d, struct lt_error *err)
{
    struct lt_distinct larger = {.slots = d->slots ? d->slots * 2 : 16};
    int rc = lt_alloc(&larger.slot, larger.slots, sizeof *larger.slot, "distinct values", err);
    if (rc)
        return rc;
    for (size_t i = 0; i < d->slots; i++)
        if (d->slot[i])
            larger.slot[place_of(&larger, d->slot[i])] = d->slot[i];
    lt_free(d->slot);
    d->slot = larger.slot;
    d->slots = larger.slots;
    return LT_OK;
}

int lt_distinct_add(struct lt_distinct *d, int64_t key, struct lt_error *err)
{
    int rc = LT_OK;
    if (d->full)
        return LT_OK;
    if (2 * d->count >= d->slots && (rc = grow(d, err)))
        return rc;
    size_t i = place_of(d, key);
    if (key ? d->slot[i] == key : d->zero)
        return LT_OK;
    if (d->count == d->most) {
        lt_distinct_free(d);
        d->full = true;
        return LT_OK;
    }
    if (key)
        d->slot[i] = key;
    else
        d->zero = true;
    d->count++;
    return LT_OK;
}

static int by_key(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int lt_distinct_sorted(const struct lt_distinct *d, int64_t **out, struct lt_error *err)
{
    int rc = lt_alloc(out, d->count, sizeof **out, "distinct values", err);
    if (rc)
        return rc;
    size_t n = d->zero; /* the array begins as zeros */
    for (size_t i = 0; i < d->slots; i++)
        if (d->slot[i])
            (*out)[n++] = d->slot[i];
    qsort(*out, n, sizeof **out, by_key);
    return LT_OK;
}

void lt_distinct_free(struct lt_distinct *d)
{
    lt_free(d->slot);
    d->slot = NULL;
    d->slots = d->count = 0;
    d->zero = false;
}
