#include "app/bench/bounds.h"

#include <math.h>

/* So many seconds of each a round, the bound's in between. */
static const double TURNS_SECONDS = 0.8, BOUND_SECONDS = 0.5;

static size_t layers_of(const struct lt_bench_bounded *b, struct lt_bound_layer *layers)
{
    size_t n = 0;
    int last = b->encoder ? b->spec->code : b->spec->count;
    for (int i = 0; i < last; i++) {
        const struct lt_node *node = &b->spec->node[i];
        if (!lt_node_has_weights(b->spec, i))
            continue;
        struct lt_bound_layer *layer = &layers[n];
        *layer = (struct lt_bound_layer){.need_dx = n > 0, .forward_only = b->encoder};
        if (node->kind == LT_NODE_DENSE) {
            layer->in = lt_shape_width(b->spec->node[node->input[0]].shape);
            layer->out = lt_shape_width(node->shape);
        } else {
            layer->conv = lt_node_conv(b->spec, i);
        }
        n++;
    }
    return n;
}

static int measure_bound(struct lt_bench *bench, struct lt_bench_bounded *b, struct lt_error *err)
{
    struct lt_bound_layer layers[LT_NODES_MAX];
    struct lt_bound now = {0};
    size_t count = layers_of(b, layers);
    int rc = lt_bound_measure(layers, count, b->batch, b->precision, bench->backend->threads,
                              BOUND_SECONDS, &now, err);
    if (rc)
        return rc;
    b->bound.flops = now.flops;
    b->bound.seconds = fmin(b->bound.seconds, now.seconds); /* the number where one is NaN */
    return LT_OK;
}

int lt_bench_race(struct lt_bench *bench, struct lt_bench_bounded *b, int n, struct lt_error *err)
{
    const double none = (double)NAN;
    const int rounds = n == 1 ? 2 : 1; /* planning a bound takes seconds */
    int rc = LT_OK;
    for (int i = 0; i < n; i++)
        b[i].bound = (struct lt_bound){none, none};
    for (int k = 0; k <= rounds && !rc; k++) {
        for (int i = 0; i < n && !rc; i++)
            rc = lt_bench_turns(&b[i].turn, 1, TURNS_SECONDS, err);
        for (int i = 0; i < n && k < rounds && bench->bare && !rc; i++)
            rc = measure_bound(bench, &b[i], err);
    }
    return rc;
}

int lt_bench_square(struct lt_bench *bench, double *gflops, struct lt_error *err)
{
    const struct lt_bound_layer square = {.in = 2048, .out = 2048, .forward_only = true};
    struct lt_bound bound = {0};
    int rc = lt_bound_measure(&square, 1, 2048, LT_PRECISION_F32, bench->backend->threads,
                              BOUND_SECONDS, &bound, err);
    *gflops = rc ? (double)NAN : bound.flops / bound.seconds * 1e-9;
    return rc;
}
