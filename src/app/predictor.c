#include "app/predictor.h"

#include "base/mem.h"
#include "base/order.h"
#include "data/split.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 1024,
    BITS = 10,
    WARMUP = 50,       /* steps */
    KEPT = 8192,       /* examples that judge, at most */
    KEPT_SHARE = 10,   /* one in so many, where there are fewer */
    SCALE_ROWS = 4096, /* examples that hidden values are measured on */
    LAYERS = LT_PREDICTOR_HIDDEN + 1,
    RUN = 256, /* examples that are read at once */
};
static const double RATE = 8e-3;      /* learning rate */
static const double QUANTILE = 0.999; /* of the largest value that a layer has for an example ... */
static const double TOP = 6;          /* ... which is brought here; the limit is 8 */

struct job {
    const struct lt_examples *examples;
    const struct lt_predictor_settings *settings;
    struct lt_rowset training, kept;
    int layers; /* the last included */
    int64_t widths[LAYERS + 1];
    float *params; /* in the order of net.h; what follows points into it */
    float *weights[LAYERS], *biases[LAYERS];
    int64_t widest;
};

/* ---- training in floats ---- */

static int read_examples(void *context, uint32_t epoch, const int64_t *ids, int64_t n, float *x,
                         struct lt_error *err)
{
    const struct lt_examples *e = context;
    (void)epoch;
    return e->read(e->context, ids, n, x, err);
}

/* (features, targets) -> features -> hidden layers, the last of which is the code -> outputs */
static int build(struct lt_net_spec *s, const struct job *j, struct lt_error *err)
{
    const struct lt_predictor_settings *p = j->settings;
    *s = (struct lt_net_spec){0};
    int at = lt_net_spec_add(s, LT_NODE_INPUT, "input", 0, 0);
    s->node[at].shape = (struct lt_shape){j->examples->features + j->examples->outputs, 1, 1};
    at = lt_net_spec_add(s, LT_NODE_SLICE, "features", 0, at);
    s->node[at].width = j->examples->features;
    for (int i = 0; i < p->layers; i++)
        at = lt_net_spec_add_dense(s, "hidden", i + 1, at, p->hidden[i], LT_ACT_RELU);
    s->code = at = lt_net_spec_add(s, LT_NODE_CODE, "code", 0, at);
    at = lt_net_spec_add_dense(s, "output", 0, at, j->examples->outputs, LT_ACT_LINEAR);
    at = lt_net_spec_add(s, LT_NODE_HEAD, "head", 0, at);
    s->node[at].loss = p->loss;
    s->node[at].unit = p->loss == LT_LOSS_BCE ? LT_ACT_SIGMOID : LT_ACT_LINEAR;
    s->node[at].target = j->examples->features;
    return lt_net_spec_infer(s, err);
}

static int64_t batch_of(const struct job *j)
{
    const int64_t batch = j->settings->batch > 0 ? j->settings->batch : BATCH;
    return batch < j->training.count ? batch : j->training.count;
}

static int train(const struct job *j, struct lt_net *net, struct lt_train_outcome *outcome,
                 struct lt_error *err)
{
    const struct lt_predictor_settings *p = j->settings;
    struct lt_source source = {.read = read_examples,
                               .context = (void *)(uintptr_t)j->examples,
                               .rows = j->training},
                     none = {0};
    struct lt_train_settings settings = {.optimizer = lt_optimizer_by_name("adamw"),
                                         .schedule = {LT_SCHEDULE_TRAPEZOID, WARMUP},
                                         .batch = batch_of(j),
                                         .steps = p->steps,
                                         .budget = p->budget,
                                         .validate_every = INT64_MAX,
                                         .seed = p->seed,
                                         .progress = p->progress,
                                         .progress_context = p->progress_context};
    struct lt_trainer *trainer = NULL;
    settings.optimizer_settings = (struct lt_optimizer_settings){.lr = p->lr > 0 ? p->lr : RATE,
                                                                 .batch = settings.batch,
                                                                 .linear = p->loss != LT_LOSS_BCE,
                                                                 .precision = p->precision};
    int rc = lt_trainer_create(&trainer, net, p->backend, &source, &none, &settings, err);
    if (!rc)
        rc = lt_trainer_run(trainer, outcome, err);
    lt_trainer_free(&trainer);
    return rc;
}

