/* Missing cells: filled by what the network learnt, and everything else left alone. */
#include "app/imputer.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/csv_copy.h"
#include "data_help.h"
#include "latent.h"
#include "model/modelfile.h"

enum { ROWS = 600, TEXT = 100000 };

/* ---- help ---- */

static char *slurp(const char *path, size_t *size)
{
    static char text[4][TEXT];
    static int next;
    char *to = text[next++ % 4];
    FILE *f = fopen(path, "rb");
    if (!f)
        T_FAIL("%s cannot be read", path);
    size_t n = fread(to, 1, TEXT - 1, f);
    fclose(f);
    to[n] = '\0';
    if (size)
        *size = n;
    return to;
}

/* Rows in which a and b tell all the rest.  Every `gap`-th cell is missing; 0: none. */
static const char *table(const char *name, int gap, uint64_t seed)
{
    static char text[TEXT];
    int used = sprintf(text, "a,b,sum,count,color,when,unit,on\n"), cell = 0;
    for (int i = 0; i < ROWS; i++) {
        struct lt_stream s = lt_stream(seed, LT_RNG_TEST, 0, (uint64_t)i);
        double a = (double)lt_normal(&s, 0), b = (double)lt_normal(&s, 1);
        char cells[8][40];
        sprintf(cells[0], "%.4f", a);
        sprintf(cells[1], "%.4f", b);
        sprintf(cells[2], "%.4f", a + b);
        sprintf(cells[3], "%d", (int)lround(20 * a));
        sprintf(cells[4], "%s", a > 0.3 ? "red" : a < -0.3 ? "blue" : "green");
        sprintf(cells[5], "2024-03-%02d 12:00", 15 + (int)fmax(-14, fmin(14, 5 * b)));
        sprintf(cells[6], "mm");
        sprintf(cells[7], "%d", b > 0);
        for (int k = 0; k < 8; k++)
            used += sprintf(text + used, "%s%s", gap && ++cell % gap == 0 ? "" : cells[k],
                            k < 7 ? "," : "\n");
    }
    return t_text(name, text);
}

static latent_model *train(const char *path, int threads)
{
    latent_train_options options;
    latent_error error = {0};
    latent_data *data = NULL;
    latent_model *model = NULL;
    latent_train_options_init(&options);
    options.detector = "reconstruction"; /* the quickest that comes with an imputer */
    options.steps = 600;
    options.valid = 0.2;
    options.threads = threads;
    if (latent_data_open(&data, &path, 1, NULL, &error) ||
        latent_train(&model, data, &options, NULL, NULL, &error))
        T_FAIL("%s", error.text);
    latent_data_free(&data);
    return model;
}

static struct lt_model *inside(latent_model *model)
{
    return (struct lt_model *)(void *)model;
}

static latent_model *shared(
    void) /* trained once, on a table without gaps; freed by the last test */
{
    static latent_model *model;
    if (!model)
        model = train(table("train.csv", 0, 1), 2);
    return model;
}

/* The report of imputing a file. */
static latent_report *impute(const latent_model *model, const char *in, const char *out,
                             const char *uncertainty)
{
    latent_error error = {0};
    latent_report *report = NULL;
    if (latent_impute_to(model, in, out, uncertainty, NULL, &report, &error))
        T_FAIL("%s", error.text);
    return report;
}

static const char *imputed(const char *text, const char *uncertainty)
{
    const char *in = t_text("in.csv", text), *out = t_tmp("out.csv");
    latent_report *report = impute(shared(), in, out, uncertainty);
    latent_report_free(&report);
    return slurp(out, NULL);
}

/* ---- copying text ---- */

static const char *const texts[] = {
    "a,b\n1,\n,2\n",
    "a,b\r\n1, \r\n?,2\r\n",
    "\xef\xbb\xbf\n\na;b;c\n007;1e3;\n\n\"NA\";\"\";x\n \t;n/a;\"q\"\"r;\n\"  \n",
    "a\n1\n\n3\n\n\n",
    "1,2,3\n4,,6\n,8,\n",
    "a,b\n,",
    "a\tb\n\"x\ty\"\tNULL\nnan\t-0.0\n",
    "a,b\nyes,1\n,two\n3,\n",
};
enum { TEXTS = sizeof texts / sizeof *texts };

struct asked {
    const struct lt_table *table;
    int count, wrong;
    const char *answer;
};

