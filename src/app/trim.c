#include "app/trim.h"

#include "app/detect.h"
#include "app/teach.h"
#include "base/mem.h"
#include "data/writer.h"
#include <stdlib.h>
#include <string.h>

enum { LEAST_ROWS = 40, STEPS = 600, ROUNDS = 3 };

/* One half teaches, the other is scored. */
struct halves {
    struct lt_table *table;
    const struct lt_trim_options *options;
    int64_t *rows[2], count[2]; /* of each half */
    double *score;              /* (N), of every row by a detector that has not seen it */
    bool *refused;              /* (N), after the round before */
};

static int list_left(const struct halves *h, int number, int64_t **rows, int64_t *n,
                     struct lt_error *err)
{
    int rc = lt_alloc(rows, (size_t)h->count[number], sizeof **rows, "row numbers", err);
    *n = 0;
    for (int64_t i = 0; i < h->count[number] && !rc; i++)
        if (!h->refused[h->rows[number][i]])
            (*rows)[(*n)++] = h->rows[number][i];
    return rc;
}

/* A model of a prep and a detector only, which knows the rows of a view. */
static int teach_view(const struct halves *h, const struct lt_table *view, int number,
                      struct lt_model *model, struct lt_error *err)
{
    const struct lt_trim_options *o = h->options;
    struct lt_rowset parts[LT_PARTS];
    struct lt_lesson lesson = {.kind = LT_DETECTOR_DEFAULT,
                               .table = view,
                               .kept = view,
                               .parts = parts,
                               .backend = o->backend,
                               .precision = o->precision,
                               .seed = o->seed + (uint64_t)number,
                               .steps = STEPS};
    int64_t n = lt_table_rows(view), *rows = NULL;
    lt_split(parts, n, n / 5, o->seed);
    int rc = lt_rowset_list(&rows, &parts[LT_PART_TRAIN], err);
    lesson.train_rows = rows;
    if (!rc)
        rc = lt_prep_fit(&model->prep, view, rows, parts[LT_PART_TRAIN].count, &o->prep, err);
    if (!rc)
        rc = lt_teach(model, &lesson, err);
    lt_free(rows);
    return rc;
}

/* Learns from the rows of a half that are not refused. */
static int teach_half(const struct halves *h, int number, struct lt_model *model,
                      struct lt_error *err)
{
    struct lt_table *view = NULL;
    int64_t *rows = NULL, n = 0;
    int rc = list_left(h, number, &rows, &n, err);
    if (!rc)
        rc = lt_table_pick(&view, h->table, rows, n, err);
    if (!rc)
        rc = teach_view(h, view, number, model, err);
    lt_table_free(&view);
    lt_free(rows);
    return rc;
}

static int score_half(struct halves *h, int number, const struct lt_model *model,
                      struct lt_error *err)
{
    const int64_t *rows = h->rows[number], n = h->count[number];
    struct lt_detect *detect = NULL;
    double *score = NULL;
    int rc = lt_detect_create(&detect, model, h->options->backend, LT_PRECISION_F32, err);
    if (!rc)
        rc = lt_alloc(&score, (size_t)n, sizeof *score, "scores", err);
    if (!rc)
        rc = lt_detect_table(detect, h->table, rows, n, false, score, err);
    for (int64_t i = 0; i < n && !rc; i++)
        h->score[rows[i]] = score[i];
    lt_free(score);
    lt_detect_free(&detect);
    return rc;
}

static int judge_half(struct halves *h, int number, struct lt_error *err)
{
    struct lt_model *model = NULL;
    int rc = lt_model_create(&model, err);
    if (!rc)
        rc = teach_half(h, 1 - number, model, err);
    if (!rc)
        rc = score_half(h, number, model, err);
    lt_model_free(&model);
    return rc;
}

/* ---- the highest ---- */

struct scored {
    int64_t row;
    double score;
};