/* Where the layers' blocks lie. */
static void find_layers(struct job *j, const struct lt_params *layout)
{
    for (int l = 0; l < j->layers; l++) {
        j->weights[l] = j->params + layout->param[2 * l].offset;
        j->biases[l] = j->params + layout->param[2 * l + 1].offset;
    }
}

static int learn(struct job *j, struct lt_train_outcome *outcome, struct lt_error *err)
{
    const struct lt_predictor_settings *p = j->settings;
    struct lt_net_options options = {
        .rows = batch_of(j), .training = true, .precision = p->precision};
    struct lt_net_spec spec;
    struct lt_net *net = NULL;
    int rc = build(&spec, j, err);
    if (!rc)
        rc = lt_net_create(&net, &spec, p->backend, &options, err);
    if (!rc)
        rc = lt_alloc(&j->params, lt_net_params(net)->total, sizeof *j->params, "weights", err);
    if (!rc) {
        lt_params_init(lt_net_params(net), &spec, p->seed, j->params);
        if (p->initial)
            memcpy(j->params, p->initial, lt_net_params(net)->total * sizeof *j->params);
        lt_net_set_weights(net, j->params);
        rc = train(j, net, outcome, err);
    }
    if (!rc) {
        lt_net_get_weights(net, j->params);
        find_layers(j, lt_net_params(net));
    }
    lt_net_free(&net);
    return rc;
}

/* ---- examples through the float network, in plain C ---- */

/* y = W x + b, and its positive part where the layer is hidden. */
static void run_layer(const struct job *j, int l, const float *x, float *y)
{
    const int64_t in = j->widths[l];
    for (int64_t o = 0; o < j->widths[l + 1]; o++) {
        const float *w = j->weights[l] + o * in;
        float sum = j->biases[l][o];
        for (int64_t i = 0; i < in; i++)
            sum += w[i] * x[i];
        y[o] = l < j->layers - 1 && sum < 0 ? 0 : sum;
    }
}

/* What is done with each of some examples. */
typedef void visit_fn(void *context, int64_t number, const float *x /* (features + outputs) */);

static int visit_examples(const struct job *j, const struct lt_rowset *rows, int64_t count,
                          visit_fn *visit, void *context, struct lt_error *err)
{
    const int64_t width = j->examples->features + j->examples->outputs;
    int64_t ids[RUN];
    float *x = NULL;
    int rc = lt_alloc(&x, (size_t)(RUN * width), sizeof *x, "examples", err);
    for (int64_t at = 0; at < count && !rc; at += RUN) {
        const int64_t n = count - at < RUN ? count - at : RUN;
        for (int64_t i = 0; i < n; i++)
            ids[i] = lt_rowset_row(rows, at + i);
        rc = j->examples->read(j->examples->context, ids, n, x, err);
        for (int64_t i = 0; i < n && !rc; i++)
            visit(context, at + i, x + i * width);
    }
    lt_free(x);
    return rc;
}

/* ---- scaling ---- */

struct peaks { /* the largest value of a layer for every example */
    const struct job *j;
    double *value[LAYERS - 1]; /* (count) */
    float *room[2];            /* (widest) */
};

static void measure_peaks(void *context, int64_t number, const float *x)
{
    struct peaks *p = context;
    for (int l = 0; l < p->j->layers - 1; l++) {
        float *y = p->room[l % 2], most = 0;
        run_layer(p->j, l, x, y);
        for (int64_t o = 0; o < p->j->widths[l + 1]; o++)
            most = fmaxf(most, y[o]);
        p->value[l][number] = (double)most;
        x = y;
    }
}

static void scale(float *values, int64_t n, double factor)
{
    for (int64_t i = 0; i < n; i++)
        values[i] = (float)((double)values[i] * factor);
}

