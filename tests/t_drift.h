/* Shared by the tests of drift: tables of every shape of column, drawn anew for each seed, and a
 * model of them that has not been trained.  A network with the weights it starts with looks at rows
 * as well as any other, and costs a thousandth. */
#ifndef LT_TESTS_T_DRIFT_H
#define LT_TESTS_T_DRIFT_H

#include "app/drift.h"
#include "app/recipe.h"
#include "app/remember.h"
#include "base/mem.h"
#include "data_help.h"

struct t_source {
    uint64_t seed;
    int64_t rows;
    double shift; /* of "gauss", in standard deviations */
    double fresh; /* share of rows with a level of "mode" that is not known */
    double gone;  /* share of cells of "gap" that are missing, 0: a tenth */
};

/* Levels l0, l1, ... whose shares fall like 1 / rank. */
static int t_zipf(float u, int levels)
{
    double total = 0, sum = 0;
    int k = 0;
    for (int i = 1; i <= levels; i++)
        total += 1.0 / i;
    while (k < levels - 1 && (sum += 1 / (k + 1.0) / total) < (double)u)
        k++;
    return k;
}

T_UNUSED static struct lt_table *t_source_table(struct t_source s)
{
    static const char *const modes[] = {"idle", "run", "off"};
    static char text[1 << 20];
    size_t used = (size_t)snprintf(text, sizeof text, "gauss,skewed,count,on,mode,part,gap,unit\n");
    for (int64_t r = 0; r < s.rows; r++) {
        struct lt_stream k = lt_stream(s.seed, LT_RNG_TEST, 0, (uint64_t)r);
        double a = (double)lt_normal(&k, 0), b = (double)lt_normal(&k, 1);
        bool missing = (double)lt_uniform(&k, 2) < (s.gone > 0 ? s.gone : 0.1);
        char gap[32] = "";
        if (!missing)
            snprintf(gap, sizeof gap, "%.4f", a + b);
        const char *mode =
            (double)lt_uniform(&k, 3) < s.fresh ? "boost" : modes[t_zipf(lt_uniform(&k, 4), 3)];
        used += (size_t)snprintf(text + used, sizeof text - used, "%.4f,%.4f,%d,%d,%s,p%d,%s,C\n",
                                 10 + 2 * (a + s.shift), exp(2 * b), t_zipf(lt_uniform(&k, 5), 4),
                                 (double)lt_uniform(&k, 6) < 0.1, mode,
                                 t_zipf(lt_uniform(&k, 7), 80), gap);
    }
    return help_bytes("t.csv", text, used);
}

/* ---- a model ---- */

T_UNUSED static struct lt_backend *t_backend(void)
{
    struct lt_error err = {0};
    struct lt_backend *backend = NULL;
    if (lt_backend_create(&backend, "ref", 1, &err))
        T_FAIL("%s", err.text);
    return backend;
}

static int t_model_network(struct lt_model *m, struct lt_recipe *recipe, struct lt_error *err)
{
    struct lt_params layout;
    float *weights = NULL;
    int rc = lt_params_of(&layout, &recipe->spec, err);
    if (!rc)
        rc = lt_alloc(&weights, layout.total, sizeof *weights, "weights", err);
    if (!rc)
        lt_params_init(&layout, &recipe->spec, 1, weights);
    if (!rc)
        rc = lt_model_add_network(m, "autoencoder", &recipe->spec, weights, err);
    lt_free(weights);
    return rc;
}

/* What latent_train does, but for training. */
T_UNUSED static struct lt_model *t_model(struct lt_table *table, int64_t kept,
                                         struct lt_backend *backend)
{
    struct lt_error err = {0};
    struct lt_model *m = NULL;
    struct lt_rowset parts[LT_PARTS];
    struct lt_recipe recipe = {0};
    latent_train_options options;
    int64_t *rows = NULL, n = lt_table_rows(table) - kept;
    latent_train_options_init(&options);
    options.layers = "8";
    lt_split(parts, lt_table_rows(table), kept, 1);
    int rc = lt_model_create(&m, &err);
    if (!rc)
        rc = lt_alloc(&rows, (size_t)n, sizeof *rows, "rows", &err);
    for (int64_t i = 0; i < n && !rc; i++)
        rows[i] = lt_rowset_row(&parts[LT_PART_TRAIN], i);
    if (!rc)
        rc = lt_prep_fit(&m->prep, table, rows, n, &(struct lt_prep_options){0}, &err);
    struct lt_facts facts = {n, &m->prep, "t.csv", 0};
    if (!rc)
        rc = lt_recipe_draw(&recipe, &options, 3, &facts, &err);
    if (!rc)
        rc = t_model_network(m, &recipe, &err);
    struct lt_lesson lesson = {.kind = LT_DETECTOR_RECONSTRUCTION,
                               .table = table,
                               .kept = table,
                               .parts = parts,
                               .train_rows = rows,
                               .backend = backend,
                               .seed = 1};
    if (!rc)
        rc = lt_teach(m, &lesson, &err);
    if (!rc)
        rc = lt_remember(m, &lesson, &err);
    lt_free(rows);
    if (rc)
        T_FAIL("%s", err.text);
    return m;
}

/* ---- drift ---- */

/* The report on rows of a source; *drift says whether they have moved. */
T_UNUSED static struct lt_report *t_drift(const struct lt_model *m, struct t_source source,
                                          const struct lt_drift_options *options, bool *drift)
{
    struct lt_error err = {0};
    struct lt_report *report = NULL;
    struct lt_table *table = t_source_table(source);
    struct lt_session_options session = {.backend = "ref", .threads = 1};
    int rc = lt_report_create(&report, &err);
    if (!rc)
        rc = lt_drift(m, table, options, &session, report, &err);
    lt_table_free(&table);
    if (rc && rc != LT_ENO)
        T_FAIL("%s", err.text);
    *drift = rc == LT_ENO;
    return report;
}

#endif
