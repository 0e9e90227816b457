#include "base/clock.h"
#include "base/mem.h"
#include "model/checkpoint.h"
#include "train/state.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A checkpoint holds the arrays weights, best, optimizer (f32), counters (f64: the optimizer's),
 * numbers (f64: lt_train_numbers, in order) and history (f64), and under "fingerprint" what run
 * it belongs to. */

enum { NUMBERS = sizeof(struct lt_train_numbers) / sizeof(double) };
enum { POINT = sizeof(struct lt_history_point) / sizeof(double) };
_Static_assert(NUMBERS * sizeof(double) == sizeof(struct lt_train_numbers), "doubles only");

/* Backend memory as host arrays: what stands in f32. */
struct arrays {
    float *weights, *best, *optimizer;
    size_t params, state;
};

static void free_arrays(struct arrays *a)
{
    lt_free(a->weights);
    lt_free(a->best);
    lt_free(a->optimizer);
}

static int make_arrays(struct arrays *a, const struct lt_trainer *t, struct lt_error *err)
{
    *a = (struct arrays){.params = lt_net_params(t->net)->total,
                         .state = t->optimizer->state_floats};
    int rc = lt_alloc(&a->weights, a->params, sizeof(float), "a checkpoint", err);
    if (!rc)
        rc = lt_alloc(&a->best, a->params, sizeof(float), "a checkpoint", err);
    if (!rc)
        rc = lt_alloc(&a->optimizer, a->state, sizeof(float), "a checkpoint", err);
    return rc;
}

static int write_state(struct lt_trainer *t, const struct arrays *a,
                       const struct lt_train_numbers *now, struct lt_error *err)
{
    const struct lt_checkpoint_part parts[] = {
        {"weights", LT_DTYPE_F32, a->weights, a->params},
        {"best", LT_DTYPE_F32, a->best, a->params},
        {"optimizer", LT_DTYPE_F32, a->optimizer, a->state},
        {"counters", LT_DTYPE_F64, t->optimizer->counter, LT_OPTIMIZER_COUNTERS},
        {"numbers", LT_DTYPE_F64, now, NUMBERS},
        {"history", LT_DTYPE_F64, t->history, (size_t)now->history_count * POINT},
    };
    struct lt_json *state = NULL;
    int rc = lt_json_object(&state, err);
    if (!rc)
        rc = lt_json_set_string(state, "fingerprint", t->settings.fingerprint, err);
    if (!rc)
        rc = lt_checkpoint_write(t->settings.checkpoint, state, parts,
                                 (int)(sizeof parts / sizeof *parts), err);
    lt_json_free(&state);
    return rc;
}

int lt_trainer_save(struct lt_trainer *t, struct lt_error *err)
{
    const struct lt_backend_ops *ops = t->backend->ops;
    struct lt_train_numbers now = t->now;
    struct arrays a;
    int rc = make_arrays(&a, t, err);
    if (!rc) {
        ops->download(t->backend, a.weights, lt_net_weights(t->net), a.params * sizeof(float));
        ops->download(t->backend, a.best, (struct lt_buffer){t->best, 0}, a.params * sizeof(float));
        ops->download(t->backend, a.optimizer, (struct lt_buffer){t->optimizer->state, 0},
                      a.state * sizeof(float));
        now.seconds += lt_clock() - t->started;
        rc = write_state(t, &a, &now, err);
    }
    free_arrays(&a);
    return rc;
}

/* Which part of "a, b, c" differs first, for a message that helps. */
static void difference(const char *saved, const char *wanted, char *text, size_t size)
{
    while (*saved && *wanted) {
        size_t n = strcspn(saved, ","), m = strcspn(wanted, ",");
        if (n != m || strncmp(saved, wanted, n) != 0) {
            snprintf(text, size, "it has %.*s where this command has %.*s", (int)n, saved, (int)m,
                     wanted);
            return;
        }
        saved += n + (saved[n] ? 2 : 0);
        wanted += m + (wanted[m] ? 2 : 0);
    }
    snprintf(text, size, "it was made by another version");
}

static int check(const struct lt_trainer *t, const struct lt_checkpoint *c, struct lt_error *err)
{
    const char *saved;
    char text[300];
    int rc = lt_json_get_string(lt_checkpoint_state(c), "fingerprint", &saved, err);
    if (rc || strcmp(saved, t->settings.fingerprint) == 0)
        return rc;
    difference(saved, t->settings.fingerprint, text, sizeof text);
    return lt_fail(err, LT_EUSAGE,
                   "%s belongs to another training: %s; repeat the command that was interrupted, "
                   "or remove the file to start afresh",
                   t->settings.checkpoint, text);
}

static int read_state(struct lt_trainer *t, const struct lt_checkpoint *c, struct arrays *a,
                      struct lt_error *err)
{
    size_t points = lt_checkpoint_count(c, "history");
    int rc = check(t, c, err);
    if (!rc && (points % POINT || points / POINT > LT_HISTORY_MAX))
        rc = lt_fail(err, LT_ECONTENT, "%s: the history is too long", t->settings.checkpoint);
    if (!rc)
        rc = lt_checkpoint_array(c, "weights", LT_DTYPE_F32, a->weights, a->params, err);
    if (!rc)
        rc = lt_checkpoint_array(c, "best", LT_DTYPE_F32, a->best, a->params, err);
    if (!rc)
        rc = lt_checkpoint_array(c, "optimizer", LT_DTYPE_F32, a->optimizer, a->state, err);
    if (!rc)
        rc = lt_checkpoint_array(c, "counters", LT_DTYPE_F64, t->optimizer->counter,
                                 LT_OPTIMIZER_COUNTERS, err);
    if (!rc)
        rc = lt_checkpoint_array(c, "numbers", LT_DTYPE_F64, &t->now, NUMBERS, err);
    if (!rc)
        rc = lt_checkpoint_array(c, "history", LT_DTYPE_F64, t->history, points, err);
    if (!rc && t->now.history_count != (double)(points / POINT))
        rc = lt_fail(err, LT_ECONTENT, "%s contradicts itself", t->settings.checkpoint);
    return rc;
}

int lt_trainer_load(struct lt_trainer *t, bool *found, struct lt_error *err)
{
    const struct lt_backend_ops *ops = t->backend->ops;
    struct lt_checkpoint *c = NULL;
    struct arrays a;
    *found = false;
    if (access(t->settings.checkpoint, F_OK) != 0)
        return 0;
    int rc = make_arrays(&a, t, err);
    if (!rc)
        rc = lt_checkpoint_read(&c, t->settings.checkpoint, err);
    if (!rc)
        rc = read_state(t, c, &a, err);
    if (!rc) {
        lt_net_set_weights(t->net, a.weights);
        ops->upload(t->backend, (struct lt_buffer){t->best, 0}, a.best, a.params * sizeof(float));
        ops->upload(t->backend, (struct lt_buffer){t->optimizer->state, 0}, a.optimizer,
                    a.state * sizeof(float));
        *found = true;
    }
    lt_checkpoint_free(&c);
    free_arrays(&a);
    return rc;
}
