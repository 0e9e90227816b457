/* How well scores rank.
 *
 * A detector gives every row a score, higher meaning more anomalous.  Where it
 * is known which rows are anomalies, two numbers say how well the scores put
 * those rows first, whatever threshold is chosen later.
 *
 * AUROC is the probability that a random anomaly scores above a random normal
 * row, a tie counting half: 1 is perfect, 1/2 is chance.  It does not depend on
 * how rare anomalies are.  Average precision does: it is the mean, over the
 * anomalies, of the share of anomalies among the rows that score at least as
 * high, and chance is the share of anomalies in the data.  When anomalies are
 * rare it is the stricter of the two.
 *
 * Beside them stand two comparisons of samples: the rank correlation of two
 * scores of the same rows (do they agree on the order?), and the distance of
 * two distributions (have the scores drifted?).
 *
 * Values may be infinite; a NaN has no rank and is refused.
 */
#ifndef LT_APP_RANKING_H
#define LT_APP_RANKING_H

#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

struct lt_ranking {
    double auroc, average_precision; /* NaN when all rows are of one class */
    int64_t anomalies, rows;
};

/* As scikit-learn's roc_auc_score and average_precision_score: rows of equal score stand on one
 * threshold.  LT_ECONTENT when a score is NaN. */
int lt_ranking(struct lt_ranking *out, const double *score /* (n) */, const bool *anomaly /* (n) */,
               int64_t n, struct lt_error *err);

/* Spearman's rank correlation, in [-1, 1]: the correlation of the ranks, equal values sharing the
 * mean of theirs.  NaN when a or b is constant (or n < 2).  LT_ECONTENT when a value is NaN. */
int lt_rank_correlation(double *out, const double *a /* (n) */, const double *b /* (n) */,
                        int64_t n, struct lt_error *err);

struct lt_ks {
    double statistic; /* the largest distance of the two distribution functions, in [0, 1] */
    double p;         /* probability of at least as much when both samples have one source */
};

/* The two-sample Kolmogorov-Smirnov test, two-sided, on samples in any order.  The statistic is
 * exact, ties included.  p is asymptotic with a correction for small samples: with
 * e = n m / (n + m) it is within 0.003 of the exact one-sample law of size e (which is what scipy's
 * method='asymp' gives) from e = 10 on and within 0.0003 from e = 50 on.  Where it is below 0.01
 * it is too large rather than too small, so that too little drift is called rather than too much:
 * by 1 % at e = 100, growing to a third at 1e-8.  Ties, too, make p larger than it would have to
 * be.  LT_EUSAGE when a sample is empty, LT_ECONTENT when a value is NaN. */
int lt_ks(struct lt_ks *out, const double *a /* (n) */, int64_t n, const double *b /* (m) */,
          int64_t m, struct lt_error *err);
/* The p that it gives for a statistic of samples of n and m rows. */
double lt_ks_p(double statistic, int64_t n, int64_t m);

#endif
