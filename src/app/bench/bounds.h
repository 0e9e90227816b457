/* Networks beside the bare products they are made of. */
#ifndef LT_APP_BENCH_BOUNDS_H
#define LT_APP_BENCH_BOUNDS_H

#include "app/bench/measure.h"
#include "kernels/bound.h"

/* One thing measured beside the products it cannot do without. */
struct lt_bench_bounded {
    struct lt_turn turn;
    const struct lt_net_spec *spec;
    int64_t batch;
    enum lt_precision precision;
    bool encoder;          /* the forward products up to the code alone, not those of a step */
    struct lt_bound bound; /* found; NaN where the build has no oneDNN */
};

/* Runs all in turns, and between turns their bounds. */
int lt_bench_race(struct lt_bench *bench, struct lt_bench_bounded *b /* (n) */, int n,
                  struct lt_error *err);

/* 10^9 flop per second of a 2048 x 2048 x 2048 product in f32. */
int lt_bench_square(struct lt_bench *bench, double *gflops, struct lt_error *err);

/* Time of the bound as a part of the measured: 1 when nothing but products takes time. */
static inline double lt_bench_ratio(const struct lt_bench_bounded *b)
{
    return b->bound.seconds / b->turn.seconds;
}

#endif
