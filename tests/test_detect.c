/* The detector: what it finds, what it promises, and that it travels in the file. */
#include "t.h"
#include "app/build.h"
#include "app/crew.h"
#include "app/detect.h"
#include "app/reasons.h"
#include "app/teach.h"
#include "app/trim.h"
#include "base/mem.h"
#include "base/rng.h"
#include "model/modelfile.h"

enum { ROWS = 1200, STEPS = 200, NEW = 400 };

/* Rows of a category and three numbers: y about x^2 and z about x + y, with `shift` on y. */
static char *csv_of(int rows, int first, int odd_row, const char *odd_line)
{
    char *text = NULL;
    size_t used = 0, room = (size_t)rows * 64 + 64;
    text = malloc(room);
    T_OK(text != NULL);
    used = (size_t)snprintf(text, room, "x,y,kind,z\n");
    for (int i = 0; i < rows; i++) {
        struct lt_stream s = lt_stream(5, LT_RNG_TEST, 0, (uint64_t)(first + i));
        double x = (double)lt_normal(&s, 0), y = x * x + 0.1 * (double)lt_normal(&s, 1);
        double z = x + y + 0.1 * (double)lt_normal(&s, 2);
        if (i == odd_row)
            used += (size_t)snprintf(text + used, room - used, "%s\n", odd_line);
        else
            used += (size_t)snprintf(text + used, room - used, "%.6g,%.6g,%s,%.6g\n", x, y,
                                     lt_uniform(&s, 9) < 0.5f ? "red" : "green", z);
    }
    return text;
}

static struct lt_table *table_of(int rows, int first, int odd_row, const char *odd_line)
{
    struct lt_error err = {0};
    struct lt_table *table = NULL;
    char *text = csv_of(rows, first, odd_row, odd_line);
    if (lt_table_from_bytes(&table, "t.csv", text, strlen(text), NULL, &err))
        T_FAIL("%s", err.text);
    free(text);
    return table;
}

struct scene {
    struct lt_table *table;
    struct lt_backend *backend;
    struct lt_rowset parts[LT_PARTS];
    int64_t *train;
    struct lt_model *model;
};

static void must(int rc, const struct lt_error *err)
{
    if (rc)
        T_FAIL("%s", err->text);
}

/* A model with a linear autoencoder of random weights, which no default detector looks at. */
static void add_autoencoder(struct scene *s)
{
    struct lt_error err = {0};
    struct lt_net_spec spec;
    struct lt_autoencoder a = {
        .input = {s->model->prep.features, 1, 1}, .dims = 2, .observe = true};
    struct lt_params layout;
    a.numbers = lt_prep_numbers(&s->model->prep);
    a.runs = lt_prep_runs(&s->model->prep, a.run);
    must(lt_autoencoder_build(&spec, &a, &err), &err);
    must(lt_params_of(&layout, &spec, &err), &err);
    float *weights = malloc(layout.total * sizeof *weights);
    lt_params_init(&layout, &spec, 1, weights);
    must(lt_model_add_network(s->model, "autoencoder", &spec, weights, &err), &err);
    free(weights);
}

static void open_scene(struct scene *s, int threads, enum lt_detector_kind kind)
{
    struct lt_error err = {0};
    *s = (struct scene){.table = table_of(ROWS, 0, -1, "")};
    must(lt_backend_create(&s->backend, NULL, threads, &err), &err);
    lt_split(s->parts, ROWS, ROWS / 4, 1);
    s->train = malloc((size_t)s->parts[LT_PART_TRAIN].count * sizeof *s->train);
    for (int64_t i = 0; i < s->parts[LT_PART_TRAIN].count; i++)
        s->train[i] = lt_rowset_row(&s->parts[LT_PART_TRAIN], i);
    must(lt_model_create(&s->model, &err), &err);
    must(lt_prep_fit(&s->model->prep, s->table, s->train, s->parts[LT_PART_TRAIN].count,
                     &(struct lt_prep_options){LT_SCALING_AUTO, NULL}, &err),
         &err);
    add_autoencoder(s);
    struct lt_lesson lesson = {.kind = kind,
                               .table = s->table,
                               .kept = s->table,
                               .parts = s->parts,
                               .train_rows = s->train,
                               .backend = s->backend,
                               .seed = 1,
                               .reference = true,
                               .steps = STEPS};
    must(lt_teach(s->model, &lesson, &err), &err);
    lt_model_seal(s->model);
}

