/* From typed columns to the numbers a network sees, and back.
 *
 * A schema says what the columns of a table are: names, types, row shape.  A
 * prep says, for each of the D columns, what kind of thing it holds and which
 * features (inputs of the network) it becomes:
 *
 *     number, integer, boolean   1 feature
 *     category                   one-hot: one feature for each level kept and one
 *                                for the others, which are rare or were never seen
 *     time                       its course, and the cyclic parts of the clock and
 *                                the calendar that vary, as sine and cosine
 *     identifier, constant       none: they are left out
 *
 * Every feature has a fitted affine transform,
 *
 *     x = (value - offset) * scale,      value = x / scale + offset,
 *
 * or, for a column scaled by quantiles, an increasing piecewise linear one.
 * Both are fitted on training rows only and stored in the model, so that
 * outputs come back in the columns, types and units of the data.
 *
 * A missing cell becomes NaN in all its features.  Networks mask NaN in the
 * loss and show it to the encoder as missing (net/net.h).
 *
 * Features stand in this order, so that heads and flags cover ranges: columns
 * of one feature and times that were never missing in training, then those that
 * were, then categories, ordered by the width of their group.  An array (one
 * group of one numeric type without names) keeps the order of its columns.
 */
#ifndef LT_PREP_PREP_H
#define LT_PREP_PREP_H

#include "base/error.h"
#include "data/table.h"
#include "data/timestamp.h"
#include <stdbool.h>
#include <stdint.h>

/* ---- what the columns of a table are ---- */

struct lt_schema_group { /* adjacent columns of one type */
    enum lt_type type;
    int64_t width;
    int rank; /* of the shape of a row; 1 for a plain column */
    int64_t shape[4];
};
struct lt_schema {
    int64_t columns; /* D, the sum of the groups' widths */
    int groups;
    struct lt_schema_group *group; /* (groups) */
    char **names;                  /* (D), or NULL when the source has none */
    bool resampled; /* rows are images that were resampled to their size (data/resample.h) */
};
int lt_schema_of(struct lt_schema *out, const struct lt_table *table, struct lt_error *err);
int lt_schema_copy(struct lt_schema *out, const struct lt_schema *from, struct lt_error *err);
void lt_schema_free(struct lt_schema *schema);
/* Height, width and channels when a row is an image: one group of rank 2 or 3. */
bool lt_schema_image(const struct lt_schema *schema, int64_t *h, int64_t *w, int64_t *c);
/* True for one group of numbers without names: its columns are all alike. */
bool lt_schema_is_array(const struct lt_schema *schema);
/* A view of `table` with the columns of the schema in its order.  Where both have names, columns
 * are found by name: others are left out, and *extra and *moved count those left out and those
 * that stood elsewhere.  Without names the number of columns must be the same.  LT_ECONTENT names
 * a column that is not there.  Free the view with lt_table_free. */
int lt_schema_arrange(const struct lt_schema *schema, struct lt_table *table,
                      struct lt_table **view, int64_t *extra, int64_t *moved, struct lt_error *err);

/* ---- what they mean ---- */

enum lt_kind {
    LT_KIND_NUMBER,
    LT_KIND_INTEGER,    /* whole numbers that count or measure */
    LT_KIND_BOOLEAN,    /* numbers 0 and 1 */
    LT_KIND_CATEGORY,   /* one of some levels, which are texts */
    LT_KIND_TIME,       /* text that is a date, a time, or both */
    LT_KIND_IDENTIFIER, /* names its row */
    LT_KIND_CONSTANT,   /* one value in all training rows */
    LT_KINDS
};
const char *lt_kind_name(enum lt_kind kind); /* "numeric", "integer", "categorical", ... */
int lt_kind_by_name(const char *name);       /* -1: unknown */
bool lt_kind_is_scaled(enum lt_kind kind);   /* its (first) feature is a scaled number */

