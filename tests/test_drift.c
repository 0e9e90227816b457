#include "t_drift.h"

#include "app/shift.h"
#include "latent.h"
#include "model/modelfile.h"

/* Drift: nothing is called drift that is chance, and what has moved is named. */

static const struct lt_drift_options usual = {.level = 0.01, .least = 0.05, .seed = 1};

/* ---- the tests themselves, against numbers of scipy 1.17 ---- */

TEST(the_tail_of_chi_square_is_the_gamma_function)
{
    T_NEAR(lt_gamma_upper(0.5, 3.841458820694124 / 2), 0.05, 1e-12); /* scipy.stats.chi2.sf */
    T_NEAR(lt_gamma_upper(5, 9), 0.05496364149510506, 1e-12);
    T_NEAR(lt_gamma_upper(127, 150) / 0.025088607713906825, 1, 1e-9);
    T_NEAR(lt_gamma_upper(2, 40) / 1.7418252446695558e-16, 1, 1e-9);
    T_NEAR(lt_gamma_upper(3, 0), 1, 0);
}

TEST(shares_are_tested_exactly)
{
    struct lt_shift s = lt_shift_shares(3, 10, 9, 12); /* scipy.stats.fisher_exact */
    T_NEAR(s.p, 0.0835573095635015, 1e-10);
    T_NEAR(s.distance, 0.45, 1e-12);
    T_NEAR(lt_shift_shares(0, 1000, 0, 50).p, 1, 1e-9);
    T_NEAR(lt_shift_shares(1, 2000, 10, 100).p / 4.066724222540405e-13, 1, 1e-4);
}

TEST(more_alarms_than_the_rate_are_counted_by_ranks)
{
    /* one old row and one new: either stands higher */
    T_NEAR(lt_shift_excess(1, 1, 1, 1), 0.5, 1e-12);
    /* all of 3 new rows above the largest of 9: 3! 9! / 12! */
    T_NEAR(lt_shift_excess(1, 9, 3, 3), 1.0 / 220, 1e-12);
    T_NEAR(lt_shift_excess(2, 99, 0, 10), 1, 0);
}

TEST(counts_are_tested_by_chi_square_with_rare_levels_together)
{
    double before[] = {100, 200, 300, 0}, now[] = {30, 40, 30, 0};
    struct lt_shift s = lt_shift_counts(before, now, 4);
    /* scipy.stats.chi2_contingency with lambda_="log-likelihood", the larger p here */
    T_NEAR(s.p / 0.00027733565396810046, 1, 1e-9);
    T_NEAR(s.distance, 0.2, 1e-12);
    double rare[] = {500, 499, 1, 0, 0}, same[] = {50, 49, 0, 1, 0};
    T_OK(lt_shift_counts(rare, same, 5).p > 0.1); /* a single row of a new level is no news */
    double lost[] = {500, 500, 0, 0, 0}, found[] = {40, 40, 10, 10, 0};
    T_OK(lt_shift_counts(lost, found, 5).p < 1e-10);
}

TEST(holm_corrects_for_the_number_of_tests)
{
    struct lt_error err = {0};
    double p[] = {0.01, 0.04, 0.03, 0.005};
    T_INT(lt_shift_correct(p, 4, &err), 0);
    T_NEAR(p[0], 0.03, 1e-12);
    T_NEAR(p[1], 0.06, 1e-12);
    T_NEAR(p[2], 0.06, 1e-12);
    T_NEAR(p[3], 0.02, 1e-12);
}

/* ---- profiles ---- */

