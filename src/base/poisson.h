/* Counts: Poisson numbers as a pure function of counters (base/rng.h).
 */
#ifndef LT_BASE_POISSON_H
#define LT_BASE_POISSON_H

#include "base/rng.h"

/* Number `index` of a stream as a Poisson number of this mean, exact but for rounding; 0 where the mean
 * is not above 0.  A number may use the blocks index + i stride of the stream, i < LT_POISSON_TRIES, so
 * that with `stride` above every index no two numbers share one. */
enum { LT_POISSON_TRIES = 64 };
double lt_poisson(const struct lt_stream *stream, uint32_t index, uint32_t stride, double mean);

#endif
