/* Typed columns to features and back. */
#include "t_prep.h"

static struct lt_prep fit(struct lt_table *t)
{
    return fit_with(t, LT_SCALING_AUTO, NULL);
}

static struct lt_error fit_refused(struct lt_table *t, const char *types)
{
    struct lt_error err = {0};
    struct lt_prep prep;
    int64_t n = lt_table_rows(t);
    for (int64_t i = 0; i < n; i++)
        all_rows[i] = i;
    if (!lt_prep_fit(&prep, t, all_rows, n, &(struct lt_prep_options){LT_SCALING_AUTO, types},
                     &err))
        T_FAIL("the table was taken");
    return err;
}

static struct lt_error feed_refused(struct lt_table *t, const struct lt_prep *prep)
{
    struct lt_error err = {0};
    struct lt_feed *feed = NULL;
    float x[1000];
    int rc = lt_feed_create(&feed, t, prep, 8, 1, &err);
    if (!rc)
        rc = lt_feed_rows(feed, all_rows, lt_table_rows(t), x, &err);
    lt_feed_free(&feed);
    if (!rc)
        T_FAIL("the rows were taken");
    return err;
}

/* A table of 60 rows with one column of every kind. */
static struct lt_table *mixed(void)
{
    static char text[60 * 120 + 200];
    int used = sprintf(text, "id,width,count,on,color,when,unit,gap,key\n");
    static const char *const colors[] = {"red", "red", "green", "blue"};
    for (int i = 0; i < 60; i++) {
        used += sprintf(text + used, "%d,%.2f,%d,%d,%s,2024-0%d-%02d %02d:30,mm,", i + 100,
                        1.5 + i * 0.25, i % 7, i % 3 == 0, colors[i % 4], 1 + i / 28, 1 + i % 28,
                        i % 24);
        if (i % 5)
            used += sprintf(text + used, "%d.5", i % 11);
        used += sprintf(text + used, ",k%d\n", i * 7919 % 1000);
    }
    return help_text(text);
}

