#include "kernels/backend.h"

#include "base/mem.h"
#include "base/parallel.h"
#include "kernels/cpu/cpu.h"
#include "kernels/ref/ref.h"
#include <stdio.h>
#include <string.h>

/* The backends of this build, best first. */
static const struct lt_backend_ops *const backends[] = {
#if LT_HAVE_DNNL
    &lt_cpu_ops,
#endif
    &lt_ref_ops,
};
enum { BACKENDS = sizeof backends / sizeof *backends };

static const char *const act_names[LT_ACTS] = {
    [LT_ACT_LINEAR] = "linear",
    [LT_ACT_SIGMOID] = "sigmoid",
    [LT_ACT_TANH] = "tanh",
    [LT_ACT_RELU] = "relu",
    [LT_ACT_LEAKY_RELU] = "leaky-relu",
    [LT_ACT_ELU] = "elu",
    [LT_ACT_SELU] = "selu",
    [LT_ACT_GELU] = "gelu",
    [LT_ACT_SILU] = "silu",
    [LT_ACT_SOFTPLUS] = "softplus",
};

static const char *const loss_names[LT_LOSSES] = {
    [LT_LOSS_MSE] = "mse",     [LT_LOSS_BCE] = "bce", [LT_LOSS_MAE] = "mae",
    [LT_LOSS_HUBER] = "huber", [LT_LOSS_CE] = "ce",
};

static const char *const noise_names[LT_NOISES] = {
    [LT_NOISE_NONE] = "none",       [LT_NOISE_GAUSSIAN] = "gaussian",
    [LT_NOISE_MASK] = "mask",       [LT_NOISE_SALTPEPPER] = "saltpepper",
    [LT_NOISE_UNIFORM] = "uniform", [LT_NOISE_MISSING] = "missing",
    [LT_NOISE_POISSON] = "poisson", [LT_NOISE_JPEG] = "jpeg",
    [LT_NOISE_PAIRS] = "pairs",
};

/* Amounts from and to. */
static const float noise_limits[LT_NOISES][2] = {
    [LT_NOISE_NONE] = {0, 1e6f},        [LT_NOISE_GAUSSIAN] = {0, 1e6f},
    [LT_NOISE_MASK] = {0, 1},           [LT_NOISE_SALTPEPPER] = {0, 1},
    [LT_NOISE_UNIFORM] = {0, 1e6f},     [LT_NOISE_MISSING] = {0, 1},
    [LT_NOISE_POISSON] = {0.01f, 1e6f}, [LT_NOISE_JPEG] = {1, 100},
    [LT_NOISE_PAIRS] = {0, 1e6f},
};

static const char *const sparsity_names[LT_SPARSITIES] = {
    [LT_SPARSITY_NONE] = "none", [LT_SPARSITY_TOPK] = "topk",           [LT_SPARSITY_L1] = "l1",
    [LT_SPARSITY_KL] = "kl",     [LT_SPARSITY_BATCHTOPK] = "batchtopk",
};

static const char *const pool_names[LT_POOLS] = {
    [LT_POOL_NONE] = "none",
    [LT_POOL_MAX] = "max",
    [LT_POOL_AVERAGE] = "average",
};

static const char *const upsample_names[LT_UPSAMPLES] = {
    [LT_UPSAMPLE_NEAREST] = "nearest",
    [LT_UPSAMPLE_BILINEAR] = "bilinear",
};

static const char *const norm_names[LT_NORMS] = {
    [LT_NORM_NONE] = "none",
    [LT_NORM_LAYER] = "layer",
    [LT_NORM_BATCH] = "batch",
};

static int find(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

const char *lt_act_name(enum lt_act act)
{
    return act_names[act];
}
int lt_act_by_name(const char *name)
{
    return find(act_names, LT_ACTS, name);
}
const char *lt_loss_name(enum lt_loss loss)
{
    return loss_names[loss];
}
int lt_loss_by_name(const char *name)
{
    return find(loss_names, LT_LOSSES, name);
}
const char *lt_sparsity_name(enum lt_sparsity sparsity)
{
    return sparsity_names[sparsity];
}
int lt_sparsity_by_name(const char *name)
{
    return find(sparsity_names, LT_SPARSITIES, name);
}
const char *lt_pool_name(enum lt_pool pool)
{
    return pool_names[pool];
}
int lt_pool_by_name(const char *name)
{
    return find(pool_names, LT_POOLS, name);
}
const char *lt_upsample_name(enum lt_upsample upsample)
{
    return upsample_names[upsample];
}
int lt_upsample_by_name(const char *name)
{
    return find(upsample_names, LT_UPSAMPLES, name);
}
const char *lt_norm_name(enum lt_norm norm)
{
    return norm_names[norm];
}
int lt_norm_by_name(const char *name)
{
    return find(norm_names, LT_NORMS, name);
}
const char *lt_noise_name(enum lt_noise noise)
{
    return noise_names[noise];
}
int lt_noise_by_name(const char *name)
{
    return find(noise_names, LT_NOISES, name);
}

float lt_noise_least(enum lt_noise noise)
{
    return noise_limits[noise][0];
}

float lt_noise_most(enum lt_noise noise)
{
    return noise_limits[noise][1];
}

bool lt_act_needs_pre(enum lt_act act)
{
    return act == LT_ACT_GELU || act == LT_ACT_SILU;
}

static const struct lt_backend_ops *backend_by_name(const char *name)
{
    if (!name)
        return backends[0];
    for (int i = 0; i < BACKENDS; i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    return NULL;
}

static int fail_unknown(const char *name, struct lt_error *err)
{
    char known[64] = "";
    for (int i = 0; i < BACKENDS; i++) {
        const size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", backends[i]->name);
    }
    return lt_fail(err, LT_EUSAGE, "backend \"%s\" is not in this build; it has: %s", name, known);
}

int lt_backend_create(struct lt_backend **out, const char *name, int threads, struct lt_error *err)
{
    const struct lt_backend_ops *ops = backend_by_name(name);
    struct lt_backend *b = NULL;
    *out = NULL;
    if (!ops)
        return fail_unknown(name, err);
    int rc = lt_alloc(&b, 1, sizeof *b, "backend", err);
    if (rc)
        return rc;
    b->ops = ops;
    b->threads = threads > 0 ? threads : lt_cpu_count();
    rc = ops->open(b, err);
    if (rc)
        lt_backend_free(&b);
    *out = b;
    return rc;
}

void lt_backend_free(struct lt_backend **backend)
{
    if (*backend)
        (*backend)->ops->close(*backend);
    lt_free(*backend);
    *backend = NULL;
}

enum lt_precision lt_backend_precision(struct lt_backend *b, enum lt_precision wanted)
{
    return b->ops->precision(b, wanted);
}

void lt_backend_describe(const struct lt_backend *b, char *text, size_t size)
{
    b->ops->describe(b, text, size);
}
