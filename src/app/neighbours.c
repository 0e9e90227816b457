#include "app/neighbours.h"

#include "base/mem.h"
#include "base/parallel.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    ROWS_PER_CHUNK = 8,
    REFERENCES_PER_CHUNK = 64,
    GROUP = 64, /* references looked at together; divides LT_NEIGHBOURS_BLOCK */
    LANES = 8,  /* sums side by side in a distance: fixed, so that its bits are */
};
_Static_assert(LT_NEIGHBOURS_BLOCK % GROUP == 0, "a block is whole groups");

/* Rows are centred on the reference's column means before the products: distances stay what they
 * are, and rows far from 0 but near each other no longer cancel. */
struct lt_neighbours {
    const float *reference; /* (M, D), the caller's */
    int64_t rows, inputs, k, batch, block;
    struct lt_backend *backend;
    struct lt_matmul *product; /* products (batch, block) = x (batch, D) r (block, D)^T */
    void *device_x, *device_r, *device_products;
    float *mean;     /* (D) */
    float *shrunk;   /* (M, up to whole blocks) (1 - c) |r|^2, see rejected_above */
    float *clean;    /* (batch, D) the rows, 0 in place of NaN */
    float *x;        /* (batch, D) centred */
    float *r;        /* (block, D) centred */
    float *products; /* (batch, block) */
    double *square;  /* (batch) |x|^2 of the centred rows */
    double *nearest; /* (batch, k) squared distances so far, ascending, infinite at first */
    int32_t *which;  /* (batch, k) whose distances they are */
    double slack;    /* c: how far rounding may move a distance, see rejected_above */
    double most;     /* the largest |r|^2 */
    int64_t begin;   /* of the block at work */
    int64_t count;   /* reference rows in it */
};

/* ---- the distance that counts ---- */

