#include "app/codes.h"
#include "base/mem.h"

static const float ACTIVE_KL = 0.1f;
static const double VARIES = 0.01; /* of the standard deviation of the unit that varies most */
enum { USED_ONE_IN = 100 };        /* rows for which a unit in use is active */

int lt_codes_create(struct lt_codes *out, const struct lt_net_spec *spec, struct lt_error *err)
{
    *out = (struct lt_codes){.dims = lt_net_spec_dims(spec)};
    for (int i = 0; i < spec->count; i++)
        if (spec->node[i].kind == LT_NODE_SPARSE)
            out->sparsity = spec->node[i].sparsity;
    return lt_alloc(&out->active, (size_t)out->dims, sizeof *out->active, "units", err);
}

void lt_codes_free(struct lt_codes *c)
{
    lt_free(c->active);
    *c = (struct lt_codes){0};
}

void lt_codes_add(struct lt_codes *c, const float *code, int64_t n)
{
    const bool kl = c->sparsity == LT_SPARSITY_KL;
    for (int64_t i = 0; i < n; i++, code += c->dims)
        for (int64_t j = 0; j < c->dims; j++)
            c->active[j] += kl ? code[j] > ACTIVE_KL : code[j] != 0.0f;
    c->rows += n;
}

double lt_codes_active(const struct lt_codes *c)
{
    int64_t total = 0;
    for (int64_t j = 0; j < c->dims; j++)
        total += c->active[j];
    return c->rows > 0 ? (double)total / (double)c->rows : 0;
}

static void count_sparse(const struct lt_codes *c, int64_t *used, int64_t *dead)
{
    for (int64_t j = 0; j < c->dims; j++) {
        *used += c->active[j] > 0 && c->active[j] * USED_ONE_IN >= c->rows;
        *dead += c->active[j] == 0;
    }
}

static void count_varying(const struct lt_codes *c, const struct lt_moments *m, int64_t *used,
                          int64_t *dead)
{
    double most = 0;
    for (int64_t j = 0; j < c->dims; j++) {
        double variance = lt_moments_variance_of(m, j);
        most = variance > most ? variance : most;
    }
    for (int64_t j = 0; j < c->dims; j++)
        *used += most > 0 && lt_moments_variance_of(m, j) >= VARIES * VARIES * most;
    *dead = c->dims - *used;
}

void lt_codes_report(const struct lt_codes *c, const struct lt_moments *moments, bool contractive,
                     struct lt_report *r)
{
    const bool sparse = c->sparsity != LT_SPARSITY_NONE;
    int64_t used = 0, dead = 0;
    if (sparse)
        count_sparse(c, &used, &dead);
    else
        count_varying(c, moments, &used, &dead);
    if (sparse)
        lt_report_line(
            r,
            "sparse code: %.4g of %lld units speak for a row (%s), %lld for at least 1 %% "
            "of the rows, %lld for none",
            lt_codes_active(c), (long long)c->dims,
            c->sparsity == LT_SPARSITY_KL ? "above 0.1" : "not 0", (long long)used,
            (long long)dead);
    else if (contractive)
        lt_report_line(
            r,
            "contractive code: %lld of %lld units vary from row to row, %lld by less than "
            "1 %% of the one that varies most",
            (long long)used, (long long)c->dims, (long long)dead);
    lt_report_number(r, "codes.active_mean", lt_codes_active(c));
    lt_report_integer(r, "codes.used", used);
    lt_report_integer(r, "codes.dead", dead);
}
