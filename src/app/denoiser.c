#include "app/denoiser.h"

#include "base/mem.h"
#include <string.h>

enum {
    SIDE = 256, /* of a tile, at most, unless the network sees more */
    TILES = 4   /* in a pass */
};

struct lt_denoiser {
    const struct lt_model *model;
    struct lt_backend *backend;
    enum lt_precision precision;
    int64_t channels;
    int64_t unit;   /* sides of a tile are multiples of it */
    int64_t margin; /* pixels that an output sees to each side, rounded up to units */
    int64_t side;   /* of the tiles that net is bound for; 0: none yet, or for whole images */
    bool whole;     /* bound for images of the size that trained */
    struct lt_net *net;
    float *tiles; /* (TILES, side, side, C) */
};

/* How far a node looks to each side, in pixels of its finer grid: a convolution kernel / 2, a pooling
 * to the far end of its square, a bilinear pixel to the next coarse one. */
static int64_t reach_of(const struct lt_node *n)
{
    if (n->kind == LT_NODE_POOL)
        return n->stride - 1;
    if (n->kind == LT_NODE_UPSAMPLE)
        return n->upsample == LT_UPSAMPLE_BILINEAR ? n->stride : 0;
    return n->kernel / 2;
}

/* How far the network looks to each side, and by how much it coarsens. */
static void look_at(struct lt_denoiser *d)
{
    const struct lt_net_spec *spec = &d->model->network[0].spec;
    int64_t reach = 0, pixel = 1;
    d->unit = 1;
    for (int i = 0; i < spec->count; i++) {
        const struct lt_node *n = &spec->node[i];
        if (n->kind == LT_NODE_DECONV || n->kind == LT_NODE_UPSAMPLE)
            pixel /= n->stride;
        reach += reach_of(n) * pixel;
        if (n->kind == LT_NODE_CONV || n->kind == LT_NODE_POOL)
            pixel *= n->stride;
        d->unit = pixel > d->unit ? pixel : d->unit;
    }
    d->margin = (reach + d->unit - 1) / d->unit * d->unit;
}

int lt_denoiser_create(struct lt_denoiser **out, const struct lt_model *model,
                       struct lt_backend *backend, enum lt_precision precision,
                       struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, "a denoiser", err);
    if (rc)
        return rc;
    **out = (struct lt_denoiser){.model = model,
                                 .backend = backend,
                                 .precision = precision,
                                 .channels = model->network[0].spec.node[0].shape.c};
    look_at(*out);
    return LT_OK;
}

void lt_denoiser_free(struct lt_denoiser **denoiser)
{
    struct lt_denoiser *d = *denoiser;
    *denoiser = NULL;
    if (!d)
        return;
    lt_net_free(&d->net);
    lt_free(d->tiles);
    lt_free(d);
}

/* Binds the network for tiles of this side, or with 0 for images of the size that trained. */
static int bind(struct lt_denoiser *d, int64_t side, struct lt_error *err)
{
    const struct lt_network *network = &d->model->network[0];
    const struct lt_net_options options = {.rows = TILES, .precision = d->precision};
    struct lt_net_spec *spec = NULL;
    if (side > 0 ? d->side == side : d->whole)
        return LT_OK;
    lt_net_free(&d->net);
    lt_free(d->tiles);
    d->tiles = NULL;
    d->side = 0;
    d->whole = false;
    int rc = lt_alloc(&spec, 1, sizeof *spec, "a denoiser", err);
    if (rc)
        return rc;
    *spec = network->spec;
    if (side > 0)
        rc = lt_net_spec_resize(spec, side, side, err);
    if (!rc)
        rc = lt_net_create(&d->net, spec, d->backend, &options, err);
    if (!rc)
        rc = lt_alloc(&d->tiles, (size_t)(TILES * lt_net_spec_inputs(spec)), sizeof *d->tiles,
                      "tiles", err);
    lt_free(spec);
    if (rc)
        return rc;
    lt_net_set_weights(d->net, network->params);
    d->side = side;
    d->whole = side == 0;
    return LT_OK;
}

