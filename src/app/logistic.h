/* Multinomial logistic regression with an L2 penalty, as scikit-learn's LogisticRegression(C=1).
 *
 * Of n rows x with classes y it finds the weights w_k of C classes that make
 *
 *     sum over rows of -log p_y(x)  +  a/2 sum over k of |w_k|^2,
 *     p_k(x) = exp(w_k . x) / sum over l of exp(w_l . x),
 *
 * smallest.  The last column of x is 1; its weights are the intercepts and have
 * no penalty.  a is 1, and 2 for two classes: there scikit-learn has one vector
 * w with |w|^2 / 2, which is the difference of two opposite ones here.  The
 * objective is strictly convex but for a shift of all intercepts, and the answer
 * has intercepts of sum 0.
 *
 * Truncated Newton (Nocedal and Wright, "Numerical Optimization", 2nd ed.,
 * section 7.1).  Objective and gradient are in double.  The Newton steps come
 * from conjugate gradients on f32 products of the backend, preconditioned by
 *
 *     (sum over rows of v x x^T + a I)^-1,   v = (1 - sum over k of p_k^2) / (C - 1),
 *
 * the curvature averaged over the classes, which is exact at the start.  f32
 * makes a step a little worse, never the answer: it is the gradient in double
 * that has to vanish.  Beyond LT_LOGISTIC_FULL columns the diagonal stands for
 * the matrix.
 *
 * The same bits for any number of threads.  Memory beside the caller's: the
 * rows once more on the backend.
 */
#ifndef LT_APP_LOGISTIC_H
#define LT_APP_LOGISTIC_H

#include "base/error.h"
#include "kernels/backend.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    LT_LOGISTIC_FULL = 2048, /* most columns for the full preconditioner: three matrices of 16 MB */
    LT_LOGISTIC_STEPS = 100, /* most Newton steps */
};
#define LT_LOGISTIC_TOLERANCE                                                                      \
    1e-9 /* of the gradient's largest value, beside that at weights of 0 */

struct lt_logistic; /* planned for a number of rows, columns and classes */

/* Rows are at most `rows`; D columns beside the constant one; C >= 2 classes. */
int lt_logistic_create(struct lt_logistic **out, int64_t rows, int64_t columns, int64_t classes,
                       struct lt_backend *backend, struct lt_error *err);
void lt_logistic_free(struct lt_logistic **logistic);

struct lt_logistic_fit {
    bool converged;
    int steps;        /* of Newton */
    int products;     /* of the curvature with a vector, in all steps */
    double objective; /* at the answer */
    double gradient;  /* its largest value, beside that at weights of 0 */
};

/* Allocates nothing; one call at a time. */
struct lt_logistic_fit lt_logistic_fit(struct lt_logistic *logistic,
                                       const float *x /* (n, D + 1) */,
                                       const int32_t *label /* (n), 0 ... C - 1 */, int64_t n,
                                       double *weights /* (C, D + 1) */);

/* log p_k of every row. */
void lt_logistic_predict(double *log_p /* (n, C) */, const float *x /* (n, width) */, int64_t n,
                         int64_t width, const double *weights /* (C, width) */, int64_t classes,
                         int threads);

#endif
