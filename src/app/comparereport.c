#include "app/comparereport.h"

#include "app/conformal.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LINES_MOST = 10, KEYS_MOST = 200 };

static const char *const side_keys[LT_SIDES] = {[LT_OLD] = "old", [LT_NEW] = "new"};

static double flips(const struct lt_comparison *c)
{
    return (double)(c->only_alarms[LT_OLD] + c->only_alarms[LT_NEW]) / (double)c->rows;
}

static const char *name_of(const struct lt_comparison *c, int64_t i, char *buf, size_t size)
{
    return lt_table_column_name(c->view, c->column[i].at[LT_OLD], buf, size);
}

/* ---- the verdict ---- */

/* "2 columns are WHAT", behind what stands in `text`; nothing for none. */
static void add_columns(char *text, size_t size, int64_t n, const char *what)
{
    size_t used = strlen(text);
    if (n > 0)
        snprintf(text + used, size - used, "%s%lld column%s %s", used > 0 ? ", " : "", (long long)n,
                 n == 1 ? " is" : "s are", what);
}

/* What makes the models differ whatever they say of the rows; "" when nothing does. */
static const char *other_columns(const struct lt_comparison *c, char *text, size_t size)
{
    *text = 0;
    add_columns(text, size, c->only[LT_OLD], "read by the old one only");
    add_columns(text, size, c->only[LT_NEW], "read by the new one only");
    add_columns(text, size, c->other_kind, "of another kind in the new one");
    if (!*text && c->one_scored)
        snprintf(text, size, "only the %s one has a detector",
                 c->model[LT_OLD]->detector.kind != LT_DETECTOR_NONE ? "old" : "new");
    return text;
}

/* "3 of 400 rows (0.75 %) alarm in one and not in the other", or what stands in for it. */
static void describe(const struct lt_comparison *c, char *text, size_t size)
{
    char buf[256];
    long long n = (long long)(c->only_alarms[LT_OLD] + c->only_alarms[LT_NEW]);
    if (c->scored)
        snprintf(text, size, "%lld of %lld rows (%.3g %%) alarm%s in one and not in the other", n,
                 (long long)c->rows, 100 * flips(c), n == 1 ? "s" : "");
    else
        snprintf(text, size, "reconstructions change by %.3g at most, in %.80s",
                 c->column[0].change, name_of(c, 0, buf, sizeof buf));
}

static bool conclude(const struct lt_comparison *c, struct lt_report *r)
{
    char columns[300], rows[300];
    double change = c->scored ? flips(c) : c->column[0].change, allowed = c->options->tolerance;
    bool other = *other_columns(c, columns, sizeof columns) != 0;
    bool same = !other && !(c->column[0].change > 0) && !(c->p_change > 0) && !(change > 0);
    describe(c, rows, sizeof rows);
    if (same)
        lt_report_verdict(r, "same", "The models say the same of all %lld rows.",
                          (long long)c->rows);
    else if (other)
        lt_report_verdict(r, "differ", "The models differ: %s; %s.", columns, rows);
    else if (change > allowed)
        lt_report_verdict(r, "differ", "The models differ: %s, where %.3g%s allowed.", rows,
                          c->scored ? 100 * allowed : allowed, c->scored ? " % is" : " is");
    else
        lt_report_verdict(r, "alike", "The models decide alike: %s, where %.3g%s allowed.", rows,
                          c->scored ? 100 * allowed : allowed, c->scored ? " % is" : " is");
    lt_report_next(r, "latent eval MODEL DATA, and the same for the other model, tells which of "
                      "them is better");
    return other || change > allowed;
}

/* ---- lines ---- */

static void tell_sides(const struct lt_comparison *c, struct lt_report *r)
{
    const double *e = c->error, *s = c->speed;
    int64_t dims[LT_SIDES];
    for (int i = 0; i < LT_SIDES; i++)
        dims[i] = lt_net_spec_dims(&c->model[i]->network[0].spec);
    lt_report_line(r, "  %-34s %12s %12s", "", "old", "new");
    lt_report_line(r, "  %-34s %12lld %12lld", "numbers in the code", (long long)dims[LT_OLD],
                   (long long)dims[LT_NEW]);
    lt_report_line(r, "  %-34s %12.4g %12.4g", "squared error per column, in spreads", e[LT_OLD],
                   e[LT_NEW]);
    if (c->scored)
        lt_report_line(r, "  %-34s %12lld %12lld", "rows that alarm", (long long)c->alarms[LT_OLD],
                       (long long)c->alarms[LT_NEW]);
    if (c->scored)
        lt_report_line(r, "  %-34s %12lld %12lld", "rows that alarm here only",
                       (long long)c->only_alarms[LT_OLD], (long long)c->only_alarms[LT_NEW]);
    lt_report_line(r, "  %-34s %12lld %12lld", "bytes of the file", (long long)c->bytes[LT_OLD],
                   (long long)c->bytes[LT_NEW]);
    lt_report_line(r, "  %-34s %12.0f %12.0f", "rows per second", s[LT_OLD], s[LT_NEW]);
}

