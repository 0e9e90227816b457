#include "app/lens.h"

#include "base/fmath.h"
#include "base/mem.h"
#include <math.h>

/* sign(u) log(1 + |u|) */
static float signed_log(float u)
{
    float size = lt_logf(1.0f + fabsf(u));
    return u < 0 ? -size : size;
}

void lt_lens_apply(const struct lt_detector *d, enum lt_lens lens, int64_t features, const float *x,
                   int64_t n, float *y, int64_t stride)
{
    const float *offset = d->offset[LT_LENS_PLAIN], *scale = d->scale[LT_LENS_PLAIN];
    for (int64_t r = 0; r < n; r++)
        for (int64_t j = 0; j < features; j++)
            y[r * stride + j] = (x[r * features + j] - offset[j]) * scale[j];
    if (lens == LT_LENS_PLAIN)
        return;
    offset = d->offset[lens];
    scale = d->scale[lens];
    for (int64_t r = 0; r < n; r++)
        for (int64_t j = 0; j < features; j++)
            y[r * stride + j] = (signed_log(y[r * stride + j]) - offset[j]) * scale[j];
}

/* ---- fitting ---- */

struct moments {
    double *sum, *square, *seen; /* (F) each, one block */
};

static int moments_create(struct moments *m, int64_t features, struct lt_error *err)
{
    int rc = lt_alloc(&m->sum, 3 * (size_t)features, sizeof *m->sum, "a lens", err);
    m->square = m->sum + features;
    m->seen = m->square + features;
    return rc;
}

/* Moments of what the lens gives now, about `about` (NULL: about 0). */
static int measure(struct moments *m, const struct lt_detector *d, enum lt_lens lens,
                   const struct lt_rows *rows, const double *about, struct lt_error *err)
{
    int64_t f = rows->inputs, batch = lt_rows_batch(f);
    float *x = NULL, *y = NULL;
    int rc = lt_alloc(&x, (size_t)(batch * f), sizeof *x, "a lens", err);
    if (!rc)
        rc = lt_alloc(&y, (size_t)(batch * f), sizeof *y, "a lens", err);
    for (int64_t begin = 0; begin < rows->count && !rc; begin += batch) {
        int64_t n = rows->count - begin < batch ? rows->count - begin : batch;
        rc = rows->read(rows->context, begin, n, x, err);
        if (rc)
            break;
        lt_lens_apply(d, lens, f, x, n, y, f);
        for (int64_t i = 0; i < n * f; i++) {
            double v = (double)y[i] - (about ? about[i % f] : 0);
            if (isnan(v))
                continue;
            m->sum[i % f] += v;
            m->square[i % f] += v * v;
            m->seen[i % f]++;
        }
    }
    lt_free(x);
    lt_free(y);
    return rc;
}

/* Mean and spread of every feature as the lens sees it become its offset and scale. */
static int standardise(struct lt_detector *d, enum lt_lens lens, const struct lt_rows *rows,
                       struct lt_error *err)
{
    struct moments first = {0}, second = {0};
    int64_t f = rows->inputs;
    int rc = moments_create(&first, f, err);
    if (!rc)
        rc = moments_create(&second, f, err);
    if (!rc)
        rc = measure(&first, d, lens, rows, NULL, err);
    for (int64_t j = 0; j < f && !rc; j++)
        first.sum[j] = first.seen[j] > 0 ? first.sum[j] / first.seen[j] : 0;
    if (!rc)
        rc = measure(&second, d, lens, rows, first.sum, err);
    for (int64_t j = 0; j < f && !rc; j++) {
        double spread = second.seen[j] > 0 ? sqrt(second.square[j] / second.seen[j]) : 0;
        d->offset[lens][j] = (float)first.sum[j];
        d->scale[lens][j] = spread > 1e-6 ? (float)(1 / spread) : 1;
    }
    lt_free(first.sum);
    lt_free(second.sum);
    return rc;
}

/* A category's features share the weight of one column; the course of a time has none. */
static void weigh_columns(struct lt_detector *d, const struct lt_prep *prep, int64_t rows)
{
    float *offset = d->offset[LT_LENS_PLAIN], *scale = d->scale[LT_LENS_PLAIN];
    double least = 1 / ((double)rows + 1);
    for (int64_t j = 0; j < prep->schema.columns; j++) {
        const struct lt_column *c = &prep->column[j];
        if (c->kind == LT_KIND_TIME)
            scale[c->first] = 0;
        for (int64_t k = c->first; c->kind == LT_KIND_CATEGORY && k < c->first + c->width; k++) {
            double p = fmin(fmax((double)offset[k], least), 1 - least);
            scale[k] = (float)(1 / sqrt(p * (1 - p) * (c->levels + 1)));
        }
    }
}

static int lens_create(struct lt_detector *d, int lens, int64_t features, struct lt_error *err)
{
    int rc = lt_alloc(&d->offset[lens], (size_t)features, sizeof(float), "a lens", err);
    if (!rc)
        rc = lt_alloc(&d->scale[lens], (size_t)features, sizeof(float), "a lens", err);
    for (int64_t j = 0; j < features && !rc; j++)
        d->scale[lens][j] = 1;
    return rc;
}

int lt_lens_fit(struct lt_detector *d, int lenses, const struct lt_prep *prep,
                const struct lt_rows *rows, struct lt_error *err)
{
    int rc = 0;
    for (int i = 0; i < lenses && !rc; i++) {
        rc = lens_create(d, i, rows->inputs, err);
        if (!rc)
            rc = standardise(d, (enum lt_lens)i, rows, err);
        if (!rc && i == LT_LENS_PLAIN)
            weigh_columns(d, prep, rows->count);
    }
    return rc;
}
