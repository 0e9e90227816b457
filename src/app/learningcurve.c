#include "app/finetune.h"

#include "base/clock.h"
#include "base/mem.h"
#include <math.h>

enum { POINTS_MOST = 16, KEPT_MOST = 5000 };
static const double KEPT = 0.3; /* share of the rows that judge */
static const double T95 =
    4.303; /* Student's t for 95 % and LT_CURVE_DRAWS - 1 = 2 degrees of freedom */
_Static_assert(LT_CURVE_DRAWS == 3, "T95 is for three draws");

struct point {
    int64_t labels;
    double accuracy[2][LT_CURVE_DRAWS]; /* from scratch, pretrained */
    double seconds[2];
};

struct curve {
    struct lt_tuner tuner;
    int64_t *kept, kept_count;
    int64_t *rest, rest_count; /* in the order of the seed */
    int64_t *drawn;            /* (rest_count) */
    struct point point[POINTS_MOST];
    int points;
};

static int split(struct curve *c, struct lt_error *err)
{
    const int64_t rows = lt_table_rows(c->tuner.table);
    const double share = c->tuner.options->valid >= 0 ? c->tuner.options->valid : KEPT;
    int64_t kept = (int64_t)(share * (double)rows);
    kept = c->tuner.options->valid < 0 && kept > KEPT_MOST ? KEPT_MOST : kept;
    c->kept_count = kept;
    c->rest_count = rows - kept;
    if (kept < 10 || rows - kept < 10)
        return lt_fail(
            err, LT_ECONTENT,
            "--curve needs 10 rows to train on and 10 to judge by, and %s has %lld; give "
            "more rows, or another share with --valid",
            lt_table_name(c->tuner.data->table), (long long)rows);
    int rc = lt_tuner_split(&c->tuner, kept, &c->kept, &c->rest, err);
    return rc ? rc : lt_alloc(&c->drawn, (size_t)c->rest_count, sizeof *c->drawn, "rows", err);
}

/* As many rows of each class as can be, the first of the order that the draw names: drawn[]. */
static void draw_rows(struct curve *c, int draw, int64_t labels)
{
    const struct lt_stream order =
        lt_stream(c->tuner.apply->seed, LT_RNG_SAMPLE, (uint32_t)draw + 1, 0);
    int64_t met[LT_CLASSES_MAX] = {0}, taken[LT_CLASSES_MAX] = {0}, quota = 0, total = 0, extra = 0;
    for (int64_t i = 0; i < c->rest_count; i++)
        met[c->tuner.class_of[c->rest[i]]]++;
    while (total < labels) { /* `quota` of every class are fewer than wanted by `extra` */
        extra = labels - total;
        quota++;
        for (int64_t k = 0; k < c->tuner.classes.count; k++)
            total += met[k] >= quota;
    }
    for (int64_t i = 0, n = 0; i < c->rest_count; i++) {
        const int64_t row = c->rest[lt_permute(&order, (uint64_t)i, (uint64_t)c->rest_count)];
        const int64_t rank = ++taken[c->tuner.class_of[row]];
        if (rank < quota || (rank == quota && extra-- > 0))
            c->drawn[n++] = row;
    }
}

static void list_points(struct curve *c)
{
    static const int64_t steps[] = {10, 30};
    int64_t scale = 1;
    for (int i = 0; c->points < POINTS_MOST - 1; i++) {
        const int64_t n = steps[i % 2] * scale;
        if (n >= c->rest_count)
            break;
        if (n >= c->tuner.classes.count)
            c->point[c->points++].labels = n;
        scale *= i % 2 ? 10 : 1;
    }
    c->point[c->points++].labels = c->rest_count;
}

static int train_point(struct curve *c, struct point *p, struct lt_error *err)
{
    int rc = 0;
    for (int draw = 0; draw < LT_CURVE_DRAWS && !rc; draw++) {
        draw_rows(c, draw, p->labels);
        for (int pretrained = 0; pretrained < 2 && !rc; pretrained++) {
            struct lt_class_quality q = {0};
            const double began = lt_clock();
            rc = lt_tuner_train(&c->tuner, c->drawn, p->labels, !pretrained,
                                c->tuner.apply->seed + (uint64_t)draw, err);
            p->seconds[pretrained] += (lt_clock() - began) / LT_CURVE_DRAWS;
            if (!rc)
                rc = lt_tuner_judge(&c->tuner, c->kept, c->kept_count, &q, err);
            p->accuracy[pretrained][draw] = (double)q.right / (double)c->kept_count;
        }
    }
    return rc;
}

