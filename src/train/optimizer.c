#include "train/optimizer.h"
#include "base/mem.h"
#include "train/optimizers/optimizers.h"
#include <math.h>
#include <string.h>

static const struct lt_optimizer_ops *const optimizers[] = {
    &lt_optimizer_foof, &lt_optimizer_adam,    &lt_optimizer_adamw,
    &lt_optimizer_sgd,  &lt_optimizer_rmsprop, &lt_optimizer_lbfgs,
};

const struct lt_optimizer_ops *lt_optimizer_at(int index)
{
    int count = (int)(sizeof optimizers / sizeof *optimizers);
    return index >= 0 && index < count ? optimizers[index] : NULL;
}

const struct lt_optimizer_ops *lt_optimizer_by_name(const char *name)
{
    const struct lt_optimizer_ops *ops;
    for (int i = 0; (ops = lt_optimizer_at(i)); i++)
        if (strcmp(ops->name, name) == 0)
            return ops;
    return NULL;
}

double lt_optimizer_lr(const struct lt_optimizer_ops *ops,
                       const struct lt_optimizer_settings *settings)
{
    if (settings->lr > 0)
        return settings->lr;
    double lr = settings->linear && ops->lr_linear > 0 ? ops->lr_linear : ops->lr;
    bool small = ops->lr_batch > 0 && settings->batch < ops->lr_batch;
    return small ? lr * sqrt((double)settings->batch / (double)ops->lr_batch) : lr;
}

double lt_optimizer_decay(const struct lt_optimizer_ops *ops,
                          const struct lt_optimizer_settings *settings)
{
    return settings->decay >= 0 ? settings->decay : ops->decay;
}

int lt_optimizer_create(struct lt_optimizer **out, const struct lt_optimizer_ops *ops,
                        struct lt_backend *backend, const struct lt_net *net,
                        const struct lt_optimizer_settings *settings, struct lt_error *err)
{
    const struct lt_params *params = lt_net_params(net);
    struct lt_optimizer *o = NULL;
    *out = NULL;
    int rc = lt_alloc(&o, 1, sizeof *o, "an optimizer", err);
    if (rc)
        return rc;
    *o = (struct lt_optimizer){.ops = ops,
                               .backend = backend,
                               .net = net,
                               .params = params,
                               .weights = lt_net_weights(net),
                               .gradients = lt_net_gradients(net),
                               .settings = *settings,
                               .state_floats = ops->state_floats(params)};
    o->settings.lr = lt_optimizer_lr(ops, settings);
    o->settings.decay = lt_optimizer_decay(ops, settings);
    size_t scratch = ops->scratch_floats ? ops->scratch_floats(params) : 0;
    rc = backend->ops->memory_create(backend, (o->state_floats + scratch) * sizeof(float),
                                     &o->state, err);
    if (!rc && ops->create)
        rc = ops->create(o, err);
    if (rc)
        lt_optimizer_free(&o);
    *out = o;
    return rc;
}

void lt_optimizer_free(struct lt_optimizer **o)
{
    struct lt_optimizer *p = *o;
    *o = NULL;
    if (!p)
        return;
    if (p->ops->free)
        p->ops->free(p);
    if (p->state)
        p->backend->ops->memory_free(p->backend, p->state);
    lt_free(p);
}

struct lt_buffer lt_optimizer_state(const struct lt_optimizer *o, int index)
{
    return (struct lt_buffer){o->state, (size_t)index * o->params->total * sizeof(float)};
}

struct lt_buffer lt_optimizer_scratch(const struct lt_optimizer *o)
{
    return (struct lt_buffer){o->state, o->state_floats * sizeof(float)};
}

double lt_optimizer_clip(const struct lt_optimizer *o)
{
    if (o->settings.clip <= 0)
        return 1;
    double norm =
        sqrt(o->backend->ops->dot(o->backend, o->params->total, o->gradients, o->gradients));
    return norm > o->settings.clip ? o->settings.clip / norm : 1;
}
