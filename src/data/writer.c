#include "data/writer_ops.h"

#include "base/mem.h"
#include "data/resample.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct lt_writer_ops *const writers[] = {
    &lt_folder_writer, &lt_csv_writer, &lt_tsv_writer, &lt_npy_writer,
    &lt_npz_writer,    &lt_idx_writer, &lt_png_writer, &lt_image_writer,
};

/* ---- the kind ---------------------------------------------------------- */

static bool ends_with(const char *text, size_t n, const char *end)
{
    size_t m = strlen(end);
    return n > m && strncasecmp(text + n - m, end, m) == 0;
}

/* Whether a kind writes files of this name, and whether gzipped. */
static bool takes(const struct lt_writer_ops *ops, const char *path, bool *gzip)
{
    size_t n = strlen(path);
    *gzip = !ops->takes && ends_with(path, n, ".gz");
    if (ops->takes)
        return ops->takes(path);
    return ends_with(path, n - (*gzip ? 3 : 0), ops->ending) && (ops->gz || !*gzip);
}

static const struct lt_writer_ops *find_writer(const char *path, bool *gzip, struct lt_error *err)
{
    struct stat file;
    *gzip = false;
    if (strcmp(path, "-") == 0)
        return &lt_csv_writer;
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++)
        if (takes(writers[i], path, gzip))
            return writers[i];
    if (stat(path, &file) == 0 && !S_ISREG(file.st_mode)) {
        *gzip = false; /* a pipe or a device has no ending to tell */
        return &lt_csv_writer;
    }
    lt_fail(
        err, LT_EUSAGE,
        "%s: the ending of the name says no kind of file; use .csv, .tsv, .npy, .idx (each also "
        "with .gz) or .npz, for images also .png, .jpg, .webp, .pgm, .ppm or a folder, which ends "
        "in /",
        path);
    return NULL;
}

int lt_writer_check(const char *path, struct lt_error *err)
{
    bool gzip;
    return !path || find_writer(path, &gzip, err) ? LT_OK : LT_EUSAGE;
}

bool lt_writer_is_text(const char *path, bool *gzip)
{
    const struct lt_writer_ops *ops = find_writer(path ? path : "-", gzip, NULL);
    return ops == &lt_csv_writer || ops == &lt_tsv_writer;
}

/* ---- values ------------------------------------------------------------ */

/* Greatest and least value of integer types; reals have none. */
static const struct {
    double least, greatest;
    bool integer;
} ranges[LT_TYPES] = {
    [LT_U8] = {0, 255, true},
    [LT_I8] = {-128, 127, true},
    [LT_U16] = {0, 65535, true},
    [LT_I16] = {-32768, 32767, true},
    [LT_U32] = {0, 4294967295.0, true},
    [LT_I32] = {-2147483648.0, 2147483647.0, true},
    [LT_U64] = {0, 0x1.fffffffffffffp63, true}, /* the greatest double below 2^64 */
    [LT_I64] = {-0x1p63, 0x1.fffffffffffffp62, true},
    [LT_BOOL] = {0, 1, true},
};

double lt_writer_fit(enum lt_type type, double value)
{
    if (!ranges[type].integer)
        return value;
    double nearest = round(value);
    if (nearest < ranges[type].least)
        return ranges[type].least;
    return nearest > ranges[type].greatest ? ranges[type].greatest : nearest;
}

void lt_writer_put(enum lt_type type, double value, void *cell)
{
    double fit = lt_writer_fit(type, value);
    float single = (float)fit;
    uint64_t whole = 0;
    switch (type) {
    case LT_F32:
        memcpy(cell, &single, sizeof single);
        return;
    case LT_F64:
        memcpy(cell, &fit, sizeof fit);
        return;
    default: /* two's complement, little-endian: the low bytes are the narrower integer */
        whole = fit < 0.0 ? (uint64_t)(int64_t)fit : (uint64_t)fit;
        memcpy(cell, &whole, lt_type_size(type));
        return;
    }
}

int lt_writer_fail_nan(const struct lt_writer *w, int64_t row, int64_t column, struct lt_error *err)
{
    return lt_fail(err, LT_EFAIL,
                   "%s: row %" PRId64 ", column %" PRId64
                   " is not a number, which a column of integers cannot hold",
                   w->name, w->written + row, column);
}

/* Whether a double holds the integer: 53 bits from the highest to the lowest that is set. */
static bool fits_double(const struct lt_out_rows *rows, int64_t cell)
{
    uint64_t size = 0;
    if (rows->type == LT_U64) {
        size = ((const uint64_t *)rows->values)[cell];
    } else if (rows->type == LT_I64) {
        int64_t value = ((const int64_t *)rows->values)[cell];
        size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    }
    while (size >> 53 && !(size & 1))
        size >>= 1;
    return size >> 53 == 0;
}

