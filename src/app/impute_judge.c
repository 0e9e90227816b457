#include "app/impute.h"

#include "app/metrics.h"
#include "base/mem.h"
#include "base/rng.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_MOST = 50000, /* looked at; more say little more */
    CELLS_FEW = 50,    /* hidden numbers below which nothing is claimed */
    SHOWN = 5,         /* columns told about */
};
static const float HIDE = 0.1f; /* share of the cells present that are hidden */

/* How well the hidden cells of one column were filled. */
struct column {
    double cells, error, mean_error;  /* numbers: squared errors in standard units, summed */
    double covered;                   /* numbers within the radius */
    double levels, right, mode_right; /* categories: cells, and those filled right */
};

struct judging {
    struct lt_impute_work *w;
    int64_t rows, total;
    struct column *column;    /* (D) */
    double *error, *mean;     /* (rows): squared errors of numbers, summed over a row */
    float *hidden;            /* (LT_IMPUTE_ROWS, F): rows with cells hidden */
    struct column all;        /* the sum over columns */
    struct lt_interval ratio; /* the mean's squared error / the model's */
};

/* ---- measuring ---- */

static bool hides(const struct judging *g, int64_t row, int64_t j)
{
    struct lt_stream s = lt_stream(g->w->options->seed, LT_RNG_SAMPLE, 0, (uint64_t)row);
    return lt_uniform(&s, (uint32_t)j) < HIDE;
}

static void count_number(struct judging *g, int64_t j, int64_t row, float x, float y)
{
    const struct lt_imputer_facts *f = lt_imputer_facts(g->w->imputer);
    struct column *c = &g->column[j];
    int64_t at = g->w->model->prep.column[j].first;
    double off = ((double)y - (double)x) / f->spread[at];
    double mean = ((double)x - f->center[at]) / f->spread[at];
    c->cells++;
    c->error += off * off;
    c->mean_error += mean * mean;
    c->covered += fabs((double)y - (double)x) <= f->radius[j];
    g->error[row] += off * off;
    g->mean[row] += mean * mean;
}

/* A cell of the others, which are rare or were never seen, cannot be filled right. */
static void count_level(struct judging *g, int64_t j, const float *x, const float *y)
{
    const struct lt_column *column = &g->w->model->prep.column[j];
    const double *often = lt_imputer_facts(g->w->imputer)->center + column->first;
    struct column *c = &g->column[j];
    int32_t mode = 0;
    for (int32_t k = 1; k < column->levels; k++)
        mode = often[k] > often[mode] ? k : mode;
    c->levels++;
    c->right += x[lt_imputer_level(column, y, NULL)] > 0;
    c->mode_right += x[mode] > 0;
}

static int judge_run(struct judging *g, int64_t first, int64_t n, struct lt_error *err)
{
    struct lt_impute_work *w = g->w;
    const struct lt_prep *p = &w->model->prep;
    int64_t f = p->features, d = p->schema.columns;
    for (int64_t i = 0; i < n; i++)
        w->ids[i] = (int64_t)((double)(first + i) * (double)g->total / (double)g->rows);
    int rc = lt_feed_rows(w->feed, w->ids, n, w->x, err);
    if (rc)
        return rc;
    memcpy(g->hidden, w->x, (size_t)(n * f) * sizeof *w->x);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++)
            for (int64_t k = 0; k < p->column[j].width && hides(g, w->ids[i], j); k++)
                g->hidden[i * f + p->column[j].first + k] = NAN;
    lt_imputer_expect(w->imputer, g->hidden, n, w->expected);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++) {
            int64_t at = i * f + p->column[j].first;
            if (p->column[j].width == 0 || isnan(w->x[at]) || !hides(g, w->ids[i], j))
                continue;
            if (p->column[j].kind == LT_KIND_CATEGORY)
                count_level(g, j, w->x + at, w->expected + at);
            else
                count_number(g, j, first + i, w->x[at], w->expected[at]);
        }
    return LT_OK;
}

static void add(struct column *to, const struct column *from)
{
    to->cells += from->cells;
    to->error += from->error;
    to->mean_error += from->mean_error;
    to->covered += from->covered;
    to->levels += from->levels;
    to->right += from->right;
    to->mode_right += from->mode_right;
}

