#include "data/crops.h"

#include "base/mem.h"
#include "data/table_ops.h"
#include <string.h>

struct crops {
    struct lt_table base;
    struct lt_table *parent;
    int64_t side, c;
    int64_t *first; /* (images + 1) crops before each image */
};

/* Of one image. */
struct grid {
    int64_t h, w;
    int64_t down, across; /* crops in a column and in a line */
};

struct crops_block {
    struct lt_block *image; /* one row of the parent */
};

static const struct crops *crops_of(const struct lt_table *table)
{
    return (const struct crops *)(const void *)table;
}

/* Crops along a side that overlap by half or more. */
static int64_t count_along(int64_t length, int64_t side)
{
    const int64_t step = side / 2 > 0 ? side / 2 : 1;
    return 1 + (length - side + step - 1) / step;
}

static int64_t begin_of(int64_t i, int64_t count, int64_t length, int64_t side)
{
    return count > 1 ? i * (length - side) / (count - 1) : 0;
}

static struct grid grid_of(const struct lt_table *parent, int64_t image, int64_t side)
{
    struct grid g;
    lt_table_row_image(parent, image, &g.h, &g.w);
    g.down = count_along(g.h, side);
    g.across = count_along(g.w, side);
    return g;
}

/* The image that a crop is of. */
static int64_t image_of(const struct crops *t, int64_t row)
{
    int64_t low = 0, high = t->parent->rows - 1;
    while (low < high) {
        const int64_t middle = low + (high - low + 1) / 2;
        if (t->first[middle] <= row)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static int block_init(struct lt_block *block, const struct lt_table *table, struct lt_error *err)
{
    struct crops_block *own = NULL;
    int rc = lt_alloc(&own, 1, sizeof *own, table->name, err);
    if (rc)
        return rc;
    block->private_part = own;
    rc = lt_block_create(&own->image, crops_of(table)->parent, 1, err);
    return rc ? rc : lt_block_init_arrays(block, table, err);
}

static void block_done(struct lt_block *block)
{
    struct crops_block *own = block->private_part;
    if (own)
        lt_block_free(&own->image);
    lt_free(own);
    lt_block_free_arrays(block);
}

/* Cell `from` of the image becomes cell `to` of the crop, `count` of them. */
static void copy_cells(const struct lt_block_group *from, int64_t first, struct lt_block_group *to,
                       int64_t at, int64_t count, size_t size)
{
    memcpy((char *)to->values + (size_t)at * size,
           (const char *)from->values + (size_t)first * size, (size_t)count * size);
    for (int64_t k = 0; to->valid && k < count; k++) {
        uint8_t bit = (uint8_t)(1u << ((at + k) & 7));
        if (lt_block_valid(from, first + k))
            to->valid[(at + k) >> 3] |= bit;
        else
            to->valid[(at + k) >> 3] &= (uint8_t)~bit;
    }
}

static int fetch_crop(const struct crops *t, int64_t row, struct lt_block *block, int64_t at,
                      struct lt_error *err)
{
    const int64_t image = image_of(t, row), k = row - t->first[image];
    const struct grid g = grid_of(t->parent, image, t->side);
    const int64_t y = begin_of(k / g.across, g.down, g.h, t->side);
    const int64_t x = begin_of(k % g.across, g.across, g.w, t->side);
    const int64_t stride = t->parent->group[0].shape[1]; /* which a smaller image does not fill */
    const int64_t line = t->side * t->c;
    struct lt_block *from = ((struct crops_block *)block->private_part)->image;
    int rc = lt_table_range(t->parent, image, 1, from, err);
    for (int64_t i = 0; i < t->side && !rc; i++)
        copy_cells(&from->group[0], ((y + i) * stride + x) * t->c, &block->group[0],
                   (at * t->side + i) * line, line, lt_type_size(t->base.group[0].type));
    return rc;
}

static int fetch(const struct lt_table *table, const int64_t *rows, int64_t begin, int64_t n,
                 struct lt_block *block, struct lt_error *err)
{
    int rc = LT_OK;
    for (int64_t i = 0; i < n && !rc; i++)
        rc = fetch_crop(crops_of(table), rows ? rows[i] : begin + i, block, i, err);
    return rc;
}

static void release(struct lt_table *table)
{
    struct crops *t = (struct crops *)(void *)table;
    lt_table_free(&t->parent);
    lt_free(t->first);
}

static const struct lt_table_ops crops_ops = {.fetch = fetch,
                                              .where = lt_table_where_array,
                                              .block_init = block_init,
                                              .block_done = block_done,
                                              .release = release};

static int check_size(const struct lt_table *parent, int64_t image, int64_t side,
                      struct lt_error *err)
{
    struct lt_row_file file;
    int64_t h, w;
    lt_table_row_image(parent, image, &h, &w);
    if (side >= 1 && side <= h && side <= w)
        return LT_OK;
    return lt_fail(err, LT_EUSAGE,
                   "%s: images of %lld x %lld pixels have no crops of %lld x %lld; use a smaller "
                   "--crop",
                   lt_table_is_mixed(parent) && lt_table_row_file(parent, image, &file)
                       ? file.path
                       : parent->name,
                   (long long)w, (long long)h, (long long)side, (long long)side);
}

static int count_crops(int64_t **first, const struct lt_table *parent, int64_t side,
                       struct lt_error *err)
{
    int rc = lt_alloc(first, (size_t)parent->rows + 1, sizeof **first, parent->name, err);
    for (int64_t i = 0; i < parent->rows && !rc; i++) {
        rc = check_size(parent, i, side, err);
        const struct grid g = grid_of(parent, i, side);
        (*first)[i + 1] = (*first)[i] + g.down * g.across;
    }
    return rc;
}

int lt_table_crops(struct lt_table **out, struct lt_table *parent, int64_t side,
                   struct lt_error *err)
{
    struct crops *t = NULL;
    int64_t c, *first = NULL;
    *out = NULL;
    if (!lt_table_image(parent, NULL, NULL, &c))
        return lt_fail(err, LT_EUSAGE, "%s: only images can be cropped; leave --crop out",
                       parent->name);
    int rc = count_crops(&first, parent, side, err);
    if (!rc)
        rc = lt_table_init(&t, sizeof *t, &crops_ops, parent->name, first[parent->rows],
                           side * side * c, 1, false, err);
    if (rc) {
        lt_free(first);
        return rc;
    }
    t->parent = lt_table_keep(parent);
    t->first = first;
    t->side = side;
    t->c = c;
    t->base.group[0] = (struct lt_group){.type = parent->group[0].type,
                                         .width = side * side * c,
                                         .shape_rank = parent->group[0].shape_rank,
                                         .shape = {side, side, c > 1 ? c : 0},
                                         .missing = parent->group[0].missing};
    if (t->base.group[0].shape_rank == 3)
        t->base.group[0].shape[2] = c;
    *out = &t->base;
    return LT_OK;
}
