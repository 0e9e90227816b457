/* What the measurements share: data, networks that train, and taking turns. */
#ifndef LT_APP_BENCH_MEASURE_H
#define LT_APP_BENCH_MEASURE_H

#include "app/augment.h"
#include "app/report.h"
#include "kernels/backend.h"
#include "net/net.h"
#include "prep/prep.h"
#include "train/trainer.h"

enum { LT_BENCH_ROWS = 8192, LT_BENCH_SIDE = 28, LT_BENCH_INPUTS = LT_BENCH_SIDE * LT_BENCH_SIDE };

struct lt_bench {
    struct lt_backend *backend;
    struct lt_report *report;
    struct lt_table *images; /* LT_BENCH_ROWS byte images, four fifths of them black */
    struct lt_prep prep;     /* of the images: bytes / 255 */
    bool bare;               /* bounds can be measured: the backend is oneDNN's */
    char verdict[600];       /* the first sentence that a measurement gave */
};

/* One measurement; a row each in the table of bench.c. */
struct lt_bench_ops {
    const char *name;
    int (*run)(struct lt_bench *bench, struct lt_error *err);
};
extern const struct lt_bench_ops lt_bench_train, lt_bench_bf16, lt_bench_optimizer, lt_bench_encode,
    lt_bench_csv, lt_bench_npy, lt_bench_score, lt_bench_conv;

/* Sets report.verdict unless an earlier measurement did. */
void lt_bench_tell(struct lt_bench *bench, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The value under the key GROUP.NAME. */
void lt_bench_number(struct lt_bench *bench, const char *group, const char *name, double value);

/* ---- taking turns ---- */

struct lt_turn {
    int (*run)(void *context, struct lt_error *err); /* one unit of work */
    void *context;
    int64_t period; /* a turn is a multiple of this many units; 0 counts as 1 */
    int64_t units;  /* found: units in a turn, which lasts 60 ms or more */
    double seconds; /* found: of one unit, in the best turn so far; 0 before any */
};
/* Runs all in turns for about `seconds`, and three turns each at least, fewer where they are long. */
int lt_bench_turns(struct lt_turn *turn /* (n) */, int n, double seconds, struct lt_error *err);

/* ---- networks ---- */

struct lt_bench_shape {
    const char *name;   /* of its keys */
    const char *layers; /* as in --layers */
    int64_t dims, batch;
};
extern const struct lt_bench_shape lt_bench_narrow, lt_bench_wide;

/* "784-128-50-128-784", as latent train would make it from images. */
int lt_bench_network(struct lt_net_spec *out, const struct lt_bench_shape *shape,
                     struct lt_error *err);

/* A network in training. */
struct lt_rig {
    struct lt_net_spec spec;
    struct lt_augment augment; /* of square images, when they are turned at random */
    struct lt_feed *feed;
    struct lt_net *net;
    struct lt_trainer *trainer;
};
int lt_rig_create(struct lt_rig *rig, struct lt_bench *bench, const struct lt_bench_shape *shape,
                  const struct lt_optimizer_ops *optimizer, enum lt_precision precision,
                  struct lt_error *err);
/* A network that is to train like this on all rows of a table, but slowly: the schedule is constant and the
 * learning rate small, so that what is learnt from random pixels does not diverge. */
struct lt_rig_plan {
    const struct lt_net_spec *spec;
    struct lt_table *table;
    const struct lt_prep *prep;
    struct lt_train_settings train;
    bool augment; /* flip and turn the images, which are square, at random */
};
int lt_rig_start(struct lt_rig *rig, struct lt_backend *backend, const struct lt_rig_plan *plan,
                 struct lt_error *err);
void lt_rig_free(struct lt_rig *rig);
int lt_rig_step(void *rig, struct lt_error *err); /* for lt_turn: one training step */

/* ---- data ---- */

/* Square byte images as sparse as handwriting, and their prep: bytes / 255. */
int lt_bench_images(struct lt_table **table, struct lt_prep *prep, int64_t rows, int64_t side,
                    struct lt_error *err);

/* An NPY file (N, D) in memory, its values yet to be written; freed with lt_free. `descr` is the
 * NPY type, such as "|u1", of `size` bytes. */
struct lt_bench_npy {
    char *bytes;
    void *values;
    size_t size; /* of bytes */
};
int lt_bench_npy_make(struct lt_bench_npy *out, const char *descr, size_t size, int64_t rows,
                      const char *shape, int64_t columns, struct lt_error *err);

#endif
