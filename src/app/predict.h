/* Prediction: classes of rows, and how often they are right.
 *
 * The file is CSV: row, class, probability, and the probability of every class under its name.  With
 * labels the report holds accuracy beside the share of the most frequent label, with a 95 % interval
 * (Wilson 1927), the cross-entropy in nats, the expected calibration error (Naeini, Cooper and Hauskrecht
 * 2015: how far confidence and accuracy lie apart, over 15 bins of confidence, weighted by rows) and the
 * confusions: of every label, how many rows were said to be of each class.
 */
#ifndef LT_APP_PREDICT_H
#define LT_APP_PREDICT_H

#include "app/classifier.h"
#include "app/report.h"
#include "latent.h"

/* How good chances are for rows whose classes are known; -1 is a label that is none of the classes, and
 * counts as wrong. */
struct lt_class_quality {
    int64_t rows, right;
    double low, high;   /* of the accuracy, 95 % */
    double entropy;     /* nats per row; a chance below 1e-12 counts as that */
    double calibration; /* expected calibration error */
    int64_t frequent;   /* rows of the most frequent label */
};
void lt_class_quality(struct lt_class_quality *out, const float *chances /* (n, classes) */,
                      const int32_t *class_of /* (n) */, int64_t n, int64_t classes);
/* The verdict and the keys accuracy, accuracy_low, accuracy_high and frequent.accuracy; `what` says which rows
 * behind their number: "rows kept from training". */
void lt_report_accuracy(struct lt_report *report, const struct lt_class_quality *quality,
                        const char *what);
/* The likeliest class of a row; the first of equals. */
int64_t lt_likeliest(const float *chances /* (classes) */, int64_t classes);

/* `labels`, one for each row, may be NULL; `path` NULL writes to standard output, "" nowhere. */
int lt_predict(const struct lt_model *model, struct lt_table *table, const struct lt_table *labels,
               const char *path, const latent_apply_options *options, struct lt_report *report,
               struct lt_error *err);

#endif
