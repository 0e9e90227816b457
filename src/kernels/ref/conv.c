#include "kernels/ref/conv.h"

#include "base/mem.h"
#include "base/parallel.h"
#include "kernels/patches.h"
#include "kernels/ref/state.h"
#include <string.h>

/* By patches: a patch is what one coarse pixel sees of the fine grid, (kernel, kernel, in) with 0
 * beyond the edges.  For one line of coarse pixels, L of them, with P = kernel^2 in:
 *
 *   to coarse        coarse (L, out) = patches (L, P) W^T (P, out)
 *   to fine          patches (L, P)  = coarse (L, out) W (out, P), each added where it lies
 *   weight gradient  dW (out, P)    += coarse^T (out, L) patches (L, P)
 */
enum { OUT_CHUNK = 8 }; /* coarse channels of a weight gradient in a chunk */

struct lt_conv {
    struct lt_conv_spec spec;
    int64_t lines, line; /* of coarse pixels; pixels in one */
    const float *w;      /* (out, P), from the last pack */
    float *turned;       /* (P, out) */
    float *patches;      /* (threads, line, P) */
};

void lt_ref_conv_free(struct lt_backend *b, struct lt_conv *conv)
{
    (void)b;
    if (!conv)
        return;
    lt_free(conv->turned);
    lt_free(conv->patches);
    lt_free(conv);
}

int lt_ref_conv_create(struct lt_backend *b, const struct lt_conv_spec *spec, struct lt_conv **out,
                       struct lt_error *err)
{
    struct lt_conv *conv = NULL;
    int rc = lt_alloc(&conv, 1, sizeof *conv, "layer", err);
    if (rc)
        goto out;
    conv->spec = *spec;
    conv->lines = lt_conv_coarse(spec->in_h, spec->stride);
    conv->line = lt_conv_coarse(spec->in_w, spec->stride);
    const size_t patch = (size_t)lt_conv_patch(spec);
    rc = lt_alloc(&conv->turned, patch * (size_t)spec->out, sizeof *conv->turned, "weights", err);
    if (!rc)
        rc = lt_alloc(&conv->patches, (size_t)b->threads * (size_t)conv->line * patch,
                      sizeof *conv->patches, "patches", err);
out:
    if (rc) {
        lt_ref_conv_free(b, conv);
        conv = NULL;
    }
    *out = conv;
    return rc;
}

void lt_ref_conv_pack(struct lt_backend *b, struct lt_conv *conv, struct lt_buffer w)
{
    const int64_t patch = lt_conv_patch(&conv->spec), out = conv->spec.out;
    conv->w = lt_host_at(w);
    lt_host_elementwise(b)->transpose(out, patch, conv->w, patch, conv->turned, out);
}

/* ---- passes, one image in a chunk ---- */

struct work {
    const struct lt_conv *conv;
    lt_product_fn *product;
    const struct lt_elementwise *elementwise;
    enum lt_act act;
    const float *x, *bias, *plus;
    float *pre, *y;
    bool add;            /* to what stands in y */
    int64_t rows;        /* weight gradient ... */
    const float *coarse; /* ... and what stands on the coarse grid */
    float *dw;
};

static float *scratch(const struct lt_conv *c, int thread)
{
    return c->patches + thread * c->line * lt_conv_patch(&c->spec);
}

static void to_coarse(const struct work *w, const float *fine, float *coarse, float *patches)
{
    const struct lt_conv *c = w->conv;
    const int64_t patch = lt_conv_patch(&c->spec), out = c->spec.out;
    for (int64_t y = 0; y < c->lines; y++) {
        lt_patches_gather(&c->spec, fine, y, patches);
        const struct lt_product p = {.m = c->line,
                                     .n = out,
                                     .k = patch,
                                     .a = patches,
                                     .a_row = patch,
                                     .a_column = 1,
                                     .b = c->turned,
                                     .b_row = out,
                                     .c = coarse + y * c->line * out,
                                     .c_row = out,
                                     .alpha = 1.0f,
                                     .beta = w->add ? 1.0f : 0.0f};
        w->product(&p);
    }
}

static void to_fine(const struct work *w, const float *coarse, float *fine, float *patches)
{
    const struct lt_conv *c = w->conv;
    const int64_t patch = lt_conv_patch(&c->spec), out = c->spec.out;
    if (!w->add)
        memset(fine, 0, (size_t)lt_conv_fine_values(&c->spec) * sizeof *fine);
    for (int64_t y = 0; y < c->lines; y++) {
        const struct lt_product p = {.m = c->line,
                                     .n = patch,
                                     .k = out,
                                     .a = coarse + y * c->line * out,
                                     .a_row = out,
                                     .a_column = 1,
                                     .b = c->w,
                                     .b_row = patch,
                                     .c = patches,
                                     .c_row = patch,
                                     .alpha = 1.0f};
        w->product(&p);
        lt_patches_scatter(&c->spec, patches, y, fine);
    }
}

