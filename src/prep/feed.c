#include "base/mem.h"
#include "prep/convert.h"
#include "prep/prep.h"
#include <math.h>

struct lt_feed {
    const struct lt_table *table;
    const struct lt_prep *prep;
    struct lt_block *block;
};

int lt_feed_create(struct lt_feed **out, const struct lt_table *table, const struct lt_prep *prep,
                   int64_t capacity, struct lt_error *err)
{
    struct lt_feed *feed = NULL;
    *out = NULL;
    int rc = lt_schema_match(&prep->schema, table, err);
    if (!rc)
        rc = lt_prep_check_types(table, err);
    if (!rc)
        rc = lt_alloc(&feed, 1, sizeof *feed, "a feed", err);
    if (!rc)
        rc = lt_block_create(&feed->block, table, capacity, err);
    if (rc) {
        lt_feed_free(&feed);
        return rc;
    }
    feed->table = table;
    feed->prep = prep;
    *out = feed;
    return 0;
}

int lt_feed_rows(struct lt_feed *feed, const int64_t *rows, int64_t n, float *x,
                 struct lt_error *err)
{
    const struct lt_prep *prep = feed->prep;
    int rc = lt_table_fetch(feed->table, rows, n, feed->block, err);
    for (int i = 0; i < feed->block->groups && !rc; i++) {
        const struct lt_group *g = lt_table_group(feed->table, i);
        const struct lt_block_group *cells = &feed->block->group[i];
        int64_t bad = lt_convert_find_bad(g, cells, n);
        if (bad >= 0)
            rc =
                lt_prep_bad_cell(feed->table, rows[bad / g->width], g->first + bad % g->width, err);
        else
            lt_convert_scaled(g, cells, n, prep->offset, prep->scale, x, prep->schema.columns);
    }
    return rc;
}

void lt_feed_free(struct lt_feed **feed)
{
    struct lt_feed *f = *feed;
    *feed = NULL;
    if (!f)
        return;
    lt_block_free(&f->block);
    lt_free(f);
}
