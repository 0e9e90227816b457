#include "kernels/cpu/conv.h"

#include "base/mem.h"
#include "base/parallel.h"
#include "kernels/cpu/fold.h"
#include "kernels/cpu/state.h"
#include <string.h>

/* Work is cut by images, by a rule that knows only the shapes, and each piece is one single-threaded
 * oneDNN convolution:
 *
 *   forward, data gradient   groups of images, all of one size; the last one computes images that
 *                            nobody asked for, in the padding of the buffers
 *   weight gradient          shares of the batch, whole groups each, summed into a place of its own;
 *                            the places are then added up in order.  The last share is filled up with
 *                            zeros.
 *
 * What passes over activations between the products follows a group, or a share, at once, while it is in
 * cache, in pieces that stay in the first level: bias and activation forward; backward the slope of
 * the activation, the copy in bf16 that both products read, and the sums for the biases.
 *
 * Activations are channels last, in which oneDNN's convolutions are as fast as in its blocked layouts
 * (docs/speed.md), so activations are never reordered; weights are, once per step and use.  In bf16 a
 * stride of 2 towards the fine grid is folded away (fold.h). */
enum {
    GROUP_PIXELS = 2048,    /* of the coarse grid in a group, unless LT_CONV_ROW_BLOCK images have
                               fewer: a call has its price, too (docs/speed.md) */
    SHARES = 16,            /* at most, of a batch */
    SHARE_FLOATS = 1 << 23, /* at most, of all places */
    ADD_CHUNK = 4096,       /* weights */
    PIECE = 4096            /* values; 16 KiB of each array */
};

struct lt_conv {
    struct lt_conv_spec spec;
    struct lt_fold fold;
    bool folded;              /* to_fine is */
    bool bf16[3];             /* by enum lt_conv_product: operands are copies in bf16 */
    bool x_copied;            /* some product reads such a copy, and it does not come with x */
    bool da_copied;           /* likewise, of da ... */
    bool da_read;             /* ... or da itself */
    int64_t fine, coarse;     /* values of an image */
    int64_t channels, pixels; /* of y */
    int64_t group, share;     /* images */
    int64_t piece;            /* pixels of y */
    struct lt_conv_kernel to_coarse, to_fine, weights;
    void *w_coarse, *w_fine;       /* in the layouts of these kernels; NULL: not needed */
    float *w_folded;               /* folded: (out, patch) */
    uint16_t *x16;                 /* (rows) images */
    uint16_t *da16;                /* (threads, share) images */
    float *results;                /* (threads, group) images on their way to y or dx */
    float *pieces;                 /* (threads, piece, channels) */
    void *tail_fine, *tail_coarse; /* (share) images, f32 or bf16 */
    float *places, *bias_places;   /* (SHARES or fewer, weights), (..., channels) */
};

void lt_cpu_conv_free(struct lt_backend *b, struct lt_conv *c)
{
    (void)b;
    if (!c)
        return;
    lt_conv_kernel_free(&c->to_coarse);
    lt_conv_kernel_free(&c->to_fine);
    lt_conv_kernel_free(&c->weights);
    void *const own[] = {c->w_coarse,    c->w_fine,  c->w_folded,   c->x16,
                         c->da16,        c->results, c->pieces,     c->tail_fine,
                         c->tail_coarse, c->places,  c->bias_places};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        lt_free(own[i]);
    lt_free(c);
}

struct lt_conv_kernel_spec lt_cpu_conv_kernel(const struct lt_conv_spec *s,
                                              enum lt_conv_product product, int64_t images)
{
    return (struct lt_conv_kernel_spec){.product = product,
                                        .images = images,
                                        .in = s->in,
                                        .in_h = s->in_h,
                                        .in_w = s->in_w,
                                        .out = s->out,
                                        .out_h = lt_conv_coarse(s->in_h, s->stride),
                                        .out_w = lt_conv_coarse(s->in_w, s->stride),
                                        .kernel = s->kernel,
                                        .before = s->kernel / 2,
                                        .stride = s->stride};
}

static int plan(struct lt_conv *c, struct lt_onednn *o, enum lt_conv_product product,
                int64_t images, struct lt_conv_kernel *out, struct lt_error *err)
{
    struct lt_conv_kernel_spec k = lt_cpu_conv_kernel(&c->spec, product, images);
    k.bf16 = c->bf16[product];
    if (c->folded && product == LT_CONV_TO_FINE) {
        k.in = 4 * c->spec.in;
        k.in_h = c->fold.h;
        k.in_w = c->fold.w;
        k.kernel = c->fold.folded;
        k.before = c->fold.before;
        k.stride = 1;
    }
    return lt_conv_kernel_create(out, o, &k, err);
}

