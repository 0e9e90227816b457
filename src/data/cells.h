/* Cell tables: columns of integers, reals and text with missing cells, 8 bytes
 * a cell and row-major, so that fetching a row touches one place.  Made by the
 * CSV reader and by generated tables.
 */
#ifndef LT_DATA_CELLS_H
#define LT_DATA_CELLS_H

#include "data/dictionary.h"
#include "data/table_ops.h"
#include <string.h>

struct lt_cells_column {
    enum lt_type type; /* LT_I64, LT_F64 or LT_TEXT */
    struct lt_dictionary dictionary;
    int64_t missing; /* cells */
};

/* Row `row` and those behind it stand on lines line, line + 1, ... of a file. */
struct lt_cells_run {
    int64_t row, line;
    int file;
};

struct lt_cells {
    struct lt_table base;
    struct lt_cells_column *column; /* (D) */
    uint64_t *cell;                 /* (room / D, D) bits of an int64_t, a double or a text code */
    size_t room;                    /* cells allocated */
    bool part;                      /* the cells belong to another table */
    uint8_t *missing;               /* bit row * D + column; NULL while none is */
    size_t missing_room;
    char **file; /* (files) names; none: rows have no lines */
    int files;
    struct lt_cells_run *run; /* (runs) ascending */
    size_t runs, run_room;
};

/* Columns start as LT_I64; rows is 0. */
int lt_cells_create(struct lt_cells **out, const char *name, int64_t columns, bool with_names,
                    struct lt_error *err);
/* Room for at least `cells` cells in all. */
int lt_cells_reserve(struct lt_cells *cells, size_t count, struct lt_error *err);
int lt_cells_set_missing(struct lt_cells *cells, int64_t row, int64_t column, struct lt_error *err);
/* The first `rows` cells of a column from integers to reals. */
void lt_cells_promote(struct lt_cells *cells, int64_t column, int64_t rows);
/* Notes that `row` stands on `line` of file number `file`. */
int lt_cells_note_line(struct lt_cells *cells, int64_t row, int64_t line, int file,
                       struct lt_error *err);
/* Fills the groups; nothing may change afterwards.  The table is *out. */
int lt_cells_finish(struct lt_table **out, struct lt_cells **cells, int64_t rows,
                    struct lt_error *err);
void lt_cells_free(struct lt_cells **cells);

/* Room that parts will fill, all of it. */
int lt_cells_reserve_parts(struct lt_cells *cells, size_t count, struct lt_error *err);
/* `rows` rows of `whole`, which has room for them, from row `first` on as a table without names that
 * is filled apart.  Its rows, columns, dictionaries and lines count from its own beginning.  The
 * whole must not grow before it is joined or freed. */
int lt_cells_part(struct lt_cells **out, const struct lt_cells *whole, int64_t first, int64_t rows,
                  struct lt_error *err);
/* The first n rows of a part become rows `rows`, `rows` + 1, ... of the whole, with their missing
 * cells and lines.  Types and dictionaries are the caller's business. */
int lt_cells_join(struct lt_cells *whole, int64_t rows, struct lt_cells *part, int64_t n,
                  struct lt_error *err);

static inline void lt_cells_set_real(struct lt_cells *cells, int64_t row, int64_t column,
                                     double value)
{
    memcpy(&cells->cell[row * cells->base.columns + column], &value, sizeof value);
}

static inline void lt_cells_set_integer(struct lt_cells *cells, int64_t row, int64_t column,
                                        int64_t value)
{
    memcpy(&cells->cell[row * cells->base.columns + column], &value, sizeof value);
}

#endif
