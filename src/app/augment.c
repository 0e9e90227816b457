#include "app/augment.h"

#include "base/mem.h"
#include "base/rng.h"
#include <string.h>

int lt_augment_create(struct lt_augment *out, struct lt_feed *feed, int64_t side, int64_t channels,
                      uint64_t seed, struct lt_error *err)
{
    *out = (struct lt_augment){.feed = feed, .side = side, .channels = channels, .seed = seed};
    return lt_alloc(&out->row, (size_t)(side * side * channels), sizeof *out->row, "an image", err);
}

void lt_augment_free(struct lt_augment *augment)
{
    lt_free(augment->row);
    augment->row = NULL;
}

/* Symmetry 0 ... 7 of the square: bit 0 flips columns, bit 1 lines, bit 2 exchanges both. */
static void turn(const struct lt_augment *a, unsigned symmetry, float *image)
{
    const int64_t side = a->side, c = a->channels;
    float *to = a->row;
    for (int64_t y = 0; y < side; y++)
        for (int64_t x = 0; x < side; x++, to += c) {
            int64_t v = symmetry & 4 ? x : y, u = symmetry & 4 ? y : x;
            v = symmetry & 2 ? side - 1 - v : v;
            u = symmetry & 1 ? side - 1 - u : u;
            memcpy(to, image + (v * side + u) * c, (size_t)c * sizeof *to);
        }
    memcpy(image, a->row, (size_t)(side * side * c) * sizeof *image);
}

static int read_turned(void *context, uint32_t epoch, const int64_t *rows, int64_t n, float *x,
                       struct lt_error *err)
{
    struct lt_augment *a = context;
    int rc = lt_feed_rows(a->feed, rows, n, x, err);
    for (int64_t i = 0; i < n && !rc && epoch != LT_EPOCH_MEASURE; i++) {
        struct lt_stream s = lt_stream(a->seed, LT_RNG_AUGMENT, epoch, (uint64_t)rows[i]);
        unsigned symmetry = (unsigned)(lt_uniform(&s, 0) * 8);
        if (symmetry > 0)
            turn(a, symmetry, x + i * a->side * a->side * a->channels);
    }
    return rc;
}

struct lt_source lt_augment_source(struct lt_augment *augment, struct lt_rowset rows)
{
    return (struct lt_source){.read = read_turned, .context = augment, .rows = rows};
}
