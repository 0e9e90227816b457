#include "app/partners.h"

#include "app/metrics.h"
#include "app/neighbours.h"
#include "app/rows.h"
#include "base/mem.h"
#include "base/rng.h"

enum { BATCH = 512, ASKED = LT_PARTNERS_NEAREST + 1 }; /* one more: the row itself */

/* What stands ready to find neighbours. */
struct search {
    const struct lt_partners_plan *plan;
    struct lt_baseline directions; /* the plan's PCA, not copied */
    struct lt_linear *linear;
    int64_t rows;     /* of the reference: the first ones that train */
    float *reference; /* (rows, P) */
    float *x;         /* (BATCH, D) */
    float *seen;      /* (BATCH, P) */
    int64_t *found;   /* (BATCH, ASKED) */
    struct lt_neighbours *neighbours;
};

static int64_t within(int64_t n, int64_t most)
{
    return n < most ? n : most;
}

/* Rows begin ... begin + n - 1 of a source, in the directions. */
static int see(struct search *s, const struct lt_rows *rows, int64_t begin, int64_t n, float *out,
               struct lt_error *err)
{
    int rc = rows->read(rows->context, begin, n, s->x, err);
    if (!rc)
        lt_linear_codes(s->linear, s->x, n, out);
    return rc;
}

static int fill_reference(struct search *s, struct lt_error *err)
{
    const struct lt_partners_plan *p = s->plan;
    struct lt_rows rows = {0};
    int rc = lt_rows_open(&rows, p->table, p->prep, p->train_rows, s->rows, BATCH, err);
    for (int64_t i = 0; i < s->rows && !rc; i += BATCH)
        rc = see(s, &rows, i, within(s->rows - i, BATCH), s->reference + i * s->directions.dims,
                 err);
    lt_rows_close(&rows);
    return rc;
}

static int search_open(struct search *s, const struct lt_partners_plan *p, struct lt_error *err)
{
    const char *what = "neighbours of rows";
    const int64_t dims = within(p->pca->dims, LT_PARTNERS_DIRECTIONS);
    *s = (struct search){.plan = p,
                         .directions = {.dims = dims, .mean = p->pca->mean, .basis = p->pca->basis},
                         .rows = within(p->train_count, LT_PARTNERS_ROWS)};
    int rc =
        lt_linear_create(&s->linear, &s->directions, p->pca->inputs, dims, p->backend, BATCH, err);
    if (!rc)
        rc = lt_alloc(&s->reference, (size_t)(s->rows * dims), sizeof *s->reference, what, err);
    if (!rc)
        rc = lt_alloc(&s->x, (size_t)(BATCH * p->pca->inputs), sizeof *s->x, what, err);
    if (!rc)
        rc = lt_alloc(&s->seen, (size_t)(BATCH * dims), sizeof *s->seen, what, err);
    if (!rc)
        rc = lt_alloc(&s->found, (size_t)BATCH * ASKED, sizeof *s->found, what, err);
    if (!rc)
        rc = fill_reference(s, err);
    if (!rc)
        rc = lt_neighbours_create(&s->neighbours, s->reference, s->rows, dims, ASKED, p->backend,
                                  BATCH, err);
    return rc;
}

static void search_close(struct search *s)
{
    lt_neighbours_free(&s->neighbours);
    lt_linear_free(&s->linear);
    lt_free(s->reference);
    lt_free(s->x);
    lt_free(s->seen);
    lt_free(s->found);
}

/* Without the row itself where it is among them (`self`: its place in the reference, or another). */
static void keep_others(const int64_t *found, int64_t self, int32_t *nearest)
{
    int kept = 0;
    for (int k = 0; k < ASKED && kept < LT_PARTNERS_NEAREST; k++)
        if (found[k] != self)
            nearest[kept++] = (int32_t)found[k];
}

