#include "base/mem.h"
#include "train/optimizers/optimizers.h"
#include <math.h>

/* L-BFGS (Nocedal 1980; Nocedal & Wright, Numerical Optimization, algorithms 7.4 and 7.5) with a
 * bisection line search for the weak Wolfe conditions (Lewis & Overton 2013).  Every evaluation
 * covers all training rows, so it suits small tables.
 *
 * State, each as long as the parameters: HISTORY pairs s, y; then the gradient at the current
 * weights.  Scratch: the direction and the weights the line search starts from. */

enum { HISTORY = 10, GRADIENT = 2 * HISTORY, PARTS = 2 * HISTORY + 1, SEARCHES = 25 };
enum { PAIRS, NEWEST, OBJECTIVE, VALID }; /* counters */

static size_t state_floats(const struct lt_params *p)
{
    return PARTS * p->total;
}

static size_t scratch_floats(const struct lt_params *p)
{
    return 2 * p->total;
}

static struct lt_buffer part_s(const struct lt_optimizer *o, int pair)
{
    return lt_optimizer_state(o, pair);
}

static struct lt_buffer part_y(const struct lt_optimizer *o, int pair)
{
    return lt_optimizer_state(o, HISTORY + pair);
}

static double dot(const struct lt_optimizer *o, struct lt_buffer x, struct lt_buffer y)
{
    return o->backend->ops->dot(o->backend, o->params->total, x, y);
}

static void axpby(const struct lt_optimizer *o, double a, struct lt_buffer x, double b,
                  struct lt_buffer y)
{
    o->backend->ops->axpby(o->backend, o->params->total, (float)a, x, (float)b, y);
}

/* d = -H g by the two-loop recursion. */
static void direction(const struct lt_optimizer *o, struct lt_buffer d)
{
    double alpha[HISTORY];
    int pairs = (int)o->counter[PAIRS], newest = (int)o->counter[NEWEST];
    axpby(o, -1, lt_optimizer_state(o, GRADIENT), 0, d);
    for (int k = 0; k < pairs; k++) {
        int i = (newest - k + HISTORY) % HISTORY;
        alpha[i] = dot(o, part_s(o, i), d) / dot(o, part_s(o, i), part_y(o, i));
        axpby(o, -alpha[i], part_y(o, i), 1, d);
    }
    if (pairs > 0) {
        double yy = dot(o, part_y(o, newest), part_y(o, newest));
        double scale = dot(o, part_s(o, newest), part_y(o, newest)) / yy;
        axpby(o, 0, d, scale, d);
    }
    for (int k = pairs - 1; k >= 0; k--) {
        int i = (newest - k + HISTORY) % HISTORY;
        double beta = dot(o, part_y(o, i), d) / dot(o, part_s(o, i), part_y(o, i));
        axpby(o, alpha[i] - beta, part_s(o, i), 1, d);
    }
}

/* Moves the weights along d to a point of the weak Wolfe conditions; the objective there. */
static double search(struct lt_optimizer *o, const struct lt_step *s, struct lt_buffer d,
                     struct lt_buffer start, double f0, double slope, double t)
{
    double low = 0, high = INFINITY, f = f0;
    for (int k = 0; k < SEARCHES; k++) {
        axpby(o, 1, start, 0, o->weights);
        axpby(o, t, d, 1, o->weights);
        s->moved(s->context);
        f = s->evaluate(s->context);
        if (!(f <= f0 + 1e-4 * t * slope)) /* too far, or not finite */
            high = t;
        else if (dot(o, o->gradients, d) < 0.9 * slope) /* still steep */
            low = t;
        else
            return f;
        t = isfinite(high) ? 0.5 * (low + high) : 2 * low;
    }
    return f <= f0 ? f : NAN;
}

static void remember(struct lt_optimizer *o, struct lt_buffer start)
{
    struct lt_buffer gradient = lt_optimizer_state(o, GRADIENT);
    int next = o->counter[PAIRS] > 0 ? ((int)o->counter[NEWEST] + 1) % HISTORY : 0;
    axpby(o, 1, o->weights, 0, part_s(o, next));
    axpby(o, -1, start, 1, part_s(o, next));
    axpby(o, 1, o->gradients, 0, part_y(o, next));
    axpby(o, -1, gradient, 1, part_y(o, next));
    axpby(o, 1, o->gradients, 0, gradient);
    double sy = dot(o, part_s(o, next), part_y(o, next));
    if (!(sy > 1e-10 * dot(o, part_y(o, next), part_y(o, next))))
        return; /* curvature lost: keep the older pairs */
    o->counter[NEWEST] = next;
    if (o->counter[PAIRS] < HISTORY)
        o->counter[PAIRS]++;
}

static double step(struct lt_optimizer *o, const struct lt_step *s)
{
    struct lt_buffer d = lt_optimizer_scratch(o);
    struct lt_buffer start = lt_buffer_at(d, o->params->total * sizeof(float));
    struct lt_buffer gradient = lt_optimizer_state(o, GRADIENT);
    if (o->counter[VALID] == 0) {
        o->counter[OBJECTIVE] = s->evaluate(s->context);
        axpby(o, 1, o->gradients, 0, gradient);
        o->counter[VALID] = 1;
    }
    double f0 = o->counter[OBJECTIVE], slope;
    direction(o, d);
    slope = dot(o, gradient, d);
    if (!(slope < 0)) { /* not downhill: forget the past and take the gradient */
        o->counter[PAIRS] = 0;
        direction(o, d);
        slope = -dot(o, gradient, gradient);
    }
    double norm = sqrt(dot(o, gradient, gradient));
    if (norm == 0)
        return f0;
    axpby(o, 1, o->weights, 0, start);
    double first = o->counter[PAIRS] > 0 ? 1 : (norm > 1 ? 1 / norm : 1);
    double f = search(o, s, d, start, f0, slope, first * s->lr);
    if (isnan(f)) { /* no progress along d: stay, and start afresh next time */
        axpby(o, 1, start, 0, o->weights);
        o->counter[PAIRS] = 0;
        s->moved(s->context);
        return f0;
    }
    remember(o, start);
    o->counter[OBJECTIVE] = f;
    return f0;
}

/* Running statistics change with every evaluation, so along a line they would be those of all points
 * that were tried, and a step's s would not be a difference of weights alone. */
static int create(struct lt_optimizer *o, struct lt_error *err)
{
    for (int p = 0; p < o->params->count; p++)
        if (!lt_param_learns(o->params->param[p].kind))
            return lt_fail(
                err, LT_EUSAGE,
                "lbfgs cannot train batch normalisation, whose running statistics change "
                "with every evaluation; use layer normalisation or another optimizer");
    return 0;
}

const struct lt_optimizer_ops lt_optimizer_lbfgs = {.name = "lbfgs",
                                                    .lr = 1,
                                                    .full_batch = true,
                                                    .state_floats = state_floats,
                                                    .scratch_floats = scratch_floats,
                                                    .create = create,
                                                    .step = step};
