/* Images in another size: the numbers, images resampled as they are read, and back as they are
 * written. */
#include "data/resample.h"
#include "data/writer.h"
#include "data_help.h"
#include "t_alloc.h"
#include <math.h>
#include <sys/stat.h>

/* ---- the numbers ----------------------------------------------------------- */

static void resample(enum lt_type type, int64_t h, int64_t w, int64_t c, const void *from,
                     int64_t to_h, int64_t to_w, double *to)
{
    const struct lt_pixels pixels = {h, w, c, type, from};
    struct lt_error err = {0};
    if (lt_resample(&pixels, to_h, to_w, to, "an image", &err))
        T_FAIL("%s", err.text);
}

static const int64_t sides[] = {1, 2, 3, 5, 8, 13, 31};
enum { SIDES = sizeof sides / sizeof *sides, MOST = 31 * 31 };

TEST(an_even_image_stays_even_in_any_size)
{
    static const double value = 0.1;
    double from[7 * 5], to[MOST];
    float single[7 * 5];
    for (int i = 0; i < 35; i++) {
        from[i] = value;
        single[i] = 0.1f;
    }
    for (int i = 0; i < SIDES; i++)
        for (int j = 0; j < SIDES; j++) {
            resample(LT_F64, 7, 5, 1, from, sides[i], sides[j], to);
            for (int64_t k = 0; k < sides[i] * sides[j]; k++)
                T_NEAR(to[k], value, 1e-16);
            resample(LT_F32, 7, 5, 1, single, sides[i], sides[j], to);
            for (int64_t k = 0; k < sides[i] * sides[j]; k++)
                T_NEAR(to[k], (double)0.1f, 0);
        }
}

TEST(four_pixels_shrink_to_their_mean)
{
    const uint8_t grey[] = {1, 2, 3, 5};
    const uint16_t colour[] = {1, 10, 100, 2, 20, 200, 3, 30, 300, 65535, 50, 500};
    double to[3];
    resample(LT_U8, 2, 2, 1, grey, 1, 1, to);
    T_NEAR(to[0], 2.75, 0);
    resample(LT_U16, 2, 2, 3, colour, 1, 1, to);
    T_NEAR(to[0], 65541 / 4.0, 0);
    T_NEAR(to[1], 27.5, 0);
    T_NEAR(to[2], 275, 0);
}

TEST(pixels_that_are_cut_count_by_their_share)
{
    const int16_t from[] = {3, -6, 12};
    double to[2];
    resample(LT_I16, 1, 3, 1, from, 1, 2, to);
    T_NEAR(to[0], (3 - 6 / 2.0) / 1.5, 0);
    T_NEAR(to[1], (-6 / 2.0 + 12) / 1.5, 0);
    resample(LT_I16, 3, 1, 1, from, 2, 1, to);
    T_NEAR(to[1], (-6 / 2.0 + 12) / 1.5, 0);
}

TEST(shrinking_keeps_the_mean)
{
    double from[17 * 13], to[MOST], mean = 0;
    for (int i = 0; i < 17 * 13; i++) {
        from[i] = (double)((i * 7919) % 256);
        mean += from[i] / (17 * 13);
    }
    for (int i = 0; i < SIDES && sides[i] <= 17; i++)
        for (int j = 0; j < SIDES && sides[j] <= 13; j++) {
            double sum = 0;
            resample(LT_F64, 17, 13, 1, from, sides[i], sides[j], to);
            for (int64_t k = 0; k < sides[i] * sides[j]; k++)
                sum += to[k];
            T_NEAR(sum / (double)(sides[i] * sides[j]), mean, 1e-10);
        }
}

/* x = 10 + 4 i at i = 0 ... 4, in both directions; beyond the outer pixels' centres it is level. */
TEST(a_slope_stays_straight_inside_when_it_grows)
{
    uint8_t from[5];
    double to[MOST];
    for (int i = 0; i < 5; i++)
        from[i] = (uint8_t)(10 + 4 * i);
    for (int i = 0; i < SIDES; i++) {
        if (sides[i] < 5)
            continue;
        for (int down = 0; down < 2; down++) {
            resample(LT_U8, down ? 5 : 1, down ? 1 : 5, 1, from, down ? sides[i] : 1,
                     down ? 1 : sides[i], to);
            for (int64_t j = 0; j < sides[i]; j++) {
                const double u = ((double)j + 0.5) * 5 / (double)sides[i] - 0.5;
                T_NEAR(to[j], 10 + 4 * fmin(fmax(u, 0), 4), 1e-13);
            }
        }
    }
}

