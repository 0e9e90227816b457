#include "app/agreement.h"

#include "base/mem.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* ---- labels ---- */

int lt_label_classes(const struct lt_table *labels, int32_t *class_of, int64_t *classes,
                     struct lt_error *err)
{
    uint64_t *hash = NULL, *sorted = NULL;
    int64_t n = lt_table_rows(labels), different = 0;
    int rc = lt_alloc(&hash, (size_t)n, sizeof *hash, "labels", err);
    if (!rc)
        rc = lt_alloc(&sorted, (size_t)n, sizeof *sorted, "labels", err);
    if (!rc)
        rc = lt_table_hash_rows(labels, hash, err);
    if (!rc) {
        memcpy(sorted, hash, (size_t)n * sizeof *hash);
        qsort(sorted, (size_t)n, sizeof *sorted, by_number);
        for (int64_t i = 0; i < n; i++)
            if (i == 0 || sorted[i] != sorted[i - 1])
                sorted[different++] = sorted[i];
        for (int64_t i = 0; i < n; i++) {
            const uint64_t *found =
                bsearch(&hash[i], sorted, (size_t)different, sizeof *sorted, by_number);
            class_of[i] = (int32_t)(found - sorted);
        }
        *classes = different;
    }
    lt_free(hash);
    lt_free(sorted);
    return rc;
}

/* ---- agreement ---- */

static double pairs(double n)
{
    return n * (n - 1) / 2;
}

/* p log 1/p */
static double surprise(double count, double n)
{
    return count > 0 ? count / n * log(n / count) : 0;
}

/* Sums over the groups of one side. */
static void sum_groups(const int64_t *count, int64_t groups, int64_t n, double *together,
                       double *entropy)
{
    *together = *entropy = 0;
    for (int64_t g = 0; g < groups; g++) {
        *together += pairs((double)count[g]);
        *entropy += surprise((double)count[g], (double)n);
    }
}

/* Sums over the cells of the table of clusters and classes, which are runs of equal numbers among the
 * sorted cluster * classes + class. */
static void sum_cells(const uint64_t *cell, int64_t classes, int64_t n, double *together,
                      double *entropy, int64_t *pure)
{
    int64_t most = 0;
    *together = *entropy = 0;
    *pure = 0;
    for (int64_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && cell[end] == cell[i];)
            end++;
        *together += pairs((double)(end - i));
        *entropy += surprise((double)(end - i), (double)n);
        most = end - i > most ? end - i : most;
        if (end == n || cell[end] / (uint64_t)classes != cell[i] / (uint64_t)classes) {
            *pure += most;
            most = 0;
        }
    }
}

int lt_agreement(struct lt_agreement *out, const int32_t *cluster, int64_t clusters,
                 const int32_t *class_of, int64_t classes, int64_t n, struct lt_error *err)
{
    uint64_t *cell = NULL;
    int64_t *count = NULL, pure;
    int rc = lt_alloc(&cell, (size_t)n, sizeof *cell, "groups of rows", err);
    if (!rc)
        rc = lt_alloc(&count, (size_t)(clusters + classes), sizeof *count, "groups of rows", err);
    if (!rc) {
        double both, one, two, joint, of_one, of_two;
        for (int64_t i = 0; i < n; i++) {
            cell[i] = (uint64_t)cluster[i] * (uint64_t)classes + (uint64_t)class_of[i];
            count[cluster[i]]++;
            count[clusters + class_of[i]]++;
        }
        qsort(cell, (size_t)n, sizeof *cell, by_number);
        sum_groups(count, clusters, n, &one, &of_one);
        sum_groups(count + clusters, classes, n, &two, &of_two);
        sum_cells(cell, classes, n, &both, &joint, &pure);
        double chance = n > 1 ? one * two / pairs((double)n) : 0, most = (one + two) / 2;
        out->rand = most > chance ? (both - chance) / (most - chance) : 1;
        out->information =
            of_one + of_two > 0 ? fmax(0, of_one + of_two - joint) * 2 / (of_one + of_two) : 1;
        out->purity = (double)pure / (double)n;
    }
    lt_free(cell);
    lt_free(count);
    return rc;
}
