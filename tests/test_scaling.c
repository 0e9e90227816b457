/* Scalings of columns, and quantiles above all. */
#include "base/rng.h"
#include "prep/curve.h"
#include "t_prep.h"

enum { ROWS = 4000, COLUMNS = 3 };

/* Rows of exp(2 z), of z, and of 0 where z < 0.5 and z elsewhere. */
static struct lt_table *skewed(void)
{
    static float x[ROWS * COLUMNS];
    struct lt_error err = {0};
    struct lt_table *t = NULL;
    struct lt_stream s = lt_stream(5, LT_RNG_TEST, 0, 0);
    lt_fill_normal(&s, x, ROWS * COLUMNS);
    for (int i = 0; i < ROWS; i++) {
        x[i * COLUMNS] = (float)exp(2 * (double)x[i * COLUMNS]);
        if (x[i * COLUMNS + 2] < 0.5f)
            x[i * COLUMNS + 2] = 0;
    }
    if (lt_table_from_rows(&t, "rows", x, ROWS, COLUMNS, &err))
        T_FAIL("%s", err.text);
    return t;
}

/* Every value comes back, and greater values have greater features. */
static void check_round_trip(const struct lt_prep *p, const struct lt_column *c, double low,
                             double high)
{
    enum { STEPS = 5000 };
    double before = -INFINITY;
    for (int i = 0; i <= STEPS; i++) {
        double v = low + (high - low) * i / STEPS;
        double x = lt_prep_scale_value(p, c, v);
        if (!isfinite(x) || x <= before)
            T_FAIL("%g gives %g after %g", v, x, before);
        T_NEAR(lt_prep_unscale_value(p, c, x), v, 1e-12 * fmax(fabs(v), 1e-3 * (high - low)));
        before = x;
    }
}

TEST(normal_quantiles_are_those_of_tables)
{
    static const struct {
        double p, z;
    } known[] = {{0.5, 0},
                 {0.75, 0.67448975},
                 {0.9, 1.28155157},
                 {0.975, 1.95996398},
                 {0.9999, 3.71901649},
                 {1e-9, -5.99780702},
                 {1e-15, -7.94134533}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        T_NEAR(lt_normal_quantile(known[i].p), known[i].z, 1e-6);
        if (known[i].p > 0.1)
            T_NEAR(lt_normal_quantile(1 - known[i].p), -known[i].z, 1e-6);
    }
}

