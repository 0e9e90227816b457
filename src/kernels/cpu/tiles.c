#include "kernels/cpu/tiles.h"

#include "kernels/backend.h"
#include "kernels/host.h"

/* Sizes by measurement (docs/speed.md): wide tiles keep the kernels near their
 * peak, low ones leave enough tiles for the threads. */
enum {
    COLUMN_STEP = 16, /* a vector; finer than the kernels' 64, so that strips weigh the same */
    MOST_COLUMNS = 512,
    F32_ROWS = 64,
    BF16_ROWS = 128,
    COPIED_ROWS = 128, /* where the kernel copies a transposed B for every tile */
    LOWEST_ROWS = 32,
    UNALIKE_ROWS = 24, /* the only height where a row's bits depend on the height ... */
    UNALIKE_BF16 = 32, /* ... and of bf16 products there (AMX tiles have 16 rows) */
};

int64_t lt_tiles_rows(int64_t rows)
{
    return lt_round_up(rows, lt_onednn_rows_alike(false) ? LOWEST_ROWS : UNALIKE_ROWS);
}

static void plan_columns(struct lt_tiles *t)
{
    const int64_t steps = (t->spec.n + COLUMN_STEP - 1) / COLUMN_STEP;
    const int64_t tiles = (t->spec.n + MOST_COLUMNS - 1) / MOST_COLUMNS;
    t->columns = (steps + tiles - 1) / tiles * COLUMN_STEP;
    t->column_tiles = (t->spec.n + t->columns - 1) / t->columns;
}

static void plan_rows(struct lt_tiles *t, bool any_rows)
{
    int64_t rows = t->spec.bf16 ? BF16_ROWS : t->spec.b_column == 1 ? F32_ROWS : COPIED_ROWS;
    int count = 0;
    if (!any_rows) {
        if (t->spec.m >= rows)
            t->sizes[count++] = rows;
        if (t->spec.m % rows)
            t->sizes[count++] = t->spec.m % rows;
        return;
    }
    if (!lt_onednn_rows_alike(t->spec.bf16)) {
        t->sizes[0] = t->spec.bf16 ? UNALIKE_BF16 : UNALIKE_ROWS;
        return;
    }
    for (; rows >= LOWEST_ROWS; rows /= 2)
        if (rows <= lt_tiles_rows(t->spec.m))
            t->sizes[count++] = rows;
}

int lt_tiles_create(struct lt_tiles *out, struct lt_onednn *o, const struct lt_kernel_spec *spec,
                    bool any_rows, struct lt_error *err)
{
    int rc = LT_OK;
    *out = (struct lt_tiles){.spec = *spec};
    plan_columns(out);
    plan_rows(out, any_rows);
    for (int i = 0; i < LT_TILE_SIZES && out->sizes[i] && !rc; i++) {
        struct lt_kernel_spec tile = *spec;
        tile.m = out->sizes[i];
        tile.n = spec->n - (out->column_tiles - 1) * out->columns;
        rc = lt_kernel_create(&out->kernels[i][1], o, &tile, err);
        tile.n = out->columns;
        if (!rc && out->column_tiles > 1)
            rc = lt_kernel_create(&out->kernels[i][0], o, &tile, err);
    }
    if (rc)
        lt_tiles_free(out);
    return rc;
}

void lt_tiles_free(struct lt_tiles *tiles)
{
    for (int i = 0; i < LT_TILE_SIZES; i++)
        for (int last = 0; last < 2; last++)
            lt_kernel_free(&tiles->kernels[i][last]);
}

/* Rows of tiles for m rows of C: the tallest as often as it fits, then the next. */
static size_t row_tiles(const struct lt_tiles *tiles, int64_t m)
{
    size_t count = 0;
    for (int i = 0; i < LT_TILE_SIZES && tiles->sizes[i]; i++) {
        count += (size_t)(m / tiles->sizes[i]);
        m %= tiles->sizes[i];
    }
    return count;
}

size_t lt_tiles_count(const struct lt_tiles *tiles, int64_t m)
{
    return row_tiles(tiles, m) * (size_t)tiles->column_tiles;
}

/* Tiles of one column strip follow each other, so that its part of B stays in cache. */
struct lt_tile lt_tiles_at(const struct lt_tiles *tiles, int64_t m, size_t index)
{
    const size_t strip = row_tiles(tiles, m);
    const int64_t column = (int64_t)(index / strip);
    const bool last = column == tiles->column_tiles - 1;
    struct lt_tile tile = {.column = column * tiles->columns};
    tile.columns = last ? tiles->spec.n - tile.column : tiles->columns;

    int64_t skip = (int64_t)(index % strip);
    for (int i = 0; i < LT_TILE_SIZES && tiles->sizes[i]; i++) {
        const int64_t size = tiles->sizes[i], fit = (m - tile.row) / size;
        tile.rows = size;
        tile.kernel = tiles->kernels[i][last];
        if (skip < fit) {
            tile.row += skip * size;
            break;
        }
        tile.row += fit * size;
        skip -= fit;
    }
    return tile;
}

void lt_tile_run(const struct lt_tiles *tiles, const struct lt_tile *tile, int thread,
                 const void *a, const void *b, float *c)
{
    const struct lt_kernel_spec *s = &tiles->spec;
    const size_t value = s->bf16 ? sizeof(uint16_t) : sizeof(float);
    const size_t a_at = (size_t)(tile->row * s->a_row) * value;
    const size_t b_at = (size_t)(tile->column * s->b_column) * value;
    lt_kernel_run(tile->kernel, thread, (const char *)a + a_at, (const char *)b + b_at,
                  c + tile->row * s->c_row + tile->column);
}
