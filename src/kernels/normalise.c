#include "base/parallel.h"
#include "kernels/host.h"
#include <math.h>

/* Normalisation of a matrix of pixels and channels by its rows (layer: Ba, Kiros and Hinton, "Layer
 * normalization", 2016) or by its columns (batch: Ioffe and Szegedy, "Batch normalization", ICML 2015):
 *
 *     h = (x - mean) / sqrt(variance + EPSILON)        y = gain h + bias
 *
 * Sums are doubles.  Those over channels run in LANES partial sums that are added by halving; those over
 * pixels in PARTS runs of pixels, each in order, and the runs in order. */

enum { LANES = 8, PARTS = 64, BLOCK = 64, PIXELS = 64 };
static const double EPSILON = 1e-5;
static const float MOMENTUM = 0.1f;

struct work {
    const struct lt_normalisation *n;
    const float *x, *gain, *bias, *da;
    const float *mean, *scale; /* of pixels or channels; scale is 1 / deviation */
    float *new_mean, *new_scale;
    float *out; /* y, or dx backward */
    const float *dgain, *dbias;
};

static float reciprocal_deviation(double variance)
{
    return (float)(1 / sqrt(variance + EPSILON));
}

/* ---- sums over pixels, channel by channel ---- */

/* Adds what pixels begin ... end - 1 have of channels first ... first + count - 1 to two sums each. */
typedef void part_fn(const struct work *w, int64_t begin, int64_t end, int64_t first, int64_t count,
                     double sum[2][BLOCK]);

struct sums {
    const struct work *w;
    part_fn *fn;
    int64_t first, count;
    double part[PARTS][2][BLOCK];
};

static void sum_part(void *context, size_t part, int thread)
{
    struct sums *s = context;
    const size_t pixels = (size_t)s->w->n->pixels, size = lt_chunks(pixels, PARTS);
    (void)thread;
    for (int k = 0; k < 2; k++)
        for (int c = 0; c < BLOCK; c++)
            s->part[part][k][c] = 0;
    s->fn(s->w, (int64_t)lt_chunk_begin(part, size), (int64_t)lt_chunk_end(part, size, pixels),
          s->first, s->count, s->part[part]);
}

/* The sums for a block of channels, over all pixels, in part[0]. */
static void sum_block(struct lt_backend *b, struct sums *s)
{
    const size_t pixels = (size_t)s->w->n->pixels;
    const size_t parts = lt_chunks(pixels, lt_chunks(pixels, PARTS));
    lt_parallel(b->threads, parts, sum_part, s);
    for (size_t p = 1; p < parts; p++)
        for (int k = 0; k < 2; k++)
            for (int64_t c = 0; c < s->count; c++)
                s->part[0][k][c] += s->part[p][k][c];
}

static void add_values(const struct work *w, int64_t begin, int64_t end, int64_t first,
                       int64_t count, double sum[2][BLOCK])
{
    for (int64_t p = begin; p < end; p++) {
        const float *x = w->x + p * w->n->channels + first;
        for (int64_t c = 0; c < count; c++)
            sum[0][c] += (double)x[c];
    }
}

static void add_squares(const struct work *w, int64_t begin, int64_t end, int64_t first,
                        int64_t count, double sum[2][BLOCK])
{
    const float *mean = w->mean + first;
    for (int64_t p = begin; p < end; p++) {
        const float *x = w->x + p * w->n->channels + first;
        for (int64_t c = 0; c < count; c++) {
            const double d = (double)x[c] - (double)mean[c];
            sum[0][c] += d * d;
        }
    }
}

/* Of da, and of da h. */
static void add_gradients(const struct work *w, int64_t begin, int64_t end, int64_t first,
                          int64_t count, double sum[2][BLOCK])
{
    const bool layer = w->n->kind == LT_NORM_LAYER;
    for (int64_t p = begin; p < end; p++) {
        const float *x = w->x + p * w->n->channels + first;
        const float *da = w->da + p * w->n->channels + first;
        for (int64_t c = 0; c < count; c++) {
            const int64_t at = layer ? p : first + c;
            sum[0][c] += (double)da[c];
            sum[1][c] += (double)(da[c] * ((x[c] - w->mean[at]) * w->scale[at]));
        }
    }
}

/* ---- batch ---- */

