/* Partners: for every row one of those near it, which training draws its code to.
 *
 * The neighbours of a row are the LT_PARTNERS_NEAREST training rows nearest to it, itself left out, by
 * Euclidean distance in the LT_PARTNERS_DIRECTIONS directions in which the scaled training rows vary
 * most (or as many as there are; a missing cell stands at the mean, as in app/pca.h), as is usual for
 * t-SNE: Kobak and Berens, "The art of using t-SNE for single-cell transcriptomics", 2019.  They are
 * found exactly among up to LT_PARTNERS_ROWS training rows; where there are more, every row's are found
 * exactly among so many of them, drawn by the seed.  In every epoch a row has one of its neighbours for
 * partner, drawn from (seed, epoch, row), when it is measured always the same.
 */
#ifndef LT_APP_PARTNERS_H
#define LT_APP_PARTNERS_H

#include "app/pca.h"
#include "prep/prep.h"
#include "train/trainer.h"

enum { LT_PARTNERS_NEAREST = 15, LT_PARTNERS_DIRECTIONS = 50, LT_PARTNERS_ROWS = 100000 };

struct lt_partners_plan {
    const struct lt_table *table,
        *kept; /* of the rows that train and of those that stop training */
    const struct lt_prep *prep;
    const int64_t *train_rows; /* (train_count), in a random order */
    int64_t train_count;       /* more than LT_PARTNERS_NEAREST */
    const struct lt_rowset *stop_rows;
    const struct lt_pca *pca; /* of the training rows */
    struct lt_backend *backend;
    int64_t batch; /* rows read at once */
    uint64_t seed;
};

/* The neighbours of some rows of a table. */
struct lt_graph {
    int64_t *place;   /* (rows of the table) where a row stands below, -1: nowhere */
    int32_t *nearest; /* (rows, LT_PARTNERS_NEAREST) indices into the plan's train_rows */
};

struct lt_partners {
    const int64_t *train_rows; /* the plan's */
    uint64_t seed;
    struct lt_feed *feed;
    int64_t *drawn; /* (batch) rows at work */
    struct lt_reader {
        const struct lt_partners *partners;
        struct lt_graph graph;
    } train, stop;
    struct lt_source train_source, stop_source; /* what reads partners, by the rows' numbers */
};

/* The plan's tables, rows and prep must outlive it, and *out stay where it is.  lt_partners_free
 * accepts a zeroed one. */
int lt_partners_create(struct lt_partners *out, const struct lt_partners_plan *plan,
                       struct lt_error *err);
void lt_partners_free(struct lt_partners *partners);

#endif
