/* Fitting a pattern's networks (codec/pattern.h) to rows like those that it is for.
 *
 * All learn from the same features that the coder makes while it codes (codec/surroundings.h), so what
 * they see is what they will be asked.  `linear` is least squares, solved exactly; `values` learns what
 * that leaves, and `trees` the bits of symbols, by app/predictor.h.  Each is set in the pattern, which
 * must have none of that kind; a pattern without numbers gets no linear and no values, one without
 * symbols no trees, and that is no failure.
 *
 * When the networks are there, `noise` sets the lowest bits of numbers apart, so many that half of what
 * predictions leave has no more than `above` bits above them.
 */
#ifndef LT_APP_PATTERN_FIT_H
#define LT_APP_PATTERN_FIT_H

#include "app/predictor.h"
#include "codec/surroundings.h"

/* Rows to learn from. */
struct lt_pattern_sample {
    const int64_t *values; /* (rows, planes) */
    const int32_t *guess;  /* likewise, where the pattern is guessed */
    int64_t rows;
    int64_t
        run; /* so many follow one another in the data, then others do; divides rows or exceeds it */
};

/* Rows of the first run tell. */
int lt_pattern_fit_noise(struct lt_pattern *pattern, const struct lt_pattern_sample *sample,
                         int above, struct lt_error *err);

int lt_pattern_fit_linear(struct lt_pattern *pattern, const struct lt_pattern_sample *sample,
                          enum lt_isa isa, struct lt_error *err);

/* `settings` but for the loss; `report` may be NULL. */
int lt_pattern_fit_values(struct lt_pattern *pattern, const struct lt_pattern_sample *sample,
                          const struct lt_predictor_settings *settings,
                          struct lt_predictor_report *report, struct lt_error *err);
int lt_pattern_fit_trees(struct lt_pattern *pattern, const struct lt_pattern_sample *sample,
                         const struct lt_predictor_settings *settings,
                         struct lt_predictor_report *report, struct lt_error *err);

#endif
