#include "app/bench.h"

#include "app/bench/measure.h"
#include "base/clock.h"
#include "base/parallel.h"

#include <stdio.h>
#include <string.h>

static const struct lt_bench_ops *const measurements[] = {
    &lt_bench_train,  &lt_bench_conv, &lt_bench_bf16, &lt_bench_optimizer,
    &lt_bench_encode, &lt_bench_csv,  &lt_bench_npy,  &lt_bench_score,
};
enum { MEASUREMENTS = sizeof measurements / sizeof *measurements };

static int check_name(const char *what, struct lt_error *err)
{
    char names[200] = "";
    for (int i = 0; i < MEASUREMENTS; i++) {
        if (!what || strcmp(what, measurements[i]->name) == 0)
            return LT_OK;
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "",
                 measurements[i]->name);
    }
    return lt_fail(err, LT_EUSAGE, "bench: \"%.60s\" is not one of %s", what, names);
}

static int start(struct lt_bench *bench, int threads, struct lt_error *err)
{
    int rc = lt_report_create(&bench->report, err);
    if (!rc)
        rc = lt_backend_create(&bench->backend, NULL, threads > 0 ? threads : lt_cpu_count(), err);
    if (!rc)
        bench->bare = strcmp(bench->backend->ops->name, "cpu") == 0;
    return rc ? rc
              : lt_bench_images(&bench->images, &bench->prep, LT_BENCH_ROWS, LT_BENCH_SIDE, err);
}

static int measure(struct lt_bench *bench, const char *what, struct lt_error *err)
{
    char backend[160];
    double started = lt_clock();
    int rc = LT_OK;
    for (int i = 0; i < MEASUREMENTS && !rc; i++)
        if (!what || strcmp(what, measurements[i]->name) == 0)
            rc = measurements[i]->run(bench, err);
    if (rc)
        return rc;
    lt_backend_describe(bench->backend, backend, sizeof backend);
    lt_report_line(bench->report, "on %s, %d thread%s; what is compared took turns, best of each",
                   backend, bench->backend->threads, bench->backend->threads == 1 ? "" : "s");
    lt_report_string(bench->report, "backend", backend);
    lt_report_integer(bench->report, "threads", bench->backend->threads);
    lt_report_number(bench->report, "seconds", lt_clock() - started);
    lt_report_verdict(bench->report, NULL, "%s", bench->verdict);
    lt_report_next(bench->report, "latent train DATA -o MODEL");
    return lt_report_seal(bench->report, err);
}

int lt_bench(const char *what, int threads, struct lt_report **report, struct lt_error *err)
{
    struct lt_bench bench = {0};
    struct lt_error own = {0};
    if (!err)
        err = &own;
    *report = NULL;
    int rc = check_name(what, err);
    if (!rc)
        rc = start(&bench, threads, err);
    if (!rc)
        rc = measure(&bench, what, err);
    if (!rc) {
        *report = bench.report;
        bench.report = NULL;
    }
    lt_report_free(&bench.report);
    lt_prep_free(&bench.prep);
    lt_table_free(&bench.images);
    lt_backend_free(&bench.backend);
    return rc;
}