static int ask(void *context, int64_t row, int64_t column, const char **text, struct lt_error *err)
{
    struct asked *a = context;
    (void)err;
    a->count++;
    a->wrong += strcmp(help_cell(a->table, row, column), "missing") != 0;
    *text = a->answer;
    return 0;
}

static char *copied(const char *text, struct asked *asked)
{
    struct lt_error err = {0};
    struct lt_sink *sink = NULL;
    struct lt_csv_copier copier = {asked, ask};
    const char *path = t_tmp("copy.csv");
    if (lt_sink_open(&sink, path, false, &err) ||
        lt_csv_copy("t.csv", text, strlen(text), &copier, sink, &err) ||
        lt_sink_commit(&sink, &err))
        T_FAIL("%s", err.text);
    return slurp(path, NULL);
}

TEST(a_copy_without_answers_has_the_same_bytes)
{
    for (int i = 0; i < TEXTS; i++) {
        struct asked asked = {.table = help_text(texts[i])};
        T_STR(copied(texts[i], &asked), texts[i]);
        lt_table_free((struct lt_table **)&asked.table);
    }
}

TEST(a_copy_asks_for_the_cells_that_the_table_calls_missing_and_for_no_others)
{
    for (int i = 0; i < TEXTS; i++) {
        struct lt_table *t = help_text(texts[i]);
        struct asked asked = {.table = t};
        int missing = 0;
        copied(texts[i], &asked);
        for (int64_t r = 0; r < lt_table_rows(t); r++)
            for (int64_t j = 0; j < lt_table_columns(t); j++)
                missing += strcmp(help_cell(t, r, j), "missing") == 0;
        T_INT(asked.wrong, 0);
        T_INT(asked.count, missing);
        lt_table_free(&t);
    }
}

TEST(answers_replace_missing_fields_and_are_quoted_where_they_must)
{
    struct asked asked = {.table = help_text(texts[2]), .answer = "x;\"y"};
    T_STR(copied(texts[2], &asked),
          "\xef\xbb\xbf\n\na;b;c\n007;1e3;\"x;\"\"y\"\n\n\"x;\"\"y\";\"x;\"\"y\";x\n"
          "\"x;\"\"y\";\"x;\"\"y\";\"q\"\"r;\n\"  \n");
    lt_table_free((struct lt_table **)&asked.table);
}

/* ---- filling ---- */

TEST(observed_cells_stay_to_the_byte_whatever_they_look_like)
{
    static const char head[] = "on, more ,when,color,count,\"b\",a,sum,unit\r\n";
    static const char row[] =
        "1,\"x,\"\"y\",2024-03-20 12:00,\"red\", 007 ,+1e0,0.50 ,1.5000,mm\r\n";
    char text[1000], want[1000];
    snprintf(text, sizeof text, "%s%s,,,,,,,,\r\n%s", head, row, row);
    const char *out = imputed(text, NULL);
    snprintf(want, sizeof want, "%s%s", head, row);
    T_OK(strncmp(out, want, strlen(want)) == 0);
    size_t n = strlen(out);
    T_OK(n > strlen(row) && strcmp(out + n - strlen(row), row) == 0);
}

TEST(numbers_levels_times_integers_and_constants_are_filled_in_their_form)
{
    char color[20], when[40], unit[20], sum[40];
    int count = 0, on = 5;
    const char *out = imputed("a,b,sum,count,color,when,unit,on\n"
                              "1.5,-0.4,,,,,,\n1.5,2,?,30,red,NA,mm,1\n",
                              NULL);
    T_INT(sscanf(out,
                 "a,b,sum,count,color,when,unit,on\n1.5,-0.4,%39[^,],%d,%19[^,],%39[^,],"
                 "%19[^,],%d\n1.5,2,",
                 sum, &count, color, when, unit, &on),
          6);
    T_NEAR(atof(sum), 1.1, 0.4);
    T_NEAR(count, 30, 8);
    T_STR(color, "red");
    T_OK(strncmp(when, "2024-03-1", 9) == 0 && strlen(when) == 16);
    T_STR(unit, "mm");
    T_INT(on, 0);
}

TEST(the_uncertainty_file_holds_one_line_for_every_filled_cell)
{
    const char *path = t_tmp("sure.csv");
    double value, low, high, p;
    imputed("a,b,sum,count,color,when,unit,on\n1.5,-0.4,,30,,2024-03-13 12:00,mm,0\n", path);
    T_INT(sscanf(slurp(path, NULL),
                 "row,column,value,low,high,probability\n0,sum,%lf,%lf,%lf,\n0,color,red,,,%lf",
                 &value, &low, &high, &p),
          4);
    T_OK(low < value && value < high && p > 0.4 && p <= 1);
}

