/* Neighbours in a table: the columns before, and the rows before. */
#include "codec/surroundings_parts.h"

#include <string.h>

/* Features of a plane, each compared to the row before it where the series follows, else to the
 * centre: in the row at hand (0 until it is known), in the three rows before; and where in its range it
 * was in the row before; the means of a few and of more rows before; how it rose in the row a lag
 * before. */
enum { NOW, LAST = 1, LAST2 = 2, LAST3 = 3, PLACE, SHORT, LONG, RISE, SHOWN = 6 };
enum { SHORT_ROWS = 4, LONG_ROWS = 16 };
enum { LAG_OWN = 3 };
enum {
    ALL = 224,   /* planes see each other where that makes no more features */
    WINDOW = 16, /* planes of a wider table see so many before them */
    SETS = 31 * 16,
};

/* Of one plane: the row at hand, and where rows follow one another those before. */
static int shows(const struct lt_pattern *p, int64_t plane)
{
    return p->series[plane].follows ? SHOWN + p->lagged : 1;
}

/* Features of all planes; 0 where these are too many, and they see a window. */
static int64_t all_shown(const struct lt_pattern *p)
{
    int64_t sum = 0;
    for (int64_t j = 0; j < p->planes && sum <= ALL; j++)
        sum += shows(p, j);
    return sum <= ALL ? sum : 0;
}

/* Shown planes, the plane's own, which plane it is where all see each other, guess, 1. */
static int64_t count(const struct lt_pattern *p)
{
    int64_t all = all_shown(p);
    return (all ? all + p->planes : (int64_t)WINDOW * (SHOWN + p->lagged)) + 2 +
           (p->lagged ? LAG_OWN : 0) + p->guessed + 1;
}

bool lt_records_all(const struct lt_pattern *p)
{
    return all_shown(p) > 0;
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

/* Follows the row that the last ones were like, or looks for one. */
static void match_row(struct lt_surroundings *n)
{
    struct lt_match *m = &n->match;
    if (n->row < 2)
        m->length = 0;
    uint32_t both = lt_hash(m->last, n->prefix),
             *seat = (uint32_t *)&m->seat[both % LT_MATCH_SEATS];
    bool goes_on = m->length > 0 && !m->missed;
    m->length = goes_on ? m->length + 1 : 0;
    m->at++;
    m->missed = false;
    if (!goes_on && n->row > 1 && *seat > 0) {
        m->at = *seat;
        m->length = 1;
    }
    m->last = n->prefix;
    m->above = both;
    if (n->row > 1)
        *seat = (uint32_t)n->row;
    if (m->length > 0)
        __builtin_prefetch(&n->values[m->at * n->pattern->planes]);
}

/* Means of the rows before, where a plane follows them; where there are not so many, of those there are. */
static void mean_rows(struct lt_surroundings *n, int64_t plane, int16_t *f)
{
    int64_t last = reference(n, plane), sum = 0, count = 0, reach = n->reach[plane];
    f[SHORT] = f[LONG] = 0;
    reach = reach < INT64_MAX >> 6 ? reach : INT64_MAX >> 6;
    for (int64_t i = 1; i <= LONG_ROWS && i <= n->row; i++) {
        sum += lt_within(lt_less(lt_before(n, i, plane), last), reach);
        count++;
        if (i == SHORT_ROWS)
            f[SHORT] = lt_feature(n, plane, sum / count, 0);
    }
    if (count > 0)
        f[LONG] = lt_feature(n, plane, sum / count, 0);
    if (count < SHORT_ROWS)
        f[SHORT] = f[LONG];
}

static const int showing[SHOWN + 1] = {NOW, LAST, LAST2, PLACE, SHORT, LONG, RISE};

/* Where all planes see each other: what a plane shows stays in place until it is known itself. */
static void show_all(struct lt_surroundings *n)
{
    const struct lt_pattern *p = n->pattern;
    int64_t at = 0;
    for (int64_t j = 0; j < p->planes; j++) {
        n->trace[j].shown = at;
        for (int i = 0; i < shows(p, j); i++)
            n->x[at++] = n->trace[j].feature[showing[i]];
    }
    n->shown = at;
}

static int64_t show_window(struct lt_surroundings *n, int64_t plane)
{
    int64_t at = 0;
    for (int64_t j = plane - WINDOW; j < plane; j++)
        for (int i = 0; i < SHOWN + n->pattern->lagged; i++)
            n->x[at++] = j < 0 ? 0 : n->trace[j].feature[showing[i]];
    return at;
}

static void row(struct lt_surroundings *n)
{
    match_row(n);
    for (int64_t j = 0; j < n->pattern->planes; j++) {
        int16_t *f = n->trace[j].feature;
        f[NOW] = 0;
        for (int i = LAST; i <= LAST3; i++)
            f[i] = n->row < i ? 0 : lt_feature(n, j, lt_before(n, i, j), reference_at(n, i + 1, j));
        if (n->pattern->series[j].follows)
            mean_rows(n, j, f);
        if (n->pattern->lagged)
            f[RISE] = lt_feature(n, j, lt_lagged(n, 0, j), lt_lagged(n, -1, j));
        f[PLACE] = n->row > 0 ? lt_place(&n->pattern->series[j], lt_before(n, 1, j)) : 0;
    }
    if (n->all)
        show_all(n);
}

/* What the row that this one is like has there. */
static int64_t matched(const struct lt_surroundings *n, int64_t plane)
{
    return n->values[n->match.at * n->pattern->planes + plane];
}
/* How sure that is: 0 where it is not, and then more with the rows that were alike. */
static int sure(const struct lt_surroundings *n)
{
    int rows = n->match.length < 15 ? n->match.length : 15 + lt_coarse(n->match.length) / 4;
    return n->match.length == 0 || n->match.missed ? 0 : rows;
}

static void seen(struct lt_surroundings *n, int64_t plane)
{
    struct lt_trace *t = &n->trace[plane];
    t->feature[NOW] = lt_feature(n, plane, lt_here(n, plane), reference(n, plane));
    if (n->all)
        n->x[t->shown] = t->feature[NOW]; /* which is shown first */
    if (n->match.length > 0 && lt_here(n, plane) != matched(n, plane))
        n->match.missed = true;
}

static void features(struct lt_surroundings *n, int64_t plane)
{
    const struct lt_pattern *p = n->pattern;
    int64_t at = n->all ? n->shown : show_window(n, plane);
    n->x[at++] = n->trace[plane].feature[LAST];
    n->x[at++] = n->trace[plane].feature[LAST3];
    if (p->lagged) {
        int64_t north = lt_lagged(n, 0, plane);
        n->x[at++] = lt_feature(n, plane, north, reference(n, plane));
        n->x[at++] = lt_feature(n, plane, lt_lagged(n, 1, plane), north);
        n->x[at++] = lt_feature(n, plane, lt_lagged(n, 2, plane), north);
    }
    for (int64_t j = 0; n->all && j < p->planes; j++)
        n->x[at++] = j == plane ? LT_INTNET_ONE : 0;
    if (p->guessed)
        n->x[at++] =
            lt_feature(n, plane, n->guess[n->row * p->planes + plane] >> 4, reference(n, plane));
    n->x[at++] = LT_INTNET_ONE;
}

/* ---- contexts ---- */

static void symbol(const struct lt_surroundings *n, int64_t plane, int expected, struct lt_view *v)
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
    lt_context(v, k, lt_hash2(sure(n), sure(n) ? matched(n, plane) : up));
    lt_context(v, k, lt_hash3(n->match.last, n->prefix, 1));
    if (expected >= 0) {
        lt_context(v, k, lt_hash2(expected, 3));
        lt_context(v, k, lt_hash3(expected >> 1, left, 4));
    }
    if (n->lag > 0) {
        int64_t north = lt_lagged(n, 0, plane);
        lt_context(v, k, lt_hash3(north, up, 2));
        lt_context(v, k, lt_hash3(north, lt_lagged(n, 1, plane), left));
    }
    if (n->guess)
        lt_context(v, k, lt_hash2(n->guess[n->row * n->pattern->planes + plane] >> 1, 0));
    v->set[1] = (up == up2) + 2 * (corner == left);
    v->guess = lt_hash2(plane, up);
}

