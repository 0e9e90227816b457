#include "app/doctor/examine.h"
#include "base/mem.h"
#include <math.h>
#include <stdio.h>

/* Analytic gradients against (F(w + h d) - F(w - h d)) / 2h, F in double.  In every parameter
 * block d is once a random sign for all parameters, which sees each of them, then single
 * parameters: the one of the largest gradient and one by chance.
 *
 * A deviation counts in units of the block's gradient (its norm, or its largest entry).  Products
 * in f32 leave about 1e-5, a missing term leaves 1.  A bias that a batch normalisation takes away
 * again has no gradient but rounding, so it counts in units of the largest entry of all.  Where a step crosses the kink of a relu the
 * difference is off, so steps ten and a hundred times shorter get a say before a verdict. */

static const double TOLERANCE = 5e-3, CLEAN = 1e-4;
static const double WORK = 8e8; /* multiply-adds of all evaluations; about a second */
enum { SINGLES = 2, ROWS_MOST = 8, SHORTER = 3 };

struct probe {
    const struct lt_patient *patient;
    struct lt_pass pass;
    const float *gradient; /* (params) */
    const float *chance;   /* (params), uniform on [0, 1): the signs of directions */
    double *weights;       /* (params) */
    double objective;
    double largest; /* gradient of all parameters */
    struct lt_error *err;
    int evaluations;
};

static double evaluate(struct probe *b)
{
    const struct lt_network *n = b->patient->network;
    b->evaluations++;
    return lt_net_oracle(&n->spec, &n->layout, b->weights, b->patient->rows, &b->pass, b->err);
}

/* Entry i of a block's direction: a sign for each, or 1 for one parameter only (single >= 0). */
static double direction(const struct probe *b, const struct lt_param *q, int64_t single, size_t i)
{
    if (single >= 0)
        return i == (size_t)single ? 1 : 0;
    return b->chance[q->offset + i] < 0.5f ? -1 : 1;
}

/* One central difference; the weights come back exactly. */
static double difference(struct probe *b, const struct lt_param *q, int64_t single, double h)
{
    const float *exact = b->patient->network->params + q->offset;
    double *w = b->weights + q->offset, f[2];
    size_t n = (size_t)q->rows * (size_t)q->cols;
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < n; i++)
            w[i] = (double)exact[i] + (side ? -h : h) * direction(b, q, single, i);
        f[side] = evaluate(b);
    }
    for (size_t i = 0; i < n; i++)
        w[i] = (double)exact[i];
    return (f[0] - f[1]) / (2 * h);
}

struct size {
    double norm, largest;
    int64_t where; /* of the largest */
};

static struct size size_of(const float *g, size_t n)
{
    struct size s = {0, 0, 0};
    for (size_t i = 0; i < n; i++) {
        double a = fabs((double)g[i]);
        s.norm += a * a;
        if (a > s.largest) {
            s.largest = a;
            s.where = (int64_t)i;
        }
    }
    s.norm = sqrt(s.norm);
    return s;
}

/* Whether a block is a bias whose sum a batch normalisation takes away again. */
static bool is_idle(const struct lt_net_spec *spec, const struct lt_param *q)
{
    for (int i = q->node + 1; q->kind == LT_PARAM_BIAS && i < spec->count; i++)
        if (spec->node[i].norm == LT_NORM_BATCH && spec->node[i].input[0] == q->node)
            return spec->node[q->node].act == LT_ACT_LINEAR;
    return false;
}

/* The deviation along one direction. Gradients below 1e-5 of the objective are rounding. */
static double deviation(struct probe *b, const struct lt_param *q, int64_t single)
{
    const float *g = b->gradient + q->offset;
    size_t n = (size_t)q->rows * (size_t)q->cols;
    struct size size = size_of(g, n);
    double along = 0, best = INFINITY, h = 1e-5;
    double least = is_idle(&b->patient->network->spec, q) ? b->largest : 0;
    for (size_t i = 0; i < n; i++)
        along += (double)g[i] * direction(b, q, single, i);
    for (int k = 0; k < SHORTER && !(best <= CLEAN); k++, h /= 10) {
        double slope = difference(b, q, single, h);
        double unit = fmax(fmax(single < 0 ? size.norm : size.largest, fabs(slope)),
                           fmax(least, 1e-5 * fabs(b->objective)));
        double error = unit > 0 ? fabs(along - slope) / unit : 0;
        best = error < best ? error : best;
    }
    return best;
}

