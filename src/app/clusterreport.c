#include "app/clusterreport.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TRAITS = 3, LINES_MOST = 30, KEYS_MOST = 200 };

static const char *const space_keys[LT_SPACES] = {
    [LT_SPACE_CODES] = "codes", [LT_SPACE_PCA] = "pca", [LT_SPACE_COLUMNS] = "columns"};
static const char *const space_names[LT_SPACES] = {
    [LT_SPACE_CODES] = "codes", [LT_SPACE_PCA] = "PCA", [LT_SPACE_COLUMNS] = "scaled columns"};

/* ---- the verdict ---- */

/* The one that was tried for as many clusters as there are; NULL: none was. */
static const struct lt_stability *tried(const struct lt_clustering *c)
{
    for (int i = 0; i < c->tries; i++)
        if (c->tried[i].k == (c->wanted > 0 ? c->wanted : c->clusters))
            return &c->tried[i];
    return NULL;
}

static void conclude_chosen(const struct lt_clustering *c, struct lt_report *r)
{
    const struct lt_stability *t = tried(c);
    if (t)
        lt_report_verdict(
            r, "clusters",
            "The codes of %lld rows fall into %lld clusters: other halves of the rows "
            "give the same ones, stability %.2f, where a normal cloud has %.2f.",
            (long long)c->rows, (long long)c->clusters, t->rows.stability, t->cloud.stability);
    else
        lt_report_verdict(r, "no-clusters",
                          "The codes show no clusters: with no k from 2 to %lld do other halves of "
                          "the rows give the same ones. All %lld rows are in cluster 0.",
                          (long long)c->tried[c->tries - 1].k, (long long)c->rows);
}

static void conclude(const struct lt_clustering *c, struct lt_report *r)
{
    const struct lt_stability *t = tried(c);
    long long rows = (long long)c->rows, k = (long long)c->clusters;
    if (c->wanted == 0)
        conclude_chosen(c, r);
    else if (c->wanted == 1)
        lt_report_verdict(r, "unjudged", "One cluster of all %lld rows.", rows);
    else if (!t)
        lt_report_verdict(r, "unjudged",
                          "%lld rows cut into %lld clusters; whether they are there cannot be told "
                          "from fewer than %d rows, or 10 for each cluster.",
                          rows, k, LT_STABILITY_ROWS);
    else if (t->stable)
        lt_report_verdict(r, "clusters",
                          "%lld rows in %lld clusters, which are there: other halves of the rows "
                          "give the same ones, stability %.2f, where a normal cloud has %.2f.",
                          rows, k, t->rows.stability, t->cloud.stability);
    else if (t->beyond)
        lt_report_verdict(
            r, "unstable",
            "%lld rows cut into %lld pieces, which other halves of the rows give only "
            "in part: stability %.2f, where a normal cloud has %.2f and clusters %.2f.",
            rows, k, t->rows.stability, t->cloud.stability, 0.01 * LT_STABILITY_LEAST);
    else
        lt_report_verdict(r, "no-clusters",
                          "%lld rows cut into %lld pieces, which are no clusters: other halves of "
                          "the rows give others, stability %.2f, where a normal cloud has %.2f.",
                          rows, k, t->rows.stability, t->cloud.stability);
}

/* ---- lines ---- */

static void tell_choice(const struct lt_clustering *c, struct lt_report *r)
{
    lt_report_line(r, "  %4s %18s %18s %14s %14s", "k", "stability", "normal cloud", "left within",
                   "normal cloud");
    for (int i = 0; i < c->tries; i++) {
        const struct lt_stability *t = &c->tried[i];
        lt_report_line(r, "  %4lld %11.3f +- %.3f %11.3f +- %.3f %12.1f %% %12.1f %%%s",
                       (long long)t->k, t->rows.stability, t->rows.error, t->cloud.stability,
                       t->cloud.error, 100 * t->rows.left, 100 * t->cloud.left,
                       !t->stable            ? ""
                       : t->k == c->clusters ? "  stable, chosen"
                                             : "  stable");
    }
}

