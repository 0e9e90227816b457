/* How sure a share of rows is: 95 % intervals for proportions.
 */
#ifndef LT_APP_PROPORTION_H
#define LT_APP_PROPORTION_H

#include "app/metrics.h"
#include <stdint.h>

/* Of n rows, `hits` of which do: Wilson, "Probable inference, the law of succession, and statistical
 * inference", JASA 1927.  It holds also for few rows and for shares near 0 and 1. */
struct lt_interval lt_proportion(int64_t hits, int64_t n);

/* The share of n rows that do by the first of two rules less the share that do by the second, when
 * `only_first` rows do by the first alone and `only_second` by the second alone: Bonett and Price,
 * "Adjusted Wald confidence interval for a difference of binomial proportions based on paired
 * data", Journal of Educational and Behavioral Statistics 2012. */
struct lt_interval lt_proportion_difference(int64_t only_first, int64_t only_second, int64_t n);

#endif
