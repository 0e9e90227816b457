#include "app/survey.h"

#include "app/detect.h"
#include "app/session.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/split.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 10000, ROWS_LEAST = 200, CELLS_MOST = 1 << 24, BATCH = LT_SESSION_ROWS };

bool lt_survey_is_number(const struct lt_column *c)
{
    return c->kind == LT_KIND_NUMBER || c->kind == LT_KIND_INTEGER || c->kind == LT_KIND_BOOLEAN;
}

int64_t lt_survey_most(int64_t features)
{
    int64_t most = CELLS_MOST / features;
    return most > ROWS_MOST ? ROWS_MOST : most < ROWS_LEAST ? ROWS_LEAST : most;
}

int lt_survey_rows(int64_t **rows, int64_t *count, int64_t total, int64_t features, uint64_t seed,
                   struct lt_error *err)
{
    struct lt_stream order = lt_stream(seed, LT_RNG_SAMPLE, 1, 0);
    return lt_sample_list(rows, count, total, lt_survey_most(features), &order, err);
}

/* ---- creating ---- */

static int create(struct lt_survey *s, const struct lt_survey_request *r, struct lt_error *err)
{
    const struct lt_prep *p = &r->model->prep;
    int64_t d = p->schema.columns, dims = lt_net_spec_dims(&r->model->network[0].spec);
    int64_t numbers = r->network ? dims + 1 : 0, levels = 0;
    for (int64_t j = 0; j < d; j++) {
        numbers += lt_survey_is_number(&p->column[j]);
        levels += lt_profile_levels(&p->column[j]);
    }
    s->subjects = d + dims + 1;
    int rc = lt_alloc(&s->subject, (size_t)s->subjects, sizeof *s->subject, "a survey", err);
    if (!rc)
        rc = lt_alloc(&s->values, (size_t)(numbers * r->count), sizeof *s->values, "a survey", err);
    if (!rc)
        rc = lt_alloc(&s->levels, (size_t)levels, sizeof *s->levels, "a survey", err);
    if (rc)
        return rc;
    float *value = s->values;
    double *level = s->levels;
    for (int64_t i = 0; i < s->subjects; i++) {
        struct lt_survey_subject *t = &s->subject[i];
        bool number = i < d ? lt_survey_is_number(&p->column[i]) : r->network;
        t->levels = i < d ? lt_profile_levels(&p->column[i]) : 0;
        t->rows = i < d || r->network ? r->count : 0;
        if (number) {
            t->value = value;
            value += r->count;
        }
        t->level = t->levels > 0 ? level : NULL;
        level += t->levels;
    }
    if (r->network)
        s->subject[s->subjects - 1].rows = r->count - r->error_from;
    return rc;
}

void lt_survey_free(struct lt_survey *s)
{
    lt_free(s->subject);
    lt_free(s->values);
    lt_free(s->levels);
    *s = (struct lt_survey){0};
}

/* ---- cells ---- */

static void count_level(struct lt_survey_subject *t, const struct lt_column *c, const float *x)
{
    int32_t k = 0;
    if (isnan(x[0])) {
        t->missing++;
        return;
    }
    while (k < c->levels && !(x[k] > 0.5f))
        k++;
    t->level[k]++;
}

/* Row `at` of the survey, as features. */
static void add_row(struct lt_survey *s, const struct lt_prep *p, int64_t at, const float *x)
{
    for (int64_t j = 0; j < p->schema.columns; j++) {
        const struct lt_column *c = &p->column[j];
        struct lt_survey_subject *t = &s->subject[j];
        if (c->kind == LT_KIND_CATEGORY)
            count_level(t, c, x + c->first);
        else if (t->value)
            t->value[at] = x[c->first];
        else if (c->kind == LT_KIND_TIME)
            t->missing += isnan(x[c->first]);
    }
}

/* ---- constants, of which features know nothing ---- */

static bool same_text(const struct lt_column *c, const char *text)
{
    char *end;
    if (c->levels > 0)
        return strcmp(text, c->level[0]) == 0;
    double v = strtod(text, &end);
    return end != text && *end == 0 && !(v < c->value) && !(v > c->value);
}