static void batch_moments(struct lt_backend *b, const struct work *w, float *mean, float *variance)
{
    const int64_t pixels = w->n->pixels, channels = w->n->channels;
    const bool update = pixels > 1; /* one pixel has no variance to estimate */
    struct work centred = *w;
    struct sums s = {.w = &centred};
    centred.mean = w->new_mean;
    for (s.first = 0; s.first < channels; s.first += BLOCK) {
        s.count = channels - s.first < BLOCK ? channels - s.first : BLOCK;
        s.fn = add_values;
        sum_block(b, &s);
        for (int64_t c = 0; c < s.count; c++)
            w->new_mean[s.first + c] = (float)(s.part[0][0][c] / (double)pixels);
        s.fn = add_squares;
        sum_block(b, &s);
        for (int64_t c = 0; c < s.count; c++) {
            const int64_t at = s.first + c;
            const double squares = s.part[0][0][c];
            w->new_scale[at] = reciprocal_deviation(squares / (double)pixels);
            if (!update)
                continue;
            mean[at] += MOMENTUM * (w->new_mean[at] - mean[at]);
            variance[at] += MOMENTUM * ((float)(squares / (double)(pixels - 1)) - variance[at]);
        }
    }
}

static void running_moments(const struct work *w, const float *mean, const float *variance)
{
    for (int64_t c = 0; c < w->n->channels; c++) {
        w->new_mean[c] = mean[c];
        w->new_scale[c] = reciprocal_deviation((double)variance[c]);
    }
}

static void batch_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const int64_t n = w->n->channels;
    const size_t end = lt_chunk_end(chunk, PIXELS, (size_t)w->n->pixels);
    (void)thread;
    for (size_t p = lt_chunk_begin(chunk, PIXELS); p < end; p++) {
        const float *x = w->x + (int64_t)p * n;
        float *y = w->out + (int64_t)p * n;
        for (int64_t c = 0; c < n; c++)
            y[c] = w->gain[c] * ((x[c] - w->mean[c]) * w->scale[c]) + w->bias[c];
    }
}

/* dx = gain / deviation (da - mean of da - h mean of da h) */
static void batch_backward_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const int64_t n = w->n->channels;
    const size_t end = lt_chunk_end(chunk, PIXELS, (size_t)w->n->pixels);
    const float share = 1.0f / (float)w->n->pixels;
    (void)thread;
    for (size_t p = lt_chunk_begin(chunk, PIXELS); p < end; p++) {
        const float *x = w->x + (int64_t)p * n, *da = w->da + (int64_t)p * n;
        float *dx = w->out + (int64_t)p * n;
        for (int64_t c = 0; c < n; c++) {
            const float h = (x[c] - w->mean[c]) * w->scale[c];
            dx[c] = w->gain[c] * w->scale[c] *
                    (da[c] - share * w->dbias[c] - h * (share * w->dgain[c]));
        }
    }
}

/* ---- layer ---- */

static double add_lanes(const double lane[LANES])
{
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static int64_t lanes_of(int64_t n, int64_t first)
{
    return n - first < LANES ? n - first : LANES;
}

static void pixel_moments(int64_t n, const float *x, float *mean, float *scale)
{
    double sum[LANES] = {0}, squares[LANES] = {0};
    for (int64_t first = 0; first < n; first += LANES)
        for (int64_t k = 0; k < lanes_of(n, first); k++)
            sum[k] += (double)x[first + k];
    const double m = add_lanes(sum) / (double)n;
    for (int64_t first = 0; first < n; first += LANES)
        for (int64_t k = 0; k < lanes_of(n, first); k++) {
            const double d = (double)x[first + k] - m;
            squares[k] += d * d;
        }
    *mean = (float)m;
    *scale = reciprocal_deviation(add_lanes(squares) / (double)n);
}

static void layer_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const int64_t n = w->n->channels;
    const size_t end = lt_chunk_end(chunk, PIXELS, (size_t)w->n->pixels);
    (void)thread;
    for (size_t p = lt_chunk_begin(chunk, PIXELS); p < end; p++) {
        const float *x = w->x + (int64_t)p * n;
        float *y = w->out + (int64_t)p * n, mean, scale;
        pixel_moments(n, x, &mean, &scale);
        for (int64_t c = 0; c < n; c++)
            y[c] = w->gain[c] * ((x[c] - mean) * scale) + w->bias[c];
        if (w->new_mean) {
            w->new_mean[p] = mean;
            w->new_scale[p] = scale;
        }
    }
}

