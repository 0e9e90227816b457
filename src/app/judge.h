/* The judge: a model beside PCA with the same K and beside the mean.
 *
 * All three meet the same rows.  The ratio of PCA's error to the model's comes
 * with a 95 % bootstrap interval, and only when its lower end is above
 * 1 + LT_JUDGE_MARGIN per cent does the model "beat PCA": an autoencoder costs
 * training and can only be worth it when it leaves less error.
 *
 *     beats-pca      it does
 *     collapsed      all rows get the same reconstruction
 *     not-converged  it does not, but training ended while the error still fell
 *     use-pca        otherwise
 */
#ifndef LT_APP_JUDGE_H
#define LT_APP_JUDGE_H

#include "app/report.h"
#include "base/error.h"
#include "latent.h"
#include "model/model.h"
#include <stdint.h>

enum { LT_JUDGE_MARGIN = 2 }; /* per cent less error than PCA that the interval must exclude */

enum lt_settled { LT_SETTLED_UNKNOWN, LT_SETTLED_NO, LT_SETTLED_YES };

struct lt_case {
    const struct lt_model *model; /* its first network is judged, with its own prep and baseline */
    struct lt_backend *backend;
    /* The rows to judge: `rows` are indices into the table, NULL for its first `count`. */
    const struct lt_table *table;
    const int64_t *rows;
    int64_t count;
    const struct lt_table
        *noisy;           /* denoisers: noisy partners of the rows of table; NULL: they are made */
    const char *rows_are; /* what they are, for the text: "rows kept from training" */
    /* The rows that trained, to find copies of them among those judged; train NULL: not known. */
    const struct lt_table *train;
    const int64_t *train_rows;
    int64_t train_count;
    enum lt_settled settled; /* had training converged? see lt_converged */
    uint64_t seed;           /* of the bootstrap, and of samples */
    int64_t
        samples; /* of codes a row, for the likelihood under a variational model; 0: not wanted */
    enum lt_precision precision;     /* of these */
    const latent_listener *listener; /* told while they are drawn; NULL: nobody */
};

/* Adds verdict, table, sizes, warnings and what to do next to a report, under the keys of
 * docs/json.md; `seconds` is the caller's to add. */
int lt_judge(const struct lt_case *judged, struct lt_report *report, struct lt_error *err);

/* The line and the keys `sizes.*`: ratio of dimensions, and ratio of bytes as stored. */
void lt_report_sizes(struct lt_report *report, const struct lt_model *model);

/* The units that errors and losses are in, as words: "scaled units (bytes / 255)". */
const char *lt_units(const struct lt_prep *prep);

#endif
