#include "app/doctor/examine.h"
#include "base/mem.h"
#include "train/optimizer.h"
#include <math.h>
#include <stdio.h>

/* A fresh network of the same shape, without noise and dropout, learns 32 rows that lie close
 * together.  Whatever its activations, it can at least learn where they lie, which leaves less
 * than a tenth of the error it starts with; a network whose gradients or updates are wrong
 * cannot. */

enum { ROWS = 32, STEPS_MOST = 1000, STEPS_LEAST = 40 };
static const double WORK = 1.5e10;               /* floating-point operations */
static const double ENOUGH = 0.1, PLENTY = 0.01; /* of the error at the start */

struct learner {
    const struct lt_patient *patient;
    struct lt_net *net;
    struct lt_optimizer *optimizer;
    struct lt_pass pass;
    double error; /* squared error per row at the last evaluation */
};

static double evaluate(void *context)
{
    struct learner *l = context;
    double loss[ROWS], squared[ROWS], sum = 0;
    lt_net_forward(l->net, &l->pass);
    lt_net_backward(l->net, &l->pass);
    lt_net_get_losses(l->net, loss, squared, ROWS);
    l->error = 0;
    for (int i = 0; i < ROWS; i++) {
        sum += loss[i] / ROWS;
        l->error += squared[i] / ROWS;
    }
    return sum;
}

static void moved(void *context)
{
    struct learner *l = context;
    lt_net_pack(l->net);
}

/* The first of the patient's rows and others a tenth as far from it as they are. */
static void draw_batch(const struct lt_patient *p, float *x /* (ROWS, D) */)
{
    for (int64_t r = 0; r < ROWS; r++)
        for (int64_t j = 0; j < p->inputs; j++) {
            float centre = p->rows[j];
            x[r * p->inputs + j] = centre + 0.1f * (p->rows[r * p->inputs + j] - centre);
        }
}

/* The most values that a unit, or a pixel of a channel, adds up. */
static int64_t widest(const struct lt_params *layout)
{
    int64_t most = 1;
    for (int i = 0; i < layout->count; i++)
        if (layout->param[i].kind == LT_PARAM_WEIGHT && layout->param[i].cols > most)
            most = layout->param[i].cols;
    return most;
}

static int open_learner(struct learner *l, struct lt_net_spec *spec, struct lt_error *err)
{
    const struct lt_patient *p = l->patient;
    struct lt_optimizer_settings settings = {.batch = ROWS, .decay = 0};
    float *x = NULL, *weights = NULL;
    for (int i = 0; i < spec->count; i++)
        if (spec->node[i].kind == LT_NODE_NOISE || spec->node[i].kind == LT_NODE_DROPOUT) {
            spec->node[i].noise = LT_NOISE_NONE;
            spec->node[i].amount = spec->node[i].most = 0;
        } else if (spec->node[i].kind == LT_NODE_SAMPLE) {
            spec->node[i].weight = 0;
        }
    int rc = lt_alloc(&x, ROWS * (size_t)p->inputs, sizeof *x, "a batch", err);
    if (!rc)
        rc = lt_alloc(&weights, p->network->layout.total, sizeof *weights, "weights", err);
    if (!rc)
        rc = lt_net_create(&l->net, spec, p->backend,
                           &(struct lt_net_options){.rows = ROWS, .training = true}, err);
    if (!rc)
        rc = lt_optimizer_create(&l->optimizer, lt_optimizer_by_name("adam"), p->backend, l->net,
                                 &settings, err);
    if (!rc) {
        lt_params_init(&p->network->layout, spec, 1, weights);
        lt_net_set_weights(l->net, weights);
        draw_batch(p, x);
        lt_net_put_input(l->net, x, ROWS);
    }
    lt_free(x);
    lt_free(weights);
    return rc;
}

static void learn(struct learner *l, const struct lt_net_spec *spec, struct lt_finding *f)
{
    double share = WORK / (ROWS * lt_net_flops_train(spec)), first = NAN;
    int most = share < STEPS_LEAST ? STEPS_LEAST : share > STEPS_MOST ? STEPS_MOST : (int)share;
    struct lt_step step = {.lr = 0.03 / sqrt((double)widest(&l->patient->network->layout)),
                           .rows = ROWS,
                           .context = l,
                           .evaluate = evaluate,
                           .moved = moved};
    for (; step.step < most; step.step++) {
        l->optimizer->ops->step(l->optimizer, &step);
        lt_net_pack(l->net);
        if (step.step == 0)
            first = l->error;
        if (!(l->error > PLENTY * first))
            break;
    }
    f->passed = l->error <= ENOUGH * first;
    f->value[0].key = "error_before";
    f->value[0].value = first;
    f->value[1].key = "error_after";
    f->value[1].value = l->error;
    f->value[2].key = "steps";
    f->value[2].value = (double)step.step;
    snprintf(f->text, sizeof f->text,
             "a fresh network on one batch: squared error %.4g -> %.3g in %lld steps; a tenth is "
             "asked for",
             first, l->error, (long long)step.step);
}

static int run(const struct lt_patient *p, struct lt_finding *f, struct lt_error *err)
{
    struct lt_net_spec spec = p->network->spec;
    struct learner l = {.patient = p, .pass = lt_patient_pass(p, ROWS)};
    int rc = open_learner(&l, &spec, err);
    if (!rc)
        learn(&l, &spec, f);
    lt_optimizer_free(&l.optimizer);
    lt_net_free(&l.net);
    return rc;
}

const struct lt_check lt_check_overfitting = {"overfitting", run};
