/* What clustering found, in words and keys.
 */
#ifndef LT_APP_CLUSTERREPORT_H
#define LT_APP_CLUSTERREPORT_H

#include "app/agreement.h"
#include "app/contrast.h"
#include "app/report.h"
#include "app/spaces.h"
#include "app/stability.h"
#include "model/model.h"

struct lt_cluster {
    int64_t rows, typical; /* the row nearest to the centre */
    double nearest;        /* its distance */
    double spread;         /* root of the mean squared distance of the rows to the centre */
};

struct lt_clustering {
    const struct lt_model *model;
    const struct lt_table *view; /* the table with the model's columns */
    int64_t rows, fitted;        /* N, and those that the centres were fitted on */
    int64_t wanted, clusters;    /* 0: chosen; found */
    struct lt_cluster *cluster;  /* (clusters) */
    double left;                 /* inertia as a share of the squared distances to the mean */
    bool settled;
    struct lt_stability tried[LT_STABILITY_K_MOST]; /* one for every k that was tried */
    int tries;
    int64_t judged_rows;         /* that these were measured on */
    bool image;                  /* rows are images, of which columns tell nothing */
    struct lt_contrast contrast; /* groups are the clusters */
    double *prototype;           /* (clusters, F) values as of a contrast */
    bool labelled;
    int64_t classes;
    double most_frequent;                       /* share of the most frequent label */
    struct lt_agreement agreement[LT_SPACES];   /* of clusters with labels */
    int64_t width[LT_SPACES], found[LT_SPACES]; /* numbers a row, and clusters, in each space */
};

void lt_cluster_report(const struct lt_clustering *c, struct lt_report *report);

#endif
