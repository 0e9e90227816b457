#include "app/driftreport.h"

#include "base/mem.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    LINES_MOST = 15, /* columns told of in words */
    KEYS_MOST = 200, /* and under keys */
    LEVELS_TOLD = 3
};

/* ---- text that grows ---- */

struct line {
    char text[600];
    size_t used;
};

static void add(struct line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct line *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(l->text + l->used, sizeof l->text - l->used, format, args);
    va_end(args);
    l->used += n > 0 ? (size_t)n : 0;
    l->used = l->used < sizeof l->text ? l->used : sizeof l->text - 1;
}

static const char *name_of(const struct lt_drift_found *f, const struct lt_drift_subject *t,
                           char *buf, size_t size)
{
    return lt_table_column_name(f->view, t->number, buf, size);
}

static double share(double count, double of)
{
    return of > 0 ? count / of : 0;
}

/* ---- categories ---- */

struct level {
    int64_t at;
    double before, now; /* shares */
};

/* The level whose share has changed most, of those that are not yet in `told`. */
static struct level next_level(const struct lt_drift_subject *t, const struct level *told, int n)
{
    double rows = t->before.summary[LT_SUMMARY_ROWS] - t->before.summary[LT_SUMMARY_MISSING];
    double now = (double)(t->now->rows - t->now->missing);
    struct level best = {.at = -1};
    for (int64_t k = 0; k < t->now->levels; k++) {
        struct level l = {k, share(t->before.level[k], rows), share(t->now->level[k], now)};
        bool again = false;
        for (int i = 0; i < n; i++)
            again |= told[i].at == k;
        if (!again && (best.at < 0 || fabs(l.now - l.before) > fabs(best.now - best.before)))
            best = l;
    }
    return best;
}

/* The text that most of the new rows have which have none of the levels; NULL: no such text. */
static const char *commonest_other(const struct lt_drift_found *f, int64_t column)
{
    const struct lt_column *c = &f->model->prep.column[column];
    struct lt_block *block = NULL;
    int64_t *count = NULL, at, best = -1, texts = lt_table_text_count(f->view, column);
    int g = lt_table_group_of(f->view, column, &at);
    if (texts == 0 || lt_alloc(&count, (size_t)texts, sizeof *count, "levels", NULL))
        return NULL;
    if (lt_block_create(&block, f->view, 1, NULL) == 0)
        for (int64_t i = 0; i < f->count; i++)
            if (lt_table_fetch(f->view, f->rows + i, 1, block, NULL) == 0 &&
                lt_block_valid(&block->group[g], at))
                count[((const int32_t *)block->group[g].values)[at]]++;
    for (int64_t k = 0; k < texts; k++) {
        const char *text = lt_table_text(f->view, column, (int32_t)k);
        bool kept = false;
        for (int32_t i = 0; i < c->levels && !kept; i++)
            kept = strcmp(text, c->level[i]) == 0;
        if (!kept && count[k] > 0 && (best < 0 || count[k] > count[best]))
            best = k;
    }
    lt_block_free(&block);
    lt_free(count);
    return best < 0 ? NULL : lt_table_text(f->view, column, (int32_t)best);
}

/* "idle 30 % -> 52 %, others 0 % -> 5 % (such as "boost")" */
static void add_levels(struct line *l, const struct lt_drift_found *f,
                       const struct lt_drift_subject *t)
{
    const struct lt_column *c = &f->model->prep.column[t->number];
    struct level told[LEVELS_TOLD];
    for (int i = 0; i < LEVELS_TOLD && i < t->now->levels; i++) {
        told[i] = next_level(t, told, i);
        bool others = told[i].at == c->levels;
        if (i > 0 && fabs(told[i].now - told[i].before) < 0.005)
            break;
        add(l, "%s%.40s %.3g %% -> %.3g %%", i > 0 ? ", " : "",
            others ? "others" : c->level[told[i].at], 100 * told[i].before, 100 * told[i].now);
        const char *text =
            others && told[i].now > told[i].before ? commonest_other(f, t->number) : NULL;
        if (text)
            add(l, " (such as \"%.40s\")", text);
    }
}

/* ---- one subject in words ---- */