static void close_scene(struct scene *s)
{
    lt_model_free(&s->model);
    lt_table_free(&s->table);
    lt_backend_free(&s->backend);
    free(s->train);
}

/* Scores of all rows of a table, `batch` at a time. */
static void scores_of(const struct lt_model *model, struct lt_backend *backend,
                      const struct lt_table *table, int batch, double *score, float *features)
{
    struct lt_error err = {0};
    struct lt_detect *detect = NULL;
    struct lt_feed *feed = NULL;
    int64_t n = lt_table_rows(table), f = model->prep.features;
    must(lt_detect_create(&detect, model, backend, LT_PRECISION_F32, &err), &err);
    must(lt_feed_create(&feed, table, &model->prep, batch, 1, &err), &err);
    for (int64_t at = 0; at < n; at += batch) {
        int64_t ids[LT_DETECT_ROWS], m = n - at < batch ? n - at : batch;
        for (int64_t i = 0; i < m; i++)
            ids[i] = at + i;
        must(lt_feed_rows(feed, ids, m, features + at * f, &err), &err);
        lt_detect_scores(detect, features + at * f, m, score + at);
    }
    lt_feed_free(&feed);
    lt_detect_free(&detect);
}

TEST(scores_have_the_same_bits_for_any_threads_and_any_batch)
{
    double first[NEW], other[NEW];
    float x[NEW * 16];
    struct lt_table *fresh = table_of(NEW, ROWS, -1, "");
    for (int threads = 1; threads <= 3; threads++) {
        struct scene s;
        open_scene(&s, threads, LT_DETECTOR_DEFAULT);
        scores_of(s.model, s.backend, fresh, threads == 1 ? NEW : 37 * threads,
                  threads == 1 ? first : other, x);
        if (threads > 1)
            T_OK(memcmp(first, other, sizeof first) == 0);
        close_scene(&s);
    }
    lt_table_free(&fresh);
}

static struct lt_crew *crew_of(const struct scene *s, const struct lt_table *table, int threads)
{
    struct lt_error err = {0};
    struct lt_session_options session = {.threads = threads};
    struct lt_detect *detect = NULL;
    struct lt_crew *crew = NULL;
    must(lt_detect_create(&detect, s->model, s->backend, LT_PRECISION_F32, &err), &err);
    must(lt_crew_create(&crew, s->model, table, detect, &session, &err), &err);
    lt_detect_free(&detect);
    return crew;
}

TEST(a_crew_gives_the_scores_that_one_detector_gives)
{
    enum { MANY = 5 * LT_DETECT_ROWS + 7, SKIPPED = 45 };
    const enum lt_detector_kind kinds[] = {LT_DETECTOR_DEFAULT, LT_DETECTOR_RECONSTRUCTION};
    struct lt_table *fresh = table_of(MANY, ROWS, -1, "");
    double *alone = malloc(MANY * sizeof *alone), *crewed = malloc(MANY * sizeof *crewed);
    float *x = malloc(MANY * 16 * sizeof *x);
    struct lt_error err = {0};
    for (int k = 0; k < 2; k++) {
        struct scene s;
        open_scene(&s, 1, kinds[k]);
        scores_of(s.model, s.backend, fresh, LT_DETECT_ROWS, alone, x);
        struct lt_crew *crew = crew_of(&s, fresh, 3);
        T_OK(crew != NULL);
        must(lt_crew_scores(crew, 0, MANY, crewed, &err), &err);
        T_OK(memcmp(alone, crewed, MANY * sizeof *alone) == 0);
        must(lt_crew_scores(crew, SKIPPED, MANY - SKIPPED, crewed, &err), &err);
        T_OK(memcmp(alone + SKIPPED, crewed, (MANY - SKIPPED) * sizeof *alone) == 0);
        lt_crew_free(&crew);
        T_OK(crew_of(&s, fresh, 1) == NULL); /* one thread needs no crew */
        close_scene(&s);
    }
    lt_table_free(&fresh);
    free(alone);
    free(crewed);
    free(x);
}

