/* Inside surroundings: what the two scenes have in common. */
#ifndef LT_CODEC_SURROUNDINGS_PARTS_H
#define LT_CODEC_SURROUNDINGS_PARTS_H

#include "codec/surroundings.h"

/* Where 64 bits are too few on the way. */
__extension__ typedef __int128 lt_wide;

/* What is kept of each plane, or pixel. */
struct lt_trace {
    int64_t left[2];    /* what predictions left of the last two numbers */
    int32_t run;        /* rows since it changed */
    int16_t feature[8]; /* of records: see records.c */
    int64_t shown;      /* where those begin in lt_surroundings.x */
};

/* Rows that came before as the last ones did, and so may go on alike. */
struct lt_match {
    int32_t *seat;  /* (LT_MATCH_SEATS): by hash of two rows, the row that followed; 0: none */
    int64_t at;     /* the row that this one may be like */
    int32_t length; /* rows alike so far, 0: none is known */
    bool missed;    /* this row is not like it */
    uint32_t last;  /* hash of the row before */
    uint32_t above; /* and of the two before */
};
enum { LT_MATCH_SEATS = 1 << 16 };

struct lt_surroundings {
    const struct lt_pattern *pattern;
    const int64_t *values;
    const int32_t *guess;
    int64_t row;
    const uint16_t *lags;
    int64_t lag; /* of the row; 0: none */
    int64_t features;
    bool all;               /* of records: planes all see each other, ... */
    int64_t shown;          /* ... by so many features */
    int64_t *scale;         /* (kinds): what differences are multiplied with to be features, Q32 */
    int64_t *reach;         /* (kinds): differences beyond it have the largest feature */
    struct lt_trace *trace; /* (planes) */
    int64_t left;           /* of the row so far: how much predictions left, decaying */
    struct lt_match match;
    uint32_t prefix;                             /* hash of the row so far */
    int16_t *x;                                  /* (features, padded) */
    int16_t *hidden;                             /* of the network asked last */
    struct lt_intmemo *seen_values, *seen_trees; /* of the pattern's networks */
};

/* One row each: how a scene makes features and contexts. */
struct lt_scene_ops {
    int64_t (*count)(const struct lt_pattern *pattern);
    void (*row)(struct lt_surroundings *n);
    void (*features)(struct lt_surroundings *n, int64_t plane);
    int64_t (*reference)(const struct lt_surroundings *n, int64_t plane);
    /* Contexts, and which mixing weights.  A number is expected at base + part / 16; so is a symbol, in
     * Q4, where linear tells; else -1. */
    void (*symbol)(const struct lt_surroundings *n, int64_t plane, int expected,
                   struct lt_view *view);
    void (*number)(const struct lt_surroundings *n, int64_t plane, int64_t base, int part,
                   struct lt_view *view);
    void (*seen)(struct lt_surroundings *n, int64_t plane);
    int32_t sets; /* of mixing weights for one kind of series */
};
/* Whether all planes of records see each other. */
bool lt_records_all(const struct lt_pattern *pattern);
extern const struct lt_scene_ops lt_scene_records, lt_scene_grid;

/* The value of a plane `back` rows before the one at hand; 0 before the first. */
static inline int64_t lt_before(const struct lt_surroundings *n, int64_t back, int64_t plane)
{
    return n->row < back ? 0 : n->values[(n->row - back) * n->pattern->planes + plane];
}
static inline int64_t lt_here(const struct lt_surroundings *n, int64_t plane)
{
    return n->values[n->row * n->pattern->planes + plane];
}

/* a - b, which may wrap around. */
static inline int64_t lt_less(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

/* The value a lag before, and `ahead` rows further on; the row before where there is no lag, or where that
 * is not known yet. */
static inline int64_t lt_lagged(const struct lt_surroundings *n, int64_t ahead, int64_t plane)
{
    int64_t back = n->lag - ahead;
    return lt_before(n, n->lag > 0 && back > 0 && n->row >= back ? back : 1, plane);
}

/* a - b as a feature, in spreads of a kind of series. */
static inline int16_t lt_feature(const struct lt_surroundings *n, int64_t kind, int64_t a,
                                 int64_t b)
{
    int64_t d = lt_less(a, b), reach = n->reach[kind];
    d = d > reach ? reach : d < -reach ? -reach : d;
    return (int16_t)(d * n->scale[kind] >> 32);
}

/* A value's place between the lowest and the highest, 0 ... 4 in Q10. */
int16_t lt_place(const struct lt_series *series, int64_t value);

/* log of |v| to base 1.5, rounded down and 0 ... 30. */
int lt_coarse(int64_t v);

static inline int64_t lt_within(int64_t v, int64_t most)
{
    return v > most ? most : v < -most ? -most : v;
}

static inline void lt_context(struct lt_view *view, uint32_t kind, uint32_t hash)
{
    if (view->contexts == LT_CONTEXTS_MAX)
        return;
    view->hash[view->contexts] = lt_hash(lt_hash((uint32_t)view->contexts + 1, kind), hash);
    view->contexts++;
}
/* Hashes of more numbers. */
static inline uint32_t lt_hash3(int64_t a, int64_t b, int64_t c)
{
    return lt_hash(lt_hash((uint32_t)a, (uint32_t)b), (uint32_t)c);
}
static inline uint32_t lt_hash4(int64_t a, int64_t b, int64_t c, int64_t d)
{
    return lt_hash(lt_hash3(a, b, c), (uint32_t)d);
}
static inline uint32_t lt_hash2(int64_t a, int64_t b)
{
    return lt_hash((uint32_t)a, (uint32_t)b);
}

#endif