static void add_numbers(struct line *l, const struct lt_drift_subject *t)
{
    const double *s = t->before.summary;
    double sigma = s[LT_SUMMARY_SPREAD];
    add(l, "mean %.4g -> %.4g", s[LT_SUMMARY_MEAN], t->now->mean);
    if (sigma > 0)
        add(l, " (%+.2f sigma)", (t->now->mean - s[LT_SUMMARY_MEAN]) / sigma);
    add(l, ", median %.4g -> %.4g", s[LT_SUMMARY_MEDIAN], t->now->median);
}

static void add_change(struct line *l, const struct lt_drift_found *f,
                       const struct lt_drift_subject *t)
{
    const struct lt_column *c = &f->model->prep.column[t->number];
    const double *s = t->before.summary;
    if (t->now->value)
        add_numbers(l, t);
    else if (c->kind == LT_KIND_CATEGORY)
        add_levels(l, f, t);
    else if (c->kind == LT_KIND_CONSTANT)
        add(l, "always %s before, another value in %.3g %% of the rows now",
            c->levels > 0 ? c->level[0] : "one value",
            100 * share(t->now->level[1], t->now->level[0] + t->now->level[1]));
    if (t->missing_moved)
        add(l, "%smissing %.3g %% -> %.3g %%", l->used > 0 ? "; " : "",
            100 * share(s[LT_SUMMARY_MISSING], s[LT_SUMMARY_ROWS]),
            100 * share((double)t->now->missing, (double)t->now->rows));
}

static void tell_columns(const struct lt_drift_found *f, struct lt_report *r)
{
    char buf[256];
    int64_t told = 0, moved = f->moved < LINES_MOST ? f->moved : LINES_MOST;
    if (moved > 0)
        lt_report_line(r, "  %-24s %8s  before -> now", "moved", "distance");
    for (; told < moved; told++) {
        const struct lt_drift_subject *t = &f->subject[told];
        struct line l = {.used = 0};
        add_change(&l, f, t);
        lt_report_line(r, "  %-24s %8.3f  %s", name_of(f, t, buf, sizeof buf), t->distance, l.text);
    }
    if (f->moved > moved)
        lt_report_line(r, "  and %lld more", (long long)(f->moved - moved));
    if (f->small > 0) {
        const struct lt_drift_subject *t = &f->subject[f->moved];
        lt_report_line(
            r,
            "  %lld column%s differ%s for certain but by little: %s at most (%.3f, below "
            "%.3g)",
            (long long)f->small, f->small == 1 ? "" : "s", f->small == 1 ? "s" : "",
            name_of(f, t, buf, sizeof buf), t->distance, f->options->least);
    }
    if (f->moved + f->small < f->tested) {
        const struct lt_drift_subject *t = &f->subject[f->moved + f->small];
        lt_report_line(r,
                       "  %lld column%s could be as before; the largest distance among them is "
                       "%.3f, of %s",
                       (long long)(f->tested - f->moved - f->small),
                       f->tested - f->moved - f->small == 1 ? "" : "s", t->distance,
                       name_of(f, t, buf, sizeof buf));
    }
}

static const char *const state_words[] = {
    [LT_DRIFT_NONE] = "could be as before",
    [LT_DRIFT_SMALL] = "certain but small",
    [LT_DRIFT_MOVED] = "moved",
};

static void tell_model(const struct lt_drift_found *f, struct lt_report *r)
{
    const double *e = f->error->before.summary;
    lt_report_line(r, "  %-24s %8.3f  %lld of %lld dimensions moved", "code", f->code->distance,
                   (long long)f->dims_moved, (long long)f->dims);
    lt_report_line(r, "  %-24s %8.3f  mean %.4g -> %.4g per input; %s", "reconstruction error",
                   f->error->distance, e[LT_SUMMARY_MEAN], f->error->now->mean,
                   state_words[f->error->state]);
    if (f->calibration_rows == 0) {
        lt_report_line(r, "  %-24s %8s  the model has no detector", "score", "");
        return;
    }
    lt_report_line(r, "  %-24s %8.3f  median %.4g -> %.4g; %s", "score", f->score.distance,
                   f->score_before, f->score_now, state_words[f->score_state]);
    if (f->rate > 0)
        lt_report_line(r, "  %-24s %8s  %.3g %% of rows alarm where %.3g %% should; %s", "alarms",
                       "", 100 * share((double)f->alarms, (double)f->count), 100 * f->rate,
                       state_words[f->alarm_state]);
    else
        lt_report_line(r, "  %-24s %8s  not told: 1 %% needs 99 calibration rows, of %lld",
                       "alarms", "", (long long)f->calibration_rows);
}

