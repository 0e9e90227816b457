#include "app/pattern_fit.h"

#include "base/mem.h"
#include "base/order.h"
#include "codec/lag.h"
#include "codec/number.h"
#include <math.h>

/* The row and plane that an example is, and its place among the features. */
struct finder {
    const struct lt_pattern *pattern;
    const struct lt_pattern_sample *sample;
    struct lt_surroundings *around;
    int64_t features, numbers, nodes;
    int64_t run;    /* that the surroundings are in */
    uint16_t *lags; /* of its segments */
};

static int finder_open(struct finder *f, struct lt_pattern *pattern,
                       const struct lt_pattern_sample *sample, struct lt_error *err)
{
    *f = (struct finder){.pattern = pattern, .sample = sample, .run = -1};
    f->features = lt_surroundings_count(pattern);
    lt_pattern_units(pattern, &f->numbers, &f->nodes);
    int64_t run = sample->run < sample->rows ? sample->run : sample->rows;
    int rc = lt_alloc(&f->lags, (size_t)lt_lag_segments(run), sizeof *f->lags, "lags", err);
    return rc ? rc : lt_surroundings_create(&f->around, pattern, err);
}

static void finder_close(struct finder *f)
{
    lt_surroundings_free(&f->around);
    lt_free(f->lags);
}

static void begin_run(struct finder *f, int64_t run)
{
    const struct lt_pattern_sample *s = f->sample;
    int64_t first = run * s->run, left = s->rows - first, planes = f->pattern->planes;
    const int64_t *values = s->values + first * planes;
    if (f->pattern->lagged)
        lt_lags_find(f->pattern, values, left < s->run ? left : s->run, f->lags);
    lt_surroundings_begin(f->around, values, s->guess ? s->guess + first * planes : NULL, f->lags);
}

static const int16_t *find(struct finder *f, int64_t row, int64_t plane)
{
    const struct lt_pattern_sample *s = f->sample;
    int64_t run = row / s->run;
    if (run != f->run)
        begin_run(f, run);
    f->run = run;
    lt_surroundings_at(f->around, row % s->run, plane);
    return lt_surroundings_features(f->around, plane);
}

/* What a network has to say of a number, in its outputs. */
static double target_of(const struct finder *f, int64_t row, int64_t plane)
{
    int64_t value = f->sample->values[row * f->pattern->planes + plane];
    int64_t reference = lt_surroundings_reference(f->around, plane);
    double spread = (double)lt_pattern_series(f->pattern, plane)->spread / 256;
    double t = ((double)value - (double)reference) / spread;
    return fmax(-8, fmin(8, t));
}

/* ---- noise ---- */

enum { FINE_VALUES = 1 << 20, LENGTHS = 65 };

/* For every kind of series, how often predictions left a number of so many bits. */
static void count_lengths(struct finder *f, int64_t (*lengths)[LENGTHS])
{
    const struct lt_pattern *p = f->pattern;
    int64_t rows = f->sample->run < f->sample->rows ? f->sample->run : f->sample->rows;
    struct lt_outlook outlook;
    begin_run(f, 0);
    for (int64_t row = 0; row < rows && row * p->planes < FINE_VALUES; row++) {
        lt_surroundings_row(f->around, row);
        for (int64_t plane = 0; plane < p->planes; plane++) {
            lt_surroundings_look(f->around, plane, &outlook);
            uint64_t left =
                (uint64_t)f->sample->values[row * p->planes + plane] - (uint64_t)outlook.base;
            int length = 0;
            for (left = left >> 63 ? -left : left; left > 0; left >>= 1)
                length++;
            lengths[lt_pattern_kind(p, plane)][length]++;
            lt_surroundings_seen(f->around, plane, outlook.base);
        }
    }
}

int lt_pattern_fit_noise(struct lt_pattern *pattern, const struct lt_pattern_sample *sample,
                         int above, struct lt_error *err)
{
    struct finder f;
    int64_t(*lengths)[LENGTHS] = NULL;
    int64_t kinds = lt_pattern_kinds(pattern);
    int rc = finder_open(&f, pattern, sample, err);
    if (!rc)
        rc = lt_alloc(&lengths, (size_t)kinds, sizeof *lengths, "lengths", err);
    if (!rc)
        count_lengths(&f, lengths);
    for (int64_t k = 0; k < kinds && !rc; k++) {
        int64_t count = 0, below = 0;
        int median = 0;
        for (int i = 0; i < LENGTHS; i++)
            count += lengths[k][i];
        while ((below += lengths[k][median]) * 2 < count)
            median++;
        median -= above;
        if (pattern->series[k].number)
            pattern->series[k].bits = median < 0              ? 0
                                      : median > LT_FINE_MOST ? LT_FINE_MOST
                                                              : median;
    }
    lt_free(lengths);
    finder_close(&f);
    return rc;
}

