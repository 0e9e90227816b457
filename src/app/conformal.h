/* From scores to alarms with a known false-alarm rate: split-conformal calibration.
 *
 * A score of 17.3 says nothing by itself.  So some normal rows are kept from
 * training and from every choice made on the way; their n scores are the
 * calibration scores.  A new row's score s becomes the p-value
 *
 *     p = (1 + number of calibration scores >= s) / (n + 1),
 *
 * the share of rows that look at least as odd, the new row itself counted in.
 * Alarm when p <= rate.
 *
 * What is promised.  If the new row is normal and exchangeable with the
 * calibration rows - every order of these n + 1 rows is equally likely, as it
 * is for independent draws from one source - then its rank among them is
 * uniform, so P(p <= rate) <= rate, for every score, every model, every
 * distribution and every n (Vovk, Gammerman and Shafer, "Algorithmic Learning
 * in a Random World", 2005; Lei et al., "Distribution-free predictive inference
 * for regression", JASA 2018).
 *
 * What is not.
 *   - The promise is an average over calibration sets.  One set stays fixed
 *     in use, and the rate it realises is drawn once: for scores without ties
 *     from Beta(l, n + 1 - l), l = floor((n + 1) rate) (Bates et al., "Testing
 *     for outliers with conformal p-values", Annals of Statistics 2023; Vovk,
 *     "Conditional validity of inductive conformal predictors", ACML 2012).
 *     lt_conformal_realised gives its range, which narrows as n grows.
 *   - P-values of several rows share the calibration rows and so depend on each
 *     other; a run of alarms is weaker evidence than it would be otherwise.
 *   - Nothing is said about rows that are not exchangeable with the calibration
 *     rows: after a drift, across machines, or for neighbours in time, whose
 *     order matters.  Nor for rows seen in training, whose scores are too low.
 *   - Nothing is said about how many anomalies are found.  That is the score's
 *     business (app/ranking.h).
 *
 * Ties only make alarms rarer.  Scores must not be infinite.
 */
#ifndef LT_APP_CONFORMAL_H
#define LT_APP_CONFORMAL_H

#include "app/metrics.h"
#include "base/error.h"
#include <stdint.h>

/* Sorts calibration scores, ascending, in place.  LT_ECONTENT when one is NaN or infinite. */
int lt_conformal_sort(double *calibration /* (n) */, int64_t n, struct lt_error *err);

/* The p-value of a score, in [1 / (n + 1), 1]; NaN for NaN. */
double lt_conformal_p(const double *calibration /* (n), ascending */, int64_t n, double score);

/* The smallest p-value that n calibration rows can give: 1 / (n + 1). */
double lt_conformal_smallest_p(int64_t n);

/* The fewest calibration rows that can raise an alarm at this rate: ceil(1 / rate) - 1.
 * INT64_MAX when none are enough (rate <= 0, or NaN). */
int64_t lt_conformal_rows(double rate);

/* The smallest score that raises an alarm: score >= threshold exactly where p <= rate, to the last
 * bit.  Infinity when n rows cannot resolve the rate, -infinity when every row alarms
 * (rate >= 1). */
double lt_conformal_threshold(const double *calibration /* (n), ascending */, int64_t n,
                              double rate);

/* The false-alarm rate that a fixed calibration set of n rows realises in use: its mean over sets,
 * l / (n + 1) <= rate, and the range that holds it for 95 % of the sets (2.5 % on either side).
 * All 0 when the rate cannot be resolved, all 1 from rate 1 on. */
struct lt_interval lt_conformal_realised(int64_t n, double rate);

#endif
