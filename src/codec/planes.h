/* Planes: columns of cells as columns of integers, and back, exactly or within a bound.
 *
 * The data is rows of cells: typed arrays (u1 ... i8, f4, f8, b1; groups of columns as in data/table.h), or
 * lines of delimited text (codec/text.h).  It is passed over twice.  First a *planner* sees all rows and
 * gives every column one *mapping*, the cheapest that holds; the mappings, with all else that is needed to
 * write the data again, are the `struct lt_planes`, which goes to the head of a file.  Then blocks of rows
 * are mapped to matrices of int64, (rows, planes), and a list of exceptions.  The coder sees nothing but
 * integers; unmapping them gives the cells.
 *
 *     mapping     cells                                           integer
 *     integer     u1 ... i8, b1                                   the value; within a bound E: multiples of 2 floor(E) + 1
 *     decimal     f4, f8 that are nearest to m / 10^d;            m; within a bound: multiples of some units of 10^-d
 *                 text that prints numbers with d digits
 *     lattice     f4, f8 within a bound E                         multiples of a step of about 2 E
 *     single      f8 that are all f4                              the f4's bits, in the order of their values
 *     bits        f4, f8                                          their bits, in the order of their values
 *     dictionary  any with few distinct values                    rank among them
 *     none        text with many                                  0; all cells are exceptions
 *
 * Decimals may leave some cells as exceptions: sums that carry rounding, a number too small for the digits.
 *
 * A mapping is chosen by estimated bits per cell: log2 of the number of integers from the smallest to the
 * largest, plus what the head has to hold, plus those of every exception it would make.  A dictionary
 * has to win by a bit (4 bits when it holds more than 256 values), since integers with a meaning are
 * easier to predict than ranks; it holds at most LT_PLANES_DISTINCT values and a quarter as many as cells.
 *
 * A column whose integers span less than 256 is a plane of symbols, 0 ... levels - 1; others are planes
 * of numbers.  A column that has cells its mapping cannot express has a plane of symbols before it that
 * says what each cell is (enum lt_cell_kind); where that is not 0 the value plane repeats the row above
 * in the block (0 in the first), and what it holds there is ignored on the way back.  Text that has
 * irregular lines begins with a plane of symbols for the line: 0, or 1 for a line kept whole; there all
 * other planes repeat the row above.
 *
 * The special values are written exactly under bounds too: NaN with its bits, infinities, -0, subnormal
 * numbers, and numbers so large that they stand for something else (lt_planes_far in the code).
 *
 * Bounds hold on the values written, in float64 after rounding to the source's type: |written - x| <= E
 * where both are doubles; for integers, exactly.  Every value is checked when it is mapped.  A relative
 * bound is a share of the range of the column's finite values, told by lt_planes_limit.
 *
 * Where a table is one group of shape (H, W) or (H, W, C), all its columns share one mapping, so that pixels
 * are comparable; a relative bound is then of the range over all pixels.  So do all columns of a single
 * group of more than LT_PLANES_OWN.
 *
 * Planes do not change once made, and may be used by several threads at once.
 */
#ifndef LT_CODEC_PLANES_H
#define LT_CODEC_PLANES_H

#include "codec/growable.h"
#include "codec/text.h"
#include "data/table.h"

enum {
    LT_PLANES_COLUMNS = 1000000, /* most columns */
    LT_PLANES_OWN = 65536,       /* most columns of a group that have mappings of their own */
    LT_PLANES_DISTINCT = 65536,  /* most values of a dictionary */
    LT_PLANES_LEVELS = 256,      /* most levels of a symbol */
    LT_PLANES_SPECIAL = 16,      /* most special texts of a column */
};

/* ---- planning ---------------------------------------------------------- */

enum lt_bound_kind { LT_BOUND_NONE, LT_BOUND_ABSOLUTE, LT_BOUND_RELATIVE };
struct lt_bound {
    enum lt_bound_kind kind;
    double value; /* finite, > 0; relative: of (max - min) of the column */
    bool named;   /* text: a column that holds no numbers is refused; else it is kept exactly */
};

struct lt_planner;
struct lt_planes;

/* For arrays, of these groups (without LT_TEXT, which is refused), and for text of this format, whose
 * header are the first format->header bytes.  `bounds` is (columns), or NULL for none; all is copied. */
int lt_planner_array(struct lt_planner **out, const struct lt_group *group /* (groups) */,
                     int groups, const struct lt_bound *bounds, struct lt_error *err);
int lt_planner_text(struct lt_planner **out, const struct lt_text_format *format,
                    const char *header, const struct lt_bound *bounds, struct lt_error *err);
/* The next rows: as fetched in a block (data/table.h; `valid` may be NULL), or whole lines without the header.
 * Only the last line of all may lack its "\n". */
int lt_planner_add(struct lt_planner *planner, const struct lt_block_group *group /* (groups) */,
                   int64_t rows, struct lt_error *err);
int lt_planner_add_lines(struct lt_planner *planner, const char *begin, const char *end,
                         struct lt_error *err);
