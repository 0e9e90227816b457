/* Pictures: the images of one file as floats in scaled units, and back.
 *
 * A file holds one image, also as an array (H, W) or (H, W, C) with C at most 4, or an array of
 * images, (N, H, W) or (N, H, W, C).  Values are
 * shares of white: integers of 8 and 16 bits are divided by their greatest
 * value.  Reals are taken as they are, except that a model trained on integers
 * expects reals above 4 to be in the units of those (0 ... 255), and divides them
 * alike.  What is written has the type, shape and units of what was read;
 * integers are rounded and clipped, reals are neither.
 */
#ifndef LT_APP_PICTURES_H
#define LT_APP_PICTURES_H

#include "base/error.h"
#include "data/table.h"

struct lt_pictures {
    char *path;
    enum lt_type type;
    int64_t count, h, w, c;
    int64_t rows; /* of the file as a table, and the shape of one: what it is written as */
    int rank;
    int64_t shape[LT_SHAPE_MAX];
    double white;  /* what values were divided by */
    float *values; /* (count, H, W, C) */
};

/* `deep`: what the model's training values were divided by, 1 when they were reals.
 * LT_ECONTENT: not images, other than `channels` channels (0: any), or values that are not finite. */
int lt_pictures_read(struct lt_pictures *out, const char *path, int64_t channels, double deep,
                     struct lt_error *err);
void lt_pictures_free(struct lt_pictures *pictures); /* a zeroed one is allowed */

/* Makes values what reading them back from a file of their type will give. */
void lt_pictures_settle(struct lt_pictures *pictures);

/* To an image, or to whatever lt_writer_create knows; the file appears whole or not at all. */
int lt_pictures_write(const struct lt_pictures *pictures, const char *path, struct lt_error *err);

#endif