static int measure(struct judging *g, struct lt_error *err)
{
    int64_t d = g->w->model->prep.schema.columns;
    int rc = 0;
    for (int64_t first = 0; first < g->rows && !rc; first += LT_IMPUTE_ROWS) {
        int64_t left = g->rows - first;
        rc = judge_run(g, first, left < LT_IMPUTE_ROWS ? left : LT_IMPUTE_ROWS, err);
    }
    for (int64_t j = 0; j < d && !rc; j++)
        add(&g->all, &g->column[j]);
    g->w->count = 0; /* what stands in w->x now is no run of rows */
    return rc ? rc
              : lt_bootstrap_ratio(&g->ratio, g->mean, g->error, g->rows, g->w->options->seed,
                                   g->w->backend->threads, err);
}

/* ---- telling ---- */

static double rms(double squares, double n)
{
    return n > 0 ? sqrt(squares / n) : NAN;
}

static double share(double part, double n)
{
    return n > 0 ? part / n : NAN;
}

/* "less error" is of the root mean square. */
static double saved(double ratio)
{
    return 100 * (1 - 1 / sqrt(ratio));
}

static void tell_verdict(const struct judging *g, struct lt_report *r)
{
    const struct column *a = &g->all;
    char levels[200] = "";
    if (a->levels > 0)
        snprintf(levels, sizeof levels,
                 "%.1f %% of hidden categories are filled right, where the most frequent level is "
                 "right for %.1f %%",
                 100 * share(a->right, a->levels), 100 * share(a->mode_right, a->levels));
    bool better = a->cells > 0 ? g->ratio.low > 1 : a->right > a->mode_right;
    const char *word = better ? "beats-mean" : "use-mean";
    if (a->cells + a->levels < CELLS_FEW)
        lt_report_verdict(r, "too-few-cells",
                          "Too few cells are present to hide some of them and tell how well the "
                          "model fills cells here.");
    else if (a->cells <= 0)
        lt_report_verdict(r, word, "%s: %s.",
                          better
                              ? "The model fills categories better than their most frequent level"
                              : "Filling with the most frequent level is as good",
                          levels);
    else if (better)
        lt_report_verdict(r, word,
                          "The model fills cells with %.0f %% less error than the mean (95 %% "
                          "interval %.0f to %.0f %%)%s%s.",
                          saved(g->ratio.value), saved(g->ratio.low), saved(g->ratio.high),
                          *levels ? "; " : "", levels);
    else
        lt_report_verdict(r, word,
                          "Filling with the mean is as good: hidden numbers are filled with an "
                          "error of %.3g by the model and of %.3g by the mean%s%s.",
                          rms(a->error, a->cells), rms(a->mean_error, a->cells),
                          *levels ? "; " : "", levels);
}

static const char *name_of(const struct judging *g, int64_t j, char *buf, size_t size)
{
    return lt_table_column_name(g->w->view, j, buf, size);
}

/* How well a column is filled, 1 is as bad as mean or mode: the order of the columns told. */
static double badness(const struct column *c)
{
    if (c->cells > 0)
        return c->mean_error > 0 ? c->error / c->mean_error : 1;
    if (c->levels > 0)
        return c->mode_right < c->levels ? (c->levels - c->right) / (c->levels - c->mode_right) : 1;
    return -1;
}

static void tell_columns(const struct judging *g, struct lt_report *r)
{
    int64_t d = g->w->model->prep.schema.columns, told[SHOWN] = {0};
    char name[256];
    int count = 0;
    for (; count < SHOWN; count++) {
        int64_t worst = -1;
        for (int64_t j = 0; j < d; j++) {
            bool already = badness(&g->column[j]) < 0;
            for (int k = 0; k < count; k++)
                already |= told[k] == j;
            if (!already && (worst < 0 || badness(&g->column[j]) > badness(&g->column[worst])))
                worst = j;
        }
        if (worst < 0)
            break;
        told[count] = worst;
    }
    for (int k = 0; k < count; k++) {
        const struct column *c = &g->column[told[k]];
        if (c->cells > 0)
            lt_report_line(r, "  %-28.28s %10.3f %10.3f", name_of(g, told[k], name, sizeof name),
                           rms(c->error, c->cells), rms(c->mean_error, c->cells));
        else
            lt_report_line(r, "  %-28.28s %9.1f%% %9.1f%%", name_of(g, told[k], name, sizeof name),
                           100 * share(c->right, c->levels), 100 * share(c->mode_right, c->levels));
    }
}