/* ---- least squares ---- */

enum { EXAMPLES = 40000, EXAMPLES_LEAST = 500 };
static const double FLOPS = 4e9; /* of all sums of products */
static const double RIDGE = 1e-6;

struct normal { /* A w = b */
    int64_t n;
    double *a; /* (n, n), its lower half */
    double *b, *w;
};

static void add_example(struct normal *eq, const int16_t *x, double target)
{
    for (int64_t i = 0; i < eq->n; i++) {
        double xi = x[i] / (double)LT_INTNET_ONE;
        if (x[i] == 0)
            continue;
        eq->b[i] += xi * target;
        for (int64_t k = 0; k <= i; k++)
            eq->a[i * eq->n + k] += xi * x[k] / LT_INTNET_ONE;
    }
}

/* Cholesky's A = L L^T in place, with a ridge, and both triangles solved. */
static void solve(struct normal *eq)
{
    int64_t n = eq->n;
    double *a = eq->a, *w = eq->w;
    for (int64_t i = 0; i < n; i++)
        a[i * n + i] += RIDGE * a[i * n + i] + 1e-3;
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k <= i; k++) {
            double s = a[i * n + k];
            for (int64_t m = 0; m < k; m++)
                s -= a[i * n + m] * a[k * n + m];
            a[i * n + k] = i == k ? sqrt(fmax(s, 1e-9)) : s / a[k * n + k];
        }
    for (int64_t i = 0; i < n; i++) {
        w[i] = eq->b[i];
        for (int64_t k = 0; k < i; k++)
            w[i] -= a[i * n + k] * w[k];
        w[i] /= a[i * n + i];
    }
    for (int64_t i = n - 1; i >= 0; i--) {
        for (int64_t k = i + 1; k < n; k++)
            w[i] -= a[k * n + i] * w[k];
        w[i] /= a[i * n + i];
    }
}

/* One kind of series: a plane of records, a channel of pixels. */
static void fit_kind(struct finder *f, int64_t kind, struct normal *eq, float *weights)
{
    const struct lt_pattern *p = f->pattern;
    bool grid = p->scene == LT_SCENE_GRID;
    int64_t pixels = grid ? p->h * p->w : 1, all = f->sample->rows * pixels;
    double cost = (double)eq->n * (double)eq->n * (double)lt_pattern_kinds(p);
    int64_t most = (int64_t)fmax(EXAMPLES_LEAST, fmin(EXAMPLES, FLOPS / cost));
    int64_t count = all < most ? all : most;
    for (int64_t i = 0; i < eq->n * eq->n; i++)
        eq->a[i] = 0;
    for (int64_t i = 0; i < eq->n; i++)
        eq->b[i] = 0;
    for (int64_t e = 0; e < count; e++) {
        int64_t at = (int64_t)((double)e * (double)all / (double)count);
        int64_t row = at / pixels, plane = grid ? at % pixels * p->c + kind : kind;
        const int16_t *x = find(f, row, plane);
        add_example(eq, x, target_of(f, row, plane));
    }
    solve(eq);
    float *to = weights + lt_pattern_line(p, kind) * eq->n;
    for (int64_t i = 0; i < eq->n; i++)
        to[i] = (float)eq->w[i];
}

static bool has_line(const struct lt_pattern *p, int64_t kind)
{
    return p->scene == LT_SCENE_RECORDS || p->series[kind].number;
}

static int fit_kinds(struct finder *f, float *weights, struct lt_error *err)
{
    struct normal eq = {.n = f->features};
    int rc = lt_alloc(&eq.a, (size_t)(eq.n * eq.n), sizeof *eq.a, "least squares", err);
    if (!rc)
        rc = lt_alloc(&eq.b, (size_t)eq.n, sizeof *eq.b, "least squares", err);
    if (!rc)
        rc = lt_alloc(&eq.w, (size_t)eq.n, sizeof *eq.w, "least squares", err);
    for (int64_t k = 0; k < lt_pattern_kinds(f->pattern) && !rc; k++)
        if (has_line(f->pattern, k))
            fit_kind(f, k, &eq, weights);
    lt_free(eq.a);
    lt_free(eq.b);
    lt_free(eq.w);
    return rc;
}