TEST(one_side_shrinks_while_the_other_grows)
{
    const uint8_t from[] = {0, 8, 4, 12}; /* two lines of two */
    static const double want[] = {2, 4, 8, 10};
    double to[4];
    resample(LT_U8, 2, 2, 1, from, 1, 4, to);
    for (int i = 0; i < 4; i++)
        T_NEAR(to[i], want[i], 0);
}

TEST(a_missing_value_spoils_only_what_lies_on_it)
{
    const float from[] = {1, NAN, 3, 4, 5, 6, 7, 8};
    double to[8];
    resample(LT_F32, 1, 8, 1, from, 1, 4, to);
    T_OK(isnan(to[0]));
    T_NEAR(to[1], 3.5, 0);
    T_NEAR(to[3], 7.5, 0);
}

/* ---- reading --------------------------------------------------------------- */

static const char *folder(const char *name)
{
    const char *path = t_tmp(name);
    T_INT(mkdir(path, 0777), 0);
    return path;
}

static int open_at(struct lt_table **out, const char *name, int64_t h, int64_t w, bool images,
                   struct lt_error *err)
{
    const struct lt_open_options options = {.height = h, .width = w, .images = images};
    return lt_table_open(out, &name, 1, &options, err);
}

static struct lt_table *opened(const char *name, int64_t h, int64_t w)
{
    struct lt_error err = {0};
    struct lt_table *t = NULL;
    if (open_at(&t, name, h, w, true, &err))
        T_FAIL("%s", err.text);
    return t;
}

static void expect_refused(const char *name, int code, const char *what)
{
    struct lt_error err = {0};
    struct lt_table *t = NULL;
    T_INT(open_at(&t, name, 2, 2, true, &err), code);
    T_OK(!t);
    const char *slash = strrchr(err.text, '/');
    T_STR(slash ? slash + 1 : err.text, what);
}

TEST(images_of_any_size_become_rows_of_one)
{
    folder("any");
    t_text("any/a.pgm", "P2 2 2 255 1 2 3 5");
    t_text("any/b.pgm", "P2 1 2 255 7 9");
    t_text("any/c.pgm", "P2 3 1 255 0 0 255");
    struct lt_table *t = opened(t_tmp("any"), 1, 2), *view = NULL;
    const struct lt_selection rows = {.row_begin = 1, .row_end = 3};
    struct lt_error err = {0};
    struct lt_row_file file;
    int64_t h = 0, w = 0, c = 0;
    T_OK(lt_table_image(t, &h, &w, &c) && lt_table_is_resampled(t) && !lt_table_is_mixed(t));
    T_INT(h * 100 + w * 10 + c, 121);
    T_STR(help_cell(t, 0, 0), "2");
    T_STR(help_cell(t, 0, 1), "4"); /* 3.5, halves away from zero */
    T_STR(help_cell(t, 1, 0), "8");
    T_STR(help_cell(t, 1, 1), "8");
    T_STR(help_cell(t, 2, 1), "170"); /* (0 / 2 + 255) / 1.5 */
    T_INT(lt_table_select(&view, t, &rows, &err), 0);
    T_OK(lt_table_is_resampled(view) && lt_table_row_file(view, 1, &file));
    T_INT(file.height * 10 + file.width, 13);
    lt_table_free(&view);
    lt_table_free(&t);
}

TEST(an_image_of_the_size_keeps_its_values)
{
    const char *name = t_text("same.ppm", "P3 2 1 65535 1 65535 3 4 5 6");
    struct lt_table *t = opened(name, 1, 2);
    static const char *const want[] = {"1", "65535", "3", "4", "5", "6"};
    for (int i = 0; i < 6; i++)
        T_STR(help_cell(t, 0, i), want[i]);
    T_OK(lt_table_is_resampled(t));
    lt_table_free(&t);
}