/* ---- keys ---- */

static const char *const state_keys[] = {
    [LT_DRIFT_NONE] = "none",
    [LT_DRIFT_SMALL] = "small",
    [LT_DRIFT_MOVED] = "moved",
};

static const char *key_of(char key[80], const char *prefix, const char *name)
{
    snprintf(key, 80, "%s.%s", prefix, name);
    return key;
}

static void keys_of_subject(struct lt_report *r, const char *prefix,
                            const struct lt_drift_subject *t)
{
    const double *s = t->before.summary;
    char key[80];
    lt_report_string(r, key_of(key, prefix, "state"), state_keys[t->state]);
    lt_report_number(r, key_of(key, prefix, "distance"), t->distance);
    lt_report_number(r, key_of(key, prefix, "p"), t->p);
    if (!t->now->value)
        return;
    lt_report_number(r, key_of(key, prefix, "mean_before"), s[LT_SUMMARY_MEAN]);
    lt_report_number(r, key_of(key, prefix, "mean_now"), t->now->mean);
    lt_report_number(r, key_of(key, prefix, "median_before"), s[LT_SUMMARY_MEDIAN]);
    lt_report_number(r, key_of(key, prefix, "median_now"), t->now->median);
    lt_report_number(r, key_of(key, prefix, "shift"),
                     (t->now->mean - s[LT_SUMMARY_MEAN]) / s[LT_SUMMARY_SPREAD]);
}

static void keys_of_column(const struct lt_drift_found *f, struct lt_report *r, int64_t rank)
{
    const struct lt_drift_subject *t = &f->subject[rank];
    const struct lt_column *c = &f->model->prep.column[t->number];
    const double *s = t->before.summary;
    char prefix[40], key[80], buf[256];
    snprintf(prefix, sizeof prefix, "columns.%lld", (long long)rank + 1);
    lt_report_string(r, key_of(key, prefix, "name"), name_of(f, t, buf, sizeof buf));
    lt_report_string(r, key_of(key, prefix, "kind"), lt_kind_name(c->kind));
    keys_of_subject(r, prefix, t);
    lt_report_number(r, key_of(key, prefix, "missing_before"),
                     share(s[LT_SUMMARY_MISSING], s[LT_SUMMARY_ROWS]));
    lt_report_number(r, key_of(key, prefix, "missing_now"),
                     share((double)t->now->missing, (double)t->now->rows));
    if (c->kind != LT_KIND_CATEGORY)
        return;
    struct level l = next_level(t, NULL, 0);
    lt_report_string(r, key_of(key, prefix, "level"),
                     l.at < c->levels ? c->level[l.at] : "(others)");
    lt_report_number(r, key_of(key, prefix, "level_before"), l.before);
    lt_report_number(r, key_of(key, prefix, "level_now"), l.now);
    const double rows = s[LT_SUMMARY_ROWS] - s[LT_SUMMARY_MISSING];
    lt_report_number(r, key_of(key, prefix, "others_before"),
                     share(t->before.level[c->levels], rows));
    lt_report_number(r, key_of(key, prefix, "others_now"),
                     share(t->now->level[c->levels], (double)(t->now->rows - t->now->missing)));
}

