#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

bool lt_size_mul(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

bool lt_size_add(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

/* `out` is a pointer to a pointer of any type; memcpy stores through it
 * without breaking the aliasing rules. */
static void store_pointer(void *out, void *p)
{
    memcpy(out, &p, sizeof p);
}

static void *load_pointer(const void *in)
{
    void *p = NULL;
    memcpy(&p, in, sizeof p);
    return p;
}

/* Linux gives large blocks pages of 2 MiB when it is asked to, which spares the walks through page
 * tables that passes over activations otherwise cost (docs/speed.md).  Elsewhere, and where it says no,
 * nothing is lost. */
enum { HUGE_PAGE = 1 << 21, HUGE_LEAST = 2 * HUGE_PAGE };

static void ask_for_huge_pages(void *p, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    madvise(p, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#else
    (void)p, (void)bytes;
#endif
}

int lt_alloc_bare(void *out, size_t count, size_t size, const char *what, struct lt_error *err)
{
    store_pointer(out, NULL);
    size_t bytes = 0;
    if (!lt_size_mul(count, size, &bytes))
        return lt_fail_memory(err, what, SIZE_MAX);
    void *p = NULL;
    const bool huge = bytes >= HUGE_LEAST;
    /* posix_memalign rather than aligned_alloc: it takes sizes that are no
     * multiple of the alignment, so that AddressSanitizer sees the true end. */
    if (bytes > PTRDIFF_MAX || posix_memalign(&p, huge ? HUGE_PAGE : LT_ALIGN, bytes ? bytes : 1))
        return lt_fail_memory(err, what, bytes);
    if (huge)
        ask_for_huge_pages(p, bytes);
    store_pointer(out, p);
    return LT_OK;
}

int lt_alloc(void *out, size_t count, size_t size, const char *what, struct lt_error *err)
{
    int rc = lt_alloc_bare(out, count, size, what, err);
    if (!rc)
        memset(load_pointer(out), 0, count * size);
    return rc;
}

int lt_grow(void *array, size_t *capacity, size_t need, size_t size, const char *what,
            struct lt_error *err)
{
    if (need <= *capacity)
        return LT_OK;
    size_t wanted = *capacity > SIZE_MAX / 2 ? SIZE_MAX : *capacity * 2;
    if (wanted < need)
        wanted = need;
    if (wanted < 16)
        wanted = 16;
    void *grown = NULL;
    int rc = lt_alloc(&grown, wanted, size, what, err);
    if (rc)
        return rc;
    void *old = load_pointer(array);
    if (old)
        memcpy(grown, old, *capacity * size);
    free(old);
    store_pointer(array, grown);
    *capacity = wanted;
    return LT_OK;
}

void lt_free(void *array)
{
    free(array);
}

int lt_strdup(char **out, const char *text, struct lt_error *err)
{
    *out = NULL;
    if (!text)
        return LT_OK;
    size_t bytes = strlen(text) + 1;
    int rc = lt_alloc(out, bytes, 1, "a text", err);
    if (rc == LT_OK)
        memcpy(*out, text, bytes);
    return rc;
}

size_t lt_plan_reserve(struct lt_plan *plan, size_t count, size_t size)
{
    size_t offset = plan->bytes;
    size_t bytes = 0, end = 0;
    if (!lt_size_mul(count, size, &bytes) || !lt_size_add(bytes, LT_ALIGN - 1, &bytes) ||
        !lt_size_add(offset, bytes & ~(size_t)(LT_ALIGN - 1), &end)) {
        plan->overflow = true;
        return offset;
    }
    plan->bytes = end;
    return offset;
}

int lt_plan_alloc(const struct lt_plan *plan, void *out, const char *what, struct lt_error *err)
{
    store_pointer(out, NULL);
    if (plan->overflow)
        return lt_fail_memory(err, what, SIZE_MAX);
    return lt_alloc(out, plan->bytes, 1, what, err);
}