static int plan_passes(struct lt_conv *c, struct lt_onednn *o, struct lt_error *err)
{
    const bool gradient = c->spec.training && c->spec.need_dx;
    int rc = LT_OK;
    if (!c->spec.transposed || gradient) {
        rc = plan(c, o, LT_CONV_TO_COARSE, c->group, &c->to_coarse, err);
        if (!rc)
            rc = lt_alloc(&c->w_coarse, c->to_coarse.weight_bytes, 1, "weights", err);
    }
    if (!rc && (c->spec.transposed || gradient)) {
        rc = plan(c, o, LT_CONV_TO_FINE, c->group, &c->to_fine, err);
        if (!rc)
            rc = lt_alloc(&c->w_fine, c->to_fine.weight_bytes, 1, "weights", err);
    }
    return rc;
}

static int64_t places(const struct lt_conv *c)
{
    return (lt_round_up(c->spec.rows, LT_CONV_ROW_BLOCK) + c->share - 1) / c->share;
}

static int plan_weight_gradient(struct lt_conv *c, struct lt_onednn *o, struct lt_error *err)
{
    const size_t value = c->bf16[LT_CONV_WEIGHTS] ? sizeof(uint16_t) : sizeof(float);
    const size_t share = (size_t)c->share, count = (size_t)places(c);
    int rc = plan(c, o, LT_CONV_WEIGHTS, c->share, &c->weights, err);
    if (!rc)
        rc = lt_alloc(&c->places, count, c->weights.weight_bytes, "gradients", err);
    if (!rc)
        rc =
            lt_alloc(&c->bias_places, count * (size_t)c->channels, sizeof(float), "gradients", err);
    if (!rc)
        rc = lt_alloc(&c->tail_fine, share * (size_t)c->fine, value, "activations", err);
    if (!rc)
        rc = lt_alloc(&c->tail_coarse, share * (size_t)c->coarse, value, "activations", err);
    return rc;
}

/* Whether a pass leaves its results aside first: to be unfolded or added. */
static bool results_aside(const struct lt_conv *c, bool to_coarse, bool add)
{
    return add || (c->folded && !to_coarse);
}

static int64_t result_values(const struct lt_conv *c)
{
    const int64_t folded = c->folded ? lt_fold_values(&c->fold) : 0;
    const int64_t most = c->fine > c->coarse ? c->fine : c->coarse;
    return folded > most ? folded : most;
}

static int alloc_copies(struct lt_conv *c, int threads, struct lt_error *err)
{
    const bool up = c->spec.transposed;
    const size_t rows = (size_t)lt_round_up(c->spec.rows, LT_CONV_ROW_BLOCK), t = (size_t)threads;
    const size_t x = (size_t)(up ? c->coarse : c->fine), y = (size_t)(up ? c->fine : c->coarse);
    int rc = LT_OK;
    if (c->x_copied)
        rc = lt_alloc(&c->x16, rows * x, sizeof *c->x16, "bf16 activations", err);
    if (!rc && c->da_copied)
        rc = lt_alloc(&c->da16, t * (size_t)c->share * y, sizeof *c->da16, "bf16 gradients", err);
    if (!rc && c->folded)
        rc = lt_alloc(&c->w_folded, (size_t)(c->spec.out * lt_fold_patch(&c->fold)),
                      sizeof *c->w_folded, "weights", err);
    if (!rc && (c->folded || c->spec.add_dx))
        rc = lt_alloc(&c->results, t * (size_t)(c->group * result_values(c)), sizeof *c->results,
                      "activations", err);
    if (!rc && c->spec.training)
        rc = lt_alloc(&c->pieces, t * (size_t)(c->piece * c->channels), sizeof *c->pieces,
                      "gradients", err);
    return rc;
}

/* Images in a group: a divisor of LT_CONV_ROW_BLOCK, so that whole groups fit the buffers. */
static int64_t group_of(int64_t pixels)
{
    int64_t group = 1;
    while (group < LT_CONV_ROW_BLOCK && group * pixels < GROUP_PIXELS)
        group *= 2;
    return group;
}

/* Images in a share: a SHARES-th of the batch in whole groups, or more where the places would take
 * much memory. */
