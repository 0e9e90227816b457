#include "app/predict.h"

#include "app/arrange.h"
#include "app/proportion.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "data/writer.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- quality ---- */

int64_t lt_likeliest(const float *chances, int64_t classes)
{
    int64_t best = 0;
    for (int64_t k = 1; k < classes; k++)
        if (chances[k] > chances[best])
            best = k;
    return best;
}

enum { BINS = 15 };

struct bin {
    double confidence, right, rows;
};

static int bin_of(double confidence)
{
    const int bin = (int)(confidence * BINS);
    return bin < BINS ? bin : BINS - 1;
}

void lt_class_quality(struct lt_class_quality *out, const float *chances, const int32_t *class_of,
                      int64_t n, int64_t classes)
{
    struct bin bins[BINS] = {{0}};
    int64_t met[LT_CLASSES_MAX] = {0};
    *out = (struct lt_class_quality){.rows = n};
    for (int64_t i = 0; i < n; i++) {
        const float *c = chances + i * classes;
        const int64_t said = lt_likeliest(c, classes);
        const bool right = said == class_of[i];
        struct bin *b = &bins[bin_of((double)c[said])];
        const double chance = class_of[i] >= 0 ? (double)c[class_of[i]] : 0;
        out->right += right;
        out->entropy -= log(fmax(chance, 1e-12)) / (double)n;
        *b = (struct bin){b->confidence + (double)c[said], b->right + right, b->rows + 1};
        if (class_of[i] >= 0 && ++met[class_of[i]] > out->frequent)
            out->frequent = met[class_of[i]];
    }
    for (int k = 0; k < BINS; k++)
        out->calibration += fabs(bins[k].confidence - bins[k].right) / (double)n;
    const struct lt_interval i = lt_proportion(out->right, n);
    out->low = i.low;
    out->high = i.high;
}

/* ---- the file ---- */

static const char *class_text(void *context, int64_t column, double value, char *buf, size_t size)
{
    const struct lt_classes *classes = context;
    (void)column;
    (void)buf;
    (void)size;
    return classes->name[(int64_t)value];
}

struct columns {
    enum lt_type *types;
    char (*name)[LT_CLASS_NAME + 4];
    const char **names;
    double *row;
};

static void free_columns(struct columns *c)
{
    lt_free(c->types);
    lt_free(c->name);
    lt_free(c->names);
    lt_free(c->row);
}

static int name_columns(struct columns *c, const struct lt_classes *classes, struct lt_error *err)
{
    const size_t n = (size_t)classes->count + 3;
    int rc = lt_alloc(&c->types, n, sizeof *c->types, "columns", err);
    if (!rc)
        rc = lt_alloc(&c->name, n, sizeof *c->name, "columns", err);
    if (!rc)
        rc = lt_alloc(&c->names, n, sizeof *c->names, "columns", err);
    if (!rc)
        rc = lt_alloc(&c->row, n, sizeof *c->row, "columns", err);
    for (size_t k = 0; k < n && !rc; k++) {
        static const char *const first[] = {"row", "class", "probability"};
        static const enum lt_type types[] = {LT_I64, LT_TEXT, LT_F32};
        c->types[k] = k < 3 ? types[k] : LT_F32;
        snprintf(c->name[k], sizeof c->name[k], "%s%s", k < 3 ? first[k] : "p_",
                 k < 3 ? "" : classes->name[k - 3]);
        c->names[k] = c->name[k];
    }
    return rc;
}

static int write_rows(const struct columns *c, struct lt_writer *writer, const float *chances,
                      int64_t rows, int64_t classes, struct lt_error *err)
{
    int rc = 0;
    for (int64_t i = 0; i < rows && !rc; i++) {
        const float *p = chances + i * classes;
        const int64_t said = lt_likeliest(p, classes);
        c->row[0] = (double)i;
        c->row[1] = (double)said;
        c->row[2] = (double)p[said];
        for (int64_t k = 0; k < classes; k++)
            c->row[3 + k] = (double)p[k];
        rc = lt_writer_rows(writer, c->row, 1, err);
    }
    return rc;
}

static int write_file(const char *path, const struct lt_classes *classes, const float *chances,
                      int64_t rows, struct lt_error *err)
{
    struct columns c = {0};
    struct lt_writer *writer = NULL;
    int rc = name_columns(&c, classes, err);
    const struct lt_writer_schema schema = {.rows = rows,
                                            .columns = classes->count + 3,
                                            .types = c.types,
                                            .names = c.names,
                                            .text = class_text,
                                            .text_context = (void *)(uintptr_t)classes};
    if (!rc)
        rc = lt_writer_create(&writer, path, &schema, err);
    if (!rc)
        rc = write_rows(&c, writer, chances, rows, classes->count, err);
    if (!rc)
        rc = lt_writer_commit(&writer, err);
    lt_writer_abort(&writer);
    free_columns(&c);
    return rc;
}

/* ---- the report ---- */

