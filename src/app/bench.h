/* Speed on this machine, each number beside the fastest it could be.
 *
 * What is measured stands beside a bound from the same run: training and
 * encoding beside their bare matrix products, reading beside strtod or a copy.
 * The two take turns and the best turn of each counts, so that neither other
 * programs nor a warming processor favour one of them.  Data are generated.
 */
#ifndef LT_APP_BENCH_H
#define LT_APP_BENCH_H

#include "app/report.h"
#include "base/error.h"

/* `what` is one name of the table in bench.c, or NULL for all of them (less than a minute).
 * LT_EUSAGE lists the names when there is no such measurement. */
int lt_bench(const char *what, int threads, struct lt_report **report, struct lt_error *err);

#endif
