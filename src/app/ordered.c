#include "app/ordered.h"

#include "app/metrics.h"
#include "base/mem.h"
#include "model/json.h"
#include <stdio.h>

enum { BATCH = 512 }; /* rows measured at once */

/* ---- widths ---- */

static void add_width(struct lt_ordered_curve *c, int64_t dims)
{
    int at = 0;
    while (at < c->points && c->dims[at] < dims)
        at++;
    if (at < c->points && c->dims[at] == dims)
        return;
    for (int i = c->points++; i > at; i--)
        c->dims[i] = c->dims[i - 1];
    c->dims[at] = dims;
}

void lt_ordered_widths(struct lt_ordered_curve *out, int64_t dims)
{
    static const int64_t round[] = {10, 20, 30, 50, 100, 200, 500, 1000};
    *out = (struct lt_ordered_curve){0};
    for (int64_t k = 1; k < dims; k *= 2) {
        add_width(out, k);
        if (k > 1 && k + k / 2 < dims)
            add_width(out, k + k / 2);
    }
    for (size_t i = 0; i < sizeof round / sizeof *round; i++)
        if (round[i] < dims)
            add_width(out, round[i]);
    add_width(out, dims);
}

/* ---- what stands out ---- */

int lt_ordered_elbow(const struct lt_ordered_curve *c)
{
    const int last = c->points - 1;
    const double width = (double)(c->dims[last] - c->dims[0]),
                 height = c->error[0] - c->error[last];
    double farthest = 0;
    int elbow = last;
    for (int i = 0; i < last && height > 0; i++) {
        const double x = (double)(c->dims[i] - c->dims[0]) / width;
        const double fallen = (c->error[0] - c->error[i]) / height;
        if (fallen - x > farthest) {
            farthest = fallen - x;
            elbow = i;
        }
    }
    return elbow;
}

int lt_ordered_recommended(const struct lt_ordered_curve *c)
{
    const int last = c->points - 1;
    const double keeps = c->mean_error - c->error[last];
    for (int i = 0; i < last; i++)
        if (c->mean_error - c->error[i] >= LT_ORDERED_KEEPS / 100.0 * keeps)
            return i;
    return last;
}

/* The first width with which the model leaves no more error than PCA with all K numbers; -1: none. */
static int as_good_as_pca(const struct lt_ordered_curve *c)
{
    for (int i = 0; i < c->points; i++)
        if (c->error[i] <= c->pca_error[c->points - 1])
            return i;
    return -1;
}

/* ---- measuring ---- */

struct tools {
    struct lt_rows rows;
    struct lt_net *net;
    float *x;        /* (BATCH, D) */
    double *squared; /* (BATCH) */
};

static void tools_free(struct tools *t)
{
    lt_rows_close(&t->rows);
    lt_net_free(&t->net);
    lt_free(t->x);
    lt_free(t->squared);
}

static int tools_create(struct tools *t, const struct lt_case *c, struct lt_error *err)
{
    const struct lt_network *network = &c->model->network[0];
    const size_t inputs = (size_t)lt_net_spec_inputs(&network->spec);
    const int64_t baseline = lt_rows_batch((int64_t)inputs); /* rows that PCA reads at once */
    int rc = lt_rows_open(&t->rows, c->table, &c->model->prep, c->rows, c->count,
                          baseline > BATCH ? baseline : BATCH, err);
    if (!rc)
        rc = lt_net_create(&t->net, &network->spec, c->backend,
                           &(struct lt_net_options){.rows = BATCH, .precision = c->precision}, err);
    if (!rc)
        rc = lt_alloc(&t->x, BATCH * inputs, sizeof *t->x, "a batch of rows", err);
    if (!rc)
        rc = lt_alloc(&t->squared, BATCH, sizeof *t->squared, "errors of rows", err);
    if (!rc)
        lt_net_set_weights(t->net, network->params);
    return rc;
}

/* Rows are encoded once and decoded from every width. */
static int measure_batch(struct lt_ordered_curve *curve, struct tools *t, int64_t begin, int64_t n,
                         struct lt_error *err)
{
    int rc = t->rows.read(t->rows.context, begin, n, t->x, err);
    if (rc)
        return rc;
    lt_net_put_input(t->net, t->x, n);
    lt_net_encode(t->net, &(struct lt_pass){.rows = n});
    for (int i = 0; i < curve->points; i++) {
        lt_net_rate(t->net, &(struct lt_pass){.rows = n, .dims = curve->dims[i]});
        lt_net_get_losses(t->net, NULL, t->squared, n);
        for (int64_t r = 0; r < n; r++)
            curve->error[i] += t->squared[r] / (double)t->rows.count;
    }
    return 0;
}

/* PCA stops at the directions in which its training rows vary. */
static int measure_pca(struct lt_ordered_curve *curve, const struct lt_case *c, struct tools *t,
                       struct lt_error *err)
{
    const struct lt_baseline *b = &c->model->baseline;
    int rc = 0;
    for (int i = 0; i < curve->points && !rc; i++)
        rc = lt_baseline_errors(b, curve->dims[i] < b->dims ? curve->dims[i] : b->dims, &t->rows,
                                c->backend, &curve->mean_error, &curve->pca_error[i], err);
    return rc;
}

