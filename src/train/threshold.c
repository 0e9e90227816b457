#include "base/mem.h"
#include "train/state.h"
#include <math.h>

enum { BATCHES_MOST = 100 };

/* The smallest of n values that is not 0, as those are that were dropped; NaN when all are. */
static double smallest_kept(const float *values, size_t n)
{
    double least = NAN;
    for (size_t i = 0; i < n; i++)
        if (values[i] != 0.0f && !((double)values[i] >= least))
            least = (double)values[i];
    return least;
}

int lt_trainer_threshold(struct lt_trainer *t, int node, float *threshold, struct lt_error *err)
{
    const int64_t rows = t->settings.batch, full = t->train.rows.count / rows;
    const struct lt_shape shape = lt_net_spec_of(t->net)->node[node].shape;
    const size_t n = (size_t)(rows * lt_shape_width(shape));
    double sum = 0, count = 0;
    float *values = NULL;
    int rc = lt_alloc(&values, n, sizeof *values, "a batch of codes", err);
    for (int64_t b = 0; !rc && b < full && b < BATCHES_MOST; b++) {
        rc = lt_trainer_load_batch(t, 0, b, rows, err);
        if (rc)
            break;
        lt_net_encode(t->net, &(struct lt_pass){.rows = rows, .row_ids = t->staging.row_ids});
        lt_net_get_node(t->net, node, values, rows);
        const double least = smallest_kept(values, n);
        sum += isnan(least) ? 0 : least;
        count += !isnan(least);
    }
    *threshold = count > 0 ? (float)(sum / count) : 0.0f;
    lt_free(values);
    return rc;
}