int lt_writer_convert(const struct lt_writer *w, const struct lt_out_rows *rows, int64_t n,
                      char *cells, struct lt_error *err)
{
    size_t size = lt_type_size(w->type);
    int64_t count = n * w->columns;
    if (w->type == rows->type) {
        memcpy(cells, rows->values, (size_t)count * size);
        return LT_OK;
    }
    for (int64_t i = 0; i < count; i++) {
        double value = lt_out_value(rows, i);
        if (isnan(value) && ranges[w->type].integer)
            return lt_writer_fail_nan(w, i / w->columns, i % w->columns, err);
        if (!fits_double(rows, i))
            return lt_fail(err, LT_EFAIL,
                           "%s: row %" PRId64 ", column %" PRId64
                           " is an integer of more digits than this kind of file keeps; use .npy",
                           w->name, w->written + i / w->columns, i % w->columns);
        lt_writer_put(w->type, value, cells + (size_t)i * size);
    }
    return LT_OK;
}

/* Types whose values all are f4 exactly. */
static bool fits_single(enum lt_type type)
{
    return type == LT_F32 || type == LT_BOOL || lt_type_size(type) <= 2;
}

enum lt_type lt_writer_common_type(const struct lt_writer *w)
{
    bool same = true, single = true;
    for (int64_t j = 0; j < w->columns; j++) {
        same = same && w->types[j] == w->types[0];
        single = single && fits_single(w->types[j]);
    }
    return same ? w->types[0] : single ? LT_F32 : LT_F64;
}

/* ---- the writer -------------------------------------------------------- */

/* The size that the image of a row had before it was resampled. */
static bool size_before(const struct lt_writer *w, int64_t row, int64_t *h, int64_t *wide)
{
    struct lt_row_file file;
    bool resampled = lt_table_row_file(w->source, row, &file) && file.height > 0;
    *h = resampled ? file.height : w->height;
    *wide = resampled ? file.width : w->width;
    return resampled;
}

void lt_writer_size_row(struct lt_writer *w, int64_t row)
{
    size_before(w, row, &w->shape[0], &w->shape[1]);
    w->columns = w->shape[0] * w->shape[1] * (w->rank == 3 ? w->shape[2] : 1);
}

/* Folders have a file for every row; of other files all rows have one size. */
static void find_sizes(struct lt_writer *w, const struct lt_writer_schema *schema)
{
    int64_t first[2], other[2];
    if (!w->source || (w->rank != 2 && w->rank != 3) || schema->names || schema->types ||
        lt_table_rows(w->source) != w->total)
        return;
    w->height = w->shape[0];
    w->width = w->shape[1];
    w->resamples = size_before(w, 0, &first[0], &first[1]);
    for (int64_t row = 1; row < w->total && w->resamples && !w->ops->folder; row++)
        w->resamples = size_before(w, row, &other[0], &other[1]) && other[0] == first[0] &&
                       other[1] == first[1];
    if (w->resamples && !w->ops->folder)
        lt_writer_size_row(w, 0);
}

static void copy_shape(struct lt_writer *w, const struct lt_writer_schema *schema)
{
    int64_t width = 1;
    for (int i = 0; i < schema->shape_rank; i++)
        width *= schema->shape[i];
    w->columns = schema->columns;
    w->rank = 1;
    w->shape[0] = w->columns;
    if (schema->shape_rank > 1 && width == w->columns) {
        w->rank = schema->shape_rank;
        memcpy(w->shape, schema->shape, sizeof w->shape);
    }
}

static int copy_schema(struct lt_writer *w, const struct lt_writer_schema *schema,
                       struct lt_error *err)
{
    bool lines = w->ops == &lt_csv_writer || w->ops == &lt_tsv_writer;
    if (schema->rows < 0 && !lines)
        return lt_fail(
            err, LT_EUSAGE,
            "%s: how many rows will come is not known, which only .csv and .tsv can live "
            "with",
            w->name);
    w->total = schema->rows;
    w->text = schema->text;
    w->text_context = schema->text_context;
    w->threads = schema->threads;
    w->source = schema->source;
    copy_shape(w, schema);
    find_sizes(w, schema);
    const size_t columns = (size_t)w->columns;
    int rc = lt_alloc(&w->types, columns, sizeof *w->types, w->name, err);
    if (!rc && schema->names)
        rc = lt_alloc(&w->names, columns, sizeof *w->names, w->name, err);
    for (size_t j = 0; j < columns && !rc; j++) {
        w->types[j] = schema->types ? schema->types[j] : schema->type;
        w->cells = j == 0 || w->cells == w->types[j] ? w->types[j] : LT_TYPES;
        if (w->types[j] == LT_TEXT && !(lines && schema->text))
            rc = lt_fail(err, LT_EUSAGE,
                         "%s: there are columns of text, which only .csv and .tsv can hold",
                         w->name);
        if (schema->names && !rc)
            rc = lt_strdup(&w->names[j], schema->names[j], err);
    }
    return rc;
}