/* An NPY file of f4. */
static const char *npy(const char *name, const char *shape, const float *values, int count)
{
    char bytes[400];
    memcpy(bytes, "\x93NUMPY\1\0\x76\0", 10);
    memset(bytes + 10, ' ', 118);
    int n = snprintf(bytes + 10, 100, "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }",
                     shape);
    bytes[10 + n] = ' ';
    bytes[127] = '\n';
    memcpy(bytes + 128, values, 4 * (size_t)count);
    return t_file(name, bytes, 128 + 4 * (size_t)count);
}

static const float six[] = {0.5f, 1, 1.5f, -2, 4, 0.25f};

TEST(reals_are_not_rounded)
{
    const char *name = npy("reals.npy", "2, 1, 3", six, 6);
    struct lt_table *t = opened(name, 1, 1);
    T_INT(lt_table_rows(t), 2);
    T_STR(help_cell(t, 0, 0), "1");
    T_STR(help_cell(t, 1, 0), "0.75");
    lt_table_free(&t);
    folder("reals");
    npy("reals/a.npy", "1, 3, 1", six, 3);
    npy("reals/b.npy", "2, 1, 1", six, 2);
    t = opened(t_tmp("reals"), 1, 1);
    T_STR(help_cell(t, 1, 0), "0.75");
    lt_table_free(&t);
}

TEST(an_image_of_more_values_than_a_row_has_is_made_smaller)
{
    static char bytes[20 + 3 * 4096 * 1366]; /* more than 2^24 */
    const int n = snprintf(bytes, sizeof bytes, "P6 4096 1366 255\n");
    const size_t size = (size_t)n + sizeof bytes - 20;
    memset(bytes + n, 7, size - (size_t)n);
    const char *name = t_file("large.ppm", bytes, size);
    struct lt_table *t = opened(name, 2, 3);
    T_INT(lt_table_columns(t), 18);
    T_STR(help_cell(t, 0, 17), "7");
    lt_table_free(&t);
    T_OK(strstr(help_refused_name(name).text, "between 1 and 16777216 can be read"));
}

TEST(what_is_no_image_stays_or_is_refused)
{
    struct lt_error err = {0};
    struct lt_table *t = NULL;
    const char *names[] = {t_text("table.csv", "a,b\n1,2\n"), npy("flat.npy", "2, 3", six, 6)};
    expect_refused(names[0], LT_EUSAGE,
                   "table.csv: only images can be resized; leave --resize out");
    expect_refused(names[1], LT_EUSAGE, "flat.npy: only images can be resized; leave --resize out");
    expect_refused("builtin:curves", LT_EUSAGE,
                   "builtin:curves: is made at a size of its own; leave --resize out");
    for (int i = 0; i < 2; i++) {
        T_INT(open_at(&t, names[i], 2, 2, false, &err), 0);
        T_OK(!lt_table_is_resampled(t));
        T_INT(lt_table_columns(t), 2 + i);
        lt_table_free(&t);
    }
}

TEST(an_infinite_value_is_refused_by_its_place)
{
    const float values[] = {1, 2, 3, 4, 5, INFINITY};
    expect_refused(npy("infinite.npy", "2, 3, 1", values, 6), LT_ECONTENT,
                   "infinite.npy: row 1, column 2: the value is infinite; correct it");
}

/* ---- and back -------------------------------------------------------------- */

/* Writes every row of the table, which has h x w pixels, as it is. */
static int write_back(const char *path, const struct lt_table *t, struct lt_error *err)
{
    const struct lt_group *g = lt_table_group(t, 0);
    struct lt_writer_schema schema = {.rows = lt_table_rows(t),
                                      .columns = g->width,
                                      .type = g->type,
                                      .shape_rank = g->shape_rank,
                                      .source = t};
    struct lt_writer *w = NULL;
    double values[16];
    memcpy(schema.shape, g->shape, sizeof g->shape);
    int rc = lt_writer_create(&w, path, &schema, err);
    for (int64_t i = 0; i < schema.rows && !rc; i++) {
        for (int64_t j = 0; j < g->width; j++)
            values[j] = atof(help_cell(t, i, j));
        rc = lt_writer_rows(w, values, 1, err);
    }
    if (!rc)
        rc = lt_writer_commit(&w, err);
    lt_writer_abort(&w);
    return rc;
}

