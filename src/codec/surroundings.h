/* Surroundings: what is known of a value before it is decoded.
 *
 * The values of a block come row by row, in each row plane by plane.  From those before it, and from a
 * guess where a code made one, this makes
 *
 *     features   numbers for the networks, int16 in Q10
 *     an outlook a base to which a number is compared, and the view (codec/mixing.h) under which what
 *                is left, or a symbol, is coded
 *
 * All in integers, the same for encoder and decoder, which fill `values` as they go.  Outside of the
 * block there is nothing: a block can be decoded alone.
 *
 * A guess is what the code of a row makes of it: (rows, planes) in Q4 (16 is one level).
 */
#ifndef LT_CODEC_SURROUNDINGS_H
#define LT_CODEC_SURROUNDINGS_H

#include "codec/mixing.h"
#include "codec/pattern.h"

struct lt_outlook {
    const struct lt_series *series;
    int64_t base; /* of a number */
    struct lt_view view;
};

struct lt_surroundings;

/* For the networks that the pattern has now. */
int lt_surroundings_create(struct lt_surroundings **out, const struct lt_pattern *pattern,
                           struct lt_error *err);
void lt_surroundings_free(struct lt_surroundings **n);
/* How many features there are. */
int64_t lt_surroundings_count(const struct lt_pattern *pattern);
/* How many sets of mixing weights an outlook chooses from. */
int32_t lt_surroundings_sets(const struct lt_pattern *pattern);

/* Begins a block; `lags` are those of its segments where the pattern is lagged (codec/lag.h). */
void lt_surroundings_begin(struct lt_surroundings *n, const int64_t *values /* (rows, planes) */,
                           const int32_t *guess /* (rows, planes), where the pattern is guessed */,
                           const uint16_t *lags);
/* Begins a row; those before it are known. */
void lt_surroundings_row(struct lt_surroundings *n, int64_t row);
/* Begins a row and passes over the planes before this one, as far as features go: for random access. */
void lt_surroundings_at(struct lt_surroundings *n, int64_t row, int64_t plane);
/* The features of the next plane of the row. */
const int16_t *lt_surroundings_features(struct lt_surroundings *n, int64_t plane);
/* Its outlook. */
void lt_surroundings_look(struct lt_surroundings *n, int64_t plane, struct lt_outlook *out);
/* It is known now; it was compared to `base`. */
void lt_surroundings_seen(struct lt_surroundings *n, int64_t plane, int64_t base);

/* What a network's output for a number is compared to and measured in: a value is
 * reference + output * spread / 256, with an output of 1.0. */
int64_t lt_surroundings_reference(const struct lt_surroundings *n, int64_t plane);

#endif
