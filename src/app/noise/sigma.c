/* The standard deviation of Gaussian noise, from patches without texture.
 *
 * Patches of a picture lie near a space of fewer dimensions than they have pixels; in the other
 * directions there is noise alone, so those eigenvalues of their covariance are all near its
 * variance.  Which eigenvalues they are: Chen, Zhu and Heng, "An efficient statistical method for
 * image noise level estimation", ICCV 2015, drop the largest until the mean of the rest is no
 * longer above their median.  Patches with texture fill those directions too and are left out
 * first: Liu, Tanaka and Okutomi, "Single-image noise level estimation for blind denoising", IEEE
 * Trans. Image Processing 22 (2013), keep those whose gradients noise of the variance found so far
 * explains, and repeat. */
#include "app/noise/evidence.h"
#include "app/noise_level.h"
#include "base/mem.h"
#include "base/parallel.h"

#include <math.h>
#include <string.h>

enum {
    SIDE = 7,
    PIXELS = SIDE * SIDE,
    SUMS = PIXELS + PIXELS * PIXELS, /* of patches, and of their products */
    PATCHES = 1 << 17,               /* more are thinned out evenly */
    PIECES = 64,                     /* of the patches, each with sums of its own */
    ROUNDS = 10,
    ENOUGH_INSIDE = 1000,
};

/* What the squared gradients of a patch of pure noise add up to, in its variance, with a
 * probability of 99 %.  Gradients are half the differences of next neighbours but one, along x and
 * y, inside the patch.  The sum is about gamma distributed (Liu et al., eq. 13) with shape r / 2
 * and scale 2 t / r, where t = 35 is the trace and r = 45 the rank of its quadratic form. */
#define TEXTURELESS 54.41086938

struct patches {
    const struct lt_noisy *pictures;
    double offset;   /* as in lt_noise_sigma_of; below 0: values stay what they are */
    double origin;   /* subtracted from all, so that sums of products keep their digits */
    int64_t total;   /* positions in all pictures */
    int64_t step;    /* from one that is taken to the next */
    size_t count;    /* taken */
    float *x;        /* (count, PIXELS) */
    double *mean;    /* (count) of a patch */
    double *texture; /* (count) sum of squared gradients; infinite: the patch is not used */
    bool *chosen;    /* (count) */
    double *sums;    /* (PIECES, SUMS) */
};

/* ---- gathering ---- */

static int64_t positions(const struct lt_picture *p)
{
    return p->h < SIDE || p->w < SIDE ? 0 : (p->h - SIDE + 1) * (p->w - SIDE + 1) * p->c;
}

static double transform(const struct patches *s, float x)
{
    return s->offset < 0 ? (double)x : 2 * sqrt(fmax((double)x + s->offset, 0));
}

/* A position: the picture it is in, and its number there. */
struct place {
    const struct lt_picture *picture;
    int64_t at;
};

static void enter(struct place *place)
{
    for (; place->at >= positions(place->picture); place->picture++)
        place->at -= positions(place->picture);
}

static const float *first_value(const struct place *place)
{
    const struct lt_picture *p = place->picture;
    int64_t across = p->w - SIDE + 1, k = place->at % p->c, pixel = place->at / p->c;
    return p->values + (pixel / across * p->w + pixel % across) * p->c + k;
}

static double texture_of(const float *x /* (SIDE, SIDE) */)
{
    double sum = 0;
    for (int i = 0; i < SIDE; i++)
        for (int j = 1; j + 1 < SIDE; j++) {
            double across = (double)x[i * SIDE + j + 1] - (double)x[i * SIDE + j - 1];
            double down = (double)x[(j + 1) * SIDE + i] - (double)x[(j - 1) * SIDE + i];
            sum += (across * across + down * down) / 4;
        }
    return sum;
}

/* A patch with a value at an extreme is not used: values beyond may have been cut off. */
static void gather(struct patches *s, size_t i, const struct place *place)
{
    const struct lt_picture *p = place->picture;
    const float *from = first_value(place);
    float *x = s->x + i * PIXELS;
    double sum = 0;
    bool inside = true;
    for (int64_t j = 0; j < PIXELS; j++) {
        float value = from[(j / SIDE * p->w + j % SIDE) * p->c];
        inside = inside && !lt_at_extreme(s->pictures, value) && !isnan(value);
        x[j] = (float)(transform(s, value) - s->origin);
        sum += (double)x[j];
    }
    s->mean[i] = sum / PIXELS;
    s->texture[i] = inside ? texture_of(x) : INFINITY;
}

