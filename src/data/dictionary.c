#include "data/dictionary.h"

#include "base/mem.h"
#include <stdbool.h>
#include <string.h>

static uint64_t hash_text(const char *text, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    return h ^ h >> 32;
}

static bool equals(const struct lt_dictionary *d, int32_t code, const char *text, size_t n)
{
    const char *known = d->text + d->start[code];
    return strlen(known) == n && memcmp(known, text, n) == 0;
}

/* Doubles the slots and puts every code back. */
static int grow_slots(struct lt_dictionary *d, const char *what, struct lt_error *err)
{
    size_t slots = d->slots ? d->slots * 2 : 64;
    int32_t *slot = NULL;
    int rc = lt_alloc(&slot, slots, sizeof *slot, what, err);
    if (rc)
        return rc;
    for (int32_t code = 0; code < d->count; code++) {
        const char *text = d->text + d->start[code];
        size_t i = hash_text(text, strlen(text)) & (slots - 1);
        while (slot[i])
            i = (i + 1) & (slots - 1);
        slot[i] = code + 1;
    }
    lt_free(d->slot);
    d->slot = slot;
    d->slots = slots;
    return LT_OK;
}

int lt_dictionary_code(struct lt_dictionary *d, const char *text, size_t n, int32_t *code,
                       const char *what, struct lt_error *err)
{
    int rc = LT_OK;
    if ((size_t)d->count * 2 >= d->slots && (rc = grow_slots(d, what, err)))
        return rc;
    size_t i = hash_text(text, n) & (d->slots - 1);
    for (; d->slot[i]; i = (i + 1) & (d->slots - 1)) {
        if (equals(d, d->slot[i] - 1, text, n)) {
            *code = d->slot[i] - 1;
            return LT_OK;
        }
    }
    if (d->count == INT32_MAX - 1)
        return lt_fail(err, LT_ECONTENT, "%s: a column holds more than %d different texts", what,
                       INT32_MAX - 1);
    if ((rc = lt_grow(&d->text, &d->capacity, d->used + n + 1, 1, what, err)) ||
        (rc = lt_grow(&d->start, &d->starts, (size_t)d->count + 1, sizeof *d->start, what, err)))
        return rc;
    memcpy(d->text + d->used, text, n);
    d->text[d->used + n] = '\0';
    d->start[d->count] = d->used;
    d->used += n + 1;
    d->slot[i] = ++d->count;
    *code = d->count - 1;
    return LT_OK;
}

const char *lt_dictionary_text(const struct lt_dictionary *d, int32_t code)
{
    return code >= 0 && code < d->count ? d->text + d->start[code] : "";
}

void lt_dictionary_free(struct lt_dictionary *d)
{
    lt_free(d->text);
    lt_free(d->start);
    lt_free(d->slot);
    *d = (struct lt_dictionary){0};
}
