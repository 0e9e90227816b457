#include "data/array.h"

#include "base/mem.h"
#include "data/resample.h"
#include "data/table_ops.h"
#include "data/writer_ops.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct array_table {
    struct lt_table base;
    int parts;
    struct lt_array *part; /* (parts) */
    int64_t *first;        /* (parts) row number of the part's first row */
    size_t row_bytes;
    size_t pixel_bytes; /* of mixed images; 0: all rows have one shape */
};

void lt_array_free(struct lt_array *array)
{
    lt_bytes_free(&array->bytes);
    lt_free(array->owned);
    lt_free(array->name);
    *array = (struct lt_array){0};
}

int64_t lt_array_width(const struct lt_array *array)
{
    int64_t width = 1;
    for (int i = 0; i < array->rank; i++)
        width *= array->shape[i];
    return width;
}

const char *lt_array_text(const struct lt_array *array, char buf[LT_ARRAY_TEXT])
{
    int n = snprintf(buf, LT_ARRAY_TEXT, "(%" PRId64, array->rows);
    for (int i = 0; i < array->rank; i++)
        n += snprintf(buf + n, LT_ARRAY_TEXT - (size_t)n, ", %" PRId64, array->shape[i]);
    snprintf(buf + n, LT_ARRAY_TEXT - (size_t)n, ") %s", lt_type_name(array->type));
    return buf;
}

/* ---- another size ------------------------------------------------------ */

bool lt_array_is_image(const struct lt_array *array)
{
    return array->rank == 2 || (array->rank == 3 && array->shape[2] <= 4);
}

/* Between others an infinite value would spoil its neighbours, or pass for a missing one. */
static int check_finite(const struct lt_array *a, struct lt_error *err)
{
    const int64_t width = lt_array_width(a);
    if (a->type != LT_F32 && a->type != LT_F64)
        return LT_OK;
    for (int64_t i = 0; i < a->rows * width; i++)
        if (isinf(lt_type_value(a->type, a->values, i)))
            return lt_fail(err, LT_ECONTENT,
                           "%s: row %" PRId64 ", column %" PRId64
                           ": the value is infinite; correct it",
                           a->name, i / width, i % width);
    return LT_OK;
}

/* Every image of `a` into `to`, by way of one of h x w pixels. */
static int resample_rows(const struct lt_array *a, int64_t h, int64_t w, double *image, char *to,
                         struct lt_error *err)
{
    const int64_t c = a->rank == 3 ? a->shape[2] : 1, width = lt_array_width(a);
    const size_t size = lt_type_size(a->type);
    int rc = LT_OK;
    for (int64_t row = 0; row < a->rows && !rc; row++) {
        const char *values = (const char *)a->values + (size_t)(row * width) * size;
        const struct lt_pixels from = {a->shape[0], a->shape[1], c, a->type, values};
        rc = lt_resample(&from, h, w, image, a->name, err);
        for (int64_t i = 0; i < h * w * c && !rc; i++, to += size)
            lt_writer_put(a->type, image[i], to);
    }
    return rc;
}

int lt_array_resample(struct lt_array *a, int64_t h, int64_t w, struct lt_error *err)
{
    double *image = NULL;
    void *owned = NULL;
    size_t cells = 0, count = (size_t)(a->rank == 3 ? a->shape[2] : 1);
    if (a->rows < 1 || lt_array_width(a) < 1)
        return LT_OK; /* nothing to resample, which is refused later */
    a->height = a->shape[0];
    a->width = a->shape[1];
    if (a->height == h && a->width == w)
        return LT_OK;
    if (!lt_size_mul(count, (size_t)(h * w), &count) ||
        !lt_size_mul(count, (size_t)a->rows, &cells))
        return lt_fail_memory(err, a->name, SIZE_MAX);
    int rc = check_finite(a, err);
    if (!rc)
        rc = lt_alloc(&image, count, sizeof *image, a->name, err);
    if (!rc)
        rc = lt_alloc(&owned, cells, lt_type_size(a->type), a->name, err);
    if (!rc)
        rc = resample_rows(a, h, w, image, owned, err);
    lt_free(image);
    if (rc) {
        lt_free(owned);
        return rc;
    }
    lt_bytes_free(&a->bytes);
    lt_free(a->owned);
    a->values = a->owned = owned;
    a->shape[0] = h;
    a->shape[1] = w;
    return LT_OK;
}

/* ---- tables ------------------------------------------------------------ */

static const struct array_table *array_of(const struct lt_table *table)
{
    return (const struct array_table *)(const void *)table;
}

