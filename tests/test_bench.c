/* latent bench: what it refuses, and that what it tells hangs together. */
#include "app/bench.h"
#include "t.h"

TEST(an_unknown_measurement_is_refused_with_the_list)
{
    struct lt_error err = {0};
    struct lt_report *report = NULL;
    T_INT(lt_bench("speedy", 1, &report, &err), LT_EUSAGE);
    T_ERR(err, "bench: \"speedy\" is not one of train, bf16, optimizer, encode, csv, npy, "
               "score");
    T_OK(!report);
}

TEST(csv_is_told_beside_strtod)
{
    struct lt_error err = {0};
    struct lt_report *report = NULL;
    T_INT(lt_bench("csv", 1, &report, &err), LT_OK);
    double rate = lt_report_get_number(report, "csv.mb_per_second");
    double plain = lt_report_get_number(report, "csv.strtod_mb_per_second");
    T_OK(rate > 0 && plain > 0);
    T_NEAR(lt_report_get_number(report, "csv.ratio"), rate / plain, 1e-9 * rate / plain);
    T_INT(lt_report_get_number(report, "threads"), 1);
    T_OK(strncmp(lt_report_text(report), "CSV is read at ", 15) == 0);
    lt_report_free(&report);
}

TEST(npy_is_told_beside_a_copy)
{
    struct lt_error err = {0};
    struct lt_report *report = NULL;
    T_INT(lt_bench("npy", 1, &report, &err), LT_OK);
    T_OK(lt_report_get_number(report, "npy.ratio") > 0);
    lt_report_free(&report);
}

T_MAIN
