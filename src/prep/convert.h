/* Typed cells to doubles and scaled floats, a block at a time. */
#ifndef LT_PREP_CONVERT_H
#define LT_PREP_CONVERT_H

#include "data/table.h"

/* Cells of one group (n, width) to columns first ... first + width - 1 of out (n, stride).
 * Missing cells become NaN; text becomes its code. */
void lt_convert_doubles(const struct lt_group *group, const struct lt_block_group *cells, int64_t n,
                        double *out, int64_t stride);

/* (cell - offset[j]) * scale[j] as f32 to columns 0 ... width - 1 of out (n, stride); bytes and f32
 * are computed in f32, the rest in double.  offset and scale are those of the group's columns.
 * Missing cells become NaN.  Not for text. */
void lt_convert_scaled(const struct lt_group *group, const struct lt_block_group *cells, int64_t n,
                       const double *offset, const double *scale, float *out, int64_t stride);

/* The first infinite cell, or -1: row * width + column within the group. */
int64_t lt_convert_find_infinite(const struct lt_group *group, const struct lt_block_group *cells,
                                 int64_t n);

#endif
