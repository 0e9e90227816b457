#include "base/mem.h"
#include "base/parallel.h"
#include "prep/convert.h"
#include "prep/prep.h"

/* Rows are read in chunks of CHUNK by as many threads as there are, each with a block of its own.
 * Which thread reads a chunk changes nothing; of several bad cells the first is told. */

enum { CHUNK = 32 };

struct lt_feed {
    const struct lt_table *table;
    const struct lt_prep *prep;
    int threads;
    struct lt_block **blocks; /* (threads), CHUNK rows each */
    unsigned char *failed;    /* (chunks of the capacity) */
};

int lt_feed_create(struct lt_feed **out, const struct lt_table *table, const struct lt_prep *prep,
                   int64_t capacity, int threads, struct lt_error *err)
{
    struct lt_feed *feed = NULL;
    *out = NULL;
    int rc = lt_schema_match(&prep->schema, table, err);
    if (!rc)
        rc = lt_prep_check_types(table, err);
    if (!rc)
        rc = lt_alloc(&feed, 1, sizeof *feed, "a feed", err);
    if (rc)
        return rc;
    *feed = (struct lt_feed){.table = table, .prep = prep, .threads = threads};
    rc = lt_alloc(&feed->failed, lt_chunks((size_t)capacity, CHUNK), 1, "a feed", err);
    if (!rc)
        rc = lt_alloc(&feed->blocks, (size_t)threads, sizeof(struct lt_block *), "a feed", err);
    for (int t = 0; t < threads && !rc; t++)
        rc = lt_block_create(&feed->blocks[t], table, CHUNK, err);
    if (rc)
        lt_feed_free(&feed);
    *out = feed;
    return rc;
}

struct reading {
    struct lt_feed *feed;
    const int64_t *rows;
    int64_t n;
    float *x;
};

static int read_chunk(const struct reading *r, size_t chunk, int thread, struct lt_error *err)
{
    const struct lt_prep *prep = r->feed->prep;
    struct lt_block *block = r->feed->blocks[thread];
    int64_t begin = (int64_t)lt_chunk_begin(chunk, CHUNK);
    int64_t n = (int64_t)lt_chunk_end(chunk, CHUNK, (size_t)r->n) - begin;
    const int64_t *rows = r->rows + begin;
    int rc = lt_table_fetch(r->feed->table, rows, n, block, err);
    for (int i = 0; i < block->groups && !rc; i++) {
        const struct lt_group *g = lt_table_group(r->feed->table, i);
        int64_t bad = lt_convert_find_bad(g, &block->group[i], n);
        if (bad >= 0)
            return lt_prep_bad_cell(r->feed->table, rows[bad / g->width], g->first + bad % g->width,
                                    err);
        lt_convert_scaled(g, &block->group[i], n, prep->offset, prep->scale,
                          r->x + begin * prep->schema.columns, prep->schema.columns);
    }
    return rc;
}

static void read_one(void *context, size_t chunk, int thread)
{
    const struct reading *r = context;
    r->feed->failed[chunk] = read_chunk(r, chunk, thread, NULL) != 0;
}

int lt_feed_rows(struct lt_feed *feed, const int64_t *rows, int64_t n, float *x,
                 struct lt_error *err)
{
    struct reading r = {feed, rows, n, x};
    size_t chunks = lt_chunks((size_t)n, CHUNK);
    lt_parallel(feed->threads, chunks, read_one, &r);
    for (size_t c = 0; c < chunks; c++)
        if (feed->failed[c])
            return read_chunk(&r, c, 0, err);
    return 0;
}

void lt_feed_free(struct lt_feed **feed)
{
    struct lt_feed *f = *feed;
    *feed = NULL;
    if (!f)
        return;
    for (int t = 0; f->blocks && t < f->threads; t++)
        lt_block_free(&f->blocks[t]);
    lt_free(f->blocks);
    lt_free(f->failed);
    lt_free(f);
}
