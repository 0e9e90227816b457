/* What planes are made of; between the files plane_*.c and planes.c.
 *
 * A typed cell is carried as its bits in a uint64_t (`raw`), integers extended by their sign.  Its *key* is
 * an int64_t in the order of the values, one for every bit pattern: integers themselves (u8 less 2^63),
 * floats by their bits.
 */
#ifndef LT_CODEC_PLANE_H
#define LT_CODEC_PLANE_H

#include "base/fmath.h"
#include "codec/planes.h"

enum lt_mapping_kind {
    LT_MAP_INTEGER,
    LT_MAP_DECIMAL,
    LT_MAP_LATTICE,
    LT_MAP_SINGLE,
    LT_MAP_BITS,
    LT_MAP_DICTIONARY,
    LT_MAP_NONE,
    LT_MAPPINGS
};

/* Texts in the order of their bytes. */
struct lt_texts {
    int32_t count;
    size_t *start; /* (count + 1) offsets into bytes */
    char *bytes;
};

enum { LT_DIGITS_MAX = 18 }; /* behind the point */

struct lt_mapping {
    enum lt_mapping_kind kind;
    enum lt_type type; /* LT_TEXT: cells of text */
    bool
        single; /* f8 that are all f4, so that what is written is rounded to f4, and so are entries */
    bool by_value;  /* text within a bound: its number counts, not how it is written */
    uint8_t kinds;  /* levels of the plane of kinds; 0: there is none */
    uint8_t digits; /* decimal: behind the point */
    uint8_t least;  /* text: zeros at the end are left out down to so many digits */
    uint64_t step;  /* integer, decimal: units of a multiple, 1 where exact */
    double scale;   /* lattice: the step */
    double far;     /* decimal, lattice: larger values are kept raw */
    int64_t base;   /* integer: key - base is the value */
    uint64_t nan;   /* raw of LT_CELL_NAN */
    int64_t lo, hi; /* smallest and largest integer */
    struct lt_bound bound;
    double limit;            /* the bound as a number; 0: exact */
    int64_t *entry;          /* dictionary of typed cells: keys, ascending; (hi + 1) */
    struct lt_texts text;    /* dictionary of text */
    struct lt_texts special; /* of text */
};

struct lt_planes {
    int64_t rows, columns, count;
    bool shared;    /* one mapping for all columns */
    bool irregular; /* text: the first plane tells lines */
    bool unended;   /* text: the last line has no "\n" */
    struct lt_group *group;
    int groups;
    struct lt_text_format format;
    char *header;
    bool text;
    int64_t mappings;           /* columns, or 1 */
    struct lt_mapping *mapping; /* (mappings) */
    int64_t *first;             /* (mappings) plane that each begins with, where not shared */
};

static inline const struct lt_mapping *lt_mapping_of(const struct lt_planes *planes, int64_t column)
{
    return &planes->mapping[planes->shared ? 0 : column];
}
static inline int lt_mapping_planes(const struct lt_mapping *m)
{
    return m->kinds ? 2 : 1;
}
static inline int64_t lt_first_plane(const struct lt_planes *planes, int64_t column)
{
    return planes->shared ? column * lt_mapping_planes(planes->mapping) : planes->first[column];
}
/* hi - lo + 1 where that is a number of symbols; else 0. */
static inline int32_t lt_mapping_levels(const struct lt_mapping *m)
{
    uint64_t range = (uint64_t)m->hi - (uint64_t)m->lo;
    return range < LT_PLANES_LEVELS ? (int32_t)range + 1 : 0;
}
/* The type of a dictionary's entries. */
static inline enum lt_type lt_entry_type(const struct lt_mapping *m)
{
    return m->single ? LT_F32 : m->type;
}
/* Images, and tables so wide that a mapping for every column would be longer than what it saves. */
static inline bool lt_planes_may_share(const struct lt_planes *planes)
{
    return planes->groups == 1 &&
           (planes->group->shape_rank >= 2 || planes->columns > LT_PLANES_OWN);
}
/* Counts planes and sets where each mapping begins; rows, columns and mappings are set. */
int lt_planes_arrange(struct lt_planes *planes, struct lt_error *err);

