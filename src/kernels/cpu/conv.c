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
 *   weight gradient          shares of the batch, each summed into a place of its own; the places
 *                            are then added up in order.  The last share is filled up with zeros.
 *
 * Activations are channels last, in which oneDNN's convolutions are as fast as in its blocked layouts
 * (docs/speed.md), so activations are never reordered; weights are, once per step and use.  In bf16 a
 * stride of 2 is folded away (fold.h) while activations are copied to bf16. */
enum {
    GROUP_PIXELS = 256,     /* of the coarse grid in a group, unless LT_CONV_ROW_BLOCK images have
                               fewer */
    SHARES = 16,            /* at most, of a batch */
    SHARE_FLOATS = 1 << 23, /* at most, of all places */
    ADD_CHUNK = 4096        /* weights */
};

struct lt_conv {
    struct lt_conv_spec spec;
    struct lt_fold fold;
    bool folded;
    bool bf16[3]; /* by enum lt_conv_product: operands are copies in bf16 */
    bool x_copied, da_copied;
    int64_t fine, coarse;     /* values of an image */
    int64_t fine_copy;        /* of a copy in bf16 of the former */
    int64_t channels, pixels; /* of y */
    int64_t group, share;     /* images */
    struct lt_conv_kernel to_coarse, to_fine, weights;
    void *w_coarse, *w_fine;       /* in the layouts of these kernels; NULL: not needed */
    float *w_folded;               /* folded: (out, patch) */
    uint16_t *x16, *da16;          /* bf16: (rows) images */
    uint16_t *lines;               /* folded: (threads), a line of the fine grid and a pixel */
    float *unfolding;              /* folded: (threads, group) folded images */
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
    void *const own[] = {c->w_coarse,    c->w_fine, c->w_folded,   c->x16,
                         c->da16,        c->lines,  c->unfolding,  c->tail_fine,
                         c->tail_coarse, c->places, c->bias_places};
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
    if (c->folded) {
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
        rc = lt_alloc(&c->tail_fine, share * (size_t)c->fine_copy, value, "activations", err);
    if (!rc)
        rc = lt_alloc(&c->tail_coarse, share * (size_t)c->coarse, value, "activations", err);
    return rc;
}

static int alloc_copies(struct lt_conv *c, int threads, struct lt_error *err)
{
    const size_t rows = (size_t)lt_round_up(c->spec.rows, LT_CONV_ROW_BLOCK), t = (size_t)threads;
    const size_t x = (size_t)(c->spec.transposed ? c->coarse : c->fine_copy);
    const size_t y = (size_t)(c->spec.transposed ? c->fine_copy : c->coarse);
    int rc = LT_OK;
    if (c->x_copied)
        rc = lt_alloc(&c->x16, rows * x, sizeof *c->x16, "bf16 activations", err);
    if (!rc && c->da_copied)
        rc = lt_alloc(&c->da16, rows * y, sizeof *c->da16, "bf16 gradients", err);
    if (rc || !c->folded)
        return rc;
    const size_t line = (size_t)((c->spec.in_w + 1) * c->spec.in);
    rc = lt_alloc(&c->w_folded, (size_t)(c->spec.out * lt_fold_patch(&c->fold)),
                  sizeof *c->w_folded, "weights", err);
    if (!rc)
        rc = lt_alloc(&c->lines, t * line, sizeof *c->lines, "activations", err);
    if (!rc)
        rc = lt_alloc(&c->unfolding, t * (size_t)(c->group * c->fine_copy), sizeof *c->unfolding,
                      "activations", err);
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

/* Images in a share: a SHARES-th of the batch, or more where the places would take much memory. */
static int64_t share_of(const struct lt_conv_spec *s)
{
    int64_t most = SHARE_FLOATS / (lt_conv_patch(s) * s->out);
    most = most > SHARES ? SHARES : most < 1 ? 1 : most;
    return (s->batch + most - 1) / most;
}

/* oneDNN's bf16 kernels are slower than those in f32 from few channels, and with a stride
 * (docs/speed.md). */
static void choose_kernels(struct lt_conv *c)
{
    const struct lt_conv_spec *s = &c->spec;
    const bool bf16 = s->precision == LT_PRECISION_BF16 && lt_onednn_has_bf16();
    c->folded = bf16 && s->stride == 2;
    c->fold = lt_fold_of(s);
    const bool few = s->in <= 4 && !c->folded;
    c->bf16[LT_CONV_TO_COARSE] = bf16 && !few;
    c->bf16[LT_CONV_TO_FINE] = bf16;
    c->bf16[LT_CONV_WEIGHTS] = bf16 && !few && (s->stride == 1 || c->folded);
    const bool weights = s->training && c->bf16[LT_CONV_WEIGHTS];
    c->x_copied = weights || c->bf16[s->transposed ? LT_CONV_TO_FINE : LT_CONV_TO_COARSE];
    c->da_copied = weights || (s->training && s->need_dx &&
                               c->bf16[s->transposed ? LT_CONV_TO_COARSE : LT_CONV_TO_FINE]);
}

static void choose_sizes(struct lt_conv *c)
{
    const struct lt_conv_spec *s = &c->spec;
    c->fine = lt_conv_fine_values(s);
    c->coarse = lt_conv_coarse_values(s);
    c->fine_copy = c->folded ? lt_fold_values(&c->fold) : c->fine;
    c->channels = s->transposed ? s->in : s->out;
    c->pixels = (s->transposed ? c->fine : c->coarse) / c->channels;
    c->group = group_of(lt_conv_coarse_pixels(s));
    c->share = share_of(s);
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
    if (c->folded) {
        lt_fold_weights(&c->fold, c->spec.out, plain, c->w_folded);
        plain = c->w_folded;
    }
    if (c->w_coarse)
        reorder(b, &c->to_coarse, plain, c->w_coarse);
    if (c->w_fine)
        reorder(b, &c->to_fine, plain, c->w_fine);
}

/* ---- passes ---- */

struct work {
    struct lt_conv *conv;
    const struct lt_elementwise *elementwise;
    enum lt_act act;
    int64_t rows;
    const float *x, *da, *bias;
    float *pre, *y, *dx;
    size_t data_groups; /* chunks of backward: first these, then shares */
};

/* The images that are asked for, of a group from `row` on. */
static int64_t asked(const struct work *w, int64_t row)
{
    const int64_t group = w->conv->group;
    return row + group < w->rows ? group : w->rows - row;
}

/* Copies the images of a group that are asked for to bf16. */
static void copy_group(const struct work *w, bool fine, int64_t row, const float *from,
                       uint16_t *to, int thread)
{
    const struct lt_conv *c = w->conv;
    const int64_t count = asked(w, row), size = fine ? c->fine : c->coarse;
    if (!to)
        return;
    if (fine && c->folded) {
        uint16_t *line = c->lines + thread * (c->spec.in_w + 1) * c->spec.in;
        for (int64_t i = row; i < row + count; i++)
            lt_fold_image(&c->fold, w->elementwise, from + i * size, line, to + i * c->fine_copy);
    } else {
        w->elementwise->to_bf16((size_t)(count * size), from + row * size, to + row * size);
    }
}

/* Image `row` as a product reads it: of an array, or of its copy in bf16. */
static const void *image(const struct lt_conv *c, enum lt_conv_product product, bool fine,
                         const float *f32, const uint16_t *bf16, int64_t row)
{
    if (!c->bf16[product])
        return f32 + row * (fine ? c->fine : c->coarse);
    return bf16 + row * (fine ? c->fine_copy : c->coarse);
}

/* One group of `count` images from grid to grid. */
static void pass_group(const struct lt_conv *c, bool to_coarse, int64_t row, int64_t count,
                       const float *x, const uint16_t *x16, float *y, int thread)
{
    if (to_coarse) {
        lt_kernel_run(c->to_coarse.run, thread, image(c, LT_CONV_TO_COARSE, true, x, x16, row),
                      c->w_coarse, y + row * c->coarse);
        return;
    }
    float *unfolding = c->folded ? c->unfolding + thread * c->group * c->fine_copy : NULL;
    lt_kernel_run(c->to_fine.run, thread, image(c, LT_CONV_TO_FINE, false, x, x16, row), c->w_fine,
                  c->folded ? unfolding : y + row * c->fine);
    for (int64_t i = 0; c->folded && i < count; i++)
        lt_unfold_image(&c->fold, unfolding + i * c->fine_copy, y + (row + i) * c->fine);
}

static void forward_group(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const struct lt_conv *c = w->conv;
    const bool up = c->spec.transposed;
    const int64_t row = (int64_t)chunk * c->group, at = row * c->pixels * c->channels;
    const int64_t count = asked(w, row);
    copy_group(w, !up, row, w->x, c->x16, thread);
    pass_group(c, !up, row, count, w->x, c->x16, w->y, thread);
    w->elementwise->bias_act[w->act](count * c->pixels, c->channels, c->channels, w->bias,
                                     w->pre ? w->pre + at : NULL, w->y + at);
}

void lt_cpu_conv_forward(struct lt_backend *b, struct lt_conv *c, int64_t rows, struct lt_buffer x,
                         struct lt_buffer bias, enum lt_act act, struct lt_buffer pre,
                         struct lt_buffer y)
{
    struct work w = {.conv = c,
                     .elementwise = lt_host_elementwise(b),
                     .act = act,
                     .rows = rows,
                     .x = lt_host_at(x),
                     .bias = lt_host_at(bias),
                     .pre = lt_host_at(pre),
                     .y = lt_host_at(y)};
    lt_parallel(b->threads, lt_chunks((size_t)rows, (size_t)c->group), forward_group, &w);
}

static void copy_gradient_group(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const struct lt_conv *c = w->conv;
    copy_group(w, c->spec.transposed, (int64_t)chunk * c->group, w->da, c->da16, thread);
}

static void data_gradient_group(const struct work *w, size_t index, int thread)
{
    const struct lt_conv *c = w->conv;
    const int64_t row = (int64_t)index * c->group;
    pass_group(c, c->spec.transposed, row, asked(w, row), w->da, c->da16, w->dx, thread);
}

/* The last share, filled up with zeros. */
static const void *filled(const struct lt_conv *c, void *tail, const void *images, int64_t count,
                          int64_t size)
{
    const size_t value = c->bf16[LT_CONV_WEIGHTS] ? sizeof(uint16_t) : sizeof(float);
    const size_t used = (size_t)(count * size) * value;
    memcpy(tail, images, used);
    memset((char *)tail + used, 0, (size_t)(c->share * size) * value - used);
    return tail;
}

static void weight_gradient_share(const struct work *w, size_t index, int thread)
{
    struct lt_conv *c = w->conv;
    const bool up = c->spec.transposed;
    const int64_t row = (int64_t)index * c->share;
    const int64_t count = row + c->share <= w->rows ? c->share : w->rows - row;
    const void *fine =
        image(c, LT_CONV_WEIGHTS, true, up ? w->da : w->x, up ? c->da16 : c->x16, row);
    const void *coarse =
        image(c, LT_CONV_WEIGHTS, false, up ? w->x : w->da, up ? c->x16 : c->da16, row);
    if (count < c->share) {
        fine = filled(c, c->tail_fine, fine, count, c->fine_copy);
        coarse = filled(c, c->tail_coarse, coarse, count, c->coarse);
    }
    lt_kernel_run(c->weights.run, thread, fine, coarse,
                  (char *)c->places + index * c->weights.weight_bytes);
    w->elementwise->column_sums(count * c->pixels, c->channels, c->channels,
                                w->da + row * c->pixels * c->channels,
                                c->bias_places + (int64_t)index * c->channels, false);
}

static void backward_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    if (chunk < w->data_groups)
        data_gradient_group(w, chunk, thread);
    else
        weight_gradient_share(w, chunk - w->data_groups, thread);
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

void lt_cpu_conv_backward(struct lt_backend *b, struct lt_conv *c, int64_t rows, struct lt_buffer x,
                          struct lt_buffer da, struct lt_buffer dx, struct lt_buffer dw,
                          struct lt_buffer db)
{
    const size_t groups = lt_chunks((size_t)rows, (size_t)c->group);
    const size_t shares = lt_chunks((size_t)rows, (size_t)c->share);
    struct work w = {.conv = c,
                     .elementwise = lt_host_elementwise(b),
                     .rows = rows,
                     .x = lt_host_at(x),
                     .da = lt_host_at(da),
                     .dx = lt_host_at(dx)};
    if (c->da_copied) /* x16 is as forward left it */
        lt_parallel(b->threads, groups, copy_gradient_group, &w);
    w.data_groups = w.dx ? groups : 0;
    lt_parallel(b->threads, w.data_groups + shares, backward_chunk, &w);
    sum(b, c->places, shares, c->weights.weight_bytes / sizeof(float));
    sum(b, c->bias_places, shares, (size_t)c->channels);
    reorder(b, &c->weights, c->places, c->folded ? c->w_folded : lt_host_at(dw));
    if (c->folded)
        lt_unfold_weights(&c->fold, c->spec.out, c->w_folded, lt_host_at(dw));
    memcpy(lt_host_at(db), c->bias_places, (size_t)c->channels * sizeof(float));
}
