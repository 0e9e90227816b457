/* How well two ways of sorting rows into groups agree, such as clusters and labels.
 *
 *   rand         adjusted Rand index (Hubert and Arabie, "Comparing partitions", 1985): pairs of rows on
 *                which both agree, set so that 0 is chance and 1 is the same groups
 *   information  normalised mutual information (Strehl and Ghosh, JMLR 2002), divided by the mean of both
 *                entropies: 0 tells nothing, 1 the same groups
 *   purity       share of the rows that have the most frequent label of their cluster; it grows with the
 *                number of clusters, so it means something only beside another of as many
 */
#ifndef LT_APP_AGREEMENT_H
#define LT_APP_AGREEMENT_H

#include "base/error.h"
#include "data/table.h"
#include <stdint.h>

struct lt_agreement {
    double rand, information, purity;
};

/* Groups are numbered from 0 below `clusters` and `classes`; n >= 1. */
int lt_agreement(struct lt_agreement *out, const int32_t *cluster /* (n) */, int64_t clusters,
                 const int32_t *class_of /* (n) */, int64_t classes, int64_t n,
                 struct lt_error *err);

/* The labels of a table numbered from 0: equal labels, equal numbers. */
int lt_label_classes(const struct lt_table *labels, int32_t *class_of /* (N) */, int64_t *classes,
                     struct lt_error *err);

#endif
