/* The trainer's insides, shared by the loop and by what saves it. */
#ifndef LT_TRAIN_STATE_H
#define LT_TRAIN_STATE_H

#include "train/trainer.h"

enum { LT_HISTORY_MAX = 2000 };

/* Everything that changes and is not an array: plain numbers, all saved. */
struct lt_train_numbers {
    double step;
    double steps; /* planned; 0: not yet known */
    double best_loss, best_error, best_step;
    double stale;                            /* validations since the last gain */
    double plateau;                          /* factor of the plateau schedule */
    double falling;                          /* patience ran out and the learning rate falls */
    double loss_sum, penalty_sum, loss_rows; /* since the last validation */
    double seconds;                          /* trained before this process */
    double history_count, history_stride, validations;
    double stopped_early, valid_loss, valid_error;
};

struct lt_trainer {
    struct lt_net *net;
    struct lt_backend *backend;
    struct lt_source train, stop;
    struct lt_train_settings settings;
    struct lt_optimizer *optimizer;
    int64_t steps_per_epoch;
    struct lt_train_numbers now;
    struct lt_history_point history[LT_HISTORY_MAX];
    void *best; /* backend memory: the best weights */
    void *sum;  /* backend memory: gradients summed over batches; full-batch only */
    struct lt_staging staging;
    double started;  /* clock when this process began to train */
    double saved;    /* clock at the last checkpoint */
    double reported; /* clock at the last progress call */
    bool resumed, overran;
    struct lt_error *err; /* of the step that runs; failures inside evaluate land here */
    int failed;
};

/* Reads the first n rows of batch `batch` of epoch `epoch` into the staging buffer and the net. */
int lt_trainer_load_batch(struct lt_trainer *t, uint32_t epoch, int64_t batch, int64_t n,
                          struct lt_error *err);

/* Writes and reads a checkpoint; see docs/model-format.md. */
int lt_trainer_save(struct lt_trainer *t, struct lt_error *err);
/* Missing file: returns 0 and leaves *found false. */
int lt_trainer_load(struct lt_trainer *t, bool *found, struct lt_error *err);

#endif
