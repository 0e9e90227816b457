/* What the probe found, row by row, and how it is told.  Private to probe.c and probereport.c.
 */
#ifndef LT_APP_PROBEREPORT_H
#define LT_APP_PROBEREPORT_H

#include "app/probe.h"
#include "app/strata.h"

enum lt_probe_set { LT_PROBE_CODES, LT_PROBE_PCA, LT_PROBE_RAW, LT_PROBE_SETS };

/* What was told of the rows by one set of features. */
struct lt_probe_told {
    int64_t width;      /* features */
    int32_t *predicted; /* (N), class by logistic regression */
    int32_t *voted;     /* (N), by the nearest rows */
    double *log_loss;   /* (N), -log of the probability of the row's class */
    int64_t unsettled;  /* folds in which the regression did not converge */
};

struct lt_probe_found {
    const struct lt_strata *classes;
    int64_t rows, folds;
    const int32_t *fold; /* (N) */
    struct lt_probe_told told[LT_PROBE_SETS];
    uint64_t seed; /* of resampling */
    int threads;
    double seconds;
};

int lt_probe_tell(const struct lt_probe_found *found, struct lt_report *report,
                  struct lt_error *err);

struct lt_writer;

/* row,fold,label and for each set predicted, log_loss and knn; text is what `found` holds, which must
 * stay until commit. */
int lt_probe_open(struct lt_writer **out, const char *path, const struct lt_probe_found *found,
                  struct lt_error *err);
int lt_probe_write(struct lt_writer *writer, const struct lt_probe_found *found,
                   struct lt_error *err);

#endif