static double mean_of(const double *x)
{
    double sum = 0;
    for (int i = 0; i < LT_CURVE_DRAWS; i++)
        sum += x[i] / LT_CURVE_DRAWS;
    return sum;
}

/* Mean and half the 95 % interval of the paired differences pretrained - scratch. */
static void gain_of(const struct point *p, double *gain, double *half)
{
    double d[LT_CURVE_DRAWS], square = 0;
    for (int i = 0; i < LT_CURVE_DRAWS; i++)
        d[i] = p->accuracy[1][i] - p->accuracy[0][i];
    *gain = mean_of(d);
    for (int i = 0; i < LT_CURVE_DRAWS; i++)
        square += (d[i] - *gain) * (d[i] - *gain);
    *half = T95 * sqrt(square / (LT_CURVE_DRAWS - 1) / LT_CURVE_DRAWS);
}

/* The largest number of labels with which pretraining is surely better; 0: with none. */
static int64_t pays_until(const struct curve *c)
{
    int64_t until = 0;
    double gain, half;
    for (int i = 0; i < c->points; i++) {
        gain_of(&c->point[i], &gain, &half);
        until = gain - half > 0 ? c->point[i].labels : until;
    }
    return until;
}

static int report_on(const struct curve *c, struct lt_report *r, struct lt_error *err)
{
    const int64_t until = pays_until(c), most = c->point[c->points - 1].labels;
    double labels[POINTS_MOST], scratch[POINTS_MOST], pretrained[POINTS_MOST], gain, half;
    if (until == 0)
        lt_report_verdict(r, NULL,
                          "Pretraining does not surely pay with any number of labels from %lld to "
                          "%lld.",
                          (long long)c->point[0].labels, (long long)most);
    else if (until == most)
        lt_report_verdict(r, NULL, "Pretraining pays up to all %lld labels there are.",
                          (long long)most);
    else
        lt_report_verdict(r, NULL,
                          "Pretraining pays with up to about %lld labels; with more it makes "
                          "no difference that is sure.",
                          (long long)until);
    lt_report_line(r, "%10s %14s %14s %22s %9s", "labels", "from scratch", "pretrained",
                   "difference (95 %)", "seconds");
    for (int i = 0; i < c->points; i++) {
        const struct point *p = &c->point[i];
        gain_of(p, &gain, &half);
        labels[i] = (double)p->labels;
        scratch[i] = mean_of(p->accuracy[0]);
        pretrained[i] = mean_of(p->accuracy[1]);
        lt_report_line(r, "%10lld %12.2f %% %12.2f %% %11.2f +- %6.2f %9.1f", (long long)p->labels,
                       100 * scratch[i], 100 * pretrained[i], 100 * gain, 100 * half,
                       p->seconds[0] + p->seconds[1]);
    }
    lt_report_line(
        r,
        "accuracy on %lld rows kept from training, mean of %d draws of the labelled rows; "
        "same rows, steps and options for both",
        (long long)c->kept_count, LT_CURVE_DRAWS);
    lt_report_numbers(r, "curve.labels", labels, c->points);
    lt_report_numbers(r, "curve.scratch_accuracy", scratch, c->points);
    lt_report_numbers(r, "curve.pretrained_accuracy", pretrained, c->points);
    lt_report_integer(r, "pays_until", until);
    lt_report_integer(r, "kept_rows", c->kept_count);
    lt_report_number(r, "seconds", lt_clock() - c->tuner.started);
    return lt_report_seal(r, err);
}

int lt_learning_curve(const struct lt_model *model, const struct lt_finetune_data *data,
                      const latent_finetune_options *options, const latent_apply_options *apply,
                      struct lt_report *report, struct lt_error *err)
{
    struct curve c = {0};
    int rc = lt_tuner_open(&c.tuner, model, data, options, apply, err);
    if (!rc) {
        c.tuner.stage = "learning curve";
        rc = split(&c, err);
    }
    if (!rc)
        list_points(&c);
    for (int i = 0; i < c.points && !rc; i++)
        rc = train_point(&c, &c.point[i], err);
    if (!rc)
        rc = report_on(&c, report, err);
    lt_free(c.kept);
    lt_free(c.rest);
    lt_free(c.drawn);
    lt_tuner_close(&c.tuner);
    return rc;
}