/* ---- typed cells ------------------------------------------------------- */

static inline bool lt_type_is_real(enum lt_type type)
{
    return type == LT_F32 || type == LT_F64;
}
uint64_t lt_raw_load(enum lt_type type, const void *cells, int64_t index);
void lt_raw_store(enum lt_type type, void *cells, int64_t index, uint64_t raw);
int64_t lt_raw_key(enum lt_type type, uint64_t raw);
uint64_t lt_key_raw(enum lt_type type, int64_t key);
double lt_raw_value(enum lt_type type, uint64_t raw);   /* of LT_F32 and LT_F64 */
uint64_t lt_value_raw(enum lt_type type, double value); /* rounded */

/* What kind of number it is: LT_CELL_REGULAR, or one of INF, NEG_INF, NAN, NEG_ZERO. */
enum lt_cell_kind lt_real_kind(double x);
double lt_power_of_ten(int digits); /* 0 ... 22, exact */
/* x / step rounded to the nearest integer, for step odd or 1. */
int64_t lt_nearest_multiple(int64_t x, uint64_t step);
/* Decimals of more units are not told apart from others safely. */
double lt_most_units(int digits, bool single);
/* The units of 10^-digits nearest to x; *exact: x is the double (or, `single`, the float) nearest to
 * them.  False: there are too many. */
bool lt_real_units(double x, int digits, bool single, int64_t *units, bool *exact);
/* The fewest digits, 0 ... LT_DECIMALS, with which x is exact; more: none.  `guess` is tried first. */
enum { LT_DECIMALS = 15 };
int lt_real_digits(double x, bool single, int guess);

/* What a mapping does to one cell.  forward gives LT_CELL_REGULAR and the integer, or the kind of cell that it
 * cannot express. */
struct lt_mapping_ops {
    const char *name;
    enum lt_cell_kind (*forward)(const struct lt_mapping *m, uint64_t raw, int64_t *n);
    uint64_t (*back)(const struct lt_mapping *m, int64_t n);
};
extern const struct lt_mapping_ops lt_mapping_ops[LT_MAPPINGS];

/* A cell of a row to its one or two planes at `to`; above: there is a row above, `stride` before it. */
void lt_plane_put(const struct lt_mapping *m, enum lt_cell_kind kind, int64_t n, bool above,
                  int64_t stride, int64_t *to);
/* And back; false: these integers mean no cell. */
bool lt_plane_take(const struct lt_mapping *m, const int64_t *from, enum lt_cell_kind *kind,
                   int64_t *n);
int lt_plane_fail_changed(int64_t column, struct lt_error *err); /* between the two passes */
int lt_plane_fail_broken(int64_t column, struct lt_error *err);

/* ---- cells of text ----------------------------------------------------- */

struct lt_printed {
    int64_t units; /* of 10^-digits */
    int digits;    /* behind the point */
    bool zero;     /* the last of them is a 0 */
};
/* [-]digits[.digits] without needless zeros before the point, no "-0.00", at most 18 digits in all. */
bool lt_text_printed(const struct lt_text_cell *cell, struct lt_printed *out);
/* Writes units of 10^-digits, zeros at the end left out down to `least` digits; returns the length. */
enum { LT_UNITS_TEXT = 48 };
int lt_units_print(char buf[LT_UNITS_TEXT], int64_t units, int digits, int least);
/* The number that a cell holds; false: none, or one that only strtod can tell.  *digits: behind the
 * point. */
bool lt_text_number(const struct lt_text_cell *cell, double *value, int64_t *digits);
/* A number within a bound that is mapped: regular, not far, not subnormal. */
bool lt_text_near(double value, double far);

enum lt_cell_kind lt_text_forward(const struct lt_mapping *m, const struct lt_text_cell *cell,
                                  int64_t *n);
