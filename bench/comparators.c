/* The streams of integers that general-purpose compressors are given beside `latent pack`, so that
 * they stand at their best: the narrowest integers that say what has to be said, in several orders.
 *
 *     comparators TABLE.npy FOLDER rank|whole|E
 *
 * TABLE.npy is (N, ...) in C order, little-endian, of any integers or reals.  With E each value becomes
 * the number of steps of 2 E from its column's least value, E in the column's range, so that no
 * value is off by more than E; with `rank` its rank among the column's values; with `whole`, where
 * all values are whole numbers, its distance from the least of all, so that what is alike in
 * several columns stays alike.  Writes
 *
 *     row, col                    the order of the file, and column after column
 *     row-delta, col-delta        differences from the row before, wrapped
 *     col-planes, delta-planes    in two bytes: low bytes, then high bytes, of each column (of
 *                                 differences with their sign in the lowest bit)
 *     row-bits, col-bits          where all are 0 or 1: eight to a byte
 *
 * to FOLDER (nothing where values are not whole as asked), and prints rows, columns, bytes of a value, and the bytes that dictionaries of ranks take.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct input {
    size_t rows, columns;
    char kind;   /* f i u b */
    size_t size; /* bytes of a value */
    unsigned char *values;
};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "comparators: %s: %s\n", what, why);
    exit(1);
}

static void *need(size_t n, size_t size)
{
    void *room = calloc(n + !n, size);
    if (!room)
        fail("memory", "not enough");
    return room;
}

static struct input read_npy(const char *path)
{
    struct input in = {.rows = 1, .columns = 1};
    unsigned char start[10];
    FILE *f = fopen(path, "rb");
    if (!f || fread(start, 1, 10, f) != 10 || memcmp(start, "\x93NUMPY\x01", 7) != 0)
        fail(path, "is no NPY file of version 1");
    size_t length = (size_t)start[8] | (size_t)start[9] << 8;
    char *head = need(length + 1, 1);
    if (fread(head, 1, length, f) != length || strstr(head, "'fortran_order': True"))
        fail(path, "has another header than Latent writes");
    const char *descr = strstr(head, "'descr': '"), *shape = strstr(head, "'shape': (");
    if (!descr || !shape || !strchr("<|", descr[10]) || !strchr("fiub", descr[11]))
        fail(path, "has another header than Latent writes");
    in.kind = descr[11];
    in.size = (size_t)atoi(descr + 12);
    char *p = (char *)shape + 10;
    for (int axis = 0; *p != ')'; axis++) {
        size_t n = strtoul(p, &p, 10);
        *(axis ? &in.columns : &in.rows) *= n;
        p += strspn(p, ", ");
    }
    size_t bytes = in.rows * in.columns * in.size;
    in.values = need(bytes, 1);
    if (fread(in.values, 1, bytes, f) != bytes)
        fail(path, "ends early");
    fclose(f);
    free(head);
    return in;
}

/* A value as bits whose order as unsigned integers is that of the values. */
static uint64_t key_of(const struct input *in, size_t cell)
{
    const uint64_t top = UINT64_C(1) << (8 * in->size - 1);
    uint64_t bits = 0;
    memcpy(&bits, in->values + cell * in->size, in->size);
    if (in->kind == 'i')
        return bits ^ top;
    if (in->kind == 'f')
        return bits & top ? ~bits & (2 * top - 1) : bits | top;
    return bits;
}

static double value_of(const struct input *in, size_t cell)
{
    const unsigned char *at = in->values + cell * in->size;
    float single;
    double real;
    if (in->kind == 'f' && in->size == 4)
        return memcpy(&single, at, 4), (double)single;
    if (in->kind == 'f')
        return memcpy(&real, at, 8), real;
    uint64_t key = key_of(in, cell);
    return in->kind == 'i' ? (double)key - ldexp(1.0, 8 * (int)in->size - 1) : (double)key;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Ranks of one column; returns the number of values. */
static size_t rank(const struct input *in, size_t column, uint32_t *q, uint64_t *sorted)
{
    size_t distinct = 0;
    for (size_t i = 0; i < in->rows; i++)
        sorted[i] = key_of(in, i * in->columns + column);
    qsort(sorted, in->rows, sizeof *sorted, compare);
    for (size_t i = 0; i < in->rows; i++)
        if (i == 0 || sorted[i] != sorted[distinct - 1])
            sorted[distinct++] = sorted[i];
    for (size_t i = 0; i < in->rows; i++) {
        uint64_t key = key_of(in, i * in->columns + column);
        uint64_t *found = bsearch(&key, sorted, distinct, sizeof key, compare);
        q[i * in->columns + column] = (uint32_t)(found - sorted);
    }
    return distinct;
}

static void quantise(const struct input *in, size_t column, double bound, uint32_t *q)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < in->rows; i++) {
        double value = value_of(in, i * in->columns + column);
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    for (size_t i = 0; i < in->rows && most > least; i++)
        q[i * in->columns + column] = (uint32_t)nearbyint(
            (value_of(in, i * in->columns + column) - least) / (2 * bound * (most - least)));
}