TEST(quantiles_make_a_skewed_column_normal)
{
    struct lt_table *t = skewed();
    struct lt_prep p = fit_with(t, LT_SCALING_QUANTILE, NULL);
    float *x = features(t, &p);
    for (int j = 0; j < 2; j++) {
        double power[4] = {0};
        T_INT(p.column[j].scaling, LT_SCALING_QUANTILE);
        T_OK(p.column[j].knots > 50 && p.column[j].knots <= LT_KNOTS_MAX);
        for (int i = 0; i < ROWS; i++)
            for (int k = 0; k < 4; k++)
                power[k] += pow((double)x[i * COLUMNS + j], k + 1) / ROWS;
        T_NEAR(power[0], 0, 0.02);
        T_NEAR(power[1], 1, 0.03);
        T_NEAR(power[2], 0, 0.1);
        T_NEAR(power[3], 3, 0.25);
    }
    T_INT(lt_prep_scaling(&p), LT_SCALING_QUANTILE);
    T_OK(p.low < -3 && p.low > -5 && p.high > 3 && p.high < 5);
    lt_free(x);
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(values_come_back_within_the_training_range_and_outside)
{
    struct lt_table *t = skewed();
    struct lt_prep p = fit_with(t, LT_SCALING_QUANTILE, NULL);
    check_round_trip(&p, &p.column[0], 0, 20);
    check_round_trip(&p, &p.column[0], -1e6, 1e6);
    check_round_trip(&p, &p.column[1], -20, 20);
    check_round_trip(&p, &p.column[2], -20, 20);
    for (int j = 0; j < COLUMNS; j++) {
        T_OK(isnan(lt_prep_scale_value(&p, &p.column[j], NAN)));
        T_OK(isnan(lt_prep_unscale_value(&p, &p.column[j], NAN)));
    }
    /* A step as wide as the upper half of the data is a few scores more, not hundreds. */
    double top = lt_prep_scale_value(&p, &p.column[1], 8);
    T_OK(top > 5 && top < 20);
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(features_of_quantiles_turn_back_into_the_cells)
{
    struct lt_table *t = skewed();
    struct lt_prep p = fit_with(t, LT_SCALING_QUANTILE, NULL);
    float *x = features(t, &p);
    double v[COLUMNS];
    for (int64_t i = 0; i < ROWS; i++) {
        lt_prep_invert(&p, x + i * COLUMNS, 1, v);
        for (int64_t j = 0; j < COLUMNS; j++) {
            double cell = atof(help_cell(t, i, j));
            T_NEAR(v[j], cell, 2e-5 * fmax(1, fabs(cell)));
        }
    }
    lt_free(x);
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(any_number_of_threads_reads_the_same_features)
{
    struct lt_table *t = skewed();
    struct lt_prep p = fit_with(t, LT_SCALING_QUANTILE, NULL);
    float *x = features(t, &p), *y = NULL;
    struct lt_error err = {0};
    for (int threads = 1; threads <= 5; threads += 2) {
        struct lt_feed *feed = NULL;
        T_INT(lt_alloc(&y, (size_t)(ROWS * p.features), sizeof *y, "features", &err), 0);
        T_INT(lt_feed_create(&feed, t, &p, ROWS, threads, &err), 0);
        T_INT(lt_feed_rows(feed, all_rows, ROWS, y, &err), 0);
        T_OK(memcmp(x, y, (size_t)(ROWS * p.features) * sizeof *y) == 0);
        lt_feed_free(&feed);
        lt_free(y);
    }
    lt_free(x);
    lt_prep_free(&p);
    lt_table_free(&t);
}

/* Of 1,000 rows: grade has 4 values, rare is 1 in 20 rows, two has two values that are no booleans,
 * on is 0 or 1, near differs in the last digits. */
static struct lt_table *few(void)
{
    static char text[1000 * 60 + 100];
    int used = sprintf(text, "grade,rare,two,on,near\n");
    for (int i = 0; i < 1000; i++)
        used += sprintf(text + used, "%d,%d,%d,%d,%.14f\n", i * i % 7, i % 20 ? 0 : 1 + i % 3,
                        i % 5 ? 3 : 9, i % 3 == 0, 7 + 1e-14 * (i % 6));
    return help_text(text);
}

TEST(few_values_come_back_exactly)
{
    struct lt_table *t = few();
    struct lt_prep p = fit_with(t, LT_SCALING_QUANTILE, NULL);
    float *x = features(t, &p);
    double v[5];
    T_INT(p.column[0].knots, 4); /* squares modulo 7 */
    T_INT(p.column[1].knots, 4);
    for (int64_t i = 0; i < 1000; i++) {
        lt_prep_invert(&p, x + i * p.features, 1, v);
        T_OK(v[0] == atof(help_cell(t, i, 0)) && v[1] == atof(help_cell(t, i, 1)));
        T_OK(v[3] == atof(help_cell(t, i, 3)));
        T_OK(v[4] == atof(help_cell(t, i, 4)));
    }
    check_round_trip(&p, &p.column[0], -10, 10);
    check_round_trip(&p, &p.column[1], -10, 10);
    lt_free(x);
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(two_values_are_standardised_in_place_of_a_curve)
{
    struct lt_table *t = few();
    struct lt_prep p = fit_with(t, LT_SCALING_QUANTILE, NULL);
    for (int j = 2; j < 4; j++) {
        T_INT(p.column[j].scaling, LT_SCALING_STANDARD);
        T_INT(p.column[j].knots, 0);
    }
    T_INT(lt_prep_scaling(&p), LT_SCALING_AUTO);
    T_STR(lt_prep_scaling_name(&p), "mixed");
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(missing_cells_stay_missing_and_move_no_quantile)
{
    struct lt_table *t = help_text("a,b\n1,\n2,8.5\n3,\n4,9\n5,11\n6,\n8,14\n");
    struct lt_prep p = fit_with(t, LT_SCALING_QUANTILE, NULL);
    const struct lt_column *b = &p.column[1];
    float *x = features(t, &p);
    T_INT(b->knots, 4);
    T_OK(isnan(x[b->first]) && !isnan(x[p.features + b->first]));
    T_NEAR(lt_prep_scale_value(&p, b, 10), 0, 1e-6); /* between the two in the middle */
    double v[2];
    lt_prep_invert(&p, x, 1, v);
    T_OK(v[0] == 1 && isnan(v[1]));
    lt_free(x);
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(images_are_scaled_as_a_whole_and_other_integers_of_16_bits_are_not)
{
    static const char image[] = "P2 2 1 65535 0 6553", bytes[] = "P2 2 1 255 0 51";
    static const char npy[] =
        "\x93NUMPY\1\0\x39\0{'descr': '<u2', 'fortran_order': False, 'shape': "
        "(2, 1)}\0\0\0\1";
    static const struct {
        const char *name, *bytes;
        size_t size;
        enum lt_scaling scaling;
        double scale;
    } cases[] = {
        {"t.pgm", image, sizeof image - 1, LT_SCALING_BYTES, 65535},
        {"t.pgm", bytes, sizeof bytes - 1, LT_SCALING_BYTES, 255},
        {"t.npy", npy, sizeof npy - 1, LT_SCALING_STANDARD, 128},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lt_table *t = help_bytes(cases[i].name, cases[i].bytes, cases[i].size);
        struct lt_prep p = fit_with(t, LT_SCALING_AUTO, NULL);
        T_INT(lt_prep_scaling(&p), cases[i].scaling);
        T_NEAR(1 / p.scale[0], cases[i].scale, 1e-9);
        lt_prep_free(&p);
        lt_table_free(&t);
    }
}

TEST(a_value_missing_where_none_may_be_is_refused)
{
    static const unsigned char head[] = {0, 0, 8, 2, 0, 0, 0, 50, 0, 0, 0, 2};
    unsigned char bytes[sizeof head + 100];
    float rows[4] = {1, 2, NAN, 4};
    struct lt_error err = {0};
    struct lt_feed *feed = NULL;
    struct lt_table *u = NULL;
    memcpy(bytes, head, sizeof head);
    for (int i = 0; i < 100; i++)
        bytes[sizeof head + (size_t)i] = (unsigned char)(i * i);
    struct lt_table *t = help_bytes("x", bytes, sizeof bytes);
    struct lt_prep p = fit_with(t, LT_SCALING_QUANTILE, NULL);
    T_OK(!p.observes && p.knots > 0);
    T_INT(lt_table_from_rows(&u, "rows", rows, 2, 2, &err), 0);
    T_INT(lt_feed_create(&feed, u, &p, 2, 1, &err), 0);
    float x[4];
    T_INT(lt_feed_rows(feed, all_rows, 2, x, &err), LT_ECONTENT);
    T_OK(strstr(err.text, "the value is missing, which this model does not know") != NULL);
    lt_feed_free(&feed);
    lt_table_free(&u);
    lt_prep_free(&p);
    lt_table_free(&t);
}

TEST(times_and_categories_keep_their_own_scaling)
{
    static const enum lt_scaling asked[] = {LT_SCALING_NONE, LT_SCALING_STANDARD, LT_SCALING_ROBUST,
                                            LT_SCALING_QUANTILE, LT_SCALING_MINMAX};
    struct lt_table *t = help_text("when,what,n\n2024-01-01,a,1.5\n2024-01-02,b,2\n"
                                   "2024-01-03,a,4\n2024-01-04,b,8\n2024-01-06,a,16\n");
    for (int i = 0; i < 5; i++) {
        struct lt_prep p = fit_with(t, asked[i], NULL);
        bool unit = asked[i] == LT_SCALING_MINMAX;
        T_INT(p.column[0].scaling, unit ? LT_SCALING_MINMAX : LT_SCALING_STANDARD);
        T_INT(p.column[1].scaling, LT_SCALING_NONE);
        T_INT(p.column[2].scaling, asked[i]);
        T_INT(lt_prep_scaling(&p), asked[i]); /* times do not count beside numbers */
        float *x = features(t, &p);
        T_NEAR((double)x[p.column[0].first], unit ? 0 : -1.27872403, 1e-6);
        T_OK(x[p.column[1].first] == 1);
        lt_free(x);
        lt_prep_free(&p);
    }
    lt_table_free(&t);
}

TEST(named_tables_are_standardised_and_a_value_far_away_is_noted)
{
    static char text[1000 * 40 + 20];
    int used = sprintf(text, "a,b,c\n");
    for (int i = 0; i < 1000; i++)
        used +=
            sprintf(text + used, "%d.5,%.3f,%d\n", i % 13, i == 77 ? 1e6 : (i % 10) / 3.0, i == 5);
    struct lt_table *t = help_text(text);
    struct lt_prep p = fit_with(t, LT_SCALING_AUTO, NULL);
    T_INT(lt_prep_scaling(&p), LT_SCALING_STANDARD);
    T_OK(p.column[0].alone == 0 && p.column[2].alone == 0);
    T_NEAR(p.column[1].alone, 31.6, 0.1);
    lt_prep_free(&p);
    lt_table_free(&t);
}

T_MAIN
