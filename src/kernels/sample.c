/* Codes drawn from the distributions that an encoder tells, one stream of numbers per row. */
#include "base/fmath.h"
#include "base/parallel.h"
#include "kernels/host.h"

enum { ROWS = 8 };

struct work {
    const struct lt_sampling *s;
    const float *mean, *logvar, *sigma, *y, *dy;
    float scale;
    float *to_sigma, *to_y, *dmean, *dlogvar;
    double *row_loss;
};

/* KL(N(mean, sigma^2) || N(0, 1)) summed over a row: (mean^2 + sigma^2 - 1) / 2 - log sigma
 * (Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014, appendix B). */
static double divergence(const float *mean, const float *logvar, const float *sigma, int64_t width)
{
    double sum = 0;
    for (int64_t j = 0; j < width; j++) {
        double m = (double)mean[j], s = (double)sigma[j];
        sum += 0.5 * (m * m + s * s - 1 - (double)logvar[j]);
    }
    return sum;
}

static void draw_row(const struct work *w, int64_t r)
{
    const int64_t width = w->s->width, at = r * width;
    float *sigma = w->to_sigma + at, *y = w->to_y + at;
    const float *mean = w->mean + at;
    for (int64_t j = 0; j < width; j++)
        sigma[j] = lt_expf(0.5f * w->logvar[at + j]);
    if (w->s->row_ids) {
        const struct lt_stream stream =
            lt_stream(w->s->seed, LT_RNG_CODE, w->s->epoch, (uint64_t)w->s->row_ids[r]);
        lt_fill_normal(&stream, y, (size_t)width);
        for (int64_t j = 0; j < width; j++)
            y[j] = mean[j] + sigma[j] * y[j];
    } else {
        for (int64_t j = 0; j < width; j++)
            y[j] = mean[j];
    }
    if (w->row_loss)
        w->row_loss[r] = divergence(mean, w->logvar + at, sigma, width);
}

static void draw_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const size_t end = lt_chunk_end(chunk, ROWS, (size_t)w->s->rows);
    (void)thread;
    for (size_t r = lt_chunk_begin(chunk, ROWS); r < end; r++)
        draw_row(w, (int64_t)r);
}

void lt_host_sample(struct lt_backend *b, const struct lt_sampling *s, struct lt_buffer mean,
                    struct lt_buffer logvar, struct lt_buffer sigma, struct lt_buffer y,
                    struct lt_buffer row_loss)
{
    struct work w = {.s = s,
                     .mean = lt_host_at(mean),
                     .logvar = lt_host_at(logvar),
                     .to_sigma = lt_host_at(sigma),
                     .to_y = lt_host_at(y),
                     .row_loss = lt_host_at(row_loss)};
    lt_parallel(b->threads, lt_chunks((size_t)s->rows, ROWS), draw_chunk, &w);
}

/* y = mean + sigma noise, so that dy/dlogvar = sigma noise / 2 = (y - mean) / 2. */
static void backward_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const int64_t width = w->s->width;
    const int64_t end = (int64_t)lt_chunk_end(chunk, ROWS, (size_t)w->s->rows) * width;
    (void)thread;
    for (int64_t i = (int64_t)lt_chunk_begin(chunk, ROWS) * width; i < end; i++) {
        const float sigma = w->sigma[i];
        if (w->dmean)
            w->dmean[i] = w->dy[i] + w->scale * w->mean[i];
        if (w->dlogvar)
            w->dlogvar[i] =
                0.5f * (w->dy[i] * (w->y[i] - w->mean[i]) + w->scale * (sigma * sigma - 1.0f));
    }
}

void lt_host_sample_backward(struct lt_backend *b, const struct lt_sampling *s, float scale,
                             struct lt_buffer mean, struct lt_buffer sigma, struct lt_buffer y,
                             struct lt_buffer dy, struct lt_buffer dmean, struct lt_buffer dlogvar)
{
    struct work w = {.s = s,
                     .mean = lt_host_at(mean),
                     .sigma = lt_host_at(sigma),
                     .y = lt_host_at(y),
                     .dy = lt_host_at(dy),
                     .scale = scale,
                     .dmean = lt_host_at(dmean),
                     .dlogvar = lt_host_at(dlogvar)};
    lt_parallel(b->threads, lt_chunks((size_t)s->rows, ROWS), backward_chunk, &w);
}
