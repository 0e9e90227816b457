#include "app/probereport.h"

#include "app/metrics.h"
#include "app/proportion.h"
#include "base/mem.h"
#include "data/writer.h"
#include <stdio.h>

/* A difference that certainly is less than this is none worth speaking of. */
static const double WORTH = 0.02;

static const char *const names[LT_PROBE_SETS] = {"codes", "pca", "raw"};

/* ---- what was right ---- */

/* One way of telling classes, from one set of features. */
typedef const int32_t *told_by(const struct lt_probe_told *told);

static const int32_t *by_regression(const struct lt_probe_told *told)
{
    return told->predicted;
}

static const int32_t *by_neighbours(const struct lt_probe_told *told)
{
    return told->voted;
}

static struct lt_interval accuracy(const struct lt_probe_found *f, enum lt_probe_set set,
                                   told_by *by)
{
    const int32_t *told = by(&f->told[set]);
    int64_t right = 0;
    for (int64_t i = 0; i < f->rows; i++)
        right += told[i] == f->classes->of[i];
    return lt_proportion(right, f->rows);
}

/* The accuracy of the codes less that of another set, on the same rows. */
static struct lt_interval gain(const struct lt_probe_found *f, enum lt_probe_set other, told_by *by)
{
    const int32_t *codes = by(&f->told[LT_PROBE_CODES]), *others = by(&f->told[other]);
    int64_t only_codes = 0, only_others = 0;
    for (int64_t i = 0; i < f->rows; i++) {
        int32_t label = f->classes->of[i];
        only_codes += codes[i] == label && others[i] != label;
        only_others += codes[i] != label && others[i] == label;
    }
    return lt_proportion_difference(only_codes, only_others, f->rows);
}

static double share_of_largest(const struct lt_probe_found *f)
{
    return (double)f->classes->size[lt_strata_largest(f->classes)] / (double)f->rows;
}

/* The mean log-loss of a set, less that of another unless it is the same. */
static int log_loss(struct lt_interval *out, const struct lt_probe_found *f, enum lt_probe_set set,
                    enum lt_probe_set less, struct lt_error *err)
{
    double *value = NULL, *one = NULL;
    int rc = lt_alloc(&value, (size_t)f->rows, sizeof *value, "log-losses", err);
    if (!rc)
        rc = lt_alloc(&one, (size_t)f->rows, sizeof *one, "log-losses", err);
    for (int64_t i = 0; i < f->rows && !rc; i++) {
        value[i] = f->told[set].log_loss[i] - (less == set ? 0 : f->told[less].log_loss[i]);
        one[i] = 1;
    }
    if (!rc)
        rc = lt_bootstrap_ratio(out, value, one, f->rows, f->seed, f->threads, err);
    lt_free(value);
    lt_free(one);
    return rc;
}

/* ---- the verdict ---- */

enum verdict { NO_SIGNAL, UNDECIDED, RAW_BETTER, AS_GOOD, CODES_BETTER };

static const char *const words[] = {[NO_SIGNAL] = "no-signal",
                                    [UNDECIDED] = "undecided",
                                    [RAW_BETTER] = "raw-better",
                                    [AS_GOOD] = "as-good",
                                    [CODES_BETTER] = "codes-better"};

static enum verdict judge(const struct lt_probe_found *f)
{
    struct lt_interval codes = accuracy(f, LT_PROBE_CODES, by_regression);
    struct lt_interval raw = accuracy(f, LT_PROBE_RAW, by_regression);
    struct lt_interval over_raw = gain(f, LT_PROBE_RAW, by_regression);
    double base = share_of_largest(f);
    if (codes.low <= base && raw.low <= base)
        return NO_SIGNAL;
    if (over_raw.low > 0)
        return CODES_BETTER;
    if (over_raw.high < 0)
        return RAW_BETTER;
    return over_raw.low > -WORTH ? AS_GOOD : UNDECIDED;
}

/* "the 784 columns" */
static const char *columns(const struct lt_probe_found *f, char *buf, size_t size)
{
    long long n = (long long)f->told[LT_PROBE_RAW].width;
    snprintf(buf, size, n == 1 ? "the column" : "the %lld columns", n);
    return buf;
}