/* dx = (g - mean of g - h mean of g h) / deviation, g = gain da, means over the channels */
static void layer_backward_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const int64_t n = w->n->channels;
    const size_t end = lt_chunk_end(chunk, PIXELS, (size_t)w->n->pixels);
    (void)thread;
    for (size_t p = lt_chunk_begin(chunk, PIXELS); p < end; p++) {
        const float *x = w->x + (int64_t)p * n, *da = w->da + (int64_t)p * n;
        const float mean = w->mean[p], scale = w->scale[p];
        float *dx = w->out + (int64_t)p * n;
        double sum[LANES] = {0}, product[LANES] = {0};
        for (int64_t first = 0; first < n; first += LANES)
            for (int64_t k = 0; k < lanes_of(n, first); k++) {
                const double g = (double)(w->gain[first + k] * da[first + k]);
                sum[k] += g;
                product[k] += g * (double)((x[first + k] - mean) * scale);
            }
        const float m = (float)(add_lanes(sum) / (double)n);
        const float mh = (float)(add_lanes(product) / (double)n);
        for (int64_t c = 0; c < n; c++)
            dx[c] = scale * (w->gain[c] * da[c] - m - (x[c] - mean) * scale * mh);
    }
}

/* ---- the operations ---- */

static int64_t moment_count(const struct lt_normalisation *n)
{
    return n->kind == LT_NORM_LAYER ? n->pixels : n->channels;
}

void lt_host_normalise(struct lt_backend *b, const struct lt_normalisation *n, struct lt_buffer x,
                       struct lt_buffer gain, struct lt_buffer bias, struct lt_buffer mean,
                       struct lt_buffer variance, struct lt_buffer moments, struct lt_buffer y)
{
    const bool layer = n->kind == LT_NORM_LAYER;
    struct work w = {.n = n,
                     .x = lt_host_at(x),
                     .gain = lt_host_at(gain),
                     .bias = lt_host_at(bias),
                     .new_mean = lt_host_at(moments),
                     .out = lt_host_at(y)};
    w.new_scale = w.new_mean ? w.new_mean + moment_count(n) : NULL;
    w.mean = w.new_mean;
    w.scale = w.new_scale;
    if (!layer && n->running)
        running_moments(&w, lt_host_at(mean), lt_host_at(variance));
    else if (!layer)
        batch_moments(b, &w, lt_host_at(mean), lt_host_at(variance));
    lt_parallel(b->threads, lt_chunks((size_t)n->pixels, PIXELS), layer ? layer_chunk : batch_chunk,
                &w);
}

void lt_host_normalise_backward(struct lt_backend *b, const struct lt_normalisation *n,
                                struct lt_buffer x, struct lt_buffer moments, struct lt_buffer gain,
                                struct lt_buffer da, struct lt_buffer dx, struct lt_buffer dgain,
                                struct lt_buffer dbias)
{
    float *to_gain = lt_host_at(dgain), *to_bias = lt_host_at(dbias);
    struct work w = {.n = n,
                     .x = lt_host_at(x),
                     .gain = lt_host_at(gain),
                     .da = lt_host_at(da),
                     .mean = lt_host_at(moments),
                     .out = lt_host_at(dx),
                     .dgain = to_gain,
                     .dbias = to_bias};
    w.scale = w.mean + moment_count(n);
    struct sums s = {.w = &w, .fn = add_gradients};
    for (s.first = 0; s.first < n->channels; s.first += BLOCK) {
        s.count = n->channels - s.first < BLOCK ? n->channels - s.first : BLOCK;
        sum_block(b, &s);
        for (int64_t c = 0; c < s.count; c++) {
            to_bias[s.first + c] = (float)s.part[0][0][c];
            to_gain[s.first + c] = (float)s.part[0][1][c];
        }
    }
    if (w.out)
        lt_parallel(b->threads, lt_chunks((size_t)n->pixels, PIXELS),
                    n->kind == LT_NORM_LAYER ? layer_backward_chunk : batch_backward_chunk, &w);
}
