/* What a kind of writer provides.  Private to src/data.
 */
#ifndef LT_DATA_WRITER_OPS_H
#define LT_DATA_WRITER_OPS_H

#include "base/file.h"
#include "data/sink.h"
#include "data/writer.h"

/* Rows on their way out. */
struct lt_out_rows {
    enum lt_type type;  /* not LT_TEXT */
    const void *values; /* (n, D) */
};

struct lt_writer;
struct lt_writer_ops {
    const char *ending;              /* ".csv" */
    bool gz;                         /* may carry .gz behind the ending */
    bool (*takes)(const char *path); /* NULL: what has the ending */
    bool folder;                     /* has no file of its own */
    int (*begin)(struct lt_writer *w, struct lt_error *err);
    int (*rows)(struct lt_writer *w, const struct lt_out_rows *rows, int64_t n,
                struct lt_error *err);
    int (*finish)(struct lt_writer *w, struct lt_error *err); /* before the sink is closed */
    void (*release)(struct lt_writer *w);                     /* at the end, also on failure */
};
extern const struct lt_writer_ops lt_csv_writer, lt_tsv_writer, lt_npy_writer, lt_npz_writer,
    lt_idx_writer, lt_png_writer, lt_image_writer, lt_folder_writer;

/* lt_writer_create for a kind that is known, whatever the name says. */
int lt_writer_create_as(struct lt_writer **out, const struct lt_writer_ops *ops, bool gzip,
                        const char *path, const struct lt_writer_schema *schema,
                        struct lt_error *err);

struct lt_writer {
    const struct lt_writer_ops *ops;
    char *name;             /* for messages */
    struct lt_sink *sink;   /* NULL: a folder */
    int64_t total, written; /* rows */
    int64_t columns;
    enum lt_type *types; /* (D) */
    enum lt_type type;   /* of an array, once chosen by begin */
    enum lt_type cells;  /* of all columns; LT_TYPES: they differ */
    char **names;        /* (D), or NULL */
    const char *(*text)(void *context, int64_t column, double value, char *buf, size_t size);
    void *text_context;
    int threads;
    int rank; /* of a row, >= 1 */
    int64_t shape[LT_SHAPE_MAX];
    /* Where rows get back the size that their images had before they were resampled: columns and
     * shape are those of the row being written, and rows come in with height x width pixels. */
    bool resamples;
    int64_t height, width;
    double *image; /* (image_room) the row being written */
    size_t image_room;
    char *buffer; /* one batch or everything, as the kind needs */
    size_t used, room;
    const struct lt_table *source; /* or NULL */
    bool named;                    /* a folder's files have the names of the source's */
    bool made;                     /* the folder is ours */
};

/* The value in the range of an integer type: to nearest, halves away from
 * zero, clipped; reals unchanged. */
double lt_writer_fit(enum lt_type type, double value);
/* Gives columns and shape the size that row `row` gets, where w->resamples. */
void lt_writer_size_row(struct lt_writer *w, int64_t row);
/* Puts the value into one cell of the type, little-endian. */
void lt_writer_put(enum lt_type type, double value, void *cell);

/* Hands rows on to the kind, as the functions of writer.h do. */
int lt_writer_out(struct lt_writer *w, const struct lt_out_rows *rows, int64_t n,
                  struct lt_error *err);

/* Converts n rows to cells of w->type, bit by bit where they have it already; refuses NaN in
 * integers, and integers that no double holds in doubles. */
int lt_writer_convert(const struct lt_writer *w, const struct lt_out_rows *rows, int64_t n,
                      char *cells, struct lt_error *err);
enum lt_type lt_writer_common_type(const struct lt_writer *w);
int lt_writer_fail_nan(const struct lt_writer *w, int64_t row, int64_t column,
                       struct lt_error *err);

static inline double lt_out_value(const struct lt_out_rows *rows, int64_t cell)
{
    return rows->type == LT_F64   ? ((const double *)rows->values)[cell]
           : rows->type == LT_F32 ? (double)((const float *)rows->values)[cell]
                                  : lt_type_value(rows->type, rows->values, cell);
}

/* The same rows from cell `cell` on. */
static inline struct lt_out_rows lt_out_from(const struct lt_out_rows *rows, int64_t cell)
{
    return (struct lt_out_rows){rows->type, (const char *)rows->values +
                                                (size_t)cell * lt_type_size(rows->type)};
}

/* The NPY header of what the writer will write; returns its length. */
enum { LT_NPY_HEAD = 256 };
size_t lt_npy_head(const struct lt_writer *w, char head[LT_NPY_HEAD]);

#endif
