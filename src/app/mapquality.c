#include "app/mapquality.h"

#include "base/mem.h"
#include "base/parallel.h"
#include <math.h>
#include <string.h>

enum { BATCH = 128, K = LT_MAP_NEAREST, CHUNK = 4 };

/* Rows as they are compared. */
struct space {
    int64_t rows, inputs;
    int64_t padded;     /* rows, up to whole batches */
    float *x;           /* (padded, D) less the mean, 0 behind the last */
    float *half_square; /* (padded) |x|^2 / 2 */
    void *device_x, *device_products;
    struct lt_matmul *product; /* (BATCH, padded) = (BATCH, D) x (padded, D)^T */
    float *products;           /* (BATCH, padded) */
};

/* A batch of rows at work on one map. */
struct work {
    struct lt_backend *backend;
    struct space space;
    const struct lt_map *map;
    const int32_t *labels;
    int64_t begin;
    float *distances; /* (threads, 2, rows) of a row in the inputs and in the map */
    /* of each row of the batch: sums of r - k, and whether the label is found */
    int64_t trust[BATCH], continuity[BATCH];
    bool right[BATCH];
};

/* ---- distances from one row ---- */

/* |x_j|^2 / 2 - x_i x_j, which orders as distances do. */
static void distances_in(const struct work *w, int64_t row, float *to)
{
    const struct space *s = &w->space;
    const float *p = s->products + (row - w->begin) * s->padded;
    for (int64_t j = 0; j < s->rows; j++)
        to[j] = s->half_square[j] - p[j];
    to[row] = INFINITY;
}

static void distances_on(const struct lt_map *m, int64_t rows, int64_t row, float *to)
{
    const float *at = m->codes + row * m->dims;
    for (int64_t j = 0; j < rows; j++) {
        const float *z = m->codes + j * m->dims;
        float sum = 0;
        for (int64_t k = 0; k < m->dims; k++)
            sum += (at[k] - z[k]) * (at[k] - z[k]);
        to[j] = sum;
    }
    to[row] = INFINITY;
}

static void find_nearest(const float *distances, int64_t rows, int64_t nearest[K])
{
    int found = 0;
    for (int64_t j = 0; j < rows; j++) {
        if (found == K && !(distances[j] < distances[nearest[K - 1]]))
            continue;
        int at = found < K ? found++ : K - 1;
        for (; at > 0 && distances[nearest[at - 1]] > distances[j]; at--)
            nearest[at] = nearest[at - 1];
        nearest[at] = j;
    }
}

/* From 1 for the nearest. */
static int64_t rank_of(const float *distances, int64_t rows, int64_t j)
{
    const float d = distances[j];
    int64_t before = 0;
    for (int64_t l = 0; l < j; l++)
        before += distances[l] <= d;
    for (int64_t l = j + 1; l < rows; l++)
        before += distances[l] < d;
    return before + 1;
}

/* Sum of r - k over those near in one space and not in the other, whose distances are given. */
static int64_t strangers(const int64_t near[K], const float *others, int64_t rows)
{
    int64_t sum = 0;
    for (int k = 0; k < K; k++) {
        const int64_t rank = rank_of(others, rows, near[k]);
        sum += rank > K ? rank - K : 0;
    }
    return sum;
}

static int32_t most_frequent(const int32_t *labels, const int64_t near[K])
{
    int32_t best = -1;
    int most = 0;
    for (int k = 0; k < K; k++) {
        const int32_t label = labels[near[k]];
        int count = 0;
        for (int l = 0; l < K; l++)
            count += labels[near[l]] == label;
        if (count > most || (count == most && label < best)) {
            most = count;
            best = label;
        }
    }
    return best;
}

/* ---- all rows ---- */

static void measure_chunk(void *context, size_t chunk, int thread)
{
    struct work *w = context;
    const int64_t rows = w->space.rows;
    const int64_t n = rows - w->begin < BATCH ? rows - w->begin : BATCH;
    float *in = w->distances + thread * 2 * rows, *on = in + rows;
    int64_t near_in[K], near_on[K];
    for (size_t r = lt_chunk_begin(chunk, CHUNK); r < lt_chunk_end(chunk, CHUNK, (size_t)n); r++) {
        const int64_t i = w->begin + (int64_t)r;
        distances_in(w, i, in);
        distances_on(w->map, rows, i, on);
        find_nearest(in, rows, near_in);
        find_nearest(on, rows, near_on);
        w->trust[r] = strangers(near_on, in, rows);
        w->continuity[r] = strangers(near_in, on, rows);
        w->right[r] = w->labels && most_frequent(w->labels, near_on) == w->labels[i];
    }
}

static void run_products(struct work *w)
{
    struct space *s = &w->space;
    const struct lt_backend_ops *ops = w->backend->ops;
    const struct lt_buffer x = {s->device_x, 0}, products = {s->device_products, 0};
    ops->matmul_run(w->backend, s->product, 1,
                    lt_buffer_at(x, (size_t)(w->begin * s->inputs) * sizeof(float)), x, 0,
                    products);
    ops->download(w->backend, s->products, products,
                  (size_t)(BATCH * s->padded) * sizeof *s->products);
}

