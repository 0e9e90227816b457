/* A crew: the rows of a table scored by several detectors at once, one on each thread.
 *
 * A network of a table is small, so that threads which share every product of it spend much of their
 * time waiting for each other.  Here a thread takes a batch of rows from cells to scores and meets
 * the others only when many batches are done.  Scores are those that lt_detect_scores gives.
 */
#ifndef LT_APP_CREW_H
#define LT_APP_CREW_H

#include "app/detect.h"
#include "app/session.h"

enum { LT_CREW_ROWS = 32 * LT_DETECT_ROWS }; /* that one call scores at most */

struct lt_crew;

/* For a view that has the columns of the model, in its order; both must outlive it.  *out is NULL,
 * which is no failure, where one detector that uses all threads does better: `detect` is one, which
 * tells how much memory each needs. */
int lt_crew_create(struct lt_crew **out, const struct lt_model *model, const struct lt_table *view,
                   const struct lt_detect *detect, const struct lt_session_options *session,
                   struct lt_error *err);
void lt_crew_free(struct lt_crew **crew);

/* Scores of rows first ... first + n - 1, n <= LT_CREW_ROWS. */
int lt_crew_scores(struct lt_crew *crew, int64_t first, int64_t n, double *score,
                   struct lt_error *err);

#endif