static void keys(const struct lt_drift_found *f, struct lt_report *r)
{
    lt_report_integer(r, "rows", f->count);
    lt_report_integer(r, "rows_of", f->of);
    lt_report_integer(r, "tests", f->tests);
    lt_report_number(r, "level", f->options->level);
    lt_report_number(r, "least", f->options->least);
    lt_report_integer(r, "columns_tested", f->tested);
    lt_report_integer(r, "columns_moved", f->moved);
    lt_report_integer(r, "columns_small", f->small);
    for (int64_t i = 0; i < f->tested && i < KEYS_MOST; i++)
        keys_of_column(f, r, i);
    lt_report_integer(r, "code.dims", f->dims);
    lt_report_integer(r, "code.moved", f->dims_moved);
    lt_report_integer(r, "code.small", f->dims_small);
    lt_report_number(r, "code.distance", f->code->distance);
    lt_report_integer(r, "code.rows_before", (int64_t)f->code->before.summary[LT_SUMMARY_ROWS]);
    keys_of_subject(r, "error", f->error);
    if (f->calibration_rows == 0)
        return;
    lt_report_string(r, "score.state", state_keys[f->score_state]);
    lt_report_number(r, "score.distance", f->score.distance);
    lt_report_number(r, "score.p", f->score.p);
    lt_report_number(r, "score.median_before", f->score_before);
    lt_report_number(r, "score.median_now", f->score_now);
    lt_report_integer(r, "score.calibration_rows", f->calibration_rows);
    lt_report_string(r, "alarms.state", state_keys[f->alarm_state]);
    lt_report_integer(r, "alarms.rows", f->alarms);
    lt_report_number(r, "alarms.expected", f->rate > 0 ? f->rate : (double)NAN);
    lt_report_number(r, "alarms.now", share((double)f->alarms, (double)f->count));
    lt_report_number(r, "alarms.p", f->alarm.p);
}

/* ---- the verdict ---- */

/* "; the code, the error and the scores have moved too" */
static void add_others(struct line *l, const struct lt_drift_found *f, const char *before,
                       const char *after)
{
    const char *list[4];
    int n = 0;
    if (f->dims_moved > 0)
        list[n++] = "the code";
    if (f->error->state == LT_DRIFT_MOVED)
        list[n++] = "the reconstruction error";
    if (f->score_state == LT_DRIFT_MOVED)
        list[n++] = "the scores";
    if (f->alarm_state == LT_DRIFT_MOVED)
        list[n++] = "the alarms";
    if (n == 0)
        return;
    add(l, "%s", before);
    for (int i = 0; i < n; i++)
        add(l, "%s%s", i == 0 ? "" : i == n - 1 ? " and " : ", ", list[i]);
    add(l, "%s", n == 1 && strcmp(list[0] + strlen(list[0]) - 1, "s") != 0 ? " has" : " have");
    add(l, "%s", after);
}

static bool anything_moved(const struct lt_drift_found *f)
{
    return f->moved > 0 || f->dims_moved > 0 || f->error->state == LT_DRIFT_MOVED ||
           f->score_state == LT_DRIFT_MOVED || f->alarm_state == LT_DRIFT_MOVED;
}

static void conclude(const struct lt_drift_found *f, struct lt_report *r, bool moved)
{
    char buf[256];
    struct line l = {.used = 0};
    if (f->moved > 0) {
        add(&l, "Drift: %lld of %lld columns %s moved, %s%.80s", (long long)f->moved,
            (long long)f->tested, f->moved == 1 ? "has" : "have",
            f->moved == 1 ? "" : "most of all ", name_of(f, f->subject, buf, sizeof buf));
        add_others(&l, f, "; ", " moved too");
        add(&l, ".");
    } else if (moved) {
        add(&l, "Drift: no column has moved by itself");
        add_others(&l, f, ", but ", " moved");
        add(&l, ".");
    } else {
        add(&l, "No drift found in %lld rows: ", (long long)f->count);
        add(&l, f->small > 0 || f->dims_small > 0 ? "what differs is small."
                                                  : "all that differs may be chance.");
    }
    lt_report_verdict(r, moved ? "drift" : "none", "%s", l.text);
    if (moved)
        lt_report_next(r, "latent train NEWER-DATA -o NEW-MODEL, where these rows are what is to "
                          "be normal now");
    else
        lt_report_next(r, "latent score MODEL DATA");
}

bool lt_drift_report(const struct lt_drift_found *f, struct lt_report *r)
{
    bool moved = anything_moved(f);
    char of[60] = "";
    if (f->of > f->count)
        snprintf(of, sizeof of, " (drawn from %lld)", (long long)f->of);
    conclude(f, r, moved);
    keys(f, r);
    lt_report_line(r,
                   "%lld rows%s in %lld tests; were nothing different, one run in %.3g would call "
                   "it drift",
                   (long long)f->count, of, (long long)f->tests, 1 / f->options->level);
    tell_columns(f, r);
    tell_model(f, r);
    return moved;
}
