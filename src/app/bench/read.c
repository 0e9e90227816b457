#include "app/bench/measure.h"

#include "base/mem.h"
#include "base/rng.h"
#include "data/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double TURNS_SECONDS = 1;

/* ---- CSV ---- */

enum { CSV_COLUMNS = 30, CSV_ROWS = 60000, CSV_CELL = 9 };

struct csv {
    struct lt_csv_source source;
    char *text;
    double sum; /* of what strtod read, so that it is not optimised away */
};

/* Rows of reals between -99.999 and 99.999 with three decimals; a header first. */
static int make_csv(struct csv *csv, struct lt_error *err)
{
    size_t used = 0, room = (CSV_ROWS + 1) * CSV_COLUMNS * CSV_CELL;
    int rc = lt_alloc(&csv->text, room, 1, "text", err);
    for (int j = 0; j < CSV_COLUMNS && !rc; j++)
        used += (size_t)snprintf(csv->text + used, room - used, "x%d%c", j,
                                 j < CSV_COLUMNS - 1 ? ',' : '\n');
    for (uint64_t row = 0; row < CSV_ROWS && !rc; row++) {
        struct lt_stream stream = lt_stream(1, LT_RNG_TEST, 1, row);
        for (uint32_t j = 0; j < CSV_COLUMNS; j++) {
            double value = ((double)lt_uniform(&stream, j) - 0.5) * 199.998;
            used += (size_t)snprintf(csv->text + used, room - used, "%.3f%c", value,
                                     j < CSV_COLUMNS - 1 ? ',' : '\n');
        }
    }
    csv->source = (struct lt_csv_source){"bench.csv", csv->text, used, NULL};
    return rc;
}

static int read_csv(void *context, struct lt_error *err)
{
    struct csv *csv = context;
    struct lt_table *table = NULL;
    int rc = lt_csv_read(&table, &csv->source, 1, 1, err);
    lt_table_free(&table);
    return rc;
}

/* The least that a reader built on the C library does: every number through strtod. */
static int read_strtod(void *context, struct lt_error *err)
{
    struct csv *csv = context;
    char *at = strchr(csv->text, '\n') + 1, *end = csv->text + csv->source.size, *next;
    (void)err;
    while (at < end) {
        csv->sum += strtod(at, &next);
        at = next + 1;
    }
    return LT_OK;
}

static int run_csv(struct lt_bench *bench, struct lt_error *err)
{
    struct csv csv = {0};
    struct lt_turn turns[2] = {{.run = read_csv, .context = &csv},
                               {.run = read_strtod, .context = &csv}};
    int rc = make_csv(&csv, err);
    if (!rc)
        rc = lt_bench_turns(turns, 2, TURNS_SECONDS, err);
    if (!rc) {
        double megabytes = (double)csv.source.size * 1e-6;
        double rate = megabytes / turns[0].seconds, plain = megabytes / turns[1].seconds;
        lt_bench_number(bench, "csv", "mb_per_second", rate);
        lt_bench_number(bench, "csv", "strtod_mb_per_second", plain);
        lt_bench_number(bench, "csv", "ratio", rate / plain);
        lt_report_line(bench->report, "csv: %d rows of %d numbers with three decimals, one thread",
                       CSV_ROWS, CSV_COLUMNS);
        lt_report_line(bench->report, "  %.0f MB/s, strtod alone %.0f MB/s: %.1f times as fast",
                       rate, plain, rate / plain);
        lt_bench_tell(bench, "CSV is read at %.0f MB/s, %.1f times as fast as strtod alone", rate,
                      rate / plain);
    }
    lt_free(csv.text);
    return rc;
}
const struct lt_bench_ops lt_bench_csv = {"csv", run_csv};

/* ---- NPY ---- */

enum { RUN = 512, NPY_ROWS = 16384, NPY_COLUMNS = 256 };

struct npy {
    struct lt_bench_npy file;
    float *copy; /* (NPY_ROWS, NPY_COLUMNS) */
    int64_t rows[RUN];
};

/* From the bytes of a file to the inputs of a network. */
static int read_npy(void *context, struct lt_error *err)
{
    struct npy *npy = context;
    struct lt_table *table = NULL;
    struct lt_feed *feed = NULL;
    struct lt_prep prep = {0};
    int rc = lt_table_from_bytes(&table, "bench.npy", npy->file.bytes, npy->file.size, NULL, err);
    if (!rc)
        rc = lt_prep_identity(&prep, table, err);
    if (!rc)
        rc = lt_feed_create(&feed, table, &prep, RUN, 1, err);
    for (int64_t first = 0; first < NPY_ROWS && !rc; first += RUN) {
        for (int64_t i = 0; i < RUN; i++)
            npy->rows[i] = first + i;
        rc = lt_feed_rows(feed, npy->rows, RUN, npy->copy + first * NPY_COLUMNS, err);
    }
    lt_feed_free(&feed);
    lt_prep_free(&prep);
    lt_table_free(&table);
    return rc;
}

static int copy_npy(void *context, struct lt_error *err)
{
    struct npy *npy = context;
    (void)err;
    memcpy(npy->copy, npy->file.values, sizeof(float) * NPY_ROWS * NPY_COLUMNS);
    return LT_OK;
}

static int run_npy(struct lt_bench *bench, struct lt_error *err)
{
    struct npy npy = {.copy = NULL};
    struct lt_turn turns[2] = {{.run = read_npy, .context = &npy},
                               {.run = copy_npy, .context = &npy}};
    int rc = lt_bench_npy_make(&npy.file, "<f4", sizeof(float), NPY_ROWS, "256", NPY_COLUMNS, err);
    if (!rc)
        rc = lt_alloc(&npy.copy, (size_t)NPY_ROWS * NPY_COLUMNS, sizeof(float), "rows", err);
    for (size_t i = 0; i < NPY_ROWS && !rc; i++) {
        struct lt_stream stream = lt_stream(1, LT_RNG_TEST, 2, i);
        lt_fill_uniform(&stream, (float *)npy.file.values + i * NPY_COLUMNS, NPY_COLUMNS);
    }
    if (!rc)
        rc = lt_bench_turns(turns, 2, TURNS_SECONDS, err);
    if (!rc) {
        double megabytes = (double)npy.file.size * 1e-6;
        double rate = megabytes / turns[0].seconds, copy = megabytes / turns[1].seconds;
        lt_bench_number(bench, "npy", "mb_per_second", rate);
        lt_bench_number(bench, "npy", "copy_mb_per_second", copy);
        lt_bench_number(bench, "npy", "ratio", rate / copy);
        lt_report_line(bench->report, "npy: %d rows of %d f4, from a file's bytes to inputs",
                       NPY_ROWS, NPY_COLUMNS);
        lt_report_line(bench->report, "  %.0f MB/s, a bare copy %.0f MB/s: %.0f %%", rate, copy,
                       100 * rate / copy);
        lt_bench_tell(bench, "NPY is read at %.0f MB/s, %.0f %% of the speed of a bare copy", rate,
                      100 * rate / copy);
    }
    lt_free(npy.copy);
    lt_free(npy.file.bytes);
    return rc;
}
const struct lt_bench_ops lt_bench_npy = {"npy", run_npy};
