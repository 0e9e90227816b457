#include "codec/surroundings_parts.h"

#include "base/mem.h"
#include "codec/lag.h"
#include <string.h>

static const struct lt_scene_ops *ops_of(const struct lt_pattern *p)
{
    return p->scene == LT_SCENE_GRID ? &lt_scene_grid : &lt_scene_records;
}

int64_t lt_surroundings_count(const struct lt_pattern *pattern)
{
    return ops_of(pattern)->count(pattern);
}

enum { KINDS_TOLD = 256 }; /* that have mixing weights of their own; others share */

static int32_t told_of(const struct lt_pattern *p, int64_t plane)
{
    return (int32_t)(lt_pattern_kind(p, plane) % KINDS_TOLD);
}

int32_t lt_surroundings_sets(const struct lt_pattern *pattern)
{
    int64_t kinds = lt_pattern_kinds(pattern);
    return (int32_t)(kinds < KINDS_TOLD ? kinds : KINDS_TOLD) + ops_of(pattern)->sets;
}

/* ---- numbers ---- */

int16_t lt_place(const struct lt_series *series, int64_t value)
{
    uint64_t range = (uint64_t)series->high - (uint64_t)series->low;
    uint64_t above = (uint64_t)value - (uint64_t)series->low;
    int shift = 0;
    while (range >> shift > UINT32_MAX)
        shift++;
    range >>= shift;
    above >>= shift;
    return (int16_t)(range ? (above > range ? range : above) * 4096 / range : 0);
}

int lt_coarse(int64_t v)
{
    /* of what is left of a number below 16 */
    static const int8_t few[16] = {0, 1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6};
    uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
    int q = 0;
    for (; u > 15 && q < 30; q++)
        u = u * 2 / 3;
    q += few[u > 15 ? 15 : u];
    return q < 30 ? q : 30;
}

static void fill_scales(struct lt_surroundings *n)
{
    for (int64_t k = 0; k < lt_pattern_kinds(n->pattern); k++) {
        /* 1024 2^32 / (spread / 256) */
        int64_t spread = n->pattern->series[k].spread, most = LT_INTNET_MOST;
        n->scale[k] = (int64_t)(((lt_wide)LT_INTNET_ONE << 40) / spread);
        lt_wide reach = (lt_wide)most * spread / ((int64_t)LT_INTNET_ONE << 8);
        n->reach[k] = reach > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)reach + 1;
        while (n->scale[k] > 0 && n->reach[k] > ((int64_t)(most + 1) << 32) / n->scale[k])
            n->reach[k]--;
    }
}

/* ---- the object ---- */

int lt_surroundings_create(struct lt_surroundings **out, const struct lt_pattern *pattern,
                           struct lt_error *err)
{
    struct lt_surroundings *n;
    int rc = lt_alloc(out, 1, sizeof **out, "surroundings", err);
    if (rc)
        return rc;
    n = *out;
    n->pattern = pattern;
    n->features = lt_surroundings_count(pattern);
    n->all = pattern->scene == LT_SCENE_RECORDS && lt_records_all(pattern);
    size_t room = LT_INTNET_WIDTH + LT_INTNET_PAD, kinds = (size_t)lt_pattern_kinds(pattern);
    rc = lt_alloc(&n->scale, kinds, sizeof *n->scale, "surroundings", err);
    if (!rc)
        rc = lt_alloc(&n->reach, kinds, sizeof *n->reach, "surroundings", err);
    if (!rc)
        rc = lt_alloc(&n->trace, (size_t)pattern->planes, sizeof *n->trace, "surroundings", err);
    if (!rc)
        rc = lt_alloc(&n->match.seat, LT_MATCH_SEATS, sizeof *n->match.seat, "neighbours", err);
    if (!rc)
        rc =
            lt_alloc(&n->x, (size_t)n->features + LT_INTNET_PAD, sizeof *n->x, "surroundings", err);
    if (!rc)
        rc = lt_alloc(&n->hidden, room, sizeof *n->hidden, "surroundings", err);
    if (!rc && pattern->values)
        rc = lt_intmemo_create(&n->seen_values, pattern->values, err);
    if (!rc && pattern->trees)
        rc = lt_intmemo_create(&n->seen_trees, pattern->trees, err);
    if (rc)
        lt_surroundings_free(out);
    else
        fill_scales(n);
    return rc;
}

void lt_surroundings_free(struct lt_surroundings **n)
{
    if (*n) {
        lt_free((*n)->scale);
        lt_free((*n)->reach);
        lt_free((*n)->trace);
        lt_free((*n)->match.seat);
        lt_free((*n)->x);
        lt_free((*n)->hidden);
        lt_intmemo_free(&(*n)->seen_values);
        lt_intmemo_free(&(*n)->seen_trees);
    }
    lt_free(*n);
    *n = NULL;
}

void lt_surroundings_begin(struct lt_surroundings *n, const int64_t *values, const int32_t *guess,
                           const uint16_t *lags)
{
    n->values = values;
    n->lags = n->pattern->lagged ? lags : NULL;
    n->guess = n->pattern->guessed ? guess : NULL;
    n->left = 0;
    n->prefix = 0;
    n->match.length = 0;
    n->match.last = n->match.above = 0;
    memset(n->match.seat, 0, LT_MATCH_SEATS * sizeof *n->match.seat);
    memset(n->trace, 0, (size_t)n->pattern->planes * sizeof *n->trace);
}

void lt_surroundings_row(struct lt_surroundings *n, int64_t row)
{
    n->row = row;
    n->lag = n->lags ? n->lags[row / LT_LAG_SEGMENT] : 0;
    ops_of(n->pattern)->row(n);
    n->prefix = 0;
}