TEST(the_report_says_how_much_better_than_the_mean_it_is)
{
    latent_report *r = impute(shared(), table("fresh.csv", 0, 2), t_tmp("fresh_out.csv"), NULL);
    size_t a, b;
    T_STR(latent_report_string(r, "verdict"), "beats-mean");
    T_OK(latent_report_number(r, "test.rmse") < 0.6 * latent_report_number(r, "test.mean_rmse"));
    T_OK(latent_report_number(r, "test.accuracy") >
         latent_report_number(r, "test.mode_accuracy") + 0.2);
    T_NEAR(latent_report_number(r, "test.coverage"), 0.9, 0.08);
    T_INT(latent_report_number(r, "filled.cells"), 0);
    const char *in = slurp(t_tmp("fresh.csv"), &a), *out = slurp(t_tmp("fresh_out.csv"), &b);
    T_OK(a == b && memcmp(in, out, a) == 0);
    latent_report_free(&r);
}

TEST(a_table_with_gaps_trains_an_imputer_and_is_filled)
{
    const char *path = table("gaps.csv", 11, 3), *out = t_tmp("gaps_out.csv");
    latent_model *model = train(path, 2);
    latent_report *r = impute(model, path, out, NULL);
    T_STR(latent_report_string(r, "verdict"), "beats-mean");
    T_INT(latent_report_number(r, "filled.cells"), ROWS * 8 / 11);
    T_INT(latent_report_number(r, "left.cells"), 0);
    T_OK(!strstr(slurp(out, NULL), ",,"));
    latent_report_free(&r);
    latent_model_free(&model);
}

/* ---- the network ---- */

/* Features of the fresh table with cells hidden, through an imputer of the model. */
static float *filled(const latent_model *m, int threads, int64_t at_once, int64_t *count)
{
    struct lt_error err = {0};
    const struct lt_model *model = inside((latent_model *)(uintptr_t)m);
    struct lt_table *t = help_open(table("cells.csv", 7, 4));
    struct lt_backend *backend = NULL;
    struct lt_imputer *imputer = NULL;
    struct lt_feed *feed = NULL;
    static int64_t rows[ROWS];
    float *x = NULL;
    for (int64_t i = 0; i < ROWS; i++)
        rows[i] = i;
    *count = ROWS * model->prep.features;
    if (lt_backend_create(&backend, NULL, threads, &err) ||
        lt_imputer_create(&imputer, model, backend, at_once, &err) ||
        lt_feed_create(&feed, t, &model->prep, ROWS, 1, &err) ||
        lt_alloc(&x, (size_t)*count, sizeof *x, "features", &err) ||
        lt_feed_rows(feed, rows, ROWS, x, &err))
        T_FAIL("%s", err.text);
    lt_imputer_fill(imputer, x, ROWS);
    lt_imputer_free(&imputer);
    lt_feed_free(&feed);
    lt_table_free(&t);
    lt_backend_free(&backend);
    return x;
}

static void same_fill(const latent_model *a, int threads, int64_t at_once)
{
    int64_t n = 0, m = 0;
    float *x = filled(shared(), 1, 512, &n), *y = filled(a, threads, at_once, &m);
    bool same = n == m && memcmp(x, y, (size_t)n * sizeof *x) == 0;
    bool full = true;
    for (int64_t i = 0; i < n; i++)
        full &= isfinite(x[i]) != 0;
    lt_free(x);
    lt_free(y);
    T_OK(full);
    T_OK(same);
}

TEST(filling_gives_the_same_bits_for_any_number_of_threads_and_rows_at_once)
{
    same_fill(shared(), 2, 512);
    same_fill(shared(), 3, 33);
}

TEST(training_gives_the_same_bits_for_any_number_of_threads)
{
    latent_model *model = train(table("train.csv", 0, 1), 1);
    T_STR(latent_model_sha256(model), latent_model_sha256(shared()));
    latent_model_free(&model);
}

TEST(a_model_file_keeps_the_imputer)
{
    latent_error error = {0};
    latent_model *opened = NULL;
    const char *path = t_tmp("kept.latent");
    T_INT(latent_model_save(shared(), path, &error), 0);
    T_INT(latent_model_open(&opened, path, &error), 0);
    T_OK(lt_imputer_in(inside(opened)));
    same_fill(opened, 1, 512);
    latent_model_free(&opened);
}

