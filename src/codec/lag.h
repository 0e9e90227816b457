/* Lags: rows that resemble those a fixed number of rows before them, as the pixels of a picture that was
 * read line by line resemble those of the line above, and hours those of the day before.
 *
 * The encoder looks for a lag; the decoder is told (codec/block.h).
 */
#ifndef LT_CODEC_LAG_H
#define LT_CODEC_LAG_H

#include "codec/pattern.h"

enum {
    LT_LAG_MOST = 4096,
    LT_LAG_SEGMENT = 8192, /* rows that share a lag */
};
static inline int64_t lt_lag_segments(int64_t rows)
{
    return (rows + LT_LAG_SEGMENT - 1) / LT_LAG_SEGMENT;
}

/* The lag of these rows of records, 2 ... LT_LAG_MOST; 0: none that tells much. */
int64_t lt_lag_find(const struct lt_pattern *pattern, const int64_t *values /* (rows, planes) */,
                    int64_t rows);
/* The lags of the segments of a block. */
void lt_lags_find(const struct lt_pattern *pattern, const int64_t *values, int64_t rows,
                  uint16_t *lags /* (lt_lag_segments(rows)) */);

#endif
