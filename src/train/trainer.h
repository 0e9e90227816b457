/* The training loop.
 *
 * One trainer owns everything that changes while a network learns: weights,
 * optimizer state, the best weights seen, counters and history.  All of it
 * goes into a checkpoint and comes back, and all randomness is a function of
 * (seed, epoch, row), so a resumed run ends in the same bits as one that was
 * never interrupted.
 *
 * Step s belongs to epoch s / (steps per epoch); an epoch visits every training
 * row once in an order of its own.  After every `validate_every` steps, and
 * after the last, the loss on the rows that stop training is measured; the
 * weights with the smallest are kept and win in the end.
 */
#ifndef LT_TRAIN_TRAINER_H
#define LT_TRAIN_TRAINER_H

#include "data/split.h"
#include "net/net.h"
#include "prep/prep.h"
#include "train/optimizer.h"
#include "train/schedule.h"
#include <stdbool.h>
#include <stdint.h>

/* Rows to read: some rows of a table, and what fills the network's inputs with them.  Most read a
 * table through the model's prep; one that corrupts its rows takes its randomness from the epoch
 * and the row, as a noise layer does. */
struct lt_source {
    int (*read)(void *context, uint32_t epoch, const int64_t *rows /* (n) */, int64_t n,
                float *x /* (n, D) */, struct lt_error *err);
    void *context;
    struct lt_rowset rows;
    const struct lt_source
        *partners; /* reads the partners of the same rows, noisy ones or neighbours, for a network
                                         whose noise is pairs; NULL: none.  Its own rows do not count */
};
struct lt_source lt_feed_source(struct lt_feed *feed, struct lt_rowset rows);
/* The epoch that a source is told where rows are measured, not trained on. */
#define LT_EPOCH_MEASURE UINT32_MAX

struct lt_train_progress {
    int64_t step, steps; /* steps: 0 while a budget decides */
    double epoch;        /* epochs done */
    double train_loss;   /* mean per row since the last validation; NaN before any step */
    double penalty;      /* what of it is a penalty on the code */
    double valid_loss;   /* NaN before any validation */
    double valid_error;  /* squared error per row; NaN before any validation */
    double rows_per_second, seconds, seconds_left; /* left: NaN when unknown */
    bool validated;                                /* a validation just ended */
};

struct lt_train_settings {
    const struct lt_optimizer_ops *optimizer;
    struct lt_optimizer_settings optimizer_settings;
    struct lt_schedule schedule;
    double l1, l2;
    int64_t batch;          /* rows per step */
    int64_t steps;          /* planned; 0: the budget decides */
    double budget;          /* seconds for this training; 0: none */
    int64_t validate_every; /* steps */
    bool noisy_validation;  /* rows that stop training are measured with noise, as a denoiser will
                               meet them */
    int64_t patience;       /* validations without gain; 0: never stop early */
    uint64_t seed;
    const char *fingerprint;   /* of data and settings; a checkpoint of another is refused */
    const char *checkpoint;    /* path or NULL */
    double checkpoint_seconds; /* 0: only when interrupted */
    bool resume;
    /* Gradients of all parameters, one array, pass here before the optimizer sees them (sums
     * over machines go here); may be NULL. */
    void (*reduce)(void *context, struct lt_backend *backend, struct lt_buffer gradients,
                   size_t count);
    void *reduce_context;
    /* Called a few times a second and at every validation; nonzero interrupts. May be NULL. */
    int (*progress)(void *context, const struct lt_train_progress *progress);
    void *progress_context;
};

/* One validation. */
struct lt_history_point {
    double step, train_loss, valid_loss, valid_error, seconds;
};

/* How a run ended, for the record and the judge. */
struct lt_train_outcome {
    int64_t steps;   /* taken */
    int64_t planned; /* the number for --steps that repeats these bits; 0: none does */
    double epochs;
    int64_t best_step;            /* where the kept weights come from */
    double best_loss, best_error; /* on the stopping rows; NaN without any */
    double seconds;               /* of training, over all resumed parts */
    double rows_per_second;
    bool stopped_early; /* patience ran out */
    bool resumed;
    int history_count;
    const struct lt_history_point *history; /* lives as long as the trainer */
};

struct lt_trainer;

/* `net` must be bound for training with rows >= batch and hold the initial weights. `stop` may
 * have no rows: the last weights win. */
int lt_trainer_create(struct lt_trainer **out, struct lt_net *net, struct lt_backend *backend,
                      const struct lt_source *train, const struct lt_source *stop,
                      const struct lt_train_settings *settings, struct lt_error *err);
/* Runs to the end; the net then holds the best weights. LT_EINTERRUPTED after saving a checkpoint
 * when progress asked to stop; LT_EFAIL when the loss is no longer finite. */
int lt_trainer_run(struct lt_trainer *trainer, struct lt_train_outcome *outcome,
                   struct lt_error *err);
/* What a batchtopk node keeps outside of batches, with the weights that the net now holds: the mean
 * over batches of the smallest value that is kept in one (Bussmann et al. 2024).  Looks at up to 100
 * full batches of the first epoch, without noise or dropout, as the rows will come when the model is
 * applied.  The node's threshold in the net must still be NaN. */
int lt_trainer_threshold(struct lt_trainer *trainer, int node, float *threshold,
                         struct lt_error *err);
/* One step, for benches and tests; the loss per row before it. */
double lt_trainer_step(struct lt_trainer *trainer, struct lt_error *err);
void lt_trainer_free(struct lt_trainer **trainer);

/* Host memory for one batch. */
struct lt_staging {
    int64_t capacity;
    float *rows;           /* (capacity, D) */
    float *partners;       /* (capacity, D); NULL: no pairs */
    int64_t *row_ids;      /* (capacity) */
    double *loss;          /* (capacity) */
    double *squared_error; /* (capacity) */
};
int lt_staging_create(struct lt_staging *out, int64_t capacity, int64_t width,
                      struct lt_error *err);
/* Room for partners too, of rows of this width. */
int lt_staging_pair(struct lt_staging *staging, int64_t width, struct lt_error *err);
void lt_staging_free(struct lt_staging *staging);

/* Mean loss and squared error per row of the net over some rows (each may be NULL), in passes
 * that do not train, or, where `noisy`, with the noise of training under the seed.  With partners, the staging has room for them. */
int lt_measure(struct lt_net *net, const struct lt_source *source, struct lt_staging *staging,
               bool noisy, uint64_t seed, double *loss, double *squared_error,
               struct lt_error *err);

#endif