static double worst_of_block(struct probe *b, const struct lt_param *q, int singles)
{
    size_t n = (size_t)q->rows * (size_t)q->cols;
    struct lt_stream s = lt_stream(1, LT_RNG_SAMPLE, 2, q->offset);
    int64_t single[SINGLES] = {size_of(b->gradient + q->offset, n).where,
                               (int64_t)lt_below(&s, 0, n)};
    double worst = deviation(b, q, -1), d;
    for (int k = 0; k < singles; k++)
        worst = (d = deviation(b, q, single[k])) > worst ? d : worst;
    return worst;
}

static void examine(struct probe *b, int singles, struct lt_finding *f)
{
    const struct lt_params *layout = &b->patient->network->layout;
    double worst = 0;
    int where = 0;
    b->objective = evaluate(b);
    b->largest = size_of(b->gradient, layout->total).largest;
    for (int p = 0; p < layout->count; p++) {
        double error = worst_of_block(b, &layout->param[p], singles);
        if (!(error <= worst)) {
            worst = error;
            where = p;
        }
    }
    f->passed = worst <= TOLERANCE;
    f->value[0].key = "deviation";
    f->value[0].value = worst;
    f->value[1].key = "allowed";
    f->value[1].value = TOLERANCE;
    f->value[2].key = "evaluations";
    f->value[2].value = b->evaluations;
    snprintf(f->text, sizeof f->text,
             "%d blocks against differences in double: off by at most %.1e (in %s); %.0e allowed",
             layout->count, worst, layout->param[where].name, TOLERANCE);
}

/* The gradient that training would get. */
static int measure(const struct lt_patient *p, const struct lt_pass *pass, float *gradient,
                   struct lt_error *err)
{
    const struct lt_network *network = p->network;
    struct lt_net *net = NULL;
    int rc = lt_net_create(&net, &network->spec, p->backend,
                           &(struct lt_net_options){.rows = pass->rows, .training = true}, err);
    if (rc)
        return rc;
    lt_net_set_weights(net, network->params);
    lt_net_put_input(net, p->rows, pass->rows);
    lt_net_forward(net, pass);
    lt_net_backward(net, pass);
    p->backend->ops->download(p->backend, gradient, lt_net_gradients(net),
                              network->layout.total * sizeof *gradient);
    lt_net_free(&net);
    return 0;
}

static int run(const struct lt_patient *p, struct lt_finding *f, struct lt_error *err)
{
    const struct lt_network *network = p->network;
    size_t params = network->layout.total;
    double row = lt_net_flops_forward(&network->spec) / 2;
    double each = 2 * row * network->layout.count;
    int singles = each * (1 + SINGLES) <= WORK ? SINGLES : 0;
    int64_t rows = (int64_t)(WORK / (each * (1 + singles)));
    rows = rows < 1 ? 1 : rows > ROWS_MOST ? ROWS_MOST : rows;
    struct probe b = {.patient = p, .pass = lt_patient_pass(p, rows), .err = err};
    struct lt_stream chance = lt_stream(1, LT_RNG_SAMPLE, 1, 0);
    float *floats = NULL;
    int rc = lt_alloc(&b.weights, params, sizeof *b.weights, "a gradient check", err);
    if (!rc)
        rc = lt_alloc(&floats, 2 * params, sizeof *floats, "a gradient check", err);
    if (!rc)
        rc = measure(p, &b.pass, floats, err);
    if (!rc) {
        b.gradient = floats;
        b.chance = floats + params;
        lt_fill_uniform(&chance, floats + params, params);
        for (size_t i = 0; i < params; i++)
            b.weights[i] = (double)network->params[i];
        examine(&b, singles, f);
        rc = err ? err->code : 0;
    }
    lt_free(floats);
    lt_free(b.weights);
    return rc;
}

const struct lt_check lt_check_gradients = {"gradients", run};
