/* The judge of a denoiser: what noise it takes away from images it has not seen.
 *
 * The rows judged get the noise that the network was trained with, of a range of amounts each row its
 * own; or they come beside their noisy partners.  PSNR, the
 * peak signal-to-noise ratio 10 log10(1 / mean squared error), is told before and
 * after, with values in scaled units, where images lie in [0, 1].
 */
#ifndef LT_APP_JUDGE_DENOISER_H
#define LT_APP_JUDGE_DENOISER_H

#include "app/judge.h"

/* Whether a model's network takes noise away rather than squeezes: its code is a grid. */
bool lt_model_denoises(const struct lt_model *model);

/* As lt_judge, for such a model: verdicts "denoises", "adds-noise" and "not-converged". */
int lt_judge_denoiser(const struct lt_case *judged, struct lt_report *report, struct lt_error *err);

#endif