/* Where the prototype differs most from all rows; nowhere when they are all in one cluster. */
static int traits_of(const struct lt_clustering *c, int64_t cluster, struct lt_trait *trait)
{
    if (c->image || c->clusters == 1)
        return 0;
    return lt_contrast_traits(&c->contrast, c->prototype + cluster * c->contrast.features, NULL,
                              TRAITS, trait);
}

static void tell_trait(const struct lt_clustering *c, int64_t cluster, const struct lt_trait *t,
                       struct lt_report *r)
{
    char name[LT_TRAIT_TEXT], value[LT_TRAIT_TEXT], own[LT_TRAIT_TEXT], all[LT_TRAIT_TEXT];
    lt_trait_name(&c->contrast, t, c->view, name);
    lt_trait_value(&c->contrast, t, t->value, value);
    lt_trait_value(&c->contrast, t, lt_contrast_mean(&c->contrast, cluster, t), own);
    lt_trait_value(&c->contrast, t, t->beside, all);
    lt_report_line(r, "      %-26.40s %10s, its rows %10s, all rows %10s  %+.1f sd", name, value,
                   own, all, t->deviation);
}

static void tell_clusters(const struct lt_clustering *c, struct lt_report *r)
{
    int64_t most = c->clusters < LINES_MOST ? c->clusters : LINES_MOST;
    lt_report_line(r, "  %7s %9s %8s %12s %10s%s", "cluster", "rows", "share", "typical row",
                   "spread",
                   c->image || c->clusters == 1
                       ? ""
                       : "  and its prototype, the centre decoded, where it is least like "
                         "the mean of all rows");
    for (int64_t j = 0; j < most; j++) {
        const struct lt_cluster *k = &c->cluster[j];
        struct lt_trait trait[TRAITS];
        int traits = traits_of(c, j, trait);
        lt_report_line(r, "  %7lld %9lld %6.1f %% %12lld %10.3g", (long long)j, (long long)k->rows,
                       100 * (double)k->rows / (double)c->rows, (long long)k->typical, k->spread);
        for (int i = 0; i < traits; i++)
            tell_trait(c, j, &trait[i], r);
    }
    if (c->clusters > most)
        lt_report_line(r, "  and %lld more, which are smaller", (long long)(c->clusters - most));
    lt_report_line(r,
                   "  %.1f %% of the squared distances of the codes to their mean are left within "
                   "the clusters",
                   100 * c->left);
}

static void tell_labels(const struct lt_clustering *c, struct lt_report *r)
{
    enum lt_space best = LT_SPACE_CODES;
    char name[80];
    lt_report_line(r, "  %-42s %8s %20s %20s", "agreement with the labels", "purity",
                   "adjusted Rand index", "mutual information");
    for (enum lt_space s = LT_SPACE_CODES; s < LT_SPACES; s++) {
        const struct lt_agreement *a = &c->agreement[s];
        snprintf(name, sizeof name, "%s, %lld numbers, %lld clusters", space_names[s],
                 (long long)c->width[s], (long long)c->found[s]);
        lt_report_line(r, "  %-42s %8.3f %20.3f %20.3f", name, a->purity, a->rand, a->information);
        best = a->rand > c->agreement[best].rand ? s : best;
    }
    lt_report_line(r, "  %-42s %8.3f %20.3f %20.3f", "the most frequent label for all",
                   c->most_frequent, 0.0, 0.0);
    if (best != LT_SPACE_CODES)
        lt_report_line(r, "  clusters of %s agree better with the labels than those of the codes",
                       best == LT_SPACE_PCA ? "PCA's numbers" : "the scaled columns");
}

static void tell_warnings(const struct lt_clustering *c, struct lt_report *r)
{
    if (c->wanted > c->clusters)
        lt_report_warn(r, "few_different_rows",
                       "%lld clusters were asked for, but the rows have only %lld different codes",
                       (long long)c->wanted, (long long)c->clusters);
    if (!c->settled)
        lt_report_warn(r, "not_settled",
                       "some rows still changed their cluster when the search ended");
    if (c->fitted < c->rows)
        lt_report_line(r, "the centres were fitted on a sample of %lld rows, which --seed names",
                       (long long)c->fitted);
}

/* ---- keys ---- */

