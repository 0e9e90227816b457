/* A folder out: one file for every row, named and made like the file that the row came from, or
 * numbered. */
#include "data/folder.h"
#include "data/image.h"
#include "data/writer_ops.h"

#include "base/mem.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
    size_t n = strlen(path);
    return (n > 0 && path[n - 1] == '/') || lt_folder_is(path);
}

/* ---- what the rows are --------------------------------------------------- */

/* Whether every row came from a file that it alone is, and is as large as it was. */
static bool rows_are_files(const struct lt_writer *w)
{
    struct lt_row_file file;
    if (!w->source || lt_table_rows(w->source) != w->total || lt_table_groups(w->source) != 1 ||
        lt_table_columns(w->source) != w->columns)
        return false;
    for (int64_t row = 0; row < w->total; row++)
        if (!lt_table_row_file(w->source, row, &file) || !file.kind)
            return false;
    return true;
}

/* The type and shape of a row: those of its file, else those of the schema. */
static void take_shape(struct lt_writer *w)
{
    w->named = rows_are_files(w);
    w->type = lt_writer_common_type(w);
    if (!w->named)
        return;
    const struct lt_group *g = lt_table_group(w->source, 0);
    w->type = g->type;
    w->rank = g->shape_rank;
    memcpy(w->shape, g->shape, sizeof w->shape);
}

static struct lt_image_look look_of(const struct lt_writer *w, const char *kind)
{
    return (struct lt_image_look){.height = w->shape[0],
                                  .width = w->shape[1],
                                  .channels = w->rank == 3 ? (int)w->shape[2] : 1,
                                  .bits = w->type == LT_U16 ? 16 : 8,
                                  .kind = kind};
}

/* The kind of numbered files: an image that keeps every value, or an array. */
static const char *kind_for_values(const struct lt_writer *w)
{
    static const char *const kinds[] = {".png", ".pgm", ".ppm"};
    for (size_t i = 0; i < 3 && (w->type == LT_U8 || w->type == LT_U16); i++) {
        struct lt_image_look look = look_of(w, kinds[i]);
        if (!lt_image_writable(&look, w->name, NULL))
            return kinds[i];
    }
    return ".npy";
}

/* ---- where they go ------------------------------------------------------- */

/* The last part of a path, of *length bytes without .gz: what is unpacked is written unpacked. */
static const char *base_name(const char *path, size_t *length)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    *length = strlen(name);
    if (*length > 3 && strcasecmp(name + *length - 3, ".gz") == 0)
        *length -= 3;
    return name;
}

static int digits_of(int64_t number)
{
    int digits = 1;
    for (; number > 9; number /= 10)
        digits++;
    return digits;
}

/* A file that will be written. */
struct target {
    char *path;       /* owned */
    const char *kind; /* ".png" */
};

static int find_target(struct target *out, const struct lt_writer *w, int64_t row,
                       struct lt_error *err)
{
    struct lt_row_file file;
    char number[40];
    const char *name = number;
    size_t n = strlen(w->name), length = 0;
    int digits = digits_of(w->total - 1);
    while (n > 1 && w->name[n - 1] == '/')
        n--;
    if (w->named) {
        lt_table_row_file(w->source, row, &file);
        out->kind = file.kind;
        name = base_name(file.path, &length);
    } else {
        out->kind = kind_for_values(w);
        length = (size_t)snprintf(number, sizeof number, "%0*" PRId64 "%s", digits < 6 ? 6 : digits,
                                  row, out->kind);
    }
    int rc = lt_alloc(&out->path, n + length + 2, 1, w->name, err);
    if (!rc)
        snprintf(out->path, n + length + 2, "%.*s%s%.*s", (int)n, w->name,
                 w->name[n - 1] == '/' ? "" : "/", (int)length, name);
    return rc;
}

/* ---- what is refused before any work ------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    size_t m, n;
    const char *x = base_name(*(const char *const *)a, &m);
    const char *y = base_name(*(const char *const *)b, &n);
    int order = memcmp(x, y, m < n ? m : n);
    return order ? order : (m > n) - (m < n);
}

/* Two folders may hold files of one name. */
static int check_names(const struct lt_writer *w, struct lt_error *err)
{
    const char **paths = NULL;
    struct lt_row_file file;
    int rc = lt_alloc(&paths, (size_t)w->total, sizeof *paths, w->name, err);
    for (int64_t row = 0; row < w->total && !rc; row++) {
        lt_table_row_file(w->source, row, &file);
        paths[row] = file.path;
    }
    if (!rc)
        qsort(paths, (size_t)w->total, sizeof *paths, compare_names);
    for (int64_t i = 1; i < w->total && !rc; i++)
        if (compare_names(&paths[i - 1], &paths[i]) == 0)
            rc = lt_fail(err, LT_EUSAGE,
                         "%s: %s and %s would get the same name there; write them to two folders",
                         w->name, paths[i - 1], paths[i]);
    lt_free(paths);
    return rc;
}

/* What tells one file from another, whatever they are called. */
struct identity {
    dev_t device;
    ino_t file;
};

static bool identify(const char *path, struct identity *out)
{
    struct stat st;
    if (stat(path, &st))
        return false;
    memset(out, 0, sizeof *out); /* identities are compared byte by byte */
    out->device = st.st_dev;
    out->file = st.st_ino;
    return true;
}