static void expect_back(const char *path, const struct lt_table *t)
{
    struct lt_error err = {0};
    if (write_back(path, t, &err))
        T_FAIL("%s", err.text);
}

static void expect_shape(const char *path, int64_t rows, int64_t h, int64_t w)
{
    struct lt_table *t = help_open(path);
    const struct lt_group *g = lt_table_group(t, 0);
    T_INT(lt_table_rows(t), rows);
    T_INT(g->shape[0], h);
    T_INT(g->shape[1], w);
    lt_table_free(&t);
}

TEST(rows_go_to_a_folder_in_the_size_they_had)
{
    folder("sizes");
    t_text("sizes/a.pgm", "P2 2 2 255 1 1 3 3");
    t_text("sizes/b.pgm", "P2 1 4 255 9 9 9 9");
    struct lt_table *t = opened(t_tmp("sizes"), 1, 2), *back = NULL;
    expect_back(t_tmp("sizes_out/"), t);
    expect_shape(t_tmp("sizes_out/a.pgm"), 1, 2, 2);
    expect_shape(t_tmp("sizes_out/b.pgm"), 1, 4, 1);
    back = help_open(t_tmp("sizes_out/b.pgm"));
    T_STR(help_cell(back, 0, 3), "9");
    lt_table_free(&back);
    /* rows of one file have the size of the model where they did not agree on one before */
    expect_back(t_tmp("sizes.npy"), t);
    expect_shape(t_tmp("sizes.npy"), 2, 1, 2);
    lt_table_free(&t);
}

TEST(rows_of_one_size_go_back_to_it_in_every_kind)
{
    struct lt_table *t = opened(npy("one.npy", "2, 3, 1", six, 6), 1, 2);
    expect_back(t_tmp("one_out.npy"), t);
    expect_shape(t_tmp("one_out.npy"), 2, 3, 1);
    expect_back(t_tmp("one_out/"), t);
    expect_shape(t_tmp("one_out/"), 2, 3, 1);
    expect_back(t_tmp("one_out.csv"), t);
    struct lt_table *text = help_open(t_tmp("one_out.csv"));
    T_INT(lt_table_columns(text), 3);
    lt_table_free(&text);
    lt_table_free(&t);
}

TEST(images_are_resampled_or_refused_whichever_allocation_fails)
{
    const char *in = folder("memory"), *out = t_tmp("memory_out/");
    int rc = 0;
    t_text("memory/a.pgm", "P2 2 2 255 1 1 3 3");
    t_text("memory/b.pgm", "P2 1 4 255 9 9 9 9");
    T_EACH_ALLOCATION
    {
        struct lt_error err = {0};
        struct lt_table *t = NULL;
        rc = open_at(&t, in, 1, 2, true, &err);
        T_OK(rc == LT_OK ? t != NULL : rc == LT_EFAIL && !t && err.text[0]);
        lt_table_free(&t);
    }
    struct lt_table *t = opened(in, 1, 2);
    const double values[] = {1, 2, 3, 4};
    const struct lt_writer_schema schema = {
        .rows = 2, .columns = 2, .type = LT_U8, .shape_rank = 2, .shape = {1, 2}, .source = t};
    T_EACH_ALLOCATION
    {
        struct lt_error err = {0};
        struct lt_writer *w = NULL;
        rc = lt_writer_create(&w, out, &schema, &err);
        if (!rc)
            rc = lt_writer_rows(w, values, 2, &err);
        if (!rc)
            rc = lt_writer_commit(&w, &err);
        lt_writer_abort(&w);
        T_OK(rc == LT_OK || (rc == LT_EFAIL && err.text[0]));
    }
    T_INT(rc, 0);
    lt_table_free(&t);
}

T_MAIN