/* Divides the values of hidden layer l, and what the next makes of them stays. */
static void divide_layer(struct job *j, int l, double by)
{
    scale(j->weights[l], j->widths[l] * j->widths[l + 1], 1 / by);
    scale(j->biases[l], j->widths[l + 1], 1 / by);
    scale(j->weights[l + 1], j->widths[l + 1] * j->widths[l + 2], by);
}

/* Brings the values of every hidden layer to where integers hold them best. */
static int fill_range(struct job *j, struct lt_error *err)
{
    const int64_t count = j->training.count < SCALE_ROWS ? j->training.count : SCALE_ROWS;
    const int hidden = j->layers - 1;
    struct peaks p = {.j = j};
    int rc = 0;
    for (int l = 0; l < hidden && !rc; l++)
        rc = lt_alloc(&p.value[l], (size_t)count, sizeof *p.value[l], "hidden values", err);
    for (int k = 0; k < 2 && !rc; k++)
        rc = lt_alloc(&p.room[k], (size_t)j->widest, sizeof *p.room[k], "hidden values", err);
    if (!rc)
        rc = visit_examples(j, &j->training, count, measure_peaks, &p, err);
    for (int l = 0; l < hidden && !rc; l++) {
        qsort(p.value[l], (size_t)count, sizeof *p.value[l], lt_by_value);
        const double high = p.value[l][(int64_t)(QUANTILE * (double)(count - 1))];
        if (high > 0)
            divide_layer(j, l, high / TOP);
    }
    for (int l = 0; l < hidden; l++)
        lt_free(p.value[l]);
    lt_free(p.room[0]);
    lt_free(p.room[1]);
    return rc;
}

/* ---- what it costs to be integers ---- */

struct judging {
    const struct job *j;
    const struct lt_intnet *net;
    float *room[2];      /* (widest) */
    int16_t *x, *h;      /* (features), (lt_intnet_room) */
    double loss[2];      /* sums: of floats, of integers */
    int64_t hidden, top; /* last hidden values of the integer network, those at their limit */
};

/* As the head of a network has it (net/layers/head.c): a is the logit of bce. */
static double loss_of(enum lt_loss loss, double a, double target)
{
    const double d = fabs(a - target);
    switch (loss) {
    case LT_LOSS_BCE: /* softplus(a) - t a */
        return fmax(a, 0) + log1p(exp(-fabs(a))) - target * a;
    case LT_LOSS_MAE:
        return d;
    case LT_LOSS_HUBER:
        return d <= 1 ? d * d / 2 : d - 0.5;
    default:
        return d * d;
    }
}

static const float *run_floats(struct judging *g, const float *x)
{
    for (int l = 0; l < g->j->layers; l++) {
        run_layer(g->j, l, x, g->room[l % 2]);
        x = g->room[l % 2];
    }
    return x;
}

static void run_integers(struct judging *g, const float *x)
{
    const float most = LT_INTNET_MOST;
    for (int64_t i = 0; i < g->j->examples->features; i++)
        g->x[i] = (int16_t)lrintf(fminf(fmaxf(x[i] * LT_INTNET_ONE, -most), most));
    lt_intnet_hidden(g->net, g->x, g->h);
    for (int32_t i = 0; i < g->net->layer[g->net->layers - 1].inputs; i++)
        g->top += g->h[i] == LT_INTNET_MOST;
    g->hidden += g->net->layer[g->net->layers - 1].inputs;
}

static void judge_example(void *context, int64_t number, const float *x)
{
    struct judging *g = context;
    const float *target = x + g->j->examples->features, *y = run_floats(g, x);
    const enum lt_loss loss = g->j->settings->loss;
    (void)number;
    run_integers(g, x);
    for (int32_t o = 0; o < g->j->examples->outputs; o++) {
        if (isnan(target[o]))
            continue;
        g->loss[0] += loss_of(loss, (double)y[o], (double)target[o]);
        g->loss[1] += loss_of(loss, lt_intnet_unit(g->net, g->h, o) / 65536.0, (double)target[o]);
    }
}