static void gather_piece(void *context, size_t piece, int thread)
{
    (void)thread;
    struct patches *s = context;
    size_t begin = s->count * piece / PIECES, end = s->count * (piece + 1) / PIECES;
    struct place place = {s->pictures->picture, (int64_t)begin * s->step};
    for (size_t i = begin; i < end; i++, place.at += s->step) {
        enter(&place);
        gather(s, i, &place);
    }
}

static int allocate(struct patches *s, struct lt_error *err)
{
    const char *what = "patches of pictures";
    int rc = lt_alloc(&s->x, s->count * PIXELS, sizeof *s->x, what, err);
    if (rc == LT_OK)
        rc = lt_alloc(&s->mean, s->count, sizeof *s->mean, what, err);
    if (rc == LT_OK)
        rc = lt_alloc(&s->texture, s->count, sizeof *s->texture, what, err);
    if (rc == LT_OK)
        rc = lt_alloc(&s->chosen, s->count, sizeof *s->chosen, what, err);
    if (rc == LT_OK)
        rc = lt_alloc(&s->sums, PIECES * SUMS, sizeof *s->sums, what, err);
    return rc;
}

static void release(struct patches *s)
{
    lt_free(s->x);
    lt_free(s->mean);
    lt_free(s->texture);
    lt_free(s->chosen);
    lt_free(s->sums);
}

/* ---- eigenvalues ---- */

/* The rotation of rows and columns p and q that makes a(p, q) zero: Golub and Van Loan, "Matrix
 * computations", section 8.5.2. */
static void rotate(double *a /* (PIXELS, PIXELS) */, int p, int q)
{
    double apq = a[p * PIXELS + q], least = fabs(a[p * PIXELS + p] * a[q * PIXELS + q]);
    if (apq == 0 || apq * apq < 1e-30 * least)
        return; /* nothing beside the diagonal */
    double tau = (a[q * PIXELS + q] - a[p * PIXELS + p]) / (2 * apq);
    double t = (tau >= 0 ? 1 : -1) / (fabs(tau) + sqrt(1 + tau * tau));
    double c = 1 / sqrt(1 + t * t), s = t * c;
    for (int i = 0; i < PIXELS; i++) {
        double x = a[i * PIXELS + p], y = a[i * PIXELS + q];
        a[i * PIXELS + p] = c * x - s * y;
        a[i * PIXELS + q] = s * x + c * y;
    }
    for (int i = 0; i < PIXELS; i++) {
        double x = a[p * PIXELS + i], y = a[q * PIXELS + i];
        a[p * PIXELS + i] = c * x - s * y;
        a[q * PIXELS + i] = s * x + c * y;
    }
}

/* Ascending, by Jacobi's method: the matrix is small, and so no LAPACK is needed.  It converges
 * quadratically; ten sweeps are more than it takes. */
static void eigenvalues(double *a /* (PIXELS, PIXELS), destroyed */, double *out /* (PIXELS) */)
{
    for (int sweep = 0; sweep < 10; sweep++)
        for (int p = 0; p < PIXELS; p++)
            for (int q = p + 1; q < PIXELS; q++)
                rotate(a, p, q);
    for (int i = 0; i < PIXELS; i++) {
        int at = i;
        double value = a[i * PIXELS + i];
        for (; at > 0 && out[at - 1] > value; at--)
            out[at] = out[at - 1];
        out[at] = value;
    }
}

/* Chen et al., algorithm 1: the mean of the lowest n, for the largest n of which it is at most the
 * median. */
static double noise_variance(const double *value /* (PIXELS), ascending */)
{
    double sum = 0;
    for (int i = 0; i < PIXELS; i++)
        sum += value[i];
    for (int n = PIXELS; n > 1; n--) {
        double median = (value[n / 2] + value[(n - 1) / 2]) / 2;
        if (sum / n <= median)
            return sum / n > 0 ? sum / n : 0;
        sum -= value[n - 1];
    }
    return value[0] > 0 ? value[0] : 0;
}

/* ---- covariances of the chosen patches ---- */

