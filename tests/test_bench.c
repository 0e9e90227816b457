/* latent bench: what it refuses, and that what it tells hangs together. */
#include "app/bench.h"
#include "kernels/bound.h"
#include "t.h"
#include <stdio.h>

#if defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LT_SANITIZED 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define LT_SANITIZED 1
#endif

TEST(an_unknown_measurement_is_refused_with_the_list)
{
    struct lt_error err = {0};
    struct lt_report *report = NULL;
    T_INT(lt_bench("speedy", 1, &report, &err), LT_EUSAGE);
    T_ERR(err, "bench: \"speedy\" is not one of train, conv, bf16, optimizer, encode, csv, "
               "npy, score");
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

static bool has_onednn(void)
{
    struct lt_error err = {0};
    struct lt_backend *backend = NULL;
    T_INT(lt_backend_create(&backend, NULL, 1, &err), LT_OK);
    bool is = strcmp(backend->ops->name, "cpu") == 0;
    lt_backend_free(&backend);
    return is;
}

TEST(the_bound_of_convolutions_counts_every_product)
{
    struct lt_error err = {0};
    struct lt_bound bound = {0};
    const struct lt_conv_spec down = {
        .in = 16, .in_h = 9, .in_w = 8, .out = 32, .kernel = 3, .stride = 2};
    struct lt_conv_spec up = down;
    up.transposed = true;
    const struct lt_bound_layer layers[] = {{.conv = down},
                                            {.in = 5 * 4 * 32, .out = 640, .need_dx = true},
                                            {.conv = up, .need_dx = true}};
    const double conv = 2.0 * 5 * 4 * 32 * 9 * 16, dense = 2.0 * 640 * 640;
    if (!has_onednn())
        T_SKIP("without oneDNN there is no bound");
    for (int p = LT_PRECISION_F32; p <= LT_PRECISION_BF16; p++) {
        T_INT(lt_bound_measure(layers, 3, 8, (enum lt_precision)p, 1, 0.01, &bound, &err), LT_OK);
        T_NEAR(bound.flops, 8 * (5 * conv + 3 * dense), 1);
        T_OK(bound.seconds > 0 && bound.seconds < 1);
    }
}

/* A group of keys of the measurement conv. */
static void check_steps(const struct lt_report *report, const char *group)
{
    static const char *const names[] = {"step_seconds", "bound_seconds", "ratio", "gflops",
                                        "reorders"};
    double value[5];
    char key[60];
    for (int i = 0; i < 5; i++) {
        snprintf(key, sizeof key, "conv.%s.%s", group, names[i]);
        value[i] = lt_report_get_number(report, key);
        T_OK(value[i] > 0);
    }
    T_NEAR(value[2], value[1] / value[0], 1e-9);
}

TEST(convolutions_are_told_beside_bare_ones)
{
    struct lt_error err = {0};
    struct lt_report *report = NULL;
#if LT_SANITIZED
    T_SKIP("takes minutes under a sanitizer");
#endif
    T_INT(lt_bench("conv", 1, &report, &err), LT_OK);
    if (has_onednn()) {
        check_steps(report, "digits");
        check_steps(report, "denoiser");
        T_OK(strstr(lt_report_text(report), "of the speed of its bare convolutions"));
    } else {
        T_OK(strncmp(lt_report_text(report), "convolutions are not measured", 29) == 0);
    }
    lt_report_free(&report);
}

T_MAIN
