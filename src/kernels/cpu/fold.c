#include "kernels/cpu/fold.h"

#include <string.h>

struct lt_fold lt_fold_of(const struct lt_conv_spec *s)
{
    const int64_t side = s->kernel / 2;
    return (struct lt_fold){.in = s->in,
                            .in_h = s->in_h,
                            .in_w = s->in_w,
                            .h = lt_conv_coarse(s->in_h, 2),
                            .w = lt_conv_coarse(s->in_w, 2),
                            .kernel = s->kernel,
                            .folded = side + 1,
                            .before = (side + 1) / 2};
}

/* Where tap (i, j) of a kernel stands in a folded one: the offset of its channels. */
static int64_t tap(const struct lt_fold *f, int64_t i, int64_t j)
{
    const int64_t y = i - f->kernel / 2 + 2 * f->before, x = j - f->kernel / 2 + 2 * f->before;
    return (y / 2 * f->folded + x / 2) * 4 * f->in + (y % 2 * 2 + x % 2) * f->in;
}

void lt_fold_weights(const struct lt_fold *f, int64_t out, const float *plain, float *folded)
{
    const int64_t patch = lt_fold_patch(f);
    memset(folded, 0, (size_t)(out * patch) * sizeof *folded);
    for (int64_t o = 0; o < out; o++, folded += patch)
        for (int64_t i = 0; i < f->kernel; i++)
            for (int64_t j = 0; j < f->kernel; j++, plain += f->in)
                memcpy(folded + tap(f, i, j), plain, (size_t)f->in * sizeof *plain);
}

static void put(const float *from, int64_t n, float *to, bool add)
{
    if (!add)
        memcpy(to, from, (size_t)n * sizeof *to);
    else
        for (int64_t i = 0; i < n; i++)
            to[i] += from[i];
}

void lt_unfold_image(const struct lt_fold *f, const float *folded, float *image, bool add)
{
    const int64_t pair = 2 * f->in, width = f->in_w * f->in;
    for (int64_t y = 0; y < f->in_h; y++, image += width) {
        const float *from = folded + y / 2 * f->w * 2 * pair + y % 2 * pair;
        for (int64_t x = 0; x < f->w; x++) {
            const int64_t left = width - x * pair;
            put(from + x * 2 * pair, left < pair ? left : pair, image + x * pair, add);
        }
    }
}
