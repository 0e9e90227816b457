#include "app/rows.h"

#include "base/mem.h"

struct table_rows {
    struct lt_feed *feed;
    const int64_t *rows; /* the caller's, or NULL */
    int64_t *run;        /* (capacity), row numbers when rows is NULL */
};

static int read_table(void *context, int64_t begin, int64_t n, float *x, struct lt_error *err)
{
    struct table_rows *t = context;
    if (t->rows)
        return lt_feed_rows(t->feed, t->rows + begin, n, x, err);
    for (int64_t i = 0; i < n; i++)
        t->run[i] = begin + i;
    return lt_feed_rows(t->feed, t->run, n, x, err);
}

int lt_rows_open(struct lt_rows *out, const struct lt_table *table, const struct lt_prep *prep,
                 const int64_t *rows, int64_t n, int64_t capacity, struct lt_error *err)
{
    struct table_rows *t = NULL;
    *out = (struct lt_rows){.count = n, .inputs = prep->features, .read = read_table};
    int rc = lt_alloc(&t, 1, sizeof *t, "a source of rows", err);
    if (rc)
        return rc;
    out->context = t;
    t->rows = rows;
    rc = lt_alloc(&t->run, rows ? 0 : (size_t)capacity, sizeof *t->run, "row numbers", err);
    if (rc == LT_OK)
        rc = lt_feed_create(&t->feed, table, prep, capacity, 1, err);
    if (rc)
        lt_rows_close(out);
    return rc;
}

void lt_rows_close(struct lt_rows *rows)
{
    struct table_rows *t = rows->context;
    if (t) {
        lt_feed_free(&t->feed);
        lt_free(t->run);
        lt_free(t);
    }
    *rows = (struct lt_rows){0};
}

int64_t lt_rows_batch(int64_t inputs)
{
    int64_t rows = (int64_t)(4 << 20) / (inputs > 0 ? inputs : 1);
    return rows < 64 ? 64 : rows > 2048 ? 2048 : rows;
}
