/* Clustering: the rows of a table sorted into groups by k-means on their codes.
 *
 * Distances are Euclidean between codes as they are: the units of a code are those in which the
 * decoder needs them, and how far a unit varies says how much it matters (scaling every unit to the
 * same spread was no better, docs/codes.md).
 *
 * The file is CSV with the header row,cluster,distance: every row of the table in its order, counted
 * from 0, its cluster and the distance of its code to the cluster's centre.  A cluster is told by its
 * prototype, which is its centre, decoded, and by its typical row, the one nearest to the centre.
 *
 * Whether the clusters are there at all is told by how stable they are (app/stability.h), which also
 * chooses k where none is given.  With labels, the agreement of the clusters with them is told beside
 * that of as many clusters of PCA's numbers and of the scaled columns.
 */
#ifndef LT_APP_CLUSTER_H
#define LT_APP_CLUSTER_H

#include "app/report.h"
#include "app/session.h"
#include "data/table.h"

enum {
    LT_CLUSTER_CELLS = 1 << 26
}; /* centres are fitted on so many values, a sample of the rows */

struct lt_cluster_options {
    int64_t clusters;  /* 0: chosen */
    const char *sheet; /* PNG of prototypes above typical rows; NULL: none */
};

/* `labels` may be NULL; `path` NULL writes to standard output; no file is written when it is "".
 * LT_EUSAGE: more clusters than rows, too few rows to choose, a model without codes, a sheet of rows
 * that are no images. */
int lt_cluster_table(struct lt_session *s, struct lt_table *table, const struct lt_table *labels,
                     const char *path, const struct lt_cluster_options *options,
                     struct lt_report *report, struct lt_error *err);

/* LT_EUSAGE for a model whose code stands for no row as a whole, as that of a denoiser. */
int lt_check_codes(const struct lt_model *model, struct lt_error *err);

#endif
