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

void lt_unfold_weights(const struct lt_fold *f, int64_t out, const float *folded, float *plain)
{
    for (int64_t o = 0; o < out; o++, folded += lt_fold_patch(f))
        for (int64_t i = 0; i < f->kernel; i++)
            for (int64_t j = 0; j < f->kernel; j++, plain += f->in)
                memcpy(plain, folded + tap(f, i, j), (size_t)f->in * sizeof *plain);
}

void lt_fold_image(const struct lt_fold *f, const struct lt_elementwise *elementwise,
                   const float *image, uint16_t *line, uint16_t *folded)
{
    const int64_t pair = 2 * f->in, width = f->in_w * f->in;
    memset(line + width, 0, (size_t)f->in * sizeof *line);
    for (int64_t y = 0; y < 2 * f->h; y++) {
        uint16_t *to = folded + y / 2 * f->w * 2 * pair + y % 2 * pair;
        if (y < f->in_h)
            elementwise->to_bf16((size_t)width, image + y * width, line);
        else
            memset(line, 0, (size_t)width * sizeof *line);
        for (int64_t x = 0; x < f->w; x++)
            memcpy(to + x * 2 * pair, line + x * pair, (size_t)pair * sizeof *line);
    }
}

void lt_unfold_image(const struct lt_fold *f, const float *folded, float *image)
{
    const int64_t pair = 2 * f->in, width = f->in_w * f->in;
    for (int64_t y = 0; y < f->in_h; y++, image += width) {
        const float *from = folded + y / 2 * f->w * 2 * pair + y % 2 * pair;
        for (int64_t x = 0; x < f->w; x++) {
            const int64_t left = width - x * pair;
            memcpy(image + x * pair, from + x * 2 * pair,
                   (size_t)(left < pair ? left : pair) * sizeof *image);
        }
    }
}
