/* The same rows in one of three spaces: as codes, as what PCA makes of them, as they are.
 *
 * What is done with codes has to be shown to be better than without them, so it runs in all three.
 *
 *   codes     what the encoder makes of a row, K numbers
 *   pca       the projection on as many directions of the training rows, fewer where there are no more
 *   columns   the F scaled features, a missing cell at the mean of the training rows
 */
#ifndef LT_APP_SPACES_H
#define LT_APP_SPACES_H

#include "app/rows.h"
#include "app/session.h"

enum lt_space { LT_SPACE_CODES, LT_SPACE_PCA, LT_SPACE_COLUMNS, LT_SPACES };

/* `rows` are scaled rows of the session's model, LT_SESSION_ROWS or more in a read; both must outlive
 * it.  Reads at most LT_SESSION_ROWS rows at once, and uses the session while it does. */
int lt_space_open(struct lt_rows *out, enum lt_space space, struct lt_session *s,
                  const struct lt_rows *rows, struct lt_error *err);
void lt_space_close(struct lt_rows *rows); /* a zeroed struct is allowed */

/* Rows begin ... begin + n - 1 of a space, in reads that it allows. */
int lt_space_read(const struct lt_rows *rows, int64_t begin, int64_t n, float *x /* (n, width) */,
                  struct lt_error *err);

/* Some rows of a space: `which` (n) ascending, NULL for the first n. */
int lt_space_gather(const struct lt_rows *rows, const int64_t *which, int64_t n,
                    float *x /* (n, width) */, struct lt_error *err);

#endif
