/* Errors.
 *
 * A function that can fail returns 0 or one of the negative codes below and,
 * on failure, has written one clear sentence into the `struct lt_error` it was
 * given: what is wrong, where (file:line: column "name"), and what to do.
 * Nothing below the command line prints, exits or aborts.
 *
 * The codes are the program's exit codes with the sign turned: LT_EFAIL exits
 * 1, LT_EUSAGE 2, LT_ECONTENT 3, LT_ENO 4, LT_EINTERRUPTED 130.  latent.h
 * publishes them under the names LATENT_E...; api.c asserts that they agree.
 */
#ifndef LT_BASE_ERROR_H
#define LT_BASE_ERROR_H

#include <stddef.h>

enum {
    LT_OK = 0,
    LT_EFAIL = -1,        /* missing or unwritable file, I/O, memory, divergence */
    LT_EUSAGE = -2,       /* an option or value that cannot be used */
    LT_ECONTENT = -3,     /* unreadable or corrupt content, schema mismatch */
    LT_ENO = -4,          /* the question was answered with "no" */
    LT_EINTERRUPTED = -5, /* cancelled by the caller; a checkpoint may exist */
};

struct lt_error {
    int code;        /* 0, or the code of the failure described in text */
    char text[1000]; /* one sentence, no newline at the end */
};

/* Writes the sentence and returns `code`, so that `return lt_fail(...)` reads
 * naturally.  `err` may be NULL.  Keeps the first failure: a second call on an
 * error that already holds one leaves it as it is. */
int lt_fail(struct lt_error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The failure of an allocation of `bytes` bytes for `what`. Returns LT_EFAIL. */
int lt_fail_memory(struct lt_error *err, const char *what, size_t bytes);

#endif