TEST(knots_keep_the_distance_and_never_exceed_it)
{
    struct lt_backend *backend = t_backend();
    struct lt_table *table = t_source_table((struct t_source){.seed = 7, .rows = 3000});
    struct lt_model *m = t_model(table, 300, backend);
    struct lt_profile_part part = lt_profile_first(&m->profile);
    int64_t *rows = NULL, count;
    struct lt_error err = {0};
    struct lt_survey whole, other;
    struct lt_table *moved =
        t_source_table((struct t_source){.seed = 8, .rows = 500, .shift = 0.2});
    struct lt_survey_request r = {.model = m, .backend = backend, .table = table};
    T_INT(lt_survey_rows(&rows, &count, 3000, m->prep.features, 1, &err), 0);
    r.rows = rows;
    r.count = count;
    T_INT(lt_survey_take(&whole, &r, &err), 0);
    r.table = moved;
    r.count = 500;
    T_INT(lt_survey_take(&other, &r, &err), 0);
    for (int j = 0; j < m->prep.schema.columns; j++, part = lt_profile_next(part)) {
        struct lt_survey_subject *a = &whole.subject[j], *b = &other.subject[j];
        double gap = 0;
        if (!a->value)
            continue;
        int64_t n = a->rows - a->missing, l = b->rows - b->missing;
        for (int64_t i = 0, k = 0; i < n; i++) { /* the distance at all values of the old rows */
            while (k < l && b->value[k] <= a->value[i])
                k++;
            if (i + 1 == n || a->value[i] < a->value[i + 1])
                gap = fmax(gap, fabs((double)(i + 1) / (double)n - (double)k / (double)l));
        }
        struct lt_shift s = lt_shift_numbers(&part, b->value, l);
        T_OK(s.distance <= gap + 1e-6 || gap < 0.02);
        T_OK(s.distance >= gap - 0.012);
    }
    lt_survey_free(&whole);
    lt_survey_free(&other);
    lt_free(rows);
    lt_table_free(&table);
    lt_table_free(&moved);
    lt_model_free(&m);
    lt_backend_free(&backend);
}

TEST(a_knot_is_the_value_of_no_single_row)
{
    float v[] = {1, 1, 1, 1, 1, 2, 3, 4, 5, 60};
    T_NEAR(lt_survey_knot(v, 10, 2), 1, 0);
    T_NEAR(lt_survey_knot(v, 10, 9), (2 + 3 + 4 + 5 + 60) / 5.0, 1e-6);
    T_NEAR(lt_survey_knot(v, 10, 6), (1 + 2 + 3 + 4 + 5) / 5.0, 1e-6);
    T_NEAR(lt_survey_knot(v + 5, 2, 1), 2.5, 0);
}

TEST(a_profile_survives_its_file)
{
    struct lt_backend *backend = t_backend();
    struct lt_error err = {0};
    struct lt_table *table = t_source_table((struct t_source){.seed = 3, .rows = 400});
    struct lt_model *m = t_model(table, 100, backend), *back = NULL;
    const char *path = t_tmp("m.latent");
    bool drift, again;
    lt_model_seal(m);
    if (lt_model_write(m, path, &err) || lt_model_read(&back, path, &err))
        T_FAIL("%s", err.text);
    T_INT(back->profile.subjects, m->profile.subjects);
    T_INT(back->profile.knots, m->profile.knots);
    struct t_source source = {.seed = 4, .rows = 200, .shift = 1};
    struct lt_report *a = t_drift(m, source, &usual, &drift);
    struct lt_report *b = t_drift(back, source, &usual, &again);
    T_OK(drift && again);
    T_NEAR(lt_report_get_number(a, "columns.1.p"), lt_report_get_number(b, "columns.1.p"), 0);
    lt_report_free(&a);
    lt_report_free(&b);
    lt_model_free(&m);
    lt_model_free(&back);
    lt_table_free(&table);
    lt_backend_free(&backend);
}

/* ---- what is promised ---- */

/* Runs in which fresh rows of the same source are called drift; both sides drawn anew. */
static int false_alarms(int runs, int64_t rows, int64_t fresh, const struct lt_drift_options *o)
{
    struct lt_backend *backend = t_backend();
    int alarms = 0;
    for (int i = 0; i < runs; i++) {
        bool drift;
        uint64_t seed = 1000 * (uint64_t)rows + 2 * (uint64_t)i;
        struct lt_table *table = t_source_table((struct t_source){.seed = seed, .rows = rows});
        struct lt_model *m = t_model(table, rows / 5, backend);
        struct t_source source = {.seed = seed + 1, .rows = fresh};
        struct lt_report *r = t_drift(m, source, o, &drift);
        alarms += drift;
        lt_report_free(&r);
        lt_model_free(&m);
        lt_table_free(&table);
    }
    lt_backend_free(&backend);
    T_NOTE("%d of %d runs of %d fresh rows beside %d are called drift", alarms, runs, (int)fresh,
           (int)rows);
    return alarms;
}

