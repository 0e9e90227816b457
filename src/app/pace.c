#include "app/pace.h"

#include "base/clock.h"
#include <math.h>

static const double INTERVAL = 0.1; /* seconds between two calls of a listener */

struct lt_pace lt_pace_start(const latent_listener *listener, const char *stage, int64_t rows)
{
    double now = lt_clock();
    return (struct lt_pace){listener, stage, rows, now, now};
}

int lt_pace_tell(struct lt_pace *pace, int64_t done, struct lt_error *err)
{
    const latent_listener *listener = pace->listener;
    double now = lt_clock(), seconds = now - pace->started;
    if (!listener || !listener->progress || now - pace->told < INTERVAL)
        return 0;
    pace->told = now;
    double share = (double)done / (double)pace->rows;
    latent_progress p = {.stage = pace->stage,
                         .step = done,
                         .steps = pace->rows,
                         .train_loss = NAN,
                         .valid_error = NAN,
                         .pca_error = NAN,
                         .rows_per_second = (double)done / seconds,
                         .seconds = seconds,
                         .seconds_left = share > 0 ? seconds * (1 - share) / share : NAN};
    if (listener->progress(listener->context, &p) == 0)
        return 0;
    return lt_fail(err, LT_EINTERRUPTED, "interrupted after %lld of %lld rows; nothing was written",
                   (long long)done, (long long)pace->rows);
}
