/* What drift found, subject by subject, and how it is told.  Private to drift.c and driftreport.c.
 */
#ifndef LT_APP_DRIFTREPORT_H
#define LT_APP_DRIFTREPORT_H

#include "app/drift.h"
#include "app/shift.h"
#include "app/survey.h"

enum lt_drift_state { LT_DRIFT_NONE, LT_DRIFT_SMALL, LT_DRIFT_MOVED };

struct lt_drift_subject {
    struct lt_profile_part before;
    const struct lt_survey_subject *now;
    int64_t number;                 /* which of the profile's */
    bool tested;                    /* anything about it */
    struct lt_shift value, missing; /* p corrected for the number of tests */
    enum lt_drift_state state;
    bool missing_moved; /* the missing cells are why, or part of it */
    double distance, p; /* the larger distance, the smaller p */
};

struct lt_drift_found {
    const struct lt_model *model;
    const struct lt_drift_options *options;
    struct lt_table *view; /* the new rows, its columns the model's */
    int64_t *rows;         /* (count) looked at */
    int64_t count, of;
    struct lt_survey now;
    struct lt_drift_subject *subject; /* (subjects), the columns by state and distance */
    int64_t columns, dims;            /* of the model */
    int64_t tests;
    int64_t tested, moved, small;                /* columns */
    int64_t dims_moved, dims_small;              /* of the code */
    const struct lt_drift_subject *code, *error; /* the first dimension, by distance; the error */
    /* scores; rows of calibration 0: the model has no detector */
    struct lt_shift score, alarm; /* alarm's distance: the change of the share */
    enum lt_drift_state score_state, alarm_state;
    int64_t calibration_rows, alarms;
    double rate, score_before, score_now; /* share that should alarm; median scores */
};

/* Writes lines and keys, and the verdict; returns whether anything has moved. */
bool lt_drift_report(const struct lt_drift_found *f, struct lt_report *report);

#endif