static bool same_number(const struct lt_column *c, double v)
{
    char *end;
    double want = c->levels > 0 ? strtod(c->level[0], &end) : c->value;
    if (c->levels > 0 && (end == c->level[0] || *end != 0))
        return false;
    return !(v < want) && !(v > want);
}

/* A cell of a column that was missing throughout is the same when it is missing still. */
static void count_constant(struct lt_survey_subject *t, const struct lt_column *c,
                           const struct lt_table *table, const struct lt_block *block, int64_t j,
                           int64_t row)
{
    int64_t at;
    int g = lt_table_group_of(table, j, &at);
    const struct lt_group *group = lt_table_group(table, g);
    const struct lt_block_group *cells = &block->group[g];
    int64_t cell = row * group->width + at;
    bool there = lt_block_valid(cells, cell), was_missing = c->levels == 0 && isnan(c->value);
    bool same = was_missing;
    if (there && group->type == LT_TEXT)
        same = !was_missing &&
               same_text(c, lt_table_text(table, j, ((const int32_t *)cells->values)[cell]));
    else if (there) {
        double v = lt_type_value(group->type, cells->values, cell);
        there = !isnan(v);
        same = there && !was_missing ? same_number(c, v) : !there && was_missing;
    }
    if (!there && !was_missing)
        t->missing++;
    else
        t->level[same ? 0 : 1]++;
}

static int count_constants(struct lt_survey *s, const struct lt_survey_request *r,
                           struct lt_error *err)
{
    const struct lt_prep *p = &r->model->prep;
    struct lt_block *block = NULL;
    if (lt_prep_count(p, LT_KIND_CONSTANT, NULL) == 0)
        return 0;
    int rc = lt_block_create(&block, r->table, BATCH, err);
    for (int64_t at = 0; at < r->count && !rc; at += BATCH) {
        int64_t n = r->count - at < BATCH ? r->count - at : BATCH;
        rc = lt_table_fetch(r->table, r->rows + at, n, block, err);
        for (int64_t j = 0; j < p->schema.columns && !rc; j++)
            for (int64_t i = 0; p->column[j].kind == LT_KIND_CONSTANT && i < n; i++)
                count_constant(&s->subject[j], &p->column[j], r->table, block, j, i);
    }
    lt_block_free(&block);
    return rc;
}

/* ---- the network ---- */

struct look {
    struct lt_feed *feed;
    struct lt_net *net;     /* NULL: columns only */
    float *x, *codes, *out; /* (BATCH, F), (BATCH, K), (BATCH, F) */
    int64_t features, dims;
};

static void look_free(struct look *l)
{
    lt_feed_free(&l->feed);
    lt_net_free(&l->net);
    lt_free(l->x);
    lt_free(l->codes);
    lt_free(l->out);
}

static int look_create(struct look *l, const struct lt_survey_request *r, struct lt_error *err)
{
    const struct lt_network *network = &r->model->network[0];
    struct lt_net_options options = {.rows = BATCH, .precision = LT_PRECISION_F32};
    l->features = r->model->prep.features;
    l->dims = lt_net_spec_dims(&network->spec);
    size_t cells = BATCH * (size_t)l->features;
    int rc = lt_feed_create(&l->feed, r->table, &r->model->prep, BATCH, r->backend->threads, err);
    if (!rc)
        rc = lt_alloc(&l->x, cells, sizeof *l->x, "a survey", err);
    if (rc || !r->network)
        return rc;
    rc = lt_alloc(&l->codes, BATCH * (size_t)l->dims, sizeof *l->codes, "a survey", err);
    if (!rc)
        rc = lt_alloc(&l->out, cells, sizeof *l->out, "a survey", err);
    if (!rc)
        rc = lt_net_create(&l->net, &network->spec, r->backend, &options, err);
    if (!rc)
        lt_net_set_weights(l->net, network->params);
    return rc;
}

/* The squared error per input of a row, over the cells that are there. */
static float error_of(const float *x, const float *out, int64_t features)
{
    double sum = 0;
    for (int64_t j = 0; j < features; j++) {
        double e = (double)out[j] - (double)x[j];
        sum += e == e ? e * e : 0;
    }
    return (float)(sum / (double)features);
}

