#include "train/schedule.h"
#include "base/fmath.h"
#include <string.h>

/* t in [0, 1]: the part of the steps that is done */
static double trapezoid(double t)
{
    return t < 1 - LT_TRAPEZOID_FALL ? 1 : (1 - t) / LT_TRAPEZOID_FALL;
}

static double linear(double t)
{
    return 1 - t;
}

static double cosine(double t)
{
    return 0.5 * (1 + (double)lt_cos2pif((float)(t / 2)));
}

static double step_down(double t)
{
    return t < 0.6 ? 1 : t < 0.85 ? 0.1 : 0.01;
}

static double constant(double t)
{
    (void)t;
    return 1;
}

static const struct {
    const char *name;
    double (*factor)(double t);
} schedules[LT_SCHEDULES] = {
    [LT_SCHEDULE_TRAPEZOID] = {"trapezoid", trapezoid},
    [LT_SCHEDULE_LINEAR] = {"linear", linear},
    [LT_SCHEDULE_COSINE] = {"cosine", cosine},
    [LT_SCHEDULE_STEP] = {"step", step_down},
    [LT_SCHEDULE_PLATEAU] = {"plateau", constant},
    [LT_SCHEDULE_CONSTANT] = {"constant", constant},
};

double lt_schedule_factor(const struct lt_schedule *schedule, int64_t step, int64_t steps,
                          double plateau)
{
    double t = steps > 0 ? (double)step / (double)steps : 0;
    double factor = schedules[schedule->kind].factor(t < 1 ? t : 1);
    if (step < schedule->warmup)
        factor *= ((double)step + 1) / ((double)schedule->warmup + 1);
    return schedule->kind == LT_SCHEDULE_PLATEAU ? factor * plateau : factor;
}

int64_t lt_trapezoid_fall(int64_t steps)
{
    return (int64_t)((1 - LT_TRAPEZOID_FALL) * (double)steps);
}

int64_t lt_trapezoid_steps(int64_t step)
{
    return (int64_t)((double)step / (1 - LT_TRAPEZOID_FALL)) + 1;
}

const char *lt_schedule_name(enum lt_schedule_kind kind)
{
    return schedules[kind].name;
}

int lt_schedule_by_name(const char *name)
{
    for (int i = 0; i < LT_SCHEDULES; i++)
        if (strcmp(schedules[i].name, name) == 0)
            return i;
    return -1;
}