/* "30 numbers" */
static const char *numbers(int64_t n, char *buf, size_t size)
{
    snprintf(buf, size, "%lld number%s", (long long)n, n == 1 ? "" : "s");
    return buf;
}

static void say_verdict(const struct lt_probe_found *f, enum verdict verdict, struct lt_report *r)
{
    char of_raw[40], of_codes[40];
    double codes = 100 * accuracy(f, LT_PROBE_CODES, by_regression).value;
    double raw = 100 * accuracy(f, LT_PROBE_RAW, by_regression).value;
    struct lt_interval difference = gain(f, LT_PROBE_RAW, by_regression);
    columns(f, of_raw, sizeof of_raw);
    numbers(f->told[LT_PROBE_CODES].width, of_codes, sizeof of_codes);
    const char *word = words[verdict];
    switch (verdict) {
    case NO_SIGNAL:
        lt_report_verdict(
            r, word,
            "Neither the codes nor %s say anything of the labels: %.1f %% and %.1f %% "
            "of the rows right, where the most frequent class alone has %.1f %%.",
            of_raw, codes, raw, 100 * share_of_largest(f));
        break;
    case UNDECIDED:
        lt_report_verdict(r, word,
                          "Too few rows to tell whether the codes say as much of the labels as %s: "
                          "%.1f %% of the rows right against %.1f %%, a difference between %+.1f "
                          "and %+.1f points.",
                          of_raw, codes, raw, 100 * difference.low, 100 * difference.high);
        break;
    case RAW_BETTER:
        lt_report_verdict(r, word,
                          "The raw columns tell more of the labels: %.1f %% of the rows right with "
                          "%s, %.1f %% with the %s of a code.",
                          raw, of_raw, codes, of_codes);
        break;
    case AS_GOOD:
        lt_report_verdict(r, word,
                          "The codes say as much of the labels with %s as %s: %.1f %% of the rows "
                          "right against %.1f %%.",
                          of_codes, of_raw, codes, raw);
        break;
    case CODES_BETTER:
        lt_report_verdict(r, word,
                          "The codes say more of the labels with %s than %s: %.1f %% of the rows "
                          "right against %.1f %%.",
                          of_codes, of_raw, codes, raw);
        break;
    }
}

static void say_next(const struct lt_probe_found *f, enum verdict verdict, struct lt_report *r)
{
    struct lt_interval over_pca = gain(f, LT_PROBE_PCA, by_regression);
    int64_t wider = 2 * f->told[LT_PROBE_CODES].width;
    if (verdict == NO_SIGNAL)
        lt_report_next(r, "check that the labels belong to these rows, in this order");
    else if (verdict == UNDECIDED)
        lt_report_next(r, "label more rows");
    else if (over_pca.high < 0)
        lt_report_next(r, "PCA tells more with as few numbers: use it, or train longer and probe "
                          "again");
    else if (verdict == RAW_BETTER && wider < f->told[LT_PROBE_RAW].width)
        lt_report_next(r,
                       "latent train DATA -o MODEL --dims %lld gives wider codes, which keep more; "
                       "or give the columns to the classifier",
                       (long long)wider);
    else if (verdict == RAW_BETTER)
        lt_report_next(r, "give the columns to the classifier");
    else if (over_pca.low <= 0)
        lt_report_next(r, "PCA tells as much with as few numbers, and is simpler: use it, or train "
                          "longer and probe again");
    else
        lt_report_next(r, "latent encode MODEL DATA -o codes.csv, and give the codes to a "
                          "classifier in place of the columns");
}

/* ---- numbers ---- */

static void set_interval(struct lt_report *r, const char *name, const char *what,
                         const struct lt_interval *v)
{
    const char *const parts[] = {"value", "low", "high"};
    const double values[] = {v->value, v->low, v->high};
    char key[100];
    for (int i = 0; i < 3; i++) {
        snprintf(key, sizeof key, "%s.%s.%s", name, what, parts[i]);
        lt_report_number(r, key, values[i]);
    }
}

