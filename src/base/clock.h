/* A monotonic clock. */
#ifndef LT_BASE_CLOCK_H
#define LT_BASE_CLOCK_H

double lt_clock(void); /* seconds */

#endif
