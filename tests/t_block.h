/* Random patterns, and matrices of integers that they may be for. */
#ifndef LT_TESTS_T_BLOCK_H
#define LT_TESTS_T_BLOCK_H

#include "base/mem.h"
#include "base/rng.h"
#include "codec/block.h"
#include "codec/lag.h"
#include "codec/number.h"
#include "t.h"

/* Numbers drawn from one seed, in order. */
struct dice {
    uint64_t seed;
    uint32_t at;
};

static int64_t below(struct dice *d, int64_t n)
{
    const struct lt_stream s = lt_stream(d->seed, LT_RNG_TEST, 0, 0);
    return (int64_t)lt_below(&s, d->at++, (uint64_t)n);
}
static int64_t between(struct dice *d, int64_t a, int64_t b)
{
    return a + below(d, b - a + 1);
}
static int64_t any64(struct dice *d)
{
    uint64_t high = (uint64_t)below(d, (int64_t)1 << 32);
    return (int64_t)(high << 32 | (uint64_t)below(d, (int64_t)1 << 32));
}

/* ---- networks ---- */

/* Weights as the dice say: up to `most`, and of sums that just fit where that is 0. */
static struct lt_intnet *random_net(struct dice *d, int layers, const int64_t *widths, int32_t most,
                                    enum lt_isa isa)
{
    struct lt_error err = {0};
    struct lt_intnet *net;
    if (lt_intnet_create(&net, layers, widths, isa, &err))
        T_FAIL("%s", err.text);
    for (int k = 0; k < layers; k++) {
        struct lt_intlayer *l = &net->layer[k];
        int32_t limit = (1 << 17) / l->inputs;
        limit = most && most < limit ? most : limit < 32767 ? limit : 32767;
        l->shift = most ? 10 : (int)below(d, LT_INTNET_SHIFT + 1);
        for (int32_t o = 0; o < l->outputs; o++) {
            l->biases[o] = (int32_t)between(d, -(1 << (most ? 18 : 29)), 1 << (most ? 18 : 29));
            for (int32_t i = 0; i < l->inputs; i++)
                l->weights[o * l->stride + i] = (int16_t)between(d, -limit, limit);
        }
    }
    if (lt_intnet_seal(net, &err))
        T_FAIL("%s", err.text);
    return net;
}

enum { LINEAR = 1, VALUES = 2, TREES = 4 };

/* Gives a pattern random networks. */
T_UNUSED static void add_networks(struct dice *d, struct lt_pattern *p, int which, int32_t most,
                                  enum lt_isa isa)
{
    int64_t numbers, nodes, features = lt_surroundings_count(p);
    p->isa = isa;
    lt_pattern_units(p, &numbers, &nodes);
    int64_t lines = p->scene == LT_SCENE_GRID ? numbers : p->planes;
    int64_t one[] = {features, lines}, two[] = {features, 9, numbers},
            tree[] = {features, 9, nodes};
    if (lines > 0 && which & LINEAR)
        p->linear = random_net(d, 1, one, most, isa);
    if (numbers > 0 && which & VALUES)
        p->values = random_net(d, 2, two, most, isa);
    if (nodes > 0 && which & TREES)
        p->trees = random_net(d, 2, tree, most, isa);
}

/* ---- matrices ---- */

enum style { CONSTANT, NOISE, WALK, WIDE, EXTREME, REPEAT, STYLES };

struct subject {
    struct lt_pattern *pattern;
    int64_t rows;
    int64_t *values; /* (rows, planes) */
    int32_t *guess;  /* likewise */
    struct lt_blockcoder *coder;
};

static int64_t next_number(struct dice *d, enum style style, int64_t above)
{
    static const int64_t ends[] = {INT64_MIN, INT64_MAX, 0, -1, INT64_MIN + 1, INT64_MAX - 1, 1};
    switch (style) {
    case CONSTANT:
        return 1234567;
    case NOISE:
        return between(d, -1000, 1000);
    case WALK:
        return (int64_t)((uint64_t)above + (uint64_t)between(d, -9, 9));
    case WIDE:
        return any64(d) >> below(d, 64);
    default:
        return ends[below(d, 7)];
    }
}

/* `levels` 0: a number. */
static int64_t next_value(struct dice *d, enum style style, int32_t levels, int64_t above)
{
    if (levels == 0)
        return next_number(d, style, above);
    if (style == CONSTANT)
        return levels - 1;
    if (style == WALK)
        return (above + below(d, 2)) % levels;
    return style == EXTREME ? below(d, 2) * (levels - 1) : below(d, levels);
}

static void fill_values(struct dice *d, struct subject *s, const int32_t *levels)
{
    const struct lt_pattern *p = s->pattern;
    int64_t kinds = lt_pattern_kinds(p), period = between(d, 2, 9);
    enum style style[64], all = (enum style)below(d, STYLES);
    for (int64_t k = 0; k < kinds; k++)
        style[k] = below(d, 3) ? all : (enum style)below(d, STYLES);
    for (int64_t i = 0; i < s->rows * p->planes; i++) {
        int64_t k = i % p->planes % kinds, row = i / p->planes;
        bool repeats = style[k] == REPEAT && row >= period && below(d, 50);
        int64_t above = row ? s->values[i - p->planes] : 0;
        s->values[i] =
            repeats ? s->values[i - period * p->planes] : next_value(d, style[k], levels[k], above);
    }
}

