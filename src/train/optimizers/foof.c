#include "base/fmath.h"
#include "base/mem.h"
#include "train/optimizers/optimizers.h"
#include <math.h>

/* FOOF: momentum, whitened on the input side (Benzing, "Gradient descent on neurons and its link
 * to approximate second-order optimization", ICML 2022): K-FAC (Martens & Grosse 2015) with the
 * input factor only.  For a dense layer with inputs h (B, in) and weights W (out, in):
 *
 *     A <- 0.95 A + 0.05 h^T h / B            second moment of the inputs, (in, in)
 *     P  = (A + damping mean(diag A) I)^-1    refreshed now and then
 *     M <- b M + (1 - b) G                    momentum of the gradient, b = 0.95
 *     U  = (b M + (1 - b) G) P                one step ahead, as Nesterov's
 *     W <- (1 - lr decay) W - lr U / (rms(U) sqrt(in))
 *
 * so that every step changes a unit's input by about lr whatever the layer's width.  Inputs of a
 * convolution are patches, here of about PATCHES pixels of the batch.  Biases, gains, transposed
 * convolutions and layers of very many inputs take Adam steps of ADAM_LR lr.  All decisions are
 * functions of the step, so the state is the arrays
 * alone: M and the second moments of biases (each as long as the parameters), then A and P of
 * every layer.  docs/optimizers.md holds the measurements behind the constants. */

static const float MOMENT_DECAY = 0.95f, MOMENTUM = 0.95f, DAMPING = 1.0f;
static const double ADAM_LR = 0.05;
enum {
    MOMENT_EVERY = 4,
    MOMENT_WARM = 20,
    REFRESH_EVERY = 40,
    REFRESH_WARM = 40,
    WHITEN_MOST = 2048,
    PATCHES = 1024
};

struct layer {
    const struct lt_param *param;
    size_t moment, inverse;    /* offsets into the state, in floats */
    struct lt_matmul *collect; /* h^T h */
    struct lt_matmul *whiten;  /* M P */
};
struct foof {
    int layers;
    struct layer layer[LT_NODES_MAX];
};

/* Whether a block is whitened: weights of dense layers and of convolutions, unless the inverse would
 * cost more than it brings.  A transposed convolution is multiplied with single pixels and not with
 * patches, so it takes Adam steps. */
static bool whitened(const struct lt_param *q)
{
    return q->kind == LT_PARAM_WEIGHT && !q->transposed && q->cols <= WHITEN_MOST;
}

/* Of a convolution, the images of a batch whose patches are looked at: enough for about
 * PATCHES of them. */
static int64_t images_seen(const struct lt_param *q, int64_t batch)
{
    const int64_t n = PATCHES / q->uses > 0 ? PATCHES / q->uses : 1;
    return n < batch ? n : batch;
}

static size_t state_floats(const struct lt_params *p)
{
    size_t n = 2 * p->total;
    for (int i = 0; i < p->count; i++)
        if (whitened(&p->param[i]))
            n += 2 * (size_t)p->param[i].cols * (size_t)p->param[i].cols;
    return n;
}

static size_t scratch_floats(const struct lt_params *p)
{
    size_t most = 0;
    for (int i = 0; i < p->count; i++) {
        size_t n = (size_t)p->param[i].rows * (size_t)p->param[i].cols;
        size_t work = lt_spd_work(p->param[i].cols);
        n = !whitened(&p->param[i]) || n > work ? n : work;
        if (p->param[i].conv && whitened(&p->param[i])) {
            size_t seen = (size_t)(PATCHES > p->param[i].uses ? PATCHES : p->param[i].uses);
            seen *= (size_t)p->param[i].cols;
            n = seen > n ? seen : n;
        }
        most = n > most ? n : most;
    }
    return most;
}

static struct lt_buffer at(const struct lt_optimizer *o, size_t floats)
{
    return (struct lt_buffer){o->state, floats * sizeof(float)};
}

static int plan_layer(struct lt_optimizer *o, struct layer *l, struct lt_error *err)
{
    int64_t in = l->param->cols, batch = o->settings.batch;
    struct lt_matmul_spec collect = {
        .m = in,
        .n = in,
        .k = l->param->conv ? images_seen(l->param, batch) * l->param->uses : batch,
        .transpose_a = true,
        .precision = o->settings.precision};
    struct lt_matmul_spec whiten = {
        .m = l->param->rows, .n = in, .k = in, .precision = o->settings.precision};
    int rc = o->backend->ops->matmul_create(o->backend, &collect, &l->collect, err);
    return rc ? rc : o->backend->ops->matmul_create(o->backend, &whiten, &l->whiten, err);
}

static int create(struct lt_optimizer *o, struct lt_error *err)
{
    struct foof *f = NULL;
    size_t offset = 2 * o->params->total;
    int rc = lt_alloc(&f, 1, sizeof *f, "an optimizer", err);
    o->own = f;
    for (int i = 0; i < o->params->count && !rc; i++) {
        const struct lt_param *q = &o->params->param[i];
        if (!whitened(q))
            continue;
        struct layer *l = &f->layer[f->layers++];
        size_t square = (size_t)q->cols * (size_t)q->cols;
        *l = (struct layer){.param = q, .moment = offset, .inverse = offset + square};
        offset += 2 * square;
        rc = plan_layer(o, l, err);
    }
    return rc;
}