static int64_t share_of(const struct lt_conv_spec *s, int64_t group)
{
    int64_t most = SHARE_FLOATS / (lt_conv_patch(s) * s->out);
    most = most > SHARES ? SHARES : most < 1 ? 1 : most;
    return lt_round_up((s->batch + most - 1) / most, group);
}

/* From few channels oneDNN's bf16 kernels are slower than those in f32, but for the one towards the
 * fine grid, which is slow with a stride of 2 (docs/speed.md). */
static void choose_kernels(struct lt_conv *c)
{
    const struct lt_conv_spec *s = &c->spec;
    const bool bf16 = s->precision == LT_PRECISION_BF16 && lt_onednn_has_bf16();
    const bool few = s->in <= 4, gradient = s->training && s->need_dx;
    const enum lt_conv_product forward = s->transposed ? LT_CONV_TO_FINE : LT_CONV_TO_COARSE;
    const enum lt_conv_product back = s->transposed ? LT_CONV_TO_COARSE : LT_CONV_TO_FINE;
    c->folded = bf16 && s->stride == 2 && (s->transposed || gradient);
    c->fold = lt_fold_of(s);
    c->bf16[LT_CONV_TO_COARSE] = c->bf16[LT_CONV_WEIGHTS] = bf16 && !few;
    c->bf16[LT_CONV_TO_FINE] = bf16;
    const bool weights = s->training && c->bf16[LT_CONV_WEIGHTS];
    c->x_copied = (weights || c->bf16[forward]) && !s->x_copied;
    c->da_copied = weights || (gradient && c->bf16[back]);
    c->da_read = (s->training && !weights) || (gradient && !c->bf16[back]);
}

static void choose_sizes(struct lt_conv *c)
{
    const struct lt_conv_spec *s = &c->spec;
    c->fine = lt_conv_fine_values(s);
    c->coarse = lt_conv_coarse_values(s);
    c->channels = s->transposed ? s->in : s->out;
    c->pixels = (s->transposed ? c->fine : c->coarse) / c->channels;
    c->group = group_of(lt_conv_coarse_pixels(s));
    c->share = share_of(s, c->group);
    c->piece = c->channels < PIECE ? PIECE / c->channels : 1;
}

int lt_cpu_conv_create(struct lt_backend *b, const struct lt_conv_spec *spec, struct lt_conv **out,
                       struct lt_error *err)
{
    struct lt_onednn *o = lt_cpu_state(b)->onednn;
    struct lt_conv *c = NULL;
    int rc = lt_alloc(&c, 1, sizeof *c, "layer", err);
    if (rc)
        goto out;
    c->spec = *spec;
    if (c->spec.batch == 0)
        c->spec.batch = c->spec.rows;
    choose_kernels(c);
    choose_sizes(c);
    rc = alloc_copies(c, b->threads, err);
    if (!rc)
        rc = plan_passes(c, o, err);
    if (!rc && spec->training)
        rc = plan_weight_gradient(c, o, err);
out:
    if (rc) {
        lt_cpu_conv_free(b, c);
        c = NULL;
    }
    *out = c;
    return rc;
}

/* Weights into oneDNN's layout or back. */
static void reorder(struct lt_backend *b, struct lt_conv_kernel *kernel, const void *from, void *to)
{
    lt_kernel_run(kernel->reorder, 0, from, NULL, to);
    b->reorders++;
}

void lt_cpu_conv_pack(struct lt_backend *b, struct lt_conv *c, struct lt_buffer w)
{
    const float *plain = lt_host_at(w);
    if (c->w_coarse)
        reorder(b, &c->to_coarse, plain, c->w_coarse);
    if (c->folded)
        lt_fold_weights(&c->fold, c->spec.out, plain, c->w_folded);
    if (c->w_fine)
        reorder(b, &c->to_fine, c->folded ? c->w_folded : plain, c->w_fine);
}

/* ---- passes ---- */

struct work {
    struct lt_conv *conv;
    const struct lt_elementwise *elementwise;
    enum lt_act act;
    int64_t rows;
    const float *x, *bias, *plus;
    uint16_t *x16; /* c's own or what came with x; NULL: no product reads it */
    float *pre, *y, *dy, *dx;
    uint16_t *y16;
};

/* Adjacent images of a grid, of `size` values each, and their copies in bf16. */
struct images {
    const float *f32;
    const uint16_t *bf16;
    int64_t size;
};

/* Image k of them as a product reads it. */
static const void *image(const struct lt_conv *c, enum lt_conv_product product,
                         const struct images *of, int64_t k)
{
    return c->bf16[product] ? (const void *)(of->bf16 + k * of->size)
                            : (const void *)(of->f32 + k * of->size);
}