TEST(kinds_are_found)
{
    static const char *const kinds[] = {"identifier", "numeric",     "integer",
                                        "boolean",    "categorical", "time",
                                        "constant",   "numeric",     "identifier"};
    struct lt_table *t = mixed();
    struct lt_prep p = fit(t);
    for (int64_t j = 0; j < 9; j++)
        T_STR(lt_kind_name(p.column[j].kind), kinds[j]);
    T_OK(p.column[7].missing && !p.column[1].missing);
    T_INT(p.column[5].parts, LT_TIME_DAY | LT_TIME_WEEK | LT_TIME_YEAR);
    T_INT(p.column[4].levels, 3);
    T_STR(p.column[4].level[0], "red");
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(features_stand_numbers_first_then_flagged_then_categories)
{
    struct lt_table *t = mixed();
    struct lt_prep p = fit(t);
    struct lt_prep_run runs[LT_PREP_RUNS];
    T_INT(p.column[1].first, 0);
    T_INT(p.column[2].first, 1);
    T_INT(p.column[3].first, 2);
    T_INT(p.column[5].first, 3);
    T_INT(p.column[5].width, 7);
    T_INT(p.column[7].first, 10);
    T_INT(p.flag_first, 10);
    T_INT(p.flags, 1);
    T_INT(lt_prep_numbers(&p), 11);
    T_INT(lt_prep_runs(&p, runs), 1);
    T_INT(runs[0].first, 11);
    T_INT(runs[0].width, 4);
    T_INT(runs[0].count, 1);
    T_INT(p.features, 15);
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(features_turn_back_into_the_cells)
{
    struct lt_table *t = mixed();
    struct lt_prep p = fit(t);
    float *x = features(t, &p);
    double v[9];
    char buf[80];
    for (int64_t i = 0; i < 60; i++) {
        lt_prep_invert(&p, x + i * p.features, 1, v);
        T_NEAR(v[1], atof(help_cell(t, i, 1)), 1e-5);
        T_NEAR(v[2], atof(help_cell(t, i, 2)), 1e-5);
        T_OK(v[3] == atof(help_cell(t, i, 3)));
        T_STR(lt_prep_text(&p, 4, v[4], buf, sizeof buf), help_cell(t, i, 4));
        T_STR(lt_prep_text(&p, 6, v[6], buf, sizeof buf), "mm");
        if (i % 5)
            T_NEAR(v[7], atof(help_cell(t, i, 7)), 1e-5);
        else
            T_OK(isnan(v[7]));
        T_OK(isnan(v[0]) && isnan(v[8]));
    }
    lt_prep_invert(&p, x, 1, v);
    T_STR(lt_prep_text(&p, 5, v[5], buf, sizeof buf), "2024-01-01 00:30");
    lt_free(x);
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(a_category_is_one_hot_and_missing_is_nan)
{
    struct lt_table *t = help_text("a,b\nx,1.5\ny,2.5\nx,3\n,4\ny,5\nx,6\n");
    struct lt_prep p = fit(t);
    float *x = features(t, &p);
    T_INT(p.features, 4); /* b; x, y, the others */
    T_OK(x[1] == 1 && x[2] == 0 && x[3] == 0);
    T_OK(x[4 + 1] == 0 && x[4 + 2] == 1 && x[4 + 3] == 0);
    T_OK(isnan(x[3 * 4 + 1]) && isnan(x[3 * 4 + 2]) && isnan(x[3 * 4 + 3]));
    lt_free(x);
    struct lt_table *u = help_text("a,b\nz,1\nx,2\n");
    x = features(u, &p);
    T_OK(x[1] == 0 && x[2] == 0 && x[3] == 1); /* never seen: one of the others */
    T_OK(x[4 + 1] == 1);
    lt_free(x);
    lt_table_free(&u);
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(a_category_column_that_turned_numeric_is_all_others)
{
    struct lt_table *t = help_text("a,b\nx,1.5\ny,2.5\nx,3\ny,4\n");
    struct lt_table *u = help_text("a,b\n1,1\n2,2\n");
    struct lt_prep p = fit(t);
    float *x = features(u, &p);
    T_OK(x[1] == 0 && x[2] == 0 && x[3] == 1);
    lt_free(x);
    lt_prep_free(&p);
    lt_table_free(&u);
    lt_table_free(&t);
}

TEST(numbers_may_be_levels_when_asked)
{
    struct lt_table *t = help_text("zip,b\n10115,1.5\n20095,2.5\n10115,3\n20095,4\n10115,9\n");
    struct lt_prep p = fit_with(t, LT_SCALING_AUTO, "zip=categorical");
    double v[2];
    T_INT(p.column[0].levels, 2);
    T_STR(p.column[0].level[0], "10115");
    float *x = features(t, &p);
    lt_prep_invert(&p, x + p.features, 1, v);
    T_NEAR(v[0], 20095, 0);
    lt_free(x);
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(rare_levels_share_one_feature)
{
    struct lt_table *t = help_text("a,b\nx,1\nx,2.5\ny,3\nx,4\nz,5\nw,5\nw,7\n");
    struct lt_prep p = fit(t);
    T_INT(p.column[0].levels, 2); /* x and w; y and z stand in one row each */
    float *x = features(t, &p);
    T_OK(x[2 * p.features + 1] == 0 && x[2 * p.features + 3] == 1);
    lt_free(x);
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(times_are_standardised)
{
    struct lt_table *t = mixed();
    struct lt_prep p = fit(t);
    double sum = 0, squares = 0;
    float *x = features(t, &p);
    for (int64_t i = 0; i < 60; i++) {
        double course = (double)x[i * p.features + p.column[5].first];
        sum += course;
        squares += course * course;
    }
    T_NEAR(sum / 60, 0, 1e-5);
    T_NEAR(squares / 60, 1, 1e-5);
    lt_free(x);
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(scalings_ignore_missing_cells)
{
    static const enum lt_scaling scalings[] = {LT_SCALING_STANDARD, LT_SCALING_MINMAX,
                                               LT_SCALING_ROBUST};
    static const double offsets[] = {3, 1, 3}, scales[] = {0.70710678, 0.25, 1.349 / 2};
    struct lt_table *t = help_text("a,b\n1,0.5\n2,1\n,7\n3,1\n4,2\n5,3\n");
    for (int i = 0; i < 3; i++) {
        struct lt_prep p = fit_with(t, scalings[i], NULL);
        int64_t at = p.column[0].first;
        T_NEAR(p.offset[at], offsets[i], 1e-9);
        T_NEAR(p.scale[at], scales[i], 1e-6);
        lt_prep_free(&p);
    }
    lt_table_free(&t);
}

TEST(an_array_keeps_its_columns_in_order)
{
    float values[40];
    struct lt_error err = {0};
    struct lt_table *t = NULL;
    for (int i = 0; i < 40; i++)
        values[i] = i % 4 == 2 ? 7 : (float)i;
    values[9] = (float)NAN;
    T_INT(lt_table_from_rows(&t, "rows", values, 10, 4, &err), 0);
    struct lt_prep p = fit(t);
    T_INT(p.features, 4);
    for (int64_t j = 0; j < 4; j++) {
        T_INT(p.column[j].first, j);
        T_INT(p.column[j].kind, LT_KIND_NUMBER);
    }
    T_INT(p.flag_first, 0);
    T_INT(p.flags, 4);
    float *x = features(t, &p);
    T_OK(isnan(x[9]) && !isnan(x[10]));
    lt_free(x);
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(what_cannot_be_taken_is_told)
{
    struct lt_table *t = help_text("a,b\n1.5,2\n2.5,3\n3,inf\n4,5\n");
    struct lt_error err = fit_refused(t, NULL);
    T_INT(err.code, LT_ECONTENT);
    T_STR(err.text, "t.csv:4: column \"b\": the value is infinite; correct it, or leave the column "
                    "out with --ignore \"b\"");
    lt_table_free(&t);

    t = help_text("a,b\n1,7\n1,7\n1,7\n");
    err = fit_refused(t, NULL);
    T_STR(err.text, "there is nothing to learn from: every column is a constant or an identifier; "
                    "give others, or name their kind with --types COL=categorical");
    lt_table_free(&t);

    t = help_text("a,b\n1.5,x\n2,y\n1,x\n");
    err = fit_refused(t, "c=numeric");
    T_INT(err.code, LT_EUSAGE);
    T_STR(err.text, "--types: t.csv has no column \"c\"");
    err = fit_refused(t, "b=number");
    T_STR(err.text, "--types: \"number\" is not one of numeric, integer, boolean, categorical, "
                    "time, identifier");
    err = fit_refused(t, "b");
    T_STR(err.text, "--types: \"b\" is not of the form COL=KIND, such as zip=categorical");
    err = fit_refused(t, "b=numeric");
    T_STR(err.text, "t.csv:2: column \"b\": \"x\" is not a number; correct it, or leave the column "
                    "out with --ignore \"b\"");
    err = fit_refused(t, "b=time");
    T_STR(err.text, "--types: the cells of column \"b\" are not all dates or times of one format, "
                    "such as 2024-05-31 or 2024-05-31 12:30:00");
    err = fit_refused(t, "a=boolean");
    T_STR(err.text, "--types: column \"a\" has other values than 0 and 1, so it is not boolean");
    lt_table_free(&t);
}

TEST(dates_in_another_format_and_text_among_numbers_are_told)
{
    struct lt_table *t = help_text("when,b\n2024-01-02,1.5\n2024-01-03,2\n2024-01-05,3\n");
    struct lt_prep p = fit(t);
    T_STR(lt_kind_name(p.column[0].kind), "time");
    struct lt_table *u = help_text("when,b\n2024-02-02,1\n03.01.2024,2\n");
    T_STR(feed_refused(u, &p).text,
          "t.csv:3: column \"when\": \"03.01.2024\" is not a date or time in the format of the "
          "training data; correct it, or train with --ignore \"when\"");
    lt_table_free(&u);
    u = help_text("when,b\n20240202,1\n20240203,2\n");
    T_STR(feed_refused(u, &p).text,
          "t.csv:2: column \"when\": the value is a number where the model was trained on dates or "
          "times; write it as in the training data");
    lt_table_free(&u);
    u = help_text("when,b\n2024-02-02,1\n2024-02-03,high\n");
    T_STR(feed_refused(u, &p).text,
          "t.csv:3: column \"b\": \"high\" is not a number; correct it, or leave the column out "
          "with --ignore \"b\"");
    lt_table_free(&u);
    lt_prep_free(&p);
    lt_table_free(&t);
}

/* ---- a few rows of a stream, whose columns have other types ---- */

static struct lt_prep fit_of_stream(struct lt_table **t)
{
    *t = help_text("when,code,size,unit\n2024-01-02,007,1.5,mm\n2024-01-03,1.50,2,mm\n"
                   "2024-01-05,x,3,mm\n2024-01-06,007,4,mm\n2024-01-08,1.50,,mm\n"
                   "2024-01-09,x,5,mm\n2024-01-10,y,6,mm\n2024-01-11,y,7,mm\n");
    struct lt_prep p = fit(*t);
    T_STR(lt_kind_name(p.column[0].kind), "time");
    T_STR(lt_kind_name(p.column[1].kind), "categorical");
    T_STR(lt_kind_name(p.column[2].kind), "numeric");
    return p;
}

/* Expects that the rows have the features of these rows of the training table. */
static void expect_features(const char *rows, struct lt_table *t, const struct lt_prep *p,
                            const int *same)
{
    struct lt_table *u = help_text(rows);
    float *want = features(t, p), *x = features(u, p);
    for (int64_t i = 0; i < lt_table_rows(u); i++)
        for (int64_t k = 0; k < p->features; k++) {
            float a = x[i * p->features + k], b = want[same[i] * p->features + k];
            if (isnan(a) != isnan(b) || a < b || a > b)
                T_FAIL("row %lld: feature %lld is %g, not %g", (long long)i, (long long)k,
                       (double)a, (double)b);
        }
    lt_free(want);
    lt_free(x);
    lt_table_free(&u);
}

TEST(cells_mean_the_same_whatever_type_their_column_has_in_the_table)
{
    struct lt_table *t;
    struct lt_prep p = fit_of_stream(&t);
    /* The code alone is an integer here, then a real, then text; the size an integer. */
    expect_features("when,code,size,unit\n2024-01-06,007,4,mm\n", t, &p, (int[]){3});
    expect_features("when,code,size,unit\n2024-01-06,007,4,\n2024-01-03,1.50,2,7\n", t, &p,
                    (int[]){3, 1});
    expect_features("when,code,size,unit\n2024-01-05,x,3,mm\n2024-01-06,007,4,mm\n", t, &p,
                    (int[]){2, 3});
    expect_features("when,code,size,unit\n2024-01-08,1.50,,mm\n", t, &p, (int[]){4});
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(a_column_without_any_cell_is_missing_whatever_its_kind)
{
    struct lt_table *t, *u = help_text("when,code,size,unit\n,,,\nNA,?,,\n");
    struct lt_prep p = fit_of_stream(&t);
    float *x = features(u, &p);
    for (int64_t k = 0; k < 2 * p.features; k++)
        if (!isnan(x[k]))
            T_FAIL("feature %lld is %g", (long long)k, (double)x[k]);
    lt_free(x);
    lt_table_free(&u);
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(a_row_that_is_refused_leaves_the_others_readable)
{
    struct lt_table *t;
    struct lt_prep p = fit_of_stream(&t);
    struct lt_table *u = help_text("when,code,size,unit\n2024-01-05,x,3,mm\n2024-01-05,x,big,mm\n"
                                   "2024-01-06,007, 4,mm\n7,x,3,mm\n2024-01-05,x,inf,mm\n");
    static const char *const bad[] = {
        NULL,
        "t.csv:3: column \"size\": \"big\" is not a number; correct it, or leave the column out "
        "with --ignore \"size\"",
        NULL,
        "t.csv:5: column \"when\": \"7\" is not a date or time in the format of the training data; "
        "correct it, or train with --ignore \"when\"",
        "t.csv:6: column \"size\": the value is infinite; correct it, or leave the column out with "
        "--ignore \"size\""};
    float x[40], *want = features(t, &p);
    struct lt_error err = {0};
    struct lt_feed *feed = NULL;
    T_INT(lt_feed_create(&feed, u, &p, 5, 1, &err), 0);
    T_INT(lt_feed_rows(feed, all_rows, 5, x, &err), LT_ECONTENT);
    for (int64_t i = 0; i < 5; i++) {
        err = (struct lt_error){0};
        T_INT(lt_feed_rows(feed, &all_rows[i], 1, x, &err), bad[i] ? LT_ECONTENT : 0);
        T_STR(err.text, bad[i] ? bad[i] : "");
        if (!bad[i])
            T_OK(memcmp(x, want + (i == 0 ? 2 : 3) * p.features, (size_t)p.features * sizeof *x) ==
                 0);
    }
    lt_feed_free(&feed);
    lt_free(want);
    lt_table_free(&u);
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(ten_thousand_columns_and_one_row_and_three_columns_are_fine)
{
    static char text[10000 * 24];
    int used = 0;
    for (int j = 0; j < 10000; j++)
        used += sprintf(text + used, "%sc%d", j ? "," : "", j);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 10000; j++)
            used += sprintf(text + used, "%s%d", j ? "," : "\n", (i + j) % 3);
    sprintf(text + used, "\n");
    struct lt_table *t = help_text(text);
    struct lt_prep p = fit(t);
    T_INT(p.features, 10000);
    lt_prep_free(&p);
    lt_table_free(&t);
}

T_MAIN