/* "93.10 (92.59 to 93.58)" */
static const char *range(const char *format, const struct lt_interval *v, double unit, char *buf,
                         size_t size)
{
    snprintf(buf, size, format, unit * v->value, unit * v->low, unit * v->high);
    return buf;
}

static int tell_set(const struct lt_probe_found *f, enum lt_probe_set set, struct lt_report *r,
                    struct lt_error *err)
{
    static const char *const titles[LT_PROBE_SETS] = {"codes", "PCA", "raw columns"};
    struct lt_interval own = accuracy(f, set, by_regression), knn = accuracy(f, set, by_neighbours);
    struct lt_interval loss;
    char name[60], a[60], b[60], c[60], key[40];
    int rc = log_loss(&loss, f, set, set, err);
    if (rc)
        return rc;
    snprintf(name, sizeof name, "%s, %lld", titles[set], (long long)f->told[set].width);
    lt_report_line(r, "  %-20s %-24s %-26s %s", name,
                   range("%.2f (%.2f to %.2f)", &own, 100, a, sizeof a),
                   range("%.4f (%.4f to %.4f)", &loss, 1, b, sizeof b),
                   range("%.2f (%.2f to %.2f)", &knn, 100, c, sizeof c));
    snprintf(key, sizeof key, "%s.dims", names[set]);
    lt_report_integer(r, key, f->told[set].width);
    set_interval(r, names[set], "accuracy", &own);
    set_interval(r, names[set], "log_loss", &loss);
    set_interval(r, names[set], "knn", &knn);
    return 0;
}

static int tell_gain(const struct lt_probe_found *f, enum lt_probe_set other, struct lt_report *r,
                     struct lt_error *err)
{
    struct lt_interval own = gain(f, other, by_regression), knn = gain(f, other, by_neighbours);
    struct lt_interval loss;
    char name[60], a[60], b[60], c[60];
    int rc = log_loss(&loss, f, LT_PROBE_CODES, other, err);
    if (rc)
        return rc;
    snprintf(name, sizeof name, "codes less %s", other == LT_PROBE_PCA ? "PCA" : "raw");
    lt_report_line(r, "  %-20s %-24s %-26s %s", name,
                   range("%+.2f (%+.2f to %+.2f)", &own, 100, a, sizeof a),
                   range("%+.4f (%+.4f to %+.4f)", &loss, 1, b, sizeof b),
                   range("%+.2f (%+.2f to %+.2f)", &knn, 100, c, sizeof c));
    snprintf(name, sizeof name, "codes_less_%s", names[other]);
    set_interval(r, name, "accuracy", &own);
    set_interval(r, name, "log_loss", &loss);
    set_interval(r, name, "knn", &knn);
    return 0;
}

static void tell_majority(const struct lt_probe_found *f, struct lt_report *r)
{
    const char *label = f->classes->name[lt_strata_largest(f->classes)];
    char name[40];
    snprintf(name, sizeof name, "always \"%.10s\"", label);
    lt_report_line(r, "  %-20s %.2f", name, 100 * share_of_largest(f));
    lt_report_string(r, "majority.label", label);
    lt_report_number(r, "majority.accuracy", share_of_largest(f));
}

/* Where the nearest rows say the opposite of what the verdict rests on. */
static void tell_contradiction(const struct lt_probe_found *f, struct lt_report *r)
{
    struct lt_interval own = gain(f, LT_PROBE_RAW, by_regression);
    struct lt_interval knn = gain(f, LT_PROBE_RAW, by_neighbours);
    if (own.low > 0 && knn.high < 0)
        lt_report_line(r, "by the nearest rows it is the raw columns that tell more");
    if (own.high < 0 && knn.low > 0)
        lt_report_line(r, "by the nearest rows it is the codes that tell more");
}