int lt_writer_create_as(struct lt_writer **out, const struct lt_writer_ops *ops, bool gzip,
                        const char *path, const struct lt_writer_schema *schema,
                        struct lt_error *err)
{
    *out = NULL;
    struct lt_writer *w = NULL;
    int rc = lt_alloc(&w, 1, sizeof *w, path, err);
    if (rc)
        return rc;
    w->ops = ops;
    if ((rc = lt_strdup(&w->name, strcmp(path, "-") == 0 ? "standard output" : path, err)) ||
        (rc = copy_schema(w, schema, err)) ||
        (!ops->folder && (rc = lt_sink_open(&w->sink, path, gzip, err))) ||
        (rc = ops->begin(w, err)))
        lt_writer_abort(&w);
    *out = w;
    return rc;
}

int lt_writer_create(struct lt_writer **out, const char *path,
                     const struct lt_writer_schema *schema, struct lt_error *err)
{
    *out = NULL;
    bool gzip = false;
    path = path ? path : "-";
    const struct lt_writer_ops *ops = find_writer(path, &gzip, err);
    return ops ? lt_writer_create_as(out, ops, gzip, path, schema, err) : LT_EUSAGE;
}

/* One by one, each in the size its image had. */
static int write_resampled(struct lt_writer *w, const struct lt_out_rows *rows, int64_t n,
                           struct lt_error *err)
{
    struct lt_pixels from = {
        .h = w->height, .w = w->width, .c = w->rank == 3 ? w->shape[2] : 1, .type = rows->type};
    const int64_t width = from.h * from.w * from.c;
    int rc = LT_OK;
    for (int64_t i = 0; i < n && !rc; i++, w->written++) {
        lt_writer_size_row(w, w->written);
        from.values = lt_out_from(rows, i * width).values;
        rc = lt_grow(&w->image, &w->image_room, (size_t)w->columns, sizeof *w->image, w->name, err);
        if (!rc)
            rc = lt_resample(&from, w->shape[0], w->shape[1], w->image, w->name, err);
        if (!rc)
            rc = w->ops->rows(w, &(struct lt_out_rows){LT_F64, w->image}, 1, err);
    }
    return rc;
}

int lt_writer_out(struct lt_writer *w, const struct lt_out_rows *rows, int64_t n,
                  struct lt_error *err)
{
    if (w->total >= 0 && n > w->total - w->written)
        return lt_fail(err, LT_EFAIL, "%s: more rows than the %" PRId64 " announced", w->name,
                       w->total);
    if (w->resamples)
        return write_resampled(w, rows, n, err);
    int rc = n > 0 ? w->ops->rows(w, rows, n, err) : LT_OK;
    w->written += n;
    return rc;
}

int lt_writer_rows(struct lt_writer *w, const double *values, int64_t n, struct lt_error *err)
{
    return lt_writer_out(w, &(struct lt_out_rows){LT_F64, values}, n, err);
}

int lt_writer_rows_f32(struct lt_writer *w, const float *values, int64_t n, struct lt_error *err)
{
    return lt_writer_out(w, &(struct lt_out_rows){LT_F32, values}, n, err);
}

int lt_writer_cells(struct lt_writer *w, const void *values, int64_t n, struct lt_error *err)
{
    if (w->cells == LT_TYPES || w->cells == LT_TEXT)
        return lt_fail(err, LT_EUSAGE, "%s: the columns are not all of one type of number",
                       w->name);
    return lt_writer_out(w, &(struct lt_out_rows){w->cells, values}, n, err);
}

int lt_writer_flush(struct lt_writer *w, struct lt_error *err)
{
    if (!w->sink || fflush(lt_outfile_stream(lt_sink_file(w->sink))) == 0)
        return LT_OK;
    return lt_fail(err, LT_EFAIL, "%s cannot be written: %s", w->name, strerror(errno));
}

int lt_writer_commit(struct lt_writer **w, struct lt_error *err)
{
    struct lt_writer *writer = *w;
    int rc = LT_OK;
    if (writer->total >= 0 && writer->written != writer->total)
        rc = lt_fail(err, LT_EFAIL, "%s: %" PRId64 " rows written of %" PRId64 " announced",
                     writer->name, writer->written, writer->total);
    if (!rc && writer->ops->finish)
        rc = writer->ops->finish(writer, err);
    if (!rc && writer->sink)
        rc = lt_sink_commit(&writer->sink, err);
    lt_writer_abort(w);
    return rc;
}

void lt_writer_abort(struct lt_writer **w)
{
    struct lt_writer *writer = *w;
    if (!writer)
        return;
    lt_sink_abort(&writer->sink);
    if (writer->ops->release)
        writer->ops->release(writer);
    for (int64_t j = 0; writer->names && j < writer->columns; j++)
        lt_free(writer->names[j]);
    lt_free(writer->names);
    lt_free(writer->types);
    lt_free(writer->buffer);
    lt_free(writer->image);
    lt_free(writer->name);
    lt_free(writer);
    *w = NULL;
}