/* Series as the values are, or anything that a file may claim of them. */
static void make_series(struct dice *d, struct subject *s, const int32_t *levels)
{
    struct lt_look *look;
    T_INT(lt_look_create(&look, s->pattern, levels, NULL), 0);
    lt_look_at(look, s->values, s->rows);
    lt_look_finish(look);
    lt_look_free(&look);
    for (int64_t k = 0; k < lt_pattern_kinds(s->pattern) && below(d, 4) == 0; k++) {
        struct lt_series *series = &s->pattern->series[k];
        if (!series->number)
            continue;
        int64_t a = any64(d), b = any64(d);
        series->low = a < b ? a : b;
        series->high = a < b ? b : a;
        series->centre = below(d, 2) ? series->low : series->high;
        series->spread = (int64_t)1 << below(d, 61);
        series->bits = (int)between(d, 0, LT_FINE_MOST);
        series->follows = below(d, 2);
    }
}

static void make_guess(struct dice *d, struct subject *s)
{
    s->pattern->guessed = true;
    for (int64_t i = 0; i < s->rows * s->pattern->planes; i++)
        s->guess[i] = (int32_t)(below(d, 9) ? (uint64_t)s->values[i] * 16 + (uint64_t)below(d, 99)
                                            : (uint64_t)any64(d));
}

/* A random pattern without networks, and rows for it. */
T_UNUSED static struct subject random_subject(struct dice *d)
{
    struct subject s = {.rows = below(d, 3) ? between(d, 1, 60) : 1};
    bool grid = below(d, 3) == 0, symbols = below(d, 3) == 0;
    int64_t h = grid ? between(d, 1, 9) : 0, w = between(d, 1, 9), c = between(d, 1, 5);
    int64_t planes = grid ? h * w * c : below(d, 3) ? between(d, 1, 40) : 1;
    int32_t levels[64] = {0};
    T_INT(lt_pattern_create(&s.pattern, planes, h, w, c, NULL), 0);
    size_t count = (size_t)(s.rows * planes);
    T_INT(lt_alloc(&s.values, count, sizeof *s.values, "values", NULL), 0);
    T_INT(lt_alloc(&s.guess, count, sizeof *s.guess, "guesses", NULL), 0);
    for (int64_t k = 0; k < lt_pattern_kinds(s.pattern); k++)
        if (symbols || below(d, 2))
            levels[k] = (int32_t)(below(d, 2) ? between(d, 1, 256) : 1 << below(d, 9));
    fill_values(d, &s, levels);
    make_series(d, &s, levels);
    s.pattern->frames = grid && below(d, 2);
    s.pattern->lagged = !grid && below(d, 2);
    if (below(d, 3) == 0)
        make_guess(d, &s);
    return s;
}

T_UNUSED static void drop_subject(struct subject *s)
{
    lt_blockcoder_free(&s->coder);
    lt_pattern_free(&s->pattern);
    lt_free(s->values);
    lt_free(s->guess);
}

/* ---- blocks ---- */

struct coded {
    unsigned char *bytes;
    size_t size;
};

/* One coder for all that is done with a subject. */
T_UNUSED static struct lt_blockcoder *coder_of(struct subject *s)
{
    struct lt_error err = {0};
    if (!s->coder && lt_blockcoder_create(&s->coder, s->pattern, &err))
        T_FAIL("%s", err.text);
    return s->coder;
}

/* The bytes of a subject's rows, in an allocation of their size. */
T_UNUSED static struct coded encoded(struct subject *s)
{
    struct coded c = {0};
    struct lt_error err = {0};
    unsigned char *room;
    size_t size = (size_t)(s->rows * s->pattern->planes) * 20 + 1000;
    T_INT(lt_alloc(&room, size, 1, "bytes", NULL), 0);
    T_INT(lt_block_encode(coder_of(s), s->values, s->guess, s->rows, room, size, &c.size, &err), 0);
    T_OK(c.size > 0);
    T_INT(lt_alloc(&c.bytes, c.size, 1, "bytes", NULL), 0);
    memcpy(c.bytes, room, c.size);
    lt_free(room);
    return c;
}

/* Whether the bytes are those of the rows. */
T_UNUSED static void expect_rows(struct subject *s, const struct coded *c)
{
    struct lt_error err = {0};
    int64_t *back, planes = s->pattern->planes, count = s->rows * planes;
    T_INT(lt_alloc(&back, (size_t)count, sizeof *back, "rows", NULL), 0);
    T_INT(lt_block_decode(coder_of(s), c->bytes, c->size, s->rows, s->guess, back, &err), 0);
    for (int64_t i = 0; i < count; i++)
        if (back[i] != s->values[i])
            T_FAIL("row %lld of %lld, plane %lld: %lld came back as %lld", (long long)(i / planes),
                   (long long)s->rows, (long long)(i % planes), (long long)s->values[i],
                   (long long)back[i]);
    lt_free(back);
}

#endif