/* x -> y without bias and activation, to the coarse grid or to the fine one. */
static void image(const struct work *w, size_t row, bool fine_to_coarse, int thread)
{
    const int64_t fine = lt_conv_fine_values(&w->conv->spec);
    const int64_t coarse = lt_conv_coarse_values(&w->conv->spec);
    const int64_t r = (int64_t)row;
    if (fine_to_coarse)
        to_coarse(w, w->x + r * fine, w->y + r * coarse, scratch(w->conv, thread));
    else
        to_fine(w, w->x + r * coarse, w->y + r * fine, scratch(w->conv, thread));
}

static void forward_image(void *context, size_t row, int thread)
{
    const struct work *w = context;
    const struct lt_conv_spec *s = &w->conv->spec;
    const int64_t channels = s->transposed ? s->in : s->out;
    const int64_t pixels = s->transposed ? s->in_h * s->in_w : lt_conv_coarse_pixels(s);
    const int64_t at = (int64_t)row * pixels * channels;
    image(w, row, !s->transposed, thread);
    w->elementwise->bias_act[w->act](pixels, channels, channels, w->bias,
                                     w->pre ? w->pre + at : NULL, w->y + at);
    if (w->plus)
        w->elementwise->add((size_t)(pixels * channels), w->y + at, w->plus + at, w->y + at);
}

bool lt_ref_conv_reads_bf16(struct lt_backend *b, const struct lt_conv_spec *spec)
{
    (void)b, (void)spec;
    return false;
}

void lt_ref_conv_forward(struct lt_backend *b, struct lt_conv *conv, const struct lt_conv_values *v)
{
    struct work w = {.conv = conv,
                     .product = lt_ref_product(b),
                     .elementwise = lt_host_elementwise(b),
                     .act = v->act,
                     .x = lt_host_at(v->x),
                     .bias = lt_host_at(v->bias),
                     .plus = lt_host_at(v->plus),
                     .pre = lt_host_at(v->pre),
                     .y = lt_host_at(v->y)};
    lt_parallel(b->threads, (size_t)v->rows, forward_image, &w);
}

static void data_gradient_image(void *context, size_t row, int thread)
{
    const struct work *w = context;
    image(w, row, w->conv->spec.transposed, thread);
}

/* dW of some coarse channels, over all images in order. */
static void weight_gradient_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const struct lt_conv *c = w->conv;
    const int64_t patch = lt_conv_patch(&c->spec), out = c->spec.out;
    const int64_t first = (int64_t)lt_chunk_begin(chunk, OUT_CHUNK);
    const int64_t end = (int64_t)lt_chunk_end(chunk, OUT_CHUNK, (size_t)out);
    float *patches = scratch(c, thread);
    for (int64_t line = 0; line < w->rows * c->lines; line++) {
        lt_patches_gather(&c->spec, w->x + line / c->lines * lt_conv_fine_values(&c->spec),
                          line % c->lines, patches);
        const struct lt_product p = {.m = end - first,
                                     .n = patch,
                                     .k = c->line,
                                     .a = w->coarse + line * c->line * out + first,
                                     .a_row = 1,
                                     .a_column = out,
                                     .b = patches,
                                     .b_row = patch,
                                     .c = w->dw + first * patch,
                                     .c_row = patch,
                                     .alpha = 1.0f,
                                     .beta = line > 0 ? 1.0f : 0.0f};
        w->product(&p);
    }
}

void lt_ref_conv_backward(struct lt_backend *b, struct lt_conv *conv,
                          const struct lt_conv_gradients *g)
{
    const struct lt_conv_spec *s = &conv->spec;
    const int64_t pixels = s->transposed ? s->in_h * s->in_w : lt_conv_coarse_pixels(s);
    const int64_t channels = s->transposed ? s->in : s->out;
    const struct lt_buffer da = g->dy;
    struct work w = {.conv = conv,
                     .product = lt_ref_product(b),
                     .x = lt_host_at(da),
                     .y = lt_host_at(g->dx),
                     .add = s->add_dx,
                     .rows = g->rows,
                     .dw = lt_host_at(g->dw)};
    if (g->act != LT_ACT_LINEAR)
        lt_host_act_backward(b, g->act, (size_t)(g->rows * pixels * channels), g->pre, g->y, g->dy,
                             da);
    if (g->dx.memory)
        lt_parallel(b->threads, (size_t)g->rows, data_gradient_image, &w);
    w.x = lt_host_at(s->transposed ? da : g->x);
    w.coarse = lt_host_at(s->transposed ? g->x : da);
    lt_parallel(b->threads, lt_chunks((size_t)s->out, OUT_CHUNK), weight_gradient_chunk, &w);
    lt_host_column_sums(b, g->rows * pixels, channels, lt_host_at(da), lt_host_at(g->db), false);
}