static int measure(struct lt_ordered_curve *curve, const struct lt_case *c, struct lt_error *err)
{
    struct tools t = {0};
    int rc = tools_create(&t, c, err);
    for (int64_t begin = 0; begin < c->count && !rc; begin += BATCH)
        rc = measure_batch(curve, &t, begin, c->count - begin < BATCH ? c->count - begin : BATCH,
                           err);
    if (!rc)
        rc = measure_pca(curve, c, &t, err);
    tools_free(&t);
    return rc;
}

/* ---- which decoder serves which width ---- */

/* The mean error of the rows of c with the first `dims` numbers. */
static int error_at(double *error, int64_t dims, const struct lt_case *c, struct tools *t,
                    struct lt_error *err)
{
    struct lt_ordered_curve curve = {.points = 1, .dims = {dims}};
    int rc = 0;
    for (int64_t begin = 0; begin < c->count && !rc; begin += BATCH)
        rc = measure_batch(&curve, t, begin, c->count - begin < BATCH ? c->count - begin : BATCH,
                           err);
    *error = curve.error[0];
    return rc;
}

/* The widest code that the decoder behind `prefix` serves: until the next one, shown more than the
 * first can be, leaves less error. */
static int find_until(int64_t *until, int prefix, int next, const struct lt_case *c,
                      struct tools *t, struct lt_error *err)
{
    const struct lt_net_spec *spec = &c->model->network[0].spec;
    double best, error;
    *until = lt_prefix_last(spec, prefix);
    int rc = error_at(&best, *until, c, t, err);
    for (; *until < lt_prefix_last(spec, next) && !rc; ++*until) {
        rc = error_at(&error, *until + 1, c, t, err);
        if (!rc && error < best)
            break;
    }
    return rc;
}

int lt_ordered_settle(struct lt_net_spec *spec, const struct lt_case *c, struct lt_error *err)
{
    struct tools t = {0};
    int before = 0;
    if (!lt_net_spec_ordered(spec))
        return 0;
    int rc = tools_create(&t, c, err);
    for (int i = spec->code + 1; i < spec->count && !rc; i++) {
        if (spec->node[i].kind != LT_NODE_PREFIX)
            continue;
        if (before)
            rc = find_until(&spec->node[before].until, before, i, c, &t, err);
        before = i;
    }
    tools_free(&t);
    return rc;
}

/* ---- telling ---- */

static int put_point(struct lt_json *array, const struct lt_ordered_curve *c, int i,
                     struct lt_error *err)
{
    struct lt_json *point = NULL;
    int rc = lt_json_object(&point, err);
    if (!rc)
        rc = lt_json_set_integer(point, "dims", c->dims[i], err);
    if (!rc)
        rc = lt_json_set_number(point, "squared_error", c->error[i], err);
    if (!rc)
        rc = lt_json_set_number(point, "pca_squared_error", c->pca_error[i], err);
    if (!rc)
        return lt_json_append(array, &point, err);
    lt_json_free(&point);
    return rc;
}

static int put_curve(const struct lt_ordered_curve *c, struct lt_report *r, struct lt_error *err)
{
    struct lt_json *array = NULL;
    int rc = lt_json_array(&array, err);
    for (int i = 0; i < c->points && !rc; i++)
        rc = put_point(array, c, i, err);
    if (!rc)
        lt_report_value(r, "curve", &array);
    lt_json_free(&array);
    return rc;
}

static void tell_curve(const struct lt_ordered_curve *c, struct lt_report *r)
{
    const int last = c->points - 1, elbow = lt_ordered_elbow(c);
    const int recommended = lt_ordered_recommended(c), as_good = as_good_as_pca(c);
    lt_report_line(r, "the first k numbers of the code:");
    lt_report_line(r, "  %6s %15s %15s %15s %13s", "k", "squared error", "PCA, k numbers",
                   "of error at K", "variance kept");
    for (int i = 0; i <= last; i++)
        lt_report_line(r, "  %6lld %15.5g %15.5g %13.4g %% %11.2f %%%s%s", (long long)c->dims[i],
                       c->error[i], c->pca_error[i], 100 * c->error[i] / c->error[last],
                       c->mean_error > 0 ? 100 * (1 - c->error[i] / c->mean_error) : 0,
                       i == elbow ? "  elbow" : "", i == recommended ? "  recommended" : "");
    lt_report_line(r,
                   "the curve bends most at %lld; %lld number%s keep%s %d %% or more of the "
                   "variance that all %lld keep",
                   (long long)c->dims[elbow], (long long)c->dims[recommended],
                   c->dims[recommended] == 1 ? "" : "s", c->dims[recommended] == 1 ? "s" : "",
                   LT_ORDERED_KEEPS, (long long)c->dims[last]);
    if (as_good >= 0)
        lt_report_line(r, "%lld number%s leave%s no more error than PCA with %lld",
                       (long long)c->dims[as_good], c->dims[as_good] == 1 ? "" : "s",
                       c->dims[as_good] == 1 ? "s" : "", (long long)c->dims[last]);
    lt_report_integer(r, "elbow", c->dims[elbow]);
    lt_report_integer(r, "recommended_dims", c->dims[recommended]);
}

int lt_judge_ordered(const struct lt_case *c, struct lt_report *r, struct lt_error *err)
{
    struct lt_ordered_curve curve;
    const struct lt_net_spec *spec = &c->model->network[0].spec;
    if (!lt_net_spec_ordered(spec))
        return 0;
    lt_ordered_widths(&curve, lt_net_spec_dims(spec));
    int rc = measure(&curve, c, err);
    if (!rc)
        rc = put_curve(&curve, r, err);
    if (!rc)
        tell_curve(&curve, r);
    return rc;
}