static int part_of(const struct array_table *t, int64_t row)
{
    int low = 0, high = t->parts - 1;
    while (low < high) {
        int middle = low + (high - low + 1) / 2;
        if (t->first[middle] <= row)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* An image in the upper left corner of a row, 0 around it. */
static void pad(const struct array_table *t, const struct lt_array *part, int64_t index, char *to)
{
    const size_t line = (size_t)part->shape[1] * t->pixel_bytes;
    const size_t stride = (size_t)t->base.group[0].shape[1] * t->pixel_bytes;
    const char *from = (const char *)part->values + (size_t)index * (size_t)part->shape[0] * line;
    memset(to, 0, t->row_bytes);
    for (int64_t y = 0; y < part->shape[0]; y++)
        memcpy(to + (size_t)y * stride, from + (size_t)y * line, line);
}

static int fetch_mixed(const struct lt_table *table, const int64_t *rows, int64_t begin, int64_t n,
                       struct lt_block *block, struct lt_error *err)
{
    (void)err;
    const struct array_table *t = array_of(table);
    for (int64_t i = 0; i < n; i++) {
        const int64_t row = rows ? rows[i] : begin + i;
        const int p = part_of(t, row);
        pad(t, &t->part[p], row - t->first[p],
            (char *)block->group[0].values + (size_t)i * t->row_bytes);
    }
    return LT_OK;
}

static int fetch(const struct lt_table *table, const int64_t *rows, int64_t begin, int64_t n,
                 struct lt_block *block, struct lt_error *err)
{
    (void)err;
    const struct array_table *t = array_of(table);
    char *to = block->group[0].values;
    for (int64_t i = 0; i < n;) {
        int64_t row = rows ? rows[i] : begin + i;
        int p = t->parts == 1 ? 0 : part_of(t, row);
        int64_t end = t->first[p] + t->part[p].rows;
        int64_t run = rows ? 1 : (end - row < n - i ? end - row : n - i);
        memcpy(to, (const char *)t->part[p].values + (size_t)(row - t->first[p]) * t->row_bytes,
               (size_t)run * t->row_bytes);
        to += (size_t)run * t->row_bytes;
        i += run;
    }
    return LT_OK;
}

static void where(const struct lt_table *table, int64_t row, int64_t column, char *buf, size_t size)
{
    const struct array_table *t = array_of(table);
    int p = part_of(t, row);
    struct lt_table one = {.name = t->part[p].name};
    lt_table_where_array(&one, row - t->first[p], column, buf, size);
}

static bool row_file(const struct lt_table *table, int64_t row, struct lt_row_file *out)
{
    const struct array_table *t = array_of(table);
    const struct lt_array *part = &t->part[part_of(t, row)];
    *out = (struct lt_row_file){part->name, part->kind, part->height, part->width};
    return true;
}

static void row_image(const struct lt_table *table, int64_t row, int64_t *h, int64_t *w)
{
    const struct array_table *t = array_of(table);
    const struct lt_array *part = &t->part[part_of(t, row)];
    *h = part->shape[0];
    *w = part->shape[1];
}

static void let_go(const struct lt_table *table, int64_t begin, int64_t n)
{
    const struct array_table *t = array_of(table);
    for (int p = part_of(t, begin); p < t->parts && t->first[p] < begin + n; p++) {
        const struct lt_array *a = &t->part[p];
        const size_t row = (size_t)lt_array_width(a) * lt_type_size(a->type);
        int64_t first = begin > t->first[p] ? begin - t->first[p] : 0;
        int64_t end = begin + n - t->first[p] < a->rows ? begin + n - t->first[p] : a->rows;
        if (!a->owned) {
            size_t at = (size_t)((const unsigned char *)a->values - a->bytes.data);
            lt_bytes_release(&a->bytes, at + (size_t)first * row, at + (size_t)end * row);
        }
    }
}

static void release(struct lt_table *table)
{
    struct array_table *t = (struct array_table *)(void *)table;
    for (int i = 0; i < t->parts; i++)
        lt_array_free(&t->part[i]);
    lt_free(t->part);
    lt_free(t->first);
}

static const struct lt_table_ops array_ops = {
    .fetch = fetch,
    .where = where,
    .row_file = row_file,
    .let_go = let_go,
    .release = release,
};

static const struct lt_table_ops mixed_ops = {
    .fetch = fetch_mixed,
    .where = where,
    .row_file = row_file,
    .row_image = row_image,
    .let_go = let_go,
    .release = release,
};

static int check_alike(const struct lt_array *a, const struct lt_array *b, bool mixed,
                       struct lt_error *err)
{
    const int differ = mixed && a->rank > 1 ? 2 : 0; /* axes that may */
    if (a->type == b->type && a->rank == b->rank &&
        memcmp(a->shape + differ, b->shape + differ,
               (size_t)(a->rank - differ) * sizeof a->shape[0]) == 0)
        return LT_OK;
    char at[LT_ARRAY_TEXT], bt[LT_ARRAY_TEXT];
    const bool sizes = !mixed && lt_array_is_image(a) && a->type == b->type && a->rank == b->rank &&
                       a->shape[2] == b->shape[2];
    return lt_fail(err, LT_ECONTENT,
                   "%s: holds %s but %s holds %s; files read together need rows of one shape and "
                   "type%s%s",
                   b->name, lt_array_text(b, bt), a->name, lt_array_text(a, at),
                   sizes ? ", or " : "", sizes ? LT_MIXED_CURE : "");
}

/* The shape that holds every array's rows. */
static struct lt_array widest_of(const struct lt_array *arrays, int count)
{
    struct lt_array w = arrays[0];
    for (int i = 1; i < count; i++)
        for (int k = 0; k < w.rank; k++)
            w.shape[k] = arrays[i].shape[k] > w.shape[k] ? arrays[i].shape[k] : w.shape[k];
    return w;
}

int lt_table_of_arrays(struct lt_table **out, struct lt_array *arrays, int count, bool mixed,
                       struct lt_error *err)
{
    *out = NULL;
    struct array_table *t = NULL;
    int64_t rows = 0;
    int rc = LT_OK;
    for (int i = 0; i < count && !rc; i++) {
        rc = check_alike(&arrays[0], &arrays[i], mixed, err);
        if (!rc && arrays[i].rows < 1)
            rc = lt_fail(err, LT_ECONTENT, "%s: holds no rows", arrays[i].name);
        rows += arrays[i].rows;
    }
    const struct lt_array widest = widest_of(arrays, count);
    const int64_t width = lt_array_width(&widest);
    bool differ = false;
    for (int i = 0; i < count; i++)
        differ |= memcmp(widest.shape, arrays[i].shape, sizeof widest.shape) != 0;
    if (!rc && (width < 1 || width > LT_COLUMNS_MAX || rows > LT_ROWS_MAX))
        rc = lt_fail(err, LT_ECONTENT,
                     "%s: %" PRId64 " columns; between 1 and %" PRId64 " can be read",
                     arrays[0].name, width, (int64_t)LT_COLUMNS_MAX);
    if (rc || (rc = lt_table_init(&t, sizeof *t, differ ? &mixed_ops : &array_ops, arrays[0].name,
                                  rows, width, 1, false, err)))
        goto out;
    if ((rc = lt_alloc(&t->part, (size_t)count, sizeof *t->part, arrays[0].name, err)) ||
        (rc = lt_alloc(&t->first, (size_t)count, sizeof *t->first, arrays[0].name, err)))
        goto out;
    struct lt_group *g = &t->base.group[0];
    *g = (struct lt_group){.type = arrays[0].type, .width = width, .shape_rank = arrays[0].rank};
    memcpy(g->shape, widest.shape, sizeof g->shape);
    t->row_bytes = (size_t)width * lt_type_size(g->type);
    t->pixel_bytes = differ ? t->row_bytes / (size_t)(g->shape[0] * g->shape[1]) : 0;
    for (int i = 0; i < count; i++) {
        t->part[i] = arrays[i];
        t->first[i] = i ? t->first[i - 1] + arrays[i - 1].rows : 0;
    }
    for (int i = 0; i < count; i++)
        arrays[i] = (struct lt_array){0};
    t->parts = count;
    *out = &t->base;
    t = NULL;
out:
    if (t) {
        struct lt_table *base = &t->base;
        lt_table_free(&base);
    }
    for (int i = 0; i < count; i++)
        lt_array_free(&arrays[i]);
    return rc;
}

int lt_table_from_rows(struct lt_table **out, const char *name, const float *values, int64_t rows,
                       int64_t columns, struct lt_error *err)
{
    *out = NULL;
    struct lt_array array = {.type = LT_F32, .rows = rows, .rank = 1, .shape = {columns}};
    size_t cells = 0;
    if (rows < 1 || columns < 1 || rows > LT_ROWS_MAX || columns > LT_COLUMNS_MAX ||
        !lt_size_mul((size_t)rows, (size_t)columns, &cells))
        return lt_fail(err, LT_EUSAGE,
                       "%s: %" PRId64 " rows of %" PRId64 " columns; give at least one of each, "
                       "at most %" PRId64 " rows and %" PRId64 " columns",
                       name, rows, columns, (int64_t)LT_ROWS_MAX, (int64_t)LT_COLUMNS_MAX);
    int rc = lt_strdup(&array.name, name, err);
    if (!rc)
        rc = lt_alloc(&array.owned, cells, sizeof *values, name, err);
    if (rc) {
        lt_array_free(&array);
        return rc;
    }
    memcpy(array.owned, values, cells * sizeof *values);
    array.values = array.owned;
    return lt_table_of_arrays(out, &array, 1, false, err);
}