void lt_surroundings_at(struct lt_surroundings *n, int64_t row, int64_t plane)
{
    n->match.length = 0; /* rows are not in order */
    lt_surroundings_row(n, row);
    for (int64_t j = 0; j < plane; j++)
        ops_of(n->pattern)->seen(n, j);
}

const int16_t *lt_surroundings_features(struct lt_surroundings *n, int64_t plane)
{
    ops_of(n->pattern)->features(n, plane);
    return n->x;
}

int64_t lt_surroundings_reference(const struct lt_surroundings *n, int64_t plane)
{
    return ops_of(n->pattern)->reference(n, plane);
}

/* ---- outlooks ---- */

/* What networks say of a number, in outputs (Q16). */
static int64_t told_by_networks(struct lt_surroundings *n, const struct lt_series *s, int64_t plane)
{
    const struct lt_pattern *p = n->pattern;
    int64_t sum = 0;
    if (!p->linear && !p->values)
        return 0;
    lt_surroundings_features(n, plane);
    if (p->linear) /* whose last layer is its only one */
        sum += lt_intnet_unit(p->linear, n->x, lt_pattern_line(p, plane));
    if (p->values && s->number) {
        lt_intnet_hidden_again(p->values, n->seen_values, n->x, n->hidden);
        sum += lt_intnet_unit(p->values, n->hidden, s->unit);
    }
    return sum;
}

/* Where a value is expected, in Q4, within the limits of its series. */
static lt_wide expected(struct lt_surroundings *n, const struct lt_series *s, int64_t plane)
{
    int64_t reference = lt_surroundings_reference(n, plane);
    lt_wide offset = (lt_wide)told_by_networks(n, s, plane) * s->spread >> 20;
    lt_wide place = (lt_wide)reference * 16 + offset;
    lt_wide low = (lt_wide)s->low * 16, high = (lt_wide)s->high * 16;
    return place < low ? low : place > high ? high : place;
}

static void look_at_number(struct lt_surroundings *n, int64_t plane, struct lt_outlook *out)
{
    const struct lt_series *s = out->series;
    lt_wide place = expected(n, s, plane);
    out->base = (int64_t)(place >> 4);
    int part = s->bits ? 0 : (int)(place & 15); /* of a level, which is less than noise */
    out->view.fine = s->bits;
    out->view.guess = lt_hash2(plane, part);
    ops_of(n->pattern)->number(n, plane, out->base, part, &out->view);
}

static void look_at_symbol(struct lt_surroundings *n, int64_t plane, struct lt_outlook *out)
{
    const struct lt_pattern *p = n->pattern;
    out->base = 0;
    out->view.common = out->series->common;
    bool linear = p->linear && p->scene == LT_SCENE_RECORDS;
    ops_of(p)->symbol(n, plane, linear ? (int)expected(n, out->series, plane) : -1, &out->view);
    if (p->trees) {
        lt_surroundings_features(n, plane);
        lt_intnet_hidden_again(p->trees, n->seen_trees, n->x, n->hidden);
        out->view.net = p->trees;
        out->view.hidden = n->hidden;
        out->view.unit = out->series->unit;
    }
}

/* What guesses alone tell of a value. */
static void look_alone(struct lt_surroundings *n, int64_t plane, struct lt_outlook *out)
{
    const struct lt_pattern *p = n->pattern;
    const int32_t *guess = n->guess + n->row * p->planes;
    int32_t here = guess[plane], before = plane > 0 ? guess[plane - 1] : here;
    int32_t after = plane < p->planes - 1 ? guess[plane + 1] : here;
    uint32_t kind = (uint32_t)lt_pattern_kind(p, plane);
    struct lt_view *v = &out->view;
    int64_t told = out->series->number ? here & 15 : here;
    out->base = out->series->number ? here >> 4 : 0;
    v->common = out->series->common;
    v->fine = lt_series_noise(out->series);
    v->set[1] = 0;
    v->guess = lt_hash2(kind, told >> 4);
    lt_context(v, kind, 0);
    lt_context(v, kind, lt_hash2(told, 0));
    lt_context(v, kind, lt_hash2(told >> 3, 1));
    lt_context(v, kind, lt_hash2(told >> 5, plane));
    lt_context(v, kind, lt_hash3(told >> 4, (before - here) >> 5, (after - here) >> 5));
}

void lt_surroundings_look(struct lt_surroundings *n, int64_t plane, struct lt_outlook *out)
{
    out->series = lt_pattern_series(n->pattern, plane);
    out->view.contexts = 0;
    out->view.net = NULL;
    out->view.set[0] = ops_of(n->pattern)->sets + told_of(n->pattern, plane);
    if (n->pattern->alone)
        look_alone(n, plane, out);
    else if (out->series->number)
        look_at_number(n, plane, out);
    else
        look_at_symbol(n, plane, out);
}

void lt_surroundings_seen(struct lt_surroundings *n, int64_t plane, int64_t base)
{
    struct lt_trace *t = &n->trace[plane];
    int64_t value = lt_here(n, plane);
    t->left[1] = t->left[0];
    t->left[0] = lt_less(value, base);
    t->run = value == lt_before(n, 1, plane) ? t->run + (t->run < INT32_MAX) : 0;
    const int fine = lt_series_noise(lt_pattern_series(n->pattern, plane));
    int64_t size = lt_within(t->left[0] >> fine, 1 << 20), known = value >> fine;
    n->left = n->left * 3 / 4 + (size < 0 ? -size : size);
    n->prefix = lt_hash(n->prefix, lt_hash((uint32_t)known, (uint32_t)((uint64_t)known >> 32)));
    ops_of(n->pattern)->seen(n, plane);
}