/* The planes of what was added.  Fails with LT_EUSAGE, naming the column, where a bound is asked for text. */
int lt_planner_finish(const struct lt_planner *planner, struct lt_planes **out,
                      struct lt_error *err);
void lt_planner_free(struct lt_planner **planner); /* NULL is allowed */

void lt_planes_free(struct lt_planes **planes); /* NULL is allowed */

/* Keeps what the source is like and gives every column the plainest mapping, so that the head is small: for
 * rows that are kept as they are.  Bounds are forgotten too, and nothing can be mapped any more. */
void lt_planes_forget(struct lt_planes *planes);

/* ---- looking ----------------------------------------------------------- */

int64_t lt_planes_rows(const struct lt_planes *planes);    /* of all the data */
int64_t lt_planes_columns(const struct lt_planes *planes); /* of cells */
int64_t lt_planes_count(const struct lt_planes *planes);   /* of planes */

enum lt_cell_kind {
    LT_CELL_REGULAR,
    LT_CELL_MISSING, /* not valid in the block; an empty cell of text */
    LT_CELL_INF,
    LT_CELL_NEG_INF,
    LT_CELL_NAN, /* the first NaN of the column, whose bits are in the head */
    LT_CELL_NEG_ZERO,
    LT_CELL_RAW,     /* its bytes are among the exceptions */
    LT_CELL_SPECIAL, /* and up: one of the column's special texts ("NA"), which are in the head */
};

enum lt_plane_kind { LT_PLANE_SYMBOL, LT_PLANE_NUMBER };
enum lt_plane_role {
    LT_PLANE_VALUE,
    LT_PLANE_CELL,
    LT_PLANE_LINE
}; /* values, enum lt_cell_kind, 0 or 1 */
struct lt_plane {
    enum lt_plane_kind kind;
    enum lt_plane_role role;
    int32_t levels; /* of a symbol, 1 ... 256: values are 0 ... levels - 1; else 0 */
    int64_t column; /* that it came from; -1: the line */
    int64_t lo, hi; /* smallest and largest value over all the data, for scaling */
};
struct lt_plane lt_planes_plane(const struct lt_planes *planes, int64_t plane);

/* Whether rows are images whose cells share one mapping.  Planes are then (h, w, c, per): `per` is 1, or
 * 2 where each cell has its kind and its value. */
struct lt_pixels {
    int64_t h, w, c;
    int per;
};
bool lt_planes_pixels(const struct lt_planes *planes, struct lt_pixels *pixels);

/* The source: groups of arrays (NULL and 0 for text), in which `missing` says whether any cell is; or the
 * format and the header of text (NULL for arrays). */
const struct lt_group *lt_planes_groups(const struct lt_planes *planes, int *groups);
const struct lt_text_format *lt_planes_text(const struct lt_planes *planes, const char **header);

/* The bound that a column was given, as an absolute number; 0: it is exact. */
double lt_planes_limit(const struct lt_planes *planes, int64_t column);
struct lt_bound lt_planes_bound(const struct lt_planes *planes, int64_t column); /* as asked */
/* What became of a column, for reports: "integer", "decimal", ... */
const char *lt_planes_mapping(const struct lt_planes *planes, int64_t column);

/* ---- mapping ----------------------------------------------------------- */

/* Rows to integers.  Exceptions are appended.  Fails with LT_EFAIL when the data is not what the planner
 * saw. */
int lt_planes_map(const struct lt_planes *planes, const struct lt_block_group *group /* (groups) */,
                  int64_t rows, int64_t *values /* (rows, planes) */,
                  struct lt_growable *exceptions, struct lt_error *err);
/* And back.  group[i].values has room for (rows, width); group[i].valid is set where the group has missing
 * cells, and else may be NULL.  Every integer is checked: LT_ECONTENT. */
int lt_planes_unmap(const struct lt_planes *planes, const int64_t *values /* (rows, planes) */,
                    int64_t rows, const void *exceptions, size_t size,
                    struct lt_block_group *group /* (groups) */, struct lt_error *err);

/* The same for lines.  They begin at row `first` of the data; `rows` is their number, which [begin, end)
 * must hold.  Text is appended, line ends included. */
int lt_planes_map_lines(const struct lt_planes *planes, const char *begin, const char *end,
                        int64_t first, int64_t rows, int64_t *values /* (rows, planes) */,
                        struct lt_growable *exceptions, struct lt_error *err);
int lt_planes_unmap_lines(const struct lt_planes *planes,
                          const int64_t *values /* (rows, planes) */, int64_t first, int64_t rows,
                          const void *exceptions, size_t size, struct lt_growable *text,
                          struct lt_error *err);

/* ---- the head ---------------------------------------------------------- */

/* Appends the planes as bytes; reads them back.  The reader trusts nothing: what is not planes is
 * LT_ECONTENT.  `name` is the file's, for messages. */
int lt_planes_write(const struct lt_planes *planes, struct lt_growable *out, struct lt_error *err);
int lt_planes_read(struct lt_planes **out, const char *name, const void *bytes, size_t size,
                   struct lt_error *err);

#endif