/* Whether all values are whole and lie close enough together. */
static int shift(const struct input *in, uint32_t *q)
{
    double least = INFINITY;
    for (size_t i = 0; i < in->rows * in->columns; i++)
        least = fmin(least, value_of(in, i));
    for (size_t i = 0; i < in->rows * in->columns; i++) {
        double value = value_of(in, i) - least;
        if (!(value < 4294967296.0) || value != floor(value) || fabs(least) > 0x1p52)
            return 0;
        q[i] = (uint32_t)value;
    }
    return 1;
}

/* ---- the streams --------------------------------------------------------- */

struct stream {
    const uint32_t *q; /* (rows, columns) */
    size_t rows, columns, width;
    const char *folder;
};

static void save(const struct stream *s, const char *name, const unsigned char *bytes, size_t n)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
        fail(path, "cannot be written");
}

/* A cell, or its difference from the one above as it is or with its sign in the lowest bit. */
enum change { AS_IS, DELTA, SIGNED };

static uint32_t cell_of(const struct stream *s, size_t row, size_t column, enum change change)
{
    const uint32_t *at = s->q + row * s->columns + column;
    const unsigned bits = 32 - 8 * (unsigned)s->width;
    if (change == AS_IS || row == 0)
        return *at;
    uint32_t delta = *at - *(at - s->columns);
    int32_t narrow = (int32_t)(delta << bits) >> bits;
    return change == DELTA ? delta : ((uint32_t)narrow << 1) ^ (uint32_t)(narrow >> 31);
}

/* Byte b of the value at (row, column) goes where `planes` and `by_column` say. */
static void write_stream(const struct stream *s, const char *name, int by_column,
                         enum change change, int planes)
{
    const size_t n = s->rows * s->columns * s->width;
    unsigned char *out = need(n, 1);
    for (size_t i = 0; i < s->rows; i++)
        for (size_t j = 0; j < s->columns; j++) {
            uint32_t cell = cell_of(s, i, j, change);
            size_t at = by_column ? j * s->rows + i : i * s->columns + j;
            for (size_t b = 0; b < s->width; b++)
                out[planes ? (j * s->width + b) * s->rows + i : at * s->width + b] =
                    (unsigned char)(cell >> 8 * b);
        }
    save(s, name, out, n);
    free(out);
}

static void write_bits(const struct stream *s, const char *name, int by_column)
{
    const size_t lines = by_column ? s->columns : s->rows,
                 length = by_column ? s->rows : s->columns;
    const size_t bytes = (length + 7) / 8;
    unsigned char *out = need(lines, bytes);
    for (size_t line = 0; line < lines; line++)
        for (size_t k = 0; k < length; k++) {
            size_t cell = by_column ? k * s->columns + line : line * s->columns + k;
            out[line * bytes + k / 8] |= (unsigned char)(s->q[cell] << (7 - k % 8));
        }
    save(s, name, out, lines * bytes);
    free(out);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        fail("usage", "comparators TABLE.npy FOLDER rank|whole|E");
    struct input in = read_npy(argv[1]);
    uint32_t *q = need(in.rows * in.columns, sizeof *q), most = 0;
    uint64_t *sorted = need(in.rows, sizeof *sorted);
    size_t dictionary = 0;
    const int ranks = strcmp(argv[3], "rank") == 0, whole = strcmp(argv[3], "whole") == 0;
    if (whole && !shift(&in, q))
        return 0;
    for (size_t j = 0; j < in.columns && !whole; j++) {
        if (ranks)
            dictionary += in.size * rank(&in, j, q, sorted);
        else
            quantise(&in, j, atof(argv[3]), q);
    }
    for (size_t i = 0; i < in.rows * in.columns; i++)
        most = q[i] > most ? q[i] : most;
    struct stream s = {q, in.rows, in.columns, most < 256 ? 1 : most < 65536 ? 2 : 4, argv[2]};
    write_stream(&s, "row", 0, AS_IS, 0);
    write_stream(&s, "col", 1, AS_IS, 0);
    write_stream(&s, "row-delta", 0, DELTA, 0);
    write_stream(&s, "col-delta", 1, DELTA, 0);
    if (s.width > 1) {
        write_stream(&s, "col-planes", 1, AS_IS, 1);
        write_stream(&s, "delta-planes", 1, SIGNED, 1);
    }
    if (most < 2) {
        write_bits(&s, "row-bits", 0);
        write_bits(&s, "col-bits", 1);
    }
    printf("%zu %zu %zu %zu\n", in.rows, in.columns, s.width, dictionary);
    free(sorted);
    free(q);
    free(in.values);
    return 0;
}
