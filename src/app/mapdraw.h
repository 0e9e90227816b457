/* A map as a picture: a dot for every row, in the colour of its label, and the labels' names where the
 * middle of their rows is.
 *
 * Both axes have one scale, so that distances can be compared, and all rows are within the picture.
 * Colours repeat after 20 labels; of more than 60 labels none is named.  Names are drawn in capitals.
 */
#ifndef LT_APP_MAPDRAW_H
#define LT_APP_MAPDRAW_H

#include "base/error.h"
#include <stdint.h>

struct lt_map_picture {
    const float *codes; /* (N, 2), finite */
    int64_t rows;
    const int32_t *labels;    /* (N), indices of names; NULL: none */
    const char *const *names; /* (count) */
    int count;
};

/* Whether a picture can have this name: LT_EUSAGE with the reason, before any work. */
int lt_map_drawable(const char *path, struct lt_error *err);
/* The file appears whole or not at all. */
int lt_map_draw(const struct lt_map_picture *picture, const char *path, struct lt_error *err);

#endif