TEST(fresh_rows_are_called_drift_in_at_most_one_run_of_a_hundred)
{
    T_OK(false_alarms(1000, 300, 100, &usual) <= 10);
}

TEST(few_rows_are_no_excuse)
{
    T_OK(false_alarms(300, 300, LT_DRIFT_ROWS, &usual) <= 3);
}

TEST(every_distance_counted_as_drift_keeps_the_level)
{
    struct lt_drift_options o = {.level = 0.1, .least = 0, .seed = 1};
    T_OK(false_alarms(300, 600, 300, &o) <= 30);
}

/* ---- what has moved is named ---- */

static void names_first(struct t_source source, const char *column, const char *words)
{
    struct lt_backend *backend = t_backend();
    struct lt_table *table = t_source_table((struct t_source){.seed = 5, .rows = 2000});
    struct lt_model *m = t_model(table, 400, backend);
    bool drift;
    struct lt_report *r = t_drift(m, source, &usual, &drift);
    T_OK(drift);
    T_STR(lt_report_get_string(r, "verdict"), "drift");
    T_STR(lt_report_get_string(r, "columns.1.name"), column);
    if (!strstr(lt_report_text(r), words))
        T_FAIL("no \"%s\" in\n%s", words, lt_report_text(r));
    lt_report_free(&r);
    lt_model_free(&m);
    lt_table_free(&table);
    lt_backend_free(&backend);
}

TEST(half_a_standard_deviation_in_one_column_is_found)
{
    names_first((struct t_source){.seed = 6, .rows = 300, .shift = 0.5}, "gauss",
                "columns has moved");
}

TEST(a_level_never_seen_is_found_and_named)
{
    names_first((struct t_source){.seed = 6, .rows = 300, .fresh = 0.15}, "mode",
                "(such as \"boost\")");
}

TEST(cells_that_go_missing_are_found)
{
    names_first((struct t_source){.seed = 6, .rows = 300, .gone = 0.4}, "gap", "missing ");
}

TEST(a_model_without_a_profile_says_how_to_get_one)
{
    struct lt_backend *backend = t_backend();
    struct lt_table *table = t_source_table((struct t_source){.seed = 5, .rows = 300});
    struct lt_model *m = t_model(table, 60, backend), *back = NULL;
    struct lt_session_options session = {.backend = "ref", .threads = 1};
    struct lt_error err = {0};
    const char *path = t_tmp("old.latent");
    lt_profile_clear(&m->profile);
    lt_model_seal(m);
    if (lt_model_write(m, path, &err) || lt_model_read(&back, path, &err))
        T_FAIL("%s", err.text);
    T_INT(lt_drift(back, table, &usual, &session, NULL, &err), LT_EUSAGE);
    T_ERR(err, "this model does not know what its training data looked like; train it again with "
               "this version of Latent");
    lt_model_free(&m);
    lt_model_free(&back);
    lt_table_free(&table);
    lt_backend_free(&backend);
}

TEST(a_certain_difference_that_is_small_is_no_drift)
{
    struct lt_backend *backend = t_backend();
    struct lt_table *table = t_source_table((struct t_source){.seed = 5, .rows = 9000});
    struct lt_model *m = t_model(table, 900, backend);
    struct t_source source = {.seed = 6, .rows = 9000, .shift = 0.09};
    bool drift;
    struct lt_report *r = t_drift(m, source, &usual, &drift);
    T_OK(!drift);
    T_STR(lt_report_get_string(r, "columns.1.state"), "small");
    T_STR(lt_report_get_string(r, "columns.1.name"), "gauss");
    lt_report_free(&r);
    lt_model_free(&m);
    lt_table_free(&table);
    lt_backend_free(&backend);
}

T_MAIN
