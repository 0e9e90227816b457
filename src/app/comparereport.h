/* What a comparison measured, and how it is told.  Private to compare.c and comparereport.c.
 */
#ifndef LT_APP_COMPAREREPORT_H
#define LT_APP_COMPAREREPORT_H

#include "app/compare.h"

enum { LT_OLD, LT_NEW, LT_SIDES };

/* A column both models have. */
struct lt_compared {
    int64_t at[LT_SIDES];       /* in each model */
    bool share;                 /* booleans and categories: what differs is counted */
    double origin, sum, square; /* moments of the rows' values, less the first of them */
    double seen;                /* rows with a value */
    double moved;               /* squared difference of the reconstructions, or rows that differ */
    double error[LT_SIDES];     /* the same between rows and their reconstruction */
    double rows;                /* that `moved` is over */
    double change;              /* in the end, as compare.h says */
};

struct lt_comparison {
    const struct lt_model *model[LT_SIDES];
    const struct lt_compare_options *options;
    const struct lt_table *view; /* of the old model, for names */
    int64_t rows;
    struct lt_compared *column; /* (columns), the largest change first */
    int64_t columns;
    int64_t only[LT_SIDES], other_kind; /* columns of one model; columns that are not the same */
    bool scored;                        /* both have a detector */
    bool one_scored;                    /* only one has */
    int64_t alarms[LT_SIDES], only_alarms[LT_SIDES];
    double rank_correlation, p_change;
    double error[LT_SIDES], speed[LT_SIDES]; /* rows per second */
    int64_t bytes[LT_SIDES];
};

/* Writes lines and keys, and the verdict; returns whether the models differ. */
bool lt_compare_report(const struct lt_comparison *c, struct lt_report *report);

#endif
