#include "t_drift.h"

#include "app/compare.h"
#include "latent.h"
#include "model/modelfile.h"

/* Comparing two models on the same rows. */

/* Models of one table, differing by what they start from, and rows that neither has seen. */
struct pair {
    struct lt_backend *backend;
    struct lt_table *table, *fresh;
    struct lt_model *one, *two;
};

static struct pair open_pair(void)
{
    struct pair p = {.backend = t_backend()};
    struct lt_table *other = t_source_table((struct t_source){.seed = 12, .rows = 900});
    p.table = t_source_table((struct t_source){.seed = 11, .rows = 900});
    p.fresh = t_source_table((struct t_source){.seed = 13, .rows = 700});
    p.one = t_model(p.table, 300, p.backend);
    p.two = t_model(other, 300, p.backend);
    lt_model_seal(p.one);
    lt_model_seal(p.two);
    lt_table_free(&other);
    return p;
}

static void close_pair(struct pair *p)
{
    lt_model_free(&p->one);
    lt_model_free(&p->two);
    lt_table_free(&p->table);
    lt_table_free(&p->fresh);
    lt_backend_free(&p->backend);
}

static struct lt_report *compare(const struct lt_model *a, const struct lt_model *b,
                                 struct lt_table *table, double tolerance, int *rc)
{
    struct lt_error err = {0};
    struct lt_report *r = NULL;
    struct lt_session_options session = {.backend = "ref", .threads = 1};
    struct lt_compare_options options = {.tolerance = tolerance, .rate = 0.05};
    T_INT(lt_report_create(&r, &err), 0);
    *rc = lt_compare(a, b, table, &options, &session, r, &err);
    if (*rc && *rc != LT_ENO)
        T_FAIL("%s", err.text);
    return r;
}

TEST(a_model_differs_in_nothing_from_itself)
{
    struct pair p = open_pair();
    int rc;
    struct lt_report *r = compare(p.one, p.one, p.fresh, 0, &rc);
    T_INT(rc, 0);
    T_STR(lt_report_get_string(r, "verdict"), "same");
    T_NEAR(lt_report_get_number(r, "flips"), 0, 0);
    T_NEAR(lt_report_get_number(r, "p_change"), 0, 0);
    T_NEAR(lt_report_get_number(r, "rank_correlation"), 1, 1e-12);
    T_NEAR(lt_report_get_number(r, "columns.1.change"), 0, 0);
    T_NEAR(lt_report_get_number(r, "old.error") - lt_report_get_number(r, "new.error"), 0, 0);
    lt_report_free(&r);
    close_pair(&p);
}

TEST(decisions_that_change_are_counted_and_allowed_up_to_the_tolerance)
{
    struct pair p = open_pair();
    int rc;
    struct lt_report *r = compare(p.one, p.two, p.fresh, 0, &rc);
    double flips = lt_report_get_number(r, "flips");
    T_INT(rc, LT_ENO);
    T_STR(lt_report_get_string(r, "verdict"), "differ");
    T_OK(flips > 0);
    T_NEAR(flips * 700,
           lt_report_get_number(r, "old.alarms_only_here") +
               lt_report_get_number(r, "new.alarms_only_here"),
           1e-9);
    T_OK(lt_report_get_number(r, "columns.1.change") >=
         lt_report_get_number(r, "columns.2.change"));
    lt_report_free(&r);
    r = compare(p.one, p.two, p.fresh, flips, &rc);
    T_INT(rc, 0);
    T_STR(lt_report_get_string(r, "verdict"), "alike");
    lt_report_free(&r);
    close_pair(&p);
}

TEST(without_a_detector_reconstructions_decide)
{
    struct pair p = open_pair();
    int rc;
    p.one->detector.kind = p.two->detector.kind = LT_DETECTOR_NONE;
    struct lt_report *r = compare(p.one, p.two, p.fresh, 0, &rc);
    double change = lt_report_get_number(r, "columns.1.change");
    T_INT(rc, LT_ENO);
    T_OK(isnan(lt_report_get_number(r, "flips")));
    lt_report_free(&r);
    r = compare(p.one, p.two, p.fresh, change, &rc);
    T_INT(rc, 0);
    lt_report_free(&r);
    p.two->detector.kind = LT_DETECTOR_RECONSTRUCTION;
    r = compare(p.one, p.two, p.fresh, 1e9, &rc);
    T_INT(rc, LT_ENO);
    if (!strstr(lt_report_text(r), "only the new one has a detector"))
        T_FAIL("%s", lt_report_text(r));
    lt_report_free(&r);
    close_pair(&p);
}

TEST(columns_of_one_model_only_count_as_a_difference)
{
    struct pair p = open_pair();
    struct lt_error err = {0};
    struct lt_table *fewer = NULL;
    int rc;
    T_INT(lt_table_without(&fewer, p.table, 1, &err), 0);
    struct lt_model *m = t_model(fewer, 300, p.backend);
    lt_model_seal(m);
    struct lt_report *r = compare(p.one, m, p.fresh, 1, &rc);
    T_INT(rc, LT_ENO);
    T_NEAR(lt_report_get_number(r, "old.columns_only_here"), 1, 0);
    T_NEAR(lt_report_get_number(r, "columns_compared"), 6, 0);
    if (!strstr(lt_report_text(r), "1 column is read by the old one only"))
        T_FAIL("%s", lt_report_text(r));
    lt_report_free(&r);
    lt_model_free(&m);
    lt_table_free(&fewer);
    close_pair(&p);
}

T_MAIN
