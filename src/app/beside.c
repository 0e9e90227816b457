#include "app/beside.h"

#include "app/detect.h"
#include "app/lens.h"
#include "app/metrics.h"
#include "app/neighbours.h"
#include "app/ranking.h"
#include "base/mem.h"
#include <stdio.h>
#include <string.h>

struct lt_beside {
    const struct lt_model *model;
    int64_t rows;
    struct lt_linear *pca;
    struct lt_neighbours *knn; /* NULL: the model keeps no rows */
    double *score, *pca_error, *distance, *mean_error;
    bool *anomaly;
    float *seen; /* (LT_DETECT_ROWS, F): through the plain lens */
};

static int read_labels(struct lt_beside *b, const struct lt_table *labels, struct lt_error *err)
{
    char buf[256];
    int rc = lt_alloc(&b->anomaly, (size_t)b->rows, sizeof *b->anomaly, "labels", err);
    for (int64_t i = 0; i < b->rows && !rc; i++) {
        const char *label = lt_label_text(labels, i, buf, sizeof buf);
        b->anomaly[i] = strcmp(label, "0") != 0 && strcmp(label, "normal") != 0;
    }
    return rc;
}

int lt_beside_create(struct lt_beside **out, const struct lt_model *m, struct lt_backend *backend,
                     const struct lt_table *labels, struct lt_error *err)
{
    const int64_t f = m->prep.features;
    struct lt_beside *b = NULL;
    int rc = lt_alloc(&b, 1, sizeof *b, "scores", err);
    *out = b;
    if (rc)
        return rc;
    b->model = m;
    b->rows = lt_table_rows(labels);
    double **list[] = {&b->score, &b->pca_error, &b->distance, &b->mean_error};
    for (size_t i = 0; i < 4 && !rc; i++)
        rc = lt_alloc(list[i], (size_t)b->rows, sizeof(double), "scores", err);
    if (!rc)
        rc = lt_alloc(&b->seen, LT_DETECT_ROWS * (size_t)f, sizeof *b->seen, "scores", err);
    if (!rc)
        rc = read_labels(b, labels, err);
    if (!rc)
        rc = lt_linear_create(&b->pca, &m->baseline, f, m->baseline.dims, backend, LT_DETECT_ROWS,
                              err);
    if (!rc && m->detector.reference_rows > 0)
        rc = lt_neighbours_create(&b->knn, m->detector.reference, m->detector.reference_rows, f,
                                  LT_NEIGHBOURS_K, backend, LT_DETECT_ROWS, err);
    return rc;
}

void lt_beside_free(struct lt_beside **beside)
{
    struct lt_beside *b = *beside;
    *beside = NULL;
    if (!b)
        return;
    void *list[] = {b->score, b->pca_error, b->distance, b->mean_error, b->anomaly, b->seen};
    lt_linear_free(&b->pca);
    lt_neighbours_free(&b->knn);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        lt_free(list[i]);
    lt_free(b);
}

void lt_beside_rows(struct lt_beside *b, const float *x, const double *score, int64_t at, int64_t n)
{
    int64_t f = b->model->prep.features;
    memcpy(b->score + at, score, (size_t)n * sizeof *b->score);
    lt_linear_errors(b->pca, x, n, b->mean_error + at, b->pca_error + at);
    if (!b->knn)
        return;
    lt_lens_apply(&b->model->detector, LT_LENS_PLAIN, f, x, n, b->seen, f);
    lt_neighbours_distances(b->knn, b->seen, n, b->distance + at);
}

static void report_ranking(struct lt_report *r, const char *name, const char *prefix,
                           const struct lt_ranking *k)
{
    char key[64];
    lt_report_line(r, "  %-34s %8.2f %18.2f", name, 100 * k->auroc, 100 * k->average_precision);
    snprintf(key, sizeof key, "%sauroc", prefix);
    lt_report_number(r, key, k->auroc);
    snprintf(key, sizeof key, "%saverage_precision", prefix);
    lt_report_number(r, key, k->average_precision);
}

int lt_beside_report(const struct lt_beside *b, struct lt_report *r, struct lt_error *err)
{
    const struct lt_detector *d = &b->model->detector;
    struct lt_ranking own, pca, knn = {0};
    char name[80];
    int rc = lt_ranking(&own, b->score, b->anomaly, b->rows, err);
    if (!rc)
        rc = lt_ranking(&pca, b->pca_error, b->anomaly, b->rows, err);
    if (!rc && b->knn)
        rc = lt_ranking(&knn, b->distance, b->anomaly, b->rows, err);
    if (rc)
        return rc;
    lt_report_integer(r, "anomalies", own.anomalies);
    if (own.anomalies == 0 || own.anomalies == own.rows) {
        lt_report_warn(r, "one_class", "all labels say %s, so nothing can be said of the ranking",
                       own.anomalies ? "anomaly" : "normal");
        return 0;
    }
    lt_report_line(r, "  %-34s %8s %18s", "in per cent", "AUROC", "average precision");
    snprintf(name, sizeof name, "%s detector", lt_detector_name(d->kind));
    report_ranking(r, name, "", &own);
    snprintf(name, sizeof name, "PCA, %lld numbers", (long long)b->model->baseline.dims);
    report_ranking(r, name, "pca.", &pca);
    if (!b->knn) {
        lt_report_line(r, "  %-34s", "kNN is not available: the model keeps no rows");
        return 0;
    }
    snprintf(name, sizeof name, "kNN, %lld of %lld training rows", (long long)d->reference_rows,
             (long long)d->reference_of);
    report_ranking(r, name, "knn.", &knn);
    return 0;
}