static void warn_unsettled(const struct lt_probe_found *f, struct lt_report *r)
{
    int64_t unsettled = 0;
    for (int set = 0; set < LT_PROBE_SETS; set++)
        unsettled += f->told[set].unsettled;
    if (unsettled > 0)
        lt_report_warn(r, "not_converged",
                       "logistic regression did not converge in %lld of %lld fits; its figures are "
                       "not final",
                       (long long)unsettled, (long long)(LT_PROBE_SETS * f->folds));
}

int lt_probe_tell(const struct lt_probe_found *f, struct lt_report *r, struct lt_error *err)
{
    enum verdict verdict = judge(f);
    int rc = 0;
    say_verdict(f, verdict, r);
    lt_report_line(r,
                   "%lld rows of %lld classes in %lld folds; each is told by classifiers that "
                   "learnt from the other folds",
                   (long long)f->rows, (long long)f->classes->count, (long long)f->folds);
    lt_report_line(r, "  %-20s %-24s %-26s %s", "% of the rows right", "logistic regression",
                   "its log-loss", "10 nearest rows");
    for (int set = 0; set < LT_PROBE_SETS && !rc; set++)
        rc = tell_set(f, set, r, err);
    tell_majority(f, r);
    if (!rc)
        rc = tell_gain(f, LT_PROBE_PCA, r, err);
    if (!rc)
        rc = tell_gain(f, LT_PROBE_RAW, r, err);
    tell_contradiction(f, r);
    warn_unsettled(f, r);
    lt_report_line(r, "in brackets: 95 %% intervals over the rows");
    lt_report_integer(r, "rows", f->rows);
    lt_report_integer(r, "classes", f->classes->count);
    lt_report_integer(r, "folds", f->folds);
    lt_report_integer(r, "neighbours", LT_PROBE_NEIGHBOURS);
    lt_report_number(r, "seconds", f->seconds);
    say_next(f, verdict, r);
    return rc;
}

/* ---- the file ---- */

enum { ROW, FOLD, LABEL, FIRST, PREDICTED = 0, LOG_LOSS, KNN, EACH, COLUMNS = FIRST + 3 * EACH };
_Static_assert((int)LT_PROBE_SETS == 3, "each set has its columns");

/* Classes are written as the labels have them. */
static const char *class_text(void *context, int64_t column, double value, char *buf, size_t size)
{
    const struct lt_probe_found *f = context;
    (void)column, (void)buf, (void)size;
    return f->classes->name[(int64_t)value];
}

int lt_probe_open(struct lt_writer **out, const char *path, const struct lt_probe_found *f,
                  struct lt_error *err)
{
    static const char *const titles[COLUMNS] = {
        "row",          "fold",          "label",        "codes_predicted", "codes_log_loss",
        "codes_knn",    "pca_predicted", "pca_log_loss", "pca_knn",         "raw_predicted",
        "raw_log_loss", "raw_knn"};
    static const enum lt_type types[COLUMNS] = {LT_I64,  LT_I64, LT_TEXT, LT_TEXT, LT_F64, LT_TEXT,
                                                LT_TEXT, LT_F64, LT_TEXT, LT_TEXT, LT_F64, LT_TEXT};
    const struct lt_writer_schema schema = {.rows = f->rows,
                                            .columns = COLUMNS,
                                            .types = types,
                                            .names = titles,
                                            .text = class_text,
                                            .text_context = (void *)f};
    return lt_writer_create(out, path, &schema, err);
}

int lt_probe_write(struct lt_writer *writer, const struct lt_probe_found *f, struct lt_error *err)
{
    double value[COLUMNS];
    int rc = 0;
    for (int64_t i = 0; i < f->rows && !rc; i++) {
        value[ROW] = (double)i;
        value[FOLD] = f->fold[i];
        value[LABEL] = f->classes->of[i];
        for (int set = 0; set < LT_PROBE_SETS; set++) {
            const struct lt_probe_told *told = &f->told[set];
            value[FIRST + set * EACH + PREDICTED] = told->predicted[i];
            value[FIRST + set * EACH + LOG_LOSS] = told->log_loss[i];
            value[FIRST + set * EACH + KNN] = told->voted[i];
        }
        rc = lt_writer_rows(writer, value, 1, err);
    }
    return rc;
}
