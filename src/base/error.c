#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

int lt_fail(struct lt_error *err, int code, const char *format, ...)
{
    if (!err || err->code != LT_OK)
        return code;
    err->code = code;
    va_list args;
    va_start(args, format);
    if (vsnprintf(err->text, sizeof err->text, format, args) < 0)
        err->text[0] = '\0';
    va_end(args);
    return code;
}

int lt_fail_memory(struct lt_error *err, const char *what, size_t bytes)
{
    /* SIZE_MAX stands for a size that does not fit a size_t. */
    if (bytes == (size_t)-1)
        return lt_fail(err, LT_EFAIL, "%s: the size is too large for this machine", what);
    if (bytes < (size_t)10 << 20)
        return lt_fail(err, LT_EFAIL, "%s: out of memory (%zu bytes asked for)", what, bytes);
    return lt_fail(err, LT_EFAIL, "%s: out of memory (%zu MiB asked for)", what, bytes >> 20);
}
