/* Beside the labels: how a detector ranks labelled rows, and how PCA and the nearest neighbours do.
 *
 * Rows come by the batch with the scores they got; PCA of the code's width and the distance to the
 * 5th nearest training row are found here.  The report holds AUROC and average precision of each.
 */
#ifndef LT_APP_BESIDE_H
#define LT_APP_BESIDE_H

#include "app/report.h"
#include "data/table.h"
#include "kernels/backend.h"
#include "model/model.h"

struct lt_beside;

/* A row labelled "0" or "normal" is none, every other one an anomaly.  Model and backend must outlive
 * it. */
int lt_beside_create(struct lt_beside **out, const struct lt_model *model,
                     struct lt_backend *backend, const struct lt_table *labels,
                     struct lt_error *err);
void lt_beside_free(struct lt_beside **beside);

/* Rows at ... at + n - 1 of the labels, n <= LT_DETECT_ROWS. */
void lt_beside_rows(struct lt_beside *beside, const float *x /* (n, F) */,
                    const double *score /* (n) */, int64_t at, int64_t n);

/* Once all rows have come. */
int lt_beside_report(const struct lt_beside *beside, struct lt_report *report,
                     struct lt_error *err);

#endif
