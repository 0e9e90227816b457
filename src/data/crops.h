/* Crops: the images of another table cut into squares that overlap by half.
 *
 * The crops of an image follow those of the image before it, line by line.  Images may differ in size;
 * the first and the last of a line end at the image's edges.
 */
#ifndef LT_DATA_CROPS_H
#define LT_DATA_CROPS_H

#include "data/table.h"

/* Crops of side x side pixels; keeps its parent.  LT_EUSAGE when rows are no images, or smaller. */
int lt_table_crops(struct lt_table **out, struct lt_table *parent, int64_t side,
                   struct lt_error *err);

#endif