TEST(a_crew_tells_of_the_first_row_that_cannot_be_scored)
{
    enum { MANY = 3 * LT_DETECT_ROWS, BAD = LT_DETECT_ROWS + 5 };
    struct lt_table *bad = table_of(MANY, ROWS, BAD, "1e999,2,red,1");
    struct lt_error err = {0};
    double score[MANY];
    char where[100];
    struct scene s;
    open_scene(&s, 1, LT_DETECTOR_RECONSTRUCTION);
    struct lt_crew *crew = crew_of(&s, bad, 2);
    T_INT(lt_crew_scores(crew, 0, MANY, score, &err), LT_ECONTENT);
    lt_table_where(bad, BAD, 0, where, sizeof where);
    T_OK(strstr(err.text, where) != NULL);
    lt_crew_free(&crew);
    lt_table_free(&bad);
    close_scene(&s);
}

TEST(a_detector_travels_in_the_file)
{
    static const enum lt_detector_kind kinds[] = {LT_DETECTOR_DEFAULT, LT_DETECTOR_RECONSTRUCTION};
    struct lt_table *fresh = table_of(NEW, ROWS, -1, "");
    for (int k = 0; k < 2; k++) {
        struct lt_error err = {0};
        struct scene s;
        struct lt_model *back = NULL;
        double before[NEW], after[NEW];
        float x[NEW * 16];
        unsigned char *bytes = NULL;
        size_t size = 0;
        open_scene(&s, 2, kinds[k]);
        must(lt_model_to_bytes(s.model, &bytes, &size, &err), &err);
        must(lt_model_from_bytes(&back, "m", bytes, size, &err), &err);
        T_INT(back->detector.kind, kinds[k]);
        T_INT(back->detector.terms, s.model->detector.terms);
        T_INT(back->detector.calibration_rows, s.model->detector.calibration_rows);
        T_INT(back->detector.reference_rows, ROWS);
        scores_of(s.model, s.backend, fresh, 100, before, x);
        scores_of(back, s.backend, fresh, 100, after, x);
        T_OK(memcmp(before, after, sizeof before) == 0);
        lt_free(bytes);
        lt_model_free(&back);
        close_scene(&s);
    }
    lt_table_free(&fresh);
}

/* The score of a row that holds `line`, as a share of the calibration scores below it. */
static double standing(struct scene *s, const char *line)
{
    struct lt_table *fresh = table_of(2, ROWS, 1, line);
    double score[2];
    float x[2 * 16];
    int64_t below = 0;
    scores_of(s->model, s->backend, fresh, 2, score, x);
    for (int64_t i = 0; i < s->model->detector.calibration_rows; i++)
        below += s->model->detector.calibration[i] < score[1];
    lt_table_free(&fresh);
    return (double)below / (double)s->model->detector.calibration_rows;
}

TEST(what_does_not_belong_stands_above_all_calibration_rows)
{
    struct scene s;
    open_scene(&s, 2, LT_DETECTOR_DEFAULT);
    T_OK(standing(&s, "0.5,0.25,red,0.75") < 0.9);   /* as it should be */
    T_OK(standing(&s, "0.5,9,red,0.75") >= 1);       /* a value far out */
    T_OK(standing(&s, "2,0.1,red,2.1") >= 0.9);      /* in range, but y is not x^2 */
    T_OK(standing(&s, "0.5,0.25,violet,0.75") >= 1); /* a level never seen */
    T_OK(standing(&s, "0.5,,red,0.75") < 1);         /* a missing cell is no evidence */
    close_scene(&s);
}

