#include "app/greedy.h"

#include "base/mem.h"
#include <stdio.h>
#include <string.h>

static const double MASKED =
    0.25; /* share of a hidden layer's values, where rows have other noise */

int lt_greedy_check(const struct lt_autoencoder *a, struct lt_error *err)
{
    const char *what = a->norm != LT_NORM_NONE ? "normalisation"
                       : lt_has_pooling(a)     ? "pooling"
                       : a->variational        ? "a variational code"
                                               : NULL;
    for (int i = 0; i < a->hidden; i++)
        what = a->layer[i].residual ? "residual blocks" : what;
    if (!what)
        return 0;
    return lt_fail(err, LT_EUSAGE,
                   "--greedy trains one layer after the other, and %s cannot be told apart from "
                   "its neighbours so; leave one of them out",
                   what);
}

/* ---- what a layer reads ---- */

struct chain {
    const struct lt_greedy *g;
    struct lt_net *level[LT_HIDDEN_MAX + 1]; /* trained */
    int count;
    float *x; /* (batch, widest): between levels */
};

static int read_chain(void *context, uint32_t epoch, const int64_t *rows, int64_t n, float *x,
                      struct lt_error *err)
{
    const struct chain *c = context;
    int rc = c->g->rows.read(c->g->rows.context, epoch, rows, n, c->count ? c->x : x, err);
    for (int i = 0; i < c->count && !rc; i++) {
        struct lt_net *net = c->level[i];
        lt_net_put_input(net, c->x, n);
        lt_net_encode(net, &(struct lt_pass){.rows = n});
        lt_net_get_code(net, i + 1 == c->count ? x : c->x, n);
    }
    return rc;
}

/* ---- one layer ---- */

static bool is_grid(const struct lt_autoencoder *a, int k)
{
    return k < a->hidden && lt_hidden_is_grid(&a->layer[k]);
}

static int64_t width_of(const struct lt_autoencoder *a, int k)
{
    return k < a->hidden ? a->layer[k].width : a->dims;
}

/* Layer k as an autoencoder of its own, whose code is what the layer puts out. */
static int build(struct lt_net_spec *spec, const struct lt_greedy *g, int k, struct lt_shape input,
                 struct lt_error *err)
{
    struct lt_autoencoder a = *g->shape;
    const bool masks = a.noise == LT_NOISE_MASK;
    a.input = input;
    a.hidden = is_grid(&a, k) ? 1 : 0;
    a.dims = a.hidden ? 0 : width_of(g->shape, k);
    a.layer[0] = g->shape->layer[k < g->shape->hidden ? k : 0];
    if (k + 1 < lt_greedy_layers(g->shape))
        a.sparsity = LT_SPARSITY_NONE;
    a.ordered = a.ordered && k + 1 == lt_greedy_layers(g->shape);
    a.contraction = a.attraction = 0;
    if (k > 0 || a.noise == LT_NOISE_NONE) {
        a.noise = LT_NOISE_MASK;
        a.amount = masks ? a.amount : MASKED;
        a.most = masks ? a.most : 0;
    }
    if (k > 0) {
        a.observe = false;
        a.flags = a.runs = 0;
        a.numbers = lt_shape_width(input);
        a.loss = LT_LOSS_MSE;
        a.unit = LT_ACT_LINEAR;
    }
    int rc = lt_autoencoder_build(spec, &a, err);
    for (int i = 1; i < spec->count && !rc; i++) {
        const bool encoder = strcmp(spec->node[i].name, "encoder1") == 0;
        if (encoder && k + 1 < lt_greedy_layers(g->shape))
            spec->node[i].act = g->shape->act;
        if (strcmp(spec->node[i].name, "decoder1") == 0 && k > 0)
            spec->node[i].act = g->shape->act; /* it is a hidden layer of the whole */
    }
    return rc;
}

