/* Tables: N rows of D typed columns, fetched by row index.
 *
 * A table is what every source becomes: a CSV file, an array, generated data,
 * the caller's memory.  Its columns keep the type they have in the source and
 * are arranged in groups, where a group is a run of adjacent columns of one
 * type that is stored row-major.  An array such as (60000, 28, 28) bytes is one
 * group of width 784; a CSV file is one group of width 1 for every column.
 *
 * Rows are fetched by index into a block, which holds one typed array per group
 * and a validity bitmap where cells are missing.  Whether the rows lie in
 * memory, in a mapped file or are made on demand is the table's secret: use
 * nothing but the functions below.
 *
 * A table does not change once made.  All functions that take a const table may
 * be called from several threads at once (with different blocks).
 */
#ifndef LT_DATA_TABLE_H
#define LT_DATA_TABLE_H

#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lt_type {
    LT_F32,
    LT_F64,
    LT_U8,
    LT_I8,
    LT_U16,
    LT_I16,
    LT_U32,
    LT_I32,
    LT_U64,
    LT_I64,
    LT_BOOL, /* one byte, 0 or 1 */
    LT_TEXT, /* int32_t codes into the column's dictionary */
    LT_TYPES
};
size_t lt_type_size(enum lt_type type);      /* bytes of one cell */
const char *lt_type_name(enum lt_type type); /* "f4" "f8" "u1" "i1" ... "b1" "text" */
int lt_type_by_name(const char *name);       /* -1: unknown */
/* One cell as a double; integers beyond 2^53 are rounded.  Not for LT_TEXT. */
double lt_type_value(enum lt_type type, const void *cells, int64_t index);

enum { LT_SHAPE_MAX = 4 };

struct lt_group {
    enum lt_type type;
    int64_t first;               /* index of its first column */
    int64_t width;               /* number of columns, >= 1 */
    int shape_rank;              /* 1 for plain columns, 2 for (H, W), 3 for (H, W, C), ... */
    int64_t shape[LT_SHAPE_MAX]; /* of a row; the product is width */
    bool missing;                /* false: no cell of the group is missing */
};

struct lt_table;

/* ---- opening ----------------------------------------------------------- */

struct lt_open_options {
    /* Array taken from an .npz that holds several when the name has no :KEY;
     * NULL is "X". */
    const char *npz_key;
    /* Images may differ in height and width: lt_table_image then tells the largest of each, and a smaller
     * image stands in the upper left corner of a row with 0 around (lt_table_row_image). */
    bool mixed;
    /* Images become height x width pixels as they are read (data/resample.h), whatever their size; 0:
     * they stay as they are.  Other rows do, or with `images` are refused (LT_EUSAGE). */
    int64_t height, width;
    bool images;
    int threads; /* that read CSV, which changes nothing about the table; 0: one */
};

/* Opens DATA: `count` >= 1 names of one kind, whose rows follow one another.  A
 * name is a file (CSV, TSV, NPY, NPZ, IDX or an image, any of them gzipped; the
 * kind is found from the content, then from the name), a folder, "FILE.npz:KEY",
 * "-" (standard input) or "builtin:NAME[,key=value...]".  An image is one row
 * (data/image.h).  A folder stands for its files in the byte order of their
 * names, hidden files and folders within left out; they are images, or NPY
 * files of which each is one row of shape (H, W) or (H, W, C).  `options` may
 * be NULL.
 * Fails with LT_EFAIL (missing, unreadable), LT_ECONTENT (not what it claims to
 * be) or LT_EUSAGE (unknown builtin, no such key). */
int lt_table_open(struct lt_table **out, const char *const *names, int count,
                  const struct lt_open_options *options, struct lt_error *err);

/* Bytes of one file that are already in memory, copied; `name` is used in messages and for
 * the kind where the content does not tell it. */
int lt_table_from_bytes(struct lt_table **out, const char *name, const void *bytes, size_t size,
                        const struct lt_open_options *options, struct lt_error *err);

/* The bytes of one file of text, or of standard input, unpacked: what lt_table_from_bytes reads as
 * CSV.  out->data is NULL when `name` is another kind of data, which lt_table_open reads. */
struct lt_bytes;
int lt_table_text_bytes(struct lt_bytes *out, const char *name, struct lt_error *err);

/* A copy of the caller's rows; `name` is used in messages. */
int lt_table_from_rows(struct lt_table **out, const char *name, const float *values /* (N, D) */,
                       int64_t rows, int64_t columns, struct lt_error *err);

/* Labels: FILE or FILE.npz:KEY as one column of integers or text, no cell of
 * which is missing.  An archive without :KEY gives its array "y". */
int lt_labels_read(struct lt_table **out, const char *name, struct lt_error *err);
/* Turns a column of a table into labels under the same checks. */
int lt_labels_of(struct lt_table **out, struct lt_table *table, int64_t column,
                 struct lt_error *err);
/* The label of a row as text ("3", "normal") in buf; returns buf. */
const char *lt_label_text(const struct lt_table *labels, int64_t row, char *buf, size_t size);

/* Tables are counted: a view keeps its parent, so each holder frees its own. */
struct lt_table *lt_table_keep(struct lt_table *table); /* one more holder; returns table */
void lt_table_free(struct lt_table **table);            /* NULL is allowed */

/* ---- looking ----------------------------------------------------------- */

int64_t lt_table_rows(const struct lt_table *table);    /* N >= 1 */
int64_t lt_table_columns(const struct lt_table *table); /* D >= 1 */
int lt_table_groups(const struct lt_table *table);
const struct lt_group *lt_table_group(const struct lt_table *table, int i);
/* The group that holds a column, and *offset, the column's place within it. */
int lt_table_group_of(const struct lt_table *table, int64_t column, int64_t *offset);
/* What the rows came from, for messages: "iris.csv", "standard input". */
const char *lt_table_name(const struct lt_table *table);

