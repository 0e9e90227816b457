/* What the units of a code do over the judged rows.
 *
 * A unit is active for a row when it is not 0; with --sparse kl, which holds mean activities between 0
 * and 1 small, when it is above 0.1.  Of a sparse code a unit is in use when it is active for 1 % of
 * the rows, and dead when for none.  Other codes are hardly ever 0, so there a unit is dead when its
 * standard deviation is below 1 % of that of the unit that varies most, and in use when it is not.
 */
#ifndef LT_APP_CODES_H
#define LT_APP_CODES_H

#include "app/metrics.h"
#include "app/report.h"
#include "base/error.h"
#include "net/net.h"
#include <stdint.h>

struct lt_codes {
    enum lt_sparsity sparsity;
    int64_t dims, rows; /* rows seen so far */
    int64_t *active;    /* (dims) rows for which a unit is active */
};

int lt_codes_create(struct lt_codes *out, const struct lt_net_spec *spec, struct lt_error *err);
void lt_codes_free(struct lt_codes *codes);
void lt_codes_add(struct lt_codes *codes, const float *code /* (n, dims) */, int64_t n);
/* Units active for a row, on average. */
double lt_codes_active(const struct lt_codes *codes);

/* Adds the keys `codes.*`, and a line where the code is sparse or `contractive`; `moments` are of the
 * code's units over the same rows. */
void lt_codes_report(const struct lt_codes *codes, const struct lt_moments *moments,
                     bool contractive, struct lt_report *report);

#endif
