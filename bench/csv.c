/* How fast numeric CSV is read, on one core: MB of text per second
 * of processor time.
 *
 *     csv [MB]
 *
 * Four tables that stand for what people have: bytes (images as text), small
 * decimals (measurements), reals with 17 digits (what programs print to lose
 * nothing) and the 19 digits with exponents that numpy.savetxt writes.  The
 * text is made in memory; each is read several times and the best counts.
 */
#include "base/mem.h"
#include "base/rng.h"
#include "data/csv.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { REPEATS = 5, LONGEST_ROW = 784 * 32 };

struct shape {
    const char *name;
    int columns;
    int (*cell)(char *to, double u);
};

static int byte_cell(char *to, double u)
{
    return sprintf(to, "%d", u < 0.8 ? 0 : (int)((u - 0.8) * 5 * 255));
}

static int decimal_cell(char *to, double u)
{
    return sprintf(to, "%.3f", (u - 0.5) * 200);
}

static int full_cell(char *to, double u)
{
    return sprintf(to, "%.17g", (u - 0.5) * 0.7);
}

static int savetxt_cell(char *to, double u)
{
    return sprintf(to, "%.18e", (u - 0.5) * 0.7);
}

static const struct shape shapes[] = {
    {"bytes, 784 columns", 784, byte_cell},
    {"3 decimals, 30 columns", 30, decimal_cell},
    {"17 digits, 30 columns", 30, full_cell},
    {"19 digits and exponent, 30 columns", 30, savetxt_cell},
};

/* About `size` bytes of rows; returns the length. */
static size_t make_text(char *text, size_t size, const struct shape *shape)
{
    size_t used = 0;
    for (int j = 0; j < shape->columns; j++)
        used += (size_t)sprintf(text + used, "%sx%d", j ? "," : "", j);
    text[used++] = '\n';
    for (uint64_t row = 0; used + LONGEST_ROW < size; row++) {
        struct lt_stream stream = lt_stream(1, LT_RNG_TEST, 0, row);
        for (int j = 0; j < shape->columns; j++) {
            if (j)
                text[used++] = ',';
            double u = (double)lt_uniform(&stream, 2 * (uint32_t)j) +
                       (double)lt_uniform(&stream, 2 * (uint32_t)j + 1) * 0x1p-24;
            used += (size_t)shape->cell(text + used, u);
        }
        text[used++] = '\n';
    }
    return used;
}

/* Of this process, which has one thread: what other programs do costs nothing. */
static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int measure(char *text, size_t size, const struct shape *shape, struct lt_error *err)
{
    double best = 1e9;
    int64_t rows = 0;
    const struct lt_csv_source source = {shape->name, text, make_text(text, size, shape)};
    for (int i = 0; i < REPEATS; i++) {
        struct lt_table *table = NULL;
        double start = cpu_seconds();
        int rc = lt_csv_read(&table, &source, 1, err);
        double seconds = cpu_seconds() - start;
        if (rc)
            return rc;
        rows = lt_table_rows(table);
        best = seconds < best ? seconds : best;
        lt_table_free(&table);
    }
    printf("%-36s %8lld rows %7.1f MB %7.0f MB/s\n", shape->name, (long long)rows,
           (double)source.size / 1e6, (double)source.size / 1e6 / best);
    return LT_OK;
}

int main(int argc, char **argv)
{
    struct lt_error err = {0};
    size_t size = (size_t)(argc > 1 ? atoi(argv[1]) : 64) * 1000000;
    char *text = NULL;
    int rc = lt_alloc(&text, size + LONGEST_ROW, 1, "the text", &err);
    for (size_t i = 0; !rc && i < sizeof shapes / sizeof *shapes; i++)
        rc = measure(text, size, &shapes[i], &err);
    if (rc)
        fprintf(stderr, "%s\n", err.text);
    lt_free(text);
    return rc ? 1 : 0;
}