static int judge(const struct job *j, const struct lt_intnet *net, struct lt_predictor_report *r,
                 struct lt_error *err)
{
    struct judging g = {.j = j, .net = net};
    int rc = 0;
    for (int k = 0; k < 2 && !rc; k++)
        rc = lt_alloc(&g.room[k], (size_t)j->widest, sizeof *g.room[k], "hidden values", err);
    if (!rc)
        rc = lt_alloc(&g.x, (size_t)j->widths[0], sizeof *g.x, "hidden values", err);
    if (!rc)
        rc = lt_alloc(&g.h, (size_t)lt_intnet_room(net), sizeof *g.h, "hidden values", err);
    if (!rc)
        rc = visit_examples(j, &j->kept, j->kept.count, judge_example, &g, err);
    if (!rc) {
        r->kept = j->kept.count;
        r->float_loss = g.loss[0] / (double)j->kept.count;
        r->integer_loss = g.loss[1] / (double)j->kept.count;
        r->clamped = (double)g.top / (double)g.hidden;
    }
    lt_free(g.room[0]);
    lt_free(g.room[1]);
    lt_free(g.x);
    lt_free(g.h);
    return rc;
}

/* ---- all of it ---- */

static int check(const struct lt_examples *e, const struct lt_predictor_settings *p,
                 struct lt_error *err)
{
    if (p->layers < 1 || p->layers > LT_PREDICTOR_HIDDEN)
        return lt_fail(err, LT_EUSAGE, "a predictor has 1 to %d hidden layers, not %d",
                       LT_PREDICTOR_HIDDEN, p->layers);
    if (p->loss == LT_LOSS_CE)
        return lt_fail(err, LT_EUSAGE, "a predictor's outputs are values or logits, not classes");
    if (p->steps <= 0 && p->budget <= 0)
        return lt_fail(err, LT_EUSAGE, "a predictor is trained for some steps or some seconds");
    if (e->count < 2 || e->features < 1 || e->outputs < 1)
        return lt_fail(err, LT_EUSAGE,
                       "a predictor learns from two or more examples of one or more features and "
                       "outputs");
    return 0;
}

static void plan(struct job *j)
{
    const struct lt_examples *e = j->examples;
    const struct lt_predictor_settings *p = j->settings;
    const int64_t share = (e->count + KEPT_SHARE - 1) / KEPT_SHARE;
    j->kept = (struct lt_rowset){.stream = lt_stream(p->seed, LT_RNG_SPLIT, 0, 0),
                                 .total = e->count,
                                 .count = share < KEPT ? share : KEPT};
    j->training = j->kept;
    j->training.first = j->kept.count;
    j->training.count = e->count - j->kept.count;
    j->layers = p->layers + 1;
    j->widths[0] = e->features;
    for (int l = 0; l < p->layers; l++)
        j->widths[l + 1] = p->hidden[l];
    j->widths[j->layers] = e->outputs;
    for (int l = 0; l <= j->layers; l++)
        j->widest = j->widths[l] > j->widest ? j->widths[l] : j->widest;
}

int lt_predictor_train(struct lt_intnet **out, const struct lt_examples *examples,
                       const struct lt_predictor_settings *settings,
                       struct lt_predictor_report *report, struct lt_error *err)
{
    struct job j = {.examples = examples, .settings = settings};
    struct lt_predictor_report r = {0};
    struct lt_train_outcome outcome;
    *out = NULL;
    int rc = check(examples, settings, err);
    if (rc)
        return rc;
    plan(&j);
    rc = learn(&j, &outcome, err);
    if (!rc)
        rc = fill_range(&j, err);
    if (!rc)
        rc = lt_intnet_quantise(out, j.layers, j.widths, (const float *const *)j.weights,
                                (const float *const *)j.biases,
                                settings->bits > 0 ? settings->bits : BITS, settings->isa, err);
    if (!rc)
        rc = judge(&j, *out, &r, err);
    if (!rc && report) {
        r.steps = outcome.steps;
        r.seconds = outcome.seconds;
        r.per_second = outcome.rows_per_second;
        *report = r;
    }
    if (rc && *out)
        lt_intnet_free(out);
    lt_free(j.params);
    return rc;
}
