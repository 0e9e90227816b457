/* Typed cells to doubles and scaled floats, a block at a time. */
#ifndef LT_PREP_CONVERT_H
#define LT_PREP_CONVERT_H

#include "data/table.h"

/* Cells of one group (n, width) to columns first ... first + width - 1 of out (n, stride).
 * Missing cells become NaN. */
void lt_convert_doubles(const struct lt_group *group, const struct lt_block_group *cells, int64_t n,
                        double *out, int64_t stride);

/* (cell - offset[j]) * scale[j] as f32; bytes and f32 are computed in f32, the rest in double.
 * offset and scale are those of all columns. */
void lt_convert_scaled(const struct lt_group *group, const struct lt_block_group *cells, int64_t n,
                       const double *offset, const double *scale, float *out, int64_t stride);

/* The first cell that is missing or infinite, or -1: row * width + column within the group. */
int64_t lt_convert_find_bad(const struct lt_group *group, const struct lt_block_group *cells,
                            int64_t n);

#endif