static void tell_text(const struct judging *g, struct lt_report *r)
{
    const struct column *a = &g->all;
    lt_report_line(r, "  %-28s %10s %10s", "hidden cells filled by", "the model", "the mean");
    if (a->cells > 0)
        lt_report_line(r, "  %-28s %10.3f %10.3f", "numbers, RMSE", rms(a->error, a->cells),
                       rms(a->mean_error, a->cells));
    if (a->levels > 0)
        lt_report_line(r, "  %-28s %9.1f%% %9.1f%%", "categories, right",
                       100 * share(a->right, a->levels), 100 * share(a->mode_right, a->levels));
    lt_report_line(r, "the columns that are hardest to fill:");
    tell_columns(g, r);
    lt_report_line(r,
                   "a tenth of the cells present was hidden at random: %.0f numbers, errors in "
                   "standard deviations of the training rows, and %.0f categories, whose \"mean\" "
                   "is the most frequent level",
                   a->cells, a->levels);
    if (a->cells > 0)
        lt_report_line(r, "%.1f %% of the hidden numbers lie in their 90 %% interval",
                       100 * share(a->covered, a->cells));
}

static void tell_keys(const struct judging *g, double *list, struct lt_report *r)
{
    const struct column *a = &g->all;
    int64_t d = g->w->model->prep.schema.columns;
    lt_report_number(r, "test.numbers", a->cells);
    lt_report_number(r, "test.rmse", rms(a->error, a->cells));
    lt_report_number(r, "test.mean_rmse", rms(a->mean_error, a->cells));
    lt_report_number(r, "test.ratio.value", a->cells > 0 ? g->ratio.value : NAN);
    lt_report_number(r, "test.ratio.low", a->cells > 0 ? g->ratio.low : NAN);
    lt_report_number(r, "test.ratio.high", a->cells > 0 ? g->ratio.high : NAN);
    lt_report_number(r, "test.coverage", share(a->covered, a->cells));
    lt_report_number(r, "test.categories", a->levels);
    lt_report_number(r, "test.accuracy", share(a->right, a->levels));
    lt_report_number(r, "test.mode_accuracy", share(a->mode_right, a->levels));
    for (int64_t j = 0; j < d; j++)
        list[j] = rms(g->column[j].error, g->column[j].cells);
    lt_report_numbers(r, "test.column_rmse", list, d);
    for (int64_t j = 0; j < d; j++)
        list[j] = rms(g->column[j].mean_error, g->column[j].cells);
    lt_report_numbers(r, "test.column_mean_rmse", list, d);
    for (int64_t j = 0; j < d; j++)
        list[j] = share(g->column[j].right, g->column[j].levels);
    lt_report_numbers(r, "test.column_accuracy", list, d);
}

int lt_impute_judge(struct lt_impute_work *w, struct lt_report *report, struct lt_error *err)
{
    struct judging g = {.w = w, .total = lt_table_rows(w->view)};
    size_t d = (size_t)w->model->prep.schema.columns, f = (size_t)w->model->prep.features;
    double *list = NULL;
    g.rows = g.total < ROWS_MOST ? g.total : ROWS_MOST;
    int rc = lt_alloc(&g.column, d, sizeof *g.column, "a test", err);
    if (!rc)
        rc = lt_alloc(&list, d, sizeof *list, "a test", err);
    if (!rc)
        rc = lt_alloc(&g.error, (size_t)g.rows, sizeof *g.error, "a test", err);
    if (!rc)
        rc = lt_alloc(&g.mean, (size_t)g.rows, sizeof *g.mean, "a test", err);
    if (!rc)
        rc = lt_alloc(&g.hidden, LT_IMPUTE_ROWS * f, sizeof *g.hidden, "a test", err);
    if (!rc)
        rc = measure(&g, err);
    if (!rc) {
        tell_verdict(&g, report);
        if (g.all.cells + g.all.levels >= CELLS_FEW)
            tell_text(&g, report);
        tell_keys(&g, list, report);
    }
    lt_free(g.column);
    lt_free(list);
    lt_free(g.error);
    lt_free(g.mean);
    lt_free(g.hidden);
    return rc;
}
