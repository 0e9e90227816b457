/* Writers: rows out to a file whose kind comes from its name.
 *
 * .csv .tsv .npy .npz .idx, each also with .gz (a .npz is compressed as it is).
 * Without a name, CSV goes to standard output.  Rows that are images may also
 * become
 *
 *     one image    .png .jpg .jpeg .webp .pgm .ppm .pnm (data/image.h), when there is one row
 *     one sheet    .png, when there are more
 *     a folder     a name that ends in / or is a folder: one file for every row
 *
 * A file appears whole under its name at commit, or not at all; the files of a
 * folder do so one by one, as their rows come.  Values come in as double or float in the units of the data and leave
 * in the type of their column: integers are rounded to nearest, halves away
 * from zero, and clipped to the type's range; reals are written so that
 * reading them gives the same bits.
 */
#ifndef LT_DATA_WRITER_H
#define LT_DATA_WRITER_H

#include "base/error.h"
#include "data/table.h"
#include <stdint.h>

/* What will be written.  Copied by lt_writer_create. */
struct lt_writer_schema {
    int64_t rows;              /* N, checked at commit; -1: not known, for .csv and .tsv */
    int64_t columns;           /* D */
    enum lt_type type;         /* of all columns when types is NULL */
    const enum lt_type *types; /* (D), or NULL */
    /* The text of a value in a column of LT_TEXT, in buf (LT_WRITER_TEXT bytes) when need be; NULL:
     * missing.  Only .csv and .tsv hold text. */
    const char *(*text)(void *context, int64_t column, double value, char *buf, size_t size);
    void *text_context;
    const char *const *names; /* (D), or NULL: no names, and no header in CSV */
    int shape_rank;           /* of a row; 0 or 1: plain; 2: (H, W); 3: (H, W, C) ... */
    int64_t shape[LT_SHAPE_MAX];
    int threads; /* that put numbers into text, which changes nothing about the file; 0: one */
    /* What each row was made from, in use until commit; NULL: nothing that is known.  Folders ask
     * for it, and so do images that were resampled when they were read. */
    const struct lt_table *source; /* (N) rows */
};

enum { LT_WRITER_TEXT = 64 };

struct lt_writer;

/* `path` NULL or "-": CSV on standard output.  Arrays (.npy .npz .idx) have one
 * type: the columns' common one; f8 when they differ and any needs it, else f4.
 * IDX knows u1 i1 i2 i4 f4 f8 only; other types are written as the next wider
 * of these.  Images of bytes and of u2 keep their values and depth.  Sheets, and
 * images of other types, have 8 bits and take integers as shares of their
 * greatest value, reals as they are, 0 black and 1 white.
 *
 * In a folder each row becomes what it was: where every row of `source` came
 * from a file of its own, the row gets that file's name (less .gz), kind, size,
 * depth and channels, and for NPY files shape and type.  Otherwise files are
 * called 000000, 000001, ... as the rows come, of the kind that holds them: .png
 * for grey or RGB in bytes or u2 (.pgm or .ppm in a build without libpng), .npy
 * for others, each of shape (H, W) or (H, W, C).  The folder is made when there
 * is none, and removed again when nothing came into it; other files in it stay.
 * Rows that would have the same name, and files that would replace one that
 * `source` was read from, are refused (LT_EUSAGE).
 *
 * Images that were resampled when `source` was read are resampled back to the size they had; in a
 * file that holds several they are only when all had the same.
 *
 * Unknown ending -> LT_EUSAGE naming the known ones; images of rows that are
 * none -> LT_EUSAGE; a name that cannot be written -> LT_EFAIL, before any work
 * is done.  .npz and sheets hold all rows in memory until commit. */
int lt_writer_create(struct lt_writer **out, const char *path,
                     const struct lt_writer_schema *schema, struct lt_error *err);
/* Whether `path` has an ending that can be written (same errors, no file touched). */
int lt_writer_check(const char *path, struct lt_error *err);

/* Whether a path that lt_writer_check takes gets text (CSV or TSV), and whether gzipped. */
bool lt_writer_is_text(const char *path, bool *gzip);

/* The next n rows.  NaN is a missing cell: empty in .csv and .tsv; in an array of integers
 * LT_EFAIL. */
int lt_writer_rows(struct lt_writer *w, const double *values /* (n, D) */, int64_t n,
                   struct lt_error *err);
int lt_writer_rows_f32(struct lt_writer *w, const float *values /* (n, D) */, int64_t n,
                       struct lt_error *err);

/* The same as they are, of the schema's one type (LT_EUSAGE where columns differ), which .npy, .npz
 * and folders of .npy keep bit by bit, NaN with its payload included, .csv and .tsv in the shortest
 * text that says it (but NaN as an empty cell), .idx and images where they hold the type.  LT_EFAIL
 * for integers of more than 53 bits where IDX makes doubles of them. */
int lt_writer_cells(struct lt_writer *w, const void *values /* (n, D) */, int64_t n,
                    struct lt_error *err);

/* Hands all rows so far on to whoever reads standard output or a pipe. */
int lt_writer_flush(struct lt_writer *w, struct lt_error *err);

/* Finishes the file; frees and NULLs *w in any case. */
int lt_writer_commit(struct lt_writer **w, struct lt_error *err);
/* Leaves no file behind, but in a folder the files of rows so far; NULL is allowed. */
void lt_writer_abort(struct lt_writer **w);

#endif
