/* What the detector promises, measured: the rate of its false alarms, and the columns it names.
 * Each figure is printed; docs/anomaly.md quotes them. */
#include "app/conformal.h"
#include "app/detect.h"
#include "app/reasons.h"
#include "base/mem.h"
#include "base/rng.h"
#include "latent.h"
#include "model/model.h"
#include "t.h"

enum { TRAIN = 20000, FRESH = 6000 };

/* A detector trained on sensors, and fresh rows of them as features. */
struct scene {
    latent_model *handle;
    const struct lt_model *model;
    struct lt_backend *backend;
    struct lt_detect *detect;
    struct lt_reasons *reasons;
    int64_t features;
    float *x; /* (FRESH, F) */
    double *score;
};

static void must(int rc, const char *text)
{
    if (rc)
        T_FAIL("%s", text);
}

static void train(struct scene *s, const char *name)
{
    latent_error e = {0};
    latent_data *data = NULL;
    latent_train_options options;
    latent_train_options_init(&options);
    options.steps = 3000;
    must(latent_data_open(&data, &name, 1, NULL, &e), e.text);
    must(latent_train(&s->handle, data, &options, NULL, NULL, &e), e.text);
    latent_data_free(&data);
    s->model = (const struct lt_model *)(const void *)s->handle;
    s->features = s->model->prep.features;
}

static void read_fresh(struct scene *s, const char *name)
{
    struct lt_error err = {0};
    struct lt_table *table = NULL;
    struct lt_feed *feed = NULL;
    must(lt_table_open(&table, &name, 1, NULL, &err), err.text);
    must(lt_feed_create(&feed, table, &s->model->prep, 100, 1, &err), err.text);
    for (int64_t at = 0; at < FRESH; at += 100) {
        int64_t ids[100];
        for (int64_t i = 0; i < 100; i++)
            ids[i] = (at + i) * (lt_table_rows(table) / FRESH);
        must(lt_feed_rows(feed, ids, 100, s->x + at * s->features, &err), err.text);
    }
    lt_feed_free(&feed);
    lt_table_free(&table);
}

static void score_all(struct scene *s, const float *x, int64_t n, double *score)
{
    for (int64_t at = 0; at < n; at += LT_DETECT_ROWS) {
        int64_t m = n - at < LT_DETECT_ROWS ? n - at : LT_DETECT_ROWS;
        lt_detect_scores(s->detect, x + at * s->features, m, score + at);
    }
}

static struct scene *the_scene(void)
{
    static struct scene scene;
    struct lt_error err = {0};
    if (scene.model)
        return &scene;
    train(&scene, "builtin:sensors,rows=20000");
    must(lt_backend_create(&scene.backend, NULL, 2, &err), err.text);
    must(lt_detect_create(&scene.detect, scene.model, scene.backend, LT_PRECISION_F32, &err),
         err.text);
    must(lt_reasons_create(&scene.reasons, scene.model, scene.detect, scene.backend, 2, &err),
         err.text);
    scene.x = malloc((size_t)(FRESH * scene.features) * sizeof *scene.x);
    scene.score = malloc(FRESH * sizeof *scene.score);
    read_fresh(&scene, "builtin:sensors,rows=60000,seed=2");
    score_all(&scene, scene.x, FRESH, scene.score);
    return &scene;
}

/* For 1,000 seeds, 199 rows calibrate and 200 others are scored, all drawn from the same fresh rows.
 * The alarms at a rate of 5 % are then beta-binomial: mean 10, variance 200 p (1-p) (1 + 199 / 201). */
TEST(false_alarms_stay_within_their_band_over_1000_seeds)
{
    enum { SEEDS = 1000, CALIBRATE = 199, TEST_ROWS = 200 };
    struct scene *s = the_scene();
    double calibration[CALIBRATE], sum = 0;
    int outside = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
        struct lt_stream order = lt_stream((uint64_t)seed, LT_RNG_TEST, 0, 0);
        struct lt_error err = {0};
        int alarms = 0;
        for (int i = 0; i < CALIBRATE; i++)
            calibration[i] = s->score[lt_permute(&order, (uint64_t)i, FRESH)];
        T_INT(lt_conformal_sort(calibration, CALIBRATE, &err), 0);
        for (int i = 0; i < TEST_ROWS; i++)
            alarms += lt_conformal_p(
                          calibration, CALIBRATE,
                          s->score[lt_permute(&order, (uint64_t)(CALIBRATE + i), FRESH)]) <= 0.05;
        sum += alarms;
        outside += alarms < 2 || alarms > 23; /* the central 99 % of the beta-binomial */
    }
    T_NOTE("alarms in 200 rows at 5 %%: mean %.3f (10 expected), %d of %d seeds outside 99 %%",
           sum / SEEDS, outside, SEEDS);
    T_OK(fabs(sum / SEEDS - 10) < 4 * 4.36 / sqrt(SEEDS));
    T_OK(outside <= 25);
}

