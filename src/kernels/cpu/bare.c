#include "kernels/cpu/bare.h"

#include "base/clock.h"
#include "base/mem.h"
#include "kernels/cpu/bare_product.h"
#include "kernels/cpu/onednn.h"
#include <math.h>

enum {
    TRIALS = 6, /* runs of each way before the fastest is chosen */
    FEWEST_ROUNDS = 5,
    NO_WAY = -1
};

/* A product in the fastest way. */
struct chosen {
    struct lt_bare bare; /* without a primitive: the step does not need it */
    int way;
    double seconds; /* of its best run within a step */
};

static void engine_close(struct lt_bare_engine *e)
{
    if (e->stream)
        dnnl_stream_destroy(e->stream);
    if (e->engine)
        dnnl_engine_destroy(e->engine);
}

static int engine_open(struct lt_bare_engine *e, enum lt_precision precision, struct lt_error *err)
{
    *e = (struct lt_bare_engine){.bf16 = precision == LT_PRECISION_BF16 && lt_onednn_has_bf16()};
    dnnl_status_t status = dnnl_engine_create(&e->engine, dnnl_cpu, 0);
    if (status == dnnl_success)
        status = dnnl_stream_create(&e->stream, e->engine, dnnl_stream_default_flags);
    return status == dnnl_success
               ? LT_OK
               : lt_fail(err, LT_EFAIL, "oneDNN could not start (status %d)", (int)status);
}

static bool needed(const struct lt_bound_layer *layer, int product)
{
    return product == LT_BARE_FORWARD ||
           (!layer->forward_only && (product == LT_BARE_WEIGHT_GRADIENT || layer->need_dx));
}

/* Of one product, for a row: 2 M N K, or that for every coarse pixel's patch. */
static double flops(const struct lt_bound_layer *layer)
{
    const struct lt_conv_spec *c = &layer->conv;
    if (c->kernel == 0)
        return 2.0 * (double)layer->in * (double)layer->out;
    return 2.0 * (double)lt_conv_coarse_values(c) * (double)lt_conv_patch(c);
}

static double best_of(const struct lt_bare_engine *e, const struct lt_bare *p)
{
    double best = 1e30;
    for (int i = 0; i < TRIALS; i++)
        best = fmin(best, lt_bare_time(e, p));
    return best;
}

/* One product in this way, or in the fastest. */
static void choose(const struct lt_bare_engine *e, const struct lt_bound_layer *layer,
                   int64_t batch, int product, int way, struct chosen *out)
{
    const struct lt_bare_kind *kind = layer->conv.kernel > 0 ? &lt_bare_conv : &lt_bare_dense;
    double seconds = 1e30;
    out->way = NO_WAY;
    for (int i = 0; i < kind->ways; i++) {
        struct lt_bare p = {.primitive = NULL};
        if (way != NO_WAY && way != i)
            continue;
        dnnl_status_t status = kind->make(e, layer, batch, product, i, &p);
        const double took = status == dnnl_success ? best_of(e, &p) : 1e30;
        if (took < seconds) {
            lt_bare_free(&out->bare);
            *out = (struct chosen){p, i, 1e30};
            seconds = took;
        } else {
            lt_bare_free(&p);
        }
    }
}

static bool same_shape(const struct lt_bound_layer *a, const struct lt_bound_layer *b)
{
    const struct lt_conv_spec *p = &a->conv, *q = &b->conv;
    return a->in == b->in && a->out == b->out && p->kernel == q->kernel && p->stride == q->stride &&
           p->in == q->in && p->in_h == q->in_h && p->in_w == q->in_w && p->out == q->out &&
           p->transposed == q->transposed;
}

/* The way of a layer of the same shape before layer i. */
static int known_way(const struct lt_bound_layer *layers, size_t i, int product,
                     const struct chosen *products)
{
    for (size_t j = 0; j < i; j++)
        if (same_shape(&layers[j], &layers[i]) && needed(&layers[j], product))
            return products[j * LT_BARE_PRODUCTS + (size_t)product].way;
    return NO_WAY;
}

/* All products of one step, each in its fastest way. */
static int choose_all(const struct lt_bare_engine *e, const struct lt_bound_layer *layers,
                      size_t count, int64_t batch, struct chosen *products, double *sum,
                      struct lt_error *err)
{
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < LT_BARE_PRODUCTS; k++) {
            struct chosen *p = products + i * LT_BARE_PRODUCTS + k;
            if (!needed(&layers[i], k))
                continue;
            choose(e, &layers[i], batch, k, known_way(layers, i, k, products), p);
            if (p->way == NO_WAY)
                return lt_fail(err, LT_EFAIL, "oneDNN could not plan the products to measure");
            *sum += (double)batch * flops(&layers[i]);
        }
    return LT_OK;
}

static void run_product(const struct lt_bare_engine *e, struct chosen *p)
{
    if (p->bare.primitive)
        p->seconds = fmin(p->seconds, lt_bare_time(e, &p->bare));
}

/* Forward products in order, then the gradients from the last layer to the first. */
static void run_step(const struct lt_bare_engine *e, struct chosen *products, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run_product(e, &products[i * LT_BARE_PRODUCTS + LT_BARE_FORWARD]);
    for (size_t i = count; i-- > 0;) {
        run_product(e, &products[i * LT_BARE_PRODUCTS + LT_BARE_DATA_GRADIENT]);
        run_product(e, &products[i * LT_BARE_PRODUCTS + LT_BARE_WEIGHT_GRADIENT]);
    }
}

int lt_bare_measure(const struct lt_bound_layer *layers, size_t count, int64_t batch,
                    enum lt_precision precision, int threads, double seconds, struct lt_bound *out,
                    struct lt_error *err)
{
    struct chosen *products = NULL;
    struct lt_bare_engine e;
    const int max_threads = omp_get_max_threads();
    omp_set_num_threads(threads);
    *out = (struct lt_bound){0};
    int rc = engine_open(&e, precision, err);
    if (rc)
        goto out;
    rc = lt_alloc(&products, count * LT_BARE_PRODUCTS, sizeof *products, "products", err);
    if (!rc)
        rc = choose_all(&e, layers, count, batch, products, &out->flops, err);
    if (rc)
        goto out;

    const double start = lt_clock();
    for (int round = 0; round < FEWEST_ROUNDS || lt_clock() - start < seconds; round++)
        run_step(&e, products, count);
    for (size_t i = 0; i < count * LT_BARE_PRODUCTS; i++)
        if (products[i].bare.primitive)
            out->seconds += products[i].seconds;
out:
    for (size_t i = 0; products && i < count * LT_BARE_PRODUCTS; i++)
        lt_bare_free(&products[i].bare);
    lt_free(products);
    engine_close(&e);
    omp_set_num_threads(max_threads);
    return rc;
}
