/* Patterns: what a matrix of integers is like, as far as its decoder has to know.
 *
 * Data comes to the coder as rows of integers, (rows, planes).  A pattern says how they hang together,
 *
 *     records   a row is a record of a table, whose planes are its columns
 *     grid      a row is a picture of (h, w, c) pixels, planes channels last
 *
 * how each plane is coded (struct lt_series), and which integer networks (codec/intnet.h) help:
 *
 *     linear    tells what a number will be from its neighbours, one layer
 *     values    likewise, with hidden layers: what linear leaves
 *     trees     tells the chances of a symbol's bits
 *
 * Patterns without networks work as well: the coder learns as it goes.  Series come from a look at all
 * rows; networks are trained by app/ from the features that codec/surroundings.h makes.
 */
#ifndef LT_CODEC_PATTERN_H
#define LT_CODEC_PATTERN_H

#include "base/error.h"
#include "codec/growable.h"
#include "codec/intnet.h"
#include <stdbool.h>
#include <stdint.h>

enum lt_scene { LT_SCENE_RECORDS, LT_SCENE_GRID };

struct lt_series {
    bool number;  /* coded as what a prediction leaves; otherwise as a symbol of `bits` bits */
    int bits;     /* of a symbol; of a number its lowest ones that are noise (codec/number.h) */
    int common;   /* the symbol that is asked for first, -1: none */
    bool follows; /* the row before tells more than the mean */
    int64_t low, high; /* of all values */
    int64_t centre;    /* their mean */
    int64_t spread;    /* of values about what they are compared with (lt_series_reference), Q8 */
    int32_t unit;      /* of the networks' outputs: its first, of trees for a symbol's node 0 */
};

enum { LT_PATTERN_PLANES = 1 << 21 };

struct lt_pattern {
    enum lt_scene scene;
    int64_t planes;
    int64_t h, w, c; /* of a grid */
    bool frames;     /* of a grid: the row before is the frame before */
    bool lagged;     /* of records: blocks may have a lag (codec/lag.h) */
    bool guessed;    /* a code guesses every value (codec/surroundings.h) */
    bool alone; /* guesses tell and no neighbours, to see what a code is worth; no file says so */
    struct lt_series *series; /* (planes); of a grid (c), the same for all pixels */
    struct lt_intnet *linear, *values, *trees; /* NULL: none */
    enum lt_isa isa;                           /* that decoding uses, LT_ISA_BASE at first */
};

static inline int64_t lt_pattern_kind(const struct lt_pattern *p, int64_t plane) /* of its series */
{
    return p->scene == LT_SCENE_GRID ? plane % p->c : plane;
}
static inline const struct lt_series *lt_pattern_series(const struct lt_pattern *p, int64_t plane)
{
    return &p->series[lt_pattern_kind(p, plane)];
}
static inline int lt_series_noise(const struct lt_series *s) /* bits of it */
{
    return s->number ? s->bits : 0;
}
/* The output of linear for a plane: all of records have one, of pixels those that are numbers. */
static inline int32_t lt_pattern_line(const struct lt_pattern *p, int64_t plane)
{
    return p->scene == LT_SCENE_GRID ? p->series[plane % p->c].unit : (int32_t)plane;
}
static inline int64_t lt_pattern_kinds(const struct lt_pattern *p) /* of series */
{
    return p->scene == LT_SCENE_GRID ? p->c : p->planes;
}

/* An empty pattern, of pictures when h > 0 (planes = h w c). */
int lt_pattern_create(struct lt_pattern **out, int64_t planes, int64_t h, int64_t w, int64_t c,
                      struct lt_error *err);
void lt_pattern_free(struct lt_pattern **pattern);

/* Gives series their units, in order, and counts the outputs that networks have: `values` one for every
 * number, `trees` one for every node of the trees of symbols. */
void lt_pattern_units(struct lt_pattern *pattern, int64_t *numbers, int64_t *nodes);

/* ---- measuring ---- */

/* Looks at rows, block by block, and fills in the series. */
struct lt_look;
/* `levels` of each kind of series: of symbols, 1 to 256; 0: numbers. */
int lt_look_create(struct lt_look **out, struct lt_pattern *pattern, const int32_t *levels,
                   struct lt_error *err);
void lt_look_at(struct lt_look *look, const int64_t *values /* (rows, planes) */, int64_t rows);
/* Of a grid also says whether rows are frames. */
void lt_look_finish(struct lt_look *look);
void lt_look_free(struct lt_look **look);

/* ---- as bytes ---- */

int lt_pattern_write(const struct lt_pattern *pattern, struct lt_growable *out,
                     struct lt_error *err);
int lt_pattern_read(struct lt_pattern **out, const void *bytes, size_t size, enum lt_isa isa,
                    struct lt_error *err);

#endif
