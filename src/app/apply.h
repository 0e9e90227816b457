/* Applying a model from a table to a file: encode, decode, reconstruct, sample, walk, draw.
 *
 * Rows stream through a session in runs; the output appears whole or not at
 * all.  Encoding and then decoding gives the bytes that reconstructing gives, but for images that were
 * resampled as they were read: reconstructions get back the size that these had (data/writer.h).
 */
#ifndef LT_APP_APPLY_H
#define LT_APP_APPLY_H

#include "app/session.h"
#include "data/table.h"

/* Codes (N, k) as f32, named z0, z1, ..., k as the session has it. */
int lt_apply_encode(struct lt_session *s, struct lt_table *table, const char *path,
                    struct lt_error *err);
/* Rows from codes, in the columns, types and units of the data.  Where the model orders its codes, they
 * may have any width up to K, which then is the session's. */
int lt_apply_decode(struct lt_session *s, struct lt_table *codes, const char *path,
                    struct lt_error *err);
int lt_apply_reconstruct(struct lt_session *s, struct lt_table *table, const char *path,
                         struct lt_error *err);
/* `rows` rows from codes drawn from the standard normal distribution under the session's seed; LT_EUSAGE
 * when the model is not variational, so that its codes have no distribution that is known. */
int lt_apply_sample(struct lt_session *s, int64_t rows, const char *path, struct lt_error *err);
/* `steps` rows from codes on the straight line between those of two rows of the table, both ends
 * included. */
int lt_apply_interpolate(struct lt_session *s, struct lt_table *table, const int64_t ends[2],
                         int64_t steps, const char *path, struct lt_error *err);
/* A PNG of the first `rows` rows above their reconstructions; LT_EUSAGE when rows are no images. */
int lt_apply_sheet(struct lt_session *s, struct lt_table *table, int64_t rows, const char *path,
                   struct lt_error *err);

#endif
