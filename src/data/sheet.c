#include "data/sheet.h"

#include "base/file.h"
#include "base/mem.h"
#include "data/image_ops.h"
#include <inttypes.h>
#include <string.h>

enum {
    LT_GAP = 1,          /* sheet pixels between an original and its reconstruction, per zoom */
    LT_MARGIN = 3,       /* and between pairs */
    LT_GROUND = 96,      /* grey behind everything */
    LT_SMALL = 64,       /* images narrower and lower than this are enlarged */
    LT_SIDE_MAX = 32000, /* pixels; larger sheets open nowhere */
};

/* Where everything stands on the sheet, in sheet pixels. */
struct layout {
    const struct lt_sheet *sheet;
    int64_t columns, lines; /* of tiles */
    int64_t zoom;
    int64_t tile_width, tile_height; /* with the margin to the right and below */
    int64_t width, height;
};

static int64_t zoom_of(const struct lt_sheet *s)
{
    int64_t side = s->height > s->width ? s->height : s->width;
    if (s->zoom > 0)
        return s->zoom;
    return side < LT_SMALL ? LT_SMALL / side : 1;
}

/* The number of columns that makes the sheet about as wide as it is high, at
 * least eight when there are that many images. */
static int64_t choose_columns(const struct lt_sheet *s, int64_t tile_width, int64_t tile_height)
{
    int64_t columns = 1;
    while (columns < s->n && columns * tile_width < (s->n + columns - 1) / columns * tile_height)
        columns++;
    int64_t least = s->n < 8 ? s->n : 8;
    return columns < least ? least : columns;
}

static int make_layout(struct layout *l, const struct lt_sheet *s, const char *name,
                       struct lt_error *err)
{
    if (s->n < 1 || s->height < 1 || s->width < 1 || s->channels < 1 || s->channels > 4 ||
        s->height > LT_SIDE_MAX || s->width > LT_SIDE_MAX)
        return lt_fail(err, LT_EUSAGE,
                       "%s: %" PRId64 " images of %" PRId64 " x %" PRId64 " x %" PRId64
                       " cannot be drawn",
                       name, s->n, s->height, s->width, s->channels);
    l->sheet = s;
    l->zoom = zoom_of(s);
    l->tile_width = (s->width + LT_MARGIN) * l->zoom;
    l->tile_height =
        (s->height * (s->reconstructions ? 2 : 1) + (s->reconstructions ? LT_GAP : 0) + LT_MARGIN) *
        l->zoom;
    l->columns = s->columns > 0 ? s->columns : choose_columns(s, l->tile_width, l->tile_height);
    if (l->columns > s->n)
        l->columns = s->n;
    l->lines = (s->n + l->columns - 1) / l->columns;
    l->width = l->columns * l->tile_width + LT_MARGIN * l->zoom;
    l->height = l->lines * l->tile_height + LT_MARGIN * l->zoom;
    if (l->columns > LT_SIDE_MAX || l->lines > LT_SIDE_MAX || l->width > LT_SIDE_MAX ||
        l->height > LT_SIDE_MAX)
        return lt_fail(err, LT_EUSAGE,
                       "%s: %" PRId64 " images of %" PRId64 " x %" PRId64
                       " make a drawing too large; take fewer rows, as with --rows 0:100",
                       name, s->n, s->height, s->width);
    return LT_OK;
}

static unsigned char level(float value)
{
    if (!(value > 0.0f))
        return 0;
    return value < 1.0f ? (unsigned char)(value * 255.0f + 0.5f) : 255;
}

/* The image row that sheet row y of a tile shows, or NULL between images. */
static const float *image_row(const struct layout *l, int64_t image, int64_t y)
{
    const struct lt_sheet *s = l->sheet;
    const float *from = s->originals;
    y /= l->zoom;
    if (y >= s->height && s->reconstructions) {
        from = s->reconstructions;
        y -= s->height + LT_GAP;
    }
    if (y < 0 || y >= s->height)
        return NULL;
    return from + (image * s->height + y) * s->width * s->channels;
}

/* One row of the sheet, (width, C) bytes. */
static void draw_row(const struct layout *l, int64_t y, unsigned char *row)
{
    const struct lt_sheet *s = l->sheet;
    int64_t channels = s->channels;
    memset(row, LT_GROUND, (size_t)(l->width * channels));
    for (int64_t x = 0; x < l->width && channels % 2 == 0; x++)
        row[x * channels + channels - 1] = 255; /* the ground is opaque */
    y -= LT_MARGIN * l->zoom;
    if (y < 0)
        return;
    for (int64_t column = 0; column < l->columns; column++) {
        int64_t image = y / l->tile_height * l->columns + column;
        const float *from = image < s->n ? image_row(l, image, y % l->tile_height) : NULL;
        unsigned char *to = row + (LT_MARGIN * l->zoom + column * l->tile_width) * channels;
        for (int64_t x = 0; from && x < s->width * l->zoom; x++)
            for (int64_t c = 0; c < channels; c++)
                to[x * channels + c] = level(from[x / l->zoom * channels + c]);
    }
}

/* What lt_png_write asks for its rows. */
struct drawing {
    const struct layout *layout;
    unsigned char *row; /* (width, C) */
};

static const void *next_row(void *context, int64_t y)
{
    const struct drawing *d = context;
    draw_row(d->layout, y, d->row);
    return d->row;
}

int lt_sheet_draw(struct lt_outfile *file, const char *name, const struct lt_sheet *sheet,
                  struct lt_error *err)
{
    struct layout l = {0};
    struct drawing d = {.layout = &l};
    int rc = make_layout(&l, sheet, name, err);
    if (!rc)
        rc = lt_alloc(&d.row, (size_t)(l.width * sheet->channels), 1, name, err);
    if (!rc) {
        struct lt_png_rows rows = {l.height, l.width, (int)sheet->channels, 8, next_row, &d};
        rc = lt_png_write(file, &rows, name, err);
    }
    lt_free(d.row);
    return rc;
}

int lt_sheet_write(const char *path, const struct lt_sheet *sheet, struct lt_error *err)
{
    struct lt_outfile *file = NULL;
    int rc = lt_outfile_open(&file, path, err);
    if (!rc)
        rc = lt_sheet_draw(file, path, sheet, err);
    if (!rc)
        rc = lt_outfile_commit(&file, err);
    lt_outfile_abort(&file);
    return rc;
}