/* Pixel i of a line of n that goes on as its mirror image, the edge repeated. */
static int64_t mirrored(int64_t i, int64_t n)
{
    const int64_t period = 2 * n, k = (i % period + period) % period;
    return k < n ? k : period - 1 - k;
}

/* An image cut into tiles, whose inner parts follow one another. */
struct cut {
    int64_t h, w, inner; /* inner: side of what a tile gives */
    int64_t down, across;
};

static void fill_tile(const struct lt_denoiser *d, const struct cut *cut, int64_t index,
                      const float *image, float *tile)
{
    const int64_t c = d->channels;
    const int64_t top = index / cut->across * cut->inner - d->margin;
    const int64_t left = index % cut->across * cut->inner - d->margin;
    for (int64_t y = 0; y < d->side; y++) {
        const float *line = image + mirrored(top + y, cut->h) * cut->w * c;
        for (int64_t x = 0; x < d->side; x++, tile += c)
            memcpy(tile, line + mirrored(left + x, cut->w) * c, (size_t)c * sizeof *tile);
    }
}

static void take_tile(const struct lt_denoiser *d, const struct cut *cut, int64_t index,
                      const float *tile, float *out)
{
    const int64_t c = d->channels;
    const int64_t top = index / cut->across * cut->inner, left = index % cut->across * cut->inner;
    const int64_t lines = cut->h - top < cut->inner ? cut->h - top : cut->inner;
    const int64_t pixels = cut->w - left < cut->inner ? cut->w - left : cut->inner;
    for (int64_t y = 0; y < lines; y++)
        memcpy(out + ((top + y) * cut->w + left) * c,
               tile + ((d->margin + y) * d->side + d->margin) * c,
               (size_t)(pixels * c) * sizeof *out);
}

/* The side of tiles for an image: one tile when it is small. */
static int64_t side_for(const struct lt_denoiser *d, int64_t h, int64_t w)
{
    const int64_t longer = h > w ? h : w;
    const int64_t whole = (longer + d->unit - 1) / d->unit * d->unit + 2 * d->margin;
    const int64_t most = SIDE > 4 * d->margin ? SIDE / d->unit * d->unit : 4 * d->margin;
    return whole < most ? whole : most;
}

static void pass(struct lt_denoiser *d, int64_t n, const float *x, float *out)
{
    lt_net_put_input(d->net, x, n);
    lt_net_encode(d->net, &(struct lt_pass){.rows = n});
    lt_net_decode(d->net, &(struct lt_pass){.rows = n});
    lt_net_get_output(d->net, out, n);
}

int lt_denoiser_run(struct lt_denoiser *d, const float *image, int64_t h, int64_t w, float *out,
                    struct lt_error *err)
{
    const size_t values = (size_t)(h * w * d->channels);
    const struct lt_shape trained = d->model->network[0].spec.node[0].shape;
    float *result = NULL;
    int rc;
    if (h == trained.h && w == trained.w) {
        if (!(rc = bind(d, 0, err)))
            pass(d, 1, image, out);
        return rc;
    }
    rc = bind(d, side_for(d, h, w), err);
    if (!rc)
        rc = lt_alloc(&result, values, sizeof *result, "an image", err);
    if (rc)
        return rc;
    const int64_t tile = d->side * d->side * d->channels, inner = d->side - 2 * d->margin;
    const struct cut cut = {h, w, inner, (h + inner - 1) / inner, (w + inner - 1) / inner};
    for (int64_t at = 0; at < cut.down * cut.across; at += TILES) {
        const int64_t left = cut.down * cut.across - at, n = left < TILES ? left : TILES;
        for (int64_t i = 0; i < n; i++)
            fill_tile(d, &cut, at + i, image, d->tiles + i * tile);
        pass(d, n, d->tiles, d->tiles);
        for (int64_t i = 0; i < n; i++)
            take_tile(d, &cut, at + i, d->tiles + i * tile, result);
    }
    memcpy(out, result, values * sizeof *out);
    lt_free(result);
    return LT_OK;
}
