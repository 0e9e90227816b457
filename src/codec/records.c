/* Neighbours in a table: the columns before, and the rows before. */
#include "codec/surroundings_parts.h"

#include <string.h>

/* Features of a plane, each compared to the row before it where the series follows, else to the
 * centre: in the row at hand (0 until it is known), in the three rows before; and where in its range it
 * was in the row before. */
enum { NOW, LAST = 1, LAST2 = 2, LAST3 = 3, PLACE, SHOWN = 4 };
enum {
    ALL = 24,    /* so many planes see each other */
    WINDOW = 16, /* planes of a wider table see so many before them */
    SETS = 31 * 16,
};

static int64_t shown(const struct lt_pattern *p)
{
    return p->planes <= ALL ? p->planes : WINDOW;
}

/* Shown planes, the plane's own, which plane it is where all see each other, guess, 1. */
static int64_t count(const struct lt_pattern *p)
{
    return shown(p) * SHOWN + 2 + (p->planes <= ALL ? p->planes : 0) + p->guessed + 1;
}

static int64_t reference_at(const struct lt_surroundings *n, int64_t back, int64_t plane)
{
    const struct lt_series *s = &n->pattern->series[plane];
    return s->follows && n->row >= back ? lt_before(n, back, plane) : s->centre;
}

static int64_t reference(const struct lt_surroundings *n, int64_t plane)
{
    return reference_at(n, 1, plane);
}

static void row(struct lt_surroundings *n)
{
    for (int64_t j = 0; j < n->pattern->planes; j++) {
        int16_t *f = n->trace[j].feature;
        f[NOW] = 0;
        for (int i = LAST; i <= LAST3; i++)
            f[i] = n->row < i ? 0 : lt_feature(n, j, lt_before(n, i, j), reference_at(n, i + 1, j));
        f[PLACE] = n->row > 0 ? lt_place(&n->pattern->series[j], lt_before(n, 1, j)) : 0;
    }
}

static void seen(struct lt_surroundings *n, int64_t plane)
{
    n->trace[plane].feature[NOW] = lt_feature(n, plane, lt_here(n, plane), reference(n, plane));
}

static void features(struct lt_surroundings *n, int64_t plane)
{
    static const int showing[SHOWN] = {NOW, LAST, LAST2, PLACE};
    const struct lt_pattern *p = n->pattern;
    bool all = p->planes <= ALL;
    int64_t at = 0, first = all ? 0 : plane - WINDOW;
    for (int64_t j = first; j < first + shown(p); j++)
        for (int i = 0; i < SHOWN; i++)
            n->x[at++] = j < 0 ? 0 : n->trace[j].feature[showing[i]];
    n->x[at++] = n->trace[plane].feature[LAST];
    n->x[at++] = n->trace[plane].feature[LAST3];
    for (int64_t j = 0; all && j < p->planes; j++)
        n->x[at++] = j == plane ? LT_INTNET_ONE : 0;
    if (p->guessed)
        n->x[at++] = lt_feature(n, plane, n->guess[n->row * p->planes + plane] >> 4,
                                reference(n, plane));
    n->x[at++] = LT_INTNET_ONE;
}

/* ---- contexts ---- */

static void symbol(const struct lt_surroundings *n, int64_t plane, struct lt_view *v)
{
    int64_t up = lt_before(n, 1, plane), up2 = lt_before(n, 2, plane);
    int64_t left = plane > 0 ? lt_here(n, plane - 1) : 0;
    int64_t left2 = plane > 1 ? lt_here(n, plane - 2) : 0;
    int64_t left3 = plane > 2 ? lt_here(n, plane - 3) : 0;
    int64_t corner = plane > 0 ? lt_before(n, 1, plane - 1) : 0;
    uint32_t k = (uint32_t)plane;
    lt_context(v, k, 0);
    lt_context(v, k, lt_hash2(up, 0));
    lt_context(v, k, lt_hash2(left, left2));
    lt_context(v, k, lt_hash2(up, left));
    lt_context(v, k, n->prefix);
    lt_context(v, k, lt_hash2(up, up2));
    lt_context(v, k, lt_hash3(up, corner, left));
    lt_context(v, k, lt_hash3(left, left2, left3));
    lt_context(v, k, lt_hash2(n->trace[plane].run, up));
    if (n->guess)
        lt_context(v, k, lt_hash2(n->guess[n->row * n->pattern->planes + plane] >> 1, 0));
    v->set[1] = (up == up2) + 2 * (corner == left);
    v->guess = lt_hash2(plane, up);
}

static void number(const struct lt_surroundings *n, int64_t plane, int64_t base, int part,
                   struct lt_view *v)
{
    const struct lt_trace *t = &n->trace[plane];
    int64_t up = lt_before(n, 1, plane), up2 = lt_before(n, 2, plane);
    int64_t left = plane > 0 ? lt_here(n, plane - 1) : 0;
    int64_t corner = plane > 0 ? lt_before(n, 1, plane - 1) : 0;
    int64_t beside = plane > 0 ? n->trace[plane - 1].left[0] : 0;
    int64_t last = lt_within(t->left[0], 1 << 20), last2 = lt_within(t->left[1], 1 << 20);
    int busy = lt_coarse((last < 0 ? -last : last) + (last2 < 0 ? -last2 : last2));
    int64_t rise = lt_within(up - base, 60);
    uint32_t k = (uint32_t)plane;
    lt_context(v, k, (uint32_t)part);
    lt_context(v, k, lt_hash2(part, busy));
    lt_context(v, k, lt_hash2(part, lt_within(beside, 40)));
    lt_context(v, k, lt_hash2(part >> 1, lt_within(last, 15)));
    lt_context(v, k, lt_hash2(lt_within(rise, 30), lt_within(up2 - base, 30)));
    lt_context(v, k, lt_hash2(base, left));
    lt_context(v, k, lt_hash4(base, up, corner, left));
    lt_context(v, k, lt_hash2(base, n->prefix));
    lt_context(v, k, lt_hash2(t->run < 15 ? t->run : 15, rise));
    lt_context(v, k, lt_hash2(part, lt_coarse(n->left)));
    lt_context(v, k, lt_hash2(part, base));
    if (n->guess)
        lt_context(v, k, lt_hash2(lt_within((n->guess[n->row * n->pattern->planes + plane] >> 2) -
                                                4 * base,
                                            240),
                                  part));
    v->set[1] = busy * 16 + part;
}

const struct lt_scene_ops lt_scene_records = {count,  row,    features, reference,
                                              symbol, number, seen,     SETS};
