#include "data/crops.h"

#include "base/mem.h"
#include "data/table_ops.h"
#include <string.h>

struct crops {
    struct lt_table base;
    struct lt_table *parent;
    int64_t side, h, w, c;
    int64_t down, across; /* crops in a column and in a line of an image */
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
    int64_t step = side / 2 > 0 ? side / 2 : 1;
    return 1 + (length - side + step - 1) / step;
}

static int64_t begin_of(int64_t i, int64_t count, int64_t length, int64_t side)
{
    return count > 1 ? i * (length - side) / (count - 1) : 0;
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
    const int64_t each = t->down * t->across, image = row / each, k = row % each;
    const int64_t y = begin_of(k / t->across, t->down, t->h, t->side);
    const int64_t x = begin_of(k % t->across, t->across, t->w, t->side);
    const int64_t line = t->side * t->c;
    struct lt_block *from = ((struct crops_block *)block->private_part)->image;
    int rc = lt_table_range(t->parent, image, 1, from, err);
    for (int64_t i = 0; i < t->side && !rc; i++)
        copy_cells(&from->group[0], ((y + i) * t->w + x) * t->c, &block->group[0],
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
    lt_table_free(&((struct crops *)(void *)table)->parent);
}

static const struct lt_table_ops crops_ops = {.fetch = fetch,
                                              .where = lt_table_where_array,
                                              .block_init = block_init,
                                              .block_done = block_done,
                                              .release = release};

int lt_table_crops(struct lt_table **out, struct lt_table *parent, int64_t side,
                   struct lt_error *err)
{
    struct crops *t = NULL;
    int64_t h, w, c;
    *out = NULL;
    if (!lt_table_image(parent, &h, &w, &c))
        return lt_fail(err, LT_EUSAGE, "%s: only images can be cropped; leave --crop out",
                       parent->name);
    if (side < 1 || side > h || side > w)
        return lt_fail(err, LT_EUSAGE,
                       "%s: images of %lld x %lld pixels have no crops of %lld x %lld; use a "
                       "smaller --crop",
                       parent->name, (long long)w, (long long)h, (long long)side, (long long)side);
    const int64_t down = count_along(h, side), across = count_along(w, side);
    int rc = lt_table_init(&t, sizeof *t, &crops_ops, parent->name, parent->rows * down * across,
                           side * side * c, 1, false, err);
    if (rc)
        return rc;
    t->parent = lt_table_keep(parent);
    t->side = side;
    t->h = h;
    t->w = w;
    t->c = c;
    t->down = down;
    t->across = across;
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
