#include "codec/pattern.h"

#include "base/mem.h"
#include <math.h>
#include <string.h>

int lt_pattern_create(struct lt_pattern **out, int64_t planes, int64_t h, int64_t w, int64_t c,
                      struct lt_error *err)
{
    struct lt_pattern *p;
    int rc = lt_alloc(out, 1, sizeof **out, "a pattern", err);
    if (rc)
        return rc;
    p = *out;
    p->scene = h > 0 ? LT_SCENE_GRID : LT_SCENE_RECORDS;
    p->planes = planes;
    p->h = h;
    p->w = w;
    p->c = c;
    rc = lt_alloc(&p->series, (size_t)lt_pattern_kinds(p), sizeof *p->series, "a pattern", err);
    if (rc)
        lt_pattern_free(out);
    return rc;
}

void lt_pattern_free(struct lt_pattern **pattern)
{
    if (*pattern) {
        lt_free((*pattern)->series);
        lt_intnet_free(&(*pattern)->linear);
        lt_intnet_free(&(*pattern)->values);
        lt_intnet_free(&(*pattern)->trees);
    }
    lt_free(*pattern);
    *pattern = NULL;
}

void lt_pattern_units(struct lt_pattern *pattern, int64_t *numbers, int64_t *nodes)
{
    *numbers = *nodes = 0;
    for (int64_t k = 0; k < lt_pattern_kinds(pattern); k++) {
        struct lt_series *s = &pattern->series[k];
        s->unit = (int32_t)(s->number ? *numbers : *nodes);
        *numbers += s->number;
        *nodes += s->number ? 0 : (int64_t)1 << s->bits;
    }
}

/* ---- measuring ---- */

struct sums {
    double count, sum, squares;
    double steps; /* squares of differences from the row before, or W */
    int64_t pairs;
    double frames; /* distance from the frame before, and from W, where there are both */
    double beside;
    int64_t seen[256]; /* of symbols */
    int32_t levels;
};
struct lt_look {
    struct lt_pattern *pattern;
    struct sums *kind;
};

int lt_look_create(struct lt_look **out, struct lt_pattern *pattern, const int32_t *levels,
                   struct lt_error *err)
{
    int64_t kinds = lt_pattern_kinds(pattern);
    int rc = lt_alloc(out, 1, sizeof **out, "a look", err);
    if (!rc)
        rc = lt_alloc(&(*out)->kind, (size_t)kinds, sizeof(struct sums), "a look", err);
    if (rc) {
        lt_free(*out);
        *out = NULL;
        return rc;
    }
    (*out)->pattern = pattern;
    for (int64_t k = 0; k < kinds; k++) {
        (*out)->kind[k].levels = levels[k];
        pattern->series[k].low = INT64_MAX;
        pattern->series[k].high = INT64_MIN;
    }
    return 0;
}

static void look_at_pair(struct sums *s, int64_t value, int64_t before)
{
    double d = (double)value - (double)before;
    s->steps += d * d;
    s->pairs++;
}

static void look_at_row(struct lt_look *look, const int64_t *row, const int64_t *above)
{
    const struct lt_pattern *p = look->pattern;
    bool grid = p->scene == LT_SCENE_GRID;
    for (int64_t j = 0; j < p->planes; j++) {
        int64_t k = grid ? j % p->c : j, v = row[j];
        struct lt_series *series = &p->series[k];
        struct sums *s = &look->kind[k];
        bool beside = grid && j / p->c % p->w > 0;
        series->low = v < series->low ? v : series->low;
        series->high = v > series->high ? v : series->high;
        s->count++;
        s->sum += (double)v;
        s->squares += (double)v * (double)v;
        if (s->levels > 0)
            s->seen[v & 255]++;
        if (beside)
            look_at_pair(s, v, row[j - p->c]);
        else if (!grid && above)
            look_at_pair(s, v, above[j]);
        if (beside && above) {
            s->frames += fabs((double)v - (double)above[j]);
            s->beside += fabs((double)v - (double)row[j - p->c]);
        }
    }
}

void lt_look_at(struct lt_look *look, const int64_t *values, int64_t rows)
{
    int64_t planes = look->pattern->planes;
    for (int64_t r = 0; r < rows; r++)
        look_at_row(look, values + r * planes, r > 0 ? values + (r - 1) * planes : NULL);
}

/* Half the chance that a symbol is asked for first, and what costs little to ask. */
static const double COMMON = 0.4;

static void finish_symbol(struct lt_series *series, const struct sums *s)
{
    int best = 0;
    series->bits = 1;
    while (series->bits < 8 && 1 << series->bits < s->levels)
        series->bits++;
    for (int v = 1; v < s->levels; v++)
        best = s->seen[v] > s->seen[best] ? v : best;
    series->common = s->levels > 4 && (double)s->seen[best] > COMMON * s->count ? best : -1;
    series->low = 0;
    series->high = s->levels - 1;
}

static void finish_series(struct lt_series *series, const struct sums *s, bool grid)
{
    double mean = s->sum / fmax(s->count, 1), pairs = (double)(s->pairs > 0 ? s->pairs : 1);
    double about = fmax(0, s->squares / fmax(s->count, 1) - mean * mean), step = s->steps / pairs;
    series->number = s->levels == 0;
    series->follows = s->pairs > 0 && step < (grid ? 2 : 1) * about;
    series->centre = (int64_t)fmin(fmax(rint(mean), (double)series->low), 0x1p62);
    series->centre = series->centre > series->high  ? series->high
                     : series->centre < series->low ? series->low
                                                    : series->centre;
    double spread = sqrt(series->follows ? step : about) * 256;
    series->spread = (int64_t)fmin(fmax(spread, 64), 0x1p60);
    series->common = -1;
    if (!series->number)
        finish_symbol(series, s);
}

void lt_look_finish(struct lt_look *look)
{
    struct lt_pattern *p = look->pattern;
    double frames = 0, beside = 0;
    int64_t numbers, nodes;
    for (int64_t k = 0; k < lt_pattern_kinds(p); k++) {
        struct lt_series *series = &p->series[k];
        finish_series(series, &look->kind[k], p->scene == LT_SCENE_GRID);
        frames += look->kind[k].frames;
        beside += look->kind[k].beside;
    }
    lt_pattern_units(p, &numbers, &nodes);
    p->frames = frames < beside;
}

void lt_look_free(struct lt_look **look)
{
    if (*look)
        lt_free((*look)->kind);
    lt_free(*look);
    *look = NULL;
}
