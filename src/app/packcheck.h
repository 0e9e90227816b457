/* Comparing rows that came back with rows as they were: the proof that a packed file keeps its word. */
#ifndef LT_APP_PACKCHECK_H
#define LT_APP_PACKCHECK_H

#include "app/packblock.h"

struct lt_packdiff {
    bool lossy;          /* set by the caller: pixels may differ, and `squares` says how much */
    double squares;      /* sum of squared differences of pixels */
    int64_t values;      /* compared */
    int64_t mismatches;  /* beyond what was promised */
    double most;         /* largest |difference| of values that may differ */
    int64_t row, column; /* of the first mismatch */
};

/* Of lossy images, in dB of a peak of 255; infinity where nothing differs. */
double lt_packdiff_psnr(const struct lt_packdiff *diff);

/* Adds what differs between a chunk and the rows that it became: cells bit by bit, or within the bound of
 * their column; lines byte by byte but for numbers within theirs. */
int lt_packcheck(const struct lt_planes *planes, const struct lt_packsource *source,
                 const struct lt_packchunk *chunk, const struct lt_packrows *rows,
                 struct lt_packdiff *diff, struct lt_error *err);

#endif