static void add_network(struct lt_survey *s, struct look *l, int64_t at, int64_t n,
                        int64_t error_from)
{
    struct lt_pass pass = {.rows = n};
    struct lt_survey_subject *error = &s->subject[s->subjects - 1], *code = error - l->dims;
    lt_net_put_input(l->net, l->x, n);
    lt_net_encode(l->net, &pass);
    lt_net_get_code(l->net, l->codes, n);
    lt_net_decode(l->net, &pass);
    lt_net_get_output(l->net, l->out, n);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < l->dims; k++)
            code[k].value[at + i] = l->codes[i * l->dims + k];
        if (at + i >= error_from)
            error->value[at + i - error_from] =
                error_of(l->x + i * l->features, l->out + i * l->features, l->features);
    }
}

/* ---- the end ---- */

static int ascending(const void *a, const void *b) /* NaN last */
{
    float x = *(const float *)a, y = *(const float *)b;
    if (isnan(x) || isnan(y))
        return isnan(x) - isnan(y);
    return (x > y) - (x < y);
}

float lt_survey_knot(const float *value, int64_t n, int64_t at)
{
    int64_t first = at, last = at;
    while (first > 0 && last - first < LT_KNOT_ROWS && !(value[first - 1] < value[at]))
        first--;
    while (last + 1 < n && last - first < LT_KNOT_ROWS && !(value[last + 1] > value[at]))
        last++;
    if (last - first + 1 >= LT_KNOT_ROWS)
        return value[at];
    double sum = 0;
    int64_t count = n < LT_KNOT_ROWS ? n : LT_KNOT_ROWS;
    first = at - count / 2;
    first = first < 0 ? 0 : first > n - count ? n - count : first;
    for (int64_t i = first; i < first + count; i++)
        sum += (double)value[i];
    return (float)(sum / (double)count);
}

static double in_units(const struct lt_prep *p, const struct lt_column *c, double x)
{
    return c ? lt_prep_unscale_value(p, c, x) : x;
}

/* Sorts the values and takes their moments; column NULL: no column. */
static void settle(struct lt_survey_subject *t, const struct lt_prep *p, const struct lt_column *c)
{
    double sum = 0, square = 0;
    qsort(t->value, (size_t)t->rows, sizeof *t->value, ascending);
    int64_t n = t->rows;
    while (n > 0 && isnan(t->value[n - 1]))
        n--;
    t->missing = t->rows - n;
    if (n == 0)
        return;
    for (int64_t i = 0; i < n; i++)
        sum += in_units(p, c, (double)t->value[i]);
    t->mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++) {
        double e = in_units(p, c, (double)t->value[i]) - t->mean;
        square += e * e;
    }
    t->spread = sqrt(square / (double)n);
    t->median = in_units(p, c, (double)lt_survey_knot(t->value, n, n / 2));
}

int lt_survey_take(struct lt_survey *out, const struct lt_survey_request *r, struct lt_error *err)
{
    const struct lt_prep *p = &r->model->prep;
    struct look l = {0};
    *out = (struct lt_survey){0};
    int rc = create(out, r, err);
    if (!rc)
        rc = look_create(&l, r, err);
    for (int64_t at = 0; at < r->count && !rc; at += BATCH) {
        int64_t n = r->count - at < BATCH ? r->count - at : BATCH;
        rc = lt_feed_rows(l.feed, r->rows + at, n, l.x, err);
        for (int64_t i = 0; i < n && !rc; i++)
            add_row(out, p, at + i, l.x + i * l.features);
        if (!rc && r->network)
            add_network(out, &l, at, n, r->error_from);
    }
    if (!rc)
        rc = count_constants(out, r, err);
    for (int64_t i = 0; i < out->subjects && !rc; i++)
        if (out->subject[i].value)
            settle(&out->subject[i], p, i < p->schema.columns ? &p->column[i] : NULL);
    look_free(&l);
    if (rc)
        lt_survey_free(out);
    return rc;
}

int lt_survey_scores(const struct lt_survey_request *r, double *score, struct lt_error *err)
{
    struct lt_detect *detect = NULL;
    int rc = lt_detect_create(&detect, r->model, r->backend, LT_PRECISION_F32, err);
    if (!rc)
        rc = lt_detect_table(detect, r->table, r->rows, r->count, false, score, err);
    lt_detect_free(&detect);
    return rc;
}
