/* Sheets: image-shaped rows drawn as one PNG.
 */
#ifndef LT_DATA_SHEET_H
#define LT_DATA_SHEET_H

#include "base/error.h"
#include <stdint.h>

struct lt_sheet {
    const float *originals;       /* (n, H, W, C), 0 black, 1 white; clipped */
    const float *reconstructions; /* (n, H, W, C), drawn below the originals, or NULL */
    int64_t n;
    int64_t height, width, channels; /* C = 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA */
    int64_t columns;                 /* images side by side; 0: chosen for a handy shape */
    int zoom; /* sheet pixels per image pixel; 0: chosen so that small images can be seen */
};

/* Draws to `path` ("-": standard output), whole or not at all. */
int lt_sheet_write(const char *path, const struct lt_sheet *sheet, struct lt_error *err);

/* The same into a file that is open; `name` is for messages. */
struct lt_outfile;
int lt_sheet_draw(struct lt_outfile *file, const char *name, const struct lt_sheet *sheet,
                  struct lt_error *err);

#endif
