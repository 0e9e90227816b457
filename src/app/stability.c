#include "app/stability.h"

#include "app/agreement.h"
#include "app/kmeans.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include <math.h>
#include <string.h>

enum {
    STARTS = 5,
    CLOUD_ROWS_PER_CHUNK = 16,
    WHOLE = LT_STABILITY_SPLITS, /* the piece of work that clusters all rows together */
    PIECES,                      /* of rows, and as many of the cloud */
    DRAW_CLOUD = 1,              /* streams of LT_RNG_CLUSTER; k-means begins with 0 */
    DRAW_SPLIT = 2,
    DRAW_STARTS = 3, /* and the following */
};

/* ---- the cloud ---- */

struct cloud {
    const float *x; /* (n, d) */
    int64_t n, d;
    uint64_t seed;
    const double *mean; /* (d) */
    double *sum;        /* (threads, d) */
    float *normal;      /* (threads, n) */
    float *out;         /* (n, d) */
};

static void draw_chunk(void *context, size_t chunk, int thread)
{
    const struct cloud *c = context;
    size_t d = (size_t)c->d, n = (size_t)c->n, end = lt_chunk_end(chunk, CLOUD_ROWS_PER_CHUNK, n);
    double *sum = c->sum + (size_t)thread * d;
    float *g = c->normal + (size_t)thread * n;
    for (size_t r = lt_chunk_begin(chunk, CLOUD_ROWS_PER_CHUNK); r < end; r++) {
        const struct lt_stream stream = lt_stream(c->seed, LT_RNG_CLUSTER, DRAW_CLOUD, r);
        lt_fill_normal(&stream, g, n);
        memset(sum, 0, d * sizeof *sum);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < d; j++)
                sum[j] += (double)g[i] * ((double)c->x[i * d + j] - c->mean[j]);
        for (size_t j = 0; j < d; j++)
            c->out[r * d + j] = (float)(c->mean[j] + sum[j] / sqrt((double)n));
    }
}

int lt_stability_cloud(float *cloud, const float *x, int64_t n, int64_t d, uint64_t seed,
                       int threads, struct lt_error *err)
{
    struct cloud c = {.x = x, .n = n, .d = d, .seed = seed, .out = cloud};
    size_t workers = threads > 1 ? (size_t)threads : 1;
    double *mean = NULL;
    int rc = lt_alloc(&mean, (size_t)d, sizeof *mean, "a normal cloud", err);
    if (!rc)
        rc = lt_alloc(&c.sum, workers * (size_t)d, sizeof *c.sum, "a normal cloud", err);
    if (!rc)
        rc = lt_alloc(&c.normal, workers * (size_t)n, sizeof *c.normal, "a normal cloud", err);
    for (int64_t i = 0; i < n * d && !rc; i++)
        mean[i % d] += (double)x[i] / (double)n;
    c.mean = mean;
    if (!rc)
        lt_parallel(threads, lt_chunks((size_t)n, CLOUD_ROWS_PER_CHUNK), draw_chunk, &c);
    lt_free(mean);
    lt_free(c.sum);
    lt_free(c.normal);
    return rc;
}

/* ---- one k ---- */

struct piece { /* of the work, done by one thread */
    const float *x;
    int which; /* a split, or WHOLE */
    double value;
    int rc;
    struct lt_error error;
};

struct work {
    struct piece piece[2 * PIECES];
    int64_t n, d, k;
    uint64_t seed;
};

static int fit(struct lt_kmeans *out, const struct work *w, const float *x, int64_t n, int draw,
               struct lt_error *err)
{
    const struct lt_kmeans_options options = {.clusters = w->k,
                                              .starts = STARTS,
                                              .threads = 1,
                                              .seed = w->seed,
                                              .draw = (uint32_t)(DRAW_STARTS + draw)};
    return lt_kmeans_fit(out, x, n, w->d, &options, err);
}

/* What is left within the clusters of the squared distances to the mean: inertia / total. */
static int measure_whole(const struct work *w, struct piece *p)
{
    struct lt_kmeans k = {0};
    double total = 0;
    double *mean = NULL;
    int rc = fit(&k, w, p->x, w->n, 2 * WHOLE, &p->error);
    if (!rc)
        rc = lt_alloc(&mean, (size_t)w->d, sizeof *mean, "clusters", &p->error);
    for (int64_t i = 0; i < w->n * w->d && !rc; i++)
        mean[i % w->d] += (double)p->x[i] / (double)w->n;
    for (int64_t i = 0; i < w->n * w->d && !rc; i++)
        total += ((double)p->x[i] - mean[i % w->d]) * ((double)p->x[i] - mean[i % w->d]);
    p->value = total > 0 ? k.inertia / total : 0;
    lt_kmeans_free(&k);
    lt_free(mean);
    return rc;
}