static struct images x_from(const struct work *w, int64_t row)
{
    const struct lt_conv *c = w->conv;
    const int64_t size = c->spec.transposed ? c->coarse : c->fine;
    return (struct images){w->x + row * size, w->x16 ? w->x16 + row * size : NULL, size};
}

/* One group of images, `count` of which are asked for, from grid to grid. */
static void pass_group(const struct work *w, bool to_coarse, int64_t count, const void *from,
                       float *to, bool add, int thread)
{
    const struct lt_conv *c = w->conv;
    const bool aside = results_aside(c, to_coarse, add);
    float *result = aside ? c->results + thread * c->group * result_values(c) : to;
    lt_kernel_run(to_coarse ? c->to_coarse.run : c->to_fine.run, thread, from,
                  to_coarse ? c->w_coarse : c->w_fine, result);
    if (c->folded && !to_coarse)
        for (int64_t i = 0; i < count; i++)
            lt_unfold_image(&c->fold, result + i * lt_fold_values(&c->fold), to + i * c->fine, add);
    else if (aside)
        w->elementwise->axpby((size_t)(count * (to_coarse ? c->coarse : c->fine)), 1.0f, result,
                              1.0f, to);
}

/* Pixels begin ... end - 1 of y: bias and activation, what is added, and the copy in bf16. */
static void finish(const struct work *w, int64_t begin, int64_t end)
{
    const struct lt_conv *c = w->conv;
    const struct lt_elementwise *e = w->elementwise;
    for (int64_t p = begin; p < end; p += c->piece) {
        const int64_t pixels = end - p < c->piece ? end - p : c->piece, at = p * c->channels;
        const size_t n = (size_t)(pixels * c->channels);
        float *y = w->y + at;
        e->bias_act[w->act](pixels, c->channels, c->channels, w->bias, w->pre ? w->pre + at : NULL,
                            y);
        if (w->plus)
            e->add(n, y, w->plus + at, y);
        if (w->y16)
            e->to_bf16(n, y, w->y16 + at);
    }
}

static void forward_group(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const struct lt_conv *c = w->conv;
    const bool up = c->spec.transposed;
    const int64_t row = (int64_t)chunk * c->group;
    const int64_t count = row + c->group < w->rows ? c->group : w->rows - row;
    const struct images x = x_from(w, row);
    if (c->x_copied)
        w->elementwise->to_bf16((size_t)(count * x.size), x.f32, w->x16 + row * x.size);
    pass_group(w, !up, count, image(c, up ? LT_CONV_TO_FINE : LT_CONV_TO_COARSE, &x, 0),
               w->y + row * c->pixels * c->channels, false, thread);
    finish(w, row * c->pixels, (row + count) * c->pixels);
}

/* The copy of x: c's own, or what came with it. */
static uint16_t *copy_of_x(const struct lt_conv *c, struct lt_buffer x16)
{
    return c->x_copied ? c->x16 : lt_host_at(x16);
}

bool lt_cpu_conv_reads_bf16(struct lt_backend *b, const struct lt_conv_spec *spec)
{
    struct lt_conv c = {.spec = *spec};
    (void)b;
    choose_kernels(&c);
    return c.x_copied;
}

void lt_cpu_conv_forward(struct lt_backend *b, struct lt_conv *c, const struct lt_conv_values *v)
{
    struct work w = {.conv = c,
                     .elementwise = lt_host_elementwise(b),
                     .act = v->act,
                     .rows = v->rows,
                     .x = lt_host_at(v->x),
                     .x16 = copy_of_x(c, v->x16),
                     .bias = lt_host_at(v->bias),
                     .plus = lt_host_at(v->plus),
                     .pre = lt_host_at(v->pre),
                     .y = lt_host_at(v->y),
                     .y16 = lt_host_at(v->y16)};
    lt_parallel(b->threads, lt_chunks((size_t)v->rows, (size_t)c->group), forward_group, &w);
}

/* dL/dy of `count` images from `row` on becomes dL/d pre-activation, in its place when a product reads
 * it there; its copy in bf16; and its sums for the biases, in the place of the share. */
