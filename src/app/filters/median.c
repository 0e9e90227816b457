/* The median filter: ranks, so an impulse of any size moves it no further than a small one. */
#include "app/filters/filter.h"
#include "base/parallel.h"

#include <stdio.h>

enum { RADIUS_MAX = 3, WINDOW_MAX = (2 * RADIUS_MAX + 1) * (2 * RADIUS_MAX + 1) };

/* The element of rank k, by Hoare's selection ("Algorithm 65: find", CACM 1961).  With NaN among
 * them both scans stop at it, so the answer is some element and nothing is read outside. */
static float select(float *v /* (n), reordered */, int n, int k)
{
    int low = 0, high = n - 1;
    while (low < high) {
        float pivot = v[k];
        int i = low, j = high;
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (pivot < v[j])
                j--;
            if (i > j)
                break;
            float swap = v[i];
            v[i++] = v[j];
            v[j--] = swap;
        }
        if (j < k)
            low = i;
        if (k < i)
            high = j;
    }
    return v[k];
}

struct work {
    const struct lt_picture *picture;
    int radius;
    float *out; /* (H, W, C) */
};

static float median_at(const struct lt_picture *p, int radius, int64_t y, int64_t x, int64_t k)
{
    float window[WINDOW_MAX] = {0};
    int n = 0;
    for (int64_t dy = -radius; dy <= radius; dy++) {
        const float *row = p->values + lt_mirror(y + dy, p->h) * p->w * p->c + k;
        for (int64_t dx = -radius; dx <= radius; dx++)
            window[n++] = row[lt_mirror(x + dx, p->w) * p->c];
    }
    return select(window, n, n / 2);
}

static void filter_band(void *context, size_t chunk, int thread)
{
    (void)thread;
    const struct work *work = context;
    const struct lt_picture *p = work->picture;
    int64_t end = (int64_t)lt_chunk_end(chunk, LT_FILTER_BAND, (size_t)p->h);
    for (int64_t y = (int64_t)lt_chunk_begin(chunk, LT_FILTER_BAND); y < end; y++)
        for (int64_t i = 0; i < p->w * p->c; i++)
            work->out[y * p->w * p->c + i] = median_at(p, work->radius, y, i / p->c, i % p->c);
}

static int run(const struct lt_filter_setting *setting, const struct lt_picture *picture,
               float *out, struct lt_error *err)
{
    (void)err;
    struct work work = {picture, setting->radius, out};
    lt_parallel(picture->threads, lt_chunks((size_t)picture->h, LT_FILTER_BAND), filter_band,
                &work);
    return LT_OK;
}

static void describe(const struct lt_filter_setting *setting, char *text, size_t size)
{
    int side = 2 * setting->radius + 1;
    snprintf(text, size, "median, %d x %d window", side, side);
}

static const struct lt_filter_setting settings[] = {{1, 0}, {2, 0}, {RADIUS_MAX, 0}};

const struct lt_filter lt_filter_median = {"median", settings, sizeof settings / sizeof *settings,
                                           describe, run};