static void sum_piece(void *context, size_t piece, int thread)
{
    (void)thread;
    const struct patches *s = context;
    double *sum = s->sums + piece * SUMS, *product = sum + PIXELS, x[PIXELS];
    memset(sum, 0, SUMS * sizeof *sum);
    for (size_t i = s->count * piece / PIECES; i < s->count * (piece + 1) / PIECES; i++) {
        if (!s->chosen[i])
            continue;
        for (int j = 0; j < PIXELS; j++)
            sum[j] += x[j] = (double)s->x[i * PIXELS + (size_t)j];
        for (int j = 0; j < PIXELS; j++)
            for (int k = 0; k <= j; k++)
                product[j * PIXELS + k] += x[j] * x[k];
    }
}

/* cov = sum x x^T / n - (sum x / n)(sum x / n)^T */
static double variance_of_chosen(struct patches *s, size_t chosen)
{
    double n = (double)chosen, *sum = s->sums, *product = sum + PIXELS, value[PIXELS] = {0};
    lt_parallel(s->pictures->picture->threads, PIECES, sum_piece, s);
    for (size_t piece = 1; piece < PIECES; piece++)
        for (size_t i = 0; i < SUMS; i++)
            sum[i] += s->sums[piece * SUMS + i];
    for (int j = 0; j < PIXELS; j++)
        for (int k = 0; k <= j; k++) {
            double covariance = product[j * PIXELS + k] / n - sum[j] / n * (sum[k] / n);
            product[j * PIXELS + k] = product[k * PIXELS + j] = covariance;
        }
    eigenvalues(product, value);
    return noise_variance(value);
}

/* Patches whose texture noise explains and, where `margin` is above 0, whose mean keeps that far
 * away from the extremes.  Returns how many. */
static size_t choose(struct patches *s, double texture, double margin)
{
    double low = transform(s, s->pictures->low) - s->origin;
    double high = transform(s, s->pictures->high) - s->origin;
    size_t chosen = 0;
    for (size_t i = 0; i < s->count; i++) {
        s->chosen[i] = s->texture[i] < texture &&
                       (margin <= 0 || (s->mean[i] > low + margin && s->mean[i] < high - margin));
        chosen += s->chosen[i];
    }
    return chosen;
}

/* Near an extreme even patches that do not touch it are those whose noise happened to be small. */
static size_t choose_textureless(struct patches *s, double variance)
{
    size_t inside = choose(s, variance * TEXTURELESS, 2.5 * sqrt(variance));
    return inside >= ENOUGH_INSIDE ? inside : choose(s, variance * TEXTURELESS, 0);
}

static double estimate(struct patches *s, size_t chosen)
{
    double variance = variance_of_chosen(s, chosen);
    for (int round = 1; round < ROUNDS; round++) {
        double before = variance;
        chosen = choose_textureless(s, variance);
        if (chosen < LT_NOISE_PATCHES)
            break;
        variance = variance_of_chosen(s, chosen);
        if (fabs(variance - before) < 1e-3 * before)
            break;
    }
    return sqrt(variance);
}

/* All patches without NaN, when those that touch no extreme are too few. */
static size_t choose_all(struct patches *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (!isnan(s->mean[i]))
            s->texture[i] = texture_of(s->x + i * PIXELS);
    return choose(s, INFINITY, 0);
}

int lt_noise_sigma_of(const struct lt_noisy *pictures, double offset, double *sigma,
                      struct lt_error *err)
{
    struct patches s = {.pictures = pictures, .offset = offset};
    for (int64_t i = 0; i < pictures->count; i++)
        s.total += positions(&pictures->picture[i]);
    s.step = s.total / PATCHES + 1;
    s.count = (size_t)((s.total + s.step - 1) / s.step);
    s.origin = (transform(&s, pictures->low) + transform(&s, pictures->high)) / 2;
    int rc = allocate(&s, err);
    if (rc == LT_OK) {
        lt_parallel(pictures->picture->threads, PIECES, gather_piece, &s);
        size_t chosen = choose(&s, INFINITY, 0);
        if (chosen < ENOUGH_INSIDE)
            chosen = choose_all(&s);
        if (chosen < LT_NOISE_PATCHES)
            rc = lt_fail(err, LT_EUSAGE,
                         "the noise of the pictures cannot be estimated: %lld patches of %d x %d "
                         "pixels are needed, and there are %lld",
                         (long long)LT_NOISE_PATCHES, SIDE, SIDE, (long long)chosen);
        else
            *sigma = estimate(&s, chosen);
    }
    release(&s);
    return rc;
}