/* The first reason of a row that holds `line`. */
static struct lt_reason first_reason(struct scene *s, const char *line, char text[LT_REASONS_TEXT])
{
    struct lt_error err = {0};
    struct lt_table *fresh = table_of(2, ROWS, 1, line);
    struct lt_detect *detect = NULL;
    struct lt_reasons *reasons = NULL;
    struct lt_block *block = NULL;
    struct lt_reason reason[2] = {{0}};
    double score[2];
    float x[2 * 16];
    scores_of(s->model, s->backend, fresh, 2, score, x);
    must(lt_detect_create(&detect, s->model, s->backend, LT_PRECISION_F32, &err), &err);
    must(lt_reasons_create(&reasons, s->model, detect, s->backend, 2, &err), &err);
    int count = lt_reasons_of(reasons, x + s->model->prep.features, score[1], reason);
    T_OK(count >= 1);
    must(lt_block_create(&block, fresh, 1, &err), &err);
    must(lt_table_range(fresh, 1, 1, block, &err), &err);
    lt_reasons_text(&s->model->prep, fresh, block, reason, count, text);
    lt_block_free(&block);
    lt_reasons_free(&reasons);
    lt_detect_free(&detect);
    lt_table_free(&fresh);
    return reason[0];
}

TEST(the_column_that_is_wrong_is_the_first_reason)
{
    struct scene s;
    char text[LT_REASONS_TEXT];
    open_scene(&s, 2, LT_DETECTOR_DEFAULT);
    T_INT(first_reason(&s, "0.5,9,red,0.75", text).column, 1);
    T_OK(strncmp(text, "y=9 (", 5) == 0);
    struct lt_reason unseen = first_reason(&s, "0.5,0.25,violet,0.75", text);
    T_INT(unseen.column, 2);
    T_OK(unseen.unseen);
    T_OK(strncmp(text, "kind=violet (", 13) == 0 && strstr(text, ", new, expected "));
    close_scene(&s);
}

TEST(rows_that_do_not_belong_are_refused)
{
    struct lt_error err = {0};
    struct lt_trimmed trimmed;
    struct lt_table *table = table_of(ROWS, 0, 77, "-0.2,30,red,-40");
    struct lt_backend *backend = NULL;
    must(lt_backend_create(&backend, NULL, 2, &err), &err);
    struct lt_trim_options options = {
        .share = 0.01, .prep = {LT_SCALING_AUTO, NULL}, .backend = backend, .seed = 1};
    must(lt_trim(&trimmed, table, &options, &err), &err);
    T_INT(trimmed.refused, ROWS / 100);
    T_INT(lt_table_rows(trimmed.kept), ROWS - ROWS / 100);
    bool found = false;
    for (int64_t i = 0; i < trimmed.refused; i++) {
        found |= trimmed.row[i] == 77;
        T_OK(i == 0 || trimmed.row[i] > trimmed.row[i - 1]);
    }
    T_OK(found);
    lt_trimmed_free(&trimmed);
    lt_backend_free(&backend);
    lt_table_free(&table);
}

TEST(a_model_without_a_detector_says_so)
{
    struct lt_error err = {0};
    struct lt_detect *detect = NULL;
    struct lt_model *model = NULL;
    must(lt_model_create(&model, &err), &err);
    T_INT(lt_detect_create(&detect, model, NULL, LT_PRECISION_F32, &err), LT_EUSAGE);
    T_STR(err.text, "this model has no detector; train it again without --detector none");
    lt_model_free(&model);
}

T_MAIN
