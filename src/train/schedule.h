/* Learning-rate schedules: a factor on the learning rate as a function of
 * (step, steps planned), preceded by a linear warm-up.
 */
#ifndef LT_TRAIN_SCHEDULE_H
#define LT_TRAIN_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

enum lt_schedule_kind {
    LT_SCHEDULE_TRAPEZOID, /* constant, then linearly to zero over the last 80 % */
    LT_SCHEDULE_LINEAR,    /* linearly to zero */
    LT_SCHEDULE_COSINE,    /* (1 + cos(pi t)) / 2 (Loshchilov & Hutter 2017) */
    LT_SCHEDULE_STEP,      /* a tenth after 60 %, a hundredth after 85 % */
    LT_SCHEDULE_PLATEAU,   /* halved when validation has not gained for a while */
    LT_SCHEDULE_CONSTANT,
    LT_SCHEDULES
};

struct lt_schedule {
    enum lt_schedule_kind kind;
    int64_t warmup; /* steps */
};

/* The factor for step `step` (from 0) of `steps`; `plateau` is the factor the plateau schedule
 * has reached (1 at first), used by that schedule alone.  steps == 0 (not yet known) counts as
 * before any decay. */
double lt_schedule_factor(const struct lt_schedule *schedule, int64_t step, int64_t steps,
                          double plateau);

/* The step from which the trapezoid falls when `steps` are planned, and the plan under which it
 * falls from `step` on: how a budget in seconds becomes a number of steps. */
int64_t lt_trapezoid_fall(int64_t steps);
int64_t lt_trapezoid_steps(int64_t step);
/* The part of the steps that fall. */
#define LT_TRAPEZOID_FALL 0.8

const char *lt_schedule_name(enum lt_schedule_kind kind);
int lt_schedule_by_name(const char *name); /* -1: unknown */

#endif
