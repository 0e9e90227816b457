#include "app/imputer.h"

#include "base/mem.h"
#include <math.h>
#include <string.h>

struct lt_imputer {
    const struct lt_prep *prep;
    struct lt_net *net;
    int64_t rows, features, numbers;
    struct lt_imputer_facts facts;
    double *values; /* the arrays of facts: four of F, one of D */
    float *x, *y;   /* (rows, F): into and out of the network */
};

static const struct lt_network *find(const struct lt_model *model)
{
    for (int i = 0; i < model->networks; i++)
        if (strcmp(model->network[i].role, LT_IMPUTER_ROLE) == 0)
            return &model->network[i];
    return NULL;
}

bool lt_imputer_in(const struct lt_model *model)
{
    return find(model) && model->imputer;
}

int lt_imputer_refuse(struct lt_error *err)
{
    return lt_fail(
        err, LT_EUSAGE,
        "the model has no network that fills cells: it was trained on images or on whole "
        "numbers in an array, which cannot be missing, or by an older Latent; train it "
        "again");
}

/* ---- making ---- */

/* Reads n numbers of the model's description. */
static int read_numbers(const struct lt_json *json, const char *key, double *values, int64_t n,
                        struct lt_error *err)
{
    const struct lt_json *array = NULL;
    int rc = lt_json_get_array(json, key, &array, err);
    if (!rc && lt_json_count(array) != (size_t)n)
        rc = lt_fail(err, LT_ECONTENT, "\"imputer.%s\" holds %zu numbers, not %lld", key,
                     lt_json_count(array), (long long)n);
    for (int64_t i = 0; i < n && !rc; i++)
        rc = lt_json_get_number(lt_json_at(array, (size_t)i), "", &values[i], err);
    return rc;
}

static int read_facts(struct lt_imputer *m, const struct lt_model *model, struct lt_error *err)
{
    int64_t f = m->features, d = model->prep.schema.columns;
    double *v = m->values;
    m->facts = (struct lt_imputer_facts){v, v + f, v + 2 * f, v + 3 * f, v + 4 * f};
    int rc = read_numbers(model->imputer, "center", v, f, err);
    if (!rc)
        rc = read_numbers(model->imputer, "spread", v + f, f, err);
    if (!rc)
        rc = read_numbers(model->imputer, "low", v + 2 * f, f, err);
    if (!rc)
        rc = read_numbers(model->imputer, "high", v + 3 * f, f, err);
    if (!rc)
        rc = read_numbers(model->imputer, "radius", v + 4 * f, d, err);
    for (int64_t j = 0; j < 4 * f && !rc; j++)
        if (!isfinite(v[j]) || (j / f == 1 && !(v[j] > 0)))
            rc = lt_fail(err, LT_ECONTENT, "\"imputer\" holds a number that makes no sense");
    return rc;
}

int lt_imputer_create(struct lt_imputer **out, const struct lt_model *model,
                      struct lt_backend *backend, int64_t rows, struct lt_error *err)
{
    const struct lt_network *network = find(model);
    struct lt_imputer *m = NULL;
    *out = NULL;
    if (!lt_imputer_in(model))
        return lt_imputer_refuse(err);
    int rc = lt_alloc(&m, 1, sizeof *m, "an imputer", err);
    if (rc)
        return rc;
    *m = (struct lt_imputer){.prep = &model->prep, .rows = rows};
    m->features = model->prep.features;
    m->numbers = lt_prep_numbers(&model->prep);
    size_t f = (size_t)m->features, n = (size_t)rows;
    rc = lt_alloc(&m->values, 4 * f + (size_t)model->prep.schema.columns, sizeof *m->values,
                  "an imputer", err);
    if (!rc)
        rc = read_facts(m, model, err);
    if (!rc)
        rc = lt_alloc(&m->x, n * f, sizeof *m->x, "an imputer", err);
    if (!rc)
        rc = lt_alloc(&m->y, n * f, sizeof *m->y, "an imputer", err);
    if (!rc)
        rc = lt_net_create(&m->net, &network->spec, backend,
                           &(struct lt_net_options){.rows = rows, .precision = LT_PRECISION_F32},
                           err);
    if (rc)
        lt_imputer_free(&m);
    else
        lt_net_set_weights(m->net, network->params);
    *out = m;
    return rc;
}

void lt_imputer_free(struct lt_imputer **imputer)
{
    struct lt_imputer *m = *imputer;
    *imputer = NULL;
    if (!m)
        return;
    lt_net_free(&m->net);
    lt_free(m->values);
    lt_free(m->x);
    lt_free(m->y);
    lt_free(m);
}

const struct lt_imputer_facts *lt_imputer_facts(const struct lt_imputer *imputer)
{
    return &imputer->facts;
}

/* ---- filling ---- */

float lt_imputer_input(const struct lt_imputer_facts *f, int64_t numbers, int64_t j, float x)
{
    return (float)(((double)x - (j < numbers ? f->center[j] : 0)) / f->spread[j]);
}

static float within(const struct lt_imputer_facts *f, int64_t j, float y)
{
    double v = (double)y * f->spread[j] + f->center[j];
    return (float)(v < f->low[j] ? f->low[j] : v > f->high[j] ? f->high[j] : v);
}

/* At most m->rows rows; the answer stands in m->y, in the units of the features. */
static void run(struct lt_imputer *m, const float *x, int64_t n)
{
    const struct lt_imputer_facts *f = &m->facts;
    int64_t F = m->features;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < F; j++)
            m->x[i * F + j] = lt_imputer_input(f, m->numbers, j, x[i * F + j]);
    lt_net_put_input(m->net, m->x, n);
    lt_net_encode(m->net, &(struct lt_pass){.rows = n});
    lt_net_decode(m->net, &(struct lt_pass){.rows = n});
    lt_net_get_output(m->net, m->y, n);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < m->numbers; j++)
            m->y[i * F + j] = within(f, j, m->y[i * F + j]);
}

void lt_imputer_expect(struct lt_imputer *m, const float *x, int64_t n, float *expected)
{
    for (int64_t first = 0; first < n; first += m->rows) {
        int64_t some = n - first < m->rows ? n - first : m->rows;
        run(m, x + first * m->features, some);
        memcpy(expected + first * m->features, m->y,
               (size_t)(some * m->features) * sizeof *expected);
    }
}

int32_t lt_imputer_level(const struct lt_column *column, const float *expected, double *probability)
{
    int32_t best = 0;
    for (int32_t k = 1; k < column->levels; k++)
        best = expected[k] > expected[best] ? k : best;
    if (probability)
        *probability = (double)expected[best];
    return best;
}

static void fill_row(const struct lt_imputer *m, float *x, const float *y)
{
    for (int64_t j = 0; j < m->numbers; j++)
        if (isnan(x[j]))
            x[j] = y[j];
    for (int64_t c = 0; c < m->prep->schema.columns; c++) {
        const struct lt_column *column = &m->prep->column[c];
        if (column->kind != LT_KIND_CATEGORY || !isnan(x[column->first]))
            continue;
        int32_t level = lt_imputer_level(column, y + column->first, NULL);
        for (int64_t k = 0; k < column->width; k++)
            x[column->first + k] = k == level;
    }
}

void lt_imputer_fill(struct lt_imputer *m, float *x, int64_t n)
{
    for (int64_t first = 0; first < n; first += m->rows) {
        int64_t some = n - first < m->rows ? n - first : m->rows;
        float *begin = x + first * m->features;
        run(m, begin, some);
        for (int64_t i = 0; i < some; i++)
            fill_row(m, begin + i * m->features, m->y + i * m->features);
    }
}