void lt_report_accuracy(struct lt_report *r, const struct lt_class_quality *q, const char *what)
{
    const double n = (double)q->rows, accuracy = (double)q->right / n;
    lt_report_verdict(r, NULL,
                      "%.2f %% of %lld %s are classified rightly (95 %% interval %.2f to %.2f); "
                      "always saying the most frequent class would be right for %.2f %%.",
                      100 * accuracy, (long long)q->rows, what, 100 * q->low, 100 * q->high,
                      100 * (double)q->frequent / n);
    lt_report_number(r, "accuracy", accuracy);
    lt_report_number(r, "accuracy_low", q->low);
    lt_report_number(r, "accuracy_high", q->high);
    lt_report_number(r, "frequent.accuracy", (double)q->frequent / n);
}

enum {
    LINE_MOST = 12,  /* classes that a line of text has room for */
    ARRAY_MOST = 64, /* ... and that the array of all confusions is told for */
};

/* NAME and behind it a word for each class. */
static void report_line(struct lt_report *r, const char *name, const char (*word)[16], int64_t n)
{
    char line[LINE_MOST * 16 + 1] = "";
    size_t used = 0;
    for (int64_t k = 0; k < n; k++)
        used += (size_t)snprintf(line + used, sizeof line - used, " %7.7s", word[k]);
    lt_report_line(r, "  %-12.12s%s", name, line);
}

static void report_table(struct lt_report *r, const struct lt_classes *classes, const double *count)
{
    char word[LINE_MOST][16];
    const int64_t n = classes->count;
    for (int64_t k = 0; k < n; k++)
        snprintf(word[k], sizeof *word, "%.15s", classes->name[k]);
    report_line(r, "label / said", (const char(*)[16])word, n);
    for (int64_t label = 0; label < n; label++) {
        for (int64_t k = 0; k < n; k++)
            snprintf(word[k], sizeof *word, "%.0f", count[label * n + k]);
        report_line(r, classes->name[label], (const char(*)[16])word, n);
    }
}

static int report_confusions(struct lt_report *r, const struct lt_classes *classes,
                             const float *chances, const int32_t *class_of, int64_t rows,
                             struct lt_error *err)
{
    const int64_t n = classes->count;
    double *count = NULL;
    if (n > ARRAY_MOST)
        return 0;
    int rc = lt_alloc(&count, (size_t)(n * n), sizeof *count, "confusions", err);
    for (int64_t i = 0; i < rows && !rc; i++)
        if (class_of[i] >= 0)
            count[class_of[i] * n + lt_likeliest(chances + i * n, n)]++;
    if (!rc && n <= LINE_MOST)
        report_table(r, classes, count);
    if (!rc)
        lt_report_numbers(r, "confusion", count, n * n);
    lt_free(count);
    return rc;
}

static int report_labels(struct lt_report *r, const struct lt_classes *classes,
                         const struct lt_table *labels, const float *chances, int64_t rows,
                         struct lt_error *err)
{
    struct lt_class_quality q;
    int32_t *class_of = NULL;
    int rc = lt_classes_of(&class_of, classes, labels, err);
    if (!rc) {
        lt_class_quality(&q, chances, class_of, rows, classes->count);
        lt_report_accuracy(r, &q, "rows");
        lt_report_line(r, "error %.2f %%, cross-entropy %.4f nats a row, calibration error %.2f %%",
                       100 * (1 - (double)q.right / (double)rows), q.entropy, 100 * q.calibration);
        lt_report_number(r, "cross_entropy", q.entropy);
        lt_report_number(r, "calibration_error", q.calibration);
        rc = report_confusions(r, classes, chances, class_of, rows, err);
    }
    lt_free(class_of);
    return rc;
}

int lt_predict(const struct lt_model *model, struct lt_table *table, const struct lt_table *labels,
               const char *path, const latent_apply_options *options, struct lt_report *report,
               struct lt_error *err)
{
    const double started = lt_clock();
    const int64_t rows = lt_table_rows(table);
    struct lt_backend *backend = NULL;
    struct lt_classifier *classifier = NULL;
    struct lt_table *view = NULL;
    float *chances = NULL;
    int rc = lt_backend_create(&backend, options->backend,
                               options->threads > 0 ? options->threads : lt_cpu_count(), err);
    if (!rc)
        rc = lt_classifier_open(&classifier, model, backend, err);
    const struct lt_classes *classes = rc ? NULL : lt_classifier_classes(classifier);
    if (!rc)
        rc = lt_arrange(model, table, options->listener, &view, err);
    if (!rc)
        rc = lt_alloc(&chances, (size_t)(rows * classes->count), sizeof *chances, "chances", err);
    if (!rc)
        rc = lt_classifier_apply(classifier, view, NULL, rows, chances, err);
    if (!rc) {
        lt_report_verdict(report, NULL, "Classified %lld rows into %lld classes.", (long long)rows,
                          (long long)classes->count);
        lt_report_integer(report, "rows", rows);
        lt_report_integer(report, "classes", classes->count);
    }
    if (!rc && labels)
        rc = report_labels(report, classes, labels, chances, rows, err);
    if (!rc && !(path && !*path))
        rc = write_file(path, classes, chances, rows, err);
    lt_report_number(report, "seconds", lt_clock() - started);
    if (!rc)
        rc = lt_report_seal(report, err);
    lt_free(chances);
    lt_table_free(&view);
    lt_classifier_close(&classifier);
    lt_backend_free(&backend);
    return rc;
}
