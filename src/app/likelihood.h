/* What a variational model thinks of rows: how much its codes tell, and how likely the rows are.
 *
 * The divergence of a row's codes from the standard normal distribution is what
 * its code tells about it, in nats.  The likelihood of a row is estimated by
 * importance sampling: codes z are drawn from the row's distribution q(z | x), and
 *
 *     log p(x) ~ log mean of  p(x | z) p(z) / q(z | x),
 *
 * which more samples bring closer to the truth from below (Burda, Grosse and
 * Salakhutdinov, "Importance weighted autoencoders", ICLR 2016).  Under bce an
 * output is the chance of a 1: values between 0 and 1 are drawn as zeros and ones
 * first (app/binarise.h).  Under mse an output is the mean of a normal
 * distribution of the variance that the model was trained for, in scaled units.
 * A missing cell is left out.
 */
#ifndef LT_APP_LIKELIHOOD_H
#define LT_APP_LIKELIHOOD_H

#include "app/judge.h"

/* Adds lines and the keys vae.* to the report of a variational model, and with c->samples > 0 the
 * keys nll.*; LT_EUSAGE when likelihoods are wanted of a model that has none. */
int lt_judge_variational(const struct lt_case *c, struct lt_report *report, struct lt_error *err);

#endif
