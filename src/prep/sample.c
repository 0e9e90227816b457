#include "prep/sample.h"
#include "base/mem.h"
#include "base/order.h"
#include <math.h>
#include <stdlib.h>

static int64_t rows_of(int64_t columns, int64_t rows)
{
    int64_t n = LT_SAMPLE_CELLS / columns;
    n = n > LT_SAMPLE_ROWS ? LT_SAMPLE_ROWS : n < LT_FACTS_ROWS ? LT_FACTS_ROWS : n;
    return n > rows ? rows : n;
}

static int start(struct lt_sample *s, const struct lt_facts_of_rows *f, const bool *wanted,
                 struct lt_error *err)
{
    *s = (struct lt_sample){0};
    for (int64_t j = 0; j < f->columns; j++)
        s->columns += wanted[j];
    if (s->columns == 0)
        return LT_OK;
    s->rows = rows_of(s->columns, f->n);
    size_t d = (size_t)s->columns;
    int rc = lt_alloc(&s->column, d, sizeof *s->column, "quantiles", err);
    if (!rc)
        rc = lt_alloc(&s->seen, d, sizeof *s->seen, "quantiles", err);
    if (!rc)
        rc = lt_alloc(&s->values, d * (size_t)s->rows, sizeof *s->values, "quantiles", err);
    for (int64_t j = 0, k = 0; j < f->columns && !rc; j++)
        if (wanted[j])
            s->column[k++] = j;
    return rc;
}

int lt_sample_read(struct lt_sample *s, struct lt_facts_of_rows *f, const bool *wanted,
                   struct lt_error *err)
{
    int64_t got;
    int rc = start(s, f, wanted, err);
    for (int64_t at = 0; at < s->rows && !rc; at += got) {
        rc = lt_facts_read(f, at, &got, err);
        for (int64_t i = 0; i < got && at + i < s->rows && !rc; i++)
            for (int64_t k = 0; k < s->columns; k++) {
                double v = f->values[i * f->columns + s->column[k]];
                if (!isnan(v))
                    s->values[k * s->rows + s->seen[k]++] = v;
            }
    }
    for (int64_t k = 0; k < s->columns && !rc; k++)
        qsort(s->values + k * s->rows, (size_t)s->seen[k], sizeof *s->values, lt_by_value);
    if (rc)
        lt_sample_free(s);
    return rc;
}

void lt_sample_free(struct lt_sample *s)
{
    lt_free(s->column);
    lt_free(s->seen);
    lt_free(s->values);
    *s = (struct lt_sample){0};
}