enum lt_scaling {                      /* of a column */
                  LT_SCALING_AUTO,     /* chosen from the data, see lt_prep_fit */
                  LT_SCALING_NONE,     /* as they are */
                  LT_SCALING_BYTES,    /* all values / 255, u16: / 65535: byte arrays and images */
                  LT_SCALING_STANDARD, /* (value - mean) / standard deviation */
                  LT_SCALING_MINMAX,   /* to [0, 1] */
                  LT_SCALING_ROBUST,   /* (value - median) / (interquartile range / 1.349) */
                  LT_SCALING_QUANTILE, /* to standard normal scores */
                  LT_SCALINGS
};
const char *lt_scaling_name(enum lt_scaling scaling);
int lt_scaling_by_name(const char *name); /* -1: unknown */

enum {
    LT_KNOTS_MAX = 65,        /* of the curve of a column scaled by quantiles */
    LT_LEVELS_MAX = 255,      /* levels kept of a category; the others share one feature */
    LT_FEATURES_MAX = 1 << 20 /* of a row */
};

struct lt_column {
    enum lt_kind kind;
    enum lt_type type;       /* of the source, as in the schema */
    int64_t first, width;    /* its features; width 0: none */
    bool missing;            /* some training cells were missing */
    enum lt_scaling scaling; /* what was done to its number; NONE where there is none */
    double alone; /* standardised: a training value more than 20 standard deviations from the mean
                     that holds more than half of the variance; else 0.  Not in model files */
    int64_t knot_first; /* scaled by quantiles: its knots in the prep; others have 0 knots */
    int32_t knots;
    double value;   /* constant: the value, unless it is text, which is level[0] */
    int32_t levels; /* category: levels kept; constant text: 1 */
    char **level;   /* (levels), most frequent first */
    struct lt_timestamp_format format; /* time */
    unsigned parts;                    /* time: set of enum lt_time_part */
};
enum lt_time_part {                  /* each a sine and a cosine, in this order behind the course */
                    LT_TIME_DAY = 1, /* hour of day */
                    LT_TIME_WEEK = 2, /* day of week */
                    LT_TIME_YEAR = 4  /* day of year */
};

struct lt_prep {
    struct lt_schema schema;
    struct lt_column *column;  /* (D) */
    int64_t features;          /* F: what the network reads and gives back */
    double *offset;            /* (F) */
    double *scale;             /* (F), never 0 */
    int64_t knots;             /* of all columns scaled by quantiles, in the order of columns */
    double *knot_value;        /* (knots), increasing within a column */
    double *knot_score;        /* (knots), increasing within a column */
    int64_t flag_first, flags; /* features whose missing cells the encoder is told of */
    bool observes;             /* cells may be missing; false where the types cannot say so (images,
                                  arrays of integers), and feeds then refuse what is not a number */
    double low, high;          /* range of the scaled training values; categories do not count */
};

/* Derives from schema, kinds, levels and parts where the features of each column stand: type,
 * first, width, knot_first, features, flag_first, flags and knots.  LT_ECONTENT when no column has
 * any, or too many do. */
int lt_prep_layout(struct lt_prep *prep, struct lt_error *err);
/* The first column whose knots do not increase, -1: none. */
int64_t lt_prep_check_knots(const struct lt_prep *prep);

/* A value of a column whose kind is scaled as its (first) feature, and back.  NaN gives NaN. */
double lt_prep_scale_value(const struct lt_prep *prep, const struct lt_column *column,
                           double value);
double lt_prep_unscale_value(const struct lt_prep *prep, const struct lt_column *column, double x);
/* The scaling that all columns of numbers share, AUTO when they differ; and its name, "mixed" when
 * they differ.  Times count only where there is nothing else. */
enum lt_scaling lt_prep_scaling(const struct lt_prep *prep);
const char *lt_prep_scaling_name(const struct lt_prep *prep);

/* Adjacent categories of one width: `count` groups of `width` features each. */
struct lt_prep_run {
    int64_t first, width, count;
};
/* Features before the first category: numbers of all sorts. */
int64_t lt_prep_numbers(const struct lt_prep *prep);
/* The runs of categories, in order; returns how many, at most LT_PREP_RUNS. */
enum { LT_PREP_RUNS = 20 };
int lt_prep_runs(const struct lt_prep *prep, struct lt_prep_run runs[LT_PREP_RUNS]);
/* How many columns are of a kind, and the first of them (-1: none; may be NULL). */
int64_t lt_prep_count(const struct lt_prep *prep, enum lt_kind kind, int64_t *first);
/* The features of a category take groups of a few widths only, so that one head serves many
 * columns: levels and the others, rounded up.  Features beyond are always 0. */