static void tell_scores(const struct lt_comparison *c, struct lt_report *r)
{
    if (!c->scored) {
        lt_report_line(r, "scores and alarms are not compared, since %s has a detector",
                       c->one_scored ? "only one model" : "no model");
        return;
    }
    lt_report_line(r,
                   "scores: rank correlation %.4f, p-values change by %.3g in the mean; alarms are "
                   "at a rate of %.3g",
                   c->rank_correlation, c->p_change, c->options->rate);
    for (int i = 0; i < LT_SIDES; i++) {
        int64_t rows = c->model[i]->detector.calibration_rows;
        int64_t needed = lt_conformal_rows(c->options->rate);
        if (rows < needed)
            lt_report_warn(r, i == LT_OLD ? "few_calibration_rows_old" : "few_calibration_rows_new",
                           "a rate of %.3g needs %lld calibration rows and the %s model has %lld, "
                           "so none of its rows can alarm; the smallest rate they resolve is %.3g",
                           c->options->rate, (long long)needed, side_keys[i], (long long)rows,
                           lt_conformal_smallest_p(rows));
    }
}

static void tell_columns(const struct lt_comparison *c, struct lt_report *r)
{
    char buf[256];
    lt_report_line(r, "  %-34s %12s", "reconstructions of", "change");
    for (int64_t i = 0; i < c->columns && i < LINES_MOST; i++)
        lt_report_line(r, "  %-34s %12.4g  %s", name_of(c, i, buf, sizeof buf), c->column[i].change,
                       c->column[i].share ? "of the rows otherwise" : "spreads of the column");
    if (c->columns > LINES_MOST)
        lt_report_line(r, "  and %lld more, which change less", (long long)c->columns - LINES_MOST);
}

/* ---- keys ---- */

static void keys_of_side(const struct lt_comparison *c, struct lt_report *r, int i)
{
    char key[80];
    const struct {
        const char *name;
        int64_t value;
    } list[] = {{"dims", lt_net_spec_dims(&c->model[i]->network[0].spec)},
                {"bytes", c->bytes[i]},
                {"columns_only_here", c->only[i]},
                {"alarms", c->alarms[i]},
                {"alarms_only_here", c->only_alarms[i]}};
    size_t count = c->scored ? 5 : 3; /* alarms come last */
    for (size_t k = 0; k < count; k++) {
        snprintf(key, sizeof key, "%s.%s", side_keys[i], list[k].name);
        lt_report_integer(r, key, list[k].value);
    }
    snprintf(key, sizeof key, "%s.error", side_keys[i]);
    lt_report_number(r, key, c->error[i]);
    snprintf(key, sizeof key, "%s.rows_per_second", side_keys[i]);
    lt_report_number(r, key, c->speed[i]);
    snprintf(key, sizeof key, "%s.weights_sha256", side_keys[i]);
    lt_report_string(r, key, c->model[i]->weights_sha256);
}

static void keys(const struct lt_comparison *c, struct lt_report *r)
{
    char key[80], buf[256];
    lt_report_integer(r, "rows", c->rows);
    lt_report_number(r, "tolerance", c->options->tolerance);
    lt_report_number(r, "fpr", c->options->rate);
    lt_report_number(r, "flips", c->scored ? flips(c) : (double)NAN);
    lt_report_number(r, "rank_correlation", c->scored ? c->rank_correlation : (double)NAN);
    lt_report_number(r, "p_change", c->scored ? c->p_change : (double)NAN);
    for (int i = 0; i < LT_SIDES; i++)
        keys_of_side(c, r, i);
    lt_report_integer(r, "columns_compared", c->columns);
    lt_report_integer(r, "columns_of_other_kind", c->other_kind);
    for (int64_t i = 0; i < c->columns && i < KEYS_MOST; i++) {
        snprintf(key, sizeof key, "columns.%lld.name", (long long)i + 1);
        lt_report_string(r, key, name_of(c, i, buf, sizeof buf));
        snprintf(key, sizeof key, "columns.%lld.change", (long long)i + 1);
        lt_report_number(r, key, c->column[i].change);
        snprintf(key, sizeof key, "columns.%lld.unit", (long long)i + 1);
        lt_report_string(r, key, c->column[i].share ? "rows" : "spread");
    }
}

bool lt_compare_report(const struct lt_comparison *c, struct lt_report *r)
{
    bool differ = conclude(c, r);
    keys(c, r);
    tell_sides(c, r);
    tell_scores(c, r);
    tell_columns(c, r);
    return differ;
}
