#include "app/remember.h"

#include "base/mem.h"
#include <math.h>
#include <string.h>

enum {
    KNOTS_ALL = 1 << 16, /* of all subjects together, unless each then had fewer than ... */
    KNOTS_LEAST = 9
};

/* ---- from surveys to a profile ---- */

/* Fills in a subject's knots behind what is there: one in every `step` rows. */
static int64_t take_knots(struct lt_profile *p, const struct lt_survey_subject *t, int64_t most)
{
    int64_t n = t->rows - t->missing, step = (n + most - 1) / most, first = p->knots;
    int64_t below = 0, up_to = 0;
    step = step < LT_KNOT_ROWS ? LT_KNOT_ROWS : step;
    for (int64_t at = step / 2; at < n; at += step) {
        float knot = lt_survey_knot(t->value, n, at);
        if (p->knots > first && !(knot > p->knot[p->knots - 1]))
            continue;
        while (below < n && t->value[below] < knot)
            below++;
        while (up_to < n && t->value[up_to] <= knot)
            up_to++;
        p->knot[p->knots] = knot;
        p->below[p->knots] = (float)below;
        p->up_to[p->knots++] = (float)up_to;
    }
    return p->knots - first;
}

static void take_subject(struct lt_profile *p, double *summary, const struct lt_survey_subject *t,
                         int64_t most)
{
    summary[LT_SUMMARY_ROWS] = (double)t->rows;
    summary[LT_SUMMARY_MISSING] = (double)t->missing;
    summary[LT_SUMMARY_LEVELS] = (double)t->levels;
    if (t->level)
        memcpy(p->level + p->levels, t->level, (size_t)t->levels * sizeof *t->level);
    p->levels += t->levels;
    if (!t->value)
        return;
    summary[LT_SUMMARY_KNOTS] = (double)take_knots(p, t, most);
    summary[LT_SUMMARY_MEAN] = t->mean;
    summary[LT_SUMMARY_SPREAD] = t->spread;
    summary[LT_SUMMARY_MEDIAN] = t->median;
}

/* A category with more levels than can be kept: which they are, the training rows decided by how
 * often they have each. */
static bool chosen_by_rank(const struct lt_column *c)
{
    return c->kind == LT_KIND_CATEGORY && c->levels == LT_LEVELS_MAX;
}

int lt_remember_surveys(struct lt_profile *out, const struct lt_survey *all,
                        const struct lt_survey *kept, const struct lt_prep *prep,
                        struct lt_error *err)
{
    int64_t numbers = 0, levels = 0, most = KNOTS_ALL;
    for (int64_t i = 0; i < kept->subjects; i++) {
        numbers += kept->subject[i].value != NULL;
        levels += kept->subject[i].levels;
    }
    most = numbers > 0 ? KNOTS_ALL / numbers : most;
    most = most > LT_PROFILE_KNOTS ? LT_PROFILE_KNOTS : most < KNOTS_LEAST ? KNOTS_LEAST : most;
    int rc = lt_profile_create(out, kept->subjects, numbers * most, levels, err);
    if (rc)
        return rc;
    out->knots = out->levels = 0;
    for (int64_t i = 0; i < kept->subjects; i++) {
        const struct lt_survey *from = kept;
        if (i < prep->schema.columns && !chosen_by_rank(&prep->column[i]))
            from = all;
        take_subject(out, out->summary + i * LT_SUMMARIES, &from->subject[i], most);
    }
    return rc;
}

/* ---- from rows to surveys ---- */

/* The rows kept: first those that stopped training, *stopped of them, then the others. */
static int list_kept(int64_t **rows, int64_t *count, int64_t *stopped, const struct lt_lesson *l,
                     int64_t most, struct lt_error *err)
{
    struct lt_rowset stop = l->parts[LT_PART_STOP], other = lt_split_fresh(l->parts);
    *stopped = stop.count < most / 2 ? stop.count : most / 2;
    most -= *stopped;
    int64_t others = other.count < most ? other.count : most;
    *count = *stopped + others;
    int rc = lt_alloc(rows, (size_t)*count, sizeof **rows, "row numbers", err);
    for (int64_t i = 0; i < *count && !rc; i++)
        (*rows)[i] = i < *stopped ? lt_rowset_row(&stop, i) : lt_rowset_row(&other, i - *stopped);
    return rc;
}

int lt_remember(struct lt_model *model, const struct lt_lesson *l, struct lt_error *err)
{
    struct lt_survey all = {0}, kept = {0};
    int64_t *rows = NULL, *kept_rows = NULL, stopped = 0;
    struct lt_survey_request r = {.model = model, .backend = l->backend, .table = l->table};
    struct lt_survey_request k = {
        .model = model, .backend = l->backend, .table = l->kept, .network = true};
    int rc = lt_survey_rows(&rows, &r.count, lt_table_rows(l->table), model->prep.features, l->seed,
                            err);
    if (!rc)
        rc =
            list_kept(&kept_rows, &k.count, &stopped, l, lt_survey_most(model->prep.features), err);
    r.rows = rows;
    k.rows = kept_rows;
    k.error_from = stopped;
    if (!rc)
        rc = lt_survey_take(&all, &r, err);
    if (!rc)
        rc = lt_survey_take(&kept, &k, err);
    if (!rc)
        rc = lt_remember_surveys(&model->profile, &all, &kept, &model->prep, err);
    lt_survey_free(&all);
    lt_survey_free(&kept);
    lt_free(rows);
    lt_free(kept_rows);
    return rc;
}