/* The agreement of the clusters of two halves on all rows. */
static int measure_split(const struct work *w, struct piece *p)
{
    const struct lt_stream order =
        lt_stream(w->seed, LT_RNG_CLUSTER, DRAW_SPLIT, (uint64_t)p->which);
    size_t n = (size_t)w->n, d = (size_t)w->d, begin[3] = {0, n / 2, n};
    struct lt_kmeans half[2] = {{0}};
    struct lt_agreement agreement = {0};
    float *rows = NULL;
    int32_t *cluster = NULL; /* (2, n) */
    int rc = lt_alloc(&rows, n * d, sizeof *rows, "clusters", &p->error);
    if (!rc)
        rc = lt_alloc(&cluster, 2 * n, sizeof *cluster, "clusters", &p->error);
    for (size_t i = 0; i < n && !rc; i++)
        memcpy(rows + i * d, p->x + lt_permute(&order, i, n) * d, d * sizeof *rows);
    for (int h = 0; h < 2 && !rc; h++) {
        rc = fit(&half[h], w, rows + begin[h] * d, (int64_t)(begin[h + 1] - begin[h]),
                 2 * p->which + h, &p->error);
        if (!rc)
            lt_kmeans_assign(&half[h], rows, w->n, 1, cluster + (size_t)h * n, NULL);
    }
    if (!rc)
        rc = lt_agreement(&agreement, cluster, half[0].clusters, cluster + n, half[1].clusters,
                          w->n, &p->error);
    p->value = agreement.rand;
    lt_kmeans_free(&half[0]);
    lt_kmeans_free(&half[1]);
    lt_free(rows);
    lt_free(cluster);
    return rc;
}

static void run_piece(void *context, size_t chunk, int thread)
{
    struct work *w = context;
    struct piece *p = &w->piece[chunk];
    (void)thread;
    p->rc = p->which == WHOLE ? measure_whole(w, p) : measure_split(w, p);
}

static struct lt_stability_of sum_up(const struct piece *piece /* (PIECES) */)
{
    const double n = LT_STABILITY_SPLITS;
    struct lt_stability_of of = {.left = piece[WHOLE].value};
    double squares = 0;
    for (int i = 0; i < LT_STABILITY_SPLITS; i++)
        of.stability += piece[i].value / n;
    for (int i = 0; i < LT_STABILITY_SPLITS; i++)
        squares += (piece[i].value - of.stability) * (piece[i].value - of.stability);
    of.error = sqrt(squares / (n - 1) / n);
    return of;
}

int lt_stability_of(struct lt_stability *out, int64_t k, const float *x, const float *cloud,
                    int64_t n, int64_t d, uint64_t seed, int threads, struct lt_error *err)
{
    struct work *w = NULL;
    int rc = lt_alloc(&w, 1, sizeof *w, "clusters", err);
    if (rc)
        return rc;
    w->n = n;
    w->d = d;
    w->k = k;
    w->seed = seed;
    for (int i = 0; i < 2 * PIECES; i++) {
        w->piece[i].x = i < PIECES ? x : cloud;
        w->piece[i].which = i % PIECES;
    }
    lt_parallel(threads, 2 * PIECES, run_piece, w);
    for (int i = 0; i < 2 * PIECES && !rc; i++)
        if (w->piece[i].rc)
            rc = lt_fail(err, w->piece[i].rc, "%s", w->piece[i].error.text);
    *out =
        (struct lt_stability){.k = k, .rows = sum_up(w->piece), .cloud = sum_up(w->piece + PIECES)};
    double error = sqrt(out->rows.error * out->rows.error + out->cloud.error * out->cloud.error);
    out->beyond = out->rows.stability - out->cloud.stability > 2 * error;
    out->stable = out->beyond && 100 * out->rows.stability >= LT_STABILITY_LEAST &&
                  out->rows.left <= out->cloud.left;
    lt_free(w);
    return rc;
}

int64_t lt_stability_choose(const struct lt_stability *s, int count)
{
    const struct lt_stability *best = NULL;
    int64_t k = 0;
    for (int i = 0; i < count; i++)
        if (s[i].stable && (!best || s[i].rows.stability > best->rows.stability))
            best = &s[i];
    for (int i = 0; i < count; i++)
        if (s[i].stable && s[i].rows.stability >= best->rows.stability - best->rows.error)
            k = s[i].k > k ? s[i].k : k;
    return k;
}