TEST(a_cell_moved_by_6_spreads_is_the_first_reason)
{
    enum { CASES = 1000 };
    struct scene *s = the_scene();
    struct lt_reason reason[2];
    int first = 0, cases = 0;
    for (int i = 0; i < CASES; i++) {
        struct lt_stream random = lt_stream(3, LT_RNG_TEST, 1, (uint64_t)i);
        int64_t row = (int64_t)lt_below(&random, 0, FRESH);
        int64_t cell = (int64_t)lt_below(&random, 1, (uint64_t)s->features);
        float x[64];
        double score;
        memcpy(x, s->x + row * s->features, (size_t)s->features * sizeof *x);
        if (isnan(x[cell]))
            continue;
        x[cell] += lt_uniform(&random, 2) < 0.5f ? 6 : -6; /* features are standardised */
        lt_detect_scores(s->detect, x, 1, &score);
        int count = lt_reasons_of(s->reasons, x, score, reason);
        first += count > 0 && reason[0].column == cell;
        cases++;
    }
    T_NOTE("first reason: %.1f %% of %d planted cells", 100.0 * first / cases, cases);
    T_OK(first >= 0.95 * cases);
}

static double correlation(const struct scene *s, int64_t a, int64_t b)
{
    double sum = 0, sa = 0, sb = 0, aa = 0, bb = 0;
    for (int64_t i = 0; i < FRESH; i++) {
        double u = (double)s->x[i * s->features + a], v = (double)s->x[i * s->features + b];
        sum += u * v, sa += u, sb += v, aa += u * u, bb += v * v;
    }
    return (sum - sa * sb / FRESH) / sqrt((aa - sa * sa / FRESH) * (bb - sb * sb / FRESH));
}

/* The standardised values of two channels change places: each stays within its range. */
TEST(two_values_that_changed_places_are_named)
{
    enum { TRIES = 4000 };
    struct scene *s = the_scene();
    const struct lt_detector *d = &s->model->detector;
    double threshold = lt_conformal_threshold(d->calibration, d->calibration_rows, 0.01);
    struct lt_reason reason[2];
    int alarms = 0, one = 0, both = 0;
    for (int i = 0; i < TRIES; i++) {
        struct lt_stream random = lt_stream(4, LT_RNG_TEST, 2, (uint64_t)i);
        int64_t row = (int64_t)lt_below(&random, 0, FRESH);
        int64_t a = (int64_t)lt_below(&random, 1, (uint64_t)s->features);
        int64_t b = (int64_t)lt_below(&random, 2, (uint64_t)s->features);
        float x[64];
        double score;
        if (a == b || s->score[row] >= threshold || fabs(correlation(s, a, b)) < 0.5)
            continue;
        memcpy(x, s->x + row * s->features, (size_t)s->features * sizeof *x);
        float t = x[a];
        x[a] = x[b];
        x[b] = t;
        lt_detect_scores(s->detect, x, 1, &score);
        if (score < threshold)
            continue;
        int count = lt_reasons_of(s->reasons, x, score, reason);
        bool named_a = false, named_b = false;
        for (int k = 0; k < count; k++) {
            named_a |= reason[k].column == a;
            named_b |= reason[k].column == b;
        }
        alarms++;
        one += named_a || named_b;
        both += named_a && named_b;
    }
    T_NOTE("%d alarms: one of the two named in %.1f %%, both in %.1f %%, with two reasons a row",
           alarms, 100.0 * one / alarms, 100.0 * both / alarms);
    T_OK(alarms > 200);
    T_OK(one >= 0.95 * alarms);
    T_OK(both >= 0.8 * alarms);
}

T_MAIN