static double squared_distance(const float *clean, const float *reference, int64_t n)
{
    double sum[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) {
            float r = isnan(reference[i + l]) ? 0.0f : reference[i + l];
            double d = (double)clean[i + l] - (double)r;
            sum[l] += d * d;
        }
    for (int l = 0; i < n; i++, l++) {
        double d = (double)clean[i] - (double)(isnan(reference[i]) ? 0.0f : reference[i]);
        sum[l] += d * d;
    }
    return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

static void keep(double *nearest /* (k) */, int32_t *which /* (k) */, int64_t k, double distance,
                 int64_t row)
{
    int64_t at = k - 1;
    for (; at > 0 && nearest[at - 1] > distance; at--) {
        nearest[at] = nearest[at - 1];
        which[at] = which[at - 1];
    }
    nearest[at] = distance;
    which[at] = (int32_t)row;
}

/* ---- which rows can be passed over ---- */

/* With u = 2^-24, x and r centred (a rounding each) and p their f32 product of D terms in any
 * order, contracted or not,
 *
 *     | |x - r|^2 - (|x|^2 + |r|^2 - 2 p) | <= c (|x|^2 + |r|^2),   c = (D + 16) u,
 *
 * because 2 |x||r| <= |x|^2 + |r|^2.  The bound (Higham, "Accuracy and stability of numerical
 * algorithms", section 3.1) needs D + 3 of the D + 16 for p; the rest is for the norms and the
 * subtraction in f32, and for the distance in double.  So a row cannot be nearer than `farthest`
 * when
 *
 *     (1 - c) |r|^2 - 2 p > farthest - (1 - c) |x|^2,
 *
 * whose right side, rounded up, this is.  Infinity, above which nothing is, where the products
 * might overflow or c says nothing; and a little more for products that underflow. */
static float rejected_above(const struct lt_neighbours *nb, double square, double farthest)
{
    if (!(square + nb->most < 1e36) || nb->slack > 0.1)
        return INFINITY;
    double limit = farthest - (1 - nb->slack) * square;
    limit += 8 * ((double)nb->inputs + 16) * (double)FLT_MIN;
    float f = (float)limit;
    return (double)f < limit ? nextafterf(f, INFINITY) : f;
}

/* c, a little larger: its own second-order terms. */
static double slack_of(int64_t inputs)
{
    double c = ((double)inputs + 16) * 0x1p-24;
    return c + 2 * c * c;
}

/* Does any of GROUP rows have to be looked at?  Plain, so that compilers vectorise it. */
static bool any_candidate(const float *shrunk, const float *product, float above)
{
    int any = 0;
    for (int j = 0; j < GROUP; j++)
        any |= !(shrunk[j] - 2.0f * product[j] > above);
    return any != 0;
}

static void scan_row(struct lt_neighbours *nb, int64_t row)
{
    const float *shrunk = nb->shrunk + nb->begin, *product = nb->products + row * nb->block;
    const float *clean = nb->clean + row * nb->inputs;
    double *nearest = nb->nearest + row * nb->k, *farthest = nearest + nb->k - 1;
    float above = rejected_above(nb, nb->square[row], *farthest);
    for (int64_t g = 0; g < nb->count; g += GROUP) {
        if (!any_candidate(shrunk + g, product + g, above))
            continue;
        int64_t end = g + GROUP < nb->count ? g + GROUP : nb->count;
        for (int64_t j = g; j < end; j++) {
            if (shrunk[j] - 2.0f * product[j] > above)
                continue;
            double distance =
                squared_distance(clean, nb->reference + (nb->begin + j) * nb->inputs, nb->inputs);
            if (distance < *farthest) {
                keep(nearest, nb->which + row * nb->k, nb->k, distance, nb->begin + j);
                above = rejected_above(nb, nb->square[row], *farthest);
            }
        }
    }
}

/* ---- work in pieces ---- */

static void centre(const struct lt_neighbours *nb, float *to, const float *from)
{
    for (int64_t i = 0; i < nb->inputs; i++)
        to[i] = (isnan(from[i]) ? 0.0f : from[i]) - nb->mean[i];
}

static double square_of(const float *x, int64_t n)
{
    double square = 0;
    for (int64_t i = 0; i < n; i++)
        square += (double)x[i] * (double)x[i];
    return square;
}

static void centre_references_chunk(void *context, size_t chunk, int thread)
{
    (void)thread;
    struct lt_neighbours *nb = context;
    size_t end = lt_chunk_end(chunk, REFERENCES_PER_CHUNK, (size_t)nb->count);
    size_t width = (size_t)nb->inputs;
    for (size_t j = lt_chunk_begin(chunk, REFERENCES_PER_CHUNK); j < end; j++)
        centre(nb, nb->r + j * width, nb->reference + ((size_t)nb->begin + j) * width);
}

/* Centred rows of the block that begins at a reference row, in nb->r.  Behind the last row stands
 * what was there before: its products are computed and never looked at. */
static void load_block(struct lt_neighbours *nb, int64_t begin)
{
    nb->begin = begin;
    nb->count = nb->rows - begin < nb->block ? nb->rows - begin : nb->block;
    lt_parallel(nb->backend->threads, lt_chunks((size_t)nb->count, REFERENCES_PER_CHUNK),
                centre_references_chunk, nb);
}

struct scan {
    struct lt_neighbours *nb;
    size_t rows;
};

static void scan_chunk(void *context, size_t chunk, int thread)
{
    (void)thread;
    const struct scan *scan = context;
    size_t end = lt_chunk_end(chunk, ROWS_PER_CHUNK, scan->rows);
    for (size_t row = lt_chunk_begin(chunk, ROWS_PER_CHUNK); row < end; row++)
        scan_row(scan->nb, (int64_t)row);
}

static void load_rows(struct lt_neighbours *nb, const float *x, int64_t n)
{
    int64_t d = nb->inputs;
    for (int64_t i = 0; i < n * d; i++)
        nb->clean[i] = isnan(x[i]) ? 0.0f : x[i];
    for (int64_t row = 0; row < n; row++) {
        centre(nb, nb->x + row * d, x + row * d);
        nb->square[row] = square_of(nb->x + row * d, d);
    }
    memset(nb->x + n * d, 0, (size_t)((nb->batch - n) * d) * sizeof *nb->x);
    for (int64_t i = 0; i < n * nb->k; i++)
        nb->nearest[i] = INFINITY;
}

static void search(struct lt_neighbours *nb, const float *x, int64_t n)
{
    struct lt_backend *b = nb->backend;
    struct lt_buffer rows = {nb->device_x, 0}, block = {nb->device_r, 0};
    struct lt_buffer products = {nb->device_products, 0};
    struct scan scan = {nb, (size_t)n};
    load_rows(nb, x, n);
    b->ops->upload(b, rows, nb->x, (size_t)(nb->batch * nb->inputs) * sizeof *nb->x);
    for (int64_t begin = 0; begin < nb->rows; begin += nb->block) {
        load_block(nb, begin);
        b->ops->upload(b, block, nb->r, (size_t)(nb->block * nb->inputs) * sizeof *nb->r);
        b->ops->matmul_run(b, nb->product, 1.0f, rows, block, 0.0f, products);
        b->ops->download(b, nb->products, products, (size_t)(n * nb->block) * sizeof *nb->products);
        lt_parallel(b->threads, lt_chunks(scan.rows, ROWS_PER_CHUNK), scan_chunk, &scan);
    }
}

void lt_neighbours_distances(struct lt_neighbours *nb, const float *x, int64_t n, double *distance)
{
    search(nb, x, n);
    for (int64_t row = 0; row < n; row++)
        distance[row] = sqrt(nb->nearest[row * nb->k + nb->k - 1]);
}

void lt_neighbours_find(struct lt_neighbours *nb, const float *x, int64_t n, int32_t *nearest)
{
    search(nb, x, n);
    memcpy(nearest, nb->which, (size_t)(n * nb->k) * sizeof *nearest);
}

/* ---- set up and take down ---- */

static int find_mean(struct lt_neighbours *nb, struct lt_error *err)
{
    double *sum = NULL;
    int rc = lt_alloc(&sum, (size_t)nb->inputs, sizeof *sum, "column sums", err);
    if (rc)
        return rc;
    for (int64_t j = 0; j < nb->rows; j++)
        for (int64_t i = 0; i < nb->inputs; i++) {
            float r = nb->reference[j * nb->inputs + i];
            sum[i] += isnan(r) ? 0 : (double)r;
        }
    for (int64_t i = 0; i < nb->inputs; i++)
        nb->mean[i] = (float)(sum[i] / (double)nb->rows);
    lt_free(sum);
    return LT_OK;
}

static void find_norms(struct lt_neighbours *nb)
{
    for (int64_t begin = 0; begin < nb->rows; begin += nb->block) {
        load_block(nb, begin);
        for (int64_t j = 0; j < nb->count; j++) {
            double square = square_of(nb->r + j * nb->inputs, nb->inputs);
            nb->shrunk[begin + j] = (float)((1 - nb->slack) * square);
            if (!(square <= nb->most))
                nb->most = isnan(square) ? INFINITY : square; /* of infinite cells */
        }
    }
}

static int allocate(struct lt_neighbours *nb, struct lt_error *err)
{
    const char *what = "nearest neighbours";
    struct lt_backend *b = nb->backend;
    size_t batch = (size_t)nb->batch, block = (size_t)nb->block, d = (size_t)nb->inputs;
    size_t padded = lt_chunks((size_t)nb->rows, block) * block;
    struct lt_matmul_spec spec = {
        .m = nb->batch, .n = nb->block, .k = nb->inputs, .transpose_b = true};
    int rc = lt_alloc(&nb->mean, d, sizeof(float), what, err);
    if (rc == LT_OK)
        rc = lt_alloc(&nb->shrunk, padded, sizeof(float), what, err);
    if (rc == LT_OK)
        rc = lt_alloc(&nb->clean, batch * d, sizeof(float), what, err);
    if (rc == LT_OK)
        rc = lt_alloc(&nb->x, batch * d, sizeof(float), what, err);
    if (rc == LT_OK)
        rc = lt_alloc(&nb->r, block * d, sizeof(float), what, err);
    if (rc == LT_OK)
        rc = lt_alloc(&nb->products, batch * block, sizeof(float), what, err);
    if (rc == LT_OK)
        rc = lt_alloc(&nb->square, batch, sizeof(double), what, err);
    if (rc == LT_OK)
        rc = lt_alloc(&nb->nearest, batch * (size_t)nb->k, sizeof(double), what, err);
    if (rc == LT_OK)
        rc = lt_alloc(&nb->which, batch * (size_t)nb->k, sizeof *nb->which, what, err);
    if (rc == LT_OK)
        rc = b->ops->matmul_create(b, &spec, &nb->product, err);
    if (rc == LT_OK)
        rc = b->ops->memory_create(b, batch * d * sizeof(float), &nb->device_x, err);
    if (rc == LT_OK)
        rc = b->ops->memory_create(b, block * d * sizeof(float), &nb->device_r, err);
    if (rc == LT_OK)
        rc = b->ops->memory_create(b, batch * block * sizeof(float), &nb->device_products, err);
    return rc;
}

int lt_neighbours_create(struct lt_neighbours **out, const float *reference, int64_t rows,
                         int64_t inputs, int64_t k, struct lt_backend *backend, int64_t batch,
                         struct lt_error *err)
{
    struct lt_neighbours *nb;
    *out = NULL;
    if (rows < 1 || inputs < 1 || batch < 1 || k < 0)
        return lt_fail(err, LT_EUSAGE,
                       "nearest neighbours need at least one row and one column to search in");
    int rc = lt_alloc(out, 1, sizeof *nb, "nearest neighbours", err);
    if (rc)
        return rc;
    nb = *out;
    k = k ? k : LT_NEIGHBOURS_K;
    int64_t groups = (int64_t)lt_chunks((size_t)rows, GROUP) * GROUP;
    *nb =
        (struct lt_neighbours){.reference = reference,
                               .rows = rows,
                               .inputs = inputs,
                               .k = k < rows ? k : rows,
                               .batch = batch,
                               .block = groups < LT_NEIGHBOURS_BLOCK ? groups : LT_NEIGHBOURS_BLOCK,
                               .backend = backend,
                               .slack = slack_of(inputs)};
    rc = allocate(nb, err);
    if (rc == LT_OK)
        rc = find_mean(nb, err);
    if (rc == LT_OK)
        find_norms(nb);
    else
        lt_neighbours_free(out);
    return rc;
}

void lt_neighbours_free(struct lt_neighbours **neighbours)
{
    struct lt_neighbours *nb = *neighbours;
    if (!nb)
        return;
    const struct lt_backend_ops *ops = nb->backend->ops;
    void *device[] = {nb->device_x, nb->device_r, nb->device_products};
    void *host[] = {nb->mean,     nb->shrunk, nb->clean,   nb->x,    nb->r,
                    nb->products, nb->square, nb->nearest, nb->which};
    if (nb->product)
        ops->matmul_free(nb->backend, nb->product);
    for (size_t i = 0; i < sizeof device / sizeof *device; i++)
        if (device[i])
            ops->memory_free(nb->backend, device[i]);
    for (size_t i = 0; i < sizeof host / sizeof *host; i++)
        lt_free(host[i]);
    lt_free(nb);
    *neighbours = NULL;
}
