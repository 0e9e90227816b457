/* What a filter is made of: a file in this folder and a row in the table of filters.c. */
#ifndef LT_APP_FILTERS_FILTER_H
#define LT_APP_FILTERS_FILTER_H

#include "app/filters.h"
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

struct lt_filter_setting {
    int radius;      /* of the window or patch: its side is 2 radius + 1 */
    double strength; /* h in multiples of sigma; unused by the others */
};

struct lt_filter {
    const char *name;
    const struct lt_filter_setting *settings; /* (count) */
    int count;
    void (*describe)(const struct lt_filter_setting *setting, char *text, size_t size);
    /* The picture has at least one pixel; `out` holds anything and is not the picture. */
    int (*run)(const struct lt_filter_setting *setting, const struct lt_picture *picture,
               float *out /* (H, W, C) */, struct lt_error *err);
};

extern const struct lt_filter lt_filter_median, lt_filter_wiener, lt_filter_nlm;

enum { LT_FILTER_BAND = 16 }; /* rows in a piece of work */

/* The index in 0 ... n-1 of what stands at i when a line of n continues mirrored on both sides,
 * over and over: c b a | a b c | c b a. */
static inline int64_t lt_mirror(int64_t i, int64_t n)
{
    int64_t at = i % (2 * n);
    at = at < 0 ? at + 2 * n : at;
    return at < n ? at : 2 * n - 1 - at;
}

#endif
