/* Images: as data, where one file is one image is one row, and as what comes out.
 *
 * An image becomes an array of one row of shape (H, W) when it is grey and
 * (H, W, 3) when it has colours, of u8 or, where the file has 16 bits a
 * channel, u16, just as an NPY file of shape (1, H, W[, 3]) would.  Images of
 * one table must agree in all of that (lt_images_alike).
 *
 *     kind          depth   channels
 *     PNG           8, 16   grey or RGB; 1, 2 and 4 bits are spread over 8; a palette becomes
 *                           grey when all its entries are, else RGB
 *     JPEG          8       grey or RGB, as it is stored; CMYK is refused
 *     WebP          8       RGB
 *     PGM, PPM      8, 16   grey, RGB; levels are spread over 8 or 16 bits
 *
 * Nothing is interpreted: gamma, colour profiles and the orientation in EXIF
 * are ignored.  Alpha that is opaque everywhere is dropped, any other is
 * refused, and so are animations.  A file that is cut off or damaged gives an
 * error and never part of an image.
 *
 * PGM and PPM are read by our own parser and always; each of the others needs
 * its library, and a build without it refuses such files with a sentence.
 *
 * The same kinds are written, under these names:
 *
 *     ending        depth   channels    what is kept
 *     .png          8, 16   grey, RGB   every value
 *     .jpg .jpeg    8       grey, RGB   nearly: quality 95, colours in full resolution (4:4:4)
 *     .webp         8       grey, RGB   every value; grey is written as RGB, which is all it knows
 *     .pgm          8, 16   grey        every value
 *     .ppm          8, 16   RGB         every value
 *     .pnm          8, 16   grey, RGB   every value
 */
#ifndef LT_DATA_IMAGE_H
#define LT_DATA_IMAGE_H

#include "base/error.h"
#include "base/file.h"
#include "data/array.h"
#include <stdbool.h>

/* Larger images are refused by their headers, before memory is taken.  Rows of
 * tables have a limit of their own (LT_COLUMNS_MAX values), which is lower for
 * images that are not long and thin. */
#define LT_IMAGE_SIDE_MAX ((int64_t)65535)
#define LT_IMAGE_PIXELS_MAX ((int64_t)1 << 27)

/* By the first bytes.  lt_image_is_text: also a plain PGM or PPM, whose first bytes may as well
 * begin a column of numbers called "P2". */
bool lt_image_is(const struct lt_bytes *bytes);
bool lt_image_is_text(const struct lt_bytes *bytes);

/* Takes the bytes over in any case, as the readers of data/readers.h do; `out`
 * owns its pixels and is empty on failure.  LT_ECONTENT: not what it claims to
 * be, cut off, damaged, too large, transparent, animated, or of a kind that
 * this build cannot read; LT_EFAIL: out of memory.  `large`: it may hold more values
 * than a row of a table can, as it will be made smaller. */
int lt_image_read(struct lt_array *out, struct lt_bytes *bytes, bool large, const char *name,
                  struct lt_error *err);

/* An image that is to be written. */
struct lt_image_look {
    int64_t height, width;
    int channels;     /* 1: grey, 3: RGB */
    int bits;         /* of a channel: 8 or 16 */
    const char *kind; /* an ending of the table above; NULL: the one that the name has */
};

/* Whether a name ends as the name of an image does. */
bool lt_image_names(const char *path);

/* What lt_image_write will refuse, before any work: LT_EUSAGE for a name without a known ending,
 * and for an image that files of this kind, or this build, cannot hold. */
int lt_image_writable(const struct lt_image_look *look, const char *path, struct lt_error *err);

/* Writes an image file, whole or not at all.  Values are in the units of the file, 0 ... 255 or
 * 0 ... 65535; they are rounded to nearest, halves away from zero, and clipped.  LT_EFAIL for a
 * value that is not a number and when the file cannot be written. */
int lt_image_write(const struct lt_image_look *look, const double *values /* (H, W, C) */,
                   const char *path, struct lt_error *err);

/* The same into a file that is open; `name` is for messages, and tells the kind when look->kind
 * does not. */
int lt_image_draw(struct lt_outfile *file, const struct lt_image_look *look,
                  const double *values /* (H, W, C) */, const char *name, struct lt_error *err);

/* LT_ECONTENT unless two images (with their names) have the same size (but for `mixed` ones), channels and
 * depth. */
int lt_images_alike(const struct lt_array *first, const struct lt_array *other, bool mixed,
                    struct lt_error *err);

#endif
