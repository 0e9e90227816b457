#include "base/mem.h"
#include "base/poisson.h"
#include "kernels/jpeg.h"
#include "net/layer.h"
#include <math.h>
#include <string.h>

/* Corrupts the input while training; heads compare with the clean rows (a denoising
 * autoencoder: Vincent et al., "Extracting and composing robust features with denoising
 * autoencoders", ICML 2008). */

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    if (n->input[0] != 0)
        return lt_node_fail(spec, node, err, "noise belongs right after the input");
    const float least = lt_noise_least(n->noise), limit = lt_noise_most(n->noise);
    const bool range = n->most < 0 || n->most > 0;
    if (!(n->amount >= least && n->amount <= limit) ||
        (range && !(n->most >= n->amount && n->most <= limit)))
        return lt_node_fail(spec, node, err, "the amount of noise is out of range");
    n->shape = spec->node[0].shape;
    return 0;
}

static struct lt_corruption corruption_of(const struct lt_node *n)
{
    return (struct lt_corruption){n->noise, n->amount,  n->most,   n->low,
                                  n->high,  n->shape.h, n->shape.w};
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    if (!pass->training)
        return;
    const struct lt_corruption noise = corruption_of(&net->spec.node[node]);
    const int64_t width = lt_node_width(&net->spec, node);
    struct lt_backend *b = net->backend;
    if (noise.kind == LT_NOISE_PAIRS && pass->partners) {
        b->ops->upload(b, net->value[node].y, pass->partners,
                       (size_t)(pass->rows * width) * sizeof(float));
        return;
    }
    b->ops->noise(b, &noise, pass->seed, pass->epoch, pass->row_ids, pass->rows, width,
                  net->value[0].y, net->value[node].y);
}

static double corrupt(const struct lt_corruption *c, float amount, const struct lt_stream *s,
                      uint32_t j, uint32_t width, double x)
{
    float u;
    if (isnan(x))
        return x;
    switch (c->kind) {
    case LT_NOISE_GAUSSIAN:
        return x + (double)amount * (double)lt_normal(s, j);
    case LT_NOISE_UNIFORM:
        return x + (double)amount * (2.0 * (double)lt_uniform(s, j) - 1.0);
    case LT_NOISE_MASK:
        return lt_uniform(s, j) < amount ? 0.0 : x;
    case LT_NOISE_MISSING:
        return lt_uniform(s, j) < amount ? (double)NAN : x;
    case LT_NOISE_SALTPEPPER:
        u = lt_uniform(s, j);
        return u < amount ? (double)(u < 0.5f * amount ? c->low : c->high) : x;
    case LT_NOISE_POISSON:
        return lt_poisson(s, j, width, (double)amount * x) / (double)amount;
    default:
        return x;
    }
}

/* JPEG rounds, and one more rounding in single precision may go the other way; so it is done once, by
 * the function of the kernels, which tests/test_jpeg.c compares with another program. */
static void corrupt_jpeg(struct lt_oracle *o, const struct lt_corruption *c, float amount,
                         int64_t width, const double *x, double *y)
{
    float *image = NULL;
    if (lt_alloc(&image, 2 * (size_t)width, sizeof *image, "an image", NULL)) {
        o->objective = (double)NAN;
        return;
    }
    for (int64_t j = 0; j < width; j++)
        image[j] = (float)x[j];
    lt_jpeg(c->h, c->w, width / (c->h * c->w), (int)(amount + 0.5f), image, image + width);
    for (int64_t j = 0; j < width; j++)
        y[j] = (double)image[width + j];
    lt_free(image);
}

static void corrupt_row(struct lt_oracle *o, const struct lt_corruption *c, int64_t r,
                        int64_t width, const double *x, double *y)
{
    const struct lt_stream s =
        lt_stream(o->pass->seed, LT_RNG_NOISE, o->pass->epoch, (uint64_t)o->pass->row_ids[r]);
    const float amount = lt_corruption_of_row(c, &s);
    if (c->kind == LT_NOISE_JPEG)
        corrupt_jpeg(o, c, amount, width, x, y);
    const float *partner = c->kind == LT_NOISE_PAIRS ? o->pass->partners : NULL;
    for (int64_t j = 0; j < width && c->kind != LT_NOISE_JPEG; j++)
        y[j] = partner ? (double)partner[r * width + j]
                       : corrupt(c, amount, &s, (uint32_t)j, (uint32_t)width, x[j]);
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_corruption noise = corruption_of(&o->spec->node[node]);
    const int64_t width = lt_node_width(o->spec, node);
    for (int64_t r = 0; r < o->pass->rows; r++) {
        const double *x = o->y[0] + r * width;
        double *y = o->y[node] + r * width;
        if (o->pass->training)
            corrupt_row(o, &noise, r, width, x, y);
        else
            memcpy(y, x, (size_t)width * sizeof *y);
    }
}

const struct lt_layer_ops lt_layer_noise = {.name = "noise",
                                            .inputs_min = 1,
                                            .inputs_max = 1,
                                            .only_training = true,
                                            .infer = infer,
                                            .forward = forward,
                                            .oracle = oracle};