static struct images gradient(const struct work *w, size_t share, int64_t row, int64_t count,
                              int thread)
{
    const struct lt_conv *c = w->conv;
    const struct lt_elementwise *e = w->elementwise;
    const int64_t size = c->pixels * c->channels, begin = row * c->pixels;
    const int64_t end = begin + count * c->pixels;
    uint16_t *da16 = c->da16 ? c->da16 + thread * c->share * size : NULL;
    float *piece = c->pieces + thread * c->piece * c->channels;
    for (int64_t p = begin; p < end; p += c->piece) {
        const int64_t pixels = end - p < c->piece ? end - p : c->piece, at = p * c->channels;
        const size_t n = (size_t)(pixels * c->channels);
        float *da = w->dy + at;
        if (w->act != LT_ACT_LINEAR) {
            da = c->da_read ? da : piece;
            e->act_backward[w->act](n, w->pre ? w->pre + at : NULL, w->y + at, w->dy + at, da);
        }
        e->column_sums(pixels, c->channels, c->channels, da,
                       c->bias_places + (int64_t)share * c->channels, p > begin);
        if (da16)
            e->to_bf16(n, da, da16 + (p - begin) * c->channels);
    }
    return (struct images){w->dy + row * size, da16, size};
}

/* The images of the last share, filled up with zeros. */
static const void *filled(const struct lt_conv *c, void *tail, const void *images, int64_t count,
                          int64_t size)
{
    const size_t value = c->bf16[LT_CONV_WEIGHTS] ? sizeof(uint16_t) : sizeof(float);
    const size_t used = (size_t)(count * size) * value;
    if (count == c->share)
        return images;
    memcpy(tail, images, used);
    memset((char *)tail + used, 0, (size_t)(c->share * size) * value - used);
    return tail;
}

static void backward_share(void *context, size_t share, int thread)
{
    const struct work *w = context;
    const struct lt_conv *c = w->conv;
    const bool up = c->spec.transposed;
    const int64_t row = (int64_t)share * c->share;
    const int64_t count = row + c->share < w->rows ? c->share : w->rows - row;
    const struct images x = x_from(w, row), da = gradient(w, share, row, count, thread);
    const void *fine = image(c, LT_CONV_WEIGHTS, up ? &da : &x, 0);
    const void *coarse = image(c, LT_CONV_WEIGHTS, up ? &x : &da, 0);
    for (int64_t i = 0; w->dx && i < count; i += c->group)
        pass_group(w, up, count - i < c->group ? count - i : c->group,
                   image(c, up ? LT_CONV_TO_COARSE : LT_CONV_TO_FINE, &da, i),
                   w->dx + (row + i) * x.size, c->spec.add_dx, thread);
    lt_kernel_run(c->weights.run, thread, filled(c, c->tail_fine, fine, count, c->fine),
                  filled(c, c->tail_coarse, coarse, count, c->coarse),
                  (char *)c->places + share * c->weights.weight_bytes);
}

struct sum {
    const struct lt_elementwise *elementwise;
    float *places;
    size_t count, size; /* places, floats in one */
};

static void sum_chunk(void *context, size_t chunk, int thread)
{
    const struct sum *s = context;
    const size_t at = lt_chunk_begin(chunk, ADD_CHUNK);
    const size_t n = lt_chunk_end(chunk, ADD_CHUNK, s->size) - at;
    (void)thread;
    for (size_t i = 1; i < s->count; i++)
        s->elementwise->axpby(n, 1.0f, s->places + i * s->size + at, 1.0f, s->places + at);
}

/* Adds the places up into the first. */
static void sum(struct lt_backend *b, float *of, size_t count, size_t size)
{
    struct sum s = {lt_host_elementwise(b), of, count, size};
    lt_parallel(b->threads, lt_chunks(size, ADD_CHUNK), sum_chunk, &s);
}

void lt_cpu_conv_backward(struct lt_backend *b, struct lt_conv *c,
                          const struct lt_conv_gradients *g)
{
    const size_t shares = lt_chunks((size_t)g->rows, (size_t)c->share);
    struct work w = {.conv = c,
                     .elementwise = lt_host_elementwise(b),
                     .act = g->act,
                     .rows = g->rows,
                     .x = lt_host_at(g->x),
                     .x16 = copy_of_x(c, g->x16), /* as forward left it */
                     .pre = lt_host_at(g->pre),
                     .y = lt_host_at(g->y),
                     .dy = lt_host_at(g->dy),
                     .dx = lt_host_at(g->dx)};
    lt_parallel(b->threads, shares, backward_share, &w);
    sum(b, c->places, shares, c->weights.weight_bytes / sizeof(float));
    sum(b, c->bias_places, shares, (size_t)c->channels);
    reorder(b, &c->weights, c->places, lt_host_at(g->dw));
    memcpy(lt_host_at(g->db), c->bias_places, (size_t)c->channels * sizeof(float));
}
