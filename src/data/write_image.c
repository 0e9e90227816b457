/* Images out: one row is the image itself, several rows are drawn on one sheet. */
#include "data/image.h"
#include "data/sheet.h"
#include "data/writer_ops.h"

#include "base/mem.h"
#include <inttypes.h>

static int64_t channels_of(const struct lt_writer *w)
{
    return w->rank == 3 ? w->shape[2] : 1;
}

static int check_shape(const struct lt_writer *w, struct lt_error *err)
{
    if (w->rank == 2 || (w->rank == 3 && w->shape[2] <= 4))
        return LT_OK;
    return lt_fail(err, LT_EUSAGE,
                   "%s: rows of %" PRId64 " values are no images and cannot be drawn; use .csv or "
                   ".npy",
                   w->name, w->columns);
}

/* What is white: of integers their greatest value, of reals 1. */
static double full_level(enum lt_type type)
{
    return type == LT_F32 || type == LT_F64 ? 1.0 : lt_writer_fit(type, 1e300);
}

/* ---- one image ----------------------------------------------------------- */

static struct lt_image_look look_of(const struct lt_writer *w)
{
    return (struct lt_image_look){.height = w->shape[0],
                                  .width = w->shape[1],
                                  .channels = (int)channels_of(w),
                                  .bits = w->type == LT_U16 ? 16 : 8};
}

static int begin_image(struct lt_writer *w, struct lt_error *err)
{
    int rc = check_shape(w, err);
    if (rc)
        return rc;
    if (w->total != 1)
        return lt_fail(err, LT_EUSAGE,
                       "%s: holds one image and there are %" PRId64 "; give a folder, as in out/, "
                       "or a .png, which shows all of them on one sheet",
                       w->name, w->total);
    w->type = lt_writer_common_type(w);
    struct lt_image_look look = look_of(w);
    return lt_image_writable(&look, w->name, err);
}

/* The one row. */
static int write_image(struct lt_writer *w, const struct lt_out_rows *rows, int64_t n,
                       struct lt_error *err)
{
    (void)n;
    int rc = lt_grow(&w->buffer, &w->room, (size_t)w->columns * sizeof(double), 1, w->name, err);
    if (rc)
        return rc;
    double *values = (double *)(void *)w->buffer;
    struct lt_image_look look = look_of(w);
    double scale = look.bits == 16 ? 1.0 : 255.0 / full_level(w->type);
    for (int64_t i = 0; i < w->columns; i++)
        values[i] = lt_out_value(rows, i) * scale;
    return lt_image_draw(lt_sink_file(w->sink), &look, values, w->name, err);
}

const struct lt_writer_ops lt_image_writer = {
    .takes = lt_image_names, .begin = begin_image, .rows = write_image};

/* ---- a sheet ------------------------------------------------------------- */

static int begin_png(struct lt_writer *w, struct lt_error *err)
{
    size_t cells = 0;
    int rc = check_shape(w, err);
    if (rc)
        return rc;
    if (w->total == 1 && (channels_of(w) == 1 || channels_of(w) == 3)) {
        w->ops = &lt_image_writer;
        return begin_image(w, err);
    }
    if (!lt_size_mul((size_t)w->total, (size_t)w->columns, &cells))
        return lt_fail_memory(err, w->name, SIZE_MAX);
    w->type = lt_writer_common_type(w);
    return lt_grow(&w->buffer, &w->room, cells * sizeof(float), 1, w->name, err);
}

static int keep_rows(struct lt_writer *w, const struct lt_out_rows *rows, int64_t n,
                     struct lt_error *err)
{
    (void)err;
    float *to = (float *)(void *)(w->buffer + w->used);
    double full = full_level(w->type);
    for (int64_t i = 0; i < n * w->columns; i++)
        to[i] = (float)(lt_out_value(rows, i) / full);
    w->used += (size_t)(n * w->columns) * sizeof *to;
    return LT_OK;
}

static int draw_sheet(struct lt_writer *w, struct lt_error *err)
{
    struct lt_sheet sheet = {
        .originals = (const float *)(const void *)w->buffer,
        .n = w->total,
        .height = w->shape[0],
        .width = w->shape[1],
        .channels = channels_of(w),
        .zoom = 1,
    };
    return lt_sheet_draw(lt_sink_file(w->sink), w->name, &sheet, err);
}

const struct lt_writer_ops lt_png_writer = {
    .ending = ".png", .begin = begin_png, .rows = keep_rows, .finish = draw_sheet};