int64_t lt_prep_group_width(int32_t levels);

struct lt_prep_options {
    enum lt_scaling scaling;
    const char *types; /* "COL=KIND,...": overrides what is found; NULL: nothing */
};

/* Fits on `rows` (n of them, indices into the table).
 *
 * Kinds.  Columns of an array are numbers.  Otherwise: one value only: constant.  Text: refused, by
 * its first cell that is not a number, when most cells are numbers; time when
 * every cell is one in a single format, identifier when more than 50 levels make up more than
 * half of the cells, else category.  Whole numbers: boolean when all are 0 or 1, identifier when
 * all differ and fill their range (a counter), else integer.
 *
 * Scaling AUTO: byte arrays are divided by 255 as a whole, images of u16 by 65535; arrays whose
 * values all lie in [0, 1] are left as they are; everything else is standardised.  Times are
 * standardised whatever is asked, but for MINMAX; so are columns asked to be scaled by quantiles
 * that have fewer than three values.
 * Infinities are refused with file, line and column, as is a table with nothing to learn from. */
int lt_prep_fit(struct lt_prep *out, const struct lt_table *table, const int64_t *rows, int64_t n,
                const struct lt_prep_options *options, struct lt_error *err);
/* Numbers as they are: offset 0, scale 1; text and missing cells are refused. */
int lt_prep_identity(struct lt_prep *out, const struct lt_table *table, struct lt_error *err);
/* Checks "COL=KIND,..." as far as that needs no data. LT_EUSAGE. */
int lt_prep_check_words(const char *types, struct lt_error *err);
void lt_prep_free(struct lt_prep *prep);

/* Features back in the units of the data, for n rows; doubles because integer columns may need
 * more than f32 holds.  Category: the number of the likeliest level, -1 for the others; time:
 * seconds since 1970; identifier: NaN; constant: its value (text: level 0). */
void lt_prep_invert(const struct lt_prep *prep, const float *x /* (n, F) */, int64_t n,
                    double *values /* (n, D) */);
/* The text of such a value for a column of text type (category, time, constant text); in buf when
 * need be. */
const char *lt_prep_text(const struct lt_prep *prep, int64_t column, double value, char *buf,
                         size_t size);

/* ---- refusals ---- */

/* Columns that must be numbers for this prep and hold text: the first cell that is not a number,
 * with file, line and column; 0 when there is none. */
int lt_prep_check_types(const struct lt_prep *prep, const struct lt_table *table,
                        struct lt_error *err);
/* A cell that a column of this kind cannot take: infinite, not a number, not a time, or missing where
 * none may be; returns LT_ECONTENT. */
int lt_prep_bad_cell(enum lt_kind kind, const struct lt_table *table, int64_t row, int64_t column,
                     struct lt_error *err);

/* ---- reading ---- */

/* A feed reads rows of a table through a prep into f32, on `threads` threads and without
 * allocating after creation.  One caller at a time.  The table must have the columns of the schema
 * in its order (lt_schema_arrange), but their types may be others, as they are when the table holds
 * a few rows of a stream: what a cell says counts, not the type that its column has there.  Text
 * that spells a number is one, and a number is the level that is spelt so or has its value.  Missing
 * cells become NaN where the prep observes them and are refused where it does not, as infinities are
 * and text that is no number or no time; the rows around them can still be read.  A level never seen
 * in training is one of the others. */
struct lt_feed;
int lt_feed_create(struct lt_feed **out, const struct lt_table *table, const struct lt_prep *prep,
                   int64_t capacity, int threads, struct lt_error *err);
int lt_feed_rows(struct lt_feed *feed, const int64_t *rows /* (n) */, int64_t n,
                 float *x /* (n, F) */, struct lt_error *err);
void lt_feed_free(struct lt_feed **feed);

#endif
