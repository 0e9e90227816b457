/* A detector: what a model keeps to tell rows that do not belong.
 *
 * The default detector looks at a row through a few denoising networks and asks each for numbers
 * that are large where a row is unusual: its terms.
 *
 *     row of features --lens--> y --network--> code h, reconstruction y'
 *
 *     residual   |y' - y|^2: what is left of the row once noise has been taken from it
 *     settled    |y* - y|^2, where y* is what LT_TERM_PASSES passes through the network make of y, one
 *                after the other.  Every pass moves a row towards where rows are denser (Alain and
 *                Bengio, "What regularized auto-encoders learn from the data-generating
 *                distribution", JMLR 15, 2014), so y* is near the mode that the row belongs to
 *     code       |B (h - mean)|^2: how far the code stands from the training codes in units of their
 *                own spread, along their leading directions
 *
 * A lens standardises features, and may take signed logarithms on the way so that a long tail does
 * not hide everything else.  The score adds up the terms, each on the scale of its own course over
 * rows that did not train it:
 *
 *     z = (log t - centre) / spread,     score = mean over terms of max(z + 1, 0)^4
 *
 * so that what one term finds far out is not talked down by the others.
 *
 * The single reconstruction error of the autoencoder is a detector too: one residual, as it is.
 *
 * Scores of rows that neither trained nor set centre and spread stand sorted in the file; what share
 * of them a new row exceeds is its p-value (app/conformal.h).  The rows that the kNN baseline looks
 * for neighbours among travel along, unless the user keeps them out.
 */
#ifndef LT_MODEL_DETECTOR_H
#define LT_MODEL_DETECTOR_H

#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

enum lt_detector_kind {
    LT_DETECTOR_NONE,
    LT_DETECTOR_RECONSTRUCTION, /* the autoencoder's squared error per input */
    LT_DETECTOR_DEFAULT,        /* denoising networks */
    LT_DETECTORS
};
const char *lt_detector_name(enum lt_detector_kind kind);
int lt_detector_by_name(const char *name); /* -1: unknown */

/* y = (v - offset) * scale, where v is the feature or, with `logarithm`, sign(u) log(1 + |u|) of
 * u = (feature - offset of the plain lens) * its scale.  A scale of 0 leaves a feature out. */
enum lt_lens { LT_LENS_PLAIN, LT_LENS_LOGARITHM, LT_LENSES };
const char *lt_lens_name(enum lt_lens lens);
int lt_lens_by_name(const char *name); /* -1: unknown */

enum lt_term_kind { LT_TERM_RESIDUAL, LT_TERM_SETTLED, LT_TERM_CODE, LT_TERM_KINDS };
const char *lt_term_name(enum lt_term_kind kind);
int lt_term_by_name(const char *name); /* -1: unknown */

enum { LT_TERMS_MAX = 32, LT_TERM_PASSES = 4 };

struct lt_term {
    enum lt_term_kind kind;
    int network;           /* index into the model's networks */
    enum lt_lens lens;     /* the same for all terms of a network */
    double centre, spread; /* of log t over rows that did not train; spread > 0 */
    int64_t width, dims;   /* code: values of h, directions; else 0 */
    float *mean;           /* code: (width) */
    float *basis;          /* code: (dims, width), each row divided by the spread along it */
};

struct lt_detector {
    enum lt_detector_kind kind;
    float *offset[LT_LENSES]; /* (F) each; NULL unless kind is DEFAULT */
    float *scale[LT_LENSES];
    int terms;
    struct lt_term term[LT_TERMS_MAX];
    int64_t calibration_rows;
    double *calibration;                  /* (calibration_rows) scores, ascending */
    int64_t reference_rows, reference_of; /* rows kept for kNN, of how many */
    float *reference; /* (reference_rows, F), through the plain lens; NULL: left out */
};

void lt_detector_clear(struct lt_detector *detector); /* frees what is in it and zeroes it */

#endif
