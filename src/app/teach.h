/* Teaching a detector: networks, terms and calibration for a model (model/detector.h).
 *
 * The ingredients of the default detector stand in one table in teach.c; docs/anomaly.md tells on
 * which tables they were chosen and what each of them adds.
 *
 * Every network learns to take noise from rows: y + sigma * normal goes in and y must come out
 * (Vincent et al., "Extracting and composing robust features with denoising autoencoders", ICML
 * 2008).
 *
 * Which rows do what.  Networks, lenses and the statistics of codes: rows that train.  Centre and
 * spread of every term: rows that stop training.  Calibration: the other rows kept.  So no row that
 * calibrates has been seen by anything before, and p-values hold.
 */
#ifndef LT_APP_TEACH_H
#define LT_APP_TEACH_H

#include "data/split.h"
#include "model/model.h"
#include "train/trainer.h"

struct lt_lesson {
    enum lt_detector_kind kind;
    const struct lt_table *table;  /* whose columns are the model's, in its order */
    const struct lt_table *kept;   /* where kept rows come from; may be table */
    const struct lt_rowset *parts; /* (LT_PARTS): train within table, the others within kept */
    const int64_t *train_rows;     /* (parts[LT_PART_TRAIN].count) */
    struct lt_backend *backend;
    enum lt_precision precision; /* of training */
    uint64_t seed;
    bool reference;            /* keep rows for the kNN baseline */
    int64_t steps;             /* of each network; 0: the default, which looks at ... */
    int64_t autoencoder_steps; /* ... how many the autoencoder took */
    double deadline;           /* lt_clock() by which networks must be done; 0: none */
    /* as in struct lt_train_settings */
    int (*progress)(void *context, const struct lt_train_progress *progress);
    void *progress_context;
};

/* Adds the detector and its networks; the autoencoder must be there.  Rows that are too few to
 * calibrate are refused with LT_EUSAGE. */
int lt_teach(struct lt_model *model, const struct lt_lesson *lesson, struct lt_error *err);

#endif