TEST(a_model_file_without_an_imputer_is_read_and_says_so_when_asked_to_fill)
{
    latent_error error = {0};
    latent_model *opened = NULL;
    const char *path = t_tmp("old.latent");
    struct lt_model old = *inside(shared());
    old.networks = 1;
    old.imputer = NULL;
    lt_model_seal(&old);
    T_INT(lt_model_write(&old, path, (struct lt_error *)(void *)&error), 0);
    T_INT(latent_model_open(&opened, path, &error), 0);
    T_INT(latent_impute_to(opened, "in.csv", t_tmp("no.csv"), NULL, NULL, NULL, &error),
          LATENT_EUSAGE);
    T_ERR(error, "the model has no network that fills cells: it was trained on images or on whole "
                 "numbers in an array, which cannot be missing, or by an older Latent; train it "
                 "again");
    T_OK(access(t_tmp("no.csv"), F_OK) != 0);
    latent_model_free(&opened);
}

TEST(facts_of_another_shape_are_refused)
{
    struct lt_error err = {0};
    struct lt_model damaged = *inside(shared());
    struct lt_backend *backend = NULL;
    struct lt_imputer *imputer = NULL;
    damaged.imputer = NULL;
    T_INT(lt_json_copy(&damaged.imputer, inside(shared())->imputer, &err), 0);
    T_INT(lt_json_set_numbers(damaged.imputer, "spread", (double[]){1, 2}, 2, &err), 0);
    T_INT(lt_backend_create(&backend, NULL, 1, &err), 0);
    T_INT(lt_imputer_create(&imputer, &damaged, backend, 1, &err), LT_ECONTENT);
    T_OK(imputer == NULL);
    lt_json_free(&damaged.imputer);
    lt_backend_free(&backend);
}

/* ---- arrays ---- */

TEST(an_array_keeps_its_type_and_the_bits_of_its_values)
{
    enum { N = 300, D = 5 };
    static float x[N * D];
    latent_error error = {0};
    latent_data *data = NULL;
    latent_model *model = NULL;
    latent_train_options options;
    latent_train_options_init(&options);
    options.detector = "reconstruction"; /* the quickest that comes with an imputer */
    options.steps = 300;
    for (int i = 0; i < N; i++) {
        struct lt_stream s = lt_stream(5, LT_RNG_TEST, 0, (uint64_t)i);
        float u = lt_normal(&s, 0), v = lt_normal(&s, 1);
        float row[D] = {u, v, u + v, u - v, u * 1e-3f};
        memcpy(x + i * D, row, sizeof row);
    }
    T_INT(latent_data_from_rows(&data, x, N, D, &error), 0);
    T_INT(latent_train(&model, data, &options, NULL, NULL, &error), 0);
    latent_data_free(&data);
    static char in[128 + sizeof x];
    memset(in, ' ', 128);
    memcpy(in, "\x93NUMPY\x01\x00\x76\x00", 10);
    static const char form[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (300, 5), }";
    memcpy(in + 10, form, sizeof form - 1);
    in[127] = '\n';
    x[3] = -0.0f;
    x[7] = NAN;
    memcpy(in + 128, x, sizeof x);
    const char *out = t_tmp("full.npy");
    latent_report *r = impute(model, t_file("gaps.npy", in, sizeof in), out, NULL);
    T_INT(latent_report_number(r, "filled.cells"), 1);
    size_t size = 0;
    const char *bytes = slurp(out, &size);
    float back[N * D];
    T_INT(size, sizeof in);
    memcpy(back, bytes + 128, sizeof back);
    T_OK(isfinite(back[7]));
    back[7] = x[7];
    T_OK(memcmp(back, x, sizeof x) == 0);
    latent_report_free(&r);
    latent_model_free(&model);
}

TEST(images_have_no_imputer)
{
    const char *name = "builtin:curves,rows=100";
    latent_error error = {0};
    latent_data *data = NULL;
    latent_model *model = NULL;
    latent_train_options options;
    latent_train_options_init(&options);
    options.steps = 2;
    options.layers = "8";
    options.dims = 2;
    T_INT(latent_data_open(&data, &name, 1, NULL, &error), 0);
    T_INT(latent_train(&model, data, &options, NULL, NULL, &error), 0);
    T_OK(!lt_imputer_in(inside(model)));
    latent_data_free(&data);
    latent_model_free(&model);
    model = shared();
    latent_model_free(&model); /* the last test */
}

T_MAIN
