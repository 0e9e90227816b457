#include "app/cut.h"

#include "base/mem.h"
#include "data/crops.h"
#include "data/split.h"
#include <string.h>

/* The images of the parts first ... last, as a view. */
static int pick(struct lt_table **out, struct lt_table *table, const struct lt_rowset *parts,
                int first, int last, struct lt_error *err)
{
    int64_t count = 0, n = 0, *rows = NULL;
    for (int part = first; part <= last; part++)
        count += parts[part].count;
    int rc = lt_alloc(&rows, (size_t)count, sizeof *rows, "rows", err);
    for (int part = first; part <= last && !rc; part++)
        for (int64_t i = 0; i < parts[part].count; i++)
            rows[n++] = lt_rowset_row(&parts[part], i);
    if (!rc)
        rc = lt_table_pick(out, table, rows, count, err);
    lt_free(rows);
    return rc;
}

static int keep_images(struct lt_cut *cut, struct lt_table *table, int64_t kept, uint64_t seed,
                       struct lt_error *err)
{
    struct lt_rowset parts[LT_PARTS];
    if (lt_table_rows(table) < 2)
        return lt_fail(err, LT_EUSAGE, "%s is one image; give others to judge by with --valid FILE",
                       lt_table_name(table));
    lt_split(parts, lt_table_rows(table), kept < 1 ? 1 : kept, seed);
    _Static_assert(LT_PART_TRAIN == LT_PARTS - 1, "the other parts come before");
    int rc = pick(&cut->images[0], table, parts, LT_PART_TRAIN, LT_PART_TRAIN, err);
    return rc ? rc : pick(&cut->images[1], table, parts, 0, LT_PART_TRAIN - 1, err);
}

int lt_cut_images(struct lt_cut *out, struct lt_table *table, struct lt_table *valid, int64_t side,
                  int64_t kept, uint64_t seed, struct lt_error *err)
{
    *out = (struct lt_cut){0};
    int rc = valid ? LT_OK : keep_images(out, table, kept, seed, err);
    if (!rc)
        rc = lt_table_crops(&out->train, valid ? table : out->images[0], side, err);
    if (!rc)
        rc = lt_table_crops(&out->kept, valid ? valid : out->images[1], side, err);
    if (rc)
        lt_cut_free(out);
    return rc;
}

void lt_cut_free(struct lt_cut *cut)
{
    lt_table_free(&cut->train);
    lt_table_free(&cut->kept);
    lt_table_free(&cut->images[0]);
    lt_table_free(&cut->images[1]);
}
