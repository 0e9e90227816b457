/* Partners against plain loops: they are among the nearest training rows, and never the row itself. */
#include "app/partners.h"
#include "base/mem.h"
#include "t_prep.h"

enum { ROWS = 200, COLUMNS = 6, TRAIN = 150, NEAREST = LT_PARTNERS_NEAREST };

struct scene {
    float x[ROWS * COLUMNS];
    struct lt_table *table;
    struct lt_prep prep;
    struct lt_backend *backend;
    struct lt_pca pca;
    int64_t train[TRAIN];
    struct lt_rowset stop;
    struct lt_partners partners;
};

static void scene_open(struct scene *s, int threads)
{
    struct lt_error err = {0};
    struct lt_rowset parts[LT_PARTS];
    struct lt_rows rows = {0};
    struct lt_stream stream = lt_stream(21, LT_RNG_TEST, 0, 0);
    lt_fill_normal(&stream, s->x, ROWS * COLUMNS);
    T_INT(lt_table_from_rows(&s->table, "rows", s->x, ROWS, COLUMNS, &err), 0);
    lt_split(parts, ROWS, ROWS - TRAIN, 3);
    s->stop = parts[LT_PART_STOP];
    for (int64_t i = 0; i < TRAIN; i++)
        s->train[i] = lt_rowset_row(&parts[LT_PART_TRAIN], i);
    T_INT(lt_prep_fit(&s->prep, s->table, s->train, TRAIN,
                      &(struct lt_prep_options){.scaling = LT_SCALING_NONE}, &err),
          0);
    T_INT(lt_backend_create(&s->backend, NULL, threads, &err), 0);
    T_INT(lt_rows_open(&rows, s->table, &s->prep, s->train, TRAIN, lt_rows_batch(COLUMNS), &err),
          0);
    T_INT(
        lt_pca_fit(&s->pca, &rows,
                   &(struct lt_pca_options){.dims = LT_PARTNERS_DIRECTIONS, .backend = s->backend},
                   &err),
        0);
    lt_rows_close(&rows);
    const struct lt_partners_plan plan = {.table = s->table,
                                          .kept = s->table,
                                          .prep = &s->prep,
                                          .train_rows = s->train,
                                          .train_count = TRAIN,
                                          .stop_rows = &s->stop,
                                          .pca = &s->pca,
                                          .backend = s->backend,
                                          .batch = 64,
                                          .seed = 9};
    if (lt_partners_create(&s->partners, &plan, &err))
        T_FAIL("%s", err.text);
}

static void scene_close(struct scene *s)
{
    lt_partners_free(&s->partners);
    lt_pca_free(&s->pca);
    lt_backend_free(&s->backend);
    lt_prep_free(&s->prep);
    lt_table_free(&s->table);
}

static double square(const float *a, const float *b)
{
    double sum = 0;
    for (int k = 0; k < COLUMNS; k++)
        sum += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
    return sum;
}

/* The training row that these values are those of. */
static int64_t row_of(const struct scene *s, const float *x)
{
    for (int64_t i = 0; i < TRAIN; i++)
        if (memcmp(x, s->x + s->train[i] * COLUMNS, COLUMNS * sizeof *x) == 0)
            return s->train[i];
    T_FAIL("a partner is no training row");
    return -1;
}

/* Training rows nearer to a row than another is, itself left out. */
static int64_t nearer(const struct scene *s, int64_t row, int64_t other)
{
    const float *at = s->x + row * COLUMNS;
    const double d = square(at, s->x + other * COLUMNS);
    int64_t count = 0;
    for (int64_t i = 0; i < TRAIN; i++)
        count += s->train[i] != row && square(at, s->x + s->train[i] * COLUMNS) < d;
    return count;
}

static void check_source(const struct scene *s, const struct lt_source *source, const int64_t *rows,
                         int64_t n)
{
    enum { EPOCHS = 200 };
    struct lt_error err = {0};
    float x[64 * COLUMNS];
    static bool met[64][NEAREST];
    int64_t all = 0;
    memset(met, 0, sizeof met);
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        T_INT(source->read(source->context, epoch, rows, n, x, &err), 0);
        for (int64_t i = 0; i < n; i++) {
            const int64_t partner = row_of(s, x + i * COLUMNS);
            T_OK(partner != rows[i]);
            const int64_t rank = nearer(s, rows[i], partner);
            T_OK(rank < NEAREST);
            met[i][rank] = true;
        }
    }
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < NEAREST; k++)
            all += met[i][k];
    T_OK(all > n * NEAREST * 99 / 100); /* each is drawn sooner or later */
}

TEST(partners_are_drawn_from_the_nearest_training_rows)
{
    static struct scene s;
    int64_t stop[20];
    scene_open(&s, 2);
    T_INT(s.stop.count, 20);
    for (int64_t i = 0; i < 20; i++)
        stop[i] = lt_rowset_row(&s.stop, i);
    check_source(&s, &s.partners.train_source, s.train + 17, 64);
    check_source(&s, &s.partners.stop_source, stop, 20);
    scene_close(&s);
}

/* Whatever the threads, and whichever rows are read beside a row. */
TEST(partners_depend_on_seed_epoch_and_row_alone)
{
    static struct scene one, more;
    struct lt_error err = {0};
    float a[64 * COLUMNS], b[64 * COLUMNS];
    scene_open(&one, 1);
    scene_open(&more, 3);
    T_INT(one.partners.train_source.read(one.partners.train_source.context, 5, one.train, 64, a,
                                         &err),
          0);
    for (int64_t i = 0; i < 64; i++)
        T_INT(more.partners.train_source.read(more.partners.train_source.context, 5, more.train + i,
                                              1, b + i * COLUMNS, &err),
              0);
    T_OK(memcmp(a, b, sizeof a) == 0);
    T_INT(one.partners.train_source.read(one.partners.train_source.context, 6, one.train, 64, b,
                                         &err),
          0);
    T_OK(memcmp(a, b, sizeof a) != 0);
    scene_close(&one);
    scene_close(&more);
}

T_MAIN