int lt_text_back(const struct lt_mapping *m, int64_t n, struct lt_growable *out,
                 struct lt_error *err);
/* The place of a text, or -1. */
int32_t lt_texts_find(const struct lt_texts *texts, const char *text, size_t size);

/* ---- planning ---------------------------------------------------------- */

/* Distinct keys of a column, up to `most`; full: there are more. */
struct lt_distinct {
    int64_t *slot; /* (slots) open addressing; 0: empty */
    size_t slots, count, most;
    bool zero, full;
};
int lt_distinct_add(struct lt_distinct *distinct, int64_t key, struct lt_error *err);
/* The keys, ascending, in a new array of `count`. */
int lt_distinct_sorted(const struct lt_distinct *distinct, int64_t **out, struct lt_error *err);
void lt_distinct_free(struct lt_distinct *distinct);

/* What the planner keeps of a typed column. */
struct lt_gather {
    enum lt_type type;
    struct lt_bound bound;
    double far;               /* LT_MAPPING.far */
    int64_t cells;            /* regular ones */
    int64_t far_cells;        /* of them, those beyond `far` */
    int64_t lo, hi;           /* keys of regular ones; lo > hi: there are none */
    int64_t near_lo, near_hi; /* the same without -0 and what is far */
    uint64_t nan;             /* the first */
    uint32_t seen;            /* bit k: a cell of enum lt_cell_kind k */
    bool subnormal;
    bool wide;        /* an f8 that is no f4 */
    uint8_t guess[2]; /* digits of the last decimal, as f8 and as f4 */
    /* Cells by the fewest digits that tell them, as f8 and as f4; the last: by none. */
    uint32_t digits[2][LT_DECIMALS + 2];
    struct lt_distinct distinct;
};
void lt_gather_begin(struct lt_gather *g, enum lt_type type, const struct lt_bound *bound,
                     size_t distinct);
int lt_gather_cell(struct lt_gather *g, uint64_t raw, struct lt_error *err);
int lt_gather_choose(const struct lt_gather *g, struct lt_mapping *out, struct lt_error *err);

/* What the planner keeps of a column of text (plane_text_choose.c). */
struct lt_text_gather;
int lt_text_gathers_create(struct lt_text_gather **out, int64_t columns,
                           const struct lt_bound *bounds /* (columns) */, struct lt_error *err);
struct lt_text_gather *lt_text_gather_of(struct lt_text_gather *gathers, int64_t column);
int lt_text_gather_cell(struct lt_text_gather *g, const struct lt_text_cell *cell,
                        struct lt_error *err);
/* `name` is the column's in messages: `column "temp"`. */
int lt_text_gather_choose(const struct lt_text_gather *g, const char *name, struct lt_mapping *out,
                          struct lt_error *err);
void lt_text_gathers_free(struct lt_text_gather **gathers, int64_t columns);

/* Values beyond this under a bound (relative ones: none) or without one stand for something else: a
 * missing value written as 1e30.  2^53, or 2^40 times an absolute bound when that is more. */
double lt_planes_far(const struct lt_bound *bound);
/* Bits of one of `range` + 1 integers. */
double lt_bits_of_range(int64_t lo, int64_t hi);
/* About how many bytes the entries of a dictionary, ascending, take in the head.  *steps: how many equal
 * steps lie between the first and the last where they are written as multiples of one (plane_grid.c); 0:
 * they are not. */
size_t lt_entries_bytes(enum lt_type type, const int64_t *entry, size_t count, int64_t *steps);
/* The key k steps behind the first and `rest` from there (zigzag, codec/growable.h); and the k and rest of
 * entry i. */
int64_t lt_grid_entry(enum lt_type type, int64_t first, int64_t last, int64_t steps, int64_t k,
                      uint64_t rest);
uint64_t lt_grid_rest(enum lt_type type, const int64_t *entry, size_t count, int64_t steps,
                      size_t i, int64_t *k);

void lt_mapping_free(struct lt_mapping *mapping);

#endif