/* Whether columns have names of their own (a header).  lt_table_column_name
 * gives the name or "column 17" (from 0), in buf when need be. */
bool lt_table_has_names(const struct lt_table *table);
const char *lt_table_column_name(const struct lt_table *table, int64_t column, char *buf,
                                 size_t size);
/* The column of that name (or of that number where columns have no names), or -1. */
int64_t lt_table_find(const struct lt_table *table, const char *name);

/* True when a row is an image: one group of shape (H, W) or (H, W, C), C <= 4.
 * Any of h, w, c may be NULL. */
bool lt_table_image(const struct lt_table *table, int64_t *h, int64_t *w, int64_t *c);

/* The dictionary of a text column, in order of first appearance.  Count is 0
 * for other columns.  Strings live as long as the table. */
int32_t lt_table_text_count(const struct lt_table *table, int64_t column);
const char *lt_table_text(const struct lt_table *table, int64_t column, int32_t code);

/* The first row whose cell in a text column is neither missing nor a number, in
 * *row; -1 when there is none.  For messages about text among numbers. */
int lt_table_first_text(const struct lt_table *table, int64_t column, int64_t *row,
                        struct lt_error *err);

/* The beginning of a message about a cell: `iris.csv:12: column "width"` for
 * text files, `x.npy: row 11, column 3` for arrays (from 0).  column -1 leaves
 * the column out.  Returns buf. */
const char *lt_table_where(const struct lt_table *table, int64_t row, int64_t column, char *buf,
                           size_t size);

/* The file that a row came from. */
struct lt_row_file {
    const char *path; /* lives as long as the table */
    const char *kind; /* of a file that is this one row, as an ending: ".png" ".jpg" ".webp" ".pnm"
                         ".npy", whatever its name says; NULL: it holds more rows */
    int64_t height, width; /* of the image before it was resampled; 0: it was not */
};
/* False where rows came from no file, or are lines of text. */
bool lt_table_row_file(const struct lt_table *table, int64_t row, struct lt_row_file *out);
/* Whether rows are images that were resampled as they were read. */
bool lt_table_is_resampled(const struct lt_table *table);
/* Height and width of the image in a row, of a table of images. */
void lt_table_row_image(const struct lt_table *table, int64_t row, int64_t *h, int64_t *w);
/* Whether images differ in size. */
bool lt_table_is_mixed(const struct lt_table *table);

/* ---- fetching ---------------------------------------------------------- */

struct lt_block_group {
    void *values;   /* (rows, width) of the group's type; 0 (text: -1) where missing */
    uint8_t *valid; /* bit r * width + c is 1 where a cell is present; NULL: all are */
};

/* A reusable holder of fetched rows, for one table and one thread. */
struct lt_block {
    int64_t capacity; /* rows it has room for */
    int64_t rows;     /* rows fetched last */
    int groups;
    struct lt_block_group *group; /* (groups) */
    void *private_part;
};
int lt_block_create(struct lt_block **out, const struct lt_table *table, int64_t capacity,
                    struct lt_error *err);
void lt_block_free(struct lt_block **block);

static inline bool lt_block_valid(const struct lt_block_group *g, int64_t cell)
{
    return !g->valid || (g->valid[cell >> 3] >> (cell & 7) & 1);
}

/* Rows by index, 0 <= index < N, any order, repeats allowed; n <= capacity.
 * Allocates nothing. */
int lt_table_fetch(const struct lt_table *table, const int64_t *rows /* (n) */, int64_t n,
                   struct lt_block *block, struct lt_error *err);
/* Rows begin ... begin + n - 1. */
int lt_table_range(const struct lt_table *table, int64_t begin, int64_t n, struct lt_block *block,
                   struct lt_error *err);

/* Lets go of the memory behind rows begin ... begin + n - 1, which were read and are not needed soon:
 * where they lie in a mapped file they will be read from it again, elsewhere nothing happens.  What
 * was fetched is a copy and stays. */
void lt_table_release(const struct lt_table *table, int64_t begin, int64_t n);

/* A 64-bit hash of every row's cells: equal rows have equal hashes (text by its
 * spelling, missing cells as such). */
int lt_table_hash_rows(const struct lt_table *table, uint64_t *hashes /* (N) */,
                       struct lt_error *err);

/* ---- choosing ---------------------------------------------------------- */

struct lt_selection {
    const char *columns; /* keep only these, "a,b"; by number "0,3-7" where columns have no
                            names; in the order of the table; NULL: all */
    const char *ignore;  /* leave these out; NULL: none */
    int64_t row_begin;   /* first row kept */
    int64_t row_end;     /* one past the last; -1: to the end */
};

/* A view of some columns and rows; it keeps its parent, whose handle stays the
 * caller's.  Names nothing -> LT_EUSAGE with the names there are. */
int lt_table_select(struct lt_table **out, struct lt_table *parent,
                    const struct lt_selection *selection, struct lt_error *err);
/* A view without one column, or of one column only. */
int lt_table_without(struct lt_table **out, struct lt_table *parent, int64_t column,
                     struct lt_error *err);
int lt_table_only(struct lt_table **out, struct lt_table *parent, int64_t column,
                  struct lt_error *err);
/* A view of the columns listed, in that order, none twice; the list is copied. */
int lt_table_arrange(struct lt_table **out, struct lt_table *parent,
                     const int64_t *columns /* (n) */, int64_t n, struct lt_error *err);
/* A view of the rows listed, in that order; the list is copied. */
int lt_table_pick(struct lt_table **out, struct lt_table *parent, const int64_t *rows /* (n) */,
                  int64_t n, struct lt_error *err);

#endif
