/* zfp beside `latent pack`: the bytes it takes where no value of a column is off by more than E in the
 * column's range.
 *
 *     zfp TABLE.f8 ROWS COLUMNS E
 *
 * TABLE.f8 holds (ROWS, COLUMNS) doubles.  Prints three numbers: the bytes of the columns, one by one
 * in one dimension, the bytes of the table in two, scaled by the ranges, and the greatest error of
 * the two in ranges.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <zfp.h>

static void *need(size_t n, size_t size)
{
    void *room = calloc(n, size);
    if (!room) {
        fprintf(stderr, "zfp: not enough memory\n");
        exit(1);
    }
    return room;
}

/* Packs a field of n values in [0, 1]; raises *error to the greatest difference that comes back. */
static size_t pack(zfp_field *field, const double *values, size_t n, double bound, double *error)
{
    double *back = need(n, sizeof *back);
    zfp_stream *zfp = zfp_stream_open(NULL);
    zfp_stream_set_accuracy(zfp, bound);
    size_t room = zfp_stream_maximum_size(zfp, field);
    void *packed = need(room, 1);
    bitstream *bits = stream_open(packed, room);
    zfp_stream_set_bit_stream(zfp, bits);
    size_t size = zfp_compress(zfp, field);
    zfp_field_set_pointer(field, back);
    zfp_stream_rewind(zfp);
    if (size == 0 || zfp_decompress(zfp, field) == 0) {
        fprintf(stderr, "zfp: cannot pack it\n");
        exit(1);
    }
    for (size_t i = 0; i < n; i++)
        *error = fmax(*error, fabs(back[i] - values[i]));
    zfp_stream_close(zfp);
    stream_close(bits);
    zfp_field_free(field);
    free(packed);
    free(back);
    return size;
}

int main(int argc, char **argv)
{
    FILE *f = argc == 5 ? fopen(argv[1], "rb") : NULL;
    const size_t rows = f ? strtoul(argv[2], NULL, 10) : 0,
                 columns = f ? strtoul(argv[3], NULL, 10) : 0;
    const double bound = f ? atof(argv[4]) : 0;
    double *x = need(rows * columns + 1, sizeof *x), *column = need(rows + 1, sizeof *column);
    if (!f || fread(x, sizeof *x, rows * columns, f) != rows * columns) {
        fprintf(stderr, "usage: zfp TABLE.f8 ROWS COLUMNS E\n");
        return 1;
    }
    size_t single = 0;
    double error = 0;
    for (size_t j = 0; j < columns; j++) {
        double least = x[j], most = x[j];
        for (size_t i = 0; i < rows; i++) {
            least = fmin(least, x[i * columns + j]);
            most = fmax(most, x[i * columns + j]);
        }
        for (size_t i = 0; i < rows; i++)
            column[i] = x[i * columns + j] = (x[i * columns + j] - least) / (most - least);
        if (most > least)
            single +=
                pack(zfp_field_1d(column, zfp_type_double, rows), column, rows, bound, &error);
    }
    size_t table =
        pack(zfp_field_2d(x, zfp_type_double, columns, rows), x, rows * columns, bound, &error);
    printf("%zu %zu %g\n", single, table, error);
    free(column);
    free(x);
    fclose(f);
    return 0;
}