/* How far a value is above what is expected, but for noise. */
static int64_t above(int64_t value, int64_t expected, int fine)
{
    return lt_less(value, expected) >> fine;
}

/* Contexts know of no bits that are noise. */
static void number(const struct lt_surroundings *n, int64_t plane, int64_t expected, int part,
                   struct lt_view *v)
{
    const struct lt_trace *t = &n->trace[plane];
    const struct lt_series *s = &n->pattern->series[plane];
    const int fine = lt_series_noise(s), fine_left = plane > 0 ? lt_series_noise(s - 1) : 0;
    int64_t left = plane > 0 ? lt_here(n, plane - 1) >> fine_left : 0;
    int64_t last = lt_within(t->left[0] >> fine, 1 << 20),
            last2 = lt_within(t->left[1] >> fine, 1 << 20);
    int busy = lt_coarse((last < 0 ? -last : last) + (last2 < 0 ? -last2 : last2));
    int64_t rise = lt_within(above(lt_before(n, 1, plane), expected, fine), 60);
    int64_t rise2 = lt_within(above(lt_before(n, 2, plane), expected, fine), 30);
    int64_t base = expected >> fine;
    uint32_t k = (uint32_t)plane;
    lt_context(v, k, (uint32_t)part);
    lt_context(v, k, lt_hash2(part >> 1, lt_within(last, 15)));
    lt_context(v, k, lt_hash2(lt_within(rise, 30), rise2));
    lt_context(v, k, lt_hash2(base, left));
    if (fine == 0) { /* rows that come again */
        lt_context(v, k, lt_hash2(base, n->prefix));
        lt_context(v, k, lt_hash2(t->run < 15 ? t->run : 15, rise));
    }
    lt_context(v, k, lt_hash2(part, lt_coarse(n->left)));
    int64_t alike = sure(n) ? lt_within(above(matched(n, plane), expected, fine), 200) : rise;
    lt_context(v, k, lt_hash3(sure(n), alike, part >> 3));
    if (n->lag > 0) {
        int64_t north = above(lt_lagged(n, 0, plane), expected, fine);
        int64_t next = above(lt_lagged(n, 1, plane), expected, fine);
        lt_context(v, k, lt_hash3(lt_within(north, 60), part >> 2, 5));
        lt_context(v, k, lt_hash3(lt_within(north, 20), lt_within(rise, 20), lt_within(next, 20)));
    }
    if (n->guess)
        lt_context(v, k,
                   lt_hash2(lt_within(lt_less(n->guess[n->row * n->pattern->planes + plane] >> 2,
                                              (int64_t)((uint64_t)expected * 4)) >>
                                          fine,
                                      240),
                            part));
    v->set[1] = busy * 16 + part;
}

const struct lt_scene_ops lt_scene_records = {count,  row,    features, reference,
                                              symbol, number, seen,     SETS};
