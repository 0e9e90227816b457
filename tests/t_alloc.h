/* Counts the allocations that Latent's own code makes, and lets one of them fail.
 *
 * The program must be linked with --wrap for these functions: list its NAME under
 * `counts_allocations` in tests/meson.build.  Other libraries keep their own.
 */
#ifndef LT_TESTS_T_ALLOC_H
#define LT_TESTS_T_ALLOC_H

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

static struct {
    atomic_long calls; /* so far; set it to 0 to begin */
    long fail_at;      /* the call (from 1) that fails; 0: none */
} t_alloc;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
int __real_posix_memalign(void **out, size_t alignment, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
int __wrap_posix_memalign(void **out, size_t alignment, size_t size);

static int t_alloc_fails(void)
{
    return atomic_fetch_add(&t_alloc.calls, 1) + 1 == t_alloc.fail_at;
}

void *__wrap_malloc(size_t size)
{
    return t_alloc_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return t_alloc_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return t_alloc_fails() ? NULL : __real_realloc(p, size);
}

int __wrap_posix_memalign(void **out, size_t alignment, size_t size)
{
    return t_alloc_fails() ? ENOMEM : __real_posix_memalign(out, alignment, size);
}

/* Runs a block with the first, the second, ... allocation failing, until it makes
 * fewer:  T_EACH_ALLOCATION { ... } */
#define T_EACH_ALLOCATION                                                                          \
    for (t_alloc.fail_at = 1, t_alloc.calls = 0; t_alloc.fail_at > 0;                              \
         t_alloc.fail_at = t_alloc.calls >= t_alloc.fail_at ? t_alloc.fail_at + 1 : 0,             \
        t_alloc.calls = 0)

#endif