static void destroy(struct lt_optimizer *o)
{
    struct foof *f = o->own;
    for (int i = 0; f && i < f->layers; i++) {
        if (f->layer[i].collect)
            o->backend->ops->matmul_free(o->backend, f->layer[i].collect);
        if (f->layer[i].whiten)
            o->backend->ops->matmul_free(o->backend, f->layer[i].whiten);
    }
    lt_free(f);
}

static bool collects(const struct lt_step *s, const struct lt_optimizer *o)
{
    bool due = s->step < MOMENT_WARM || s->step % MOMENT_EVERY == 0;
    return due && s->rows == o->settings.batch;
}

/* At steps 0, 1, 2, 4, 8, 16, 32 and then every REFRESH_EVERY. */
static bool refreshes(int64_t step)
{
    if (step >= REFRESH_WARM)
        return step % REFRESH_EVERY == 0;
    return (step & (step - 1)) == 0;
}

/* What the weights were multiplied with in this step: the rows that a dense layer read, or patches of
 * some images. */
static struct lt_buffer inputs(struct lt_optimizer *o, const struct layer *l,
                               const struct lt_step *s, int64_t *rows)
{
    *rows = s->rows;
    if (!l->param->conv)
        return lt_net_dense_input(o->net, l->param->node);
    const int64_t images = images_seen(l->param, s->rows);
    *rows = images * l->param->uses;
    lt_net_conv_patches(o->net, l->param->node, images, lt_optimizer_scratch(o));
    return lt_optimizer_scratch(o);
}

static void update_moments(struct lt_optimizer *o, const struct layer *l, const struct lt_step *s)
{
    const struct lt_backend_ops *ops = o->backend->ops;
    int64_t in = l->param->cols;
    if (collects(s, o)) {
        float keep = s->step == 0 ? 0 : MOMENT_DECAY;
        int64_t rows;
        struct lt_buffer h = inputs(o, l, s, &rows);
        ops->matmul_run(o->backend, l->collect, (1 - keep) / (float)rows, h, h, keep,
                        at(o, l->moment));
    }
    if (refreshes(s->step))
        ops->spd_inverse(o->backend, in, at(o, l->moment), DAMPING, at(o, l->inverse),
                         lt_optimizer_scratch(o));
}

static void step_weights(struct lt_optimizer *o, const struct layer *l, const struct lt_step *s,
                         double clip)
{
    const struct lt_backend_ops *ops = o->backend->ops;
    size_t n = (size_t)l->param->rows * (size_t)l->param->cols;
    struct lt_buffer m = at(o, l->param->offset), u = lt_optimizer_scratch(o);
    size_t bytes = l->param->offset * sizeof(float);
    struct lt_buffer g = lt_buffer_at(o->gradients, bytes);
    float fresh = (1 - MOMENTUM) * (float)clip;
    ops->axpby(o->backend, n, fresh, g, MOMENTUM, m);
    ops->axpby(o->backend, n, MOMENTUM, m, fresh, g);
    ops->matmul_run(o->backend, l->whiten, 1, g, at(o, l->inverse), 0, u);
    double rms = sqrt(ops->dot(o->backend, n, u, u) / (double)n);
    double scale = rms > 0 ? 1 / (rms * sqrt((double)l->param->cols)) : 0;
    ops->axpby(o->backend, n, (float)(-s->lr * scale), u, (float)(1 - s->lr * o->settings.decay),
               lt_buffer_at(o->weights, bytes));
}

static void step_adam(struct lt_optimizer *o, const struct lt_param *q, const struct lt_step *s,
                      double clip)
{
    const double beta1 = 0.9, beta2 = 0.999;
    double t = (double)s->step + 1;
    size_t bytes = q->offset * sizeof(float);
    struct lt_update_args args = {.lr = (float)(ADAM_LR * s->lr),
                                  .beta1 = (float)beta1,
                                  .beta2 = (float)beta2,
                                  .eps = 1e-8f,
                                  .correct1 = (float)(1 - lt_exp(t * lt_log(beta1))),
                                  .correct2 = (float)(1 - lt_exp(t * lt_log(beta2))),
                                  .gradient_scale = (float)clip};
    o->backend->ops->update(o->backend, LT_UPDATE_ADAM, &args, (size_t)q->rows * (size_t)q->cols,
                            lt_buffer_at(o->weights, bytes), lt_buffer_at(o->gradients, bytes),
                            at(o, q->offset), at(o, o->params->total + q->offset));
}

static double step(struct lt_optimizer *o, const struct lt_step *s)
{
    const struct foof *f = o->own;
    double objective = s->evaluate(s->context), clip = lt_optimizer_clip(o);
    for (int i = 0; i < f->layers; i++) {
        update_moments(o, &f->layer[i], s);
        step_weights(o, &f->layer[i], s, clip);
    }
    for (int i = 0; i < o->params->count; i++)
        if (!whitened(&o->params->param[i]) && lt_param_learns(o->params->param[i].kind))
            step_adam(o, &o->params->param[i], s, clip);
    return objective;
}

const struct lt_optimizer_ops lt_optimizer_foof = {.name = "foof",
                                                   .lr = 0.05,
                                                   .lr_linear = 0.01,
                                                   .lr_batch = 512,
                                                   .decay = 0.1,
                                                   .state_floats = state_floats,
                                                   .scratch_floats = scratch_floats,
                                                   .create = create,
                                                   .free = destroy,
                                                   .step = step};