/* The neighbours of `count` rows, which train or do not. */
static int connect(struct lt_graph *g, struct search *s, const struct lt_table *table,
                   const int64_t *rows, int64_t count, bool train, struct lt_error *err)
{
    const int64_t total = lt_table_rows(table);
    struct lt_rows source = {0};
    int rc = lt_alloc(&g->place, (size_t)total, sizeof *g->place, "neighbours of rows", err);
    if (!rc)
        rc = lt_alloc(&g->nearest, (size_t)count * LT_PARTNERS_NEAREST, sizeof *g->nearest,
                      "neighbours of rows", err);
    for (int64_t i = 0; i < total && !rc; i++)
        g->place[i] = -1;
    for (int64_t i = 0; i < count && !rc; i++)
        g->place[rows[i]] = i;
    if (!rc)
        rc = lt_rows_open(&source, table, s->plan->prep, rows, count, BATCH, err);
    for (int64_t begin = 0; begin < count && !rc; begin += BATCH) {
        const int64_t n = within(count - begin, BATCH);
        rc = see(s, &source, begin, n, s->seen, err);
        if (rc)
            break;
        lt_neighbours_rows(s->neighbours, s->seen, n, s->found);
        for (int64_t i = 0; i < n; i++)
            keep_others(s->found + i * ASKED, train ? begin + i : -1,
                        g->nearest + (begin + i) * LT_PARTNERS_NEAREST);
    }
    lt_rows_close(&source);
    return rc;
}

static int read_partners(void *context, uint32_t epoch, const int64_t *rows, int64_t n, float *x,
                         struct lt_error *err)
{
    const struct lt_reader *r = context;
    const struct lt_partners *p = r->partners;
    for (int64_t i = 0; i < n; i++) {
        const struct lt_stream s = lt_stream(p->seed, LT_RNG_PARTNER, epoch, (uint64_t)rows[i]);
        const int64_t which = (int64_t)lt_below(&s, 0, LT_PARTNERS_NEAREST);
        const int64_t at = r->graph.place[rows[i]] * LT_PARTNERS_NEAREST + which;
        p->drawn[i] = p->train_rows[r->graph.nearest[at]];
    }
    return lt_feed_rows(p->feed, p->drawn, n, x, err);
}

int lt_partners_create(struct lt_partners *out, const struct lt_partners_plan *plan,
                       struct lt_error *err)
{
    struct search s;
    int64_t *stop = NULL;
    *out = (struct lt_partners){.train_rows = plan->train_rows, .seed = plan->seed};
    int rc = search_open(&s, plan, err);
    if (!rc)
        rc = lt_alloc(&out->drawn, (size_t)plan->batch, sizeof *out->drawn, "row numbers", err);
    if (!rc)
        rc = lt_feed_create(&out->feed, plan->table, plan->prep, plan->batch,
                            plan->backend->threads, err);
    if (!rc)
        rc = connect(&out->train.graph, &s, plan->table, plan->train_rows, plan->train_count, true,
                     err);
    if (!rc)
        rc = lt_rowset_list(&stop, plan->stop_rows, err);
    if (!rc)
        rc = connect(&out->stop.graph, &s, plan->kept, stop, plan->stop_rows->count, false, err);
    lt_free(stop);
    search_close(&s);
    out->train.partners = out->stop.partners = out;
    out->train_source = (struct lt_source){.read = read_partners, .context = &out->train};
    out->stop_source = (struct lt_source){.read = read_partners, .context = &out->stop};
    if (rc)
        lt_partners_free(out);
    return rc;
}

void lt_partners_free(struct lt_partners *p)
{
    struct lt_graph *const graphs[] = {&p->train.graph, &p->stop.graph};
    for (int i = 0; i < 2; i++) {
        lt_free(graphs[i]->place);
        lt_free(graphs[i]->nearest);
    }
    lt_feed_free(&p->feed);
    lt_free(p->drawn);
    *p = (struct lt_partners){0};
}