/* Adds the batch to the sums, which the map holds until finish. */
static void measure_batch(struct work *w, struct lt_map *m)
{
    const int64_t left = w->space.rows - w->begin, n = left < BATCH ? left : BATCH;
    w->map = m;
    lt_parallel(w->backend->threads, lt_chunks((size_t)n, CHUNK), measure_chunk, w);
    for (int64_t i = 0; i < n; i++) {
        m->trustworthiness += (double)w->trust[i];
        m->continuity += (double)w->continuity[i];
        m->accuracy += w->right[i];
    }
}

static void finish(struct lt_map *m, int64_t rows, bool labelled)
{
    const double n = (double)rows, most = n * K * (2 * n - 3 * K - 1) / 2;
    m->trustworthiness = 1 - m->trustworthiness / most;
    m->continuity = 1 - m->continuity / most;
    m->accuracy = labelled ? m->accuracy / n : (double)NAN;
}

/* ---- set up and take down ---- */

static int fill_space(struct space *s, const float *x, struct lt_error *err)
{
    double *mean = NULL;
    int rc = lt_alloc(&mean, (size_t)s->inputs, sizeof *mean, "means", err);
    if (rc)
        return rc;
    for (int64_t i = 0; i < s->rows; i++)
        for (int64_t j = 0; j < s->inputs; j++)
            mean[j] += (double)x[i * s->inputs + j];
    for (int64_t i = 0; i < s->rows; i++) {
        double square = 0;
        for (int64_t j = 0; j < s->inputs; j++) {
            const double v = (double)x[i * s->inputs + j] - mean[j] / (double)s->rows;
            s->x[i * s->inputs + j] = (float)v;
            square += v * v;
        }
        s->half_square[i] = (float)(square / 2);
    }
    lt_free(mean);
    return LT_OK;
}

static int open_space(struct work *w, const float *x, int64_t rows, int64_t inputs,
                      struct lt_error *err)
{
    const char *what = "distances of rows";
    struct space *s = &w->space;
    const struct lt_backend_ops *ops = w->backend->ops;
    s->rows = rows;
    s->inputs = inputs;
    s->padded = (int64_t)lt_chunks((size_t)rows, BATCH) * BATCH;
    const size_t values = (size_t)s->padded * (size_t)inputs, all = (size_t)(BATCH * s->padded);
    const struct lt_matmul_spec spec = {
        .m = BATCH, .n = s->padded, .k = inputs, .transpose_b = true};
    int rc = lt_alloc(&s->x, values, sizeof *s->x, what, err);
    if (!rc)
        rc = lt_alloc(&s->half_square, (size_t)s->padded, sizeof *s->half_square, what, err);
    if (!rc)
        rc = lt_alloc(&s->products, all, sizeof *s->products, what, err);
    if (!rc)
        rc = ops->matmul_create(w->backend, &spec, &s->product, err);
    if (!rc)
        rc = ops->memory_create(w->backend, values * sizeof(float), &s->device_x, err);
    if (!rc)
        rc = ops->memory_create(w->backend, all * sizeof(float), &s->device_products, err);
    if (!rc)
        rc = fill_space(s, x, err);
    if (!rc)
        ops->upload(w->backend, (struct lt_buffer){s->device_x, 0}, s->x, values * sizeof(float));
    return rc;
}

static int open_work(struct work *w, const float *x, int64_t rows, int64_t inputs,
                     struct lt_error *err)
{
    const size_t n = (size_t)rows, threads = (size_t)w->backend->threads;
    int rc = open_space(w, x, rows, inputs, err);
    if (!rc)
        rc = lt_alloc(&w->distances, 2 * threads * n, sizeof *w->distances, "distances", err);
    return rc;
}

static void close_work(struct work *w)
{
    const struct lt_backend_ops *ops = w->backend->ops;
    void *host[] = {w->space.x, w->space.half_square, w->space.products, w->distances};
    void *device[] = {w->space.device_x, w->space.device_products};
    if (w->space.product)
        ops->matmul_free(w->backend, w->space.product);
    for (size_t i = 0; i < sizeof device / sizeof *device; i++)
        if (device[i])
            ops->memory_free(w->backend, device[i]);
    for (size_t i = 0; i < sizeof host / sizeof *host; i++)
        lt_free(host[i]);
}

int lt_map_quality(struct lt_map *maps, int count, const float *x, int64_t rows, int64_t inputs,
                   const int32_t *labels, struct lt_backend *backend, struct lt_error *err)
{
    struct work w = {.backend = backend, .labels = labels};
    if (rows < LT_MAP_ROWS_LEAST)
        return lt_fail(err, LT_EUSAGE, "a map of %lld rows cannot be measured; %d is the least",
                       (long long)rows, LT_MAP_ROWS_LEAST);
    int rc = open_work(&w, x, rows, inputs, err);
    for (int m = 0; m < count; m++)
        maps[m].trustworthiness = maps[m].continuity = maps[m].accuracy = 0;
    for (w.begin = 0; w.begin < rows && !rc; w.begin += BATCH) {
        run_products(&w);
        for (int m = 0; m < count; m++)
            measure_batch(&w, &maps[m]);
    }
    for (int m = 0; m < count; m++)
        finish(&maps[m], rows, labels != NULL);
    close_work(&w);
    return rc;
}
