#include "base/fmath.h"
#include "train/optimizers/optimizers.h"

/* The elementwise optimizers: sgd with Nesterov momentum, rmsprop, adam and adamw.  They differ
 * in the update rule (kernels/backend.h) and in which constants they set. */

static size_t one_part(const struct lt_params *p)
{
    return p->total;
}

static size_t two_parts(const struct lt_params *p)
{
    return 2 * p->total;
}

static void update_range(struct lt_optimizer *o, enum lt_update kind,
                         const struct lt_update_args *args, size_t first, size_t n)
{
    size_t at = first * sizeof(float);
    bool two = o->state_floats >= 2 * o->params->total;
    struct lt_buffer m = lt_buffer_at(lt_optimizer_state(o, 0), at);
    struct lt_buffer v = two ? lt_buffer_at(lt_optimizer_state(o, 1), at) : m;
    o->backend->ops->update(o->backend, kind, args, n, lt_buffer_at(o->weights, at),
                            lt_buffer_at(o->gradients, at), m, v);
}

void lt_optimizer_update(struct lt_optimizer *o, enum lt_update kind,
                         const struct lt_update_args *args)
{
    if (args->decay <= 0) {
        update_range(o, kind, args, 0, o->params->total);
        return;
    }
    struct lt_update_args plain = *args;
    plain.decay = 0;
    for (int p = 0; p < o->params->count; p++) {
        const struct lt_param *q = &o->params->param[p];
        update_range(o, kind, q->kind == LT_PARAM_WEIGHT ? args : &plain, q->offset,
                     (size_t)q->rows * (size_t)q->cols);
    }
}

static double sgd(struct lt_optimizer *o, const struct lt_step *s)
{
    double objective = s->evaluate(s->context);
    struct lt_update_args args = {.lr = (float)s->lr,
                                  .beta1 = (float)o->settings.momentum,
                                  .decay = (float)o->settings.decay,
                                  .gradient_scale = (float)lt_optimizer_clip(o)};
    lt_optimizer_update(o, LT_UPDATE_SGD, &args);
    return objective;
}

static double rmsprop(struct lt_optimizer *o, const struct lt_step *s)
{
    double objective = s->evaluate(s->context);
    struct lt_update_args args = {.lr = (float)s->lr,
                                  .beta2 = 0.99f,
                                  .eps = 1e-8f,
                                  .decay = (float)o->settings.decay,
                                  .gradient_scale = (float)lt_optimizer_clip(o)};
    lt_optimizer_update(o, LT_UPDATE_RMSPROP, &args);
    return objective;
}

/* Kingma & Ba 2015; the decay is decoupled (Loshchilov & Hutter 2019) and 0 for adam. */
static double adam(struct lt_optimizer *o, const struct lt_step *s)
{
    const double beta1 = 0.9, beta2 = 0.999;
    double objective = s->evaluate(s->context);
    double t = (double)s->step + 1;
    struct lt_update_args args = {.lr = (float)s->lr,
                                  .beta1 = (float)beta1,
                                  .beta2 = (float)beta2,
                                  .eps = 1e-8f,
                                  .decay = (float)o->settings.decay,
                                  .correct1 = (float)(1 - lt_exp(t * lt_log(beta1))),
                                  .correct2 = (float)(1 - lt_exp(t * lt_log(beta2))),
                                  .gradient_scale = (float)lt_optimizer_clip(o)};
    lt_optimizer_update(o, LT_UPDATE_ADAM, &args);
    return objective;
}

const struct lt_optimizer_ops lt_optimizer_sgd = {
    .name = "sgd", .lr = 1e-3, .state_floats = one_part, .step = sgd};
const struct lt_optimizer_ops lt_optimizer_rmsprop = {
    .name = "rmsprop", .lr = 1e-3, .state_floats = one_part, .step = rmsprop};
const struct lt_optimizer_ops lt_optimizer_adam = {
    .name = "adam", .lr = 1e-3, .state_floats = two_parts, .step = adam};
const struct lt_optimizer_ops lt_optimizer_adamw = {
    .name = "adamw", .lr = 1e-3, .decay = 1e-2, .state_floats = two_parts, .step = adam};
