/* The doctor: is this model's own network computed rightly on this machine?
 *
 * Five checks, each a row of a table and a file of its own, on rows drawn from
 * the mean and the principal directions that the model holds, so that no data
 * are needed:
 *
 *   gradients   what training would follow, against central differences of a
 *               plain evaluation in double precision, in every parameter block
 *   overfitting a fresh network of this shape learns one batch by heart
 *   threads     codes and gradients have the same bits with 1, 2 and 3 threads
 *   backends    codes, outputs and gradients agree with another backend
 *   file        a model written and read back is the same model
 *
 * How much is done follows from the size of the network, so that it takes a few
 * seconds at most (5 s for 784-1000-500-250-30 on two cores).
 */
#ifndef LT_APP_DOCTOR_H
#define LT_APP_DOCTOR_H

#include "app/report.h"
#include "kernels/backend.h"
#include "model/model.h"

/* backend: a name, or NULL for the best in this build.  LT_ENO, with a report, when a check
 * fails; any other error comes without one. */
int lt_doctor(const struct lt_model *model, const char *backend, int threads,
              struct lt_report **report, struct lt_error *err);

/* The same with a backend of the caller's, into a report of the caller's. */
int lt_doctor_examine(const struct lt_model *model, struct lt_backend *backend,
                      struct lt_report *report, struct lt_error *err);

#endif