int lt_pattern_fit_linear(struct lt_pattern *pattern, const struct lt_pattern_sample *sample,
                          enum lt_isa isa, struct lt_error *err)
{
    struct finder f;
    float *weights = NULL, *biases = NULL;
    int rc = finder_open(&f, pattern, sample, err);
    int64_t lines = pattern->scene == LT_SCENE_RECORDS ? pattern->planes : f.numbers;
    if (rc || lines == 0) {
        finder_close(&f);
        return rc;
    }
    int64_t widths[] = {f.features, lines};
    rc = lt_alloc(&weights, (size_t)(f.features * lines), sizeof *weights, "weights", err);
    if (!rc)
        rc = lt_alloc(&biases, (size_t)lines, sizeof *biases, "weights", err);
    if (!rc)
        rc = fit_kinds(&f, weights, err);
    if (!rc)
        rc = lt_intnet_quantise(&pattern->linear, 1, widths, (const float *const[]){weights},
                                (const float *const[]){biases}, 12, isa, err);
    finder_close(&f);
    lt_free(weights);
    lt_free(biases);
    return rc;
}

/* ---- networks ---- */

static void read_features(struct finder *f, int64_t id, int64_t *row, int64_t *plane, float *x)
{
    *row = id / f->pattern->planes;
    *plane = id % f->pattern->planes;
    const int16_t *features = find(f, *row, *plane);
    for (int64_t i = 0; i < f->features; i++)
        x[i] = features[i] / (float)LT_INTNET_ONE;
}

static int read_values(void *context, const int64_t *ids, int64_t n, float *x, struct lt_error *err)
{
    struct finder *f = context;
    (void)err;
    for (int64_t e = 0; e < n; e++, x += f->features + f->numbers) {
        int64_t row, plane;
        read_features(f, ids[e], &row, &plane, x);
        float *targets = x + f->features;
        for (int64_t i = 0; i < f->numbers; i++)
            targets[i] = NAN;
        const struct lt_series *s = lt_pattern_series(f->pattern, plane);
        if (!s->number)
            continue;
        double told = 0;
        if (f->pattern->linear)
            told = lt_intnet_unit(f->pattern->linear, lt_surroundings_features(f->around, plane),
                                  lt_pattern_line(f->pattern, plane)) /
                   65536.0;
        targets[s->unit] = (float)(target_of(f, row, plane) - told);
    }
    return 0;
}

static int read_trees(void *context, const int64_t *ids, int64_t n, float *x, struct lt_error *err)
{
    struct finder *f = context;
    (void)err;
    for (int64_t e = 0; e < n; e++, x += f->features + f->nodes) {
        int64_t row, plane;
        read_features(f, ids[e], &row, &plane, x);
        float *targets = x + f->features;
        for (int64_t i = 0; i < f->nodes; i++)
            targets[i] = NAN;
        const struct lt_series *s = lt_pattern_series(f->pattern, plane);
        int symbol = (int)f->sample->values[row * f->pattern->planes + plane], node = 1;
        if (s->number)
            continue;
        targets += s->unit;
        if (s->common >= 0) {
            targets[0] = symbol == s->common;
            if (symbol == s->common)
                continue;
        }
        for (int k = s->bits - 1; k >= 0; k--) {
            targets[node] = (float)(symbol >> k & 1);
            node = node << 1 | (symbol >> k & 1);
        }
    }
    return 0;
}

static int fit_network(struct lt_pattern *pattern, bool trees,
                       const struct lt_pattern_sample *sample,
                       const struct lt_predictor_settings *settings,
                       struct lt_predictor_report *report, struct lt_error *err)
{
    struct finder f;
    struct lt_predictor_settings s = *settings;
    s.loss = trees ? LT_LOSS_BCE : LT_LOSS_HUBER;
    int rc = finder_open(&f, pattern, sample, err);
    int64_t outputs = trees ? f.nodes : f.numbers;
    struct lt_examples examples = {.count = sample->rows * pattern->planes,
                                   .features = f.features,
                                   .outputs = outputs,
                                   .read = trees ? read_trees : read_values,
                                   .context = &f};
    if (!rc && outputs > 0)
        rc = lt_predictor_train(trees ? &pattern->trees : &pattern->values, &examples, &s, report,
                                err);
    finder_close(&f);
    return rc;
}

int lt_pattern_fit_values(struct lt_pattern *pattern, const struct lt_pattern_sample *sample,
                          const struct lt_predictor_settings *settings,
                          struct lt_predictor_report *report, struct lt_error *err)
{
    return fit_network(pattern, false, sample, settings, report, err);
}

int lt_pattern_fit_trees(struct lt_pattern *pattern, const struct lt_pattern_sample *sample,
                         const struct lt_predictor_settings *settings,
                         struct lt_predictor_report *report, struct lt_error *err)
{
    return fit_network(pattern, true, sample, settings, report, err);
}
