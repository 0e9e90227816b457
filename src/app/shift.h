/* Has a distribution shifted?  Tests of two samples, of which the older is known by what a model
 * keeps of it (model/profile.h).
 *
 * Each test gives a distance and a probability.  The distance is between 0 and 1 and says how much:
 * no fewer than this share of the rows would have to change to turn one distribution into
 * the other.  The probability p says whether it may be chance: P(p <= x) <= x when both samples
 * have one source.
 *
 *   numbers   Kolmogorov-Smirnov: the largest distance of the distribution functions at the knots.
 *             It is a maximum over fewer places than that over all values, so p is too large rather
 *             than too small, and with LT_PROFILE_KNOTS knots at most 1/200 of distance is lost.
 *             Ties, too, only make p larger.
 *   counts    The chi-square test of homogeneity, by the smaller of Pearson's statistic and the
 *             likelihood ratio's: the first is too large where a cell of few has some more, the
 *             second where it has none.  The distance is half the sum of the changes of the
 *             shares (total variation).  Levels of which the older sample
 *             expects fewer than LT_SHIFT_KNOWN rows, or either fewer than LT_SHIFT_EXPECTED, are
 *             counted together with those not known by name, and where even together they expect
 *             fewer, their share is tested exactly.
 *   shares    Fisher's exact test of two shares, two-sided.
 *   excess    How likely so many new values stand above the l-th largest of n old ones: exact,
 *             by the same urn.
 *
 * Many tests at once: Holm's correction, which holds whatever their dependence.
 */
#ifndef LT_APP_SHIFT_H
#define LT_APP_SHIFT_H

#include "model/profile.h"
#include <stdint.h>

enum { LT_SHIFT_EXPECTED = 5, LT_SHIFT_KNOWN = 12 };

struct lt_shift {
    double distance, p;
};

/* `now` are m sorted values without NaN.  Distance 0 and p 1 when either side is empty. */
struct lt_shift lt_shift_numbers(const struct lt_profile_part *before,
                                 const float *now /* (m), ascending */, int64_t m);
/* The last level is that of rows whose level is not known by name; levels are those of at least two
 * rows of the older sample, or chosen without looking at it. */
struct lt_shift lt_shift_counts(const double *before /* (levels) */,
                                const double *now /* (levels) */, int64_t levels);
/* a of n before, b of m now. */
struct lt_shift lt_shift_shares(int64_t a, int64_t n, int64_t b, int64_t m);
/* At least b of m new values above the l-th largest (l >= 1) of n old ones. */
double lt_shift_excess(int64_t l, int64_t n, int64_t b, int64_t m);

/* p-values of `count` tests, corrected for their number (Holm 1979): at most `level` of all runs
 * over data that have not moved have any of them at most `level`.  In place. */
int lt_shift_correct(double *p /* (count) */, int64_t count, struct lt_error *err);

/* Q(a, x) = Gamma(a, x) / Gamma(a), the regularised upper incomplete gamma function; the tail of
 * chi-square is Q(degrees / 2, x / 2). */
double lt_gamma_upper(double a, double x);

#endif