static int highest_first(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Of each half the share that scores highest; *count receives how many that are. */
static int refuse_highest(struct halves *h, int64_t *count, struct lt_error *err)
{
    struct scored *half = NULL;
    int rc = lt_alloc(&half, (size_t)h->count[1], sizeof *half, "scores", err);
    *count = 0;
    for (int i = 0; i < 2 && !rc; i++) {
        int64_t n = h->count[i], most = (int64_t)(h->options->share * (double)n + 0.5);
        for (int64_t k = 0; k < n; k++)
            half[k] = (struct scored){h->rows[i][k], h->score[h->rows[i][k]]};
        qsort(half, (size_t)n, sizeof *half, highest_first);
        for (int64_t k = 0; k < n; k++)
            h->refused[half[k].row] = k < most;
        *count += most;
    }
    lt_free(half);
    return rc;
}

static int take(struct lt_trimmed *out, const struct halves *h, int64_t refused,
                struct lt_error *err)
{
    int64_t total = lt_table_rows(h->table), n = 0, *kept = NULL;
    int rc = lt_alloc(&out->row, (size_t)refused, sizeof *out->row, "refused rows", err);
    if (!rc)
        rc = lt_alloc(&out->score, (size_t)refused, sizeof *out->score, "refused rows", err);
    if (!rc)
        rc = lt_alloc(&kept, (size_t)total, sizeof *kept, "row numbers", err);
    for (int64_t i = 0; i < total && !rc; i++) {
        if (h->refused[i]) {
            out->row[out->refused] = i;
            out->score[out->refused++] = h->score[i];
        } else {
            kept[n++] = i;
        }
    }
    if (!rc)
        rc = lt_table_pick(&out->kept, h->table, kept, n, err);
    lt_free(kept);
    return rc;
}

static int open_halves(struct halves *h, struct lt_error *err)
{
    int64_t total = lt_table_rows(h->table);
    struct lt_rowset half = {lt_stream(h->options->seed, LT_RNG_SAMPLE, 1, 0), total, 0, 0};
    int rc = lt_alloc(&h->score, (size_t)total, sizeof *h->score, "scores", err);
    if (!rc)
        rc = lt_alloc(&h->refused, (size_t)total, sizeof *h->refused, "scores", err);
    for (int i = 0; i < 2 && !rc; i++) {
        half.first += half.count;
        half.count = h->count[i] = i == 0 ? total / 2 : total - total / 2;
        rc = lt_rowset_list(&h->rows[i], &half, err);
    }
    return rc;
}

int lt_trim(struct lt_trimmed *out, struct lt_table *table, const struct lt_trim_options *options,
            struct lt_error *err)
{
    int64_t total = lt_table_rows(table), refused = 0;
    struct halves h = {.table = table, .options = options};
    *out = (struct lt_trimmed){0};
    if (total < LEAST_ROWS)
        return lt_fail(
            err, LT_ECONTENT,
            "%s has %lld rows, too few to find those that do not belong; %d is the least",
            lt_table_name(table), (long long)total, LEAST_ROWS);
    int rc = open_halves(&h, err);
    for (int round = 0; round < ROUNDS && !rc; round++) {
        for (int i = 0; i < 2 && !rc; i++)
            rc = judge_half(&h, i, err);
        if (!rc)
            rc = refuse_highest(&h, &refused, err);
    }
    if (!rc)
        rc = take(out, &h, refused, err);
    lt_free(h.score);
    lt_free(h.refused);
    for (int i = 0; i < 2; i++)
        lt_free(h.rows[i]);
    if (rc)
        lt_trimmed_free(out);
    return rc;
}

void lt_trimmed_free(struct lt_trimmed *t)
{
    lt_table_free(&t->kept);
    lt_free(t->row);
    lt_free(t->score);
    *t = (struct lt_trimmed){0};
}

int lt_trimmed_write(const struct lt_trimmed *t, const char *path, struct lt_error *err)
{
    static const char *const names[] = {"row", "score"};
    static const enum lt_type types[] = {LT_I64, LT_F32};
    struct lt_writer_schema schema = {
        .rows = t->refused, .columns = 2, .types = types, .names = names};
    struct lt_writer *writer = NULL;
    int rc = lt_writer_create(&writer, path, &schema, err);
    for (int64_t i = 0; i < t->refused && !rc; i++)
        rc = lt_writer_rows(writer, (double[]){(double)t->row[i], t->score[i]}, 1, err);
    if (!rc)
        rc = lt_writer_commit(&writer, err);
    lt_writer_abort(&writer);
    return rc;
}
