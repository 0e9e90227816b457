#include "app/packcode.h"
#include "base/mem.h"

enum { VALUES = 48 << 20 };

/* Rows of a block, as they are mapped. */
static int map_block(const struct lt_packsource *s, const struct lt_planes *planes, int64_t block,
                     struct lt_packchunk *chunk, int64_t *values, struct lt_error *err)
{
    struct lt_growable waste = {0};
    int rc = lt_packsource_fetch(s, block, chunk, err);
    if (!rc && s->table)
        rc = lt_planes_map(planes, chunk->group, chunk->rows, values, &waste, err);
    else if (!rc)
        rc = lt_planes_map_lines(planes, chunk->begin, chunk->end, chunk->first, chunk->rows,
                                 values, &waste, err);
    if (!rc)
        lt_packsource_release(s, chunk);
    lt_growable_free(&waste);
    return rc;
}

void lt_packcode_scale(const struct lt_pattern *p, const int64_t *values, int64_t rows, uint16_t *x)
{
    for (int64_t i = 0; i < rows * p->planes; i++) {
        const struct lt_series *s = lt_pattern_series(p, i % p->planes);
        double range = (double)s->high - (double)s->low;
        double v = range > 0 ? ((double)values[i] - (double)s->low) / range : 0;
        x[i] = (uint16_t)(65535 * (v < 0 ? 0 : v > 1 ? 1 : v) + 0.5);
    }
}

int lt_packcode_read(struct lt_packcode_rows *out, const struct lt_packsource *s,
                     const struct lt_planes *planes, const struct lt_pattern *p,
                     struct lt_error *err)
{
    struct lt_packchunk chunk = {0};
    int64_t *values = NULL, per = s->block_rows * p->planes, blocks = VALUES / per;
    blocks = blocks < 1 ? 1 : blocks < s->blocks ? blocks : s->blocks;
    *out = (struct lt_packcode_rows){.pattern = p};
    int rc = lt_alloc(&values, (size_t)per, sizeof *values, "rows to learn from", err);
    if (!rc)
        rc = lt_alloc(&out->x, (size_t)(blocks * per), sizeof *out->x, "rows to learn from", err);
    for (int64_t i = 0; i < blocks && !rc; i++) {
        int64_t block = (int64_t)((double)i * (double)s->blocks / (double)blocks);
        rc = map_block(s, planes, block, &chunk, values, err);
        if (!rc)
            lt_packcode_scale(p, values, chunk.rows, out->x + out->rows * p->planes);
        out->rows += rc ? 0 : chunk.rows;
    }
    lt_packchunk_close(&chunk);
    lt_free(values);
    if (rc)
        lt_packcode_rows_free(out);
    return rc;
}

void lt_packcode_rows_free(struct lt_packcode_rows *rows)
{
    lt_free(rows->x);
    rows->x = NULL;
}
