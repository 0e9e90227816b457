#include "kernels/patches.h"

#include "base/parallel.h"
#include "kernels/host.h"
#include <string.h>

/* The part of a patch line that lies on the grid: `count` values of it from `skip` on are those from
 * `at` on of the fine grid's image.  Returns whether there is any. */
struct overlap {
    int64_t skip, at, count;
};
static bool overlap(const struct lt_conv_spec *s, int64_t y, int64_t x, int64_t i,
                    struct overlap *o)
{
    const int64_t line = y * s->stride - s->kernel / 2 + i;
    const int64_t first = x * s->stride - s->kernel / 2;
    const int64_t begin = first < 0 ? 0 : first;
    const int64_t end = first + s->kernel > s->in_w ? s->in_w : first + s->kernel;
    *o = (struct overlap){.skip = (begin - first) * s->in,
                          .at = (line * s->in_w + begin) * s->in,
                          .count = (end - begin) * s->in};
    return line >= 0 && line < s->in_h && end > begin;
}

void lt_patches_gather(const struct lt_conv_spec *s, const float *fine, int64_t y, float *patches)
{
    const int64_t line = lt_conv_coarse(s->in_w, s->stride);
    struct overlap o;
    memset(patches, 0, (size_t)(line * lt_conv_patch(s)) * sizeof *patches);
    for (int64_t x = 0; x < line; x++)
        for (int64_t i = 0; i < s->kernel; i++, patches += s->kernel * s->in)
            if (overlap(s, y, x, i, &o))
                memcpy(patches + o.skip, fine + o.at, (size_t)o.count * sizeof *fine);
}

void lt_patches_scatter(const struct lt_conv_spec *s, const float *patches, int64_t y, float *fine)
{
    const int64_t line = lt_conv_coarse(s->in_w, s->stride);
    struct overlap o;
    for (int64_t x = 0; x < line; x++)
        for (int64_t i = 0; i < s->kernel; i++, patches += s->kernel * s->in)
            if (overlap(s, y, x, i, &o))
                for (int64_t k = 0; k < o.count; k++)
                    fine[o.at + k] += patches[o.skip + k];
}

struct work {
    const struct lt_conv_spec *spec;
    const float *x;
    float *patches;
};

static void line_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const int64_t lines = lt_conv_coarse(w->spec->in_h, w->spec->stride);
    const int64_t size = lt_conv_coarse(w->spec->in_w, w->spec->stride) * lt_conv_patch(w->spec);
    const int64_t k = (int64_t)chunk;
    (void)thread;
    lt_patches_gather(w->spec, w->x + k / lines * lt_conv_fine_values(w->spec), k % lines,
                      w->patches + k * size);
}

void lt_host_conv_patches(struct lt_backend *b, const struct lt_conv_spec *spec, int64_t rows,
                          struct lt_buffer x, struct lt_buffer patches)
{
    struct work w = {spec, lt_host_at(x), lt_host_at(patches)};
    lt_parallel(b->threads, (size_t)(rows * lt_conv_coarse(spec->in_h, spec->stride)), line_chunk,
                &w);
}
