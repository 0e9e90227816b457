#include "app/pictures.h"

#include "base/mem.h"
#include "data/image.h"
#include "data/writer.h"
#include <math.h>
#include <string.h>

static const double REALS_MOST = 4; /* above it reals are not shares of white */

static double white_of(enum lt_type type)
{
    return type == LT_U8 ? 255 : type == LT_U16 ? 65535 : 1;
}

static bool is_real(enum lt_type type)
{
    return type == LT_F32 || type == LT_F64;
}

void lt_pictures_free(struct lt_pictures *p)
{
    lt_free(p->path);
    lt_free(p->values);
    *p = (struct lt_pictures){0};
}

static int take_rows(struct lt_pictures *p, const struct lt_table *table, double deep,
                     struct lt_error *err)
{
    const int64_t n = lt_table_columns(table);
    struct lt_block *block = NULL;
    double most = 0;
    int rc = lt_block_create(&block, table, 1, err);
    for (int64_t i = 0; i < p->rows && !rc; i++) {
        rc = lt_table_range(table, i, 1, block, err);
        for (int64_t j = 0; j < n && !rc; j++) {
            const double v = lt_type_value(p->type, block->group[0].values, j);
            if (!isfinite((float)v) || !lt_block_valid(&block->group[0], j))
                rc = lt_fail(err, LT_ECONTENT,
                             "%s: row %lld has a value that is missing, not finite or too large; a "
                             "denoiser needs all of them",
                             p->path, (long long)i);
            most = fmax(most, fabs(v));
            p->values[i * n + j] = (float)v;
        }
    }
    lt_block_free(&block);
    p->white = is_real(p->type) && most > REALS_MOST ? deep : white_of(p->type);
    for (int64_t j = 0; j < p->rows * n && !rc; j++)
        p->values[j] = (float)((double)p->values[j] / p->white);
    return rc;
}

/* What images a table holds; false: none.  An array of two dimensions is one, and so is one of three
 * of which the last can only be channels. */
static bool take_shape(struct lt_pictures *p, const struct lt_table *table)
{
    const struct lt_group *g = lt_table_group(table, 0);
    p->type = g->type;
    p->rows = lt_table_rows(table);
    p->rank = g->shape_rank;
    memcpy(p->shape, g->shape, sizeof p->shape);
    if (lt_table_groups(table) != 1 || lt_table_has_names(table))
        return false;
    p->count = 1;
    p->h = p->rows;
    p->w = p->rank < 2 ? g->width : p->shape[0];
    p->c = p->rank < 2 ? 1 : p->shape[1];
    if (p->rank < 2 || (p->rank == 2 && p->shape[1] <= 4))
        return true;
    p->count = p->rows;
    return lt_table_image(table, &p->h, &p->w, &p->c);
}

static int check(const struct lt_pictures *p, const char *path, bool images, int64_t channels,
                 struct lt_error *err)
{
    if (!images)
        return lt_fail(err, LT_ECONTENT,
                       "%s: is no image; a denoiser reads images, and arrays of shape (H, W), "
                       "(H, W, C), (N, H, W) or (N, H, W, C)",
                       path);
    if (!is_real(p->type) && p->type != LT_U8 && p->type != LT_U16)
        return lt_fail(err, LT_ECONTENT, "%s: holds %s, and images hold u1, u2, f4 or f8", path,
                       lt_type_name(p->type));
    if (channels > 0 && p->c != channels)
        return lt_fail(
            err, LT_ECONTENT,
            "%s: has %lld channel%s and the model was trained on %lld; convert the image, "
            "or train on such ones",
            path, (long long)p->c, p->c == 1 ? "" : "s", (long long)channels);
    return LT_OK;
}

int lt_pictures_read(struct lt_pictures *p, const char *path, int64_t channels, double deep,
                     struct lt_error *err)
{
    struct lt_table *table = NULL;
    *p = (struct lt_pictures){0};
    int rc = lt_table_open(&table, &path, 1, NULL, err);
    if (rc)
        return rc;
    const bool images = take_shape(p, table);
    rc = check(p, path, images, channels, err);
    if (!rc)
        rc = lt_strdup(&p->path, path, err);
    if (!rc)
        rc = lt_alloc(&p->values, (size_t)(p->count * p->h * p->w * p->c), sizeof *p->values, path,
                      err);
    if (!rc)
        rc = take_rows(p, table, deep, err);
    lt_table_free(&table);
    if (rc)
        lt_pictures_free(p);
    return rc;
}

/* A share of white as a whole number, to nearest, halves up. */
static double whole(double share, double white)
{
    const double v = floor(share * white + 0.5);
    return v < 0 ? 0 : v > white ? white : v;
}

void lt_pictures_settle(struct lt_pictures *p)
{
    for (int64_t j = 0; !is_real(p->type) && j < p->count * p->h * p->w * p->c; j++)
        p->values[j] = (float)(whole((double)p->values[j], p->white) / p->white);
}

static int write_image(const struct lt_pictures *p, const char *path, struct lt_error *err)
{
    const int64_t n = p->h * p->w * p->c;
    const struct lt_image_look look = {
        .height = p->h, .width = p->w, .channels = (int)p->c, .bits = p->type == LT_U16 ? 16 : 8};
    double *values = NULL;
    if (is_real(p->type))
        return lt_fail(err, LT_EUSAGE, "%s: holds whole numbers and %s reals; write .npy", path,
                       p->path);
    int rc = lt_image_writable(&look, path, err);
    if (!rc)
        rc = lt_alloc(&values, (size_t)n, sizeof *values, path, err);
    for (int64_t j = 0; j < n && !rc; j++)
        values[j] = whole((double)p->values[j], p->white);
    if (!rc)
        rc = lt_image_write(&look, values, path, err);
    lt_free(values);
    return rc;
}

static int write_rows(const struct lt_pictures *p, const char *path, struct lt_error *err)
{
    const int64_t n = p->count * p->h * p->w * p->c / p->rows;
    struct lt_writer_schema schema = {
        .rows = p->rows, .columns = n, .type = p->type, .shape_rank = p->rank};
    struct lt_writer *writer = NULL;
    double *row = NULL;
    memcpy(schema.shape, p->shape, sizeof schema.shape);
    int rc = lt_alloc(&row, (size_t)n, sizeof *row, path, err);
    if (!rc)
        rc = lt_writer_create(&writer, path, &schema, err);
    for (int64_t i = 0; i < p->rows && !rc; i++) {
        for (int64_t j = 0; j < n; j++)
            row[j] = is_real(p->type) ? (double)p->values[i * n + j] * p->white
                                      : whole((double)p->values[i * n + j], p->white);
        rc = lt_writer_rows(writer, row, 1, err);
    }
    lt_free(row);
    if (!rc)
        return lt_writer_commit(&writer, err);
    lt_writer_abort(&writer);
    return rc;
}

int lt_pictures_write(const struct lt_pictures *p, const char *path, struct lt_error *err)
{
    if (!lt_image_names(path))
        return write_rows(p, path, err);
    if (p->count != 1)
        return lt_fail(err, LT_EUSAGE, "%s: is one image and %s holds %lld; write .npy", path,
                       p->path, (long long)p->count);
    return write_image(p, path, err);
}
