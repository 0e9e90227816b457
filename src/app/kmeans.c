#include "app/kmeans.h"

#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_PER_CHUNK = 256,
    COLUMNS_PER_CHUNK = 64,
    LANES = 8, /* sums side by side in a distance: fixed, so that its bits are */
};

/* One start at work. */
struct start {
    const float *x; /* (n, d) */
    int64_t n, d, k;
    int threads;
    double *centre, *next; /* (k, d) */
    double *half;          /* (k) half the distance to the nearest other centre */
    double *drift;         /* (k) how far a centre moved */
    double *upper, *lower; /* (n) bounds on the distances to the own and to any other centre */
    int32_t *cluster;      /* (n) */
    int64_t *count;        /* (k) */
    int64_t *begin;        /* (k + 1) of a cluster's rows in `member` */
    int64_t *member;       /* (n) rows by cluster, ascending within one */
    int64_t *moved;        /* (chunks) rows that changed their centre */
    double inertia;
    bool settled;
};

/* ---- distances ---- */

static double squared_distance(const float *x, const double *c, int64_t d)
{
    double sum[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= d; i += LANES)
        for (int l = 0; l < LANES; l++) {
            double difference = (double)x[i + l] - c[i + l];
            sum[l] += difference * difference;
        }
    for (int l = 0; i < d; i++, l++)
        sum[l] += ((double)x[i] - c[i]) * ((double)x[i] - c[i]);
    return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

static double distance_between(const double *a, const double *b, int64_t d)
{
    double sum = 0;
    for (int64_t i = 0; i < d; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

/* The nearest centre, the first of equal ones; squared distances to it and to the next. */
static int32_t nearest(const float *x, const double *centre, int64_t k, int64_t d, double two[2])
{
    int32_t best = 0;
    two[0] = two[1] = INFINITY;
    for (int64_t c = 0; c < k; c++) {
        double square = squared_distance(x, centre + c * d, d);
        if (square < two[0]) {
            two[1] = two[0];
            two[0] = square;
            best = (int32_t)c;
        } else if (square < two[1]) {
            two[1] = square;
        }
    }
    return best;
}

/* ---- the centres that a start begins with ---- */

struct seeding {
    struct start *s;
    int64_t newest; /* centre */
};

/* upper: squared distance to the nearest centre so far. */
static void measure_chunk(void *context, size_t chunk, int thread)
{
    const struct seeding *seeding = context;
    struct start *s = seeding->s;
    size_t end = lt_chunk_end(chunk, ROWS_PER_CHUNK, (size_t)s->n), d = (size_t)s->d;
    const double *centre = s->centre + seeding->newest * s->d;
    (void)thread;
    for (size_t i = lt_chunk_begin(chunk, ROWS_PER_CHUNK); i < end; i++)
        s->upper[i] = fmin(s->upper[i], squared_distance(s->x + i * d, centre, s->d));
}

/* A row drawn in proportion to `upper`, -1 when that is 0 everywhere. */
static int64_t draw_row(const struct start *s, double uniform)
{
    double total = 0, sum = 0;
    int64_t last = -1;
    for (int64_t i = 0; i < s->n; i++)
        total += s->upper[i];
    for (int64_t i = 0; i < s->n; i++) {
        if (!(s->upper[i] > 0))
            continue;
        sum += s->upper[i];
        last = i;
        if (sum > uniform * total)
            break;
    }
    return last;
}

/* Sets the centres; fewer than wanted where there are no more different rows. */
static void seed_centres(struct start *s, int64_t wanted, const struct lt_stream *stream)
{
    double uniform[2];
    lt_uniform_pair(stream, 0, uniform);
    int64_t row = (int64_t)(uniform[0] * (double)s->n);
    for (int64_t i = 0; i < s->n; i++)
        s->upper[i] = INFINITY;
    for (s->k = 0; s->k < wanted && row >= 0; s->k++) {
        struct seeding seeding = {s, s->k};
        for (int64_t j = 0; j < s->d; j++)
            s->centre[s->k * s->d + j] = (double)s->x[row * s->d + j];
        lt_parallel(s->threads, lt_chunks((size_t)s->n, ROWS_PER_CHUNK), measure_chunk, &seeding);
        lt_uniform_pair(stream, (uint32_t)(s->k + 1), uniform);
        row = draw_row(s, uniform[0]);
    }
}

/* ---- rows to centres ---- */

static void half_chunk(void *context, size_t chunk, int thread)
{
    struct start *s = context;
    double least = INFINITY;
    (void)thread;
    for (int64_t c = 0; c < s->k; c++)
        if (c != (int64_t)chunk)
            least = fmin(least, distance_between(s->centre + (int64_t)chunk * s->d,
                                                 s->centre + c * s->d, s->d));
    s->half[chunk] = 0.5 * least;
}

/* A row whose centre is nearer than half way to the next centre, or than all others are known to be,
 * stays. */
static void assign_chunk(void *context, size_t chunk, int thread)
{
    struct start *s = context;
    size_t end = lt_chunk_end(chunk, ROWS_PER_CHUNK, (size_t)s->n);
    int64_t moved = 0;
    (void)thread;
    for (size_t i = lt_chunk_begin(chunk, ROWS_PER_CHUNK); i < end; i++) {
        const float *x = s->x + i * (size_t)s->d;
        int32_t own = s->cluster[i];
        double bound = fmax(s->half[own], s->lower[i]), two[2];
        if (s->upper[i] <= bound)
            continue;
        s->upper[i] = sqrt(squared_distance(x, s->centre + own * s->d, s->d));
        if (s->upper[i] <= bound)
            continue;
        s->cluster[i] = nearest(x, s->centre, s->k, s->d, two);
        s->upper[i] = sqrt(two[0]);
        s->lower[i] = sqrt(two[1]);
        moved += s->cluster[i] != own;
    }
    s->moved[chunk] = moved;
}

/* Returns how many rows changed their centre. */
static int64_t assign(struct start *s)
{
    size_t chunks = lt_chunks((size_t)s->n, ROWS_PER_CHUNK);
    int64_t moved = 0;
    lt_parallel(s->threads, (size_t)s->k, half_chunk, s);
    lt_parallel(s->threads, chunks, assign_chunk, s);
    for (size_t c = 0; c < chunks; c++)
        moved += s->moved[c];
    return moved;
}

static void forget_bounds(struct start *s)
{
    for (int64_t i = 0; i < s->n; i++) {
        s->upper[i] = INFINITY;
        s->lower[i] = 0;
    }
}

/* ---- centres to rows ---- */

static void list_members(struct start *s)
{
    memset(s->count, 0, (size_t)s->k * sizeof *s->count);
    for (int64_t i = 0; i < s->n; i++)
        s->count[s->cluster[i]]++;
    s->begin[0] = 0;
    for (int64_t c = 0; c < s->k; c++)
        s->begin[c + 1] = s->begin[c] + s->count[c];
    for (int64_t i = 0; i < s->n; i++)
        s->member[s->begin[s->cluster[i]]++] = i;
    for (int64_t c = s->k; c > 0; c--)
        s->begin[c] = s->begin[c - 1];
    s->begin[0] = 0;
}

static int64_t column_chunks(const struct start *s)
{
    return (int64_t)lt_chunks((size_t)s->d, COLUMNS_PER_CHUNK);
}

/* Some columns of one centre; one that has no rows stays where it is. */
static void mean_chunk(void *context, size_t chunk, int thread)
{
    struct start *s = context;
    int64_t blocks = column_chunks(s), c = (int64_t)chunk / blocks;
    size_t block = chunk % (size_t)blocks, first = lt_chunk_begin(block, COLUMNS_PER_CHUNK);
    size_t end = lt_chunk_end(block, COLUMNS_PER_CHUNK, (size_t)s->d);
    double *to = s->next + c * s->d;
    (void)thread;
    if (s->count[c] == 0) {
        memcpy(to + first, s->centre + c * s->d + first, (end - first) * sizeof *to);
        return;
    }
    memset(to + first, 0, (end - first) * sizeof *to);
    for (int64_t m = s->begin[c]; m < s->begin[c + 1]; m++) {
        const float *x = s->x + s->member[m] * s->d;
        for (size_t j = first; j < end; j++)
            to[j] += (double)x[j];
    }
    for (size_t j = first; j < end; j++)
        to[j] /= (double)s->count[c];
}

/* Gives the empty centre c the row that lies farthest from its own. */
static bool refill(struct start *s, int64_t c)
{
    int64_t farthest = -1;
    double most = 0;
    for (int64_t i = 0; i < s->n; i++) {
        int64_t own = s->cluster[i];
        double square = squared_distance(s->x + i * s->d, s->centre + own * s->d, s->d);
        if (square > most && s->count[own] > 1) {
            most = square;
            farthest = i;
        }
    }
    if (farthest < 0)
        return false;
    s->count[s->cluster[farthest]]--;
    s->count[c]++;
    s->cluster[farthest] = (int32_t)c;
    for (int64_t j = 0; j < s->d; j++)
        s->centre[c * s->d + j] = (double)s->x[farthest * s->d + j];
    return true;
}

/* Bounds stay bounds when centres move. */
static void widen_bounds(struct start *s)
{
    int64_t first = 0;
    double most = 0, next = 0;
    for (int64_t c = 0; c < s->k; c++) {
        s->drift[c] = distance_between(s->centre + c * s->d, s->next + c * s->d, s->d);
        if (s->drift[c] > most) {
            next = most;
            most = s->drift[c];
            first = c;
        } else {
            next = fmax(next, s->drift[c]);
        }
    }
    for (int64_t i = 0; i < s->n; i++) {
        s->upper[i] += s->drift[s->cluster[i]];
        s->lower[i] -= s->cluster[i] == first ? next : most;
    }
}

static void move_centres(struct start *s)
{
    bool refilled = false;
    list_members(s);
    for (int64_t c = 0; c < s->k; c++)
        if (s->count[c] == 0)
            refilled |= refill(s, c);
    if (refilled)
        list_members(s);
    lt_parallel(s->threads, (size_t)(s->k * column_chunks(s)), mean_chunk, s);
    if (refilled)
        forget_bounds(s);
    else
        widen_bounds(s);
    double *moved = s->next;
    s->next = s->centre;
    s->centre = moved;
}

static void run_start(struct start *s, int64_t wanted, const struct lt_stream *stream)
{
    seed_centres(s, wanted, stream);
    memset(s->cluster, 0, (size_t)s->n * sizeof *s->cluster);
    forget_bounds(s);
    s->settled = false;
    for (int round = 0; round < LT_KMEANS_ROUNDS && !s->settled; round++) {
        int64_t moved = assign(s);
        s->settled = round > 0 && moved == 0;
        if (!s->settled)
            move_centres(s);
    }
}

/* ---- exact distances, and the order of the clusters ---- */

struct assignment {
    const double *centre;
    const float *x;
    int64_t n, k, d;
    int32_t *cluster;
    double *distance; /* or NULL */
};

static void nearest_chunk(void *context, size_t chunk, int thread)
{
    const struct assignment *a = context;
    size_t end = lt_chunk_end(chunk, ROWS_PER_CHUNK, (size_t)a->n);
    (void)thread;
    for (size_t i = lt_chunk_begin(chunk, ROWS_PER_CHUNK); i < end; i++) {
        double two[2];
        a->cluster[i] = nearest(a->x + i * (size_t)a->d, a->centre, a->k, a->d, two);
        if (a->distance)
            a->distance[i] = sqrt(two[0]);
    }
}

static void assign_all(struct assignment a, int threads)
{
    lt_parallel(threads, lt_chunks((size_t)a.n, ROWS_PER_CHUNK), nearest_chunk, &a);
}

void lt_kmeans_assign(const struct lt_kmeans *k, const float *x, int64_t n, int threads,
                      int32_t *cluster, double *distance)
{
    assign_all((struct assignment){k->centre, x, n, k->clusters, k->width, cluster, distance},
               threads);
}

struct rank {
    int64_t centre, rows, first;
};

static int largest_first(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    if (x->rows != y->rows)
        return x->rows < y->rows ? 1 : -1;
    return (x->first > y->first) - (x->first < y->first);
}

/* Numbers the clusters by size and leaves out those that have no row. */
static int put_in_order(struct lt_kmeans *k, int64_t n, struct lt_error *err)
{
    struct rank *rank = NULL;
    double *centre = NULL;
    int32_t *number = NULL;
    size_t clusters = (size_t)k->clusters, d = (size_t)k->width;
    int rc = lt_alloc(&rank, clusters, sizeof *rank, "clusters", err);
    if (!rc)
        rc = lt_alloc(&centre, clusters * d, sizeof *centre, "clusters", err);
    if (!rc)
        rc = lt_alloc(&number, clusters, sizeof *number, "clusters", err);
    if (rc)
        goto out;
    for (int64_t c = 0; c < k->clusters; c++)
        rank[c] = (struct rank){.centre = c, .first = n};
    for (int64_t i = n - 1; i >= 0; i--) {
        rank[k->cluster[i]].rows++;
        rank[k->cluster[i]].first = i;
    }
    qsort(rank, clusters, sizeof *rank, largest_first);
    memcpy(centre, k->centre, clusters * d * sizeof *centre);
    k->clusters = 0;
    for (size_t c = 0; c < clusters && rank[c].rows > 0; c++, k->clusters++) {
        number[rank[c].centre] = (int32_t)c;
        k->count[c] = rank[c].rows;
        memcpy(k->centre + c * d, centre + (size_t)rank[c].centre * d, d * sizeof *centre);
    }
    for (int64_t i = 0; i < n; i++)
        k->cluster[i] = number[k->cluster[i]];
out:
    lt_free(rank);
    lt_free(centre);
    lt_free(number);
    return rc;
}

/* ---- all starts ---- */

/* What a start reached, into `out` when its inertia is the least so far; s->upper is scratch. */
static void keep_best(struct lt_kmeans *out, struct start *s, bool first)
{
    size_t n = (size_t)s->n;
    assign_all((struct assignment){s->centre, s->x, s->n, s->k, s->d, s->cluster, s->upper},
               s->threads);
    s->inertia = 0;
    for (size_t i = 0; i < n; i++)
        s->inertia += s->upper[i] * s->upper[i];
    if (!first && !(s->inertia < out->inertia))
        return;
    out->clusters = s->k;
    out->inertia = s->inertia;
    out->settled = s->settled;
    memcpy(out->centre, s->centre, (size_t)(s->k * s->d) * sizeof *s->centre);
    memcpy(out->cluster, s->cluster, n * sizeof *s->cluster);
    memcpy(out->distance, s->upper, n * sizeof *s->upper);
}

static int create(struct lt_kmeans *out, struct start *s, int64_t clusters, struct lt_error *err)
{
    size_t n = (size_t)s->n, d = (size_t)s->d, k = (size_t)clusters;
    const struct {
        void *array;
        size_t count, size;
    } list[] = {{&out->centre, k * d, sizeof(double)},
                {&out->count, k, sizeof(int64_t)},
                {&out->cluster, n, sizeof(int32_t)},
                {&out->distance, n, sizeof(double)},
                {&s->centre, k * d, sizeof(double)},
                {&s->next, k * d, sizeof(double)},
                {&s->half, k, sizeof(double)},
                {&s->drift, k, sizeof(double)},
                {&s->upper, n, sizeof(double)},
                {&s->lower, n, sizeof(double)},
                {&s->cluster, n, sizeof(int32_t)},
                {&s->count, k, sizeof(int64_t)},
                {&s->begin, k + 1, sizeof(int64_t)},
                {&s->member, n, sizeof(int64_t)},
                {&s->moved, lt_chunks(n, ROWS_PER_CHUNK), sizeof(int64_t)}};
    int rc = 0;
    for (size_t i = 0; i < sizeof list / sizeof *list && !rc; i++)
        rc = lt_alloc(list[i].array, list[i].count, list[i].size, "clusters", err);
    return rc;
}

static void free_start(struct start *s)
{
    void *list[] = {s->centre, s->next,    s->half,  s->drift,  s->upper, s->lower,
                    s->count,  s->cluster, s->begin, s->member, s->moved};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        lt_free(list[i]);
}

int lt_kmeans_fit(struct lt_kmeans *out, const float *x, int64_t n, int64_t d,
                  const struct lt_kmeans_options *options, struct lt_error *err)
{
    struct start s = {.x = x, .n = n, .d = d, .threads = options->threads};
    int starts = options->starts > 0 ? options->starts : LT_KMEANS_STARTS;
    *out = (struct lt_kmeans){.width = d};
    if (options->clusters < 1 || options->clusters > n || options->clusters > INT32_MAX)
        return lt_fail(err, LT_EUSAGE,
                       "%" PRId64 " clusters of %" PRId64 " rows: there must be at least one, and "
                       "no more than rows",
                       options->clusters, n);
    int rc = create(out, &s, options->clusters, err);
    for (int i = 0; i < starts && !rc; i++) {
        const struct lt_stream stream =
            lt_stream(options->seed, LT_RNG_CLUSTER, options->draw, (uint64_t)i);
        run_start(&s, options->clusters, &stream);
        keep_best(out, &s, i == 0);
    }
    if (!rc)
        rc = put_in_order(out, n, err);
    free_start(&s);
    if (rc)
        lt_kmeans_free(out);
    return rc;
}

void lt_kmeans_free(struct lt_kmeans *k)
{
    lt_free(k->centre);
    lt_free(k->count);
    lt_free(k->cluster);
    lt_free(k->distance);
    *k = (struct lt_kmeans){0};
}