static void keys_of_tries(const struct lt_clustering *c, struct lt_report *r)
{
    static const char *const names[] = {"k",           "value", "error",     "cloud",
                                        "cloud_error", "left",  "cloud_left"};
    double column[LT_STABILITY_K_MOST];
    char key[40];
    for (size_t j = 0; j < sizeof names / sizeof *names; j++) {
        for (int i = 0; i < c->tries; i++) {
            const struct lt_stability *t = &c->tried[i];
            const double row[] = {(double)t->k,       t->rows.stability, t->rows.error,
                                  t->cloud.stability, t->cloud.error,    t->rows.left,
                                  t->cloud.left};
            column[i] = row[j];
        }
        snprintf(key, sizeof key, "stability.%s", names[j]);
        lt_report_numbers(r, key, column, c->tries);
    }
    lt_report_integer(r, "stability.rows", c->judged_rows);
}

static void keys_of_trait(const struct lt_clustering *c, int64_t cluster, int i,
                          const struct lt_trait *t, struct lt_report *r)
{
    char key[80], name[LT_TRAIT_TEXT];
    const struct {
        const char *name;
        double value;
    } list[] = {{"value", t->value},
                {"rows_mean", lt_contrast_mean(&c->contrast, cluster, t)},
                {"mean", t->beside},
                {"deviation", t->deviation}};
    lt_trait_name(&c->contrast, t, c->view, name);
    snprintf(key, sizeof key, "clusters.%lld.columns.%d.name", (long long)cluster, i + 1);
    lt_report_string(r, key, name);
    for (size_t j = 0; j < sizeof list / sizeof *list; j++) {
        snprintf(key, sizeof key, "clusters.%lld.columns.%d.%s", (long long)cluster, i + 1,
                 list[j].name);
        lt_report_number(r, key, list[j].value);
    }
}

static void keys_of_cluster(const struct lt_clustering *c, int64_t j, struct lt_report *r)
{
    const struct lt_cluster *k = &c->cluster[j];
    const struct {
        const char *name;
        double value;
    } list[] = {{"rows", (double)k->rows},
                {"share", (double)k->rows / (double)c->rows},
                {"typical_row", (double)k->typical},
                {"spread", k->spread}};
    struct lt_trait trait[TRAITS];
    char key[80];
    int traits = traits_of(c, j, trait);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        snprintf(key, sizeof key, "clusters.%lld.%s", (long long)j, list[i].name);
        lt_report_number(r, key, list[i].value);
    }
    for (int i = 0; i < traits; i++)
        keys_of_trait(c, j, i, &trait[i], r);
}

static void keys_of_labels(const struct lt_clustering *c, struct lt_report *r)
{
    char key[80];
    for (enum lt_space s = LT_SPACE_CODES; s < LT_SPACES; s++) {
        const struct {
            const char *name;
            double value;
        } list[] = {{"purity", c->agreement[s].purity},
                    {"rand", c->agreement[s].rand},
                    {"information", c->agreement[s].information},
                    {"clusters", (double)c->found[s]},
                    {"width", (double)c->width[s]}};
        for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
            snprintf(key, sizeof key, "labels.%s.%s", space_keys[s], list[i].name);
            lt_report_number(r, key, list[i].value);
        }
    }
    lt_report_integer(r, "labels.classes", c->classes);
    lt_report_number(r, "labels.most_frequent", c->most_frequent);
}

void lt_cluster_report(const struct lt_clustering *c, struct lt_report *r)
{
    conclude(c, r);
    lt_report_integer(r, "rows", c->rows);
    lt_report_integer(r, "dims", lt_net_spec_dims(&c->model->network[0].spec));
    lt_report_integer(r, "k", c->clusters);
    lt_report_integer(r, "fitted_rows", c->fitted);
    lt_report_number(r, "left", c->left);
    if (c->tries > 0)
        keys_of_tries(c, r);
    if (c->wanted == 0)
        tell_choice(c, r);
    tell_clusters(c, r);
    for (int64_t j = 0; j < c->clusters && j < KEYS_MOST; j++)
        keys_of_cluster(c, j, r);
    if (c->labelled) {
        tell_labels(c, r);
        keys_of_labels(c, r);
    }
    tell_warnings(c, r);
}