static int compare_identities(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct identity));
}

/* The files that the rows came from, in order, to be freed. */
static int list_inputs(struct identity **out, size_t *count, const struct lt_writer *w,
                       struct lt_error *err)
{
    size_t room = 0;
    const char *last = NULL;
    struct lt_row_file file;
    int rc = LT_OK;
    for (int64_t row = 0; w->source && row < lt_table_rows(w->source) && !rc; row++) {
        if (!lt_table_row_file(w->source, row, &file) || file.path == last)
            continue;
        last = file.path;
        rc = lt_grow(out, &room, *count + 1, sizeof **out, w->name, err);
        if (!rc)
            *count += identify(file.path, &(*out)[*count]);
    }
    if (*count > 1)
        qsort(*out, *count, sizeof **out, compare_identities);
    return rc;
}

static int check_target(const struct lt_writer *w, const struct target *t,
                        const struct identity *inputs, size_t count, struct lt_error *err)
{
    struct identity old;
    if (count && identify(t->path, &old) &&
        bsearch(&old, inputs, count, sizeof old, compare_identities))
        return lt_fail(err, LT_EUSAGE,
                       "%s: is read and would be replaced; give another folder than %s", t->path,
                       w->name);
    struct lt_image_look look = look_of(w, t->kind);
    return strcmp(t->kind, ".npy") == 0 ? LT_OK : lt_image_writable(&look, t->path, err);
}

static int check_targets(struct lt_writer *w, struct lt_error *err)
{
    struct identity *inputs = NULL;
    size_t count = 0;
    int rc = list_inputs(&inputs, &count, w, err);
    for (int64_t row = 0; row < w->total && !rc; row++) {
        struct target target = {0};
        if (w->resamples)
            lt_writer_size_row(w, row);
        rc = find_target(&target, w, row, err);
        if (!rc)
            rc = check_target(w, &target, inputs, count, err);
        lt_free(target.path);
    }
    lt_free(inputs);
    return rc;
}

static int make_folder(struct lt_writer *w, struct lt_error *err)
{
    w->made = mkdir(w->name, 0777) == 0;
    if (w->made || (errno == EEXIST && lt_folder_is(w->name) && access(w->name, W_OK | X_OK) == 0))
        return LT_OK;
    return lt_fail(err, LT_EFAIL,
                   "%s: cannot be a folder of images: %s; choose a place that exists and can be "
                   "written to",
                   w->name, strerror(errno));
}

/* ---- the writer ---------------------------------------------------------- */

static int begin(struct lt_writer *w, struct lt_error *err)
{
    take_shape(w);
    if (w->rank < 2 || w->rank > 3)
        return lt_fail(err, LT_EUSAGE,
                       "%s: is a folder, which takes images, and rows of %" PRId64 " values are "
                       "none; name a file that ends in .csv or .npy",
                       w->name, w->columns);
    int rc = w->named ? check_names(w, err) : LT_OK;
    if (!rc)
        rc = check_targets(w, err);
    return rc ? rc : make_folder(w, err);
}

static int write_image(struct lt_writer *w, const struct lt_out_rows *row, const struct target *t,
                       struct lt_error *err)
{
    int rc = lt_grow(&w->buffer, &w->room, (size_t)w->columns * sizeof(double), 1, w->name, err);
    if (rc)
        return rc;
    double *values = (double *)(void *)w->buffer;
    struct lt_image_look look = look_of(w, t->kind);
    for (int64_t i = 0; i < w->columns; i++)
        values[i] = lt_out_value(row, i);
    return lt_image_write(&look, values, t->path, err);
}

/* An array of shape (H, W) or (H, W, C): H rows of shape (W) or (W, C). */
static int write_array(const struct lt_writer *w, const struct lt_out_rows *row,
                       const struct target *t, struct lt_error *err)
{
    struct lt_writer *array = NULL;
    struct lt_writer_schema schema = {.rows = w->shape[0],
                                      .columns = w->columns / w->shape[0],
                                      .type = w->type,
                                      .shape_rank = w->rank - 1,
                                      .shape = {w->shape[1], w->rank == 3 ? w->shape[2] : 0}};
    int rc = lt_writer_create_as(&array, &lt_npy_writer, false, t->path, &schema, err);
    if (!rc)
        rc = lt_writer_out(array, row, schema.rows, err);
    if (!rc)
        rc = lt_writer_commit(&array, err);
    lt_writer_abort(&array);
    return rc;
}

static int write_rows(struct lt_writer *w, const struct lt_out_rows *rows, int64_t n,
                      struct lt_error *err)
{
    int rc = LT_OK;
    for (int64_t i = 0; i < n && !rc; i++) {
        struct target target = {0};
        struct lt_out_rows row = lt_out_from(rows, i * w->columns);
        rc = find_target(&target, w, w->written + i, err);
        if (!rc)
            rc = strcmp(target.kind, ".npy") == 0 ? write_array(w, &row, &target, err)
                                                  : write_image(w, &row, &target, err);
        lt_free(target.path);
    }
    return rc;
}

/* A folder that was made for files and got none goes; one that holds any cannot be removed. */
static void release(struct lt_writer *w)
{
    if (w->made)
        rmdir(w->name);
}

const struct lt_writer_ops lt_folder_writer = {
    .takes = is_folder, .folder = true, .begin = begin, .rows = write_rows, .release = release};
