#include "codec/lag.h"

#include <math.h>

enum {
    LOOKS = 400, /* rows that are compared with the one a lag before */
    PLANES = 4,  /* planes of them */
    LEAST = 2,
    PERIODS = 3, /* of a lag in the rows, at least */
};
/* A lag counts when rows at it differ by less than this share of what rows usually do, and not much more
 * than from the row before. */
static const double USUAL = 0.3, LAST = 2.5;

/* How much rows differ from those `lag` before, in spreads. */
static double difference(const struct lt_pattern *p, const int64_t *values, int64_t rows,
                         int64_t lag)
{
    double sum = 0;
    int64_t step = (rows - lag) / LOOKS > 0 ? (rows - lag) / LOOKS : 1, looked = 0;
    int64_t stride = (p->planes + PLANES - 1) / PLANES;
    for (int64_t r = lag; r < rows; r += step, looked++)
        for (int64_t j = 0; j < p->planes; j += stride) {
            double d =
                (double)values[r * p->planes + j] - (double)values[(r - lag) * p->planes + j];
            sum += fmin(fabs(d) * 256 / (double)p->series[j].spread, 50);
        }
    return looked ? sum / (double)looked : INFINITY;
}

int64_t lt_lag_find(const struct lt_pattern *pattern, const int64_t *values, int64_t rows)
{
    double best = INFINITY, sum = 0;
    int64_t at = 0, most = rows / PERIODS < LT_LAG_MOST ? rows / PERIODS : LT_LAG_MOST;
    double last = most >= LEAST ? difference(pattern, values, rows, 1) : 0;
    /* Small lags resemble because lag 1 does: a lag is a valley behind a hill. */
    double hill = last;
    for (int64_t lag = LEAST; lag <= most; lag++) {
        double d = difference(pattern, values, rows, lag);
        sum += d;
        hill = fmax(hill, d);
        if (d < best && d < hill / 2) {
            best = d;
            at = lag;
        }
    }
    double usual = sum / (double)(most > LEAST ? most - LEAST + 1 : 1);
    return at > 0 && best < USUAL * usual && best < LAST * last ? at : 0;
}

void lt_lags_find(const struct lt_pattern *pattern, const int64_t *values, int64_t rows,
                  uint16_t *lags)
{
    for (int64_t i = 0; i < lt_lag_segments(rows); i++) {
        int64_t first = i * LT_LAG_SEGMENT, left = rows - first;
        lags[i] = (uint16_t)lt_lag_find(pattern, values + first * pattern->planes,
                                        left < LT_LAG_SEGMENT ? left : LT_LAG_SEGMENT);
    }
}