/* encoder1 of layer k is encoder(k + 1) of the whole, and decoder1 the decoder that mirrors it. */
static void take_param(const struct lt_params *to, float *weights, const struct lt_param *p,
                       const float *from, int k, int layers)
{
    const char *dot = strchr(p->name, '.');
    char name[sizeof p->name + 16];
    snprintf(name, sizeof name, "%s", p->name);
    if (strncmp(p->name, "encoder1.", 9) == 0)
        snprintf(name, sizeof name, "encoder%d%s", k + 1, dot);
    else if (strncmp(p->name, "decoder1.", 9) == 0)
        snprintf(name, sizeof name, "decoder%d%s", layers - k, dot);
    lt_params_take(to, weights, name, p, from);
}

static int fit(const struct chain *c, struct lt_net *net, int k, struct lt_error *err)
{
    const struct lt_greedy *g = c->g;
    struct lt_trainer *trainer = NULL;
    struct lt_train_outcome outcome;
    struct lt_train_settings settings = *g->train;
    const struct lt_source source = {read_chain, (void *)(uintptr_t)c, g->rows.rows, NULL};
    const struct lt_source none = {0};
    settings.steps = g->steps;
    settings.budget = g->steps > 0 ? 0 : g->seconds;
    settings.seed += 1000 * (uint64_t)(k + 1);
    settings.checkpoint = NULL;
    settings.resume = false;
    settings.noisy_validation = false;
    int rc = lt_trainer_create(&trainer, net, g->backend, &source, &none, &settings, err);
    if (!rc)
        rc = lt_trainer_run(trainer, &outcome, err);
    lt_trainer_free(&trainer);
    return rc;
}

/* Trains layer k and adds it to the chain; *shape is what it reads, and then what it puts out. */
static int train_layer(struct chain *c, int k, struct lt_shape *shape,
                       const struct lt_params *layout, float *weights, struct lt_error *err)
{
    const struct lt_greedy *g = c->g;
    struct lt_net_options options = {
        .rows = g->train->batch, .training = true, .precision = g->precision};
    struct lt_net_spec spec;
    struct lt_net *net = NULL;
    float *own = NULL;
    int rc = build(&spec, g, k, *shape, err);
    if (!rc)
        rc = lt_net_create(&net, &spec, g->backend, &options, err);
    if (!rc)
        rc = lt_alloc(&own, lt_net_params(net)->total, sizeof *own, "weights", err);
    if (!rc) {
        lt_params_init(lt_net_params(net), &spec, g->train->seed + (uint64_t)k, own);
        if (k == 0)
            lt_params_fit_data(lt_net_params(net), &spec, g->mean, g->mean_square, own);
        lt_net_set_weights(net, own);
        rc = fit(c, net, k, err);
    }
    options.training = false;
    options.precision = LT_PRECISION_F32;
    if (!rc)
        rc = lt_net_create(&c->level[c->count], &spec, g->backend, &options, err);
    if (!rc) {
        lt_net_get_weights(net, own);
        lt_net_set_weights(c->level[c->count], own);
        for (int p = 0; p < lt_net_params(net)->count; p++)
            take_param(layout, weights, &lt_net_params(net)->param[p], own, k,
                       lt_greedy_layers(g->shape));
        *shape = lt_net_spec_of(net)->node[lt_net_spec_of(net)->code].shape;
        c->count++;
    }
    lt_free(own);
    lt_net_free(&net);
    return rc;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int lt_greedy_start(const struct lt_greedy *greedy, const struct lt_params *layout, float *weights,
                    struct lt_error *err)
{
    const struct lt_autoencoder *a = greedy->shape;
    struct chain c = {.g = greedy};
    struct lt_shape shape = a->input;
    int64_t widest = lt_shape_width(shape);
    for (int k = 0; k < lt_greedy_layers(a); k++) /* a grid of pixels has at most as many */
        widest = most(widest, width_of(a, k) * (is_grid(a, k) ? a->input.h * a->input.w : 1));
    int rc = lt_alloc(&c.x, (size_t)(greedy->train->batch * widest), sizeof *c.x, "a batch", err);
    for (int k = 0; k < lt_greedy_layers(a) && !rc; k++)
        rc = train_layer(&c, k, &shape, layout, weights, err);
    for (int i = 0; i < c.count; i++)
        lt_net_free(&c.level[i]);
    lt_free(c.x);
    return rc;
}
